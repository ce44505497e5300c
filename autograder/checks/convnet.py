"""ThreeLayerConvNet: conv - relu - 2x2 max pool - affine - relu - affine - softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder import expect, strategies
from autograder.assignment import check
from autograder.checks import _nets
from autograder.checks.nets import BASE
from autograder.sandbox import Remote, Student
from autograder.strategies import Case
from reference.classifiers.cnn import ThreeLayerConvNet

__all__: list[str] = []

QUESTION = "convolution"
TOPIC = "Convolutional nets"
NET = strategies.conv_net()
USES = (
    *BASE,
    "conv_forward_naive",
    "conv_backward_naive",
    "max_pool_forward_naive",
    "max_pool_backward_naive",
    "conv_relu_forward",
    "conv_relu_backward",
    "conv_relu_pool_forward",
    "conv_relu_pool_backward",
)


def _build(student: Student, case: Case, **options: Any) -> tuple[Remote, Any]:
    options = case.options | {"dtype": np.float64} | options
    net = student.cnn.ThreeLayerConvNet(**options)
    right = ThreeLayerConvNet(**options)
    _nets.randomize(net, right, case.draw)
    return net, right


@check(function="ThreeLayerConvNet", question=QUESTION, topic=TOPIC, inputs=NET, examples=4)
def ThreeLayerConvNet_parameters(student: Student, _case: Case) -> None:
    """ThreeLayerConvNet starts with small random weights and zero biases of the right shapes"""
    variants: tuple[dict[str, Any], ...] = (
        {},
        {"input_dim": (2, 16, 12), "num_filters": 8, "filter_size": 5},
    )
    for options in variants:
        net = student.cnn.ThreeLayerConvNet(weight_scale=0.02, **options)
        right = ThreeLayerConvNet(weight_scale=0.02, **options)
        _nets.same_parameters(net, right.params, 0.02)


@check(
    function="ThreeLayerConvNet", question=QUESTION, topic=TOPIC, inputs=NET, examples=4, weight=0.5
)
def ThreeLayerConvNet_dtype(student: Student, case: Case) -> None:
    """ThreeLayerConvNet keeps its parameters in the dtype asked for"""
    for dtype in (np.float32, np.float64):
        net = student.cnn.ThreeLayerConvNet(**case.options, dtype=dtype)
        _nets.keeps_dtype(net, ThreeLayerConvNet(**case.options, dtype=dtype).params, dtype)


@check(
    function="ThreeLayerConvNet",
    question=QUESTION,
    topic=TOPIC,
    inputs=NET,
    uses=USES,
    examples=2,
    weight=0.25,
)
def ThreeLayerConvNet_first_loss(student: Student, case: Case) -> None:
    """ThreeLayerConvNet starts with a loss of about log(C): it knows nothing yet"""
    options = case.options | {"dtype": np.float64}
    net = student.cnn.ThreeLayerConvNet(**options)
    right = ThreeLayerConvNet(**options)
    _nets.first_loss(net, right, case.X, case.y, case.options["num_classes"])


@check(
    function="ThreeLayerConvNet", question=QUESTION, topic=TOPIC, inputs=NET, uses=USES, examples=4
)
def ThreeLayerConvNet_scores(student: Student, case: Case) -> None:
    """ThreeLayerConvNet.loss(X) returns the scores"""
    net, right = _build(student, case)
    expect.close(net.loss(case.X), right.loss(case.X), "scores", tolerance=1e-7)


@check(
    function="ThreeLayerConvNet",
    question=QUESTION,
    topic=TOPIC,
    inputs=NET,
    uses=USES,
    examples=4,
    weight=2.5,
)
def ThreeLayerConvNet_gradients(student: Student, case: Case) -> None:
    """ThreeLayerConvNet.loss(X, y) returns the loss and its gradients, without regularization"""
    net, right = _build(student, case)
    _nets.compare(net, right, case.X, case.y)


@check(
    function="ThreeLayerConvNet",
    question=QUESTION,
    topic="Regularization",
    inputs=NET,
    uses=USES,
    examples=4,
)
def ThreeLayerConvNet_regularization(student: Student, case: Case) -> None:
    """ThreeLayerConvNet regularizes every weight, in the loss and in the gradients"""
    net, right = _build(student, case, reg=case.reg)
    plain, _ = _build(student, case, reg=0.0)
    _nets.regularization(plain, net, right.params, case.reg, case.X, case.y)


@check(
    function="ThreeLayerConvNet",
    question=QUESTION,
    topic="Regularization",
    inputs=NET,
    uses=USES,
    examples=4,
    weight=0.25,
)
def ThreeLayerConvNet_new_reg(student: Student, case: Case) -> None:
    """ThreeLayerConvNet uses the value that model.reg has when loss is called"""
    built, right = _build(student, case, reg=case.reg)
    changed, _ = _build(student, case, reg=0.0)
    _nets.same_reg(built, changed, right.params, case.reg, case.X, case.y)
