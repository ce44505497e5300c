"""What dropout did inside a net, read off the gradients of a single sample.

For one sample dW = outer(a, delta) and db = delta, so a = dW[:, k] / db[k]: the activations that
the student's net really used, whatever mask it drew. With every layer's input known, the mask is
known too, and with the masks the right gradients of this very pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import expect
from autograder.checks import _nets, dropout
from autograder.sandbox import Remote
from autograder.strategies import Case
from reference import layers

__all__ = ["dropped", "dropped_behind_batchnorm"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Hidden:
    """One hidden layer as the student's net ran it: what its backward pass needs."""

    norm_cache: Any
    relu_cache: Any
    mask: Array  # 0 or 1/p


def dropped(net: Remote, right: Any, case: Case, p: float) -> None:
    """Demand dropout after every ReLU and nowhere else, in the forward and the backward pass.

    Args:
        net: the student's net.
        right: the reference's net with the same parameters.
        case: X (N, D) and y (N,), of which the first sample is used.
        p: the probability to keep.
    """
    loss, grads = _nets.loss_and_gradients(net, case.X[:1], case.y[:1])
    params, depth = right.params, len(case.hidden) + 1
    inputs = [_layer_input(grads, number, params) for number in range(1, depth + 1)]
    expect.close(inputs[0], case.X[:1], "the input of the net", tolerance=1e-5)

    hidden = []
    for number in range(1, depth):
        z = inputs[number - 1] @ params[f"W{number}"] + params[f"b{number}"]
        norm_cache = None
        if right.normalization:
            gamma, beta = params[f"gamma{number}"], params[f"beta{number}"]
            z, norm_cache = layers.layernorm_forward(z, gamma, beta, {})
        a, relu_cache = layers.relu_forward(z)
        mask = _mask(inputs[number], a, p, f"the input of layer {number + 1}")
        hidden.append(Hidden(norm_cache, relu_cache, mask))

    # What comes out of the last layer is the scores: nothing is dropped behind them.
    scores = inputs[-1] @ params[f"W{depth}"] + params[f"b{depth}"]
    right_loss, upstream = layers.softmax_loss(scores, case.y[:1])
    expect.number(loss, float(right_loss), "loss", tolerance=1e-3)
    _nets.same_gradients(grads, _backward(inputs, hidden, params, upstream), tolerance=1e-5)


def dropped_behind_batchnorm(net: Remote, right: Any, case: Case, p: float) -> None:
    """Demand dropout in a net with batch norm and one hidden layer.

    Batch norm of a single sample leaves nothing but beta, so relu(beta) is what gets dropped.
    """
    _, grads = _nets.loss_and_gradients(net, case.X[:1], case.y[:1])
    params, last = right.params, len(case.hidden)
    beta = params[f"beta{last}"]
    before = np.maximum(beta, 0)[None, :]
    name = f"the input of layer {last + 1}"
    seen = _layer_input(grads, last + 1, params)
    mask = _mask(seen, before, p, name)
    W, b = params[f"W{last + 1}"], params[f"b{last + 1}"]
    _, upstream = layers.softmax_loss(seen @ W + b, case.y[:1])
    dbeta = ((upstream @ W.T) * mask * (beta > 0)).sum(axis=0)
    said = f"grads['beta{last}']"
    expect.close(grads.get(f"beta{last}"), dbeta, said, tolerate=(1, dbeta.size), tolerance=1e-5)


def _backward(
    inputs: list[Array], hidden: list[Hidden], params: Mapping[str, Array], upstream: Array
) -> dict[str, Array]:
    grads = {}
    for number in range(len(inputs), 0, -1):
        a, W = inputs[number - 1], params[f"W{number}"]
        grads[f"W{number}"], grads[f"b{number}"] = a.T @ upstream, upstream.sum(axis=0)
        if number == 1:
            break
        layer = hidden[number - 2]
        upstream = layers.relu_backward((upstream @ W.T) * layer.mask, layer.relu_cache)
        if layer.norm_cache is not None:
            upstream, dgamma, dbeta = layers.layernorm_backward(upstream, layer.norm_cache)
            grads[f"gamma{number - 1}"], grads[f"beta{number - 1}"] = dgamma, dbeta
    return grads


def _mask(seen: Array, before: Array, p: float, name: str) -> Array:
    """The mask (0 or 1/p) that makes `seen` out of ReLU's output `before`."""
    alive = before[0] != 0
    expect.close(seen[0, ~alive], before[0, ~alive], f"{name} behind ReLU", tolerance=1e-9)
    kept = dropout.check_scaling(seen[0, alive], before[0, alive], p, name)
    dropout.check_keep_share(kept, p, name)
    mask = np.zeros_like(before)
    mask[0, alive] = kept / p
    return mask


def _layer_input(grads: Any, number: int, params: Mapping[str, Array]) -> Array:
    W, b = f"W{number}", f"b{number}"
    shape = params[W].shape
    for name in (W, b):
        expect.that(name in grads, f"grads has no {name}", sorted(map(str, grads)))
    dW = expect.array(grads[W], shape, f"grads[{W!r}]").astype(np.float64)
    db = expect.array(grads[b], shape[1:], f"grads[{b!r}]", tolerate=(1, *shape[1:]))
    k = int(np.argmax(np.abs(db)))
    said = f"grads[{b!r}] is zero: no gradient reaches layer {number}"
    expect.that(float(np.abs(db[k])) > 0, said)
    return (dW[:, k] / float(db[k]))[None, :]
