"""What the nets that a notebook trains are held to.

After a cell that trains, the nets are read back: their parameters, and the scores that they give
to images of ours, whose labels stay here. What counts is the reference's forward pass on those
parameters; the nets' own scores must equal it. What a notebook prints or stores is not believed.

The template marks such cells with their name, `result="..."`. A notebook that is not the
template's is asked for the same variables at its end.
"""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import expect
from autograder.expect import Mismatch
from autograder.models import Assignment, Item, Outcome, Status
from autograder.secret import Secret
from reference import data_utils
from reference.classifiers.cnn import ThreeLayerConvNet
from reference.classifiers.fc_net import FullyConnectedNet

__all__ = ["RESULTS", "Images", "Net", "Result", "images", "items", "judge"]

Array = NDArray[Any]
TOPIC = "Training neural nets"
HELD_OUT = 400
GIVEN_TESTS = 1000  # test images of CIFAR-10 that the notebooks themselves have
# What a net of a student may be: more would take the grader's own time and memory.
LARGEST = 1 << 24  # parameters in all
DEEPEST, MOST_FILTERS, WIDEST_FILTER = 50, 256, 15
STATISTICS = ("running_mean", "running_var")
SAME_SCORES = 1e-2  # of the largest score: float32 over a whole training


@dataclass(frozen=True)
class Result:
    """One thing that a notebook must have reached.

    Attributes:
        name: also of its bar in assignment.toml.
        notebook: without .ipynb.
        cell: the `result` of the cell after which the nets are read back.
        nets: Python expressions for the nets (or Solvers) in the notebook.
        seen: how many of the first training images they are measured on; 0 for held-out images.
        title: what a student reads.
        weight: among the results of its notebook.
    """

    name: str
    notebook: str
    cell: str
    nets: tuple[str, ...]
    seen: int
    title: str
    weight: float = 1.0


RESULTS = (
    Result(
        *("overfit_three", "FullyConnectedNets", "overfit_three", ("model",), 50),
        "the three-layer net knows its 50 training images by heart",
        0.5,
    ),
    Result(
        *("overfit_five", "FullyConnectedNets", "overfit_five", ("model",), 50),
        "the five-layer net knows its 50 training images by heart",
        0.5,
    ),
    Result(
        *("best_model", "FullyConnectedNets", "best_model", ("best_model",), 0),
        "best_model recognizes images it has never seen",
    ),
    Result(
        *("deep_batchnorm", "BatchNormalization", "deep_batchnorm", ("bn_model",), 1000),
        "the six-layer net with batch normalization learns its training images",
    ),
    Result(
        *("weight_scales", "BatchNormalization", "weight_scales"),
        tuple(f"bn_solvers_ws[sorted(bn_solvers_ws)[{i}]]" for i in (3, 4)),
        1000,
        "batch normalization trains an eight-layer net from weights of the middle scales",
    ),
    Result(
        *("layernorm_batch_size", "BatchNormalization", "layernorm_batch_size"),
        tuple(f"ln_solvers_bsize[{i}]" for i in range(3)),
        500,
        "layer normalization trains a six-layer net at every batch size",
    ),
    Result(
        *("without_dropout", "Dropout", "regularization", ("solvers[1]",), 500),
        "the net without dropout learns its 500 training images",
    ),
    Result(
        *("with_dropout", "Dropout", "regularization", ("solvers[0.25]",), 500),
        "the net with dropout learns most of its 500 training images",
    ),
    Result(
        *("overfit", "ConvolutionalNetworks", "overfit", ("model",), 100),
        "the convolutional net learns 100 images nearly by heart",
    ),
    Result(
        *("trained", "ConvolutionalNetworks", "trained", ("model",), 0),
        "the convolutional net, trained for one epoch, recognizes images it has never seen",
        3.0,
    ),
)


@dataclass(frozen=True)
class Images:
    """Images with their labels: (N, 3, 32, 32) float32, (N,)."""

    X: Array
    y: Array


@dataclass(frozen=True)
class Net:
    """A net as it was read back; `trouble` says why it could not be."""

    trouble: str = ""
    kind: str = ""
    params: Mapping[str, Any] | None = None
    normalization: Any = None
    running: Sequence[Mapping[str, Any]] = ()
    scores: Any = None


def items(assignment: Assignment) -> tuple[Item, ...]:
    """The results with their points: the part `notebook` of a question, shared by weight."""
    made = []
    for question in assignment.questions:
        here = [r for r in RESULTS if f"{r.notebook}.ipynb" == question.file]
        total = sum(result.weight for result in here)
        made += [
            Item(
                id=f"notebooks.{result.notebook}.{result.name}",
                title=result.title,
                function=question.file,
                topic=TOPIC,
                question=question.id,
                weight=result.weight,
                points=question.notebook * result.weight / total,
            )
            for result in here
        ]
    return tuple(made)


def images(result: Result, assignment: Assignment, secret: Secret) -> Images:
    """What a result is measured on, as the notebooks' loader would give it."""
    limit = assignment.notebooks.limits.data_limit or 49_000
    X, y, mean = _training(assignment.data, limit)
    if result.seen:
        return Images(X[: result.seen], y[: result.seen])
    if assignment.data:
        X, y = _beyond(assignment.data)
        return Images(X - mean, y)
    X, y = data_utils.make_shapes(HELD_OUT, secret.seed("images", result.name) % 2**32)
    return Images(np.clip(X * 255, 0, 255) - mean, y)


@functools.cache
def _training(data: str, limit: int) -> tuple[Array, Array, Array]:
    """The first training images as the loader gives them, their labels, and the mean image."""
    with contextlib.redirect_stdout(io.StringIO()):
        raw = data_utils.get_CIFAR10_data(data or None, num_training=limit, subtract_mean=False)
    most = max(result.seen for result in RESULTS)
    mean = raw["X_train"].mean(axis=0, dtype=np.float64).astype(np.float32)
    return raw["X_train"][:most] - mean, raw["y_train"][:most], mean


@functools.cache
def _beyond(data: str) -> tuple[Array, Array]:
    """Test images of CIFAR-10 that the notebooks do not have."""
    _, _, X, y = data_utils.load_cifar10(Path(data))
    part = slice(GIVEN_TESTS, GIVEN_TESTS + HELD_OUT)
    return X[part].astype(np.float32), y[part]


def judge(
    item: Item, result: Result, nets: Mapping[str, Net], shown: Images, assignment: Assignment
) -> Outcome:
    """Hold the nets of one result to its bar; the worst of them decides."""
    on_cifar10 = bool(assignment.data)
    bars = assignment.notebooks.cifar10 if on_cifar10 else assignment.notebooks.accuracy
    bar = bars[result.name]
    measures = {}
    try:
        for number, expression in enumerate(result.nets):
            net = nets.get(expression, Net("the notebook did not get so far"))
            expect.that(not net.trouble, f"{expression} could not be read back: {net.trouble}")
            accuracy = float((_scores(net, shown.X, expression).argmax(axis=1) == shown.y).mean())
            measures["accuracy" if len(result.nets) == 1 else f"accuracy_{number}"] = accuracy
            of = "images it has never seen" if not result.seen else "its training images"
            expect.that(
                accuracy >= bar,
                f"{expression} is right on {accuracy:.1%} of {of}; {bar:.0%} is asked for",
            )
    except Mismatch as mismatch:
        return Outcome(item, Status.FAILED, 0.0, mismatch.message, measures=measures)
    return Outcome(item, Status.PASSED, 1.0, measures=measures)


def _scores(net: Net, X: Array, name: str) -> Array:
    """The reference's scores on the parameters of a net; the net's own must equal them.

    Raises:
        Mismatch: they do not, or these are no parameters of such a net.
    """
    makers = {"FullyConnectedNet": _fully_connected, "ThreeLayerConvNet": _convolutional}
    expect.that(net.kind in makers, f"{name} is a {net.kind[:60]}, not one of {', '.join(makers)}")
    params = {key: _parameter(value, f"{name}.params[{key!r}]") for key, value in _named(net, name)}
    right = makers[net.kind](params, net, name)
    parts = np.array_split(X.astype(np.float64), max(len(X) // 50, 1))
    scores = np.concatenate([right.loss(part) for part in parts])
    claimed = expect.array(net.scores, scores.shape, f"the scores of {name}")
    near = float(np.abs(claimed - scores).max()) <= SAME_SCORES * float(np.abs(scores).max())
    expect.that(
        near,
        f"the scores that {name} gives are not those of its parameters: its forward pass computes "
        "something else than the net that was asked for",
    )
    return scores


def _named(net: Net, name: str) -> Iterable[tuple[str, Any]]:
    params = net.params or {}
    expect.that(all(isinstance(key, str) for key in params), f"a name in {name}.params is no text")
    size = sum(value.size for value in params.values() if isinstance(value, np.ndarray))
    expect.that(size <= LARGEST, f"{name} has {size:,} parameters, more than {LARGEST:,}")
    return params.items()


def _parameter(value: Any, name: str) -> Array:
    expect.that(isinstance(value, np.ndarray) and value.size > 0, f"{name} is no array of numbers")
    return expect.array(value, value.shape, name).astype(np.float64)


def _fully_connected(params: dict[str, Array], net: Net, name: str) -> Any:
    depth = sum(key.startswith("W") for key in params)
    weights = [params.get(f"W{i}") for i in range(1, depth + 1)]
    shapes = [w.shape for w in weights if w is not None and w.ndim == 2]
    expect.that(
        0 < depth <= DEEPEST and len(shapes) == depth,
        f"{name}.params has no W1, W2, … of two axes, or more than {DEEPEST}",
    )
    pixels = 3 * data_utils.SIZE**2
    expect.that(shapes[0][0] == pixels, f"W1 of {name} has {shapes[0][0]:,} rows, not {pixels:,}")
    normal = net.normalization
    known = normal is None or (isinstance(normal, str) and normal in ("batchnorm", "layernorm"))
    expect.that(known, f"{name}.normalization is {str(normal)[:40]!r}")
    hidden = [shape[1] for shape in shapes[:-1]]
    right = FullyConnectedNet(
        hidden,
        input_dim=shapes[0][0],
        num_classes=shapes[-1][1],
        normalization=normal,
        dtype=np.float64,
    )
    _fill(right, params, name)
    if normal == "batchnorm":
        for number, (param, kept) in enumerate(zip(right.bn_params, net.running, strict=False)):
            for key, value in kept.items():
                if key not in STATISTICS:
                    continue
                where = f"{name}.bn_params[{number}][{key!r}]"
                shape = (hidden[number],)
                param[key] = expect.array(value, shape, where, tolerate=(1, *shape))
    return right


def _convolutional(params: dict[str, Array], _net: Net, name: str) -> Any:
    filters, hidden = params.get("W1"), params.get("W2")
    expect.that(
        filters is not None and filters.ndim == 4 and hidden is not None and hidden.ndim == 2,
        f"{name}.params has no W1 of four axes and W2 of two",
    )
    assert filters is not None
    assert hidden is not None
    F, C, HH, WW = filters.shape
    expect.that(
        C == 3 and HH == WW <= WIDEST_FILTER and HH % 2 == 1 and F <= MOST_FILTERS,
        f"W1 of {name} has shape {filters.shape}; at most {MOST_FILTERS} filters of three "
        f"channels, square, with an odd side of at most {WIDEST_FILTER}, can be judged",
    )
    right = ThreeLayerConvNet(
        input_dim=(filters.shape[1], data_utils.SIZE, data_utils.SIZE),
        num_filters=filters.shape[0],
        filter_size=filters.shape[2],
        hidden_dim=hidden.shape[1],
        dtype=np.float64,
    )
    _fill(right, params, name)
    return right


def _fill(right: Any, params: Mapping[str, Array], name: str) -> None:
    """Give the reference's net the parameters of a student's."""
    for key, value in right.params.items():
        expect.that(key in params, f"{name}.params has no {key}")
        row = expect.as_row(value.shape)
        right.params[key] = expect.array(
            params[key], value.shape, f"{name}.params[{key!r}]", tolerate=row
        )
