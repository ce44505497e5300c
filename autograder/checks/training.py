"""Training: small sets that a right net learns by heart, and accuracy on images never seen.

The Solver runs here, in the grader, with the reference's update rules, and drives the student's
net through the proxy: each step sends parameters and a batch, and gets loss and gradients back.
So a broken optimizer does not sink a right net, the loop cannot be tampered with, and labels of
held-out images never enter the worker. What is measured is the parameters: the scores that a
trained net claims must equal the reference's on the parameters it was given.

An accuracy bar catches only gross faults, so these checks carry few points; correctness is judged
by numbers elsewhere.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import expect, strategies
from autograder.assignment import check
from autograder.checks import _nets, convnet, nets
from autograder.sandbox import Remote, Student
from autograder.secret import Secret
from autograder.strategies import Case
from reference import data_utils
from reference.classifiers.cnn import ThreeLayerConvNet
from reference.classifiers.fc_net import FullyConnectedNet
from reference.solver import Solver

__all__ = ["cifar10"]

Array = NDArray[Any]
TOPIC = "Training neural nets"
TRAIN_SEED = 231
HELD_OUT = 400
CURVE_POINTS = 60
HIGHEST = 1e6  # loss in a curve
MOST_WEIGHTS = 4000  # of filters that are shown


class Trainee:
    """A student's net as the Solver sees it; complains in a student's terms."""

    def __init__(self, net: Remote, right: Any) -> None:
        self.net = net
        self.right = right
        self.steps = 0
        _shapes_match(_nets.net_parameters(net), right.params)

    @property
    def params(self) -> Any:
        return self.net.params

    @params.setter
    def params(self, values: Any) -> None:
        self.net.params = values

    def loss(self, X: Array, y: Array | None = None) -> Any:
        """Scores, or loss and gradients, checked for shape before the Solver uses them."""
        if y is None:
            shape = (len(X), self.right.params[f"b{self._depth()}"].size)
            return expect.array(self.net.loss(X), shape, "scores")
        self.steps += 1
        loss, grads = _nets.loss_and_gradients(self.net, X, y)
        step = f"of training step {self.steps}"
        loss = expect.scalar(loss, f"the loss {step}")
        # The Solver updates whatever is in params, whether this net needs it or not.
        missing = sorted(map(str, self.params.keys() - grads.keys()))
        expect.that(not missing, f"grads {step} has no {', '.join(missing)}")
        for name, value in self.params.items():
            shape = self.right.params.get(name, np.asarray(value)).shape
            grads[name] = _nets.shaped(grads[name], shape, f"grads[{name!r}] {step}")
        return loss, grads

    def _depth(self) -> int:
        return max(int(name[1:]) for name in self.right.params if name.startswith("W"))

    def true_scores(self, X: Array) -> Array:
        """The reference's scores on the trained parameters; the student's must equal them.

        Raises:
            Mismatch: the net's own scores are not those of its parameters.
        """
        for name in self.right.params:
            self.right.params[name] = np.asarray(self.params[name], dtype=np.float64)
        # In parts: a convolution unrolls each image into many times its size.
        parts = np.array_split(X, max(len(X) // 50, 1))
        scores = np.concatenate([self.right.loss(part.astype(np.float64)) for part in parts])
        claimed = np.concatenate([self.loss(part) for part in parts])
        near = float(np.abs(claimed - scores).max()) <= 1e-2 * float(np.abs(scores).max())
        expect.that(near, "the trained net's scores are not those of its parameters")
        return scores

    def accuracy(self, X: Array, y: Array) -> float:
        """The share classified rightly, by the true scores: a net's own could be anything."""
        return float((self.true_scores(X).argmax(axis=1) == y).mean())


def _shapes_match(params: Any, right: Any) -> None:
    for name, value in right.items():
        expect.that(name in params, f"params has no {name}", sorted(map(str, params)))
        expect.array(params[name], value.shape, f"params[{name!r}]", tolerate=(1, *value.shape))


@functools.cache
def _images(count: int, seed: int) -> tuple[Array, Array]:
    # Less jitter and more contrast than the notebooks' set, so that 2,000 images are enough.
    X, y = data_utils.make_shapes(count, seed, jitter=4.0, contrast=0.7)
    return _standardize(X, X.mean(), X.std()), y


@functools.cache
def cifar10(path: str) -> tuple[Array, Array, Array, Array]:
    """Real CIFAR-10, standardized: X and y to train on, X and y held out. Read once."""
    X, y, X_test, y_test = data_utils.load_cifar10(Path(path))
    mean, std = X.mean(), X.std()
    return _standardize(X, mean, std), y, _standardize(X_test, mean, std), y_test


def _standardize(X: Array, mean: Any, std: Any) -> Array:
    """Mean 0 and standard deviation 1, so that one learning rate serves both data sets."""
    X = X.astype(np.float32, copy=False)
    X -= np.float32(mean)
    X /= np.float32(std)
    return X


def _data(case: Case, count: int) -> tuple[Array, Array]:
    """The first `count` training images."""
    if case.assignment.data:
        X, y, _, _ = cifar10(case.assignment.data)
    else:
        X, y = _images(2000, TRAIN_SEED)
    return X[:count], y[:count]


def _held_out(case: Case) -> tuple[Array, Array]:
    if case.assignment.data:
        _, _, X, y = cifar10(case.assignment.data)
        return X[:HELD_OUT], y[:HELD_OUT]
    secret: Secret = case.secret
    return _images(HELD_OUT, secret.seed("held-out images") % 2**32)


def _train(case: Case, trainee: Trainee, X: Array, y: Array, **options: Any) -> None:
    # The Solver keeps the parameters that do best on X_val; no image held out is spent on that.
    data = {"X_train": X, "y_train": y, "X_val": X[:200], "y_val": y[:200]}
    solver = Solver(trainee, data, verbose=False, num_train_samples=100, **options)
    try:
        with strategies.seeded(TRAIN_SEED):
            solver.train()
    finally:
        case.curves["loss"] = _thinned(solver.loss_history)
    case.filters = _filters(trainee.params.get("W1"))


def _thinned(history: list[float]) -> tuple[float, ...]:
    """A curve for the eye: means of blocks, without what is beyond every picture."""
    if not history:
        return ()
    shown = np.clip(np.nan_to_num(np.asarray(history, dtype=float)), -HIGHEST, HIGHEST)
    blocks = np.array_split(shown, min(len(history), CURVE_POINTS))
    return tuple(round(float(block.mean()), 4) for block in blocks)


def _filters(W: Any) -> tuple[tuple[str, ...], ...]:
    """The filters of a convolution as rows of colors, each stretched from 0 to 255."""
    if np.ndim(W) != 4 or np.shape(W)[1] != 3 or np.size(W) > MOST_WEIGHTS:
        return ()
    W = np.asarray(W, dtype=float)
    low = W.min(axis=(1, 2, 3), keepdims=True)
    spread = np.maximum(W.max(axis=(1, 2, 3), keepdims=True) - low, 1e-12)
    colors = np.nan_to_num(255 * (W - low) / spread).astype(int).transpose(0, 2, 3, 1)
    return tuple(
        tuple(" ".join("{:02x}{:02x}{:02x}".format(*pixel) for pixel in row) for row in one)
        for one in colors
    )


def _overfit(case: Case, trainee: Trainee, X: Array, y: Array, bar: float, epochs: int) -> None:
    best = trainee.accuracy(X, y)
    case.measures["train_accuracy"] = best
    expect.that(
        best >= bar,
        f"after {epochs} epochs the net knows {best:.0%} of the images it was trained on; "
        f"a right one learns {bar:.0%} of them",
    )


def _accuracy(case: Case, trainee: Trainee, X: Array, y: Array, name: str) -> None:
    accuracy = trainee.accuracy(X, y)
    bars = case.assignment.cifar10 if case.assignment.data else case.assignment.accuracy
    case.measures["held_out_accuracy"] = accuracy
    expect.that(
        accuracy >= bars[name],
        f"the trained net is right on {accuracy:.1%} of images it has never seen; "
        f"{bars[name]:.0%} is asked for",
    )


def _halved(X: Array) -> Array:
    """Images of half the side: right nets train on them in a quarter of the time, loops or not."""
    N, C, H, W = X.shape
    halved: Array = X.reshape(N, C, H // 2, 2, W // 2, 2).mean(axis=(3, 5))
    return halved


def _fc(student: Student, hidden: list[int], **more: Any) -> Trainee:
    options: dict[str, Any] = {"input_dim": 3 * 16 * 16} | more
    return Trainee(
        student.fc_net.FullyConnectedNet(hidden, dtype=np.float32, **options),
        FullyConnectedNet(hidden, dtype=np.float64, **options),
    )


@check(
    function="FullyConnectedNet",
    question="fully-connected",
    topic=TOPIC,
    inputs=strategies.nothing(),
    uses=nets.BASE,
    weight=0.75,
)
def FullyConnectedNet_overfit_three(student: Student, case: Case) -> None:
    """FullyConnectedNet with three layers learns 50 images by heart within 20 epochs"""
    X, y = _data(case, 50)
    X = _halved(X)
    trainee = _fc(student, [100, 100], weight_scale=8e-2)
    config = {"learning_rate": 1e-1}
    _train(
        case, trainee, X, y, update_rule="sgd", optim_config=config, num_epochs=20, batch_size=25
    )
    _overfit(case, trainee, X, y, 1.0, 20)


@check(
    function="FullyConnectedNet",
    question="fully-connected",
    topic=TOPIC,
    inputs=strategies.nothing(),
    uses=nets.BASE,
    weight=0.75,
)
def FullyConnectedNet_overfit_five(student: Student, case: Case) -> None:
    """FullyConnectedNet with five layers learns 50 images by heart within 20 epochs"""
    X, y = _data(case, 50)
    X = _halved(X)
    trainee = _fc(student, [100, 100, 100, 100], weight_scale=1.3e-1)
    config = {"learning_rate": 5e-2}
    _train(
        case, trainee, X, y, update_rule="sgd", optim_config=config, num_epochs=20, batch_size=25
    )
    _overfit(case, trainee, X, y, 1.0, 20)


@check(
    function="FullyConnectedNet",
    question="fully-connected",
    topic=TOPIC,
    inputs=strategies.nothing(),
    uses=nets.BASE,
    weight=0.5,
)
def FullyConnectedNet_accuracy(student: Student, case: Case) -> None:
    """FullyConnectedNet, trained, recognizes images it has never seen"""
    X, y = _data(case, 49000 if case.assignment.data else 2000)
    X = _halved(X)
    trainee = _fc(student, [100, 100], weight_scale=2e-2)
    _train(
        case,
        trainee,
        X,
        y,
        update_rule="adam",
        optim_config={"learning_rate": 1e-3},
        num_epochs=4,
        batch_size=100,
        lr_decay=0.9,
    )
    X, y = _held_out(case)
    _accuracy(case, trainee, _halved(X), y, "fully_connected")


def _cnn(student: Student, **more: Any) -> Trainee:
    options: dict[str, Any] = {"input_dim": (3, 16, 16), "filter_size": 5, "weight_scale": 5e-2}
    options |= more
    return Trainee(
        student.cnn.ThreeLayerConvNet(dtype=np.float32, **options),
        ThreeLayerConvNet(dtype=np.float64, **options),
    )


@check(
    function="ThreeLayerConvNet",
    question="convolution",
    topic=TOPIC,
    inputs=strategies.nothing(),
    uses=convnet.USES,
    weight=0.75,
)
def ThreeLayerConvNet_overfit(student: Student, case: Case) -> None:
    """ThreeLayerConvNet learns 100 images nearly by heart within 15 epochs"""
    X, y = _data(case, 100)
    X = _halved(X)
    trainee = _cnn(student, num_filters=8, hidden_dim=50)
    config = {"learning_rate": 6e-3}
    _train(
        case, trainee, X, y, update_rule="adam", optim_config=config, num_epochs=15, batch_size=50
    )
    _overfit(case, trainee, X, y, 0.8, 15)


@check(
    function="ThreeLayerConvNet",
    question="convolution",
    topic=TOPIC,
    inputs=strategies.nothing(),
    uses=convnet.USES,
    weight=0.5,
)
def ThreeLayerConvNet_accuracy(student: Student, case: Case) -> None:
    """ThreeLayerConvNet, trained for one epoch, recognizes images it has never seen"""
    X, y = _data(case, 49000 if case.assignment.data else 1500)
    X = _halved(X)
    trainee = _cnn(student, num_filters=8, hidden_dim=50)
    _train(
        case,
        trainee,
        X,
        y,
        update_rule="adam",
        optim_config={"learning_rate": 5e-3},
        num_epochs=1 if case.assignment.data else 2,
        batch_size=50,
    )
    X, y = _held_out(case)
    _accuracy(case, trainee, _halved(X), y, "convnet")
