"""A dropout whose masks overflow."""

import numpy as np


def dropout_forward(x, dropout_param):
    return np.full_like(x, 1.7e308), None


def dropout_backward(dout, cache):
    return np.full_like(dout, 1.7e308)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
