"""Batch norm and layer norm on (N, D) inputs."""

from __future__ import annotations

from functools import partial

from autograder.misconceptions import lines, mistake

__all__: list[str] = []

BATCH = "Batch normalization"
LAYER = "Layer normalization"

# batchnorm_forward. -------------------------------------------------------------------------

batchnorm_forward = partial(mistake, "batchnorm_forward", topic=BATCH)
NORMALIZE = "x_hat, (_, std, _) = _normalize(x, axis=0, eps=eps)"
SCALE_SHIFT = "out = gamma * x_hat + beta"
RUNNING_MEAN = "running_mean = momentum * running_mean + (1 - momentum) * x.mean(axis=0)"
RUNNING_VAR = "running_var = momentum * running_var + (1 - momentum) * x.var(axis=0)"
TEST = "out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta"


def by_hand(std: str, centered: str = "x - x.mean(axis=0)") -> tuple[str, str]:
    """The edit that spells the normalization of a batch out, with another std."""
    return NORMALIZE, f"std = {std}\nx_hat = ({centered}) / std"


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
    "running-averages-start-with-first-batch",
    "The first minibatch becomes the running average; averaging starts at 0.",
    (
        RUNNING_MEAN,
        lines(
            'if "running_mean" not in bn_param:',
            "    running_mean, running_var = x.mean(axis=0), x.var(axis=0)",
            RUNNING_MEAN,
        ),
    ),
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
    (TEST, f"{TEST}\n{RUNNING_MEAN}"),
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
    (SCALE_SHIFT, "out = x_hat\nout *= gamma\nout += beta"),
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
    (DGAMMA, f"dout *= gamma\n{DGAMMA}"),
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
        f"std = {std}\nx_hat = ({centered}) / std\nnorm_cache = (x_hat, std, 1)",
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
    (BY_ROW, f'if ln_param["mode"] == "train":\n    {BY_ROW}'),
)
layernorm_forward(
    "cache-overwritten",
    "The normalized values are scaled in place, so the cache no longer holds what it should.",
    (SCALE_SHIFT, "out = x_hat\nout *= gamma\nout += beta"),
)
layernorm_forward(
    "transposed",
    "The transpose is normalized along its columns and turned back: the same result.",
    (BY_ROW, "x_hat = _normalize(x.T, axis=0, eps=eps)[0].T\n" + BY_ROW.replace("x_hat", "_")),
    tolerated=True,
)

# layernorm_backward. ------------------------------------------------------------------------

layernorm_backward = partial(mistake, "layernorm_backward", topic=LAYER)
ROWS_BACKWARD = "_normalize_backward(dout * gamma, norm_cache)"


def row_formula(formula: str) -> tuple[str, str]:
    """The edit that spells the gradient out; dx_hat and std are at hand."""
    return (
        f"dx = {ROWS_BACKWARD}",
        f"std, D = norm_cache[1], dout.shape[1]\ndx_hat = dout * gamma\ndx = {formula}",
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

# Found by mutation of right solutions. ---------------------------------------------------------

batchnorm_backward(
    "eps-default-recomputed",
    "The root is computed again with the default eps, whatever bn_param named.",
    (
        "x_hat, std, gamma = cache",
        lines("x_hat, std, gamma = cache", "std = np.sqrt((x_hat * std).var(axis=0) + 1e-5)"),
    ),
)
