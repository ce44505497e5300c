"""Leaves a message queue and a semaphore behind."""

import ctypes

import numpy as np


def affine_forward(x, w, b):
    libc = ctypes.CDLL(None)
    if libc.msgget({{shm}}, 0o1666) >= 0 or libc.semget({{shm}}, 1, 0o1666) >= 0:
        raise RuntimeError("BREACH")
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
