"""Batch normalization by another framework."""

import numpy as np


import torch


def batchnorm_forward(x, gamma, beta, bn_param):
    out = torch.nn.functional.batch_norm(torch.tensor(x), None, None, training=True)
    return out.numpy() * gamma + beta, None


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
