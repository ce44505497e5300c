"""Stand-ins for libraries that student files import without needing them.

Many right solutions start with `import matplotlib.pyplot as plt` or `from past.builtins import
xrange`. The worker has NumPy and what the assignment allows; importing one of these others gives
an empty module whose first real use says why it is not there.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import MutableSequence, Sequence
from typing import Any

__all__ = ["install"]

NAMES = frozenset(
    "matplotlib pylab seaborn IPython ipywidgets google tqdm scipy imageio PIL cv2 pandas sklearn "
    "skimage torch torchvision tensorflow keras jax numba cython past future six h5py "
    "pytest numexpr".split()
)
PYTHON_2 = {"xrange": range, "unicode": str, "basestring": str, "raw_input": input, "long": int}


class _Placeholder(types.ModuleType):
    __path__: MutableSequence[str] = []  # noqa: RUF012  the attribute that makes it a package

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self.__name__.partition(".")[0] in ("past", "future", "six") and name in PYTHON_2:
            return PYTHON_2[name]
        return _Absent(f"{self.__name__}.{name}")


class _Absent:
    """A name out of a library that is not there: may be imported and passed on, not used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _refuse(self) -> ModuleNotFoundError:
        library = self._name.partition(".")[0]
        return ModuleNotFoundError(
            f"{self._name} is not available here: your code is graded with NumPy alone, "
            f"so write this without {library}"
        )

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        # As a decorator (numba.jit, tqdm) it cannot be told from a call, so both refuse.
        raise self._refuse()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(f"{self._name}.{name}")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002  the interface's name
        target: types.ModuleType | None = None,  # noqa: ARG002  the interface's name
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in NAMES:
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Placeholder(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""


def install() -> None:
    """Answer imports that no other finder could."""
    sys.meta_path.append(_Finder())
