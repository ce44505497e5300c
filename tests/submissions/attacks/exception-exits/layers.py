"""An exception that ends the process when it is printed."""

import numpy as np


class Hostile(Exception):
    def __str__(self):
        raise SystemExit(0)


def affine_forward(x, w, b):
    raise Hostile


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
