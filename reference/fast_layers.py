"""Convolution and max pooling without loops over the output. Given: nothing to do here.

Same signatures and results as `conv_forward_naive` and its kin in `layers.py`, and the same error
where windows do not cover an image exactly. Only the caches differ: a fast backward pass needs
the cache of the fast forward pass. Float32 is computed in float32, everything else in float64.

Convolution as one matrix product (Chellapilla et al. 2006): `_im2col` copies every window into a
column, the filters are the rows of a matrix, and `_col2im` adds columns back into an image.

Arrays are made with `np.empty_like(x, ...)` and not with `np.empty(...)`: what follows x follows
it to the GPU.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

### BEGIN SOLUTION
from . import _kernels

### END SOLUTION
from .devices import device_of

__all__ = [
    "conv_backward_fast",
    "conv_forward_fast",
    "max_pool_backward_fast",
    "max_pool_forward_fast",
]

Array: TypeAlias = NDArray[Any]

# Columns are made and used up one block at a time, in a buffer of this size: all columns together
# take HH * WW times the memory of the images, and would leave the processor's cache before use.
# On a GPU, a block must keep thousands of threads busy.
BLOCK_BYTES = {"cpu": 2**21, "cuda": 2**28}


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
    N, _C, H, W = x.shape
    F, _C, HH, WW = w.shape
    out_h = _output_size(H + 2 * pad, HH, stride)
    out_w = _output_size(W + 2 * pad, WW, stride)
    x, w, b = _floats(x, w, b)
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))

    filters, bias = w.reshape(F, -1), b.reshape(F, 1)
    out = np.empty_like(x, shape=(N, F, out_h * out_w))
    for windows, _seen, pixels in _blocks(padded, HH, WW, stride):
        cols = windows.reshape(len(windows), filters.shape[1], -1)
        np.matmul(filters, cols, out=out[pixels])
        out[pixels] += bias
    return out.reshape(N, F, out_h, out_w), (padded, w, conv_param, out.shape)


def conv_backward_fast(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Backward pass of `conv_forward_fast`.

    The columns are made again: that is quicker than keeping them all and fetching them back.

    Args:
        dout: (N, F, H', W').
        cache: from the forward pass.

    Returns:
        dx (N, C, H, W), dw (F, C, HH, WW), db (F,).
    """
    padded, w, conv_param, out_shape = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    F, _C, HH, WW = w.shape
    dout, padded, w = _floats(dout, padded, w)
    filters, dout = w.reshape(F, -1), dout.reshape(out_shape)

    # Transposed: BLAS is quicker at cols @ dout.T than at dout @ cols.T.
    dfilters_t = np.zeros_like(dout, shape=filters.shape[::-1])
    dpadded = np.zeros_like(padded)
    for windows, seen, pixels in _blocks(padded, HH, WW, stride):
        cols, dblock = windows.reshape(len(windows), filters.shape[1], -1), dout[pixels]
        dfilters_t += (cols @ dblock.transpose(0, 2, 1)).sum(axis=0)
        np.matmul(filters.T, dblock, out=cols)  # windows now hold their own gradient
        _col2im(windows, dpadded[seen], stride)
    H, W = padded.shape[2] - 2 * pad, padded.shape[3] - 2 * pad
    dx = dpadded[:, :, pad : pad + H, pad : pad + W]
    return dx, dfilters_t.T.reshape(w.shape), dout.sum(axis=(0, 2))


def _im2col(images: Array, windows: Array, stride: int) -> None:
    """Copy every window of the images (N, C, H, W) into windows (N, C, HH, WW, H', W').

    Flattened to (N, C * HH * WW, H' * W'), each of its columns is a window.
    """
    _N, _C, HH, WW, out_h, out_w = windows.shape
    for i in range(HH):
        for j in range(WW):
            windows[:, :, i, j] = _strided(images, i, j, stride, out_h, out_w)


def _col2im(windows: Array, images: Array, stride: int) -> None:
    """Add every window to the pixels that `_im2col` copied it from. Shapes as there."""
    _N, _C, HH, WW, out_h, out_w = windows.shape
    for i in range(HH):
        for j in range(WW):
            _strided(images, i, j, stride, out_h, out_w)[...] += windows[:, :, i, j]


def _blocks(
    padded: Array, HH: int, WW: int, stride: int
) -> Iterator[tuple[Array, tuple[slice, ...], tuple[slice, ...]]]:
    """All windows of the padded images (N, C, H, W), one block at a time.

    A block is a few images, or a few rows of windows where one image is too large.

    Yields:
        windows (n, C, HH, WW, rows, W'), in a buffer that the next block overwrites.
        seen: the index of their pixels in `padded`.
        pixels: the index of their results in an array of shape (N, F, H' * W').
    """
    N, C, H, W = padded.shape
    out_h, out_w = _output_size(H, HH, stride), _output_size(W, WW, stride)
    row = C * HH * WW * out_w
    limit = max(BLOCK_BYTES[device_of(padded)] // padded.itemsize, row)
    rows = min(out_h, limit // row)
    images = min(N, limit // (row * rows))
    buffer = np.empty_like(padded, shape=(images * rows * row,))
    for n in range(0, N, max(images, 1)):
        for top in range(0, out_h, rows):
            n_end, bottom = min(n + images, N), min(top + rows, out_h)
            shape = (n_end - n, C, HH, WW, bottom - top, out_w)
            windows = buffer[: math.prod(shape)].reshape(shape)
            seen = np.s_[n:n_end, :, top * stride : (bottom - 1) * stride + HH]
            _im2col(padded[seen], windows, stride)
            yield windows, seen, np.s_[n:n_end, :, top * out_w : bottom * out_w]


def max_pool_forward_fast(x: Array, pool_param: dict[str, Any]) -> tuple[Array, Any]:
    """Take the largest value of each window; see `max_pool_forward_naive`.

    Args:
        x: (N, C, H, W).
        pool_param: "pool_height", "pool_width" and "stride", in pixels.

    Returns:
        out (N, C, H', W') and the cache.

    Raises:
        ValueError: the windows do not cover the image exactly.
    """
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    N, C, H, W = x.shape
    out_h = _output_size(H, height, pool_param["stride"])
    out_w = _output_size(W, width, pool_param["stride"])
    (x,) = _floats(x)
    out = np.empty_like(x, shape=(N, C, out_h, out_w))
    winner = np.empty_like(out, dtype=np.uint8 if height * width <= 256 else np.intp)
    _pool(x, out, winner, height, width, pool_param["stride"])
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
    (dout,) = _floats(dout)
    dx = np.zeros_like(dout, shape=x_shape)
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    _unpool(dout, winner, dx, height, width, pool_param["stride"])
    return dx


def _pool(x: Array, out: Array, winner: Array, height: int, width: int, stride: int) -> None:
    """Write the maximum of each window to out, and its position in the window to winner.

    Positions are numbered in reading order. One pass over the images per position: a running
    maximum, and the number of the position that it came from.
    """
    out_h, out_w = out.shape[2:]
    out[...] = _strided(x, 0, 0, stride, out_h, out_w)
    winner[...] = 0
    for position in range(1, height * width):
        i, j = divmod(position, width)
        candidate = _strided(x, i, j, stride, out_h, out_w)
        np.copyto(winner, position, where=candidate > out)
        np.maximum(out, candidate, out=out)


def _unpool(dout: Array, winner: Array, dx: Array, height: int, width: int, stride: int) -> None:
    """Add the gradient of each window to the pixel that was its maximum."""
    out_h, out_w = dout.shape[2:]
    for position in range(height * width):
        i, j = divmod(position, width)
        target = _strided(dx, i, j, stride, out_h, out_w)
        np.add(target, dout, out=target, where=winner == position)


def _strided(x: Array, i: int, j: int, stride: int, out_h: int, out_w: int) -> Array:
    """The pixels at position (i, j) of every window: a view of shape (N, C, H', W')."""
    return x[:, :, i : i + stride * out_h : stride, j : j + stride * out_w : stride]


def _floats(*arrays: Array) -> list[Array]:
    """The arrays in row-major order and in one type: float32 if all are, otherwise float64."""
    dtype = np.float32 if np.result_type(*arrays) == np.float32 else np.float64
    return [array.astype(dtype, order="C", copy=False) for array in arrays]


def _output_size(size: int, window: int, stride: int) -> int:
    """How many windows fit along a side of `size` pixels (padding included)."""
    if size < window or (size - window) % stride:
        raise ValueError(
            f"windows of {window} at stride {stride} do not cover a side of {size} pixels "
            "(padding included): size - window must be a multiple of the stride, and not negative"
        )
    return (size - window) // stride + 1


### BEGIN SOLUTION
# The four loops again: in C (`_loops.pyx`) and, for CuPy arrays, in CUDA (`_kernels.py`). Without
# a compiler at installation, those above serve.
try:
    from ._loops import col2im as _col2im
    from ._loops import im2col as _im2col
    from ._loops import pool as _pool
    from ._loops import unpool as _unpool
except ImportError as error:
    _reason = str(error)
else:
    _reason = ""


def _anywhere(on_cpu: Any, on_gpu: Any) -> Any:
    """One of the four loops, wherever its arrays are."""

    def loop(*arguments: Any) -> None:
        (on_cpu if device_of(arguments[0]) == "cpu" else on_gpu)(*arguments)

    return loop


_im2col = _anywhere(_im2col, _kernels.im2col)
_col2im = _anywhere(_col2im, _kernels.col2im)
_pool = _anywhere(_pool, _kernels.pool)
_unpool = _anywhere(_unpool, _kernels.unpool)


def backend() -> str:
    """What runs the inner loops of NumPy's arrays here, in one line."""
    if _reason:
        return (
            f"NumPy: the compiled loops are missing ({_reason}); "
            "install the package again with a C compiler"
        )
    return "compiled loops (reference/_loops.pyx)"


### END SOLUTION
