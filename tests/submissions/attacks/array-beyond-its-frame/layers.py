"""An array that claims more bytes than its frame has."""

import json
import os
import struct
import sys

import numpy as np


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">4sIQ", b"AGW1", len(text), len(payload)) + text + payload


def everywhere(data):
    for descriptor in range(3, 1100):
        try:
            os.write(descriptor, data)
        except OSError:
            pass


def this_turn():
    """The number of the question being answered, from the shim's own stack frame."""
    at = sys._getframe()
    while "request" not in at.f_locals:
        at = at.f_back
    return at.f_locals["request"]["turn"]


def affine_forward(x, w, b):
    value = {"t": [{"a": ["<f8", [1 << 28, 1 << 28]]}, None]}
    reply = {"turn": this_turn(), "value": value, "changed": None, "dicts": None}
    everywhere(frame(reply, b"0" * 8))
    os._exit(0)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
