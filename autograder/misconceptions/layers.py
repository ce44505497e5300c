"""Affine, ReLU, softmax."""

from __future__ import annotations

from functools import partial

from autograder.misconceptions import mistake

__all__: list[str] = []

LAYERS = "Backpropagation through layers"
LOSS = "The softmax loss"

# affine_forward. ----------------------------------------------------------------------------

affine_forward = partial(mistake, "affine_forward", topic=LAYERS)
PRODUCT = "x.reshape(x.shape[0], -1) @ w + b"

affine_forward(
    "bias-missing",
    "The biases have no influence on the output.",
    (PRODUCT, "x.reshape(x.shape[0], -1) @ w"),
)
affine_forward(
    "not-flattened",
    "x is multiplied in the shape it comes in; an example may have more than one dimension.",
    (PRODUCT, "x @ w + b"),
)
affine_forward(
    "examples-mixed",
    "The array is cut into columns instead of rows, so that values of different examples mix.",
    (PRODUCT, "x.reshape(-1, x.shape[0]).T @ w + b"),
)
affine_forward(
    "fortran-order",
    "The values of an example are flattened in another order than the weights expect.",
    (PRODUCT, 'x.reshape(x.shape[0], -1, order="F") @ w + b'),
)
affine_forward(
    "weights-transposed",
    "The weights are used the wrong way round: w has one row for each input value.",
    (PRODUCT, "x.reshape(x.shape[0], -1) @ w.T + b"),
)
affine_forward(
    "elementwise-product",
    "* multiplies entry by entry; this layer needs a matrix product.",
    (PRODUCT, "x.reshape(x.shape[0], -1) * w + b"),
)
affine_forward(
    "bias-as-column",
    "b runs along the wrong axis: there is one bias for each output, not for each example.",
    (PRODUCT, "x.reshape(x.shape[0], -1) @ w + b[:, None]"),
)
affine_forward(
    "cache-flattened",
    "dx stays flat; it needs the shape that x came in, which the cache must hold.",
    (f"out = {PRODUCT}", "x = x.reshape(x.shape[0], -1)\nout = x @ w + b"),
)
affine_forward(
    "rows-counted-by-weights",
    "The number of rows follows from the weights instead of the batch, with the same result.",
    (PRODUCT, "x.reshape(-1, w.shape[0]) @ w + b"),
    tolerated=True,
)
affine_forward(
    "example-by-example",
    "A Python loop over the examples: slower, with the same result.",
    (PRODUCT, "np.stack([row.ravel().dot(w) + b for row in x])"),
    tolerated=True,
)

# affine_backward. ---------------------------------------------------------------------------

affine_backward = partial(mistake, "affine_backward", topic=LAYERS)
DX = "(dout @ w.T).reshape(x.shape)"
DW = "x.reshape(x.shape[0], -1).T @ dout"
DB = "dout.sum(axis=0)"

affine_backward(
    "dx-not-reshaped",
    "dx stays flat; it needs the shape that x came in, which the cache must hold.",
    (DX, "dout @ w.T"),
)
affine_backward(
    "dx-fortran-order",
    "dx is brought into shape in another order than the one in which x was flattened.",
    (DX, '(dout @ w.T).reshape(x.shape, order="F")'),
)
affine_backward(
    "dx-weights-not-transposed",
    "dx multiplies with the weights the wrong way round: the gradient flows from M to D values.",
    (DX, "(dout @ w).reshape(x.shape)"),
)
affine_backward(
    "dw-transposed",
    "dw is the transpose of what it should be.",
    (DW, "dout.T @ x.reshape(x.shape[0], -1)"),
)
affine_backward(
    "dw-not-flattened",
    "dw uses x in the shape it came in; the forward pass had flattened it.",
    (DW, "x.T @ dout"),
)
affine_backward(
    "dw-averaged",
    "dw is averaged over the minibatch; dividing by N is the business of the loss alone.",
    (DW, f"{DW} / x.shape[0]"),
)
affine_backward(
    "db-averaged",
    "db is averaged over the minibatch; dividing by N is the business of the loss alone.",
    (DB, "dout.mean(axis=0)"),
)
affine_backward(
    "db-wrong-axis",
    "db is summed over the wrong axis: it has one entry for each output.",
    (DB, "dout.sum(axis=1)"),
)
affine_backward(
    "db-not-summed",
    "db has an entry for each example; one bias serves all examples, and their gradients add up.",
    (DB, "dout"),
)
affine_backward(
    "db-total",
    "db is a single number; each output has a bias of its own.",
    (DB, "dout.sum()"),
)
affine_backward(
    "dx-dw-swapped",
    "dx and dw come back in the wrong order.",
    ("return dx, dw, db", "return dw, dx, db"),
)
affine_backward(
    "db-as-row",
    "db has the shape (1, M) instead of (M,), which broadcasts in the same way.",
    (DB, "dout.sum(axis=0, keepdims=True)"),
    tolerated=True,
)
affine_backward(
    "db-by-product",
    "db as a matrix product with ones: the same sum.",
    (DB, "np.ones(len(dout)) @ dout"),
    tolerated=True,
)

# relu_forward. ------------------------------------------------------------------------------

relu_forward = partial(mistake, "relu_forward", topic=LAYERS)
MAXIMUM = "np.maximum(x, 0)"

relu_forward(
    "identity",
    "Negative values come through unchanged.",
    (MAXIMUM, "x"),
)
relu_forward(
    "absolute",
    "Negative values change their sign instead of being cut off.",
    (MAXIMUM, "np.abs(x)"),
)
relu_forward(
    "leaky",
    "Negative values come through with a small slope; that is another activation, leaky ReLU.",
    (MAXIMUM, "np.maximum(x, 0.01 * x)"),
)
relu_forward(
    "minimum",
    "The negative part is kept and the positive one cut off.",
    (MAXIMUM, "np.minimum(x, 0)"),
)
relu_forward(
    "clipped",
    "Values are cut off above as well; ReLU is bounded on one side only.",
    (MAXIMUM, "np.clip(x, 0, 1)"),
)
relu_forward(
    "indicator",
    "The output says which values are positive instead of handing them on.",
    (MAXIMUM, "(x > 0).astype(x.dtype)"),
)
relu_forward(
    "maximum-along-axis",
    "np.max finds the largest value along an axis; it does not compare value by value with 0.",
    (MAXIMUM, "np.max(x, 0)"),
)
relu_forward(
    "in-place",
    "x itself is rectified, which damages the caller's array but gives the right output.",
    (MAXIMUM, "x\nout[out < 0] = 0"),
    tolerated=True,
)
relu_forward(
    "output-cached",
    "The cache holds the output instead of x; it is positive in the same places.",
    ("cache = x", "cache = out"),
    tolerated=True,
)

# relu_backward. -----------------------------------------------------------------------------

relu_backward = partial(mistake, "relu_backward", topic=LAYERS)
GATE = "dout * (x > 0)"

relu_backward(
    "gated-by-dout",
    "The sign of dout decides what passes; it is the sign of x that does.",
    (GATE, "dout * (dout > 0)"),
)
relu_backward(
    "gated-twice",
    "Negative entries of dout are cut off as well; a gradient may be negative.",
    (GATE, "dout * (x > 0) * (dout > 0)"),
)
relu_backward(
    "wrong-side",
    "Gradients pass where x was negative, and stop where it was positive.",
    (GATE, "dout * (x < 0)"),
)
relu_backward(
    "dout-ignored",
    "dx is the local derivative alone; the chain rule has a second factor.",
    (GATE, "(x > 0).astype(dout.dtype)"),
)
relu_backward(
    "ungated",
    "All gradients pass, as if the layer were not there.",
    (GATE, "dout"),
)
relu_backward(
    "times-activation",
    "dout is multiplied by the output of the layer instead of by its slope.",
    (GATE, "dout * np.maximum(x, 0)"),
)
relu_backward(
    "leaky",
    "A small gradient passes where x was negative; the slope there is 0.",
    (GATE, "np.where(x > 0, dout, 0.01 * dout)"),
)
relu_backward(
    "gradient-at-zero",
    "At x = 0 the gradient passes; there is no derivative there, and either choice is right.",
    (GATE, "dout * (x >= 0)"),
    tolerated=True,
)
relu_backward(
    "dout-overwritten",
    "dout is changed in place, which damages the caller's array but gives the right dx.",
    (GATE, "dout\ndx[x <= 0] = 0"),
    tolerated=True,
)

# softmax_loss. ------------------------------------------------------------------------------

softmax_loss = partial(mistake, "softmax_loss", topic=LOSS)
SHIFTED = "x - x.max(axis=1, keepdims=True)"
LOSS_LINE = "float(-log_probs[rows, y].mean())"
PROBABILITIES = "dx = np.exp(log_probs)"

softmax_loss(
    "unstable",
    "The exponential of a large score overflows; softmax allows for smaller exponents.",
    (SHIFTED, "x"),
)
softmax_loss(
    "shift-by-class",
    "Another number is subtracted for each class, which changes the probabilities.",
    (SHIFTED, "x - x.max(axis=0)"),
)
softmax_loss(
    "shift-by-mean",
    "The scores are centred, but a score far above the mean of its example still overflows.",
    (SHIFTED, "x - x.mean(axis=1, keepdims=True)"),
)
softmax_loss(
    "shift-by-largest-of-all",
    "One number is subtracted everywhere; an example whose scores are far below it vanishes.",
    (SHIFTED, "x - x.max()"),
)
softmax_loss(
    "normalized-over-batch",
    "Probabilities add up to 1 over the minibatch; they should for each example over its classes.",
    ("np.exp(shifted).sum(axis=1, keepdims=True)", "np.exp(shifted).sum(axis=0, keepdims=True)"),
)
softmax_loss(
    "loss-summed",
    "The loss is the sum over the minibatch, not the mean.",
    (LOSS_LINE, "float(-log_probs[rows, y].sum())"),
)
softmax_loss(
    "loss-of-all-classes",
    "The logarithms of all classes enter the loss; only the right class of each example counts.",
    (LOSS_LINE, "float(-log_probs.mean())"),
)
softmax_loss(
    "every-label-for-every-row",
    "Each example is looked up at the labels of all examples; every row has one label.",
    (LOSS_LINE, "float(-log_probs[:, y].mean())"),
)
softmax_loss(
    "sign",
    "The loss is negative: a likely label should cost little, an unlikely one much.",
    (LOSS_LINE, "float(log_probs[rows, y].mean())"),
)
softmax_loss(
    "no-logarithm",
    "The loss is made of probabilities; cross-entropy is made of their logarithms.",
    (LOSS_LINE, "float(-np.exp(log_probs[rows, y]).mean())"),
)
softmax_loss(
    "gradient-not-averaged",
    "The loss is a mean over the minibatch, but its gradient is that of a sum.",
    ("    dx /= N\n", ""),
)
softmax_loss(
    "gradient-averaged-over-entries",
    "The gradient is divided by the number of scores; the loss is a mean over examples.",
    ("dx /= N", "dx /= dx.size"),
)
softmax_loss(
    "gradient-without-label",
    "The gradient is the same for every label; the right class has another one than the rest.",
    ("    dx[rows, y] -= 1\n", ""),
)
softmax_loss(
    "gradient-every-label-for-every-row",
    "The gradient treats the labels of all examples as right in every row.",
    ("dx[rows, y] -= 1", "dx[:, y] -= 1"),
)
softmax_loss(
    "gradient-not-normalized",
    "The gradient is made of exponentials that were never divided by their sum.",
    (PROBABILITIES, "dx = np.exp(shifted)"),
)
softmax_loss(
    "gradient-of-scores",
    "The gradient is made of scores; probabilities belong there.",
    (PROBABILITIES, "dx = shifted.copy()"),
)
softmax_loss(
    "tiny-in-logarithm",
    "A tiny number inside the logarithm keeps it from being infinite and changes nothing else.",
    (LOSS_LINE, "float(-np.log(np.exp(log_probs[rows, y]) + 1e-12).mean())"),
    tolerated=True,
)
softmax_loss(
    "small-in-logarithm",
    "A small number inside the logarithm keeps it from being infinite and changes little else.",
    (LOSS_LINE, "float(-np.log(np.exp(log_probs[rows, y]) + 1e-8).mean())"),
    tolerated=True,
)
softmax_loss(
    "shift-in-place",
    "The scores themselves are shifted, which damages the caller's array but not the loss.",
    (SHIFTED, "x\nshifted -= x.max(axis=1, keepdims=True)"),
    tolerated=True,
)

# Found by mutation of right solutions. ---------------------------------------------------------

relu_forward(
    "bounded-above",
    "Values above 6 are cut off; ReLU has no upper bound.",
    (MAXIMUM, "np.minimum(np.maximum(x, 0), 6)"),
)
