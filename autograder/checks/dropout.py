"""Dropout: p is the probability to KEEP, and the mask is scaled at training time (inverted).

Any way to draw the mask is right if it keeps each entry with probability p, independently. So
nothing here demands a certain mask; counts are held against the binomial distribution with a
false-alarm rate below 1e-9 for each of them.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import expect, strategies
from autograder.assignment import check
from autograder.checks import _layers
from autograder.sandbox import Raised, Student
from autograder.strategies import Case

__all__ = ["check_keep_share", "check_scaling"]

QUESTION = "dropout"
TOPIC = "Dropout"
TRAIN = strategies.dropout("train")
TEST = strategies.dropout("test")
# Hoeffding's inequality (1963): P(|share - p| >= t) <= 2 exp(-2 n t^2).
FALSE_ALARM = 1e-10

Array = NDArray[Any]


def check_scaling(out: Any, x: Array, p: float, name: str = "out") -> Array:
    """Demand that every entry is dropped or is x / p.

    Returns:
        The mask as booleans, True where an entry was kept.
    """
    found = expect.array(out, x.shape, name).astype(np.float64)
    kept: Array = found != 0
    right = np.abs(found - x / p) <= 1e-6 * np.abs(x / p)
    wrong = kept & ~right
    if not wrong.any():
        return kept
    first = [int(i) for i in np.argwhere(wrong)[0]]
    ratio = found[wrong] / x[wrong]
    if np.allclose(ratio, ratio.flat[0]):
        said = f"kept entries are x times {ratio.flat[0]:.4g}; x times 1/p = {1 / p:.4g} is right"
    else:
        said = "kept entries are scaled by many different factors; the mask should hold 0 or 1/p"
    raise expect.Mismatch(
        f"{name} is wrong in {int(wrong.sum())} of {x.size} entries, first at {first}: {said}",
        expect.show(found),
        "every entry either 0 or x / p",
    )


def check_keep_share(kept: Array, p: float, name: str = "out") -> None:
    """Demand that the share of kept entries is p, up to chance."""
    share = float(kept.mean())
    bound = math.sqrt(math.log(2 / FALSE_ALARM) / (2 * kept.size))
    # Four standard errors of a binomial share: another wrong share is not to be called swapped.
    near = 4 * math.sqrt(p * (1 - p) / kept.size)
    swapped = ": p is the probability to keep, not to drop" if abs(share - 1 + p) <= near else ""
    expect.that(
        abs(share - p) <= bound,
        f"{name} keeps {share:.4f} of its entries, but p = {p} asks for {p:.4f}{swapped}",
        share,
        p,
    )


@check(function="dropout_forward", question=QUESTION, topic=TOPIC, inputs=TRAIN, weight=6)
def dropout_forward_train(student: Student, case: Case) -> None:
    """dropout_forward keeps each entry with probability p and scales it by 1/p when training"""
    out, _ = _layers.run(student.layers.dropout_forward, case.args, "dropout_forward")
    p = case.dropout_param["p"]
    found = expect.array(out, case.x.shape, "out")
    share = float((found != 0).mean())
    try:
        kept = check_scaling(found, case.x, p)
    except expect.Mismatch as mismatch:
        if abs(share - p) > 0.05:
            mismatch.message += f" (and {1 - share:.3f} of them are zero, {1 - p:.3f} is right)"
        raise
    check_keep_share(kept, p)
    # Entries are dropped one by one, not by rows or columns.
    kept = kept.reshape(len(kept), -1)
    for axis, name in ((0, "columns"), (1, "rows")):
        spread = np.abs(kept.mean(axis=axis) - p)
        bound = math.sqrt(math.log(2 * spread.size / FALSE_ALARM) / (2 * kept.shape[axis]))
        expect.that(bool((spread <= bound).all()), f"whole {name} are kept or dropped together")


@check(
    function="dropout_forward", question=QUESTION, topic=TOPIC, inputs=TRAIN, weight=1, examples=3
)
def dropout_forward_fresh(student: Student, case: Case) -> None:
    """dropout_forward draws a new mask every time, and the same one for the same seed"""
    forward = student.layers.dropout_forward
    plain = {"mode": "train", "p": case.dropout_param["p"]}
    first, _ = _layers.run(forward, [case.x, dict(plain)], "dropout_forward")
    second, _ = _layers.run(forward, [case.x, dict(plain)], "dropout_forward")
    masks = [expect.array(out, case.x.shape, "out") != 0 for out in (first, second)]
    expect.that(not np.array_equal(*masks), "two calls without a seed drop the same entries")
    seeded = plain | {"seed": 7}
    first, _ = _layers.run(forward, [case.x, dict(seeded)], "dropout_forward")
    second, _ = _layers.run(forward, [case.x, dict(seeded)], "dropout_forward")
    masks = [expect.array(out, case.x.shape, "out") != 0 for out in (first, second)]
    expect.that(np.array_equal(*masks), 'the same dropout_param["seed"] drops other entries')
    doubled, _ = _layers.run(forward, [2 * case.x, dict(seeded)], "dropout_forward")
    same = _layers.near(doubled, 2 * first)
    expect.that(same, "out is not x times a mask: for twice the x it is not twice as large")


def drops_when_training(student: Student, case: Case) -> None:
    """Test mode is no merit of a function that never drops anything."""
    param = {"mode": "train", "p": case.dropout_param["p"]}
    try:
        out, _ = _layers.run(student.layers.dropout_forward, [case.x, param], "dropout_forward")
    except (Raised, expect.Mismatch):
        return  # charged where train mode is judged
    same = _layers.near(out, case.x)
    expect.that(not same, "dropout_forward never drops anything, not even in train mode")


@check(function="dropout_forward", question=QUESTION, topic=TOPIC, inputs=TEST, weight=3)
def dropout_forward_test(student: Student, case: Case) -> None:
    """dropout_forward changes nothing in test mode"""
    drops_when_training(student, case)
    out, _ = _layers.run(student.layers.dropout_forward, case.args, "dropout_forward")
    expect.close(out, case.x, "out")


@check(
    function="dropout_backward",
    question=QUESTION,
    topic=TOPIC,
    inputs=TRAIN,
    after="dropout_forward",
    weight=7,
    examples=4,
)
def dropout_backward_train(student: Student, case: Case) -> None:
    """dropout_backward lets gradients through where the forward pass kept entries"""
    with _or_given_the_cache(student, case):
        _backward_train(student, case)


@contextlib.contextmanager
def _or_given_the_cache(student: Student, case: Case) -> Iterator[None]:
    """Where the forward pass is wrong: a backward pass right for the cache of the starter's lines.

    Raises:
        FollowThrough: it is.
    """
    try:
        yield
    except (Raised, expect.Mismatch):
        param, x = case.dropout_param, case.x
        p = param["p"]
        try:
            out, _ = _layers.run(student.layers.dropout_forward, case.args, "dropout_forward")
            check_keep_share(check_scaling(out, x, p), p)
        except (Raised, expect.Mismatch):
            draws = np.random.default_rng(x.size).random(x.shape)
            mask = (draws < p) / p
            with contextlib.suppress(Raised, expect.Mismatch):
                dx = student.layers.dropout_backward(case.dout, (param, mask))
                expect.close(dx, case.dout * mask, "dx")
                said = "right, given a correct dropout_forward"
                raise expect.FollowThrough(said, root_cause="dropout_forward") from None
        raise


def _backward_train(student: Student, case: Case) -> None:
    out, cache = _layers.run(student.layers.dropout_forward, case.args, "dropout_forward")
    found = expect.array(out, case.x.shape, "out")
    _layers.other_forward(student, case, "dropout_forward")
    dx = student.layers.dropout_backward(case.dout, cache)
    # The mask that this very forward pass used, whatever it was: out = x * mask.
    mask = found / case.x
    expected = case.dout * mask
    by_formula = case.dout * (mask != 0) / case.dropout_param["p"]
    if not _layers.near(dx, by_formula):
        expect.close(dx, expected, "dx")
    dropped = bool(mask.any()) and not bool(mask.all())
    expect.that(dropped, "your own dropout_forward drops nothing, or everything")
    p = case.dropout_param["p"]
    try:
        check_keep_share(check_scaling(found, case.x, p), p)
    except expect.Mismatch as wrong:
        said = "right for your own dropout_forward, which is wrong itself"
        raise expect.FollowThrough(said, root_cause="dropout_forward") from wrong


@check(
    function="dropout_backward",
    question=QUESTION,
    topic=TOPIC,
    inputs=TEST,
    after="dropout_forward",
    weight=3,
    examples=3,
)
def dropout_backward_test(student: Student, case: Case) -> None:
    """dropout_backward passes gradients on unchanged in test mode"""
    drops_when_training(student, case)
    _, cache = _layers.run(student.layers.dropout_forward, case.args, "dropout_forward")
    expect.close(student.layers.dropout_backward(case.dout, cache), case.dout, "dx")
