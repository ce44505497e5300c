"""Dropout. p is the probability to keep, and the mask is scaled when training."""

from __future__ import annotations

from functools import partial

from autograder.misconceptions import mistake

__all__: list[str] = []

DROPOUT = "Dropout"

# dropout_forward. ---------------------------------------------------------------------------

dropout_forward = partial(mistake, "dropout_forward", topic=DROPOUT)
MASK = "((np.random.rand(*x.shape) < p) / p).astype(x.dtype)"
APPLIED = "out = x * mask"
TEST = "out = x\n"

dropout_forward(
    "normal-mask",
    "The mask is drawn from a normal distribution; the share below p is then not p.",
    (MASK, "((np.random.randn(*x.shape) < p) / p).astype(x.dtype)"),
)
dropout_forward(
    "drop-probability",
    "The share p is dropped; p is the probability to keep.",
    (MASK, "((np.random.rand(*x.shape) < 1 - p) / p).astype(x.dtype)"),
)
dropout_forward(
    "drop-probability-throughout",
    "p is taken for the probability to drop, in the mask and in its scale; it is that to keep.",
    (MASK, "((np.random.rand(*x.shape) < 1 - p) / (1 - p)).astype(x.dtype)"),
)
dropout_forward(
    "not-scaled",
    "Kept values are handed on as they are, so the layer's output shrinks on average.",
    (MASK, "(np.random.rand(*x.shape) < p).astype(x.dtype)"),
)
dropout_forward(
    "scaled-the-wrong-way",
    "Kept values are made smaller; they must make up for those that were dropped.",
    (MASK, "((np.random.rand(*x.shape) < p) * p).astype(x.dtype)"),
)
dropout_forward(
    "scaled-by-drop-probability",
    "Kept values are scaled by the probability to drop.",
    (MASK, "((np.random.rand(*x.shape) < p) / (1 - p)).astype(x.dtype)"),
)
dropout_forward(
    "scaled-at-test-instead",
    "The scale is applied in test mode; inverted dropout applies it in training instead.",
    (MASK, "(np.random.rand(*x.shape) < p).astype(x.dtype)"),
    (TEST, "out = x * p\n"),
)
dropout_forward(
    "scaled-at-test-too",
    "Training scales the mask already; test mode scales once more.",
    (TEST, "out = x * p\n"),
)
dropout_forward(
    "divided-at-test",
    "Test mode divides by p; nothing was dropped there that would have to be made up for.",
    (TEST, "out = x / p\n"),
)
dropout_forward(
    "drops-at-test",
    "Values are dropped in test mode as well, so that predictions depend on chance.",
    (TEST, f"mask = {MASK}\nout = x * mask\n"),
)
dropout_forward(
    "precedence",
    "The division is done before the comparison, so the mask keeps everything.",
    (MASK, "(np.random.rand(*x.shape) < p / p).astype(x.dtype)"),
)
dropout_forward(
    "not-thresholded",
    "The random numbers themselves are the mask; each value should be kept or dropped.",
    (MASK, "(np.random.rand(*x.shape) / p).astype(x.dtype)"),
)
dropout_forward(
    "fair-coin",
    "Values are kept with a probability of one half, whatever p says.",
    (MASK, "(np.random.randint(0, 2, x.shape) / p).astype(x.dtype)"),
)
dropout_forward(
    "whole-examples",
    "One random number decides over a whole example; each value needs its own.",
    (MASK, "((np.random.rand(len(x), *[1] * (x.ndim - 1)) < p) / p * np.ones_like(x))"),
)
dropout_forward(
    "same-for-all-examples",
    "All examples share one mask; each value needs a random number of its own.",
    (MASK, "((np.random.rand(*x.shape[1:]) < p) / p * np.ones_like(x))"),
)
dropout_forward(
    "two-axes-only",
    "The mask is drawn for inputs of two axes; images have four.",
    ("np.random.rand(*x.shape)", "np.random.rand(x.shape[0], x.shape[1])"),
)
dropout_forward(
    "always-the-same-mask",
    "The generator is seeded with a constant, so that every call drops the same values.",
    (f"mask = {MASK}", f"np.random.seed(0)\nmask = {MASK}"),
)
dropout_forward(
    "mask-cached-unscaled",
    "The gradient is masked but lacks the factor that the forward pass applied.",
    (MASK, "(np.random.rand(*x.shape) < p).astype(x.dtype)"),
    (APPLIED, "out = x * mask / p"),
)
dropout_forward(
    "binomial",
    "The mask is drawn from the binomial distribution of a single trial.",
    (MASK, "np.random.binomial(1, p, x.shape) / p"),
    tolerated=True,
)
dropout_forward(
    "other-tail",
    "Values above 1 - p are kept instead of those below p: as many.",
    (MASK, "(np.random.random(x.shape) > 1 - p) / p"),
    tolerated=True,
)
dropout_forward(
    "choice",
    "The mask is drawn entry by entry from its two values.",
    (MASK, "np.random.choice([0.0, 1.0 / p], size=x.shape, p=[1 - p, p])"),
    tolerated=True,
)

# dropout_backward. --------------------------------------------------------------------------

dropout_backward = partial(mistake, "dropout_backward", topic=DROPOUT)
MASKED = "dx: Array = dout * mask"
UNCHANGED = "dx = dout\n"

dropout_backward(
    "mask-ignored",
    "All gradients pass, also those of values that were dropped.",
    (MASKED, "dx: Array = dout"),
)
dropout_backward(
    "scaled-twice",
    "The gradient is divided by p although the mask holds that factor already.",
    (MASKED, 'dx: Array = dout * mask / dropout_param["p"]'),
)
dropout_backward(
    "scale-missing",
    "The gradient is masked but lacks the factor that the forward pass applied.",
    (MASKED, "dx: Array = dout * (mask > 0)"),
)
dropout_backward(
    "new-mask",
    "A new mask is drawn; the gradient must take the path that the values took.",
    (
        MASKED,
        'p = dropout_param["p"]\ndx: Array = dout * (np.random.rand(*dout.shape) < p) / p',
    ),
)
dropout_backward(
    "dropped-for-kept",
    "The gradient passes where values were dropped and stops where they were kept.",
    (MASKED, 'dx: Array = dout * (mask == 0) / dropout_param["p"]'),
)
dropout_backward(
    "scaled-in-test",
    "The gradient is scaled in test mode, where the layer does nothing.",
    (UNCHANGED, 'dx = dout * dropout_param["p"]\n'),
)
dropout_backward(
    "masked-in-test",
    "The mask is applied in test mode, where there is none.",
    (UNCHANGED, "dx = dout * mask\n"),
)
dropout_backward(
    "assigned-by-mask",
    "dout is copied where the mask is positive and scaled there: the same product.",
    (MASKED, "dx: Array = np.where(mask > 0, dout * mask, 0.0)"),
    tolerated=True,
)
