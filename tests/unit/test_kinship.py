"""A wrong forward pass is akin to its layer, or is something else that has an easy gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.kinship import related
from reference import layers

Array = np.ndarray
Forward = Callable[..., Array]

GENERATOR = np.random.default_rng(8)
IMAGES = GENERATOR.normal(size=(2, 4, 4, 4))
KERNELS = GENERATOR.normal(size=(2, 4, 3, 3))
ROWS = GENERATOR.normal(size=(6, 5)) + 0.05
WEIGHTS = GENERATOR.normal(size=(5, 3))
GAMMA, BETA = GENERATOR.uniform(0.5, 1.5, 5), GENERATOR.normal(size=5)
MAPS = {"gamma": np.ones((1, 4, 1, 1)) * 1.5, "beta": np.ones((1, 4, 1, 1))}
CONV = {"stride": 1, "pad": 1}
POOL = {"pool_height": 2, "pool_width": 2, "stride": 2}
NORM = {"x": ROWS, "gamma": GAMMA, "beta": BETA}
LAYERS: dict[str, tuple[Forward, dict[str, Array]]] = {
    "affine": (
        lambda x, w, b: layers.affine_forward(x, w, b)[0],
        {"x": ROWS, "w": WEIGHTS, "b": WEIGHTS[0]},
    ),
    "relu": (lambda x: layers.relu_forward(x)[0], {"x": ROWS}),
    "batchnorm": (
        lambda x, gamma, beta: layers.batchnorm_forward(x, gamma, beta, {"mode": "train"})[0],
        NORM,
    ),
    "layernorm": (
        lambda x, gamma, beta: layers.layernorm_forward(x, gamma, beta, {})[0],
        NORM,
    ),
    "groupnorm": (
        lambda x, gamma, beta: layers.spatial_groupnorm_forward(x, gamma, beta, 2, {})[0],
        {"x": IMAGES} | MAPS,
    ),
    "conv": (
        lambda x, w, b: layers.conv_forward_naive(x, w, b, CONV)[0],
        {"x": IMAGES, "w": KERNELS, "b": BETA[:2]},
    ),
    "pool": (lambda x: layers.max_pool_forward_naive(x, POOL)[0], {"x": IMAGES}),
}


def akin(own: Forward, name: str) -> bool:
    reference, at = LAYERS[name]

    def varied(f: Forward) -> Callable[[str, Array], Array]:
        return lambda argument, value: f(**(at | {argument: value}))

    return related(varied(own), varied(reference), at, reference(**at).shape)


def standardized(x: Array, axis: Any, power: float = 0.5) -> Array:
    spread = (x.var(axis=axis, keepdims=True) + 1e-5) ** power
    return (x - x.mean(axis=axis, keepdims=True)) / spread


MISTAKES: dict[str, tuple[str, Forward]] = {
    "affine: half the bias": ("affine", lambda x, w, b: x @ w + b / 2),
    "affine: sign": ("affine", lambda x, w, b: b - x @ w),
    "relu: the negative part": ("relu", lambda x: np.minimum(x, 0)),
    "relu: leaky": ("relu", lambda x: np.where(x > 0, x, 0.1 * x)),
    "batchnorm: unbiased": (
        "batchnorm",
        lambda x, gamma, beta: gamma * standardized(x, 0) * np.sqrt(5 / 6) + beta,
    ),
    "batchnorm: no root": (
        "batchnorm",
        lambda x, gamma, beta: gamma * standardized(x, 0, power=1.0) + beta,
    ),
    "batchnorm: over the features": (
        "batchnorm",
        lambda x, gamma, beta: gamma * standardized(x, 1) + beta,
    ),
    "batchnorm: not centred": (
        "batchnorm",
        lambda x, gamma, beta: gamma * x / np.sqrt(x.var(axis=0) + 1e-5) + beta,
    ),
    "layernorm: over the batch": (
        "layernorm",
        lambda x, gamma, beta: gamma * standardized(x, 0) + beta,
    ),
    "groupnorm: all channels": (
        "groupnorm",
        lambda x, gamma, beta: gamma * standardized(x, (1, 2, 3)) + beta,
    ),
    "groupnorm: every other channel": (
        "groupnorm",
        lambda x, gamma, beta: (
            gamma * standardized(x.reshape(2, 2, 2, 4, 4), (1, 3, 4)).reshape(x.shape) + beta
        ),
    ),
    "conv: flipped filters": (
        "conv",
        lambda x, w, b: layers.conv_forward_naive(x, w[:, :, ::-1, ::-1], b, CONV)[0],
    ),
    "pool: minimum": ("pool", lambda x: -layers.max_pool_forward_naive(-x, POOL)[0]),
    "pool: average plus maximum": (
        "pool",
        lambda x: layers.max_pool_forward_naive(x, POOL)[0] + x[:, :, ::2, ::2],
    ),
}


def squared_mean(x: Array) -> Array:
    return np.ones((2, 4, 2, 2)) * (x**2).mean()


EASY: dict[str, tuple[str, Forward]] = {
    "affine: the first row for all": ("affine", lambda x, w, b: 0 * x @ w + x[:1] @ w + b),
    "affine: a product of means": (
        "affine",
        lambda x, w, b: np.zeros((6, 3)) + x.mean() * w.mean() + b,
    ),
    "affine: squared": ("affine", lambda x, w, b: x**2 @ w + b),
    "relu: the square": ("relu", lambda x: x**2),
    "relu: itself": ("relu", lambda x: 1.0 * x),
    "relu: smooth": ("relu", lambda x: np.log1p(np.exp(np.minimum(x, 30.0)))),
    "batchnorm: itself": ("batchnorm", lambda x, gamma, beta: gamma * x + beta),
    "batchnorm: bent": ("batchnorm", lambda x, gamma, beta: gamma * (x + 0.1 * x**2) + beta),
    "batchnorm: centred": (
        "batchnorm",
        lambda x, gamma, beta: gamma * (x - x.mean(axis=0)) + beta,
    ),
    "batchnorm: centred and bent": (
        "batchnorm",
        lambda x, gamma, beta: gamma * (x - x.mean(axis=0)) ** 3 + beta,
    ),
    "batchnorm: squashed": ("batchnorm", lambda x, gamma, beta: gamma * np.tanh(x / 50) + beta),
    "layernorm: bent": ("layernorm", lambda x, gamma, beta: gamma * np.exp(x / 50) + beta),
    "groupnorm: itself": ("groupnorm", lambda x, gamma, beta: gamma * x + beta),
    "conv: a product of means": (
        "conv",
        lambda x, w, b: np.zeros((2, 2, 4, 4)) + x.mean() * w.mean() + b[:, None, None],
    ),
    "conv: the middle of each filter": (
        "conv",
        lambda x, w, b: (
            np.einsum("nchw,fc->nfhw", x, w[:, :1, 1, 1] * np.ones(4)) + b[:, None, None]
        ),
    ),
    "pool: a corner": ("pool", lambda x: 1.0 * x[:, :, ::2, ::2]),
    "pool: the average": ("pool", lambda x: x.reshape(2, 4, 2, 2, 2, 2).mean(axis=(3, 5))),
    "pool: a mean of squares": ("pool", squared_mean),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_right_forward_is_akin_to_itself(name: str) -> None:
    forward, _ = LAYERS[name]
    assert akin(forward, name)
    assert akin(lambda **a: 2 * forward(**a) + 1, name)


@pytest.mark.parametrize("name", MISTAKES)
def test_what_students_get_wrong_is_still_the_layer(name: str) -> None:
    layer, own = MISTAKES[name]
    reference, at = LAYERS[layer]
    assert not np.allclose(own(**at), reference(**at))
    assert akin(own, layer)


@pytest.mark.parametrize("name", EASY)
def test_what_is_easy_to_differentiate_is_another_layer(name: str) -> None:
    layer, own = EASY[name]
    assert not akin(own, layer)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize(
    "out", [None, 0.0, "constant", "nan", "inf", "transposed", "integers"], ids=str
)
def test_constants_and_nonsense_are_not(name: str, out: Any) -> None:
    forward, at = LAYERS[name]
    shape = forward(**at).shape
    made = {
        "constant": np.ones(shape),
        "nan": np.full(shape, np.nan),
        "inf": np.full(shape, np.inf),
        "transposed": np.ones((*shape[::-1], 1)),
        "integers": np.arange(np.prod(shape)).reshape(shape),
    }
    assert not akin(lambda **_: made.get(out, out) if isinstance(out, str) else out, name)


@pytest.mark.parametrize("name", LAYERS)
def test_a_forward_that_ignores_an_argument_is_not(name: str) -> None:
    forward, at = LAYERS[name]
    for argument in at:
        frozen = {argument: at[argument]}
        assert not akin(lambda frozen=frozen, **a: forward(**(a | frozen)), name)
