"""The inner loops of `fast_layers.py` on the GPU, for float32 and float64: CUDA through CuPy.

Each function does what its namesake there does on the CPU, with the same arguments and in the
same order of additions. `im2col` and `pool` have a thread for each window, `col2im` and `unpool`
one for each pixel, which collects what the windows over it hold: no two threads add to one place,
and a second run gives the same bits.

Neighbouring threads handle neighbours in a row, so that their reads and writes fall together.
"""

from __future__ import annotations

import functools
from typing import Any, TypeAlias

Array: TypeAlias = Any  # a CuPy array; NumPy's types do not fit it

THREADS = 256  # of a block
MOST_BLOCKS = 2**16  # beyond, each thread takes several windows or pixels

SOURCE = r"""
typedef long long i64;

// Every thread starts at its own number and goes on in steps of the number of threads.
#define EACH(k, size) \
    for (i64 k = (i64)blockIdx.x * blockDim.x + threadIdx.x; k < (size); \
         k += (i64)gridDim.x * blockDim.x)

// The first window, in a row of windows, that holds pixel y; the last one is y / stride.
#define FIRST(y, window, stride) ((y) < (window) ? 0 : ((y) - (window)) / (stride) + 1)
#define LAST(y, stride, count) ((y) / (stride) < (count) ? (y) / (stride) : (count) - 1)

// images (N, C, H, W) with the given steps along N, C, H; windows (N, C, HH, WW, H', W').
extern "C" __global__ void im2col(
    const REAL* images, i64 along_n, i64 along_c, i64 along_h, REAL* windows, i64 N,
    i64 C, i64 HH, i64 WW, i64 out_h, i64 out_w, i64 stride)
{
    EACH(k, N * C * out_h * out_w) {
        i64 column = k % out_w, row = k / out_w % out_h, nc = k / (out_w * out_h);
        const REAL* source = images + nc / C * along_n + nc % C * along_c
                             + row * stride * along_h + column * stride;
        REAL* target = windows + nc * HH * WW * out_h * out_w + row * out_w + column;
        for (i64 i = 0; i < HH; i++)
            for (i64 j = 0; j < WW; j++)
                target[(i * WW + j) * out_h * out_w] = source[i * along_h + j];
    }
}

extern "C" __global__ void col2im(
    const REAL* windows, REAL* images, i64 along_n, i64 along_c, i64 along_h, i64 N, i64 C,
    i64 H, i64 W, i64 HH, i64 WW, i64 out_h, i64 out_w, i64 stride)
{
    EACH(k, N * C * H * W) {
        i64 x = k % W, y = k / W % H, nc = k / (W * H);
        const REAL* source = windows + nc * HH * WW * out_h * out_w;
        REAL* target = images + nc / C * along_n + nc % C * along_c + y * along_h + x;
        REAL sum = *target;
        // From the last window to the first, so that i and j ascend as on the CPU.
        for (i64 row = LAST(y, stride, out_h); row >= FIRST(y, HH, stride); row--)
            for (i64 column = LAST(x, stride, out_w); column >= FIRST(x, WW, stride); column--) {
                i64 i = y - row * stride, j = x - column * stride;
                sum += source[((i * WW + j) * out_h + row) * out_w + column];
            }
        *target = sum;
    }
}

// x (N, C, H, W), out and winner (N, C, H', W'), all without gaps.
extern "C" __global__ void pool(
    const REAL* x, REAL* out, POSITION* winner, i64 NC, i64 H, i64 W, i64 height, i64 width,
    i64 out_h, i64 out_w, i64 stride)
{
    EACH(k, NC * out_h * out_w) {
        i64 column = k % out_w, row = k / out_w % out_h, nc = k / (out_w * out_h);
        const REAL* source = x + (nc * H + row * stride) * W + column * stride;
        REAL best = source[0];
        i64 won = 0;
        for (i64 i = 0; i < height; i++)
            for (i64 j = 0; j < width; j++) {
                REAL value = source[i * W + j];
                if (value > best) won = i * width + j;
                if (value > best || value != value) best = value;  // a NaN comes out
            }
        out[k] = best;
        winner[k] = (POSITION)won;
    }
}

extern "C" __global__ void unpool(
    const REAL* dout, const POSITION* winner, REAL* dx, i64 NC, i64 H, i64 W, i64 height,
    i64 width, i64 out_h, i64 out_w, i64 stride)
{
    EACH(k, NC * H * W) {
        i64 x = k % W, y = k / W % H, nc = k / (W * H);
        REAL sum = dx[k];
        for (i64 row = FIRST(y, height, stride); row <= LAST(y, stride, out_h); row++)
            for (i64 column = FIRST(x, width, stride); column <= LAST(x, stride, out_w); column++) {
                i64 window = (nc * out_h + row) * out_w + column;
                i64 position = (y - row * stride) * width + x - column * stride;
                if ((i64)winner[window] == position) sum += dout[window];
            }
        dx[k] = sum;
    }
}
"""


def im2col(images: Array, windows: Array, stride: int) -> None:
    """Copy every window of images (N, C, H, W) into windows (N, C, HH, WW, H', W')."""
    N, C, _HH, _WW, out_h, out_w = windows.shape
    _launch(
        "im2col",
        N * C * out_h * out_w,
        (images, *_steps(images), windows, *windows.shape, stride),
    )


def col2im(windows: Array, images: Array, stride: int) -> None:
    """Add every window to the pixels that `im2col` copied it from."""
    sizes = (*images.shape, *windows.shape[2:])
    _launch("col2im", images.size, (windows, images, *_steps(images), *sizes, stride))


def pool(x: Array, out: Array, winner: Array, height: int, width: int, stride: int) -> None:
    """Write the maximum of each window to out, and its position in the window to winner."""
    N, C, H, W = x.shape
    sizes = (N * C, H, W, height, width, *out.shape[2:], stride)
    _launch("pool", out.size, (x, out, winner, *sizes))


def unpool(dout: Array, winner: Array, dx: Array, height: int, width: int, stride: int) -> None:
    """Add the gradient of each window to the pixel that was its maximum."""
    if dout.shape != winner.shape:
        raise ValueError("shapes differ")
    N, C, H, W = dx.shape
    sizes = (N * C, H, W, height, width, *dout.shape[2:], stride)
    _launch("unpool", dx.size, (dout, winner, dx, *sizes))


def _steps(images: Array) -> tuple[int, ...]:
    """How many values lie between neighbours along N, C and H; along W, it must be one."""
    return tuple(step // images.itemsize for step in images.strides[:3])


def _launch(name: str, size: int, arguments: tuple[Any, ...]) -> None:
    if size == 0:
        return
    arrays = [argument for argument in arguments if hasattr(argument, "dtype")]
    position_bytes = next((a.dtype.itemsize for a in arrays if a.dtype.kind in "iu"), 1)
    kernel = _module(arrays[0].dtype.itemsize, position_bytes).get_function(name)
    blocks = min(-(-size // THREADS), MOST_BLOCKS)
    kernel((blocks,), (THREADS,), arguments)


@functools.cache
def _module(float_bytes: int, position_bytes: int) -> Any:
    """The kernels for arrays of values and positions of these sizes."""
    import cupy  # noqa: PLC0415  optional

    real = {4: "float", 8: "double"}[float_bytes]
    position = {1: "unsigned char", 8: "long long"}[position_bytes]
    return cupy.RawModule(code=f"#define REAL {real}\n#define POSITION {position}\n{SOURCE}")
