"""Thousands of exceptions in one."""

import numpy as np


Hostile = ExceptionGroup("many", [ValueError("x" * 100)] * 5000)


def affine_forward(x, w, b):
    raise Hostile


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
