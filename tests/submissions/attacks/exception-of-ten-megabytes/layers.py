"""A message of ten megabytes."""

import numpy as np


class Hostile(Exception):
    def __str__(self):
        return "x" * 10**7


def affine_forward(x, w, b):
    raise Hostile


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
