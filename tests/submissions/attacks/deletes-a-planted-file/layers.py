"""Deletes a file in a folder where anybody may."""

import os

import numpy as np


def affine_forward(x, w, b):
    os.unlink("{{outside}}/../deletable/file")
    raise RuntimeError("BREACH")
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
