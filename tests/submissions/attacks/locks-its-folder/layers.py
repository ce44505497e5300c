"""A deep folder without permissions in its scratch folder."""

import os

import numpy as np


def affine_forward(x, w, b):
    os.makedirs("a/b/c", exist_ok=True)
    open("a/b/c/file", "w").close()
    os.path.lexists("a/link") or os.symlink("/etc", "a/link")
    for folder in ("a/b/c", "a/b", "a", "."):
        try:
            os.chmod(folder, 0)
        except OSError:
            pass
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
