"""Calls a local service that has no path."""

import socket

import numpy as np


def affine_forward(x, w, b):
    out = socket.socket(socket.AF_UNIX)
    out.connect("\0{{token}}")
    out.sendall(b"BREACH")
    raise RuntimeError("BREACH")
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
