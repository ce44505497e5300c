# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The inner loops of `fast_layers.py` in C, for float32 and float64.

Each function does what its namesake there does with NumPy, in the same order of additions. None
keeps anything between calls, and all release the interpreter's lock while they run. Indices are
not checked one by one: each function first makes sure that the arrays hold all that it touches.

The innermost loop of each runs along a row of the output, without branches, so that compilers
turn it into vector instructions.
"""

from cython cimport floating, view

ctypedef fused position:
    unsigned char
    Py_ssize_t


def im2col(
    const floating[:, :, :, ::view.contiguous] images,
    floating[:, :, :, :, :, ::1] windows,
    Py_ssize_t stride,
):
    """Copy every window of images (N, C, H, W) into windows (N, C, HH, WW, H', W')."""
    cdef Py_ssize_t N = windows.shape[0], C = windows.shape[1]
    cdef Py_ssize_t HH = windows.shape[2], WW = windows.shape[3]
    cdef Py_ssize_t out_h = windows.shape[4], out_w = windows.shape[5]
    cdef Py_ssize_t n, c, i, j, row, column
    cdef const floating* source
    cdef floating* target
    _check(images.shape, N, C, HH, WW, out_h, out_w, stride)
    with nogil:
        for n in range(N):
            for c in range(C):
                for i in range(HH):
                    for j in range(WW):
                        for row in range(out_h):
                            source = &images[n, c, i + row * stride, j]
                            target = &windows[n, c, i, j, row, 0]
                            if stride == 1:
                                for column in range(out_w):
                                    target[column] = source[column]
                            else:
                                for column in range(out_w):
                                    target[column] = source[column * stride]


def col2im(
    const floating[:, :, :, :, :, ::1] windows,
    floating[:, :, :, ::view.contiguous] images,
    Py_ssize_t stride,
):
    """Add every window to the pixels that `im2col` copied it from."""
    cdef Py_ssize_t N = windows.shape[0], C = windows.shape[1]
    cdef Py_ssize_t HH = windows.shape[2], WW = windows.shape[3]
    cdef Py_ssize_t out_h = windows.shape[4], out_w = windows.shape[5]
    cdef Py_ssize_t n, c, i, j, row, column
    cdef const floating* source
    cdef floating* target
    _check(images.shape, N, C, HH, WW, out_h, out_w, stride)
    with nogil:
        for n in range(N):
            for c in range(C):
                for i in range(HH):
                    for j in range(WW):
                        for row in range(out_h):
                            source = &windows[n, c, i, j, row, 0]
                            target = &images[n, c, i + row * stride, j]
                            if stride == 1:
                                for column in range(out_w):
                                    target[column] += source[column]
                            else:
                                for column in range(out_w):
                                    target[column * stride] += source[column]


def pool(
    const floating[:, :, :, ::1] x,
    floating[:, :, :, ::1] out,
    position[:, :, :, ::1] winner,
    Py_ssize_t height,
    Py_ssize_t width,
    Py_ssize_t stride,
):
    """Write the maximum of each window to out, and its position in the window to winner."""
    cdef Py_ssize_t N = out.shape[0], C = out.shape[1]
    cdef Py_ssize_t out_h = out.shape[2], out_w = out.shape[3]
    cdef Py_ssize_t n, c, i, j, row, column
    cdef const floating* source
    cdef floating* best
    cdef position* won
    cdef floating value, top, larger
    cdef position place
    _check(x.shape, N, C, height, width, out_h, out_w, stride)
    _check_same(out.shape, winner.shape)
    if position is not Py_ssize_t and height * width > 256:
        raise ValueError("positions in the window do not fit the type of winner")
    with nogil:
        for n in range(N):
            for c in range(C):
                for row in range(out_h):
                    best, won = &out[n, c, row, 0], &winner[n, c, row, 0]
                    source = &x[n, c, row * stride, 0]
                    for column in range(out_w):
                        best[column] = source[column * stride]
                        won[column] = 0
                    for i in range(height):
                        for j in range(width):
                            source = &x[n, c, row * stride + i, j]
                            place = <position>(i * width + j)
                            for column in range(out_w):
                                value = source[column * stride]
                                top = best[column]
                                # No "if": which value wins is more than a processor can guess.
                                won[column] += (value > top) * (place - won[column])
                                larger = value if value > top else top
                                # A NaN in the window comes out, as with NumPy.
                                best[column] = value if value != value else larger


def unpool(
    const floating[:, :, :, ::1] dout,
    const position[:, :, :, ::1] winner,
    floating[:, :, :, ::1] dx,
    Py_ssize_t height,
    Py_ssize_t width,
    Py_ssize_t stride,
):
    """Add the gradient of each window to the pixel that was its maximum."""
    cdef Py_ssize_t N = dout.shape[0], C = dout.shape[1]
    cdef Py_ssize_t out_h = dout.shape[2], out_w = dout.shape[3]
    cdef Py_ssize_t n, c, row, column
    cdef Py_ssize_t won
    _check(dx.shape, N, C, height, width, out_h, out_w, stride)
    _check_same(dout.shape, winner.shape)
    with nogil:
        for n in range(N):
            for c in range(C):
                for row in range(out_h):
                    for column in range(out_w):
                        won = winner[n, c, row, column]
                        if not 0 <= won < height * width:
                            raise ValueError("winner holds a position outside of the window")
                        dx[n, c, row * stride + won // width, column * stride + won % width] += (
                            dout[n, c, row, column]
                        )


cdef int _check(
    const Py_ssize_t* images,
    Py_ssize_t N,
    Py_ssize_t C,
    Py_ssize_t HH,
    Py_ssize_t WW,
    Py_ssize_t out_h,
    Py_ssize_t out_w,
    Py_ssize_t stride,
) except -1:
    """Make sure that out_h x out_w windows of HH x WW lie in each of N x C images."""
    if stride < 1 or HH < 1 or WW < 1:
        raise ValueError("windows and strides are at least one pixel")
    if images[0] != N or images[1] != C:
        raise ValueError("numbers of images or channels differ")
    # Not a product, which could overflow.
    if images[2] < HH or out_h - 1 > (images[2] - HH) // stride:
        raise ValueError("windows reach below the images")
    if images[3] < WW or out_w - 1 > (images[3] - WW) // stride:
        raise ValueError("windows reach past the right side of the images")
    return 0


cdef int _check_same(const Py_ssize_t* shape, const Py_ssize_t* other) except -1:
    """Make sure that two four-dimensional arrays have one shape."""
    cdef int axis
    for axis in range(4):
        if shape[axis] != other[axis]:
            raise ValueError("shapes differ")
    return 0
