"""The exception that generators swallow."""

import numpy as np


def affine_forward(x, w, b):
    raise GeneratorExit


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
