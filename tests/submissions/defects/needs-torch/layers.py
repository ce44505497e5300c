import numpy as np


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    return dout * (cache > 0)


import torch


def affine_forward(x, w, b):
    return torch.matmul(x, w) + b, None
