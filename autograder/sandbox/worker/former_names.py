"""Names that NumPy has dropped and that right solutions of earlier years still use.

`np.float` or `np.product` was right when it was written, and says nothing about whether a student
understands batch norm. Names that this NumPy has are left alone.
"""

from __future__ import annotations

import warnings

import numpy as np

__all__ = ["restore"]

# Dropped in 1.24 (plain Python types) and in 2.0 (the rest): the migration guides list them.
FORMER = {
    "bool": bool,
    "int": int,
    "float": float,
    "complex": complex,
    "object": object,
    "str": str,
    "float_": np.float64,
    "complex_": np.complex128,
    "Inf": np.inf,
    "Infinity": np.inf,
    "infty": np.inf,
    "PINF": np.inf,
    "NINF": -np.inf,
    "NaN": np.nan,
    "product": np.prod,
    "cumproduct": np.cumprod,
    "sometrue": np.any,
    "alltrue": np.all,
    "round_": np.round,
    "row_stack": np.vstack,
    "asfarray": lambda a, dtype=np.float64: np.asarray(a, dtype=dtype),
    "in1d": lambda ar1, ar2, **options: np.isin(ar1, ar2, **options).ravel(),
}


def restore() -> None:
    """Give NumPy back what it no longer has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 1.26 warns when asked for some of these names
        for name, value in FORMER.items():
            if not hasattr(np, name):
                setattr(np, name, value)
