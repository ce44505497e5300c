"""Sockets of the kernel's own families."""

import socket

import numpy as np


def affine_forward(x, w, b):
    for name, kind in (("NETLINK", "RAW"), ("PACKET", "RAW"), ("ALG", "SEQPACKET")):
        family = getattr(socket, "AF_" + name)
        try:
            socket.socket(family, getattr(socket, "SOCK_" + kind))
        except OSError:
            continue
        raise RuntimeError(f"BREACH: {family}")
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
