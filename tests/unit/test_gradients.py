"""Finite differences accept right gradients and refuse wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.gradients import directional, elementwise, fits
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
