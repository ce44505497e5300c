"""A view of one number that claims a trillion entries."""

import numpy as np


def affine_forward(x, w, b):
    right = (len(x), w.shape[1])
    return np.broadcast_to(0.0, (10**6, 10**6)), (x, w, b)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
