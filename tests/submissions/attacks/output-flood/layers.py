"""A hundred megabytes on both outputs."""

import os

import numpy as np


def affine_forward(x, w, b):
    line = b"BREACH" * 10_000
    for _ in range(1000):
        os.write(1, line)
        os.write(2, line)
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
