"""A loss that is not a number, and gradients without end."""

import numpy as np


def softmax_loss(x, y):
    return float("nan"), np.full_like(x, np.inf)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
