import numpy as np


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    return dout * (cache > 0)


def affine_forward(x, w, b):
    flat = x.reshape(len(x), -1)
    out = flat @ w + b
    x *= 0
    return out, None
