"""Every update rule is plain gradient descent."""

import numpy as np


def sgd(w, dw, config=None):
    config = {"learning_rate": 1e-2} | (config or {})
    return w - config["learning_rate"] * dw, config


sgd_momentum = rmsprop = adam = sgd
