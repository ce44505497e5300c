"""An exception whose class has no name to speak of."""

import numpy as np


class Meta(type):
    __name__ = property(lambda self: 1 / 0)


class Hostile(Exception, metaclass=Meta):
    pass


def affine_forward(x, w, b):
    raise Hostile


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
