"""Affine, ReLU, softmax, and the sandwich of the first two."""

from __future__ import annotations

import numpy as np

from autograder import expect, strategies
from autograder.assignment import check
from autograder.checks import _layers
from autograder.sandbox import Raised, Student
from autograder.strategies import Case
from reference import layers

__all__: list[str] = []

QUESTION = "fully-connected"
LAYERS = "Backpropagation through layers"
LOSS = "The softmax loss"


@check(
    function="affine_forward",
    question=QUESTION,
    topic=LAYERS,
    inputs=strategies.affine(),
    weight=9,
)
def affine_forward_values(student: Student, case: Case) -> None:
    """affine_forward returns x w + b, for inputs of any number of dimensions"""
    _layers.forward(student, case, "affine_forward")


@check(
    function="affine_forward",
    question=QUESTION,
    topic=LAYERS,
    inputs=strategies.affine(dtype=np.float32),
    examples=4,
)
def affine_forward_float32(student: Student, case: Case) -> None:
    """affine_forward works in single precision too"""
    _layers.forward(student, case, "affine_forward")


@check(
    function="affine_backward",
    question=QUESTION,
    topic=LAYERS,
    inputs=strategies.affine(),
    after="affine_forward",
)
def affine_backward_gradients(student: Student, case: Case) -> None:
    """affine_backward returns dx (in the shape of x), dw and db"""
    _layers.backward(student, case, "affine_backward", "affine_forward", ("dx", "dw", "db"))


@check(function="relu_forward", question=QUESTION, topic=LAYERS, inputs=strategies.elementwise())
def relu_forward_values(student: Student, case: Case) -> None:
    """relu_forward returns max(0, x)"""
    _layers.forward(student, case, "relu_forward")


@check(
    function="relu_backward",
    question=QUESTION,
    topic=LAYERS,
    inputs=strategies.elementwise(),
    after="relu_forward",
)
def relu_backward_gradients(student: Student, case: Case) -> None:
    """relu_backward lets gradients through where x was positive"""
    _layers.backward(student, case, "relu_backward", "relu_forward", ("dx",))


@check(function="softmax_loss", question=QUESTION, topic=LOSS, inputs=strategies.scores(), weight=2)
def softmax_loss_value(student: Student, case: Case) -> None:
    """softmax_loss returns the mean cross-entropy"""
    loss, _ = _softmax(student, case)
    expect.number(loss, layers.softmax_loss(*case.args)[0], "loss")


@check(function="softmax_loss", question=QUESTION, topic=LOSS, inputs=strategies.scores(), weight=2)
def softmax_loss_gradient(student: Student, case: Case) -> None:
    """softmax_loss returns the gradient of the loss with respect to the scores"""
    _, dx = _softmax(student, case)
    expect.close(dx, layers.softmax_loss(*case.args)[1], "dx")


@check(
    function="softmax_loss",
    question=QUESTION,
    topic=LOSS,
    inputs=strategies.scores(large=True),
    examples=3,
)
def softmax_loss_stable(student: Student, case: Case) -> None:
    """softmax_loss does not overflow for large scores"""
    loss, dx = _softmax(student, case)
    right_loss, right_dx = layers.softmax_loss(*case.args)
    # Adding 1000 to every score changes nothing but costs three digits of them; the
    # loss of an unlikely class also shows a tiny number added to its probability.
    expect.number(loss, right_loss, "loss", tolerance=1e-3)
    expect.close(dx, right_dx, "dx", tolerance=1e-7)
    _note_underflow(student, case)


def _note_underflow(student: Student, case: Case) -> None:
    """An infinite loss where the right class is hopeless: not graded, but worth knowing."""
    x, y = case.x, case.y
    x[0] -= x[0].max()
    x[0, y[0]] = -2000.0
    try:
        loss, _ = expect.pair(student.layers.softmax_loss(x, y), "softmax_loss", ("loss", "dx"))
        expect.scalar(loss, "the loss")
    except (expect.Mismatch, Raised):
        case.notes.add(
            "softmax_loss is not finite where the right class is so unlikely that its probability "
            "is rounded to 0: log of 0; the logarithm of the sum of exponentials stays finite"
        )


def _softmax(student: Student, case: Case) -> tuple[object, object]:
    loss, dx = expect.pair(student.layers.softmax_loss(*case.args), "softmax_loss", ("loss", "dx"))
    return loss, dx


@check(
    function="affine_relu_forward",
    question=QUESTION,
    topic=LAYERS,
    inputs=strategies.affine(),
    after=("affine_forward", "relu_forward"),
    uses=("affine_forward", "relu_forward"),
    examples=3,
)
def affine_relu_forward_values(student: Student, case: Case) -> None:
    """affine_relu_forward is the affine layer followed by ReLU (given)"""
    _layers.forward(student, case, "affine_relu_forward")


@check(
    function="affine_relu_backward",
    question=QUESTION,
    topic=LAYERS,
    inputs=strategies.affine(),
    after=("affine_relu_forward", "affine_backward", "relu_backward"),
    uses=("affine_forward", "relu_forward", "affine_backward", "relu_backward"),
    examples=3,
)
def affine_relu_backward_gradients(student: Student, case: Case) -> None:
    """affine_relu_backward undoes ReLU, then the affine layer (given)"""
    names = ("dx", "dw", "db")
    _layers.backward(student, case, "affine_relu_backward", "affine_relu_forward", names)
