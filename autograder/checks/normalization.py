"""Batch norm and layer norm on (N, D) inputs."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import expect, strategies
from autograder.assignment import check
from autograder.checks import _layers
from autograder.sandbox import Student
from autograder.strategies import Case
from reference import layers

__all__: list[str] = []

Array = NDArray[Any]
QUESTION = "normalization"
BATCH = "Batch normalization"
LAYER = "Layer normalization"
GRADIENTS = ("dx", "dgamma", "dbeta")
TRAIN = strategies.norm_2d("bn_param", mode="train")
# Variances of about 1 and more: where a running variance holds eps does not matter there.
WIDE = strategies.norm_2d("bn_param", scales=(1.0, 4.0), mode="train")
TEST_TOLERANCE = 1e-4


@check(function="batchnorm_forward", question=QUESTION, topic=BATCH, inputs=TRAIN, weight=4)
def batchnorm_forward_train(student: Student, case: Case) -> None:
    """batchnorm_forward normalizes each feature over the batch in train mode"""
    _layers.forward(student, case, "batchnorm_forward")


@check(function="batchnorm_forward", question=QUESTION, topic=BATCH, inputs=WIDE, weight=3)
def batchnorm_forward_running(student: Student, case: Case) -> None:
    """batchnorm_forward keeps running averages of mean and variance in bn_param"""
    running_statistics(student, case, "batchnorm_forward", momentum=0.9)


@check(
    function="batchnorm_forward",
    question=QUESTION,
    topic=BATCH,
    inputs=WIDE,
    examples=4,
    weight=0.5,
)
def batchnorm_forward_momentum(student: Student, case: Case) -> None:
    """batchnorm_forward uses the momentum that bn_param names"""
    running_statistics(student, case, "batchnorm_forward", momentum=0.6)


@check(function="batchnorm_forward", question=QUESTION, topic=BATCH, inputs=WIDE, weight=2)
def batchnorm_forward_test(student: Student, case: Case) -> None:
    """batchnorm_forward normalizes with the running averages in test mode"""
    test_mode(student, case, "batchnorm_forward")


@check(
    function="batchnorm_forward",
    question=QUESTION,
    topic=BATCH,
    inputs=WIDE,
    examples=4,
    weight=0.5,
)
def batchnorm_forward_integers(student: Student, case: Case) -> None:
    """batchnorm_forward accepts integer gamma and beta"""
    integers(student, case, "batchnorm_forward")


def running_statistics(student: Student, case: Case, function: str, momentum: float) -> None:
    """The running averages after each of several batches.

    The variance may be the batch's own or, as PyTorch keeps it, the unbiased one; with or
    without eps.
    """
    param, right = case.bn_param, case.bn_param
    if momentum != 0.9:
        param["momentum"] = right["momentum"] = momentum
    unbiased = np.zeros(1)
    stored = []
    for x in case.batches:
        _layers.run(getattr(student.layers, function), [x, case.gamma, case.beta, param], function)
        getattr(layers, function)(x.copy(), case.gamma, case.beta, right)
        axes = tuple(i for i in range(x.ndim) if i != 1)
        count = x.size // x.shape[1]
        unbiased = momentum * unbiased + (1 - momentum) * x.var(axis=axes) * count / (count - 1)
        stored.append((dict(param), copy.deepcopy(right), unbiased))
    # Afterwards, since what is wrong after one batch may be several mistakes, and after three one.
    for number, (found, wanted, alternative) in enumerate(stored, 1):
        _averages(found, wanted, alternative, number, momentum)


def _averages(
    found: dict[str, Any], right: dict[str, Any], unbiased: Array, number: int, momentum: float
) -> None:
    for key in ("running_mean", "running_var"):
        expect.that(key in found, f'bn_param["{key}"] is not stored', sorted(map(str, found)))
    wide = expect.as_row(right["running_mean"].shape)
    said = f'bn_param["running_mean"] after batch {number}'
    expect.close(found["running_mean"], right["running_mean"], said, tolerate=wide)
    said = f'bn_param["running_var"] after batch {number}'
    candidates = [unbiased, right["running_var"] + 1e-5 * (1 - momentum**number)]
    if not any(_layers.near(found["running_var"], c) for c in candidates):
        expect.close(
            found["running_var"], right["running_var"], said, tolerate=wide, tolerance=1e-6
        )


def test_mode(student: Student, case: Case, function: str) -> None:
    """Test mode with given running averages, which stay as they are."""
    channels = case.gamma.shape
    generator = np.random.default_rng(case.gamma.size)
    stored = {
        "mode": "test",
        "running_mean": generator.uniform(-2.0, 2.0, channels),
        "running_var": generator.uniform(1.0, 9.0, channels),
    }
    args: list[Any] = [case.x, case.gamma, case.beta]
    param = {key: np.copy(v) if key != "mode" else v for key, v in stored.items()}
    out, _ = _layers.run(getattr(student.layers, function), [*args, param], function)
    right, _ = getattr(layers, function)(*args, dict(stored))
    expect.close(out, right, "out", tolerance=TEST_TOLERANCE)
    for key in ("running_mean", "running_var"):
        same = key in param and _layers.near(param[key], stored[key])
        expect.that(same, f'test mode must not change bn_param["{key}"]')


def integers(student: Student, case: Case, function: str) -> None:
    """gamma and beta as the notebook's np.asarray([3, 4, 5])."""
    shape = case.gamma.shape
    gamma = (np.arange(case.gamma.size) + 2).reshape(shape)
    args = [case.x, gamma, gamma + 3, *list(case.inputs.values())[3:]]
    args[-1] = dict(args[-1])
    out, _ = _layers.run(getattr(student.layers, function), args, function)
    right = getattr(layers, function)(*args[:-1], dict(list(case.inputs.values())[-1]))[0]
    expect.close(out, right, "out")


@check(
    function="batchnorm_forward",
    question=QUESTION,
    topic=BATCH,
    inputs=strategies.norm_2d("bn_param", scales=(1.0,), mode="train", eps=0.1),
    examples=3,
    weight=0.25,
)
def batchnorm_forward_eps(student: Student, case: Case) -> None:
    """batchnorm_forward uses the eps that bn_param names"""
    _layers.forward(student, case, "batchnorm_forward")


@check(
    function="batchnorm_backward",
    question=QUESTION,
    topic=BATCH,
    inputs=TRAIN,
    after="batchnorm_forward",
)
def batchnorm_backward_gradients(student: Student, case: Case) -> None:
    """batchnorm_backward returns dx, dgamma and dbeta"""
    _layers.backward(student, case, "batchnorm_backward", "batchnorm_forward", GRADIENTS)


@check(
    function="batchnorm_backward_alt",
    question=QUESTION,
    topic=BATCH,
    inputs=TRAIN,
    after="batchnorm_forward",
)
def batchnorm_backward_alt_gradients(student: Student, case: Case) -> None:
    """batchnorm_backward_alt returns the same gradients by the simplified formula"""
    _layers.backward(student, case, "batchnorm_backward_alt", "batchnorm_forward", GRADIENTS)


LAYERNORM = strategies.norm_2d("ln_param")


# Many write layer norm as batch norm of the transposed input.
BATCHNORM = ("batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt")


@check(
    function="layernorm_forward",
    question=QUESTION,
    topic=LAYER,
    inputs=LAYERNORM,
    uses=BATCHNORM,
    weight=9,
)
def layernorm_forward_values(student: Student, case: Case) -> None:
    """layernorm_forward normalizes each sample over its features"""
    _layers.forward(student, case, "layernorm_forward")


@check(
    function="layernorm_forward",
    question=QUESTION,
    topic=LAYER,
    inputs=strategies.norm_2d("ln_param", scales=(1.0,), batch=(1,)),
    uses=BATCHNORM,
    examples=4,
)
def layernorm_forward_single(student: Student, case: Case) -> None:
    """layernorm_forward works for a batch of one"""
    _layers.forward(student, case, "layernorm_forward")


@check(
    function="layernorm_forward",
    question=QUESTION,
    topic=LAYER,
    inputs=strategies.norm_2d("ln_param", scales=(1.0,), eps=0.1),
    uses=BATCHNORM,
    examples=3,
    weight=0.5,
)
def layernorm_forward_eps(student: Student, case: Case) -> None:
    """layernorm_forward uses the eps that ln_param names"""
    _layers.forward(student, case, "layernorm_forward")


@check(
    function="layernorm_backward",
    question=QUESTION,
    topic=LAYER,
    inputs=LAYERNORM,
    after="layernorm_forward",
    uses=BATCHNORM,
)
def layernorm_backward_gradients(student: Student, case: Case) -> None:
    """layernorm_backward returns dx, dgamma and dbeta"""
    _layers.backward(student, case, "layernorm_backward", "layernorm_forward", GRADIENTS)


SINGLE = strategies.norm_2d("bn_param", scales=(1.0,), batch=(1,), mode="train")
EPS = strategies.norm_2d("bn_param", scales=(1.0,), mode="train", eps=0.1)
ROW_EPS = strategies.norm_2d("ln_param", scales=(1.0,), eps=0.1)


@check(
    function="batchnorm_forward",
    question=QUESTION,
    topic=BATCH,
    inputs=SINGLE,
    examples=2,
    weight=0.25,
)
def batchnorm_forward_single(student: Student, case: Case) -> None:
    """batchnorm_forward works for a batch of one: what is left is beta"""
    _layers.forward(student, case, "batchnorm_forward")


@check(
    function="batchnorm_backward",
    question=QUESTION,
    topic=BATCH,
    inputs=EPS,
    after="batchnorm_forward",
    examples=3,
    weight=0.05,
)
def batchnorm_backward_eps(student: Student, case: Case) -> None:
    """batchnorm_backward knows the eps that bn_param named"""
    _layers.backward(student, case, "batchnorm_backward", "batchnorm_forward", GRADIENTS)


@check(
    function="batchnorm_backward_alt",
    question=QUESTION,
    topic=BATCH,
    inputs=EPS,
    after="batchnorm_forward",
    examples=3,
    weight=0.05,
)
def batchnorm_backward_alt_eps(student: Student, case: Case) -> None:
    """batchnorm_backward_alt knows the eps that bn_param named"""
    _layers.backward(student, case, "batchnorm_backward_alt", "batchnorm_forward", GRADIENTS)


@check(
    function="layernorm_backward",
    question=QUESTION,
    topic=LAYER,
    inputs=ROW_EPS,
    after="layernorm_forward",
    uses=BATCHNORM,
    examples=3,
    weight=0.05,
)
def layernorm_backward_eps(student: Student, case: Case) -> None:
    """layernorm_backward knows the eps that ln_param named"""
    _layers.backward(student, case, "layernorm_backward", "layernorm_forward", GRADIENTS)
