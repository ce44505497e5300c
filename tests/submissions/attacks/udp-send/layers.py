"""Sends a datagram."""

import socket

import numpy as np


def affine_forward(x, w, b):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"BREACH", ("127.0.0.1", {{udp}}))
    raise RuntimeError("BREACH")
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
