"""A loss of 400 digits."""

import numpy as np


def softmax_loss(x, y):
    return 10**400, np.zeros_like(x)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
