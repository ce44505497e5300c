"""Every call takes nearly all that a call may take."""

import time

import numpy as np


def busy():
    stop = time.process_time() + 0.4
    while time.process_time() < stop:
        pass


def affine_forward(x, w, b):
    busy()
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


def affine_backward(dout, cache):
    busy()
    x, w, b = cache
    return dout @ w.T, np.zeros_like(w), np.zeros_like(b)


def softmax_loss(x, y):
    busy()
    return 0.0, x


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
