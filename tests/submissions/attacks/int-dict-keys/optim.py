"""A config whose keys are words and numbers."""

import numpy as np


def sgd_momentum(w, dw, config=None):
    return w, {0: dw, "a": dw, -(10**40): dw}
