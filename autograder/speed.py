"""How much slower a student's naive layers are than the reference's: told, never graded.

The notebooks time a naive convolution against the fast one, and the short backward pass of batch
normalization. The same here, on inputs small enough that four loops over them are over soon. Only
functions that earn all their points are timed: the speed of a wrong result means nothing.

A worker says itself how long a call took, so that the way there and back does not count. A
submission could lie about it, and would gain a number in a sentence. It is wall time, of which the
shortest of some rounds counts: processor time is too coarse a clock on some machines. Memory in a
worker is colder, and short functions feel it: the reference, handed in, takes up to twice its time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.engine import Session
from autograder.models import Outcome, Status
from autograder.sandbox import StudentFault
from reference import fast_layers, layers

__all__ = ["measure"]

ROUNDS = 30
ENOUGH_SECONDS = 0.1  # of a student's function; four loops take a few rounds to use it up


@dataclass(frozen=True)
class Race:
    """A forward pass for the cache, then the function that is timed (the same, if it is one)."""

    function: str
    forward: str
    reference: tuple[Callable[..., Any], Callable[..., Any]]
    shapes: tuple[tuple[int, ...], ...]
    param: dict[str, Any]


CONVOLUTION = ((4, 3, 15, 15), (8, 3, 3, 3), (8,))
CONVOLVE = {"stride": 2, "pad": 1}
FAST = (fast_layers.conv_forward_fast, fast_layers.conv_backward_fast)
RACES = (
    Race("conv_forward_naive", "conv_forward_naive", FAST, CONVOLUTION, CONVOLVE),
    Race("conv_backward_naive", "conv_forward_naive", FAST, CONVOLUTION, CONVOLVE),
    Race(
        "batchnorm_backward_alt",
        "batchnorm_forward",
        (layers.batchnorm_forward, layers.batchnorm_backward_alt),
        ((50, 200), (200,), (200,)),
        {"mode": "train"},
    ),
)


def measure(session: Session, outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The student's time by function, in multiples of the reference's."""
    times = {}
    for race in RACES:
        involved = {race.function, race.forward}
        judged = [outcome for outcome in outcomes if outcome.check.function in involved]
        timed = any(outcome.check.function == race.function for outcome in judged)
        right = all(o.status is Status.PASSED and not o.follow_through for o in judged)
        if timed and right:
            ratio = _ratio(session, race)
            if ratio is not None:
                times[race.function] = ratio
    return times


def _ratio(session: Session, race: Race) -> float | None:
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in race.shapes]
    seconds = []
    try:
        with session.student(fast_layers=not race.function.endswith("_naive")) as student:
            forward, function = (
                getattr(student.layers, name) for name in (race.forward, race.function)
            )
            for _ in range(ROUNDS):
                out, cache = forward(*arrays, dict(race.param))
                if race.function != race.forward:
                    function(np.ones(np.shape(out)), cache)
                seconds.append(student.seconds)
                if sum(seconds) > ENOUGH_SECONDS:
                    break
    except (StudentFault, TypeError, ValueError):
        return None  # right in every check, but not here: nothing to tell
    own = min(seconds)
    return own / _reference(race, arrays) if own > 0 else None


def _reference(race: Race, arrays: Sequence[Any]) -> float:
    forward, backward = race.reference
    out, cache = forward(*arrays, dict(race.param))
    dout = np.ones_like(out)

    def run() -> None:
        if race.function == race.forward:
            forward(*arrays, dict(race.param))
        else:
            backward(dout, cache)

    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return max(best, 1e-7)
