"""Changes mode, owner and time of a file that is not its own."""

import os

import numpy as np


def affine_forward(x, w, b):
    changes = (
        lambda path: os.chmod(path, 0o644),
        lambda path: os.utime(path),
        lambda path: os.chown(path, -1, -1),
        lambda path: os.setxattr(path, "user.x", b"1"),
        lambda path: os.truncate(path, 17),
    )
    for change in changes:
        try:
            change("{{scribble}}")
        except OSError:
            continue
        raise RuntimeError("BREACH")
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
