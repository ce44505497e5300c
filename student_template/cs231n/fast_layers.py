"""Convolution and max pooling without loops over the output. Given: nothing to do here.

Same signatures and results as `conv_forward_naive` and its kin in `layers.py`. Only the caches
differ: a fast backward pass needs the cache of the fast forward pass.

Convolution as one matrix product (Chellapilla et al. 2006): `im2col` copies every window into a
column, the filters are the rows of a matrix, and `col2im` adds columns back into an image.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = [
    "conv_backward_fast",
    "conv_forward_fast",
    "max_pool_backward_fast",
    "max_pool_forward_fast",
]

Array: TypeAlias = NDArray[Any]


def conv_forward_fast(
    x: Array, w: Array, b: Array, conv_param: dict[str, Any]
) -> tuple[Array, Any]:
    """Slide F filters over the images; see `conv_forward_naive`.

    Args:
        x: (N, C, H, W).
        w: (F, C, HH, WW).
        b: (F,).
        conv_param: "stride" and "pad", in pixels.

    Returns:
        out (N, F, H', W') and the cache.

    Raises:
        ValueError: the windows do not cover the padded image exactly.
    """
    stride, pad = conv_param["stride"], conv_param["pad"]
    F, _C, HH, WW = w.shape
    cols, out_h, out_w = _im2col(x, HH, WW, stride, pad)
    out = w.reshape(F, -1) @ cols + b.reshape(F, 1)
    return out.reshape(-1, F, out_h, out_w), (x.shape, w, conv_param, cols)


def conv_backward_fast(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Backward pass of `conv_forward_fast`.

    Args:
        dout: (N, F, H', W').
        cache: from the forward pass.

    Returns:
        dx (N, C, H, W), dw (F, C, HH, WW), db (F,).
    """
    x_shape, w, conv_param, cols = cache
    F, _C, HH, WW = w.shape
    dout_rows = dout.reshape(len(dout), F, -1)
    dw = (dout_rows @ cols.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
    db = dout.sum(axis=(0, 2, 3))
    dcols = w.reshape(F, -1).T @ dout_rows
    dx = _col2im(dcols, x_shape, HH, WW, conv_param["stride"], conv_param["pad"])
    return dx, dw, db


def _im2col(x: Array, HH: int, WW: int, stride: int, pad: int) -> tuple[Array, int, int]:
    """Every window of x as a column: (N, C * HH * WW, H' * W'), and H' and W'."""
    N, C, H, W = x.shape
    out_h = _output_size(H + 2 * pad, HH, stride)
    out_w = _output_size(W + 2 * pad, WW, stride)
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = sliding_window_view(padded, (HH, WW), axis=(2, 3))[:, :, ::stride, ::stride]
    cols = windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * HH * WW, out_h * out_w)
    return cols, out_h, out_w


def _col2im(
    cols: Array, x_shape: tuple[int, ...], HH: int, WW: int, stride: int, pad: int
) -> Array:
    """Add columns back to where `_im2col` took them from, one kernel position at a time."""
    N, C, H, W = x_shape
    out_h = _output_size(H + 2 * pad, HH, stride)
    out_w = _output_size(W + 2 * pad, WW, stride)
    windows = cols.reshape(N, C, HH, WW, out_h, out_w)
    padded = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=cols.dtype)
    for i in range(HH):
        for j in range(WW):
            _strided(padded, i, j, stride, out_h, out_w)[...] += windows[:, :, i, j]
    return padded[:, :, pad : pad + H, pad : pad + W]


def max_pool_forward_fast(x: Array, pool_param: dict[str, Any]) -> tuple[Array, Any]:
    """Take the largest value of each window; see `max_pool_forward_naive`.

    One pass over the images per position in the window: a running maximum, and the number of
    the position that it came from.

    Args:
        x: (N, C, H, W).
        pool_param: "pool_height", "pool_width" and "stride", in pixels.

    Returns:
        out (N, C, H', W') and the cache.

    Raises:
        ValueError: the windows do not cover the image exactly.
    """
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    out_h = _output_size(x.shape[2], height, stride)
    out_w = _output_size(x.shape[3], width, stride)

    out = _strided(x, 0, 0, stride, out_h, out_w).copy()
    winner = np.zeros(out.shape, dtype=np.uint8 if height * width <= 256 else np.intp)
    for position in range(1, height * width):
        i, j = divmod(position, width)
        candidate = _strided(x, i, j, stride, out_h, out_w)
        np.copyto(winner, position, where=candidate > out)
        np.maximum(out, candidate, out=out)
    return out, (x.shape, pool_param, winner)


def max_pool_backward_fast(dout: Array, cache: Any) -> Array:
    """Backward pass of `max_pool_forward_fast`.

    Args:
        dout: (N, C, H', W').
        cache: from the forward pass.

    Returns:
        dx (N, C, H, W). Among equal maxima of a window, the first gets the gradient.
    """
    x_shape, pool_param, winner = cache
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    out_h, out_w = dout.shape[2:]
    dx = np.zeros(x_shape, dtype=dout.dtype)
    for position in range(height * width):
        i, j = divmod(position, width)
        target = _strided(dx, i, j, pool_param["stride"], out_h, out_w)
        np.add(target, dout, out=target, where=winner == position)
    return dx


def _strided(x: Array, i: int, j: int, stride: int, out_h: int, out_w: int) -> Array:
    """The pixels at position (i, j) of every window: a view of shape (N, C, H', W')."""
    return x[:, :, i : i + stride * out_h : stride, j : j + stride * out_w : stride]


def _output_size(size: int, window: int, stride: int) -> int:
    """How many windows fit along a side of `size` pixels (padding included)."""
    if size < window or (size - window) % stride:
        raise ValueError(
            f"windows of {window} at stride {stride} do not cover a side of {size} pixels "
            "(padding included): size - window must be a multiple of the stride, and not negative"
        )
    return (size - window) // stride + 1
