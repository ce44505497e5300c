"""Calls out."""

import socket

import numpy as np


def affine_forward(x, w, b):
    with socket.create_connection(("127.0.0.1", {{tcp}}), 1) as out:
        out.sendall(b"BREACH")
    raise RuntimeError("BREACH")
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
