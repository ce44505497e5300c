"""Empties bn_param."""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    bn_param.clear()
    return x, None


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
