"""Follow-through: lending a student's net the prerequisites that are broken.

A stub in a fresh worker calls back to this process, which answers with the reference. Caches stay
here, the worker holds numbers; so a worker never holds reference code, and it can borrow only the
families of functions that were found broken.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import reference.layer_utils
import reference.layers
import reference.optim
from autograder import bounds
from autograder.sandbox.worker import wire
from reference.classifiers import cnn, fc_net

__all__ = ["family", "lender", "parameters", "stubs"]

HOMES = {"layers": reference.layers, "layer_utils": reference.layer_utils}


@dataclass(frozen=True)
class Loan:
    """A cache that a worker has borrowed, and the shape of the out that came with it."""

    value: Any
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Of all the arrays in it."""
        return _bytes(self.value)


def _bytes(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, tuple | list):
        return sum(map(_bytes, value))
    return sum(map(_bytes, value.values())) if isinstance(value, dict) else 0


def family(function: str) -> tuple[str, str]:
    """The layer a function belongs to, and its suffix: ("conv", "_naive")."""
    for direction in ("_forward", "_backward"):
        stem, found, suffix = function.partition(direction)
        if found:
            return stem, "_naive" if suffix == "_naive" else ""
    return function, ""


def parameters(function: str) -> tuple[str, ...]:
    """The names of a function's or method's parameters, as the assignment calls them."""
    owner, _, method = function.partition(".")
    for module in (*HOMES.values(), reference.optim, fc_net, cnn):
        found = getattr(module, owner, None)
        if method:
            found = getattr(found, method, None)
        if found is not None:
            names = inspect.signature(found).parameters
            return tuple(name for name in names if name != "self")
    return ()


def stubs(functions: Iterable[str]) -> dict[str, list[str]]:
    """The functions to lend, by module: whole families, since a backward needs its own cache."""
    wanted = {family(function) for function in functions}
    lent: dict[str, list[str]] = {}
    for module, home in HOMES.items():
        for name in vars(home):
            public = not name.startswith("_") and callable(getattr(home, name))
            if (
                public
                and getattr(home, name).__module__ == home.__name__
                and family(name) in wanted
            ):
                lent.setdefault(module, []).append(name)
    return lent


def lender(lent: Mapping[str, Sequence[str]]) -> Callable[..., tuple[Any, Any]]:
    """Answers calls of the lent functions, and of no others.

    Returns:
        (name, args, kwargs) -> (result, dict arguments as they are afterwards, by position or
        keyword).
    """
    functions = {name: getattr(HOMES[module], name) for module in lent for name in lent[module]}
    draws = _Draws()

    def call(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, Any]:
        if name not in functions:
            raise ValueError(f"{name} is not lent")
        # Caches are ours and stay as they are; everything else came by value.
        args = [copy.copy(a) if isinstance(a, dict) else a for a in args]
        kwargs = {k: copy.copy(a) if isinstance(a, dict) else a for k, a in kwargs.items()}
        given = inspect.signature(functions[name]).bind(*args, **kwargs).arguments
        if "_backward" in name:
            cache = given["cache"]
            if not isinstance(cache, Loan) or cache.shape != np.shape(given["dout"]):
                raise ValueError(f"dout should have the shape of what {family(name)[0]} returned")
            with np.errstate(all="ignore"):
                return functions[name](given["dout"], cache.value), {}
        bounds.check(name, given)
        with np.errstate(all="ignore"), draws.ours():
            result = functions[name](*args, **kwargs)
        if "_forward" in name:
            result = (result[0], wire.Kept(Loan(result[1], result[0].shape)))
        places = (*enumerate(args), *kwargs.items())
        return result, {place: value for place, value in places if isinstance(value, dict)}

    return call


class _Draws:
    """The random numbers of lent dropout: the same in every run, and apart from all others."""

    def __init__(self) -> None:
        self._state = np.random.RandomState(0).get_state()

    @contextlib.contextmanager
    def ours(self) -> Iterator[None]:
        """Let NumPy's global generator, from which the reference draws, go on from the last."""
        before = np.random.get_state()  # noqa: NPY002  as the reference draws from it
        np.random.set_state(self._state)  # noqa: NPY002  as above
        try:
            yield
        finally:
            self._state = np.random.get_state()  # noqa: NPY002  as above
            np.random.set_state(before)  # noqa: NPY002  as above
