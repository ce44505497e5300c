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

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from autograder.engine import Session
from autograder.models import Outcome, Status
from autograder.sandbox import StudentFault
from reference import fast_layers, layers

__all__ = ["measure"]

log = logging.getLogger(__name__)

ROUNDS = 30
ENOUGH_SECONDS = 0.1  # four loops take a few rounds to use it up


@dataclass(frozen=True)
class Race:
    """A forward pass, or with `backward` the backward pass of its result."""

    forward: str
    backward: str
    reference: ModuleType
    names: tuple[str, str]  # of both in the reference
    shapes: tuple[tuple[int, ...], ...]
    param: dict[str, Any]

    @property
    def function(self) -> str:
        return self.backward or self.forward

    def ready(self, forward: Callable[..., Any], backward: Callable[..., Any]) -> Callable[[], Any]:
        """What is timed, with its inputs."""
        rng = np.random.default_rng(0)
        arrays = [rng.normal(size=shape) for shape in self.shapes]
        if not self.backward:
            return lambda: forward(*arrays, dict(self.param))
        _, cache = forward(*arrays, dict(self.param))
        # Of the right shape: what a student's forward pass returns here was not checked.
        dout = np.ones_like(getattr(self.reference, self.names[0])(*arrays, dict(self.param))[0])
        return lambda: backward(dout, cache)


CONVOLUTION = ((4, 3, 15, 15), (8, 3, 3, 3), (8,)), {"stride": 2, "pad": 1}
FAST = fast_layers, ("conv_forward_fast", "conv_backward_fast")
NORMALIZATION = ((50, 200), (200,), (200,)), {"mode": "train"}
SHORT = ("batchnorm_forward", "batchnorm_backward_alt")
RACES = (
    Race("conv_forward_naive", "", *FAST, *CONVOLUTION),
    Race("conv_forward_naive", "conv_backward_naive", *FAST, *CONVOLUTION),
    Race(*SHORT, layers, SHORT, *NORMALIZATION),
)


def measure(session: Session, outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The student's time by function, in multiples of the reference's."""
    times = {}
    for race in RACES:
        if not _right(race, outcomes):
            continue
        try:
            own = _student(session, race)
            if own > 0:
                times[race.function] = own / _reference(race)
        except (StudentFault, TypeError, ValueError):
            pass  # right in every check, but not here: there is nothing to tell
        except Exception:
            log.exception("timing %s failed", race.function)  # no reason to lose the report
    return times


def _right(race: Race, outcomes: Sequence[Outcome]) -> bool:
    """The function is judged, and it and its forward pass lose nothing."""
    judged = [o for o in outcomes if o.check.function in (race.forward, race.function)]
    timed = any(outcome.check.function == race.function for outcome in judged)
    return timed and all(o.status is Status.PASSED and not o.follow_through for o in judged)


def _student(session: Session, race: Race) -> float:
    with session.student(fast_layers=not race.function.endswith("_naive")) as student:
        module = student.layers
        run = race.ready(getattr(module, race.forward), getattr(module, race.function))

        def seconds() -> float:
            run()
            return student.seconds

        return _fastest(seconds)


def _reference(race: Race) -> float:
    run = race.ready(*(getattr(race.reference, name) for name in race.names))

    def seconds() -> float:
        start = time.perf_counter()
        run()
        return time.perf_counter() - start

    return _fastest(seconds)


def _fastest(seconds: Callable[[], float]) -> float:
    """The shortest of some rounds."""
    rounds: list[float] = []
    while len(rounds) < ROUNDS and sum(rounds) <= ENOUGH_SECONDS:
        rounds.append(seconds())
    return min(rounds)
