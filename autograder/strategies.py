"""What a case looks like: Hypothesis chooses its structure, the course secret its numbers.

A structure is a small dict of integers and modes (shapes, stride, pad). All structures of a
check are drawn once, smallest first, from a seed that depends on the check's id alone, so every
student meets the same cases on every machine, and the first failure is also the simplest. That is
also why student code does not run inside `@given`: generation would then depend on verdicts, and
a hung worker would have to be raised past it.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from numpy.typing import DTypeLike, NDArray

from autograder.models import Assignment
from autograder.secret import Secret

__all__ = ["Case", "Draw", "Inputs", "cases", "seeded"]

Array = NDArray[Any]
Structure = Mapping[str, Any]


class _SteadyProvider(providers.HypothesisProvider):
    """Hypothesis' own provider without its taste for constants found in nearby source code.

    Those would change the cases whenever an unrelated number in this project does.
    """

    def _maybe_draw_constant(self, *_args: Any, **_kwargs: Any) -> None:
        return None


providers.AVAILABLE_PROVIDERS["autograder"] = f"{__name__}._SteadyProvider"


class Case:
    """One set of inputs of a layer: `args` in the order of its signature.

    `args` makes fresh copies each time, so no call can damage another's inputs. `wrt` names the
    arguments that gradients are taken of. Further keywords become attributes; the engine adds
    the assignment, the secret and a place for measures. `notes` are sentences for the student
    about what costs nothing; `curves` and `filters` are what a training leaves to look at.
    """

    assignment: Assignment
    secret: Secret
    measures: dict[str, float]

    def __init__(self, inputs: Mapping[str, Any], wrt: tuple[str, ...] = (), **more: Any) -> None:
        self.inputs = dict(inputs)
        self.wrt = wrt
        self.notes: set[str] = set()
        self.curves: dict[str, tuple[float, ...]] = {}
        self.filters: tuple[tuple[str, ...], ...] = ()
        self.__dict__.update(more)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "inputs":
            raise AttributeError(name)
        return copy.deepcopy(self.inputs[name])

    @property
    def args(self) -> list[Any]:
        """Fresh copies of all inputs."""
        return copy.deepcopy(list(self.inputs.values()))

    def replacing(self, name: str, value: Any) -> list[Any]:
        """Fresh copies of all inputs, one of them another."""
        return copy.deepcopy(list((self.inputs | {name: value}).values()))


def short(values: Array, digits: int = 5) -> Array:
    """Numbers of a few digits, so that a report can print them exactly."""
    with np.errstate(divide="ignore"):
        exponents = np.where(values, np.floor(np.log10(np.abs(values))), 0.0)
    powers = 10.0 ** (digits - 1 - exponents)
    rounded: Array = np.round(values * powers) / powers
    return rounded


class Draw:
    """Numbers for one case, from the course secret."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator = generator

    def spread(self, *shape: int, scale: float = 2.0, center: float = 0.0) -> Array:
        """Evenly spaced values in random order: no two are equal and none is zero.

        The flattened array is permuted (shuffling a 4-D array would permute only its axis 0).
        """
        count = math.prod(shape)
        steps = np.arange(count) - count // 2 + 0.37
        values = self.generator.permutation(steps * (2 * scale / max(count, 1)))
        return short(values.reshape(shape) + center)

    def normal(self, *shape: int, scale: float = 1.0) -> Array:
        """Normally distributed values."""
        return short(self.generator.normal(0.0, scale, shape))

    def away_from_zero(self, *shape: int, low: float = 0.5, high: float = 1.5) -> Array:
        """Random signs times uniform sizes: no entry is negligible."""
        signs = self.generator.choice([-1.0, 1.0], shape)
        return short(signs * self.generator.uniform(low, high, shape))

    def labels(self, count: int, classes: int) -> Array:
        """Class numbers."""
        return self.generator.integers(0, classes, count)


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """NumPy's global generator, which the assignment draws from, seeded; then as it was."""
    state = np.random.get_state()  # noqa: NPY002  the reference draws from it
    np.random.seed(seed)  # noqa: NPY002  as above
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002  as above


@dataclass(frozen=True)
class Inputs:
    """A strategy for structures and a function that fills one with numbers."""

    structure: st.SearchStrategy[dict[str, Any]]
    fill: Callable[[Draw, Structure], Case]
    always: tuple[dict[str, Any], ...] = ()  # structures that no draw may miss


def cases(check_id: str, inputs: Inputs, examples: int, secret: Secret) -> list[Case]:
    """The cases of one check, smallest first."""
    found = []
    drawn = structures(check_id, inputs.structure, examples)
    more = [s for s in inputs.always if s not in drawn]
    for structure in sorted([*drawn, *more], key=_size):
        generator = secret.generator("inputs", check_id, repr(sorted(structure.items())))
        found.append(inputs.fill(Draw(generator), structure))
    return found


@functools.cache
def structures(
    check_id: str, strategy: st.SearchStrategy[dict[str, Any]], examples: int
) -> tuple[dict[str, Any], ...]:
    """Structures drawn for one check: the same in every run, sorted by size."""
    found: dict[str, dict[str, Any]] = {}

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        backend="autograder",
    )
    @seed(zlib.crc32(check_id.encode()))
    @given(strategy)
    def collect(structure: dict[str, Any]) -> None:
        found[repr(sorted(structure.items()))] = structure

    collect()
    return tuple(sorted(found.values(), key=_size))


def _size(structure: dict[str, Any]) -> tuple[float, str]:
    numbers = [value for value in structure.values() if isinstance(value, int)]
    return math.prod(max(number, 1) for number in numbers), repr(sorted(structure.items()))


def dims(**choices: Any) -> st.SearchStrategy[dict[str, Any]]:
    """A structure whose entries are drawn each from its list of choices."""
    return st.fixed_dictionaries({name: st.sampled_from(list(c)) for name, c in choices.items()})


def cast(values: Mapping[str, Any], dtype: DTypeLike) -> dict[str, Any]:
    """The same inputs with every floating-point array in another dtype."""
    return {
        name: value.astype(dtype)
        if isinstance(value, np.ndarray) and value.dtype.kind == "f"
        else value
        for name, value in values.items()
    }


# One strategy per family of layers. --------------------------------------------------------

LAYER = ("x", "w", "b")
NORM = ("x", "gamma", "beta")


def affine(inner: Any = ((3,), (5,), (2, 3), (2, 2, 2)), dtype: DTypeLike = np.float64) -> Inputs:
    """x (N, d1..dk), w (D, M), b (M,)."""

    def fill(draw: Draw, s: Structure) -> Case:
        N, M, depth = s["N"], s["M"], math.prod(s["shape"])
        values = {
            "x": draw.spread(N, *s["shape"]),
            "w": draw.normal(depth, M),
            "b": draw.away_from_zero(M),
        }
        return Case(cast(values, dtype), LAYER, dout=draw.away_from_zero(N, M).astype(dtype))

    return Inputs(dims(N=(1, 2, 4), shape=tuple(inner), M=(1, 2, 5)), fill)


def elementwise(dtype: DTypeLike = np.float64) -> Inputs:
    """x of any shape, off zero."""

    def fill(draw: Draw, s: Structure) -> Case:
        # Up to 12, so that a bound above (ReLU6) shows.
        x = draw.spread(*s["shape"], scale=12.0).astype(dtype)
        return Case({"x": x}, ("x",), dout=draw.away_from_zero(*s["shape"]).astype(dtype))

    return Inputs(dims(shape=((3, 4), (5,), (2, 3, 4), (2, 2, 3, 3), (1, 1))), fill)


def scores(*, large: bool = False) -> Inputs:
    """Scores x (N, C) and labels y (N,).

    Large ones overflow whatever is not shifted by the largest score of each sample: samples lie
    1,000 apart, and in one the right class is 2,000 above the others.
    """

    def fill(draw: Draw, s: Structure) -> Case:
        N, C = s["N"], s["C"]
        y = draw.labels(N, C)
        x = draw.spread(N, C)
        if large:
            x = 2.5 * x + 1000.0 * (np.arange(N)[:, None] % 3 - 1)
            x[N // 2, y[N // 2]] += 2000.0
        return Case({"x": x, "y": y}, ("x",))

    return Inputs(dims(N=(4, 7) if large else (1, 2, 5, 7), C=(2, 3, 10)), fill)


def optimizer() -> Inputs:
    """w, a list of gradients away from zero, and hyper-parameters."""

    def fill(draw: Draw, s: Structure) -> Case:
        shape = s["shape"]
        gradients = [draw.away_from_zero(*shape, low=1.0, high=20.0) for _ in range(s["steps"])]
        state = {
            "velocity": draw.away_from_zero(*shape),
            "cache": np.abs(draw.away_from_zero(*shape)),
            "m": draw.away_from_zero(*shape),
            "v": np.abs(draw.away_from_zero(*shape)),
        }
        return Case(
            {"w": draw.spread(*shape)},
            gradients=gradients,
            learning_rate=s["learning_rate"],
            state=state,
            t=s["t"],
            share=s["share"],
        )

    return Inputs(
        dims(
            shape=((3,), (4, 5), (2, 3, 2)),
            steps=(3, 5),
            learning_rate=(1e-2, 5e-3, 0.3),
            t=(1, 5, 20),
            share=(0.5, 0.8, 0.95),
        ),
        fill,
        # Zero is a share as well, which `share or 0.9` does not know.
        ({"shape": (3,), "steps": 3, "learning_rate": 1e-2, "t": 1, "share": 0.0},),
    )


# Scale 0.003 makes the variance about eps = 1e-5, which shows every misplaced eps.
SCALES = (1.0, 4.0, 0.003)


def norm_2d(
    param: str,
    *,
    scales: tuple[float, ...] = SCALES,
    batch: tuple[int, ...] = (3, 4, 6),
    **extra: Any,
) -> Inputs:
    """x (N, D), gamma (D,), beta (D,) and a dict; variances from tiny (near eps) to large."""

    def fill(draw: Draw, s: Structure) -> Case:
        N, D = s["N"], s["D"]
        # Far from zero with a tiny variance, mean(x^2) - mean(x)^2 would lose its digits.
        center = s["center"] if s["scale"] >= 1 else 0.0
        x = short(draw.spread(N, D) * s["scale"] + center)
        values = {
            "x": x,
            "gamma": draw.away_from_zero(D),
            "beta": draw.away_from_zero(D),
            param: dict(extra),
        }
        dout = draw.away_from_zero(N, D)
        batches = [draw.spread(N, D) * s["scale"] + center for _ in range(3)]
        return Case(values, NORM, dout=dout, batches=batches)

    return Inputs(dims(N=batch, D=(2, 5, 7), scale=scales, center=(0.0, 12.0)), fill)


def dropout(mode: str) -> Inputs:
    """x off zero, large enough for tight bounds, and p, the probability to KEEP."""

    def fill(draw: Draw, s: Structure) -> Case:
        x = draw.away_from_zero(*s["shape"])
        param = {"mode": mode, "p": s["p"]}
        if s["seed"]:
            param["seed"] = s["seed"]
        dout = draw.away_from_zero(*s["shape"])
        return Case({"x": x, "dropout_param": param}, ("x",), dout=dout)

    train = ((120, 150), (60, 30, 2, 5))
    shapes = train if mode == "train" else ((3, 4), (2, 3, 4))
    return Inputs(dims(shape=shapes, p=(0.25, 0.4, 0.7), seed=(0, 123)), fill)


def conv(*, general: bool, dtype: DTypeLike = np.float64) -> Inputs:
    """x (N, C, H, W), w (F, C, KH, KW), b (F,), stride and pad whose sizes divide.

    The notebooks' shapes are square, padded and overlap; `general` ones are none of that.
    """

    def fill(draw: Draw, s: Structure) -> Case:
        N, C, F, KH, KW = s["N"], s["C"], s["F"], s["KH"], s["KW"]
        stride, pad = s["stride"], s["pad"]
        KW = KW if general else KH
        # From the output's size, so that the window fits everywhere. H, W >= 1.
        H = (s["out_h"] - 1) * stride + KH - 2 * pad
        W = ((s["out_w"] if general else s["out_h"]) - 1) * stride + KW - 2 * pad
        while H < 1 or W < 1:
            H, W = H + stride, W + stride
        OH, OW = 1 + (H + 2 * pad - KH) // stride, 1 + (W + 2 * pad - KW) // stride
        values = {
            "x": draw.spread(N, C, H, W),
            "w": draw.normal(F, C, KH, KW),
            "b": draw.away_from_zero(F),
            "conv_param": {"stride": stride, "pad": pad},
        }
        dout = draw.away_from_zero(N, F, OH, OW).astype(dtype)
        return Case(cast(values, dtype), LAYER, dout=dout)

    kernels = (1, 2, 3) if general else (3,)
    return Inputs(
        dims(
            N=(1, 2) if general else (2, 3),
            C=(1, 3) if general else (2, 3),
            F=(1, 2, 4) if general else (2, 4),
            KH=kernels,
            KW=(1, 3, 4) if general else kernels,
            stride=(1, 2, 3) if general else (1, 2),
            pad=(0, 2) if general else (1,),
            out_h=(2, 3) if general else (2, 4),
            out_w=(1, 4) if general else (2, 4),
        ),
        fill,
        (
            {
                "N": 1,
                "C": 3,
                "F": 2,
                "KH": 3,
                "KW": 4,
                "stride": 1,
                "pad": 2,
                "out_h": 3,
                "out_w": 4,
            },
            {
                "N": 2,
                "C": 3,
                "F": 2,
                "KH": 3,
                "KW": 2,
                "stride": 2,
                "pad": 2,
                "out_h": 3,
                "out_w": 4,
            },
        )
        if general
        else (),
    )


def pool(*, general: bool, dtype: DTypeLike = np.float64) -> Inputs:
    """x (N, C, H, W) without ties; tiling 2x2 windows, or windows that overlap or leave gaps."""

    def fill(draw: Draw, s: Structure) -> Case:
        PH, stride = s["PH"], s["stride"]
        PW = s["PW"] if general else PH
        H = (s["out_h"] - 1) * stride + PH
        W = (s["out_w"] - 1) * stride + PW if general else H
        OW = s["out_w"] if general else s["out_h"]
        shape = s["N"], s["C"]
        # Offset: where every value is negative, a buffer of zeros is not the maximum.
        x = draw.spread(*shape, H, W, center=s["center"])
        param = {"pool_height": PH, "pool_width": PW, "stride": stride}
        dout = draw.away_from_zero(*shape, s["out_h"], OW).astype(dtype)
        return Case(cast({"x": x, "pool_param": param}, dtype), ("x",), dout=dout)

    return Inputs(
        dims(
            N=(1, 2) if general else (2, 3),
            C=(1, 3) if general else (2, 3),
            PH=(2, 3) if general else (2,),
            PW=(1, 2, 4) if general else (2,),
            stride=(1, 2, 3) if general else (2,),
            out_h=(2, 3),
            out_w=(1, 4) if general else (2,),
            center=(0.0, -5.0),
        ),
        fill,
        (
            {"N": 2, "C": 3, "PH": 3, "PW": 2, "stride": 1, "out_h": 3, "out_w": 4, "center": -5.0},
            {"N": 2, "C": 3, "PH": 3, "PW": 4, "stride": 2, "out_h": 3, "out_w": 4, "center": 0.0},
            {"N": 1, "C": 1, "PH": 2, "PW": 1, "stride": 3, "out_h": 3, "out_w": 4, "center": 0.0},
        )
        if general
        else (),
    )


def spatial_norm(
    param: str, *, groups: bool = False, scales: tuple[float, ...] = SCALES, **extra: Any
) -> Inputs:
    """x (N, C, H, W) with per-channel parameters; for group norm (1, C, 1, 1) and G groups."""

    def fill(draw: Draw, s: Structure) -> Case:
        N, C, H, W = s["N"], s["C"], s["H"], s["W"]
        shape = (1, C, 1, 1) if groups else (C,)
        # Every image and channel has a level of its own, so that a wrong axis shows.
        level = draw.away_from_zero(N, C, 1, 1) * 3
        center = s["center"] if s["scale"] >= 1 else 0.0
        x = short((draw.spread(N, C, H, W) + level) * s["scale"] + center)
        values: dict[str, Any] = {
            "x": x,
            "gamma": draw.away_from_zero(*shape),
            "beta": draw.away_from_zero(*shape),
        }
        if groups:
            values["G"] = s["G"] if C % s["G"] == 0 else 1
        values[param] = dict(extra)
        dout = draw.away_from_zero(N, C, H, W)
        batches = [
            (draw.spread(N, C, H, W) + draw.away_from_zero(N, C, 1, 1)) * s["scale"] + center
            for _ in range(3)
        ]
        return Case(values, NORM, dout=dout, batches=batches)

    return Inputs(
        dims(
            N=(2, 3),
            C=(6, 4) if groups else (3, 4),
            G=(2, 3) if groups else (1,),
            H=(2, 4),
            W=(3, 5),
            scale=scales,
            center=(0.0, 10.0),
        ),
        fill,
        ({"N": 2, "C": 6, "G": 3, "H": 2, "W": 3, "scale": 1.0, "center": 0.0},) if groups else (),
    )


def conv_relu_pool() -> Inputs:
    """Inputs of a convolution that keeps the size, and a 2x2 pooling."""
    plain = conv(general=False)

    def fill(draw: Draw, s: Structure) -> Case:
        N, C, F = s["N"], s["C"], s["F"]
        case = plain.fill(draw, {**s, "stride": 1, "pad": 1, "KH": 3, "out_h": 4, "out_w": 4})
        pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
        dout = draw.away_from_zero(N, F, 2, 2)
        assert case.inputs["x"].shape == (N, C, 4, 4)
        return Case(case.inputs | {"pool_param": pool_param}, LAYER, dout=dout)

    return Inputs(plain.structure, fill)


def conv_bn_relu() -> Inputs:
    """Inputs of a convolution and of the batch norm after it."""
    plain = conv(general=False)

    def fill(draw: Draw, s: Structure) -> Case:
        case = plain.fill(draw, s)
        inputs = dict(case.inputs)
        conv_param = inputs.pop("conv_param")
        inputs["gamma"] = draw.away_from_zero(s["F"])
        inputs["beta"] = draw.away_from_zero(s["F"])
        inputs |= {"conv_param": conv_param, "bn_param": {"mode": "train"}}
        return Case(inputs, (*LAYER, "gamma", "beta"), dout=case.dout)

    return Inputs(plain.structure, fill)


# Nets. --------------------------------------------------------------------------------------


def fc_net(*, hidden: tuple[tuple[int, ...], ...] = ((5,), (6, 4), (5, 4, 3))) -> Inputs:
    """X (N, D), y (N,), and the sizes of a fully connected net."""

    def fill(draw: Draw, s: Structure) -> Case:
        X = draw.spread(s["N"], s["D"])
        sizes = {"hidden": s["hidden"], "D": s["D"], "C": s["C"]}
        values = {"X": X, "y": draw.labels(s["N"], s["C"])}
        return Case(values, draw=draw, reg=s["reg"], **sizes)

    return Inputs(
        dims(N=(3, 5), D=(4, 7), hidden=hidden, C=(3, 10), reg=(0.5, 3.14)),
        fill,
    )


def conv_net() -> Inputs:
    """X (N, C, H, W), y (N,), and the sizes of a three-layer ConvNet."""

    def fill(draw: Draw, s: Structure) -> Case:
        input_dim = (s["channels"], s["H"], s["W"])
        options = {
            "input_dim": input_dim,
            "num_filters": s["filters"],
            "filter_size": s["filter_size"],
            "hidden_dim": s["hidden"],
            "num_classes": s["C"],
        }
        values = {"X": draw.spread(s["N"], *input_dim), "y": draw.labels(s["N"], s["C"])}
        return Case(values, draw=draw, options=options, reg=s["reg"])

    return Inputs(
        dims(
            N=(2, 3),
            channels=(2, 3),
            H=(6, 8),
            W=(6, 8),
            filters=(2, 3),
            filter_size=(3, 5),
            hidden=(5, 7),
            C=(3, 10),
            reg=(0.5, 3.14),
        ),
        fill,
    )


def nothing() -> Inputs:
    """One case without inputs, for checks that train on the data set."""
    return Inputs(dims(once=(0,)), lambda draw, _: Case({}, draw=draw))
