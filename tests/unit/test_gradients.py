"""Finite differences accept right gradients, refuse wrong ones, and know a forward that is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.gradients import degenerate, directional, elementwise, fits
from reference import layers

Array = np.ndarray
X = np.random.default_rng(3).normal(size=(4, 5)) + 0.1
A = np.random.default_rng(4).normal(size=(5, 3))
DOUT = np.random.default_rng(5).uniform(0.5, 1.5, (4, 5))

# name -> (f, its gradient of <f(x), DOUT>)
SMOOTH: dict[str, tuple[Callable[[Array], Array], Array]] = {
    "linear": (lambda x: 3 * x, 3 * DOUT),
    "square": (lambda x: x**2, 2 * X * DOUT),
    "sine": (np.sin, np.cos(X) * DOUT),
    "exponential": (np.exp, np.exp(X) * DOUT),
    "tiny": (lambda x: 1e-9 * x**2, 2e-9 * X * DOUT),
    "huge": (lambda x: 1e9 * x**2, 2e9 * X * DOUT),
    "norm": (
        lambda x: x / np.linalg.norm(x),
        DOUT / np.linalg.norm(X) - X * (X * DOUT).sum() / np.linalg.norm(X) ** 3,
    ),
}
# What students plant: each must be seen whatever the function.
FAULTS: dict[str, Callable[[Array], Array]] = {
    "sign": lambda g: -g,
    "factor": lambda g: 1.01 * g,
    "zero": lambda g: 0 * g,
    "one entry": lambda g: g + np.eye(4, 5) * np.eye(4, 1) * np.abs(g).max() * 1e-3,
    "one entry missing": lambda g: g * (np.arange(20).reshape(4, 5) != 7),
    "one row missing": lambda g: g * (np.arange(4) != 2)[:, None],
    "mean instead of sum": lambda g: g / len(g),
    "two entries swapped": lambda g: np.concatenate([g[1:2], g[:1], g[2:]]),
    "errors that cancel": lambda g: g + np.outer([1, -1, 0, 0], [1, 0, 0, 0, 0]) * g.max() * 0.1,
    "not a number": lambda g: g * np.nan,
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("seed", range(5))
def test_right_gradients_fit(name: str, seed: int) -> None:
    f, gradient = SMOOTH[name]
    assert fits(f, X.copy(), gradient, DOUT, seed)


# A gradient a billion times smaller than dout is as good as zero, and so is left out here.
@pytest.mark.parametrize("name", sorted(SMOOTH.keys() - {"tiny"}))
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seed", range(5))
def test_planted_faults_do_not_fit(name: str, fault: str, seed: int) -> None:
    f, gradient = SMOOTH[name]
    spoilt = FAULTS[fault](gradient)
    assert not np.array_equal(spoilt, gradient)
    assert not fits(f, X.copy(), spoilt, DOUT, seed)


def test_a_missing_term_does_not_fit() -> None:
    """dx of batch norm without the way through the variance, or through the mean."""
    gamma, beta = np.ones(5), np.zeros(5)

    def forward(x: Array) -> Array:
        return layers.batchnorm_forward(x, gamma, beta, {"mode": "train"})[0]

    _, cache = layers.batchnorm_forward(X, gamma, beta, {"mode": "train"})
    dx = layers.batchnorm_backward(DOUT, cache)[0]
    assert fits(forward, X, dx, DOUT)
    assert not fits(forward, X, DOUT / np.sqrt(X.var(0) + 1e-5), DOUT)
    centered = (DOUT - DOUT.mean(0)) / np.sqrt(X.var(0) + 1e-5)
    assert not fits(forward, X, centered, DOUT)


def test_a_true_gradient_of_zero_fits_and_a_false_one_does_not() -> None:
    """A bias before batch norm: no effect but rounding."""

    def shifted(b: Array) -> Array:
        return layers.batchnorm_forward(X + b, np.ones(5), np.zeros(5), {"mode": "train"})[0]

    b = np.full(5, 0.3)
    assert fits(shifted, b, np.zeros(5), DOUT)
    assert fits(shifted, b, np.full(5, 1e-12), DOUT)
    assert not fits(shifted, b, np.full(5, 1e-3), DOUT)


def test_a_kink_within_reach_of_some_directions_is_forgiven_by_drawing_again() -> None:
    """One entry is as far from zero as a long step: about a third of all directions cross."""
    x = np.linspace(-3, 3, 200)
    x[0] = 1.2 * 1e-5 * 3
    g = (x > 0).astype(float)
    right = [fits(lambda x: np.maximum(x, 0), x, g, np.ones(200), seed) for seed in range(40)]
    assert sum(right) > 28  # about 33; without a second draw it would be about 18


@pytest.mark.parametrize(
    "out",
    [
        None,
        1.0,
        np.ones((5, 4)),
        np.ones((1, 4, 5)),
        np.ones(()),
        [[1.0] * 5] * 4,
        np.full((4, 5), np.nan),
        np.full((4, 5), np.inf),
    ],
    ids=["None", "float", "transposed", "extra axis", "scalar", "list", "nan", "inf"],
)
def test_a_forward_that_returns_nonsense_fits_nothing(out: Any) -> None:
    for gradient in (np.zeros_like(X), DOUT):
        assert not fits(lambda _: out, X, gradient, DOUT)
    assert np.isnan(directional(lambda _: out, X, np.ones_like(X), DOUT))


def test_a_forward_that_is_infinite_at_times_fits_nothing() -> None:
    calls = []

    def sometimes(x: Array) -> Array:
        calls.append(1)
        return np.full((4, 5), np.inf if len(calls) % 2 else 1.0)

    assert not fits(sometimes, X, 7 * DOUT, DOUT)


def test_a_forward_with_both_infinities_fits_nothing_without_a_warning() -> None:
    out = np.ones((4, 5))
    out[0, 0], out[0, 1] = np.inf, -np.inf
    assert not fits(lambda _: out, X, DOUT, DOUT)


@pytest.mark.parametrize("name", SMOOTH)
def test_entry_by_entry_agrees(name: str) -> None:
    f, gradient = SMOOTH[name]
    found = elementwise(f, X.copy(), DOUT)
    assert np.allclose(found, gradient, rtol=1e-6, atol=1e-8 * np.abs(gradient).max())


def test_a_slope_is_the_derivative_along_the_direction() -> None:
    v = np.arange(20.0).reshape(4, 5)
    assert directional(np.sin, X, v, DOUT) == pytest.approx((np.cos(X) * DOUT * v).sum(), rel=1e-6)
    assert directional(lambda x: 2 * x, X * 0, v, DOUT) == pytest.approx(2 * (DOUT * v).sum())


# Forwards that show nothing. ----------------------------------------------------------------

Forward = Callable[..., Array]


def flags(own: Forward, reference: Forward, at: dict[str, Array], dout: Array) -> bool:
    def at_name(f: Forward) -> Callable[[str, Array], Array]:
        return lambda name, value: f(**(at | {name: value}))

    return degenerate(at_name(own), at_name(reference), at, dout)


GENERATOR = np.random.default_rng(8)
IMAGES = GENERATOR.normal(size=(2, 3, 4, 4))
KERNELS = GENERATOR.normal(size=(2, 3, 3, 3))
ROWS = GENERATOR.normal(size=(6, 5)) + 0.05
GAMMA, BETA = GENERATOR.uniform(0.5, 1.5, 5), GENERATOR.normal(size=5)
CONV = {"stride": 1, "pad": 1}
POOL = {"pool_height": 2, "pool_width": 2, "stride": 2}
LAYERS: dict[str, tuple[Forward, dict[str, Array]]] = {
    "affine": (lambda x, w, b: layers.affine_forward(x, w, b)[0], {"x": ROWS, "w": A, "b": A[0]}),
    "relu": (lambda x: layers.relu_forward(x)[0], {"x": ROWS}),
    "batchnorm": (
        lambda x, gamma, beta: layers.batchnorm_forward(x, gamma, beta, {"mode": "train"})[0],
        {"x": ROWS, "gamma": GAMMA, "beta": BETA},
    ),
    "layernorm": (
        lambda x, gamma, beta: layers.layernorm_forward(x, gamma, beta, {})[0],
        {"x": ROWS, "gamma": GAMMA, "beta": BETA},
    ),
    "conv": (
        lambda x, w, b: layers.conv_forward_naive(x, w, b, CONV)[0],
        {"x": IMAGES, "w": KERNELS, "b": A[0, :2]},
    ),
    "pool": (lambda x: layers.max_pool_forward_naive(x, POOL)[0], {"x": IMAGES}),
}
BENDING = ("relu", "batchnorm", "layernorm", "pool")


@pytest.fixture(params=LAYERS)
def layer(request: pytest.FixtureRequest) -> tuple[str, Forward, dict[str, Array], Array]:
    forward, at = LAYERS[request.param]
    out = forward(**at)
    dout = np.random.default_rng(1).uniform(0.5, 1.5, out.shape)
    return request.param, forward, at, dout


def test_a_right_forward_is_not_degenerate(layer: Any) -> None:
    _, forward, at, dout = layer
    assert not flags(forward, forward, at, dout)


def test_a_wrong_forward_that_does_its_work_is_not_degenerate(layer: Any) -> None:
    _, forward, at, dout = layer
    assert not flags(lambda **a: 2 * forward(**a) + 1, forward, at, dout)
    assert not flags(lambda **a: forward(**a) + 0.1 * forward(**a) ** 2, forward, at, dout)


@pytest.mark.parametrize("constant", [0.0, 1.0, np.nan])
def test_a_constant_forward_is_degenerate(layer: Any, constant: float) -> None:
    _, forward, at, dout = layer
    assert flags(lambda **_: np.full(dout.shape, constant), forward, at, dout)
    assert flags(lambda **_: None, forward, at, dout)


def test_a_forward_that_ignores_an_argument_is_degenerate(layer: Any) -> None:
    _, forward, at, dout = layer
    for name in at:
        assert flags(
            lambda ignored=name, **a: forward(**(a | {ignored: at[ignored]})), forward, at, dout
        )


@pytest.mark.parametrize("name", BENDING)
def test_a_straight_line_in_place_of_a_bend_is_degenerate(name: str) -> None:
    forward, at = LAYERS[name]
    dout = np.random.default_rng(1).uniform(0.5, 1.5, forward(**at).shape)
    slope = np.random.default_rng(2).normal(size=(at["x"].size, dout.size))

    def straight(x: Array, gamma: Any = 1.0, beta: Any = 0.0) -> Array:
        return (x.ravel() @ slope).reshape(dout.shape) * gamma + beta

    assert flags(straight, forward, at, dout)
