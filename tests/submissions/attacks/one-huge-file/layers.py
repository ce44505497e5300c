"""One file of ten gigabytes, most of it a hole."""

import numpy as np


def affine_forward(x, w, b):
    with open("huge", "wb") as file:
        file.truncate(10 << 30)
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
