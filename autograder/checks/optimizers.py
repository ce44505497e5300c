"""The update rules: the step taken and the state kept for the next one.

Gradients are at least 1 in size, so that the place of epsilon (inside or outside the root) moves
a step by less than a hundred-thousandth of it: what the tolerance of a step allows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import expect, strategies
from autograder.assignment import check
from autograder.checks import _layers
from autograder.sandbox import Student
from autograder.strategies import Case
from reference import optim

__all__: list[str] = []

Array = NDArray[Any]
QUESTION = "fully-connected"
TOPIC = "Update rules"
STEP_TOLERANCE = 1e-5
RETURNS = ("next_w", "config")


def _steps(
    student: Student,
    case: Case,
    rule: str,
    config: dict[str, Any] | None,
    keys: Sequence[str],
    most: int | None = None,
) -> None:
    """Several updates, each from the weights and the config that the last one returned."""
    w, right_w = case.w, case.w
    right_config = {
        key: np.copy(value) if np.ndim(value) else value for key, value in (config or {}).items()
    }
    for number, dw in enumerate(case.gradients[:most], 1):
        given = [] if config is None else [config]
        value = getattr(student.optim, rule)(w, dw, *given)
        next_w, config = expect.pair(value, rule, RETURNS)
        expect.mapping(config, "config")
        before = right_w
        right_w, right_config = getattr(optim, rule)(right_w.copy(), dw.copy(), right_config)
        found = expect.array(next_w, right_w.shape, f"next_w of step {number}")
        # The step, not the weight, is what a rule computes: judge it at its own scale.
        expect.close(
            found - before,
            right_w - before,
            f"the change of w in step {number}",
            tolerance=STEP_TOLERANCE + 1e-12 / float(np.abs(right_w - before).max()),
        )
        for key in keys:
            expect.that(key in config, f'config["{key}"] is not kept for the next step', config)
            name = f'config["{key}"] after step {number}'
            expect.close(config[key], right_config[key], name, tolerance=STEP_TOLERANCE)
        w = right_w.copy()


def _fresh(student: Student, case: Case, rule: str, **more: Any) -> None:
    _steps(student, case, rule, {"learning_rate": case.learning_rate} | more, ())


def _epsilon(student: Student, case: Case, rule: str, candidates: Callable[..., Any]) -> None:
    """One step with an epsilon that matters: wherever it stands in the root, it must be used."""
    state = {"cache": case.state["cache"], "m": case.state["m"], "v": case.state["v"], "t": case.t}
    config = {"learning_rate": case.learning_rate, "epsilon": 0.5} | state
    dw = case.gradients[0]
    next_w, _ = expect.pair(getattr(student.optim, rule)(case.w, dw, config), rule, RETURNS)
    step = expect.array(next_w, case.w.shape, "next_w") - case.w
    steps = [-case.learning_rate * one for one in candidates(dw, 0.5, **state)]
    if not any(_layers.near(step, one, tolerance=STEP_TOLERANCE) for one in steps):
        expect.close(step, steps[0], "the change of w with epsilon = 0.5", tolerance=STEP_TOLERANCE)


def _rmsprop_directions(dw: Array, eps: float, *, cache: Array, **_: Any) -> list[Array]:
    mean = 0.99 * cache + 0.01 * dw**2
    return [dw / (np.sqrt(mean) + eps), dw / np.sqrt(mean + eps)]


def _adam_directions(dw: Array, eps: float, *, m: Array, v: Array, t: int, **_: Any) -> list[Array]:
    m, v = 0.9 * m + 0.1 * dw, 0.999 * v + 0.001 * dw**2
    first, second = 1 - 0.9 ** (t + 1), 1 - 0.999 ** (t + 1)
    outside = (m / first) / (np.sqrt(v / second) + eps)
    inside = (m / first) / np.sqrt(v / second + eps)
    # Kingma and Ba, the note behind algorithm 1: epsilon beside the root that is not corrected.
    efficient = np.sqrt(second) / first * m / (np.sqrt(v) + eps)
    return [outside, inside, efficient]


def _still(student: Student, case: Case, rule: str) -> None:
    """Where a gradient has always been zero, a weight stays and nothing is divided by zero."""
    dw = case.gradients[0]
    dw.flat[0] = 0.0
    config = {"learning_rate": case.learning_rate}
    next_w, _ = expect.pair(getattr(student.optim, rule)(case.w, dw, config), rule, RETURNS)
    found = expect.array(next_w, case.w.shape, "next_w for a gradient with a zero")
    # Plain gradient descent leaves that weight alone too, but has no division to guard.
    factors = ((found - case.w) / np.where(dw, dw, 1.0))[dw != 0]
    plain = bool((np.abs(factors - factors[0]) <= 1e-6 * np.abs(factors[0])).all())
    expect.that(not plain, "every weight moves by the same multiple of its gradient", found)
    still = abs(float(found.flat[0]) - float(case.w.flat[0])) <= 1e-9
    expect.that(still, "a weight whose gradient is zero should not move", found, case.w)


def _defaults(student: Student, case: Case, rule: str) -> None:
    """A first step without any config, and one more: the first alone is often that of sgd."""
    _steps(student, case, rule, None, (), most=2)


@check(function="sgd", question=QUESTION, topic=TOPIC, inputs=strategies.optimizer(), examples=3)
def sgd_steps(student: Student, case: Case) -> None:
    """sgd moves against the gradient (given)"""
    _fresh(student, case, "sgd")


@check(
    function="sgd_momentum", question=QUESTION, topic=TOPIC, inputs=strategies.optimizer(), weight=5
)
def sgd_momentum_steps(student: Student, case: Case) -> None:
    """sgd_momentum builds up velocity over several steps"""
    _fresh(student, case, "sgd_momentum", momentum=case.share)


@check(
    function="sgd_momentum", question=QUESTION, topic=TOPIC, inputs=strategies.optimizer(), weight=4
)
def sgd_momentum_state(student: Student, case: Case) -> None:
    """sgd_momentum continues from config["velocity"] and updates it"""
    config = {
        "learning_rate": case.learning_rate,
        "momentum": case.share,
        "velocity": case.state["velocity"],
    }
    _steps(student, case, "sgd_momentum", config, ("velocity",))


@check(
    function="sgd_momentum",
    question=QUESTION,
    topic=TOPIC,
    inputs=strategies.optimizer(),
    examples=4,
)
def sgd_momentum_defaults(student: Student, case: Case) -> None:
    """sgd_momentum works without a config"""
    _defaults(student, case, "sgd_momentum")


@check(function="rmsprop", question=QUESTION, topic=TOPIC, inputs=strategies.optimizer(), weight=5)
def rmsprop_steps(student: Student, case: Case) -> None:
    """rmsprop divides by the root of its running average, over several steps"""
    _fresh(student, case, "rmsprop", decay_rate=case.share)


@check(function="rmsprop", question=QUESTION, topic=TOPIC, inputs=strategies.optimizer(), weight=4)
def rmsprop_state(student: Student, case: Case) -> None:
    """rmsprop continues from config["cache"] and updates it"""
    config = {
        "learning_rate": case.learning_rate,
        "decay_rate": case.share,
        "cache": case.state["cache"],
    }
    _steps(student, case, "rmsprop", config, ("cache",))


@check(
    function="rmsprop", question=QUESTION, topic=TOPIC, inputs=strategies.optimizer(), examples=4
)
def rmsprop_defaults(student: Student, case: Case) -> None:
    """rmsprop works without a config"""
    _defaults(student, case, "rmsprop")


@check(
    function="rmsprop",
    question=QUESTION,
    topic=TOPIC,
    inputs=strategies.optimizer(),
    examples=3,
    weight=0.25,
)
def rmsprop_epsilon(student: Student, case: Case) -> None:
    """rmsprop uses the epsilon that config names"""
    _epsilon(student, case, "rmsprop", _rmsprop_directions)


@check(
    function="adam",
    question=QUESTION,
    topic=TOPIC,
    inputs=strategies.optimizer(),
    examples=3,
    weight=0.25,
)
def adam_epsilon(student: Student, case: Case) -> None:
    """adam uses the epsilon that config names"""
    _epsilon(student, case, "adam", _adam_directions)


@check(
    function="rmsprop",
    question=QUESTION,
    topic=TOPIC,
    inputs=strategies.optimizer(),
    examples=3,
    weight=0.5,
)
def rmsprop_zero_gradient(student: Student, case: Case) -> None:
    """rmsprop does not divide by zero where a gradient is zero"""
    _still(student, case, "rmsprop")


@check(
    function="adam",
    question=QUESTION,
    topic=TOPIC,
    inputs=strategies.optimizer(),
    examples=3,
    weight=0.5,
)
def adam_zero_gradient(student: Student, case: Case) -> None:
    """adam does not divide by zero where a gradient is zero"""
    _still(student, case, "adam")


@check(function="adam", question=QUESTION, topic=TOPIC, inputs=strategies.optimizer(), weight=5)
def adam_steps(student: Student, case: Case) -> None:
    """adam corrects the bias of its first steps and advances t"""
    _fresh(student, case, "adam", beta1=case.share, beta2=(1 + case.share) / 2)


@check(function="adam", question=QUESTION, topic=TOPIC, inputs=strategies.optimizer(), weight=4)
def adam_state(student: Student, case: Case) -> None:
    """adam continues from config["m"], config["v"] and config["t"] and updates them"""
    config = {
        "learning_rate": case.learning_rate,
        "beta1": case.share,
        "beta2": (1 + case.share) / 2,
        "m": case.state["m"],
        "v": case.state["v"],
        "t": case.t,
    }
    _steps(student, case, "adam", config, ("m", "v"))


@check(function="adam", question=QUESTION, topic=TOPIC, inputs=strategies.optimizer(), examples=4)
def adam_defaults(student: Student, case: Case) -> None:
    """adam works without a config"""
    _defaults(student, case, "adam")
