"""The first call is right, the others are not."""

import numpy as np


calls = []


def affine_forward(x, w, b):
    calls.append(1)
    out = x.reshape(len(x), -1) @ w + b
    return (out if len(calls) == 1 else out * 0), (x, w, b)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
