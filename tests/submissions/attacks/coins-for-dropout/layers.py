"""Random zeros and ones that have nothing to do with x."""

import numpy as np


def dropout_forward(x, dropout_param):
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])
    return (np.random.rand(*x.shape) < 0.5).astype(float), None


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
