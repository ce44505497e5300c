"""Forks and returns twice: both processes serve the same channel."""

import os

import numpy as np


def affine_forward(x, w, b):
    os.fork()
    return np.zeros((len(x), w.shape[1])), (x, w, b)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
