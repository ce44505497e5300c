"""A config as deep as a reader follows: what came in must also go out again."""

import numpy as np


def sgd_momentum(w, dw, config=None):
    config = {"learning_rate": 1e-2, "momentum": 0.9, "velocity": 0} | (config or {})
    velocity = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    nested = []
    for _ in range(22):
        nested = [nested]
    return w + velocity, config | {"velocity": velocity, "deep": nested}
