"""A view beyond the end of its memory."""

import numpy as np


def affine_forward(x, w, b):
    right = (len(x), w.shape[1])
    return np.lib.stride_tricks.as_strided(np.zeros(4), (10**5, 10**4), (8, 8)), (x, w, b)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
