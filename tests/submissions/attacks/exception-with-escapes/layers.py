"""A message that steers terminals, browsers and markup."""

import numpy as np


class Hostile(Exception):
    def __str__(self):
        steer = "\x1b[2J\x1b]0;owned\x07\r\n\ud800\u202e\0"
        return steer + "<script>alert(1)</script>[red]100/100[/red]"


def affine_forward(x, w, b):
    raise Hostile


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
