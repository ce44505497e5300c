"""The public cases of the hand-out's check.py: inputs with the numbers that right code gives.

Students get no reference, so its results go along as numbers. The inputs are drawn here, from a
seed of their own: they are none of those that a submission is graded on. Titles are the graded
checks', so that both speak the same words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import assignment
from reference import layers, optim
from reference.classifiers.cnn import ThreeLayerConvNet
from reference.classifiers.fc_net import FullyConnectedNet

__all__ = ["public_cases"]

Array = NDArray[Any]
SEED = 2718
DIGITS = 4  # of inputs, so that a case can be read
KEPT = 8  # significant digits of results
CONV: tuple[dict[str, Any], ...] = (
    {"stride": 1, "pad": 1},
    {"stride": 2, "pad": 1},
    {"stride": 1, "pad": 0},
)
POOL: tuple[dict[str, Any], ...] = (
    {"pool_height": 2, "pool_width": 2, "stride": 2},
    {"pool_height": 3, "pool_width": 2, "stride": 1},
)


def public_cases() -> bytes:
    """The file as the hand-out has it: the same bytes every time."""
    titles = {check.id: check.title for check in assignment.load().checks}
    made = [{**case, "title": titles[case["id"]]} for case in _cases(np.random.default_rng(SEED))]
    return (json.dumps(made, indent=None, separators=(",", ":")) + "\n").encode()


def _cases(draw: np.random.Generator) -> Iterator[dict[str, Any]]:
    def some(*shape: int) -> Array:
        return np.round(draw.normal(size=shape), DIGITS)

    def apart(*shape: int) -> Array:
        """No two equal, none near zero: no kink is near."""
        values = (np.arange(np.prod(shape)) + 0.5) / 8 - np.prod(shape) / 16
        return draw.permutation(values).reshape(shape)

    for shape, D in (((4, 6), 6), ((3, 2, 2, 3), 12), ((1, 5), 5)):
        yield from _layer(
            "fully_connected.affine", layers, "affine", some(*shape), some(D, 4), some(4)
        )
    yield from _layer("fully_connected.relu", layers, "relu", apart(3, 4))
    for scale in (1.0, 300.0):
        x, y = some(5, 4) * scale, draw.integers(4, size=5)
        check = "value" if scale == 1 else "stable"
        loss, dx = layers.softmax_loss(x, y)
        yield _call(
            f"fully_connected.softmax_loss.{check}", "layers", (x, y), [loss, dx], ["loss", "dx"]
        )
    for norm in ("batchnorm", "layernorm"):
        x, gamma, beta = some(5, 4) * 3 + 10, some(4), some(4)
        param: dict[str, Any] = {"mode": "train"} if norm == "batchnorm" else {}
        checks = ("train" if norm == "batchnorm" else "values", "gradients")
        yield from _layer(
            f"normalization.{norm}", layers, norm, x, gamma, beta, param, checks=checks
        )
    x, gamma, beta = some(5, 4), some(4), some(4)
    stored = {"mode": "test", "running_mean": some(4), "running_var": np.abs(some(4)) + 1}
    out = layers.batchnorm_forward(x, gamma, beta, dict(stored))[0]
    yield _call(
        "normalization.batchnorm_forward.test", "layers", (x, gamma, beta, stored), [out], ["out"]
    )
    for param in CONV:
        x, w, b = some(2, 3, 5, 5), some(2, 3, 3, 3), some(2)
        yield from _layer("convolution.conv", layers, "conv", x, w, b, param, naive=True)
    for param in POOL:
        yield from _layer(
            "convolution.max_pool", layers, "max_pool", apart(2, 2, 4, 4), param, naive=True
        )
    x, gamma, beta = some(3, 4, 2, 3) * 2 + 5, some(4), some(4)
    yield from _layer(
        *("convolution.spatial_batchnorm", layers, "spatial_batchnorm"),
        *(x, gamma, beta, {"mode": "train"}),
        checks=("train", "gradients"),
    )
    gamma, beta = some(1, 4, 1, 1), some(1, 4, 1, 1)
    yield from _layer(
        *("convolution.spatial_groupnorm", layers, "spatial_groupnorm"),
        *(x, gamma, beta, 2, {}),
    )
    for p in (0.3, 0.8):
        yield {
            "id": "dropout.dropout_forward.train",
            "module": "layers",
            "function": "dropout_forward",
            "p": p,
        }
    yield from _rules(some)
    yield from _nets(some, draw)


def _layer(
    prefix: str,
    module: Any,
    name: str,
    *args: Any,
    naive: bool = False,
    checks: tuple[str, str] = ("values", "gradients"),
) -> Iterator[dict[str, Any]]:
    """A forward pass, and the backward pass behind it."""
    end = "_naive" if naive else ""
    topic = prefix.partition(".")[0]
    forward, backward = f"{name}_forward{end}", f"{name}_backward{end}"
    out, cache = getattr(module, forward)(*_copies(args))
    yield _call(f"{topic}.{forward}.{checks[0]}", "layers", args, [out], ["out"])
    dout = np.round(np.random.default_rng(out.size).normal(size=out.shape), DIGITS)
    names = [
        f"d{n}" for n, value in zip(("x", *_parameters(name)), args, strict=False) if _array(value)
    ]
    for alternative in ("", "_alt") if name == "batchnorm" else ("",):
        back = f"{backward}{alternative}"
        grads = getattr(module, back)(dout, cache)
        grads = list(grads) if isinstance(grads, tuple) else [grads]
        yield {
            **_call(f"{topic}.{back}.{checks[1]}", "layers", args, grads, names),
            "forward": forward,
            "dout": _plain(dout),
        }


def _parameters(name: str) -> tuple[str, ...]:
    return ("gamma", "beta") if "norm" in name else ("w", "b")


def _array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def _call(
    identity: str, module: str, args: tuple[Any, ...], expected: list[Any], names: list[str]
) -> dict[str, Any]:
    return {
        "id": identity,
        "module": module,
        "function": identity.split(".")[1],
        "args": [_plain(value) for value in args],
        "expected": [_plain(value) for value in expected],
        "names": names,
    }


def _rules(some: Callable[..., Array]) -> Iterator[dict[str, Any]]:
    states: dict[str, dict[str, Any]] = {
        "sgd_momentum": {"velocity": some(3, 2)},
        "rmsprop": {"cache": np.abs(some(3, 2)) + 0.1},
        "adam": {"m": some(3, 2), "v": np.abs(some(3, 2)) + 0.1, "t": 3},
    }
    for rule, state in states.items():
        w, dw = some(3, 2), some(3, 2)
        config: dict[str, Any] = {"learning_rate": 0.01} | state
        next_w, after = getattr(optim, rule)(w.copy(), dw.copy(), dict(_copies((config,))[0]))
        arrays = [key for key in state if key != "t"]
        yield {
            **_call(f"optimizers.{rule}.state", "optim", (w, dw, config), [next_w], ["next_w"]),
            "state": {key: _plain(after[key]) for key in arrays},
        }


def _nets(some: Callable[..., Array], draw: np.random.Generator) -> Iterator[dict[str, Any]]:
    checks = {
        None: "regularization",
        "batchnorm": "batchnorm_gradients",
        "layernorm": "layernorm_gradients",
    }
    options: dict[str, Any]
    for normalization, check in checks.items():
        options = {"input_dim": 6, "num_classes": 3, "reg": 0.1, "normalization": normalization}
        net = FullyConnectedNet([5, 4], dtype=np.float64, **options)
        options |= {"hidden_dims": [5, 4]}
        yield _net(
            f"nets.FullyConnectedNet.{check}", "fc_net", net, options, some(4, 6), some, draw
        )
    options = {
        "input_dim": [2, 6, 6],
        "num_filters": 3,
        "filter_size": 3,
        "hidden_dim": 4,
        "num_classes": 3,
        "reg": 0.1,
    }
    conv = ThreeLayerConvNet(dtype=np.float64, **options)
    identity = "convnet.ThreeLayerConvNet.regularization"
    yield _net(identity, "cnn", conv, options, some(3, 2, 6, 6), some, draw)


def _net(
    identity: str,
    module: str,
    net: Any,
    options: Mapping[str, Any],
    X: Array,
    some: Callable[..., Array],
    draw: np.random.Generator,
) -> dict[str, Any]:
    for key, value in net.params.items():
        net.params[key] = some(*value.shape)
    y = draw.integers(3, size=len(X))
    loss, grads = net.loss(X, y)
    return {
        "id": identity,
        "module": module,
        "function": type(net).__name__,
        "options": dict(options),
        "params": {key: _plain(value) for key, value in net.params.items()},
        "X": _plain(X),
        "y": _plain(y),
        "loss": _plain(float(loss)),
        "grads": {key: _plain(value) for key, value in grads.items()},
    }


def _copies(args: tuple[Any, ...]) -> tuple[Any, ...]:
    def copied(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: copied(inner) for key, inner in value.items()}
        return value.copy() if _array(value) else value

    return tuple(map(copied, args))


def _plain(value: Any) -> Any:
    """A value as JSON: arrays as {"array": …}, so that check.py can tell them from lists."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return {"array": _rounded(value.tolist())}
    return _rounded(value.item() if isinstance(value, np.generic) else value)


def _rounded(value: Any) -> Any:
    """Numbers that are the same on every machine, whatever the last bits of a product are."""
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return float(f"{value:.{KEPT}g}") if isinstance(value, float) else value
