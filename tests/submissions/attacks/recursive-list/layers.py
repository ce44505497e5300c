"""A list that holds itself."""

import numpy as np


def endless():
    found = []
    found.append(found)
    return found


def affine_forward(x, w, b):
    right = (len(x), w.shape[1])
    return endless(), (x, w, b)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
