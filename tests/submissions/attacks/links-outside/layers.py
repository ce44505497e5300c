"""Moves and links files out of its folder."""

import os

import numpy as np


def affine_forward(x, w, b):
    open("mine", "w").close()
    for way in (os.link, os.symlink, os.rename):
        try:
            way(os.path.abspath("mine"), "{{outside}}/" + way.__name__)
        except OSError:
            continue
        raise RuntimeError("BREACH: " + way.__name__)
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
