"""The update rules: the step taken and the state kept for the next one.

Gradients are at least 1 in size, so that the place of epsilon (inside or outside the root) moves
a step by less than a hundred-thousandth of it: what the tolerance of a step allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder import expect, strategies
from autograder.assignment import check
from autograder.sandbox import Student
from autograder.strategies import Case
from reference import optim

__all__: list[str] = []

QUESTION = "fully-connected"
TOPIC = "Update rules"
STEP_TOLERANCE = 1e-5
RETURNS = ("next_w", "config")


def _steps(
    student: Student, case: Case, rule: str, config: dict[str, Any], keys: Sequence[str]
) -> None:
    """Several updates, each from the weights and the config that the last one returned."""
    w, right_w = case.w, case.w
    right_config = {
        key: np.copy(value) if np.ndim(value) else value for key, value in config.items()
    }
    for number, dw in enumerate(case.gradients, 1):
        value = getattr(student.optim, rule)(w, dw, config)
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


def _still(student: Student, case: Case, rule: str) -> None:
    """Where a gradient has always been zero, a weight stays and nothing is divided by zero."""
    dw = case.gradients[0]
    dw.flat[0] = 0.0
    config = {"learning_rate": case.learning_rate}
    next_w, _ = expect.pair(getattr(student.optim, rule)(case.w, dw, config), rule, RETURNS)
    found = expect.array(next_w, case.w.shape, "next_w for a gradient with a zero")
    still = abs(float(found.flat[0]) - float(case.w.flat[0])) <= 1e-9
    expect.that(still, "a weight whose gradient is zero should not move", found, case.w)


def _defaults(student: Student, case: Case, rule: str) -> None:
    """One step without any config, with the documented defaults."""
    dw = case.gradients[0]
    value = getattr(student.optim, rule)(case.w, dw)
    next_w, config = expect.pair(value, rule, RETURNS)
    expect.mapping(config, "config")
    right, _ = getattr(optim, rule)(case.w, dw.copy())
    found = expect.array(next_w, right.shape, "next_w")
    step = "the change of w"
    expect.close(found - case.w, right - case.w, step, tolerance=STEP_TOLERANCE)


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
    _fresh(student, case, "adam", beta1=case.share)


@check(function="adam", question=QUESTION, topic=TOPIC, inputs=strategies.optimizer(), weight=4)
def adam_state(student: Student, case: Case) -> None:
    """adam continues from config["m"], config["v"] and config["t"] and updates them"""
    config = {
        "learning_rate": case.learning_rate,
        "beta1": case.share,
        "m": case.state["m"],
        "v": case.state["v"],
        "t": case.t,
    }
    _steps(student, case, "adam", config, ("m", "v"))


@check(function="adam", question=QUESTION, topic=TOPIC, inputs=strategies.optimizer(), examples=4)
def adam_defaults(student: Student, case: Case) -> None:
    """adam works without a config"""
    _defaults(student, case, "adam")
