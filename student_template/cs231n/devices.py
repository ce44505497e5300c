"""Where arrays live: NumPy's on the CPU, CuPy's on the GPU.

Layers, update rules and networks need not know. NumPy's functions follow their arguments (NEP 13
and NEP 18): `np.exp(x)` of a CuPy array runs on the GPU and returns a CuPy array, and so does
`np.zeros_like(x, shape=...)`. What makes an array from nothing, as `np.zeros(shape)` does, knows
no argument to follow, and a CuPy array refuses to be mixed with what it returns; with `like=x` it
has one (NEP 35).

CuPy is imported when somebody asks for a GPU, and not before.
"""

from __future__ import annotations

import sys
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["DEVICES", "device_of", "move", "to_device"]

Array: TypeAlias = NDArray[Any]

DEVICES = ("cpu", "cuda")


def device_of(x: Array) -> str:
    """Where x lives: "cuda" or "cpu"."""
    cupy = sys.modules.get("cupy")  # without it, there is no array of it either
    return "cuda" if cupy is not None and isinstance(x, cupy.ndarray) else "cpu"


def to_device(value: Any, device: str) -> Any:
    """The same value with its arrays on a device: an array, or dicts, lists and tuples of them.

    What lives there already is not copied.

    Raises:
        ValueError: the device is not one of `DEVICES`.
        RuntimeError: "cuda" without CuPy, or without a GPU.
    """
    if device not in DEVICES:
        raise ValueError(f'device must be "cpu" or "cuda", not {device!r}')
    # Asked for even where no array will follow: a missing GPU shows at once.
    cupy: Any = _cupy() if device == "cuda" else sys.modules.get("cupy")

    def moved(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: moved(item) for key, item in value.items()}
        if type(value) in (list, tuple):
            return type(value)(moved(item) for item in value)
        if device == "cuda" and isinstance(value, np.ndarray):
            return cupy.asarray(value)
        if device == "cpu" and cupy is not None and isinstance(value, cupy.ndarray):
            return cupy.asnumpy(value)
        return value

    return moved(value)


def move(model: Any, device: str) -> None:
    """Move all that a model holds to a device: parameters, running averages, whatever it keeps.

    Raises:
        ValueError, RuntimeError: as for `to_device`; the model stays as it was.
    """
    vars(model).update(to_device(vars(model), device))


def _cupy() -> Any:
    try:
        import cupy

        cupy.cuda.runtime.getDeviceCount()
    except ImportError as error:
        raise RuntimeError(
            'device="cuda" needs CuPy, which is not installed: pip install cupy-cuda12x'
        ) from error
    except Exception as error:  # CUDA's own: no driver, no device
        raise RuntimeError(f'device="cuda" needs a GPU, and CuPy finds none ({error})') from error
    return cupy
