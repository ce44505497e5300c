"""Leaves a key in the user's keyring."""

import ctypes

import numpy as np


def affine_forward(x, w, b):
    if ctypes.CDLL(None).syscall(248, b"user", b"{{token}}", b"x", 1, -4) >= 0:
        raise RuntimeError("BREACH")
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
