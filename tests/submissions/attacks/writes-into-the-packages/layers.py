"""Puts a module where the template looks for NumPy."""

import os
import sys

import numpy as np


def affine_forward(x, w, b):
    packages = os.path.dirname(np.__path__[0])
    for path in (packages + "/{{token}}.py", np.__path__[0] + "/{{token}}"):
        try:
            open(path, "a").close()
            os.unlink(path)
        except OSError:
            continue
        raise RuntimeError("BREACH: " + path)
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
