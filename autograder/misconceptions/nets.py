"""FullyConnectedNet: parameters, regularization, normalization, dropout, modes."""

from __future__ import annotations

from functools import partial

from autograder.misconceptions import lines, mistake

__all__: list[str] = []

net = partial(mistake, "FullyConnectedNet", topic="Fully connected nets")
regularization = partial(mistake, "FullyConnectedNet", topic="Regularization")
norm = partial(mistake, "FullyConnectedNet", topic="Normalization inside a net")
dropout = partial(mistake, "FullyConnectedNet", topic="Dropout inside a net")

# Parameters. --------------------------------------------------------------------------------

DIMS = "dims = [input_dim, *hidden_dims, num_classes]"
WEIGHTS = "weight_scale * np.random.randn(fan_in, fan_out)"
BIASES = 'self.params[f"b{i}"] = np.zeros(fan_out)'
CAST = "self.params[name] = value.astype(dtype)"

net(
    "weights-unscaled",
    "weight_scale has no influence on the initial weights.",
    (WEIGHTS, "np.random.randn(fan_in, fan_out)"),
)
net(
    "weights-uniform",
    "The initial weights are drawn evenly between 0 and weight_scale, so none is negative.",
    (WEIGHTS, "weight_scale * np.random.rand(fan_in, fan_out)"),
)
net(
    "scale-as-mean",
    "weight_scale is passed as the mean of the normal distribution.",
    (WEIGHTS, "np.random.normal(weight_scale, size=(fan_in, fan_out))"),
)
net(
    "weights-by-fan-in",
    "The initial weights have a scale of their own choice instead of weight_scale.",
    (WEIGHTS, "np.sqrt(2 / fan_in) * np.random.randn(fan_in, fan_out)"),
)
net(
    "weights-zero",
    "All weights start at 0, so the units of a layer stay alike for ever.",
    (WEIGHTS, "np.zeros((fan_in, fan_out))"),
)
net(
    "last-weights-unscaled",
    "weight_scale is not used for the last layer.",
    (WEIGHTS, "np.random.randn(fan_in, fan_out) * (weight_scale if i < self.num_layers else 1)"),
)
net(
    "biases-random",
    "The biases start at random; they should start at 0.",
    (BIASES, BIASES.replace("np.zeros(", "weight_scale * np.random.randn(")),
)
net(
    "biases-one",
    "The biases start at 1; they should start at 0.",
    (BIASES, BIASES.replace("zeros", "ones")),
)
net(
    "weights-transposed",
    "A weight matrix has one row for each output instead of one for each input.",
    (WEIGHTS, "weight_scale * np.random.randn(fan_out, fan_in)"),
)
net(
    "always-ten-classes",
    "The number of classes is written into the code.",
    (DIMS, "dims = [input_dim, *hidden_dims, 10]"),
)
net(
    "always-cifar-images",
    "The size of an image is written into the code.",
    (DIMS, "dims = [3 * 32 * 32, *hidden_dims, num_classes]"),
)
net(
    "hidden-layers-alike",
    "All hidden layers get the width of the first.",
    (DIMS, "dims = [input_dim, *[hidden_dims[0]] * len(hidden_dims), num_classes]"),
)
net(
    "always-double-precision",
    "The parameters stay in double precision whatever dtype says.",
    (CAST, "self.params[name] = value"),
)
net(
    "always-single-precision",
    "The parameters are in single precision whatever dtype says.",
    (CAST, "self.params[name] = value.astype(np.float32)"),
)
net(
    "other-generator-call",
    "The weights come from np.random.normal: the same distribution.",
    (WEIGHTS, "np.random.normal(0.0, weight_scale, (fan_in, fan_out))"),
    tolerated=True,
)
net(
    "biases-as-rows",
    "The biases have the shape (1, M), which broadcasts in the same way.",
    (BIASES, BIASES.replace("fan_out", "(1, fan_out)")),
    tolerated=True,
)

# Forward and backward. ----------------------------------------------------------------------

HIDDEN = """\
            out, cache = affine_norm_relu_dropout_forward(
                out,
                self.params[f"W{i}"],
                self.params[f"b{i}"],
                norm,
                self.dropout_param if self.use_dropout else None,
            )
            caches.append(cache)
"""
HIDDEN_BACK = """\
            dout, grads[f"W{i}"], grads[f"b{i}"], dgamma, dbeta = affine_norm_relu_dropout_backward(
                dout, caches[i - 1]
            )
"""
SCORES = 'scores, cache = affine_forward(out, self.params[f"W{last}"], self.params[f"b{last}"])'
SCORES_BACK = 'dout, grads[f"W{last}"], grads[f"b{last}"] = affine_backward(dscores, cache)'
LOSS = "loss, dscores = softmax_loss(scores, y)"
RETURNED = "return scores"

FORWARD_STEPS = {
    "norm": """\
            if norm is not None:
                kind, gamma, beta, param = norm
                forward = batchnorm_forward if kind == "batchnorm" else layernorm_forward
                out, cache["norm"] = forward(out, gamma, beta, param)
""",
    "relu": """\
            out, cache["relu"] = relu_forward(out)
""",
    "dropout": """\
            if self.use_dropout:
                out, cache["dropout"] = dropout_forward(out, self.dropout_param)
""",
}
BACKWARD_STEPS = {
    "norm": """\
            dgamma = dbeta = None
            if self.normalization is not None:
                batch = self.normalization == "batchnorm"
                backward = batchnorm_backward if batch else layernorm_backward
                dout, dgamma, dbeta = backward(dout, cache["norm"])
""",
    "relu": """\
            dout = relu_backward(dout, cache["relu"])
""",
    "dropout": """\
            if self.use_dropout:
                dout = dropout_backward(dout, cache["dropout"])
""",
}


def hidden(*steps: str, back: tuple[str, ...] = ()) -> tuple[tuple[str, str], tuple[str, str]]:
    """The edits that spell a hidden layer out as the affine layer and then these steps."""
    forward = "".join(FORWARD_STEPS[step] for step in steps)
    backward = "".join(BACKWARD_STEPS[step] for step in (back or steps[::-1]))
    return (
        HIDDEN,
        f"""\
            cache = {{}}
            W, b = self.params[f"W{{i}}"], self.params[f"b{{i}}"]
            out, cache["affine"] = affine_forward(out, W, b)
{forward}            caches.append(cache)
""",
    ), (
        HIDDEN_BACK,
        f"""\
            cache = caches[i - 1]
{backward}            dx, dw, db = affine_backward(dout, cache["affine"])
            dout, grads[f"W{{i}}"], grads[f"b{{i}}"] = dx, dw, db
""",
    )


net(
    "relu-missing",
    "There is no ReLU between the affine layers, so together they are no more than one of them.",
    *hidden("norm", "dropout"),
)
net(
    "relu-not-undone",
    "The backward pass leaves ReLU out.",
    *hidden("norm", "relu", "dropout", back=("dropout", "norm")),
)
net(
    "relu-on-scores",
    "The scores go through ReLU; a score may be negative.",
    (SCORES, SCORES.replace("affine_forward", "affine_relu_forward")),
    (SCORES_BACK, SCORES_BACK.replace("affine_backward", "affine_relu_backward")),
)
net(
    "cache-overwritten",
    "All hidden layers go back through the cache of the last one.",
    (HIDDEN_BACK, HIDDEN_BACK.replace("caches[i - 1]", "caches[-1]")),
)
net(
    "depth-limited",
    "Only the first two hidden layers are used; a net can have any number.",
    ("for i in range(1, self.num_layers):", "for i in range(1, min(3, self.num_layers)):"),
)
net(
    "probabilities-returned",
    "At test time probabilities come back instead of scores.",
    (
        RETURNED,
        lines(
            "scores = np.exp(scores - scores.max(axis=1, keepdims=True))",
            "return scores / scores.sum(axis=1, keepdims=True)",
        ),
    ),
)
net(
    "labels-returned",
    "At test time predicted labels come back instead of scores.",
    (RETURNED, "return scores.argmax(axis=1)"),
)
net(
    "softmax-twice",
    "The loss takes scores, but is given probabilities.",
    (
        LOSS,
        lines(
            "probs = np.exp(scores - scores.max(axis=1, keepdims=True))",
            "loss, dscores = softmax_loss(probs / probs.sum(axis=1, keepdims=True), y)",
        ),
    ),
)
net(
    "spelled-out",
    "The hidden layers are spelled out instead of using a sandwich: the same layers.",
    *hidden("norm", "relu", "dropout"),
    tolerated=True,
)
net(
    "loss-as-array",
    "The loss comes back as an array with one entry.",
    ("return loss, grads", "return np.array([loss]), grads"),
    tolerated=True,
)

# Regularization. ----------------------------------------------------------------------------

TERM = "loss += 0.5 * self.reg * float((W**2).sum())"
GRADIENT = 'grads[f"W{i}"] += self.reg * W'
EACH_WEIGHT = """\
        for i in range(1, self.num_layers + 1):
            W = self.params[f"W{i}"]
"""

regularization(
    "regularization-without-half",
    "The regularization term lacks the factor that its gradient was derived with.",
    (TERM, "loss += self.reg * float((W**2).sum())"),
)
regularization(
    "regularization-doubled",
    "Regularization counts twice as much as it should, in the loss and in the gradients.",
    (TERM, "loss += self.reg * float((W**2).sum())"),
    (GRADIENT, 'grads[f"W{i}"] += 2 * self.reg * W'),
)
regularization(
    "regularization-gradient-doubled",
    "The gradient of the regularization term has a factor too many.",
    (GRADIENT, 'grads[f"W{i}"] += 2 * self.reg * W'),
)
regularization(
    "regularization-gradient-halved",
    "The factor 0.5 of the regularization term is still there in its gradient.",
    (GRADIENT, 'grads[f"W{i}"] += 0.5 * self.reg * W'),
)
regularization(
    "regularization-in-loss-only",
    "The loss is regularized, but the gradients do not know of it.",
    (GRADIENT, "pass"),
)
regularization(
    "regularization-in-gradient-only",
    "The gradients are regularized, but the loss does not show it.",
    (f"            {TERM}\n", ""),
)
regularization(
    "regularization-missing",
    "reg has no influence at all.",
    (f"            {TERM}\n", ""),
    (GRADIENT, "pass"),
)
regularization(
    "regularization-not-on-last-layer",
    "The weights of the last layer are not regularized.",
    (EACH_WEIGHT, EACH_WEIGHT.replace(" + 1)", ")")),
)
regularization(
    "regularization-not-on-first-layer",
    "The weights of the first layer are not regularized.",
    (EACH_WEIGHT, EACH_WEIGHT.replace("range(1", "range(2")),
)
regularization(
    "regularization-on-last-layer-only",
    "Only the weights of the last layer are regularized.",
    (EACH_WEIGHT, EACH_WEIGHT.replace("range(1", "range(self.num_layers")),
)
regularization(
    "regularization-of-norm",
    "The size of the weights is regularized; it should be the sum of their squares.",
    (TERM, "loss += 0.5 * self.reg * float(np.sqrt((W**2).sum()))"),
)
regularization(
    "biases-regularized",
    "The biases are regularized too; only weights should be.",
    (
        GRADIENT,
        lines(
            GRADIENT,
            'b = self.params[f"b{i}"]',
            "loss += 0.5 * self.reg * float((b**2).sum())",
            'grads[f"b{i}"] += self.reg * b',
        ),
    ),
)
regularization(
    "scales-regularized",
    "The scales gamma are regularized too; only weights should be.",
    (
        GRADIENT,
        lines(
            GRADIENT,
            'if f"gamma{i}" in grads:',
            '    gamma = self.params[f"gamma{i}"]',
            "    loss += 0.5 * self.reg * float((gamma**2).sum())",
            '    grads[f"gamma{i}"] += self.reg * gamma',
        ),
    ),
)
regularization(
    "reg-read-at-construction",
    "The value that reg had at construction is used for ever; a new model.reg has no effect.",
    ("self.reg = reg\n", "self.reg = self.first_reg = reg\n"),
    (TERM, TERM.replace("self.reg", "self.first_reg")),
    (GRADIENT, GRADIENT.replace("self.reg", "self.first_reg")),
)
regularization(
    "regularization-by-dot-product",
    "The sum of squares is the dot product of the weights with themselves.",
    (TERM, "loss += 0.5 * self.reg * W.ravel().dot(W.ravel())"),
    tolerated=True,
)

# Normalization. -----------------------------------------------------------------------------

HAS_NORM = "if normalization is not None and i < self.num_layers:"
WITH_NORM = "if self.normalization is not None:"
OWN_PARAM = "self.bn_params[i - 1])"

norm(
    "normalization-missing",
    "The hidden layers are not normalized, whatever was asked for.",
    ("                norm,\n", "                None,\n"),
)
norm(
    "layernorm-ignored",
    'Only "batchnorm" is acted upon; "layernorm" leaves the net as it is.',
    (WITH_NORM, WITH_NORM.replace("is not None", '== "batchnorm"')),
    (HAS_NORM, HAS_NORM.replace("is not None", '== "batchnorm"')),
)
norm(
    "layernorm-not-applied",
    "A net with layer normalization has its parameters but never uses them.",
    (WITH_NORM, WITH_NORM.replace("is not None", '== "batchnorm"')),
)
norm(
    "batchnorm-for-layernorm",
    "Both normalizations are treated as batch normalization.",
    ("norm = (self.normalization,", 'norm = ("batchnorm",'),
)
norm(
    "batchnorm-for-layernorm-with-mode",
    "A net with layer normalization normalizes over the minibatch.",
    ("norm = (self.normalization,", 'norm = ("batchnorm",'),
    (OWN_PARAM, 'self.bn_params[i - 1] | {"mode": "train"})'),
)
norm(
    "normalized-after-relu",
    "The normalization comes after ReLU; it belongs between the affine layer and ReLU.",
    *hidden("relu", "norm", "dropout"),
)
norm(
    "normalized-last",
    "The normalization comes after ReLU and dropout; it belongs right behind the affine layer.",
    *hidden("relu", "dropout", "norm"),
)
norm(
    "normalization-on-last-layer",
    "The scores have a scale and a shift too; the last layer is never normalized.",
    (HAS_NORM, "if normalization is not None:"),
)
norm(
    "normalization-on-first-layer-only",
    "Only the first hidden layer is normalized.",
    (WITH_NORM, WITH_NORM.replace("is not None", "is not None and i == 1")),
)
norm(
    "scales-start-at-zero",
    "The scales start at 0, so nothing gets through the net.",
    ('self.params[f"gamma{i}"] = np.ones', 'self.params[f"gamma{i}"] = np.zeros'),
)
norm(
    "scales-start-random",
    "The scales start at random; they should start at 1.",
    (
        'self.params[f"gamma{i}"] = np.ones(',
        'self.params[f"gamma{i}"] = weight_scale * np.random.randn(',
    ),
)
norm(
    "shifts-start-at-one",
    "The shifts start at 1; they should start at 0.",
    ('self.params[f"beta{i}"] = np.zeros', 'self.params[f"beta{i}"] = np.ones'),
)
norm(
    "one-param-for-all-layers",
    "All layers share the running averages of the first.",
    (OWN_PARAM, "self.bn_params[0])"),
)
norm(
    "running-averages-forgotten",
    "Every call begins with new running averages, so the test knows nothing of the training.",
    (OWN_PARAM, '{"mode": mode})'),
)
norm(
    "normalization-always-trains",
    "Batch normalization stays in training mode at test time.",
    ('bn_param["mode"] = mode', 'bn_param["mode"] = "train"'),
)
norm(
    "normalization-always-tests",
    "Batch normalization is in test mode while training, so no running average is ever kept.",
    ('bn_param["mode"] = mode', 'bn_param["mode"] = "test"'),
)
norm(
    "scale-gradients-missing",
    "The gradients of scales and shifts are computed but never put into grads.",
    ('grads[f"gamma{i}"], grads[f"beta{i}"] = dgamma, dbeta', "pass"),
)
norm(
    "scale-gradients-swapped",
    "The gradients of scales and shifts are exchanged.",
    ("] = dgamma, dbeta", "] = dbeta, dgamma"),
)

# Dropout. -----------------------------------------------------------------------------------

DROPS = "self.dropout_param if self.use_dropout else None,"

dropout(
    "dropout-missing",
    "Nothing is ever dropped, whatever was asked for.",
    (DROPS, "None,"),
)
dropout(
    "dropout-not-with-normalization",
    "Nothing is dropped when the net has a normalization as well.",
    (DROPS, "self.dropout_param if self.use_dropout and norm is None else None,"),
)
dropout(
    "dropout-not-with-batchnorm",
    "Nothing is dropped when the net has batch normalization as well.",
    (DROPS, DROPS.replace("use_dropout", 'use_dropout and self.normalization != "batchnorm"')),
)
dropout(
    "dropout-only-with-normalization",
    "Nothing is dropped unless the net has a normalization as well.",
    (DROPS, DROPS.replace("use_dropout", "use_dropout and norm is not None")),
)
dropout(
    "dropout-on-first-layer-only",
    "Only the first hidden layer drops anything.",
    (DROPS, "self.dropout_param if self.use_dropout and i == 1 else None,"),
)
dropout(
    "dropout-not-on-last-hidden-layer",
    "The last hidden layer drops nothing.",
    (DROPS, "self.dropout_param if self.use_dropout and i < self.num_layers - 1 else None,"),
)
dropout(
    "dropout-on-scores",
    "Scores are dropped; dropout belongs behind the ReLU of hidden layers only.",
    (
        SCORES,
        lines(
            SCORES,
            "if self.use_dropout:",
            "    scores, dropped = dropout_forward(scores, self.dropout_param)",
        ),
    ),
    (
        LOSS,
        lines(
            LOSS,
            "if self.use_dropout:",
            "    dscores = dropout_backward(dscores, dropped)",
        ),
    ),
)
dropout(
    "dropout-on-input",
    "Values of the input are dropped; dropout belongs behind the ReLU of hidden layers only.",
    (
        "out, caches = X, []",
        lines(
            "out, caches = X, []",
            "if self.use_dropout:",
            "    out, _ = dropout_forward(X, self.dropout_param)",
        ),
    ),
)
dropout(
    "dropout-not-undone",
    "The backward pass leaves dropout out, so dropped units get gradients.",
    *hidden("norm", "relu", "dropout", back=("relu", "norm")),
)
dropout(
    "dropout-before-normalization",
    "Values are dropped before they are normalized; dropout belongs behind ReLU.",
    *hidden("dropout", "norm", "relu"),
)
dropout(
    "dropout-always-trains",
    "Values are dropped at test time as well.",
    ('self.dropout_param["mode"] = mode', 'self.dropout_param["mode"] = "train"'),
)
dropout(
    "mode-always-train",
    "The net never leaves training mode.",
    ('mode = "test" if y is None else "train"', 'mode = "train"'),
)
dropout(
    "drop-probability-passed-on",
    "The net passes on the probability to drop; the layer wants that to keep.",
    ('"p": dropout_keep_ratio}', '"p": 1 - dropout_keep_ratio}'),
)
dropout(
    "dropout-before-relu",
    "Values are dropped just before ReLU instead of just behind it: the same result.",
    *hidden("norm", "dropout", "relu"),
    tolerated=True,
)

# In one branch only: many write the net once for each combination. ---------------------------

LOSS_TERM = "loss += 0.5 * self.reg * float((W**2).sum())"
GRADIENT_TERM = 'grads[f"W{i}"] += self.reg * W'
EVERY_WEIGHT = "for i in range(1, self.num_layers + 1):\n            W = "

regularization(
    "regularization-missing-with-normalization",
    "With a normalization, neither the loss nor the gradients are regularized.",
    (
        EVERY_WEIGHT,
        lines("for i in () if self.normalization else range(1, self.num_layers + 1):", "    W = "),
    ),
)
regularization(
    "regularization-missing-with-dropout",
    "With dropout, neither the loss nor the gradients are regularized.",
    (
        EVERY_WEIGHT,
        lines("for i in () if self.use_dropout else range(1, self.num_layers + 1):", "    W = "),
    ),
)
regularization(
    "regularization-gradient-missing-with-batchnorm",
    "With batch norm, the loss is regularized but the gradients of the weights are not.",
    (
        GRADIENT_TERM,
        'grads[f"W{i}"] += self.reg * W * (self.normalization != "batchnorm")',
    ),
)
regularization(
    "scales-regularized-in-loss",
    "The scales gamma are regularized in the loss.",
    (
        LOSS_TERM,
        lines(
            LOSS_TERM,
            'gamma = self.params.get(f"gamma{i}", np.zeros(1))',
            "loss += 0.5 * self.reg * float((gamma**2).sum())",
        ),
    ),
)
regularization(
    "scales-regularized-with-batchnorm",
    "With batch norm, the gradients of gamma are regularized.",
    (
        GRADIENT_TERM,
        lines(
            GRADIENT_TERM,
            'if self.normalization == "batchnorm" and i < self.num_layers:',
            '    grads[f"gamma{i}"] += self.reg * self.params[f"gamma{i}"]',
        ),
    ),
)
dropout(
    "dropout-on-two-layers-at-most",
    "Dropout is applied after the first two hidden layers and not after the others.",
    (DROPS, "self.dropout_param if self.use_dropout and i < 3 else None"),
)
dropout(
    "batchnorm-trains-with-dropout",
    "With dropout, batch norm is never switched to test mode.",
    (
        'bn_param["mode"] = mode',
        'bn_param["mode"] = "train" if self.use_dropout else mode',
    ),
)
net(
    "weights-evenly-drawn",
    "The initial weights have the right spread, but are drawn evenly, not from a normal one.",
    (WEIGHTS, "weight_scale * np.sqrt(3) * np.random.uniform(-1, 1, (fan_in, fan_out))"),
)
dropout(
    "seed-ignored",
    "The seed never reaches the dropout layers, so every run drops other units.",
    ('self.dropout_param["seed"] = seed', "self.seed = seed"),
)
