"""ThreeLayerConvNet: parameters, layers, regularization."""

from __future__ import annotations

from functools import partial

from autograder.misconceptions import lines, mistake

__all__: list[str] = []

net = partial(mistake, "ThreeLayerConvNet", topic="Convolutional nets")
regularization = partial(mistake, "ThreeLayerConvNet", topic="Regularization")

# Parameters. --------------------------------------------------------------------------------

POOLED = "pooled = num_filters * (H // 2) * (W // 2)"
FILTERS = '"W1": (num_filters, C, filter_size, filter_size),'
DRAWN = "weight_scale * np.random.randn(*shape)"
FIRST_BIASES = 'self.params["b1"] = np.zeros(num_filters)'
CAST = "self.params[name] = value.astype(dtype)"

net(
    "weights-unscaled",
    "weight_scale has no influence on the initial weights.",
    (DRAWN, "np.random.randn(*shape)"),
)
net(
    "weights-uniform",
    "The initial weights are drawn evenly between 0 and weight_scale, so none is negative.",
    (DRAWN, "weight_scale * np.random.rand(*shape)"),
)
net(
    "filters-unscaled",
    "weight_scale is not used for the filters.",
    (DRAWN, 'np.random.randn(*shape) * (weight_scale if name != "W1" else 1)'),
)
net(
    "last-weights-unscaled",
    "weight_scale is not used for the last layer.",
    (DRAWN, 'np.random.randn(*shape) * (weight_scale if name != "W3" else 1)'),
)
net(
    "biases-random",
    "The biases of the filters start at random; they should start at 0.",
    (FIRST_BIASES, 'self.params["b1"] = weight_scale * np.random.randn(num_filters)'),
)
net(
    "one-bias-for-all-filters",
    "The filters share one bias; each has its own.",
    (FIRST_BIASES, 'self.params["b1"] = np.zeros(1)'),
)
net(
    "filters-without-channels",
    "The filters have no axis for the channels of the image.",
    (FILTERS, '"W1": (num_filters, filter_size, filter_size),'),
)
net(
    "filter-axes-exchanged",
    "The filters' first two axes are exchanged: channels come second.",
    (FILTERS, '"W1": (C, num_filters, filter_size, filter_size),'),
)
net(
    "always-three-channels",
    "The number of channels is written into the code.",
    (FILTERS, '"W1": (num_filters, 3, filter_size, filter_size),'),
)
net(
    "always-seven-pixels",
    "The size of the filters is written into the code.",
    (FILTERS, '"W1": (num_filters, C, 7, 7),'),
)
net(
    "always-cifar-images",
    "The size of an image is written into the code.",
    (POOLED, "pooled = num_filters * 16 * 16"),
)
net(
    "pooling-forgotten",
    "The hidden layer expects as many values as there are before the pooling.",
    (POOLED, "pooled = num_filters * H * W"),
)
net(
    "pooling-halves-once",
    "The pooling halves the height and the width; only one of them was counted.",
    (POOLED, "pooled = num_filters * (H // 2) * W"),
)
net(
    "images-taken-for-square",
    "The height of the image is used for its width; images need not be square.",
    (POOLED, "pooled = num_filters * (H // 2) ** 2"),
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
    (DRAWN, "np.random.normal(0.0, weight_scale, shape)"),
    tolerated=True,
)
net(
    "pooled-by-division",
    "The number of pooled values is a quarter of all: the same number.",
    (POOLED, "pooled = num_filters * H * W // 4"),
    tolerated=True,
)

# Forward and backward. ----------------------------------------------------------------------

CONVOLUTION = "pooled, conv_cache = conv_relu_pool_forward(X, W1, b1, conv_param, pool_param)"
CONVOLUTION_BACK = '_, grads["W1"], grads["b1"] = conv_relu_pool_backward(dpooled, conv_cache)'
HIDDEN = "hidden, hidden_cache = affine_relu_forward(pooled, W2, b2)"
HIDDEN_BACK = 'dpooled, grads["W2"], grads["b2"] = affine_relu_backward(dhidden, hidden_cache)'
SCORES = "scores, scores_cache = affine_forward(hidden, W3, b3)"
SCORES_BACK = 'dhidden, grads["W3"], grads["b3"] = affine_backward(dscores, scores_cache)'
RETURNED = "return scores"

net(
    "convolution-without-relu",
    "There is no ReLU between the convolution and the pooling.",
    (
        CONVOLUTION,
        lines(
            "maps, conv_cache = conv_forward_fast(X, W1, b1, conv_param)",
            "pooled, pool_cache = max_pool_forward_fast(maps, pool_param)",
        ),
    ),
    (
        CONVOLUTION_BACK,
        lines(
            "dmaps = max_pool_backward_fast(dpooled, pool_cache)",
            '_, grads["W1"], grads["b1"] = conv_backward_fast(dmaps, conv_cache)',
        ),
    ),
)
net(
    "pooling-missing",
    "There is no pooling behind the convolution.",
    (CONVOLUTION, "pooled, conv_cache = conv_relu_forward(X, W1, b1, conv_param)"),
    (CONVOLUTION_BACK, CONVOLUTION_BACK.replace("conv_relu_pool", "conv_relu")),
    (POOLED, "pooled = num_filters * H * W"),
)
net(
    "hidden-layer-without-relu",
    "There is no ReLU between the two affine layers, so they are no more than one of them.",
    (HIDDEN, HIDDEN.replace("affine_relu", "affine")),
    (HIDDEN_BACK, HIDDEN_BACK.replace("affine_relu", "affine")),
)
net(
    "relu-on-scores",
    "The scores go through ReLU; a score may be negative.",
    (SCORES, SCORES.replace("affine", "affine_relu")),
    (SCORES_BACK, SCORES_BACK.replace("affine", "affine_relu")),
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
    "weight-and-bias-gradients-swapped",
    "The gradients of the filters and of their biases are exchanged.",
    ('_, grads["W1"], grads["b1"] =', '_, grads["b1"], grads["W1"] ='),
)
net(
    "bias-gradient-missing",
    "grads has no entry for the biases of the filters.",
    ('_, grads["W1"], grads["b1"] =', '_, grads["W1"], _ ='),
)
net(
    "spelled-out",
    "The layers are called one by one instead of in sandwiches: the same layers.",
    (
        CONVOLUTION,
        lines(
            "maps, conv_cache = conv_relu_forward(X, W1, b1, conv_param)",
            "pooled, pool_cache = max_pool_forward_fast(maps, pool_param)",
        ),
    ),
    (
        CONVOLUTION_BACK,
        lines(
            "dmaps = max_pool_backward_fast(dpooled, pool_cache)",
            '_, grads["W1"], grads["b1"] = conv_relu_backward(dmaps, conv_cache)',
        ),
    ),
    tolerated=True,
)
net(
    "naive-layers",
    "The naive layers are used instead of the fast ones: slower, with the same result.",
    (
        CONVOLUTION,
        lines(
            "maps, conv_cache = conv_forward_naive(X, W1, b1, conv_param)",
            "maps, relu_cache = relu_forward(maps)",
            "pooled, pool_cache = max_pool_forward_naive(maps, pool_param)",
        ),
    ),
    (
        CONVOLUTION_BACK,
        lines(
            "dmaps = max_pool_backward_naive(dpooled, pool_cache)",
            "dmaps = relu_backward(dmaps, relu_cache)",
            '_, grads["W1"], grads["b1"] = conv_backward_naive(dmaps, conv_cache)',
        ),
    ),
    tolerated=True,
)

# Regularization. ----------------------------------------------------------------------------

EACH_WEIGHT = 'for name in ("W1", "W2", "W3"):'
TERM = "loss += 0.5 * self.reg * float((W**2).sum())"
GRADIENT = "grads[name] += self.reg * W"

regularization(
    "regularization-without-half",
    "The regularization term lacks the factor that its gradient was derived with.",
    (TERM, "loss += self.reg * float((W**2).sum())"),
)
regularization(
    "regularization-gradient-halved",
    "The factor 0.5 of the regularization term is still there in its gradient.",
    (GRADIENT, "grads[name] += 0.5 * self.reg * W"),
)
regularization(
    "regularization-gradient-doubled",
    "The gradient of the regularization term has a factor too many.",
    (GRADIENT, "grads[name] += 2 * self.reg * W"),
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
    "filters-not-regularized",
    "The weights of the filters are not regularized.",
    (EACH_WEIGHT, 'for name in ("W2", "W3"):'),
)
regularization(
    "regularization-not-on-last-layer",
    "The weights of the last layer are not regularized.",
    (EACH_WEIGHT, 'for name in ("W1", "W2"):'),
)
regularization(
    "biases-regularized",
    "The biases are regularized too; only weights should be.",
    (EACH_WEIGHT, "for name in self.params:"),
)
regularization(
    "reg-read-at-construction",
    "The value that reg had at construction is used for ever; a new model.reg has no effect.",
    ("self.reg = reg\n", "self.reg = self.first_reg = reg\n"),
    (TERM, TERM.replace("self.reg", "self.first_reg")),
    (GRADIENT, GRADIENT.replace("self.reg", "self.first_reg")),
)
