"""What the checks of all layers have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import reference.layer_utils
import reference.layers
from autograder import expect
from autograder.sandbox import Student
from autograder.strategies import Case

__all__ = ["backward", "forward", "near", "run"]

Array = NDArray[Any]


def ours(function: str) -> Callable[..., Any]:
    """The reference's function of that name."""
    home = reference.layers if hasattr(reference.layers, function) else reference.layer_utils
    return getattr(home, function)  # type: ignore[no-any-return]  # looked up by name


def theirs(student: Student, function: str) -> Callable[..., Any]:
    """The student's function of that name."""
    module = student.layers if hasattr(reference.layers, function) else student.layer_utils
    return getattr(module, function)  # type: ignore[no-any-return]  # a call through the proxy


def run(function: Callable[..., Any], args: list[Any], name: str) -> tuple[Any, Any]:
    """Call a forward and take its (out, cache) apart."""
    out, cache = expect.pair(function(*args), name, ("out", "cache"))
    return out, cache


def forward(student: Student, case: Case, function: str) -> None:
    """The student's out equals the reference's."""
    out, _ = run(theirs(student, function), case.args, function)
    expect.close(out, ours(function)(*case.args)[0], "out")


def backward(
    student: Student, case: Case, function: str, after: str, names: tuple[str, ...]
) -> None:
    """The student's gradients are right, or right for the student's own forward `after`."""
    mine, their = ours(after), theirs(student, after)
    right, right_cache = mine(*case.args)
    out, cache = run(their, case.args, after)
    got = theirs(student, function)(case.dout, cache)
    calls = list(student.calls)
    expected = ours(function)(case.dout.copy(), right_cache)
    expected = (expected,) if isinstance(expected, np.ndarray) else expected
    try:
        expect.gradients(
            got,
            names,
            dict(zip(names, expected, strict=True)),
            function=function,
            own=lambda name, value: run(their, case.replacing(name, value), after)[0],
            reference=lambda name, value: mine(*case.replacing(name, value))[0],
            at={name: case.inputs[name] for name in case.wrt},
            dout=case.dout,
            forward=after,
            forward_is_right=lambda: equal(out, right),
        )
    finally:
        student.calls[:] = calls  # the differences are ours to take, not the student's to read


def equal(got: Any, right: Array) -> bool:
    """Whether out is right, as a question."""
    return near(got, right, tolerance=None)


def near(got: Any, right: Array, tolerance: float | None = 1e-6) -> bool:
    """Whether an array is right up to a tolerance; (1, D) passes for (D,)."""
    try:
        wide = expect.as_row(right.shape)
        expect.close(got, right, "out", tolerance=tolerance, tolerate=wide)
    except expect.Mismatch:
        return False
    return True
