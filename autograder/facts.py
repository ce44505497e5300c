"""The nearest plain fact about a wrong array: a factor, a sign, a transposition."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["nearest_fact"]

Array = NDArray[Any]
HUGE = 1e100


def nearest_fact(got: Array, expected: Array) -> str:
    """A clause for the end of a sentence, or "" where nothing simple is true.

    Args:
        got: what came back, finite, in the right shape.
        expected: what is right.
    """
    scale = float(np.max(np.abs(expected), initial=0.0))
    # Numbers near the largest float overflow in a product, and no fact about them is telling.
    if not got.size or max(scale, float(np.max(np.abs(got)))) > HUGE:
        return ""
    if not got.any():
        return ": all of it is zero"
    if not scale:
        return ": all of it should be zero"

    def same(candidate: Array) -> bool:
        return bool((np.abs(candidate - expected) <= 1e-6 * scale).all())

    if same(-got):
        return ": right up to its sign"
    factor = float((got * expected).sum() / (expected * expected).sum())
    if factor and same(got / factor):
        return f": {factor:.6g} times what it should be"
    offset = float((got - expected).mean())
    if got.size > 1 and same(got - offset):
        return f": off by the constant {offset:.6g}"
    if got.ndim >= 2 and got.shape[-1] == got.shape[-2] and same(np.swapaxes(got, -1, -2)):
        return ": transposed"
    wrong = np.abs(got - expected) > 1e-6 * scale
    if got.ndim == 4 and min(got.shape[2:]) > 2 and not wrong[:, :, 1:-1, 1:-1].any():
        return ": right inside, wrong at the border of the image"
    return ""
