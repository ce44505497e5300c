"""Losses that are text, truth, or nothing."""

import numpy as np


def softmax_loss(x, y):
    return [True, "0.5", None, b"1", 1j][len(x) % 5], np.zeros_like(x)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
