from __future__ import annotations

import numpy as np

from ..fast_layers import *
from ..layer_utils import *
from ..layers import *


class ThreeLayerConvNet:
    """conv - relu - 2x2 max pool - affine - relu - affine - softmax"""

    def __init__(
        self,
        input_dim=(3, 32, 32),
        num_filters=32,
        filter_size=7,
        hidden_dim=100,
        num_classes=10,
        weight_scale=1e-3,
        reg=0.0,
        dtype=np.float32,
    ):
        self.params = {}
        self.reg = reg
        self.dtype = dtype

        C, H, W = input_dim
        halves = (num_filters, int(H / 2), int(W / 2))
        self.params["W1"] = np.random.randn(num_filters, C, filter_size, filter_size)
        self.params["W2"] = np.random.randn(int(np.prod(halves)), hidden_dim)
        self.params["W3"] = np.random.randn(hidden_dim, num_classes)
        for name in ("W1", "W2", "W3"):
            self.params[name] *= weight_scale
        self.params["b1"] = np.zeros((num_filters,))
        self.params["b2"] = np.zeros((hidden_dim,))
        self.params["b3"] = np.zeros((num_classes,))

        for name, value in self.params.items():
            self.params[name] = value.astype(dtype)

    def loss(self, X, y=None):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        W3, b3 = self.params["W3"], self.params["b3"]

        filter_size = W1.shape[2]
        conv_param = {"stride": 1, "pad": (filter_size - 1) // 2}
        pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}

        maps, maps_cache = conv_relu_forward(X, W1, b1, conv_param)
        small, small_cache = max_pool_forward_fast(maps, pool_param)
        hidden, hidden_cache = affine_relu_forward(small, W2, b2)
        scores, scores_cache = affine_forward(hidden, W3, b3)

        if y is None:
            return scores

        grads = {}
        loss, dscores = softmax_loss(scores, y)
        dhidden, grads["W3"], grads["b3"] = affine_backward(dscores, scores_cache)
        dsmall, grads["W2"], grads["b2"] = affine_relu_backward(dhidden, hidden_cache)
        dmaps = max_pool_backward_fast(dsmall, small_cache)
        _, grads["W1"], grads["b1"] = conv_relu_backward(dmaps, maps_cache)

        squares = 0.0
        for name in ("W1", "W2", "W3"):
            squares += float(np.sum(self.params[name] ** 2))
            grads[name] += self.reg * self.params[name]
        return loss + 0.5 * self.reg * squares, grads
