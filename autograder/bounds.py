"""What a lent call may ask of the grader: small arguments can have an enormous result.

The shapes tell what a call would hold and compute, before it is made. A student's layers have no
say in that elsewhere: their own calls run in a worker, whose memory and time are limited.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

__all__ = ["MOST_ENTRIES", "MOST_STEPS", "check"]

MOST_ENTRIES = 2**23  # of one array: 64 MB
MOST_STEPS = 2**31  # multiplications: one or two seconds
ROUND = 2**14  # how many multiplications one round of a Python loop counts for

Shape = tuple[int, ...]
Given = Mapping[str, Any]


def check(function: str, given: Given) -> None:
    """Refuse a call that would fill the grader's memory or keep it busy.

    Args:
        function: of the layers or the sandwiches, a forward pass or a loss.
        given: its arguments by name.

    Raises:
        ValueError: the call is too large, or its arguments do not go together.
    """
    for name, value in given.items():
        if isinstance(value, np.ndarray):
            _fits(function, value.shape)
        elif name == "x":
            raise ValueError(f"{function}: x should be an array")
    layer = function.partition("_forward")[0]
    shape = given["x"].shape
    # A sandwich is named after its layers; each is given what the one before it returns.
    for part in layer.split("_"):
        if part in PARTS:
            shape = PARTS[part](function, shape, given)


def _affine(function: str, shape: Shape, given: Given) -> Shape:
    if not shape:
        raise ValueError(f"{function}: x should have at least one dimension")
    inputs, outputs = _sizes(function, "w", np.shape(given["w"]), 2)
    out = (shape[0], outputs)
    _fits(function, out, steps=_count(out) * inputs)
    _repeats(function, out, b=given["b"])
    return out


def _conv(function: str, shape: Shape, given: Given) -> Shape:
    images, channels, height, width = _sizes(function, "x", shape, 4)
    filters, depth, tall, wide = _sizes(function, "w", np.shape(given["w"]), 4)
    if channels != depth:
        raise ValueError(f"{function}: w is for {depth} channels, and x has {channels}")
    stride = _whole(function, given, "conv_param", "stride", least=1)
    pad = _whole(function, given, "conv_param", "pad", least=0)
    height, width = height + 2 * pad, width + 2 * pad
    out = _windows(height, tall, stride), _windows(width, wide, stride)
    _fits(function, (images, channels, height, width))
    window = _count((channels, tall, wide))
    steps = _count((images, filters, *out)) * window + _count((tall, wide)) * ROUND
    _fits(function, (images, filters, *out), steps=steps)
    if not function.endswith("_naive"):  # the fast one copies every window
        _fits(function, (images, window, *out))
    return images, filters, *out


def _pool(function: str, shape: Shape, given: Given) -> Shape:
    images, channels, height, width = _sizes(function, "x", shape, 4)
    tall = _whole(function, given, "pool_param", "pool_height", least=1)
    wide = _whole(function, given, "pool_param", "pool_width", least=1)
    stride = _whole(function, given, "pool_param", "stride", least=1)
    out = _windows(height, tall, stride), _windows(width, wide, stride)
    rounds = max(_count(out), tall * wide)  # one for each window, or for each place in it
    steps = _count((images, channels, *out, tall, wide)) + rounds * ROUND
    _fits(function, (images, channels, *out), steps=steps)
    return images, channels, *out


def _batchnorm(function: str, shape: Shape, given: Given) -> Shape:
    sizes = _sizes(function, "x", shape, 2 if function == "batchnorm_forward" else 4)
    rows = _count(sizes) // max(sizes[1], 1), sizes[1]  # all pixels of a channel together
    _repeats(function, rows, gamma=given["gamma"], beta=given["beta"])
    param = _param(function, given, "bn_param")
    _repeats(function, (), eps=param.get("eps", 0), momentum=param.get("momentum", 0))
    averages = {key: param[key] for key in ("running_mean", "running_var") if key in param}
    _repeats(function, rows[1:], **averages)
    return shape


def _layernorm(function: str, shape: Shape, given: Given) -> Shape:
    rows = _sizes(function, "x", shape, 2)
    _repeats(function, rows, gamma=given["gamma"], beta=given["beta"])
    _repeats(function, (), eps=_param(function, given, "ln_param").get("eps", 0))
    return shape


def _groupnorm(function: str, shape: Shape, given: Given) -> Shape:
    images = _sizes(function, "x", shape, 4)
    _repeats(function, images, gamma=given["gamma"], beta=given["beta"])
    _repeats(function, (), G=given["G"], eps=_param(function, given, "gn_param").get("eps", 0))
    return shape


def _dropout(function: str, shape: Shape, given: Given) -> Shape:
    _repeats(function, (), p=_param(function, given, "dropout_param").get("p", 1))
    return shape


def _softmax(function: str, shape: Shape, given: Given) -> Shape:
    scores = _sizes(function, "x", shape, 2)
    _repeats(function, scores[:1], y=given["y"])
    return shape


PARTS: Mapping[str, Callable[[str, Shape, Given], Shape]] = {
    "affine": _affine,
    "conv": _conv,
    "pool": _pool,
    "batchnorm": _batchnorm,
    "bn": _batchnorm,
    "layernorm": _layernorm,
    "groupnorm": _groupnorm,
    "dropout": _dropout,
    "softmax": _softmax,
}


def _count(shape: Shape) -> int:
    """How many entries; an empty side counts as one, since loops run over the others."""
    return math.prod(max(size, 1) for size in shape)


def _fits(function: str, shape: Shape, steps: int = 0) -> None:
    if _count(shape) > MOST_ENTRIES:
        raise ValueError(f"{function} would need {_count(shape)} numbers at once: too many")
    if steps > MOST_STEPS:
        raise ValueError(f"{function} would need {steps} multiplications: too many")


def _repeats(function: str, shape: Shape, **values: Any) -> None:
    """A bias, a scale or a setting may repeat along an array; it may not make more of it."""
    for name, value in values.items():
        own = np.shape(value)
        try:
            together = np.broadcast_shapes(shape, own)
        except ValueError:
            together = None
        if together is None or _count(together) > _count(shape):
            wanted = f"an array that goes with the shape {shape}" if shape else "one number"
            raise ValueError(f"{function}: {name} has the shape {own}, but should be {wanted}")


def _sizes(function: str, name: str, shape: Shape, dimensions: int) -> Shape:
    if len(shape) != dimensions:
        raise ValueError(
            f"{function}: {name} should have {dimensions} dimensions, but its shape is {shape}"
        )
    return shape


def _param(function: str, given: Given, name: str) -> Mapping[str, Any]:
    param = given[name]
    if not isinstance(param, dict):
        raise ValueError(f"{function}: {name} should be a dict")  # noqa: TRY004  one kind for all
    return param


def _whole(function: str, given: Given, name: str, key: str, least: int) -> int:
    try:
        value = operator.index(_param(function, given, name)[key])
    except (KeyError, TypeError):
        value = least - 1
    if value < least:
        raise ValueError(f"{function}: {name}[{key!r}] should be a whole number from {least} up")
    return value


def _windows(size: int, window: int, stride: int) -> int:
    return max((size - window) // stride + 1, 0)
