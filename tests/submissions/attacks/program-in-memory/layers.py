"""Runs a program that has no path."""

import os
import sys

import numpy as np


def affine_forward(x, w, b):
    descriptor = os.memfd_create("program")
    os.write(descriptor, open(os.path.realpath(sys.executable), "rb").read(1 << 20))
    pid = os.fork()
    if pid == 0:
        try:
            os.execve(f"/proc/self/fd/{descriptor}", ["x"], {})
        except OSError:
            os._exit(7)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 7:
        raise RuntimeError("BREACH")
    raise RuntimeError('nothing to see')


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
