"""Definitions written out as plain loops, and finite differences: independent of the reference."""

import itertools

import numpy as np


def numeric_gradient(f, x, dout, h=1e-5):
    """Gradient of sum(f() * dout) with respect to x, which f reads, by central differences."""
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        old = x[index]
        x[index] = old + h
        above = np.sum(f() * dout)
        x[index] = old - h
        below = np.sum(f() * dout)
        x[index] = old
        grad[index] = (above - below) / (2 * h)
    return grad


def without_ties(rng, *shape):
    """Evenly spaced values around 0, none of them 0, in random order: no two are close."""
    values = np.arange(np.prod(shape)) - np.prod(shape) / 2 + 0.25
    return 0.05 * rng.permutation(values).reshape(shape)


def conv(x, w, b, stride, pad):
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    out_h, out_w = (H + 2 * pad - HH) // stride + 1, (W + 2 * pad - WW) // stride + 1
    out = np.zeros((N, F, out_h, out_w))
    for n, f, i, j in np.ndindex(out.shape):
        out[n, f, i, j] = b[f]
        for c, di, dj in itertools.product(range(C), range(HH), range(WW)):
            row, column = i * stride + di - pad, j * stride + dj - pad
            if 0 <= row < H and 0 <= column < W:
                out[n, f, i, j] += x[n, c, row, column] * w[f, c, di, dj]
    return out


def max_pool(x, height, width, stride):
    N, C, H, W = x.shape
    out = np.zeros((N, C, (H - height) // stride + 1, (W - width) // stride + 1))
    for n, c, i, j in np.ndindex(out.shape):
        out[n, c, i, j] = max(
            x[n, c, i * stride + di, j * stride + dj]
            for di, dj in itertools.product(range(height), range(width))
        )
    return out


def standardized(values, eps):
    """A list of numbers, shifted by their mean and divided by sqrt(variance + eps)."""
    mean = sum(values) / len(values)
    variance = sum((value - mean) ** 2 for value in values) / len(values)
    return [(value - mean) / (variance + eps) ** 0.5 for value in values]


def normalize(x, same_group, eps):
    """Standardize groups of elements: those to whose index `same_group` gives the same key."""
    groups = {}
    for index in np.ndindex(x.shape):
        groups.setdefault(same_group(index), []).append(index)
    out = np.zeros(x.shape)
    for indices in groups.values():
        for index, value in zip(indices, standardized([x[i] for i in indices], eps), strict=True):
            out[index] = value
    return out
