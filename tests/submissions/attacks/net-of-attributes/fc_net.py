"""An object that has every attribute there is."""

import numpy as np


class FullyConnectedNet:
    def __init__(self, *args, **kwargs):
        pass

    def __getattr__(self, name):
        return lambda *args, **kwargs: self

    def __setattr__(self, name, value):
        raise AttributeError("set nothing")
