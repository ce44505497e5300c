"""Leaves a POSIX message queue behind."""

import ctypes
import os

import numpy as np


def affine_forward(x, w, b):
    if ctypes.CDLL("librt.so.1").mq_open(b"/{{token}}", os.O_CREAT | os.O_RDWR, 0o666, None) >= 0:
        raise RuntimeError("BREACH")
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
