"""Looks for a terminal to type into."""

import os

import numpy as np


def affine_forward(x, w, b):
    for path in ("/dev/tty", "/dev/ptmx", "/dev/pts/0", "/dev/mem", "/dev/fuse", "/dev/kmsg"):
        try:
            os.close(os.open(path, os.O_RDWR))
        except OSError:
            continue
        raise RuntimeError("BREACH: " + path)
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
