"""What the checks of all layers have in common."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

import reference.layer_utils
import reference.layers
from autograder import expect
from autograder.sandbox import Raised, Student, Unimplemented
from autograder.strategies import Case

__all__ = ["backward", "forward", "near", "run"]

Array = NDArray[Any]
# Layers whose starter code says what the cache is: their inputs, in order.
GIVEN_CACHES = ("affine_forward", "relu_forward", "conv_forward_naive", "max_pool_forward_naive")


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
    """The student's gradients are right, or right for the student's own forward `after`.

    Where that forward is wrong and the assignment says what its cache is, they may also be right
    for that cache: what a correct forward would have left.
    """
    right, right_cache = ours(after)(*case.args)
    expected = ours(function)(case.dout.copy(), right_cache)
    wanted = dict(zip(names, _several(expected), strict=True))
    out = None
    try:
        out, cache = run(theirs(student, after), case.args, after)
        other_forward(student, case, after)
        got = theirs(student, function)(case.dout, cache)
        _gradients(student, case, function, after, wanted, got, out)
    except (Raised, Unimplemented, expect.Mismatch):
        if after in GIVEN_CACHES and not equal(out, right):
            with contextlib.suppress(Raised, Unimplemented, expect.Mismatch):
                given_the_cache(student, case, function, after, wanted)
        raise


def other_forward(student: Student, case: Case, after: str) -> None:
    """A forward pass of other inputs in between, as in a net before the first backward pass."""
    first = next(iter(case.inputs))
    with contextlib.suppress(Raised, Unimplemented, expect.Mismatch):
        run(theirs(student, after), case.replacing(first, case.inputs[first][::-1] * -0.5), after)


def _gradients(
    student: Student,
    case: Case,
    function: str,
    after: str,
    expected: Mapping[str, Array],
    got: Any,
    out: Any,
) -> None:
    mine, their = ours(after), theirs(student, after)
    calls = list(student.calls)
    try:
        expect.gradients(
            got,
            tuple(expected),
            expected,
            function=function,
            own=lambda name, value: run(their, case.replacing(name, value), after)[0],
            reference=lambda name, value: mine(*case.replacing(name, value))[0],
            at={name: case.inputs[name] for name in case.wrt},
            dout=case.dout,
            forward=after,
            forward_is_right=lambda: equal(out, mine(*case.args)[0]),
        )
    finally:
        student.calls[:] = calls  # the differences are ours to take, not the student's to read


def given_the_cache(
    student: Student, case: Case, function: str, after: str, expected: Mapping[str, Array]
) -> NoReturn:
    """Judge a backward on the cache that the starter's own lines make from the inputs.

    Raises:
        FollowThrough: it is right; its forward is not, or this would not have been asked.
        Mismatch, StudentFault: it is wrong here as well.
    """
    cache = tuple(case.args) if len(case.inputs) > 1 else case.args[0]
    calls = list(student.calls)
    try:
        got = theirs(student, function)(case.dout, cache)
    finally:
        student.calls[:] = calls
    values = expect.pair(_several(got), function, tuple(expected))
    for (name, right), value in zip(expected.items(), values, strict=True):
        expect.close(value, right, name, tolerate=expect.as_row(right.shape))
    raise expect.FollowThrough(f"right, given a correct {after}", root_cause=after)


def _several(gradients: Any) -> Any:
    return (gradients,) if isinstance(gradients, np.ndarray) else gradients


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
