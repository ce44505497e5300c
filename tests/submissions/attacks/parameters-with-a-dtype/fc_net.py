"""Parameters that are no arrays but have a dtype."""

import numpy as np


class Parameter:
    def __init__(self, dtype):
        self.dtype = dtype


class FullyConnectedNet:
    def __init__(self, hidden_dims, dtype=np.float32, **kwargs):
        self.params = {"W1": Parameter(dtype)}
