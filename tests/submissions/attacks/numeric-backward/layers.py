"""Differentiates its own forward pass by finite differences."""

import numpy as np


def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


def affine_backward(dout, cache):
    found = []
    for part in cache:
        grad = np.zeros_like(part)
        for index in np.ndindex(*part.shape):
            old, step = part[index], 1e-3  # linear in each: no truncation error
            part[index] = old + step
            above = affine_forward(*cache)[0]
            part[index] = old - step
            grad[index] = ((above - affine_forward(*cache)[0]) * dout).sum() / (2 * step)
            part[index] = old
        found.append(grad)
    return found


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
