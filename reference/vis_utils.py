"""Pictures of what a network has learned."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def visualize_grid(Xs: ArrayLike, ubound: float = 255.0, padding: int = 1) -> NDArray[Any]:
    """Put images (or filters) side by side on one nearly square picture.

    Each image is stretched on its own, so that its least value becomes 0 and its greatest
    `ubound`; one of a single value becomes half of `ubound`. Rows are filled from the left, with
    lines of 0 between images, and places without an image are 0.

    Args:
        Xs: images (N, H, W, C), N at least 1. Filters (F, C, HH, WW) need transpose(0, 2, 3, 1).
        ubound: the greatest value of the picture.
        padding: pixels between images.

    Returns:
        float64 picture (rows * (H + padding) - padding, columns * (W + padding) - padding, C),
        where columns is the square root of N, rounded up, and rows as few as hold N images.

    Raises:
        ValueError: Xs does not have four dimensions, or is empty.
    """
    Xs = np.asarray(Xs, dtype=np.float64)
    if Xs.ndim != 4 or Xs.size == 0:
        raise ValueError(f"Xs must be images (N, H, W, C), not an array of the shape {Xs.shape}")
    N, H, W, C = Xs.shape
    columns = math.isqrt(N - 1) + 1
    rows = -(-N // columns)

    low = Xs.min(axis=(1, 2, 3), keepdims=True)
    spread = Xs.max(axis=(1, 2, 3), keepdims=True) - low
    flat = spread == 0
    stretched = np.where(flat, 0.5, (Xs - low) / np.where(flat, 1.0, spread))

    tiles = np.zeros((rows * columns, H + padding, W + padding, C))
    tiles[:N, :H, :W] = ubound * stretched
    picture = tiles.reshape(rows, columns, H + padding, W + padding, C).swapaxes(1, 2)
    picture = picture.reshape(rows * (H + padding), columns * (W + padding), C)
    return picture[: rows * (H + padding) - padding, : columns * (W + padding) - padding]
