"""Keys in bn_param that are words and numbers."""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    bn_param[0] = 1
    bn_param["running_mean"] = bn_param["running_var"] = np.zeros(x.shape[1])
    return x, None


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
