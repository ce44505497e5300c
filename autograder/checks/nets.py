"""FullyConnectedNet: plain, with a normalization, with dropout.

Both nets get the same parameters, drawn here; so what is compared does not depend on how a
student draws initial weights, and nothing has to be trained to find a wrong gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import expect, strategies
from autograder.assignment import check
from autograder.checks import _layers, _nets, _single_sample
from autograder.sandbox import Remote, Student
from autograder.strategies import Case
from reference.classifiers.fc_net import FullyConnectedNet

__all__: list[str] = []

Array = NDArray[Any]
NETS = "Fully connected nets"
NORMS = "Normalization inside a net"
DROPS = "Dropout inside a net"
BASE = (
    "affine_forward",
    "affine_backward",
    "relu_forward",
    "relu_backward",
    "softmax_loss",
    "affine_relu_forward",
    "affine_relu_backward",
)
BATCHNORM = ("batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt")
LAYERNORM = ("layernorm_forward", "layernorm_backward")
DROPOUT = ("dropout_forward", "dropout_backward")
NET = strategies.fc_net()
# Eps in another place, or none, moves test-time scores by eps over a running variance of 0.05.
EPS_TOLERANCE = 2e-3


def _build(student: Student, case: Case, **options: Any) -> tuple[Remote, Any]:
    """The student's net and the reference's, of the same kind and with the same parameters."""
    sizes: dict[str, Any] = {"input_dim": case.D, "num_classes": case.C, "dtype": np.float64}
    net = student.fc_net.FullyConnectedNet(list(case.hidden), **sizes, **options)
    right = FullyConnectedNet(list(case.hidden), **sizes, **options)
    _nets.randomize(net, right, case.draw)
    return net, right


def _scores(net: Remote, right: Any, X: Array) -> None:
    expect.close(net.loss(X), right.loss(X.copy()), "scores", tolerance=1e-7)


# Plain. -------------------------------------------------------------------------------------


@check(
    function="FullyConnectedNet",
    question="fully-connected",
    topic=NETS,
    inputs=strategies.fc_net(hidden=((40,), (50, 30), (30, 20, 40))),
    examples=3,
)
def FullyConnectedNet_parameters(student: Student, case: Case) -> None:
    """FullyConnectedNet starts with small random weights and zero biases of the right shapes"""
    scale = 0.03
    options: dict[str, Any] = {"input_dim": 30, "num_classes": case.C, "weight_scale": scale}
    net = student.fc_net.FullyConnectedNet(list(case.hidden), **options)
    right = FullyConnectedNet(list(case.hidden), **options)
    _nets.same_parameters(net, right.params, scale)


@check(
    function="FullyConnectedNet",
    question="fully-connected",
    topic=NETS,
    inputs=NET,
    examples=4,
    weight=0.5,
)
def FullyConnectedNet_dtype(student: Student, case: Case) -> None:
    """FullyConnectedNet keeps its parameters in the dtype asked for"""
    for dtype in (np.float32, np.float64):
        net = student.fc_net.FullyConnectedNet([5, 4], input_dim=case.D, dtype=dtype)
        right = FullyConnectedNet([5, 4], input_dim=case.D, dtype=dtype)
        _nets.keeps_dtype(net, right.params, dtype)


@check(
    function="FullyConnectedNet",
    question="fully-connected",
    topic=NETS,
    inputs=NET,
    uses=BASE,
    examples=3,
    weight=0.25,
)
def FullyConnectedNet_first_loss(student: Student, case: Case) -> None:
    """FullyConnectedNet starts with a loss of about log(C): it knows nothing yet"""
    options: dict[str, Any] = {"input_dim": case.D, "num_classes": case.C, "dtype": np.float64}
    net = student.fc_net.FullyConnectedNet([20, 30], **options)
    right = FullyConnectedNet([20, 30], **options)
    _nets.first_loss(net, right, case.X, case.y, case.C)


@check(function="FullyConnectedNet", question="fully-connected", topic=NETS, inputs=NET, uses=BASE)
def FullyConnectedNet_scores(student: Student, case: Case) -> None:
    """FullyConnectedNet.loss(X) returns the scores"""
    net, right = _build(student, case)
    _scores(net, right, case.X)


@check(
    function="FullyConnectedNet",
    question="fully-connected",
    topic=NETS,
    inputs=NET,
    uses=BASE,
    weight=2,
)
def FullyConnectedNet_gradients(student: Student, case: Case) -> None:
    """FullyConnectedNet.loss(X, y) returns the loss and its gradients, without regularization"""
    net, right = _build(student, case)
    _nets.compare(net, right, case.X, case.y)


@check(
    function="FullyConnectedNet",
    question="fully-connected",
    topic="Regularization",
    inputs=NET,
    uses=BASE,
    weight=1,
)
def FullyConnectedNet_regularization(student: Student, case: Case) -> None:
    """FullyConnectedNet adds 0.5 reg |W|^2 of every weight to the loss, and reg W to gradients"""
    net, right = _build(student, case, reg=case.reg)
    plain, _ = _build(student, case, reg=0.0)
    _nets.regularization(plain, net, right.params, case.reg, case.X, case.y)


@check(
    function="FullyConnectedNet",
    question="fully-connected",
    topic="Regularization",
    inputs=NET,
    uses=BASE,
    weight=0.25,
    examples=4,
)
def FullyConnectedNet_new_reg(student: Student, case: Case) -> None:
    """FullyConnectedNet uses the value that model.reg has when loss is called"""
    built, right = _build(student, case, reg=case.reg)
    changed, _ = _build(student, case, reg=0.0)
    _nets.same_reg(built, changed, right.params, case.reg, case.X, case.y)


@check(
    function="FullyConnectedNet",
    question="fully-connected",
    topic=NETS,
    inputs=NET,
    uses=BASE,
    weight=0.25,
    examples=4,
)
def FullyConnectedNet_images(student: Student, case: Case) -> None:
    """FullyConnectedNet takes images of shape (N, 3, H, W) as they are"""
    net, right = _build(student, case)
    for X in (case.X[:, :, None, None], case.X.reshape(len(case.X), 1, -1, 1)):
        _scores(net, right, X)


# With a normalization. ----------------------------------------------------------------------


@check(
    function="FullyConnectedNet",
    question="normalization",
    topic=NORMS,
    inputs=strategies.fc_net(hidden=((40,), (50, 30))),
    examples=4,
)
def FullyConnectedNet_norm_parameters(student: Student, case: Case) -> None:
    """FullyConnectedNet has gamma = 1 and beta = 0 for each hidden layer, none for the last"""
    for kind in ("batchnorm", "layernorm"):
        options: dict[str, Any] = {"input_dim": 30, "normalization": kind, "weight_scale": 0.03}
        net = student.fc_net.FullyConnectedNet(list(case.hidden), **options)
        right = FullyConnectedNet(list(case.hidden), **options)
        _nets.same_parameters(net, right.params, 0.03)


@check(
    function="FullyConnectedNet",
    question="normalization",
    topic=NORMS,
    inputs=NET,
    uses=(*BASE, *BATCHNORM),
    weight=2,
)
def FullyConnectedNet_batchnorm_gradients(student: Student, case: Case) -> None:
    """FullyConnectedNet with batch norm returns the right loss and gradients"""
    net, right = _build(student, case, normalization="batchnorm")
    _nets.compare(net, right, case.X, case.y)


@check(
    function="FullyConnectedNet",
    question="normalization",
    topic=NORMS,
    inputs=NET,
    uses=(*BASE, *BATCHNORM),
    weight=1.5,
)
def FullyConnectedNet_batchnorm_test(student: Student, case: Case) -> None:
    """FullyConnectedNet with batch norm uses each layer's running averages at test time"""
    net, right = _build(student, case, normalization="batchnorm")
    for shift in (0.0, 1.0, -0.5):
        net.loss(case.X + shift, case.y)
        right.loss(case.X + shift, case.y)
    # Running variances may hold eps, or be the unbiased ones: both nets start from the same.
    scores = expect.array(net.loss(case.X), (len(case.X), case.C), "scores")
    biased = right.loss(case.X)
    unbiased = _unbiased(right, len(case.X)).loss(case.X)
    if not _layers.near(scores, unbiased, tolerance=EPS_TOLERANCE):
        expect.close(scores, biased, "test-time scores", tolerance=EPS_TOLERANCE)
    # A batch of one has no variance of its own, so this shows which statistics were used.
    one = expect.array(net.loss(case.X[:1]), (1, case.C), "scores of a single sample")
    expect.close(one, scores[:1], "scores of a single sample", tolerance=1e-6)


def _unbiased(net: Any, count: int) -> Any:
    """The same net, its running variances as an unbiased estimator would have kept them."""
    for param in net.bn_params:
        param["running_var"] = param["running_var"] * count / (count - 1)
    return net


@check(
    function="FullyConnectedNet",
    question="normalization",
    topic=NORMS,
    inputs=NET,
    uses=(*BASE, *LAYERNORM, *BATCHNORM),
    weight=1.5,
)
def FullyConnectedNet_layernorm_gradients(student: Student, case: Case) -> None:
    """FullyConnectedNet with layer norm returns the right loss and gradients"""
    net, right = _build(student, case, normalization="layernorm")
    _nets.compare(net, right, case.X, case.y)
    _scores(net, right, case.X)


@check(
    function="FullyConnectedNet",
    question="normalization",
    topic="Regularization",
    inputs=NET,
    uses=(*BASE, *LAYERNORM, *BATCHNORM),
    weight=0.25,
    examples=4,
)
def FullyConnectedNet_norm_regularization(student: Student, case: Case) -> None:
    """FullyConnectedNet does not regularize gamma, beta and biases"""
    # What reg does to weights is judged elsewhere: here only what it must leave alone.
    for kind in ("layernorm", "batchnorm"):
        net, right = _build(student, case, normalization=kind)
        _nets.looks_at_labels(net, case.X)
        _, without = _nets.loss_and_gradients(net, case.X, case.y)
        net.reg = case.reg
        _, grads = _nets.loss_and_gradients(net, case.X, case.y)
        for name, value in right.params.items():
            if not name.startswith("W"):
                before = _nets.shaped(without.get(name), value.shape, f"grads[{name!r}]")
                said = f"grads[{name!r}] with reg = {case.reg}"
                wide = expect.as_row(value.shape)
                # A bias before batch norm has a gradient of nothing but rounding.
                found = grads.get(name)
                expect.close(found, before, said, tolerate=wide, tolerance=1e-6, floor=1e-6)


# With dropout. ------------------------------------------------------------------------------

WIDE = strategies.fc_net(hidden=((400,), (300, 200)))
DEEP = strategies.fc_net(hidden=((200, 150, 120),))
KEEP = 0.3  # far from 1 - p


@check(
    function="FullyConnectedNet",
    question="dropout",
    topic=DROPS,
    inputs=WIDE,
    uses=(*BASE, *DROPOUT),
    weight=3,
    examples=4,
)
def FullyConnectedNet_dropout_train(student: Student, case: Case) -> None:
    """FullyConnectedNet drops after every ReLU, and nowhere else, when training"""
    net, right = _build(student, case, dropout_keep_ratio=KEEP)
    _single_sample.dropped(net, right, case, KEEP)


@check(
    function="FullyConnectedNet",
    question="dropout",
    topic=DROPS,
    inputs=WIDE,
    uses=(*BASE, *DROPOUT, *LAYERNORM, *BATCHNORM),
    weight=1.5,
    examples=4,
)
def FullyConnectedNet_dropout_with_layernorm(student: Student, case: Case) -> None:
    """FullyConnectedNet applies dropout together with layer norm"""
    net, right = _build(student, case, dropout_keep_ratio=KEEP, normalization="layernorm")
    _single_sample.dropped(net, right, case, KEEP)


@check(
    function="FullyConnectedNet",
    question="dropout",
    topic=DROPS,
    inputs=strategies.fc_net(hidden=((400,), (20, 400))),
    uses=(*BASE, *DROPOUT, *BATCHNORM),
    weight=0.5,
    examples=2,
)
def FullyConnectedNet_dropout_with_batchnorm(student: Student, case: Case) -> None:
    """FullyConnectedNet applies dropout together with batch norm"""
    net, right = _build(student, case, dropout_keep_ratio=KEEP, normalization="batchnorm")
    _single_sample.dropped_behind_batchnorm(net, right, case, KEEP)


@check(
    function="FullyConnectedNet",
    question="dropout",
    topic=DROPS,
    inputs=WIDE,
    uses=(*BASE, *DROPOUT),
    weight=0.25,
    examples=2,
)
def FullyConnectedNet_dropout_seed(student: Student, case: Case) -> None:
    """FullyConnectedNet with a seed drops the same units every time"""
    net, _ = _build(student, case, dropout_keep_ratio=0.5, seed=123)
    losses = [_nets.loss_and_gradients(net, case.X, case.y)[0] for _ in range(2)]
    first, second = (expect.scalar(loss, "the loss") for loss in losses)
    same = abs(first - second) <= 1e-9 * abs(first)
    expect.that(same, "two losses of one net with seed = 123 differ", first, second)


@check(
    function="FullyConnectedNet",
    question="dropout",
    topic=DROPS,
    inputs=NET,
    uses=(*BASE, *DROPOUT, *LAYERNORM, *BATCHNORM),
    weight=1.5,
    examples=4,
)
def FullyConnectedNet_dropout_test(student: Student, case: Case) -> None:
    """FullyConnectedNet does not drop anything at test time"""
    for kind in (None, "layernorm"):
        net, right = _build(student, case, dropout_keep_ratio=0.5, seed=123, normalization=kind)
        _scores(net, right, case.X)
        net.loss(case.X, case.y)
        _scores(net, right, case.X)
    # Running averages depend on the masks, so these scores are held against each other.
    net, _ = _build(student, case, dropout_keep_ratio=0.5, seed=123, normalization="batchnorm")
    net.loss(case.X, case.y)
    scores = expect.array(net.loss(case.X), (len(case.X), case.C), "scores")
    expect.close(net.loss(case.X[:1]), scores[:1], "scores of a single sample", tolerance=1e-6)


@check(
    function="FullyConnectedNet",
    question="dropout",
    topic=DROPS,
    inputs=DEEP,
    uses=(*BASE, *DROPOUT),
    weight=0.5,
    examples=2,
)
def FullyConnectedNet_dropout_deep(student: Student, case: Case) -> None:
    """FullyConnectedNet drops after every ReLU of a net with three hidden layers"""
    net, right = _build(student, case, dropout_keep_ratio=KEEP)
    _single_sample.dropped(net, right, case, KEEP)


@check(
    function="FullyConnectedNet",
    question="normalization",
    topic="Regularization",
    inputs=NET,
    uses=(*BASE, *LAYERNORM, *BATCHNORM),
    weight=0.25,
    examples=3,
)
def FullyConnectedNet_norm_same_regularization(student: Student, case: Case) -> None:
    """FullyConnectedNet regularizes its weights with a normalization as it does without"""
    for kind in ("batchnorm", "layernorm"):
        nets = [_build(student, case, normalization=kind, reg=reg)[0] for reg in (0.0, case.reg)]
        _as_without(student, case, *nets)


@check(
    function="FullyConnectedNet",
    question="dropout",
    topic="Regularization",
    inputs=NET,
    uses=(*BASE, *DROPOUT),
    weight=0.25,
    examples=3,
)
def FullyConnectedNet_dropout_same_regularization(student: Student, case: Case) -> None:
    """FullyConnectedNet regularizes its weights with dropout as it does without"""
    options: dict[str, Any] = {"dropout_keep_ratio": 0.5, "seed": 123}
    nets = [_build(student, case, reg=reg, **options)[0] for reg in (0.0, case.reg)]
    _as_without(student, case, *nets)


def _as_without(student: Student, case: Case, plain: Remote, regularized: Remote) -> None:
    """What reg adds is what it adds in the student's own net of affine layers and ReLU alone.

    So a factor that is wrong everywhere is charged once, where regularization itself is judged.
    """
    bare, bare_regularized = (_build(student, case, reg=reg)[0] for reg in (0.0, case.reg))
    params = dict(bare.params)
    more, changes = _nets.added(plain, regularized, dict(plain.params) | params, case.X, case.y)
    usual, right = _nets.added(bare, bare_regularized, params, case.X, case.y)
    expect.number(more, usual, "what reg adds to the loss")
    for name, value in right.items():
        said = f"what reg adds to grads[{name!r}]"
        expect.close(changes[name], value, said, tolerance=1e-6, floor=1e-6)
