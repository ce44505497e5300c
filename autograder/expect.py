"""What checks demand of a value that came back, in words that a student reads.

Every function raises `Mismatch` with one sentence that names the value; got and expected travel
beside it, so that a report can leave them out where a check is hidden. Comparisons demand an
array, the exact shape, a real dtype and finite entries before they look at numbers, and ask for
`(error <= tolerance).all()`: NaN fails, and broadcasting cannot help.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import gradients as numeric
from autograder import kinship
from autograder.facts import nearest_fact

__all__ = [
    "FollowThrough",
    "Mismatch",
    "array",
    "as_row",
    "close",
    "gradients",
    "mapping",
    "number",
    "pair",
    "scalar",
    "show",
    "that",
]

Array = NDArray[Any]

# Right code differs from ours by rounding, about 1e-15 times a few hundred sums. Results that a
# student keeps in float32 (a buffer of that dtype) carry 6e-8 times the same.
SHOWN_ENTRIES = 24
MAP_SIZE = 32  # rows and columns of a map of errors
# Many right solutions take log(p + 1e-8) or so, which moves a loss by 1e-8 / p.
LOSS_TOLERANCE = 2e-5
TOLERANCE = {"f8": 1e-8, "f4": 3e-4, "f2": 3e-4}


class Mismatch(Exception):
    """A value is not what was asked for."""

    def __init__(
        self, message: str, got: str = "", expected: str = "", errors: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.got = got
        self.expected = expected
        self.errors = errors


class FollowThrough(Exception):
    """Right, given something that is wrong elsewhere: credited, and said."""

    def __init__(self, message: str, root_cause: str) -> None:
        super().__init__(message)
        self.message = message
        self.root_cause = root_cause


def that(condition: bool, message: str, got: Any = None, expected: Any = None) -> None:
    """Demand a condition."""
    if not condition:
        raise Mismatch(
            message,
            "" if got is None else show(got),
            "" if expected is None else show(expected),
        )


def array(got: Any, shape: Sequence[int], name: str, *, tolerate: Sequence[int] = ()) -> Array:
    """Demand a real, finite array of exactly this shape; `tolerate` is a second shape allowed.

    Returns:
        The array, in the demanded shape.
    """
    wanted = tuple(shape)
    if got is None:
        raise Mismatch(f"{name} is None: was it computed and returned?", "None", f"{_form(wanted)}")
    if isinstance(got, np.generic | float | int) and not isinstance(got, bool):
        got = np.asarray(got)
    if not isinstance(got, np.ndarray):
        raise Mismatch(f"{name} is not an array of numbers", show(got), _form(wanted))
    if got.shape != wanted and not (tolerate and got.shape == tuple(tolerate)):
        raise Mismatch(
            f"{name} has shape {got.shape}, but {wanted} is right", _form(got.shape), _form(wanted)
        )
    if got.dtype.kind != "f":
        raise Mismatch(
            f"{name} has dtype {got.dtype}, but it should hold real numbers", show(got), "float64"
        )
    if not np.isfinite(got).all():
        bad = tuple(int(i) for i in np.argwhere(~np.isfinite(got))[0])
        raise Mismatch(f"{name} has entries that are not finite, first at {list(bad)}", show(got))
    return got.reshape(wanted)


def as_row(shape: Sequence[int]) -> tuple[int, ...]:
    """The second shape allowed for a parameter or a statistic: (1, D) for (D,), else none."""
    return (1, *shape) if len(shape) == 1 else ()


def close(
    got: Any,
    expected: Any,
    name: str,
    *,
    tolerance: float | None = None,
    tolerate: Sequence[int] = (),
    floor: float = 0.0,
) -> None:
    """Demand equality up to rounding, measured against the largest expected entry.

    `floor` is the least size to measure against, for values that are zero in theory.
    """
    wanted = np.asarray(expected, dtype=np.float64)
    found = array(got, wanted.shape, name, tolerate=tolerate)
    limit = _tolerance(found, expected) if tolerance is None else tolerance
    scale = max(float(np.max(np.abs(wanted), initial=0.0)), floor) or 1.0
    with np.errstate(over="ignore"):  # infinite, and so wrong
        error = np.abs(found.astype(np.float64) - wanted)
    right = error <= limit * scale
    if right.all():
        return
    raise Mismatch(
        _differ(name, right, found, wanted),
        *_where(name, right, found, wanted),
        _map(error, limit * scale),
    )


def _map(error: Array, limit: float) -> tuple[str, ...]:
    """Where the errors sit: rows of digits, 0 for right, 1 to 9 for wrong by powers of ten.

    The last axis runs to the right, all others downward, in blocks where there are many.
    """
    rows = error.reshape(-1, error.shape[-1] if error.ndim else 1)
    for axis in (0, 1):
        step = -(-rows.shape[axis] // MAP_SIZE)
        starts = np.arange(0, rows.shape[axis], step)
        rows = np.maximum.reduceat(rows, starts, axis=axis)
    with np.errstate(all="ignore"):
        decades = np.ceil(np.log10(rows / limit))
    digits = np.where(rows <= limit, 0, np.clip(np.nan_to_num(decades, nan=9, posinf=9), 1, 9))
    return tuple("".join(map(str, row)) for row in digits.astype(int))


def scalar(got: Any, name: str) -> float:
    """Demand one finite number.

    Returns:
        The number.
    """
    if isinstance(got, np.ndarray) and got.size == 1:
        got = got.reshape(())[()]  # a loss kept as a (1,) array is a matter of style
    if isinstance(got, bool) or not isinstance(got, int | float | np.floating | np.integer):
        raise Mismatch(f"{name} is not a number", show(got))
    try:
        found = float(got)
    except OverflowError:
        found = math.inf  # an integer that no float can hold
    if not math.isfinite(found):
        raise Mismatch(f"{name} is {found}, not a finite number", show(found))
    return found


def number(got: Any, expected: float, name: str, *, tolerance: float = LOSS_TOLERANCE) -> None:
    """Demand a scalar, up to a tolerance relative to it."""
    found = scalar(got, name)
    if not abs(found - expected) <= tolerance * max(abs(expected), 1e-3):
        factor = f": {found / expected:.6g} times what it should be" if expected else ""
        raise Mismatch(f"{name} is wrong{factor}", show(found), show(float(expected)))


def pair(value: Any, function: str, names: Sequence[str]) -> tuple[Any, ...]:
    """Demand a tuple (or list) with one entry per name."""
    said = ", ".join(names)
    if not isinstance(value, tuple | list) or len(value) != len(names):
        raise Mismatch(f"{function} should return ({said})", _kind(value), f"({said})")
    return tuple(value)


def mapping(value: Any, name: str) -> dict[str, Any]:
    """Demand a dict."""
    if not isinstance(value, dict):
        raise Mismatch(f"{name} should be a dict", _kind(value), "a dict")
    return value


def gradients(
    got: Any,
    names: Sequence[str],
    expected: Mapping[str, Array],
    *,
    function: str,
    own: Callable[[str, Array], Any],
    reference: Callable[[str, Array], Any],
    at: Mapping[str, Array],
    dout: Array,
    forward: str,
    forward_is_right: Callable[[], bool],
) -> None:
    """Demand the right gradients, or the right ones of the student's own forward pass.

    First against the reference's analytic gradients: that is exact, and a backward that passes
    is right. What differs is held against central differences of the student's own forward
    along random directions; a backward that fits a wrong forward is right where it is, provided
    that forward is still the layer in essence (`kinship`).

    Args:
        got: what the backward returned.
        names: "dx", "dw", …, in the order of the assignment.
        expected: the reference's gradients by name.
        function: the backward judged; `forward` is its forward.
        own: (argument name, value) -> the student's out with that argument replaced.
        reference: the same for the reference's out.
        at: argument values by argument name ("x" for "dx").
        dout: upstream gradient, the shape of out.
        forward: name of the forward, for messages.
        forward_is_right: whether the student's out equals the reference's on these inputs.

    Raises:
        Mismatch: a gradient fits neither.
        FollowThrough: all fit, some only with the student's own wrong forward.
    """
    values = (got,) if len(names) == 1 and isinstance(got, np.ndarray) else got
    values = pair(values, function, names)
    # A bias before batch norm has no gradient at all: what is left is rounding of dout's size.
    floor = 1e-3 * float(np.max(np.abs(dout)))
    wrong: list[tuple[str, Array, Mismatch]] = []
    for name, value in zip(names, values, strict=True):
        shape = expected[name].shape
        # (1, D) where (D,) is meant: harmless, since it broadcasts as the parameter does.
        found = array(value, shape, name, tolerate=as_row(shape))
        limit = 10 * _tolerance(found, expected[name])
        try:
            close(found, expected[name], name, tolerance=limit, floor=floor)
        except Mismatch as error:
            wrong.append((name, found, error))
    if not wrong:
        return
    if forward_is_right():
        raise wrong[0][2]
    for name, found, mismatch in wrong:
        argument = name.removeprefix("d")
        if not numeric.fits(functools.partial(own, argument), at[argument], found, dout):
            mismatch.message += f"; your own {forward} is wrong as well: mend that first"
            raise mismatch
    if not kinship.related(own, reference, at, dout.shape):
        mismatch = wrong[0][2]
        mismatch.message += f"; your own {forward}, which it fits, does not do the layer's work"
        raise mismatch
    raise FollowThrough(f"right for your own {forward}, which is wrong itself", root_cause=forward)


def show(value: Any, most: int = 400) -> str:
    """A value as short and exact text; a large array by its shape and range."""
    if isinstance(value, np.ndarray) and value.size > SHOWN_ENTRIES:
        finite = value[np.isfinite(value)] if value.dtype.kind == "f" else value
        text = _form(value.shape, value.dtype)
        if finite.size:
            text += f", from {finite.min():.6g} to {finite.max():.6g}"
        return text + (
            f", {value.size - finite.size} not finite" if finite.size < value.size else ""
        )
    if isinstance(value, np.ndarray):
        with np.printoptions(precision=6, linewidth=88, floatmode="maxprec", suppress=False):
            flat = np.array2string(value, separator=", " if value.ndim > 2 else " ")
        if value.ndim > 2:  # feature maps: one line that wraps, not one line for each row
            flat = " ".join(flat.split())
        text = f"{_form(value.shape, value.dtype)} {flat}"
    elif isinstance(value, float | np.floating):
        text = f"{float(value):.10g}"
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{key!r}: {show(item, 80)}" for key, item in value.items()) + "}"
    else:
        text = repr(value)
    return text if len(text) <= most else text[: most - 2] + " …"


def _differ(name: str, right: Array, got: Array, expected: Array) -> str:
    fact = nearest_fact(got.astype(np.float64), expected)
    if right.ndim == 0:
        return f"{name} is wrong" + fact
    first = [int(i) for i in np.argwhere(~right)[0]]
    count = int((~right).sum())
    if count == right.size:
        return f"{name} is wrong everywhere{fact}"
    return f"{name} is wrong in {count} of {right.size} entries, first at {first}{fact}"


def _where(name: str, right: Array, got: Array, expected: Array) -> tuple[str, str]:
    """The arrays if they are small, else the first entry that differs, of each."""
    if got.size <= SHOWN_ENTRIES:
        return show(got), show(expected)
    first = tuple(int(i) for i in np.argwhere(~right)[0])
    entry = f"{name}[{', '.join(map(str, first))}]"
    return f"{entry} = {show(float(got[first]))}", f"{entry} = {show(float(expected[first]))}"


def _tolerance(got: Array, expected: Any) -> float:
    kinds = [got.dtype.str[1:], np.asarray(expected).dtype.str[1:]]
    return max(TOLERANCE.get(kind, TOLERANCE["f8"]) for kind in kinds)


def _form(shape: Sequence[int], dtype: Any = "") -> str:
    return f"array {tuple(shape)}" + (f" {dtype}" if dtype else "")


def _kind(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    return show(value, 80)
