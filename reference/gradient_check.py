"""Numeric gradients by central differences, to compare analytic ones with.

f'(x) is about (f(x + h) - f(x - h)) / 2h; the error shrinks with h squared, until rounding takes
over: in float64, h = 1e-5 is a good middle. Use float64. Each entry of x costs two calls of f.

An array x is changed in place, one entry at a time, so that f may ignore its argument and look at
the same array by another way, as in `lambda _: model.loss(X, y)[0]` with x = model.params["W1"].
Each entry gets its very value back, also when f raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[Any]
Index: TypeAlias = tuple[int, ...]


def eval_numerical_gradient(
    f: Callable[[Array], Any], x: Array, verbose: bool = True, h: float = 1e-5
) -> Array:
    """The gradient of a function with one number as its value.

    Args:
        f: a function of one array that returns a number.
        x: array of floats, of any shape and memory order: the point.
        verbose: print each entry as it is found.
        h: step.

    Returns:
        float64 array of the shape of x.

    Raises:
        TypeError: x is not an array of floats.
    """
    grad = np.zeros(_floats(x).shape)
    for index in np.ndindex(x.shape):
        above, below = _both_sides(f, x, index, h)
        grad[index] = (above - below) / (2 * h)
        if verbose:
            print(index, grad[index])
    return grad


def eval_numerical_gradient_array(
    f: Callable[[Array], Array], x: Array, df: ArrayLike, h: float = 1e-5
) -> Array:
    """The gradient of sum(f(x) * df) with respect to x: the chain rule for one layer.

    Args:
        f: a function of one array that returns an array.
        x: array of floats, of any shape and memory order: the point.
        df: the gradient of the loss with respect to f(x), in its shape.
        h: step.

    Returns:
        float64 array of the shape of x.

    Raises:
        TypeError: x is not an array of floats.
    """
    df = np.asarray(df)
    grad = np.zeros(_floats(x).shape)
    for index in np.ndindex(x.shape):
        above, below = _both_sides(f, x, index, h)
        grad[index] = np.sum((above - below) * df) / (2 * h)
    return grad


def grad_check_sparse(
    f: Callable[[Array], Any],
    x: Array,
    analytic_grad: ArrayLike,
    num_checks: int = 10,
    h: float = 1e-5,
) -> None:
    """Compare a gradient with the numeric one at a few random entries, and print both.

    Args:
        f: a function of one array that returns a number.
        x: array of floats, not empty, of any shape and memory order: the point.
        analytic_grad: the gradient to check, in the shape of x.
        num_checks: number of entries, drawn with `np.random`; one may come twice.
        h: step.

    Raises:
        TypeError: x is not an array of floats.
        ValueError: analytic_grad has another shape than x.
    """
    analytic_grad = np.asarray(analytic_grad)
    if analytic_grad.shape != _floats(x).shape:
        raise ValueError(f"analytic_grad has the shape {analytic_grad.shape}, but x has {x.shape}")
    for index in _random_entries(x.shape, num_checks):
        above, below = _both_sides(f, x, index, h)
        numeric, analytic = (above - below) / (2 * h), analytic_grad[index]
        error = rel_error(numeric, analytic)
        print(f"numerical: {numeric:f} analytic: {analytic:f}, relative error: {error:e}")


def rel_error(x: ArrayLike, y: ArrayLike) -> float:
    """The largest relative error between two arrays, 0 to 1, by entries.

    |x - y| / max(1e-8, |x| + |y|); 0 for empty arrays, nan where a nan is.

    Raises:
        ValueError: the shapes differ. (Broadcasting would hide a gradient of a wrong shape.)
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.shape != y.shape:
        raise ValueError(f"the shapes {x.shape} and {y.shape} differ")
    errors = np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))
    return float(np.max(errors, initial=0.0))


def _floats(x: Array) -> Array:
    # A step of 1e-5 on an integer is no step, and on a list's copy it would be lost.
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        kind = x.dtype if isinstance(x, np.ndarray) else type(x).__name__
        raise TypeError(f"x must be an array of floats, not {kind}; try x.astype(np.float64)")
    return x


def _random_entries(shape: tuple[int, ...], num: int) -> Iterator[Index]:
    for _ in range(num):
        yield tuple(np.random.randint(size) for size in shape)


def _both_sides(f: Callable[[Array], Any], x: Array, index: Index, h: float) -> tuple[Any, Any]:
    """f with one entry of x moved up by h, and down by h."""
    old = x[index]
    try:
        x[index] = old + h
        above = np.array(f(x))  # a copy: f may return the same buffer again, or x itself
        x[index] = old - h
        below = np.array(f(x))
    finally:
        x[index] = old
    return above, below
