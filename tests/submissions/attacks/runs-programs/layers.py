"""Runs programs of the system's."""

import subprocess

import numpy as np


def affine_forward(x, w, b):
    for program in ("/bin/ls", "/usr/bin/env", "/bin/su"):
        try:
            found = subprocess.run([program, "--help"], capture_output=True, timeout=2)
        except OSError:
            continue
        raise RuntimeError(f"BREACH: {program} {found.stdout[:50]!r}")
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
