"""Batch norm and layer norm on (N, D) inputs, and the normalizations of feature maps."""

from __future__ import annotations

from functools import partial

from autograder.misconceptions import mistake

__all__: list[str] = []

BATCH = "Batch normalization"
LAYER = "Layer normalization"
SPATIAL = "Normalization of feature maps"

# batchnorm_forward. -------------------------------------------------------------------------

batchnorm_forward = partial(mistake, "batchnorm_forward", topic=BATCH)
NORMALIZE = "x_hat, (_, std, _) = _normalize(x, axis=0, eps=eps)"
SCALE_SHIFT = "out = gamma * x_hat + beta"
RUNNING_MEAN = "running_mean = momentum * running_mean + (1 - momentum) * x.mean(axis=0)"
RUNNING_VAR = "running_var = momentum * running_var + (1 - momentum) * x.var(axis=0)"
TEST = "out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta"


def by_hand(std: str, centered: str = "x - x.mean(axis=0)") -> tuple[str, str]:
    """The edit that spells the normalization of a batch out, with another std."""
    return NORMALIZE, f"std = {std}\n        x_hat = ({centered}) / std"


batchnorm_forward(
    "each-example",
    "Each example is normalized over its features; here each feature is, over the minibatch.",
    (NORMALIZE, "x_hat, (_, std, _) = _normalize(x, axis=1, eps=eps)"),
)
batchnorm_forward(
    "whole-batch",
    "One mean and one variance serve the whole array; each feature has its own.",
    by_hand("np.sqrt(x.var() + eps) + np.zeros((1, D))", "x - x.mean()"),
)
batchnorm_forward(
    "eps-outside-root",
    "eps is added to the standard deviation; the definition adds it elsewhere.",
    by_hand("x.std(axis=0, keepdims=True) + eps"),
)
batchnorm_forward(
    "eps-missing",
    "Nothing keeps the division from failing when a feature hardly varies.",
    by_hand("x.std(axis=0, keepdims=True)"),
)
batchnorm_forward(
    "eps-tiny",
    "An eps of your own is used instead of the one in bn_param or its default.",
    by_hand("np.sqrt(x.var(axis=0, keepdims=True) + 1e-8)"),
)
batchnorm_forward(
    "eps-hard-coded",
    "The default eps is written into the formula, so that an eps in bn_param has no effect.",
    ("axis=0, eps=eps)", "axis=0, eps=1e-5)"),
    ("np.sqrt(running_var + eps)", "np.sqrt(running_var + 1e-5)"),
)
batchnorm_forward(
    "divided-by-variance",
    "The centred values are divided by the variance, which does not have their unit.",
    by_hand("x.var(axis=0, keepdims=True) + eps"),
)
batchnorm_forward(
    "unbiased-batch-variance",
    "The minibatch is normalized with the variance divided by N - 1; the paper divides by N.",
    by_hand("np.sqrt(x.var(axis=0, ddof=1, keepdims=True) + eps)"),
)
batchnorm_forward(
    "not-centered",
    "Values are divided by their spread, but their mean is still there.",
    by_hand("np.sqrt(x.var(axis=0, keepdims=True) + eps)", "x"),
)
batchnorm_forward(
    "gamma-missing",
    "The scale gamma has no influence on the output of training.",
    (SCALE_SHIFT, "out = x_hat + beta"),
)
batchnorm_forward(
    "beta-missing",
    "The shift beta has no influence on the output of training.",
    (SCALE_SHIFT, "out = gamma * x_hat"),
)
batchnorm_forward(
    "gamma-beta-swapped",
    "gamma shifts and beta scales; it is the other way round.",
    (SCALE_SHIFT, "out = beta * x_hat + gamma"),
)
batchnorm_forward(
    "running-averages-in-training",
    "Training normalizes with the running averages; they are kept for the test.",
    by_hand("np.sqrt(running_var + eps)[None]", "x - running_mean"),
)
batchnorm_forward(
    "momentum-swapped",
    "momentum weighs the new minibatch instead of the past.",
    (RUNNING_MEAN, "running_mean = (1 - momentum) * running_mean + momentum * x.mean(axis=0)"),
    (RUNNING_VAR, "running_var = (1 - momentum) * running_var + momentum * x.var(axis=0)"),
)
batchnorm_forward(
    "momentum-hard-coded",
    "The default momentum is written into the formula, so that bn_param cannot change it.",
    (RUNNING_MEAN, "running_mean = 0.9 * running_mean + 0.1 * x.mean(axis=0)"),
    (RUNNING_VAR, "running_var = 0.9 * running_var + 0.1 * x.var(axis=0)"),
)
batchnorm_forward(
    "running-averages-replaced",
    "Only the last minibatch is remembered; a running average remembers those before it too.",
    (RUNNING_MEAN, "running_mean = x.mean(axis=0)"),
    (RUNNING_VAR, "running_var = x.var(axis=0)"),
)
batchnorm_forward(
    "running-averages-grow",
    "The new statistics are added in full, so the weights of past and present exceed 1 in sum.",
    (RUNNING_MEAN, "running_mean = momentum * running_mean + x.mean(axis=0)"),
    (RUNNING_VAR, "running_var = momentum * running_var + x.var(axis=0)"),
)
batchnorm_forward(
    "running-averages-not-stored",
    "The new running averages stay in variables of their own and are lost after the call.",
    ("running_mean = momentum *", "new_mean = momentum *"),
    ("running_var = momentum *", "new_var = momentum *"),
)
batchnorm_forward(
    "running-mean-not-stored",
    "The new running mean stays in a variable of its own and is lost after the call.",
    ("running_mean = momentum *", "new_mean = momentum *"),
)
batchnorm_forward(
    "running-std",
    "running_var averages standard deviations; its name and the test-mode formula say variance.",
    ("x.var(axis=0)", "x.std(axis=0)"),
)
batchnorm_forward(
    "running-var-around-running-mean",
    "The variance of a minibatch is taken around the running mean, not around its own.",
    ("x.var(axis=0)", "((x - running_mean) ** 2).mean(axis=0)"),
)
batchnorm_forward(
    "running-averages-of-whole-array",
    "The running averages have no axis, so all features share one mean and one variance.",
    ("(1 - momentum) * x.mean(axis=0)", "(1 - momentum) * x.mean()"),
    ("x.var(axis=0)", "x.var()"),
)
batchnorm_forward(
    "batch-statistics-in-test",
    "Test mode looks at the batch at hand; it must work for a single example.",
    (TEST, "out = gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta"),
)
batchnorm_forward(
    "updated-in-test",
    "Test mode changes the running averages; what is learned is fixed by then.",
    (TEST, f"{TEST}\n        {RUNNING_MEAN.replace('_mean = ', '_mean = 1 * ')}"),
)
batchnorm_forward(
    "test-without-scale-and-shift",
    "Test mode ends with normalized values; what training learned comes after that.",
    (TEST, "out = (x - running_mean) / np.sqrt(running_var + eps)"),
)
batchnorm_forward(
    "test-divided-by-variance",
    "Test mode divides by the running variance, which does not have the unit of x.",
    (TEST, "out = gamma * (x - running_mean) / (running_var + eps) + beta"),
)
batchnorm_forward(
    "test-not-centered",
    "Test mode does not subtract the running mean.",
    (TEST, "out = gamma * x / np.sqrt(running_var + eps) + beta"),
)
batchnorm_forward(
    "cache-overwritten",
    "The normalized values are scaled in place, so the cache no longer holds what it should.",
    (SCALE_SHIFT, "out = x_hat\n        out *= gamma\n        out += beta"),
)
batchnorm_forward(
    "unbiased-running-variance",
    "The running variance is divided by N - 1, as PyTorch keeps it.",
    ("x.var(axis=0)", "x.var(axis=0, ddof=1)"),
    tolerated=True,
)
batchnorm_forward(
    "eps-in-running-variance",
    "The running variance includes eps.",
    ("x.var(axis=0)", "(x.var(axis=0) + eps)"),
    tolerated=True,
)
batchnorm_forward(
    "test-eps-outside-root",
    "Test mode adds eps to the standard deviation.",
    (TEST, "out = gamma * (x - running_mean) / (np.sqrt(running_var) + eps) + beta"),
    tolerated=True,
)
batchnorm_forward(
    "test-without-eps",
    "Test mode divides by the running standard deviation as it is.",
    (TEST, "out = gamma * (x - running_mean) / np.sqrt(running_var) + beta"),
    tolerated=True,
)
batchnorm_forward(
    "running-averages-as-rows",
    "The running averages have the shape (1, D), which broadcasts in the same way.",
    ("(1 - momentum) * x.mean(axis=0)", "(1 - momentum) * x.mean(axis=0, keepdims=True)"),
    ("x.var(axis=0)", "x.var(axis=0, keepdims=True)"),
    tolerated=True,
)

# batchnorm_backward. ------------------------------------------------------------------------

batchnorm_backward = partial(mistake, "batchnorm_backward", topic=BATCH)
DGAMMA = "dgamma = (dout * x_hat).sum(axis=0)"
DBETA = "dbeta = dout.sum(axis=0)"
MEAN_PATH = "dx = dcentered - dcentered.mean(axis=0)"
VAR_PATH = "dcentered += 2 / N * centered * dvar"

batchnorm_backward(
    "mean-path-missing",
    "x also acts through the mean of the minibatch; that branch of the graph is missing.",
    (MEAN_PATH, "dx = dcentered"),
)
batchnorm_backward(
    "variance-path-missing",
    "x also acts through the variance of the minibatch; that branch of the graph is missing.",
    (f"    {VAR_PATH}\n", ""),
)
batchnorm_backward(
    "statistics-constant",
    "Mean and variance are treated as constants, but both depend on x.",
    (f"    {VAR_PATH}\n", ""),
    (MEAN_PATH, "dx = dcentered"),
)
batchnorm_backward(
    "mean-path-not-averaged",
    "The gradient that comes back through the mean lacks its factor of 1 / N.",
    (MEAN_PATH, "dx = dcentered - dcentered.sum(axis=0)"),
)
batchnorm_backward(
    "mean-path-sign",
    "The gradient that comes back through the mean has the wrong sign.",
    (MEAN_PATH, "dx = dcentered + dcentered.mean(axis=0)"),
)
batchnorm_backward(
    "variance-path-not-averaged",
    "The gradient that comes back through the variance lacks its factor of 1 / N.",
    ("2 / N * centered", "2 * centered"),
)
batchnorm_backward(
    "square-not-derived",
    "The derivative of the square in the variance lacks its factor.",
    ("2 / N * centered", "1 / N * centered"),
)
batchnorm_backward(
    "root-not-derived",
    "The derivative of the square root does not depend on the root; it should.",
    ("dstd / (2 * std)", "dstd / 2"),
)
batchnorm_backward(
    "variance-path-sign",
    "The gradient of the standard deviation has the wrong sign: it stands in a denominator.",
    ("dstd = -(dx_hat", "dstd = (dx_hat"),
)
batchnorm_backward(
    "gamma-missing",
    "dx does not depend on gamma, but gamma lies between x and the output.",
    ("dx_hat = dout * gamma", "dx_hat = dout"),
)
batchnorm_backward(
    "times-std",
    "A gradient is multiplied by the standard deviation where the forward pass divides by it.",
    ("dcentered = dx_hat / std", "dcentered = dx_hat * std"),
)
batchnorm_backward(
    "dgamma-without-x-hat",
    "dgamma is that of a shift; a scale's gradient depends on what was scaled.",
    (DGAMMA, "dgamma = dout.sum(axis=0)"),
)
batchnorm_backward(
    "dgamma-of-centered",
    "dgamma uses values that were centred but not yet divided by the standard deviation.",
    (DGAMMA, "dgamma = (dout * centered).sum(axis=0)"),
)
batchnorm_backward(
    "dgamma-wrong-axis",
    "dgamma is summed over the wrong axis: it has one entry for each feature.",
    (DGAMMA, "dgamma = (dout * x_hat).sum(axis=1)"),
)
batchnorm_backward(
    "dbeta-averaged",
    "dbeta is averaged over the minibatch; the gradients of all examples add up.",
    (DBETA, "dbeta = dout.mean(axis=0)"),
)
batchnorm_backward(
    "dbeta-wrong-axis",
    "dbeta is summed over the wrong axis: it has one entry for each feature.",
    (DBETA, "dbeta = dout.sum(axis=1)"),
)
batchnorm_backward(
    "dout-overwritten-first",
    "dout is multiplied by gamma in place before dgamma and dbeta are taken from it.",
    (DGAMMA, f"dout *= gamma\n    {DGAMMA}"),
    ("dx_hat = dout * gamma", "dx_hat = dout"),
)
batchnorm_backward(
    "zero-term-omitted",
    "The part of the mean's gradient that is always zero is left out.",
    (MEAN_PATH, "dx = dcentered - (dx_hat / std).mean(axis=0)"),
    tolerated=True,
)
batchnorm_backward(
    "gradients-as-rows",
    "dgamma and dbeta have the shape (1, D), which broadcasts in the same way.",
    (DGAMMA, "dgamma = (dout * x_hat).sum(axis=0, keepdims=True)"),
    (DBETA, "dbeta = dout.sum(axis=0, keepdims=True)"),
    tolerated=True,
)

# batchnorm_backward_alt. --------------------------------------------------------------------

batchnorm_backward_alt = partial(mistake, "batchnorm_backward_alt", topic=BATCH)
FORMULA = "_normalize_backward(dout * gamma, (x_hat, std, 0))"

batchnorm_backward_alt(
    "sums-for-means",
    "The formula subtracts sums over the minibatch where means belong.",
    (FORMULA, "gamma / std * (dout - dbeta - x_hat * dgamma)"),
)
batchnorm_backward_alt(
    "factor-of-n",
    "After the common factor 1 / N was taken out, one term still lacks its N.",
    (FORMULA, "gamma / (len(dout) * std) * (dout - dbeta - x_hat * dgamma)"),
)
batchnorm_backward_alt(
    "divided-by-n-minus-one",
    "The means of the formula are divided by N - 1, but the forward pass divides by N.",
    (FORMULA, "gamma / std * (dout - (dbeta + x_hat * dgamma) / (len(dout) - 1))"),
)
batchnorm_backward_alt(
    "mean-term-missing",
    "The term that stems from the mean of the minibatch is missing.",
    (FORMULA, "gamma / std * (dout - x_hat * dgamma / len(dout))"),
)
batchnorm_backward_alt(
    "variance-term-missing",
    "The term that stems from the variance of the minibatch is missing.",
    (FORMULA, "gamma / std * (dout - dbeta / len(dout))"),
)
batchnorm_backward_alt(
    "variance-term-sign",
    "The term that stems from the variance of the minibatch has the wrong sign.",
    (FORMULA, "gamma / std * (dout - dbeta / len(dout) + x_hat * dgamma / len(dout))"),
)
batchnorm_backward_alt(
    "variance-term-without-x-hat",
    "The term that stems from the variance is the same for all examples; it should not be.",
    (FORMULA, "gamma / std * (dout - (dbeta + dgamma) / len(dout))"),
)
batchnorm_backward_alt(
    "gamma-missing",
    "dx does not depend on gamma, but gamma lies between x and the output.",
    (FORMULA, "_normalize_backward(dout, (x_hat, std, 0))"),
)
batchnorm_backward_alt(
    "divided-by-variance",
    "The formula divides by the variance; its unit asks for the standard deviation.",
    (FORMULA, "_normalize_backward(dout * gamma, (x_hat, std, 0)) / std"),
)
batchnorm_backward_alt(
    "std-missing",
    "The formula does not divide by the standard deviation anywhere.",
    (FORMULA, "_normalize_backward(dout * gamma, (x_hat, 1, 0))"),
)
batchnorm_backward_alt(
    "dgamma-without-x-hat",
    "dgamma is that of a shift; a scale's gradient depends on what was scaled.",
    (DGAMMA, "dgamma = dout.sum(axis=0)"),
)
batchnorm_backward_alt(
    "dbeta-averaged",
    "dbeta is averaged over the minibatch; the gradients of all examples add up.",
    (DBETA, "dbeta = dout.mean(axis=0)"),
)
batchnorm_backward_alt(
    "calls-the-other",
    "The gradients come from batchnorm_backward: not simpler, but right.",
    (FORMULA, "batchnorm_backward(dout, cache)[0]"),
    tolerated=True,
)

# layernorm_forward. -------------------------------------------------------------------------

layernorm_forward = partial(mistake, "layernorm_forward", topic=LAYER)
BY_ROW = "x_hat, norm_cache = _normalize(x, axis=1, eps=eps)"


def rows_by_hand(std: str, centered: str = "x - x.mean(axis=1, keepdims=True)") -> tuple[str, str]:
    """The edit that spells the normalization of the rows out, with another std."""
    return (
        BY_ROW,
        f"std = {std}\n    x_hat = ({centered}) / std\n    norm_cache = (x_hat, std, 1)",
    )


layernorm_forward(
    "over-batch",
    "Each feature is normalized over the minibatch; that is batch normalization.",
    (BY_ROW, "x_hat, norm_cache = _normalize(x, axis=0, eps=eps)"),
)
layernorm_forward(
    "whole-batch",
    "One mean and one variance serve the whole minibatch; each example has its own.",
    rows_by_hand("np.sqrt(x.var() + eps)", "x - x.mean()"),
)
layernorm_forward(
    "eps-outside-root",
    "eps is added to the standard deviation; the definition adds it elsewhere.",
    rows_by_hand("x.std(axis=1, keepdims=True) + eps"),
)
layernorm_forward(
    "eps-missing",
    "Nothing keeps the division from failing when the features of an example hardly vary.",
    rows_by_hand("x.std(axis=1, keepdims=True)"),
)
layernorm_forward(
    "eps-hard-coded",
    "The default eps is written into the formula, so that an eps in ln_param has no effect.",
    (BY_ROW, "x_hat, norm_cache = _normalize(x, axis=1, eps=1e-5)"),
)
layernorm_forward(
    "divided-by-variance",
    "The centred values are divided by the variance, which does not have their unit.",
    rows_by_hand("x.var(axis=1, keepdims=True) + eps"),
)
layernorm_forward(
    "unbiased-variance",
    "The variance of an example is divided by D - 1; the paper divides by D.",
    rows_by_hand("np.sqrt(x.var(axis=1, ddof=1, keepdims=True) + eps)"),
)
layernorm_forward(
    "not-centered",
    "Values are divided by their spread, but their mean is still there.",
    rows_by_hand("np.sqrt(x.var(axis=1, keepdims=True) + eps)", "x"),
)
layernorm_forward(
    "gamma-missing",
    "The scale gamma has no influence on the output.",
    (SCALE_SHIFT, "out = x_hat + beta"),
)
layernorm_forward(
    "beta-missing",
    "The shift beta has no influence on the output.",
    (SCALE_SHIFT, "out = gamma * x_hat"),
)
layernorm_forward(
    "gamma-per-example",
    "gamma and beta run along the examples; each feature has its own.",
    (SCALE_SHIFT, "out = gamma[:, None] * x_hat + beta[:, None]"),
)
layernorm_forward(
    "not-transposed-back",
    "The output is still transposed: it must have the shape of x.",
    (SCALE_SHIFT, "out = (gamma * x_hat + beta).T"),
)
layernorm_forward(
    "asks-for-mode",
    "The code asks ln_param for a mode; layer normalization does the same in training and test.",
    (BY_ROW, f'if ln_param["mode"] == "train":\n        {BY_ROW}'),
)
layernorm_forward(
    "cache-overwritten",
    "The normalized values are scaled in place, so the cache no longer holds what it should.",
    (SCALE_SHIFT, "out = x_hat\n    out *= gamma\n    out += beta"),
)
layernorm_forward(
    "transposed",
    "The transpose is normalized along its columns and turned back: the same result.",
    (BY_ROW, "x_hat = _normalize(x.T, axis=0, eps=eps)[0].T\n    " + BY_ROW.replace("x_hat", "_")),
    tolerated=True,
)

# layernorm_backward. ------------------------------------------------------------------------

layernorm_backward = partial(mistake, "layernorm_backward", topic=LAYER)
ROWS_BACKWARD = "_normalize_backward(dout * gamma, norm_cache)"


def row_formula(formula: str) -> tuple[str, str]:
    """The edit that spells the gradient out; dx_hat and std are at hand."""
    return (
        f"dx = {ROWS_BACKWARD}",
        f"std, D = norm_cache[1], dout.shape[1]\n    dx_hat = dout * gamma\n    dx = {formula}",
    )


layernorm_backward(
    "over-batch",
    "The means of dx run over the minibatch; the forward pass takes them over the features.",
    (ROWS_BACKWARD, "_normalize_backward(dout * gamma, (*norm_cache[:2], 0))"),
)
layernorm_backward(
    "gamma-taken-out",
    "gamma multiplies the finished sum, as in batch normalization; here it varies along the sum.",
    (ROWS_BACKWARD, "gamma * _normalize_backward(dout, norm_cache)"),
)
layernorm_backward(
    "gamma-missing",
    "dx does not depend on gamma, but gamma lies between x and the output.",
    (ROWS_BACKWARD, "_normalize_backward(dout, norm_cache)"),
)
layernorm_backward(
    "divided-by-n",
    "The sums of dx are divided by the number of examples; they run over the features.",
    row_formula(
        "(dx_hat - (dx_hat.sum(axis=1, keepdims=True)"
        " + x_hat * (dx_hat * x_hat).sum(axis=1, keepdims=True)) / len(dout)) / std"
    ),
)
layernorm_backward(
    "mean-term-missing",
    "The term that stems from the mean of an example is missing.",
    row_formula("(dx_hat - x_hat * (dx_hat * x_hat).mean(axis=1, keepdims=True)) / std"),
)
layernorm_backward(
    "variance-term-missing",
    "The term that stems from the variance of an example is missing.",
    row_formula("(dx_hat - dx_hat.mean(axis=1, keepdims=True)) / std"),
)
layernorm_backward(
    "statistics-constant",
    "Mean and variance are treated as constants, but both depend on x.",
    row_formula("dx_hat / std"),
)
layernorm_backward(
    "dgamma-wrong-axis",
    "dgamma is summed over the features; it has one entry for each of them.",
    (DGAMMA, "dgamma = (dout * x_hat).sum(axis=1)"),
)
layernorm_backward(
    "dbeta-wrong-axis",
    "dbeta is summed over the features; it has one entry for each of them.",
    (DBETA, "dbeta = dout.sum(axis=1)"),
)
layernorm_backward(
    "dgamma-without-x-hat",
    "dgamma is that of a shift; a scale's gradient depends on what was scaled.",
    (DGAMMA, "dgamma = dout.sum(axis=0)"),
)
layernorm_backward(
    "dbeta-averaged",
    "dbeta is averaged over the minibatch; the gradients of all examples add up.",
    (DBETA, "dbeta = dout.mean(axis=0)"),
)

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
        "flat = np.empty_like(pixels)\n"
        "    for c in range(C):\n"
        "        column = slice(c, c + 1)\n"
        "        flat[:, column], cache = batchnorm_forward(\n"
        "            pixels[:, column], gamma[column], beta[column], bn_param\n"
        "        )",
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
    "other-order-of-pixels",
    "The pixels are put into the columns in another order, and back in the same.",
    (TO_PIXELS, "pixels = x.transpose(1, 0, 2, 3).reshape(C, -1).T"),
    (FROM_PIXELS, "out = flat.T.reshape(C, N, H, W).transpose(1, 0, 2, 3)"),
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
    (DOUT_TO_PIXELS, "pixels = dout.transpose(1, 0, 2, 3).reshape(C, -1).T"),
    (DX_FROM_PIXELS, "dx = flat.T.reshape(C, N, H, W).transpose(1, 0, 2, 3)"),
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
    ("dx = flat.reshape", "flat = pixels * cache[2] / cache[1]\n    dx = flat.reshape"),
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
        f"g = x.reshape(N, G, -1)\n    std = {std}\n"
        f"    x_hat = ({centered}) / std\n    norm_cache = (x_hat, std, 2)",
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
        "interleaved = x.reshape(N, C // G, G, -1).transpose(0, 2, 1, 3)\n"
        "    x_hat, norm_cache = _normalize(interleaved.reshape(N, G, -1), axis=2, eps=eps)\n"
        "    x_hat = x_hat.reshape(N, G, C // G, -1).transpose(0, 2, 1, 3)",
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
    (GROUP_SCALE, f"{GROUP_SCALE}\n    out = out.reshape(N, G, C // G, *x.shape[2:])"),
)
spatial_groupnorm_forward(
    "five-axes",
    "Groups, channels of a group and pixels have an axis each: the same statistics.",
    (
        GROUPED,
        "g = x.reshape(N, G, C // G, *x.shape[2:])\n"
        "    centered = g - g.mean(axis=(2, 3, 4), keepdims=True)\n"
        "    std = np.sqrt(g.var(axis=(2, 3, 4), keepdims=True) + eps)\n"
        "    norm_cache = ((centered / std).reshape(N, G, -1), std[..., 0, 0], 2)\n"
        "    x_hat = norm_cache[0]",
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
        "C = dout.shape[1]\n"
        "    size = C // x_hat.shape[1]\n"
        "    by_channel = (x_hat.reshape(*dout.shape[:2], -1), norm_cache[1].repeat(size, axis=1), 2)\n"
        "    dx_hat = dx_hat.reshape(by_channel[0].shape)\n"
        "    dx = _normalize_backward(dx_hat, by_channel).reshape(dout.shape)",
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
        "along_x_hat = x_hat * (dx_hat * x_hat).mean(axis=2, keepdims=True)\n"
        "    dx = ((dx_hat - along_x_hat) / norm_cache[1]).reshape(dout.shape)",
    ),
)
spatial_groupnorm_backward(
    "variance-term-missing",
    "The term that stems from the variance of a group is missing.",
    (
        GROUP_DX,
        "along_ones = dx_hat.mean(axis=2, keepdims=True)\n"
        "    dx = ((dx_hat - along_ones) / norm_cache[1]).reshape(dout.shape)",
    ),
)
spatial_groupnorm_backward(
    "dgamma-without-x-hat",
    "dgamma is that of a shift; a scale's gradient depends on what was scaled.",
    (GROUP_DGAMMA, "dout.sum(axis=(0, 2, 3), keepdims=True) * 1.0"),
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
