"""A class that is no class, and makes no net."""

import numpy as np


def FullyConnectedNet(*args, **kwargs):
    return {"params": {"W1": np.zeros(1)}, "loss": 0.0}, [1]
