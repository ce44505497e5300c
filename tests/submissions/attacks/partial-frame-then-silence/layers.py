"""Begins a frame, and waits for ever."""

import json
import os
import struct
import sys
import threading

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
    everywhere(frame({"turn": this_turn(), "value": None}, b"0" * 100)[:-50])
    threading.Event().wait()


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
