"""A generator where a pair is due."""

import numpy as np


def affine_forward(x, w, b):
    yield x.reshape(len(x), -1) @ w + b
    yield (x, w, b)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
