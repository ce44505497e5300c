"""Convolution and max pooling."""

from __future__ import annotations

from functools import partial

from autograder.misconceptions import lines, mistake

__all__: list[str] = []

CONV = "Convolution"
POOL = "Max pooling"

# conv_forward_naive. ------------------------------------------------------------------------

conv_forward_naive = partial(mistake, "conv_forward_naive", topic=CONV)
PARAMETERS = 'stride, pad = conv_param["stride"], conv_param["pad"]'
HEIGHT = "out_h = _output_size(H + 2 * pad, HH, stride)"
WIDTH = "out_w = _output_size(W + 2 * pad, WW, stride)"
PADDED = "padded = _pad(x, pad)"
BUFFER = "np.zeros_like(x, shape=(N, F, out_h, out_w), dtype=np.result_type(x, w, b))"
BIAS = "out += b.reshape(F, 1, 1)"
SEEN = "seen = _seen_by(padded, i, j, stride, out_h, out_w)"
PRODUCT = 'np.einsum("nchw,fc->nfhw", seen, w[:, :, i, j], optimize=True)'
CACHE = "cache = (x, w, b, conv_param)"
COLUMNS = "for j in range(WW):"
# The reference's loops run over the filter; most students' loops run over the windows.
KERNEL_LOOPS = f"""\
    {BIAS}
    for i in range(HH):
        {COLUMNS}
            {SEEN}
            out += {PRODUCT}
"""
WINDOW = "padded[:, :, i * stride : i * stride + HH, j * stride : j * stride + WW]"
WINDOW_LOOPS = f"""\
    for i in range(out_h):
        for j in range(out_w):
            window = {WINDOW}
            out[:, :, i, j] = np.tensordot(window, w, axes=((1, 2, 3), (1, 2, 3))) + b
"""

conv_forward_naive(
    "kernel-flipped",
    "The filter is turned around, as in the mathematical convolution; here it is not.",
    ("w[:, :, i, j]", "w[:, :, HH - 1 - i, WW - 1 - j]"),
)
conv_forward_naive(
    "kernel-transposed",
    "Rows and columns of the filter are exchanged.",
    ("w[:, :, i, j]", "w[:, :, j, i]"),
)
conv_forward_naive(
    "bias-missing",
    "The biases have no influence on the output.",
    (f"    {BIAS}\n", ""),
)
conv_forward_naive(
    "bias-repeated",
    "The bias is added once for each position of the filter instead of once for each output.",
    (f"    {BIAS}\n", ""),
    (f"out += {PRODUCT}", f"out += {PRODUCT} + b.reshape(F, 1, 1)"),
)
conv_forward_naive(
    "first-bias-for-all",
    "All filters share one bias; each has its own.",
    (BIAS, "out += b[0]"),
)
conv_forward_naive(
    "stride-ignored",
    "Neighbouring windows are one pixel apart, whatever the stride.",
    (SEEN, SEEN.replace("stride", "1")),
)
conv_forward_naive(
    "stride-on-rows-only",
    "The stride is applied to the rows, but columns move by one pixel.",
    (KERNEL_LOOPS, WINDOW_LOOPS.replace("j * stride", "j")),
)
conv_forward_naive(
    "padding-ignored",
    "The images are not padded, so the output is too small.",
    (PARAMETERS, 'stride, pad = conv_param["stride"], 0'),
)
conv_forward_naive(
    "padding-on-one-axis",
    "The images are padded above and below only.",
    (PADDED, "padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (0, 0)))"),
)
conv_forward_naive(
    "padding-on-one-side",
    "The images are padded above and left only, by twice as much.",
    (PADDED, "padded = np.pad(x, ((0, 0), (0, 0), (2 * pad, 0), (2 * pad, 0)))"),
)
conv_forward_naive(
    "every-axis-padded",
    "Examples and channels are padded too; only height and width may grow.",
    (PADDED, "padded = np.pad(x, pad)"),
)
conv_forward_naive(
    "padded-with-edge",
    "The padding repeats the border of the image; it should be 0.",
    (PADDED, 'padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="edge")'),
)
conv_forward_naive(
    "padding-counted-once",
    "The output's size counts the padding of one side only.",
    (HEIGHT, "out_h = (H + pad - HH) // stride + 1"),
    (WIDTH, "out_w = (W + pad - WW) // stride + 1"),
)
conv_forward_naive(
    "filters-taken-for-square",
    "The height of the filter is used for its width; filters need not be square.",
    ("F, _C, HH, WW = w.shape", "F, _C, HH, _ = w.shape\nWW = HH"),
)
conv_forward_naive(
    "images-taken-for-square",
    "The height of the image is used for its width; images need not be square.",
    ("N, _C, H, W = x.shape", "N, _C, H, _ = x.shape\nW = H"),
)
conv_forward_naive(
    "size-transposed",
    "Height and width of the output are exchanged.",
    (CACHE, f"out = out.transpose(0, 1, 3, 2)\n{CACHE}"),
)
conv_forward_naive(
    "first-channel-only",
    "Only the first channel is looked at; a filter sees all of them.",
    (PRODUCT, PRODUCT.replace("seen,", "seen[:, :1],").replace("w[:, :,", "w[:, :1,")),
)
conv_forward_naive(
    "only-last-position",
    "Each position of the filter overwrites the result of those before; they add up.",
    (f"out += {PRODUCT}", f"out = {PRODUCT}"),
)
conv_forward_naive(
    "last-window-missed",
    "The loops stop one window early, so the last row and column of the output stay empty.",
    (
        KERNEL_LOOPS,
        WINDOW_LOOPS.replace("(out_h)", "(out_h - 1)").replace("(out_w)", "(out_w - 1)"),
    ),
)
conv_forward_naive(
    "channels-last",
    "The filters' axis is the last of the output; it should be the second.",
    (CACHE, f"out = out.transpose(0, 2, 3, 1)\n{CACHE}"),
)
conv_forward_naive(
    "padded-cached",
    "The cache holds the padded images, which the backward pass will pad again.",
    (CACHE, "cache = (padded, w, b, conv_param)"),
)
conv_forward_naive(
    "window-by-window",
    "The loops run over windows instead of filter positions: slower, with the same result.",
    (KERNEL_LOOPS, WINDOW_LOOPS),
    tolerated=True,
)
conv_forward_naive(
    "double-precision-buffer",
    "The output is kept in double precision whatever the input.",
    (BUFFER, "np.zeros((N, F, out_h, out_w))"),
    tolerated=True,
)
conv_forward_naive(
    "size-rounded-down",
    "Pixels that no whole window covers are ignored, as frameworks do.",
    (HEIGHT, "out_h = int(1 + (H + 2 * pad - HH) / stride)"),
    (WIDTH, "out_w = int(1 + (W + 2 * pad - WW) / stride)"),
    tolerated=True,
)

# conv_backward_naive. -----------------------------------------------------------------------

conv_backward_naive = partial(mistake, "conv_backward_naive", topic=CONV)
DSEEN = "dseen = _seen_by(dpadded, i, j, stride, out_h, out_w)"
DX_PRODUCT = 'np.einsum("nfhw,fc->nchw", dout, w[:, :, i, j], optimize=True)'
DW_PRODUCT = 'np.einsum("nfhw,nchw->fc", dout, seen, optimize=True)'
DB = "db = dout.sum(axis=(0, 2, 3))"
CROPPED = "dx = dpadded[:, :, pad : pad + H, pad : pad + W]"

conv_backward_naive(
    "cropped-with-negative-pad",
    "The way the padding is cut off leaves nothing at all when there is no padding.",
    (CROPPED, "dx = dpadded[:, :, pad:-pad, pad:-pad]"),
)
conv_backward_naive(
    "not-cropped",
    "dx still contains the padding; it must have the shape of x.",
    (CROPPED, "dx = dpadded"),
)
conv_backward_naive(
    "rows-cropped-only",
    "The padding is cut off above and below, but not left and right.",
    (CROPPED, "dx = dpadded[:, :, pad : pad + H]"),
)
conv_backward_naive(
    "cropped-from-the-corner",
    "The part cut out of the padded gradient begins in its corner, where the padding lies.",
    (CROPPED, "dx = dpadded[:, :, :H, :W]"),
)
conv_backward_naive(
    "dx-assigned",
    "A window's gradient overwrites that of the windows it overlaps; they add up.",
    (f"dseen += {DX_PRODUCT}", f"dseen[...] = {DX_PRODUCT}"),
)
conv_backward_naive(
    "dx-last-filter-only",
    "dx comes from the last filter alone; the gradients through all filters add up.",
    (DX_PRODUCT, DX_PRODUCT.replace("dout, w[:, :,", "dout[:, -1:], w[-1:, :,")),
)
conv_backward_naive(
    "dx-kernel-flipped",
    "The filter is turned around for dx, but each pixel meets the weights it met going forward.",
    ("w[:, :, i, j], optimize", "w[:, :, HH - 1 - i, WW - 1 - j], optimize"),
)
conv_backward_naive(
    "dw-kernel-flipped",
    "dw comes out turned around.",
    (f"dw[:, :, i, j] = {DW_PRODUCT}", f"dw[:, :, HH - 1 - i, WW - 1 - j] = {DW_PRODUCT}"),
)
conv_backward_naive(
    "dw-last-example-only",
    "dw comes from the last example alone; the gradients of all examples add up.",
    (DW_PRODUCT, DW_PRODUCT.replace("dout, seen", "dout[-1:], seen[-1:]")),
)
conv_backward_naive(
    "dw-last-window-only",
    "dw comes from the last window alone; the gradients of all windows add up.",
    (DW_PRODUCT, DW_PRODUCT.replace("dout, seen", "dout[:, :, -1:, -1:], seen[:, :, -1:, -1:]")),
)
conv_backward_naive(
    "dw-averaged",
    "dw is averaged over the minibatch; dividing by N is the business of the loss alone.",
    ("return dx, dw, db", "return dx, dw / len(x), db"),
)
conv_backward_naive(
    "dw-of-unpadded-images",
    "dw is computed from the images without their padding, which the filters have seen.",
    (SEEN, "seen = _seen_by(_pad(x, 0), i, j, stride, out_h, out_w)"),
)
conv_backward_naive(
    "db-averaged",
    "db is averaged; the gradients of all examples and positions add up.",
    (DB, "db = dout.mean(axis=(0, 2, 3))"),
)
conv_backward_naive(
    "db-per-example",
    "db has an entry for each example; all examples share a filter's bias.",
    (DB, "db = dout.sum(axis=(2, 3))"),
)
conv_backward_naive(
    "db-wrong-axes",
    "db is summed over the filters instead of the columns.",
    (DB, "db = dout.sum(axis=(0, 1, 2))"),
)
conv_backward_naive(
    "db-not-over-batch",
    "db comes from the first example alone; the gradients of all examples add up.",
    (DB, "db = dout[0].sum(axis=(1, 2))"),
)
conv_backward_naive(
    "stride-ignored",
    "The gradients are put one pixel apart, whatever the stride.",
    (SEEN, SEEN.replace("stride", "1")),
    (DSEEN, DSEEN.replace("stride", "1")),
)
conv_backward_naive(
    "filters-taken-for-square",
    "The height of the filter is used for its width; filters need not be square.",
    ("_F, _C, HH, WW = w.shape", "_F, _C, HH, _ = w.shape\nWW = HH"),
)
conv_backward_naive(
    "images-taken-for-square",
    "The height of the image is used for its width; images need not be square.",
    ("_N, _C, H, W = x.shape", "_N, _C, H, _ = x.shape\nW = H"),
)
conv_backward_naive(
    "dx-dw-swapped",
    "dx and dw come back in the wrong order.",
    ("return dx, dw, db", "return dw, dx, db"),
)
conv_backward_naive(
    "cropped-from-both-ends",
    "The padding is cut off by counting from both ends.",
    (CROPPED, "dx = dpadded[:, :, pad : H + pad, pad : dpadded.shape[3] - pad]"),
    tolerated=True,
)
conv_backward_naive(
    "double-precision-buffers",
    "The gradients are kept in double precision whatever the input.",
    ("np.zeros_like(padded, dtype=dout.dtype)", "np.zeros(padded.shape)"),
    ("np.zeros_like(w, dtype=dout.dtype)", "np.zeros(w.shape)"),
    tolerated=True,
)

# max_pool_forward_naive. --------------------------------------------------------------------

max_pool_forward_naive = partial(mistake, "max_pool_forward_naive", topic=POOL)
SIZE = 'height, width = pool_param["pool_height"], pool_param["pool_width"]'
STRIDE = 'stride = pool_param["stride"]'
POOL_HEIGHT = "out_h = _output_size(H, height, stride)"
POOL_WIDTH = "out_w = _output_size(W, width, stride)"
CORNER = "top, left = i * stride, j * stride"
TAKEN = ".max(axis=(2, 3))"
ROUNDED_DOWN = (
    (POOL_HEIGHT, "out_h = 1 + (H - height) // stride"),
    (POOL_WIDTH, "out_w = 1 + (W - width) // stride"),
)

max_pool_forward_naive(
    "mean",
    "The window is averaged; max pooling takes its largest value.",
    (TAKEN, ".mean(axis=(2, 3))"),
)
max_pool_forward_naive(
    "minimum",
    "The smallest value of the window is taken.",
    (TAKEN, ".min(axis=(2, 3))"),
)
max_pool_forward_naive(
    "largest-size",
    "The value of largest size is taken, whatever its sign.",
    (
        "out[:, :, i, j] = x[:, :, top : top + height, left : left + width].max(axis=(2, 3))",
        lines(
            "window = x[:, :, top : top + height, left : left + width]",
            "out[:, :, i, j] = np.abs(window).max(axis=(2, 3))",
        ),
    ),
)
max_pool_forward_naive(
    "never-negative",
    "The largest value is compared with the 0 that the buffer started with.",
    (TAKEN, ".max(axis=(2, 3), initial=0)"),
)
max_pool_forward_naive(
    "across-channels",
    "The largest value is taken across the channels; each channel is pooled by itself.",
    (TAKEN, ".max(axis=(1, 2, 3))[:, None]"),
)
max_pool_forward_naive(
    "across-examples",
    "The largest value is taken across the examples; each example is pooled by itself.",
    (TAKEN, ".max(axis=(0, 2, 3))"),
)
max_pool_forward_naive(
    "stride-ignored",
    "Neighbouring windows are one pixel apart, whatever the stride.",
    (CORNER, "top, left = i, j"),
)
max_pool_forward_naive(
    "window-size-for-stride",
    "Windows stand side by side, whatever the stride: they may overlap or leave gaps.",
    (CORNER, "top, left = i * height, j * width"),
)
max_pool_forward_naive(
    "size-assumes-tiling",
    "The output's size divides the image by the window, as if windows stood side by side.",
    (POOL_HEIGHT, "out_h = H // height"),
    (POOL_WIDTH, "out_w = W // width"),
)
max_pool_forward_naive(
    "window-2-by-2",
    "The window is always 2 x 2, whatever pool_param says.",
    (SIZE, "height, width = 2, 2"),
    *ROUNDED_DOWN,
)
max_pool_forward_naive(
    "stride-2",
    "The stride is always 2, whatever pool_param says.",
    (STRIDE, "stride = 2"),
    *ROUNDED_DOWN,
)
max_pool_forward_naive(
    "window-taken-for-square",
    "The height of the window is used for its width; windows need not be square.",
    (SIZE, 'height = width = pool_param["pool_height"]'),
    *ROUNDED_DOWN,
)
max_pool_forward_naive(
    "images-taken-for-square",
    "The height of the image is used for its width; images need not be square.",
    (POOL_WIDTH, "out_w = _output_size(H, width, stride)"),
)
max_pool_forward_naive(
    "window-too-small",
    "The window ends one pixel early on both axes.",
    ("top : top + height, left : left + width", "top : top + height - 1, left : left + width - 1"),
)
max_pool_forward_naive(
    "rows-and-columns-exchanged",
    "Rows and columns of the output are exchanged.",
    ("out[:, :, i, j]", "out[:, :, j, i]"),
)
max_pool_forward_naive(
    "size-rounded-down",
    "Pixels that no whole window covers are ignored, as frameworks do.",
    *ROUNDED_DOWN,
    tolerated=True,
)
max_pool_forward_naive(
    "double-precision-buffer",
    "The output is kept in double precision whatever the input.",
    ("np.empty_like(x, shape=(N, C, out_h, out_w))", "np.zeros((N, C, out_h, out_w))"),
    tolerated=True,
)

# max_pool_backward_naive. -------------------------------------------------------------------

max_pool_backward_naive = partial(mistake, "max_pool_backward_naive", topic=POOL)
POOLED = "x[:, :, top : top + height, left : left + width].reshape(N, C, -1)"
PLACE = "row, column = divmod(window.argmax(axis=2), width)"
ROUTED = "dx[n, c, top + row, left + column] += dout[:, :, i, j]"
TO_WINDOW = "dx[:, :, top : top + height, left : left + width] += "
FROM_OUT = "dout[:, :, i, j, None, None]"

max_pool_backward_naive(
    "assigned",
    "A window's gradient overwrites that of the windows it overlaps; they add up.",
    (ROUTED, ROUTED.replace("+=", "=")),
)
max_pool_backward_naive(
    "whole-window",
    "Every pixel of the window gets the gradient; only the largest had any influence.",
    (ROUTED, TO_WINDOW + FROM_OUT),
)
max_pool_backward_naive(
    "spread-over-window",
    "The gradient is shared out evenly, as for average pooling; only the largest pixel gets it.",
    (ROUTED, f"{TO_WINDOW}{FROM_OUT} / (height * width)"),
)
max_pool_backward_naive(
    "first-pixel",
    "The first pixel of the window gets the gradient, not the largest.",
    (PLACE, "row, column = 0, 0"),
)
max_pool_backward_naive(
    "smallest-pixel",
    "The smallest pixel of the window gets the gradient.",
    (PLACE, PLACE.replace("argmax", "argmin")),
)
max_pool_backward_naive(
    "largest-size",
    "The pixel of largest size gets the gradient, whatever its sign.",
    (PLACE, PLACE.replace("window.", "np.abs(window).")),
)
max_pool_backward_naive(
    "times-value",
    "The gradient is multiplied by the pixel's value; the slope there is 1.",
    (ROUTED, f"{ROUTED} * window.max(axis=2)"),
)
max_pool_backward_naive(
    "place-inside-window",
    "The place of the maximum is counted from the window's corner but used in the whole image.",
    (ROUTED, "dx[n, c, row, column] += dout[:, :, i, j]"),
)
max_pool_backward_naive(
    "rows-and-columns-exchanged",
    "Row and column of the maximum are exchanged.",
    (PLACE, PLACE.replace("row, column", "column, row")),
)
max_pool_backward_naive(
    "across-channels",
    "The maximum is looked for across the channels; each channel was pooled by itself.",
    (POOLED, "x[:, :, top : top + height, left : left + width].max(axis=1).reshape(N, 1, -1)"),
)
max_pool_backward_naive(
    "stride-ignored",
    "Neighbouring windows are one pixel apart, whatever the stride.",
    (CORNER, "top, left = i, j"),
)
max_pool_backward_naive(
    "window-size-for-stride",
    "Windows stand side by side, whatever the stride: they may overlap or leave gaps.",
    (CORNER, "top, left = i * height, j * width"),
)
max_pool_backward_naive(
    "window-2-by-2",
    "The window is always 2 x 2, whatever pool_param says.",
    (SIZE, "height, width = 2, 2"),
)
max_pool_backward_naive(
    "stride-2",
    "The stride is always 2, whatever pool_param says.",
    (STRIDE, "stride = 2"),
)
max_pool_backward_naive(
    "window-taken-for-square",
    "The height of the window is used for its width; windows need not be square.",
    (SIZE, 'height = width = pool_param["pool_height"]'),
)
max_pool_backward_naive(
    "place-divided-by-height",
    "The place of the maximum is split into row and column by the height of the window.",
    (PLACE, PLACE.replace("width", "height")),
)
max_pool_backward_naive(
    "every-tie",
    "All equal maxima of a window get the gradient; ties are not part of the assignment.",
    (
        PLACE,
        lines(
            "largest = window == window.max(axis=2, keepdims=True)",
            "share = (largest * dout[:, :, i, j, None]).reshape(N, C, height, -1)",
        ),
    ),
    (ROUTED, f"{TO_WINDOW}share"),
    tolerated=True,
)
max_pool_backward_naive(
    "double-precision-buffer",
    "The gradient is kept in double precision whatever the input.",
    ("np.zeros_like(x, dtype=dout.dtype)", "np.zeros_like(x, dtype=np.float64)"),
    tolerated=True,
)

# Found by mutation of right solutions. ---------------------------------------------------------

conv_forward_naive(
    "padded-below-by-stride",
    "The padding below the image is as wide as the stride instead of pad.",
    ("_pad(x, pad)", "np.pad(x, ((0, 0), (0, 0), (pad, stride), (pad, pad)))"),
)
max_pool_forward_naive(
    "stride-for-height",
    "The size of the output exchanges the window's height and the stride.",
    ("_output_size(H, height, stride)", "1 + (H - stride) // height"),
)
