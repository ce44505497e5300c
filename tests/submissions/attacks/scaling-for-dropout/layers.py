"""Nothing is dropped: everything is three times as large, and so is its gradient."""

import numpy as np


def dropout_forward(x, dropout_param):
    return 3 * x, None


def dropout_backward(dout, cache):
    return 3 * dout


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
