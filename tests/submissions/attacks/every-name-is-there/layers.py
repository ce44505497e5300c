"""A module that has every function, each returning its first argument."""

import sys
import types

import numpy as np


class Everything(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: (args[0], args)

    def __dir__(self):
        return ["affine_forward", "affine_backward", "relu_forward", "relu_backward", *"abc"]


sys.modules[__name__] = Everything(__name__)
