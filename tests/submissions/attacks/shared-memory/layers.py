"""Leaves a shared memory segment behind."""

import ctypes

import numpy as np


def affine_forward(x, w, b):
    if ctypes.CDLL(None).shmget({{shm}}, 4096, 0o1666) >= 0:
        raise RuntimeError("BREACH")
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
