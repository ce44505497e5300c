"""A net without parameters, which all of none are right."""

import numpy as np


class FullyConnectedNet:
    def __init__(self, *args, **kwargs):
        self.params = {}

    def loss(self, X, y=None):
        return (0.0, {}) if y is not None else np.zeros((len(X), 10))
