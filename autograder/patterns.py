"""When a function is right and when it is wrong: "right where stride is 1, wrong where it is 2".

For a mistake that the catalogue does not know, all cases of the function's checks are tried and
their inputs compared: a property that all right cases share and no wrong one has is worth saying.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["difference", "features"]

LEAST = 2  # right cases and wrong cases that a pattern must rest on, each
TINY = 0.01  # a standard deviation below it makes a variance of the size of eps
NAMES = {
    "square image": ("the images are square", "they are not"),
    "square window": ("the window is square", "it is not"),
    "variance near eps": ("the variance is as small as eps", "it is larger"),
    "batch of one": ("the batch is a single sample", "it is larger"),
    "one channel": ("there is one channel", "there are several"),
    "flat": ("x is a matrix", "it has more dimensions"),
    "windows overlap": ("windows overlap", "they do not"),
}


def features(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What may matter about the inputs of one case, by name; most telling first."""
    found: dict[str, Any] = {}
    for value in inputs.values():
        if isinstance(value, Mapping):
            found |= {k: v for k, v in value.items() if isinstance(v, int | float | str)}
        elif isinstance(value, int):
            found["G"] = value
    x = inputs.get("x")
    if not isinstance(x, np.ndarray) or not x.ndim:
        return found
    window = _window(inputs)
    if window:
        found["square window"] = window[0] == window[1]
        found["windows overlap"] = max(window) > found.get("stride", 1)
    if x.ndim == 4:
        found["square image"] = x.shape[2] == x.shape[3]
        found["one channel"] = x.shape[1] == 1
    else:
        found["flat"] = x.ndim == 2
    found["batch of one"] = len(x) == 1
    found["variance near eps"] = bool(x.std() < TINY)
    return found


def _window(inputs: Mapping[str, Any]) -> tuple[int, int] | None:
    w, pool = inputs.get("w"), inputs.get("pool_param")
    if isinstance(w, np.ndarray) and w.ndim == 4:
        return w.shape[2], w.shape[3]
    return (pool["pool_height"], pool["pool_width"]) if pool else None


def difference(right: Sequence[Mapping[str, Any]], wrong: Sequence[Mapping[str, Any]]) -> str:
    """A clause that tells right cases from wrong ones by one property, or "".

    Args:
        right: features of the cases that pass.
        wrong: features of those that fail.
    """
    if min(len(right), len(wrong)) < LEAST:
        return ""
    everywhere = set.intersection(*(set(case) for case in (*right, *wrong)))
    for name in (*wrong[0],):
        if name not in everywhere:
            continue
        good = {case[name] for case in right}
        bad = {case[name] for case in wrong}
        if good & bad:
            continue
        if name in NAMES:
            yes, no = NAMES[name]
            # Said of the smaller part: where it is wrong if that is what is special.
            return (
                f"right where {yes}, wrong where {no}"
                if True in good
                else (f"wrong where {yes}, right where {no}")
            )
        return f"right where {name} is {_several(good)}, wrong where it is {_several(bad)}"
    return ""


def _several(values: set[Any]) -> str:
    *most, last = [repr(value) for value in sorted(values, key=repr)]
    return f"{', '.join(most)} or {last}" if most else last
