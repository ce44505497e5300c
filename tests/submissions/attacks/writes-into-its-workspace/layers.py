"""Changes its own modules for the workers to come."""

import os

import numpy as np


def affine_forward(x, w, b):
    home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for path in (__file__, home + "/cs231n/fast_layers.py", home + "/../workspace-naive/x"):
        try:
            open(path, "a").close()
        except OSError:
            continue
        raise RuntimeError("BREACH: " + path)
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
