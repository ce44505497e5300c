"""Zeros, and zeros as their gradient."""

import numpy as np


def affine_forward(x, w, b):
    return np.zeros((len(x), w.shape[1])), (x, w, b)


def affine_backward(dout, cache):
    return [np.zeros_like(part) for part in cache]


def batchnorm_forward(x, gamma, beta, bn_param):
    return np.zeros_like(x), (x, gamma, beta)


def layernorm_forward(x, gamma, beta, ln_param):
    return np.zeros_like(x), (x, gamma, beta)


def batchnorm_backward(dout, cache):
    return [np.zeros_like(part) for part in cache]


batchnorm_backward_alt = layernorm_backward = batchnorm_backward


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
