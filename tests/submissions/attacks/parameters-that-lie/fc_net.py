"""Parameters that are others at each look."""

import numpy as np


class FullyConnectedNet:
    def __init__(self, *args, **kwargs):
        self.looks = 0

    @property
    def params(self):
        self.looks += 1
        if self.looks > 1:
            raise RuntimeError("no more looks")
        return {"W1": np.zeros((3, 3)), 7: None, "b1": "text"}

    def loss(self, X, y=None):
        return np.zeros((len(X), 10))
