"""The normalizations of feature maps: spatial batch norm and group norm."""

from __future__ import annotations

from functools import partial

from autograder.misconceptions import lines, mistake

__all__: list[str] = []

SPATIAL = "Normalization of feature maps"

# spatial_batchnorm_forward. -----------------------------------------------------------------

spatial_batchnorm_forward = partial(mistake, "spatial_batchnorm_forward", topic=SPATIAL)
TO_PIXELS = "pixels = x.transpose(0, 2, 3, 1).reshape(-1, C)"
CALL = "flat, cache = batchnorm_forward(pixels, gamma, beta, bn_param)"
FROM_PIXELS = "out = flat.reshape(N, H, W, C).transpose(0, 3, 1, 2)"

spatial_batchnorm_forward(
    "reshaped-without-transpose",
    "The array is cut into C columns as it lies in memory, which mixes channels and pixels.",
    (TO_PIXELS, "pixels = x.reshape(-1, C)"),
    (FROM_PIXELS, "out = flat.reshape(x.shape)"),
)
spatial_batchnorm_forward(
    "not-transposed-back",
    "The result is reshaped to the shape of x without undoing the transpose first.",
    (FROM_PIXELS, "out = flat.reshape(x.shape)"),
)
spatial_batchnorm_forward(
    "channels-last",
    "The channels stay on the last axis of the output.",
    (FROM_PIXELS, "out = flat.reshape(N, H, W, C)"),
)
spatial_batchnorm_forward(
    "cut-across-channels",
    "After the transpose a column holds pixels of several channels.",
    (TO_PIXELS, "pixels = x.transpose(1, 0, 2, 3).reshape(-1, C)"),
    (FROM_PIXELS, "out = flat.reshape(C, N, H, W).transpose(1, 0, 2, 3)"),
)
spatial_batchnorm_forward(
    "each-pixel-alone",
    "Every position of the image is normalized by itself; a channel's pixels belong together.",
    (TO_PIXELS, "pixels = x.reshape(N, -1)"),
    (CALL, CALL.replace("gamma, beta", "np.repeat(gamma, H * W), np.repeat(beta, H * W)")),
    (FROM_PIXELS, "out = flat.reshape(x.shape)"),
)
spatial_batchnorm_forward(
    "each-image-alone",
    "Every image is normalized by itself; the examples of the minibatch belong together.",
    (TO_PIXELS, "pixels = x.reshape(N * C, -1).T"),
    (CALL, CALL.replace("gamma, beta", "np.tile(gamma, N), np.tile(beta, N)")),
    (FROM_PIXELS, "out = flat.T.reshape(x.shape)"),
)
spatial_batchnorm_forward(
    "across-channels",
    "Each pixel is normalized over the channels; each channel should be, over all pixels.",
    (CALL, "flat, cache = layernorm_forward(pixels, gamma, beta, bn_param)"),
)
spatial_batchnorm_forward(
    "running-averages-shared",
    "The channels take turns with one pair of running averages; each should have its own.",
    (
        CALL,
        lines(
            "flat = np.empty_like(pixels)",
            "for c in range(C):",
            "    column = slice(c, c + 1)",
            "    flat[:, column], cache = batchnorm_forward(",
            "        pixels[:, column], gamma[column], beta[column], bn_param",
            "    )",
        ),
    ),
)
spatial_batchnorm_forward(
    "always-training",
    "The mode is ignored: the statistics of the minibatch are used at test time as well.",
    (CALL, CALL.replace("bn_param)", '{**bn_param, "mode": "train"})')),
)
spatial_batchnorm_forward(
    "running-averages-lost",
    "The running averages are stored in a copy of bn_param that nobody sees again.",
    (CALL, CALL.replace("bn_param)", "dict(bn_param))")),
)
spatial_batchnorm_forward(
    "moved-axis",
    "The channels are moved to the last axis by np.moveaxis: the same columns.",
    (TO_PIXELS, "pixels = np.moveaxis(x, 1, -1).reshape(-1, C)"),
    (FROM_PIXELS, "out = np.moveaxis(flat.reshape(N, H, W, C), -1, 1)"),
    tolerated=True,
)

# spatial_batchnorm_backward. ----------------------------------------------------------------

spatial_batchnorm_backward = partial(mistake, "spatial_batchnorm_backward", topic=SPATIAL)
DOUT_TO_PIXELS = "pixels = dout.transpose(0, 2, 3, 1).reshape(-1, C)"
BACKWARD_CALL = "flat, dgamma, dbeta = batchnorm_backward_alt(pixels, cache)"
DX_FROM_PIXELS = "dx = flat.reshape(N, H, W, C).transpose(0, 3, 1, 2)"

spatial_batchnorm_backward(
    "reshaped-without-transpose",
    "dout is cut into C columns as it lies in memory, which mixes channels and pixels.",
    (DOUT_TO_PIXELS, "pixels = dout.reshape(-1, C)"),
    (DX_FROM_PIXELS, "dx = flat.reshape(dout.shape)"),
)
spatial_batchnorm_backward(
    "not-transposed-back",
    "dx is reshaped to the shape of x without undoing the transpose first.",
    (DX_FROM_PIXELS, "dx = flat.reshape(dout.shape)"),
)
spatial_batchnorm_backward(
    "channels-last",
    "The channels stay on the last axis of dx.",
    (DX_FROM_PIXELS, "dx = flat.reshape(N, H, W, C)"),
)
spatial_batchnorm_backward(
    "other-order-than-forward",
    "dout's pixels stand in another order than x's did in the forward pass.",
    (DOUT_TO_PIXELS, "pixels = dout.transpose(0, 3, 2, 1).reshape(-1, C)"),
    (DX_FROM_PIXELS, "dx = flat.reshape(N, W, H, C).transpose(0, 3, 2, 1)"),
)
spatial_batchnorm_backward(
    "averaged-over-pixels",
    "dgamma and dbeta are averaged over the pixels of an image; all gradients add up.",
    ("return dx, dgamma, dbeta", "return dx, dgamma / (H * W), dbeta / (H * W)"),
)
spatial_batchnorm_backward(
    "parameters-as-maps",
    "dgamma and dbeta have the shape (1, C, 1, 1); gamma and beta have one axis here.",
    (
        "return dx, dgamma, dbeta",
        "return dx, dgamma.reshape(1, C, 1, 1), dbeta.reshape(1, C, 1, 1)",
    ),
)
spatial_batchnorm_backward(
    "dx-without-statistics",
    "dx is only rescaled; x also acts through the mean and variance of its channel.",
    ("dx = flat.reshape", "flat = pixels * cache[2] / cache[1]\ndx = flat.reshape"),
)
spatial_batchnorm_backward(
    "by-graph",
    "The longer batchnorm_backward is called: the same gradients.",
    ("batchnorm_backward_alt(pixels", "batchnorm_backward(pixels"),
    tolerated=True,
)

# spatial_groupnorm_forward. -----------------------------------------------------------------

spatial_groupnorm_forward = partial(mistake, "spatial_groupnorm_forward", topic=SPATIAL)
GROUPED = "x_hat, norm_cache = _normalize(x.reshape(N, G, -1), axis=2, eps=eps)"
GROUP_SCALE = "out = gamma * x_hat.reshape(x.shape) + beta"


def groups(reshaped: str, axis: str = "2") -> tuple[str, str]:
    """The edit that normalizes other groups, or along another axis."""
    return GROUPED, f"x_hat, norm_cache = _normalize({reshaped}, axis={axis}, eps=eps)"


def groups_by_hand(
    std: str, centered: str = "g - g.mean(axis=2, keepdims=True)"
) -> tuple[str, str]:
    """The edit that spells the normalization of the groups g out, with another std."""
    return (
        GROUPED,
        lines(
            "g = x.reshape(N, G, -1)",
            f"std = {std}",
            f"x_hat = ({centered}) / std",
            "norm_cache = (x_hat, std, 2)",
        ),
    )


spatial_groupnorm_forward(
    "groups-over-batch",
    "The array is cut into G parts along the minibatch; each example's channels form G groups.",
    groups("x.reshape(G, -1)", "1"),
)
spatial_groupnorm_forward(
    "images-together",
    "All examples of the minibatch share their statistics; each example has its own.",
    groups("x.reshape(N, G, -1)", "(0, 2)"),
)
spatial_groupnorm_forward(
    "across-groups",
    "Values are compared between the groups instead of inside each.",
    groups("x.reshape(N, G, -1)", "1"),
)
spatial_groupnorm_forward(
    "size-for-number",
    "G is taken for the size of a group; it is the number of groups.",
    groups("x.reshape(N, C // G, -1)"),
)
spatial_groupnorm_forward(
    "interleaved",
    "A group takes every G-th channel; its channels should be neighbours.",
    (
        GROUPED,
        lines(
            "interleaved = x.reshape(N, C // G, G, -1).transpose(0, 2, 1, 3)",
            "x_hat, norm_cache = _normalize(interleaved.reshape(N, G, -1), axis=2, eps=eps)",
            "x_hat = x_hat.reshape(N, G, C // G, -1).transpose(0, 2, 1, 3)",
        ),
    ),
)
spatial_groupnorm_forward(
    "every-other-value",
    "A group takes every G-th value of an example, from all channels alike.",
    (GROUPED, "x_hat, norm_cache = _normalize(x.reshape(N, -1, G), axis=1, eps=eps)"),
)
spatial_groupnorm_forward(
    "cut-across-pixels",
    "The groups are cut from a channels-last array, so each holds some pixels of every channel.",
    (
        GROUPED,
        lines(
            "last = x.transpose(0, 2, 3, 1)",
            "x_hat, norm_cache = _normalize(last.reshape(N, G, -1), axis=2, eps=eps)",
            "x_hat = x_hat.reshape(last.shape).transpose(0, 3, 1, 2)",
        ),
    ),
)
spatial_groupnorm_forward(
    "each-channel-alone",
    "Every channel is normalized by itself, as if there were as many groups as channels.",
    groups("x.reshape(N, C, -1)"),
)
spatial_groupnorm_forward(
    "whole-example",
    "Each example is normalized as a whole, as if there were a single group.",
    groups("x.reshape(N, 1, -1)"),
)
spatial_groupnorm_forward(
    "each-pixel-alone",
    "Each pixel has statistics of its own; those of a group run over its pixels too.",
    groups("x.reshape(N, G, C // G, -1)"),
)
spatial_groupnorm_forward(
    "eps-outside-root",
    "eps is added to the standard deviation; the definition adds it elsewhere.",
    groups_by_hand("g.std(axis=2, keepdims=True) + eps"),
)
spatial_groupnorm_forward(
    "eps-missing",
    "Nothing keeps the division from failing when a group hardly varies.",
    groups_by_hand("g.std(axis=2, keepdims=True)"),
)
spatial_groupnorm_forward(
    "eps-hard-coded",
    "The default eps is written into the formula, so that an eps in gn_param has no effect.",
    ("axis=2, eps=eps)", "axis=2, eps=1e-5)"),
)
spatial_groupnorm_forward(
    "divided-by-variance",
    "The centred values are divided by the variance, which does not have their unit.",
    groups_by_hand("g.var(axis=2, keepdims=True) + eps"),
)
spatial_groupnorm_forward(
    "unbiased-variance",
    "The variance of a group is divided by its size less 1; the paper divides by its size.",
    groups_by_hand("np.sqrt(g.var(axis=2, ddof=1, keepdims=True) + eps)"),
)
spatial_groupnorm_forward(
    "not-centered",
    "Values are divided by their spread, but their mean is still there.",
    groups_by_hand("np.sqrt(g.var(axis=2, keepdims=True) + eps)", "g"),
)
spatial_groupnorm_forward(
    "gamma-missing",
    "The scale gamma has no influence on the output.",
    (GROUP_SCALE, "out = x_hat.reshape(x.shape) + beta"),
)
spatial_groupnorm_forward(
    "beta-missing",
    "The shift beta has no influence on the output.",
    (GROUP_SCALE, "out = gamma * x_hat.reshape(x.shape)"),
)
spatial_groupnorm_forward(
    "output-in-groups",
    "The output is still cut into groups; it must have the shape of x.",
    (GROUP_SCALE, f"{GROUP_SCALE}\nout = out.reshape(N, G, C // G, *x.shape[2:])"),
)
spatial_groupnorm_forward(
    "five-axes",
    "Groups, channels of a group and pixels have an axis each: the same statistics.",
    (
        GROUPED,
        lines(
            "g = x.reshape(N, G, C // G, *x.shape[2:])",
            "centered = g - g.mean(axis=(2, 3, 4), keepdims=True)",
            "std = np.sqrt(g.var(axis=(2, 3, 4), keepdims=True) + eps)",
            "norm_cache = ((centered / std).reshape(N, G, -1), std[..., 0, 0], 2)",
            "x_hat = norm_cache[0]",
        ),
    ),
    tolerated=True,
)

# spatial_groupnorm_backward. ----------------------------------------------------------------

spatial_groupnorm_backward = partial(mistake, "spatial_groupnorm_backward", topic=SPATIAL)
GROUP_DGAMMA = "(dout * x_hat.reshape(dout.shape)).sum(axis=(0, 2, 3), keepdims=True)"
GROUP_DBETA = "dout.sum(axis=(0, 2, 3), keepdims=True)"
DX_HAT = "dx_hat = (dout * gamma).reshape(x_hat.shape)"
GROUP_DX = "dx = _normalize_backward(dx_hat, norm_cache).reshape(dout.shape)"

spatial_groupnorm_backward(
    "across-groups",
    "The means of dx run over the groups; the forward pass takes them inside each group.",
    (GROUP_DX, GROUP_DX.replace("norm_cache)", "(*norm_cache[:2], 1))")),
)
spatial_groupnorm_backward(
    "each-channel-alone",
    "The means of dx run over one channel; a group has several, which share their statistics.",
    (
        GROUP_DX,
        lines(
            "C = dout.shape[1]",
            "size = C // x_hat.shape[1]",
            "std = norm_cache[1].repeat(size, axis=1)",
            "by_channel = (x_hat.reshape(*dout.shape[:2], -1), std, 2)",
            "dx_hat = dx_hat.reshape(by_channel[0].shape)",
            "dx = _normalize_backward(dx_hat, by_channel).reshape(dout.shape)",
        ),
    ),
)
spatial_groupnorm_backward(
    "gamma-taken-out",
    "gamma multiplies the finished sum; the channels of a group have different ones.",
    (DX_HAT, "dx_hat = dout.reshape(x_hat.shape)"),
    (GROUP_DX, GROUP_DX.replace("dx = ", "dx = gamma * ")),
)
spatial_groupnorm_backward(
    "gamma-missing",
    "dx does not depend on gamma, but gamma lies between x and the output.",
    (DX_HAT, "dx_hat = dout.reshape(x_hat.shape)"),
)
spatial_groupnorm_backward(
    "statistics-constant",
    "Mean and variance are treated as constants, but both depend on x.",
    (GROUP_DX, "dx = (dx_hat / norm_cache[1]).reshape(dout.shape)"),
)
spatial_groupnorm_backward(
    "mean-term-missing",
    "The term that stems from the mean of a group is missing.",
    (
        GROUP_DX,
        lines(
            "along_x_hat = x_hat * (dx_hat * x_hat).mean(axis=2, keepdims=True)",
            "dx = ((dx_hat - along_x_hat) / norm_cache[1]).reshape(dout.shape)",
        ),
    ),
)
spatial_groupnorm_backward(
    "variance-term-missing",
    "The term that stems from the variance of a group is missing.",
    (
        GROUP_DX,
        lines(
            "along_ones = dx_hat.mean(axis=2, keepdims=True)",
            "dx = ((dx_hat - along_ones) / norm_cache[1]).reshape(dout.shape)",
        ),
    ),
)
spatial_groupnorm_backward(
    "dgamma-without-x-hat",
    "dgamma is that of a shift; a scale's gradient depends on what was scaled.",
    (GROUP_DGAMMA, GROUP_DBETA),
)
spatial_groupnorm_backward(
    "parameters-flat",
    "dgamma and dbeta have the shape (C,); gamma and beta are (1, C, 1, 1).",
    (GROUP_DGAMMA, GROUP_DGAMMA.replace(", keepdims=True", "")),
    (f"dbeta = {GROUP_DBETA}", "dbeta = dout.sum(axis=(0, 2, 3))"),
)
spatial_groupnorm_backward(
    "parameters-per-image",
    "dgamma and dbeta are summed over pixels only; all examples share gamma and beta.",
    (GROUP_DGAMMA, GROUP_DGAMMA.replace("(0, 2, 3)", "(2, 3)")),
    (f"dbeta = {GROUP_DBETA}", "dbeta = dout.sum(axis=(2, 3), keepdims=True)"),
)
spatial_groupnorm_backward(
    "dbeta-averaged",
    "dbeta is averaged; the gradients of all examples and pixels add up.",
    (f"dbeta = {GROUP_DBETA}", "dbeta = dout.mean(axis=(0, 2, 3), keepdims=True)"),
)
