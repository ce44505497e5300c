"""Whether a wrong forward pass is still, in essence, the layer that was asked for.

A backward pass that fits a wrong forward pass is worth its points, unless that forward was chosen
because it is easy to differentiate: zeros, x itself, x + 0.1 x^2, a product of means. So the
forward is held against what the layer does to its inputs, whatever the numbers are:

- Reach: moving an argument moves the output in as many independent ways, or half as many.
- Bend: it is linear in the arguments in which the layer is linear, and in no others.
- Growth: what does not grow with x (a normalization) does not grow here, or shrinks by a law, as
  without the root of the variance; what grows as x does (ReLU, max pooling) does so here.

Layers with a wrong axis, group, window, estimator, factor, sign or epsilon pass all three, and so
does what is not centred. A lookalike that passes them is about as hard to differentiate as the
layer itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["related"]

Array = NDArray[Any]
Forward = Callable[[str, Array], Any]  # (argument's name, its value) -> out

DIRECTIONS = 12  # how many ways of moving an argument are tried
SCALE = 100.0  # of inputs for the growth: there, an epsilon under a root is lost
SAME = 1e-3


class _Nonsense(Exception):
    """No finite array of the right shape."""


def related(own: Forward, reference: Forward, at: Mapping[str, Array], shape: Any) -> bool:
    """Whether a student's forward is akin to the reference's.

    Args:
        own: the student's forward with one argument replaced.
        reference: the reference's.
        at: the arguments that have a gradient, by name.
        shape: the shape of out.
    """

    def checked(forward: Forward, name: str) -> Callable[[Array], Array]:
        def call(value: Array) -> Array:
            out = forward(name, value)
            if not isinstance(out, np.ndarray) or out.shape != tuple(shape):
                raise _Nonsense
            if out.dtype.kind != "f" or not np.isfinite(out).all():
                raise _Nonsense
            return out.astype(np.float64)

        return call

    try:
        return all(
            _akin(checked(own, name), checked(reference, name), value) for name, value in at.items()
        )
    except _Nonsense:
        return False


def _akin(own: Callable[[Array], Array], right: Callable[[Array], Array], x: Array) -> bool:
    """Whether two functions of one argument, both started at x, are of a kind."""
    generator = np.random.default_rng(1)
    ways = [generator.normal(size=x.shape) for _ in range(min(DIRECTIONS, x.size))]
    if _reach(own, x, ways) < _reach(right, x, ways) / 2:
        return False
    bends = _bends(right, x, ways)
    if bends != _bends(own, x, ways):
        return False
    return not bends or _grows_alike(own, right, SCALE * ways[0])


def _reach(f: Callable[[Array], Array], x: Array, ways: Sequence[Array]) -> int:
    """In how many independent ways the output moves with x."""
    h = 1e-5 * max(float(np.abs(x).max(initial=0.0)), 1e-3)
    moves = np.array([(f(x + h * way) - f(x - h * way)).ravel() for way in ways])
    if not moves.any():
        return 0
    return int(np.linalg.matrix_rank(moves, tol=1e-4 * float(np.linalg.norm(moves, 2))))


def _bends(f: Callable[[Array], Array], x: Array, ways: Sequence[Array]) -> bool:
    """Whether f leaves the straight line between points that lie far apart."""
    reach = 3.0 * max(float(np.abs(x).max(initial=0.0)), 1e-3)
    for way in ways[:4]:
        ends = [f(x + reach * share * way) for share in (-1.0, 0.0, 1.0)]
        size = max(float(np.abs(end).max(initial=0.0)) for end in ends)
        if float(np.abs(ends[0] - 2 * ends[1] + ends[2]).max(initial=0.0)) > 1e-6 * size:
            return True
    return False


def _grows_alike(own: Callable[[Array], Array], right: Callable[[Array], Array], x: Array) -> bool:
    """Whether both follow the same law as x is doubled, and doubled again."""
    # Differences: what is added at the end, such as beta, does not grow.
    (mine, my_next), (theirs, their_next) = (
        (f(2 * x) - f(x), f(4 * x) - f(2 * x)) for f in (own, right)
    )
    size, their_size = (max(float(np.abs(f(x)).max(initial=0.0)), 1e-12) for f in (own, right))
    if _none(theirs, their_size):
        return _none(mine, size) or _none(my_next - mine / 2, float(np.abs(mine).max()))
    if _none(their_next - 2 * theirs, their_size):
        return _none(my_next - 2 * mine, size)
    return True


def _none(values: Array, size: float) -> bool:
    return bool((np.abs(values) <= SAME * size).all())
