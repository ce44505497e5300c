"""A number where an array is due."""

import numpy as np


def affine_forward(x, w, b):
    right = (len(x), w.shape[1])
    return np.zeros(()), (x, w, b)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
