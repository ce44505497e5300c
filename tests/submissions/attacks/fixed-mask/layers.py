"""A mask that is drawn once and for all."""

import numpy as np


def dropout_forward(x, dropout_param):
    mask = np.random.RandomState(1).rand(*x.shape) < dropout_param["p"]
    return x * mask / dropout_param["p"], None


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
