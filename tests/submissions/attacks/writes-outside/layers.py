"""Writes wherever anybody may write."""

import os

import numpy as np


def affine_forward(x, w, b):
    for folder in ("{{outside}}", "/tmp", "/var/tmp", "/dev/shm", os.path.dirname(os.getcwd())):
        try:
            with open(f"{folder}/{{token}}", "w") as file:
                file.write("BREACH")
        except OSError:
            continue
        raise RuntimeError("BREACH: " + folder)
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
