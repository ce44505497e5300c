from builtins import object

import numpy as np

from ..fast_layers import *
from ..layer_utils import *
from ..layers import *


class ThreeLayerConvNet(object):
    """conv - relu - 2x2 max pool - affine - relu - affine - softmax, with my own layers only."""

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
        F, HH, WW = num_filters, filter_size, filter_size
        self.params["W1"] = np.random.normal(0.0, weight_scale, (F, C, HH, WW))
        self.params["b1"] = np.zeros(F)
        D = F * (H // 2) * (W // 2)
        self.params["W2"] = np.random.normal(0.0, weight_scale, (D, hidden_dim))
        self.params["b2"] = np.zeros(hidden_dim)
        self.params["W3"] = np.random.normal(0.0, weight_scale, (hidden_dim, num_classes))
        self.params["b3"] = np.zeros(num_classes)

        for name, value in self.params.items():
            self.params[name] = value.astype(dtype)

    def loss(self, X, y=None):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        W3, b3 = self.params["W3"], self.params["b3"]

        filter_size = W1.shape[2]
        conv_param = {"stride": 1, "pad": (filter_size - 1) // 2}
        pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}

        conv, self.conv_cache = conv_forward_naive(X, W1, b1, conv_param)
        relu1, self.relu1_cache = relu_forward(conv)
        pool, self.pool_cache = max_pool_forward_naive(relu1, pool_param)
        hidden, self.hidden_cache = affine_forward(pool, W2, b2)
        relu2, self.relu2_cache = relu_forward(hidden)
        scores, self.scores_cache = affine_forward(relu2, W3, b3)

        if y is None:
            return scores

        grads = {}
        loss, dscores = softmax_loss(scores, y)
        loss += 0.5 * self.reg * (np.sum(W1**2) + np.sum(W2**2) + np.sum(W3**2))

        drelu2, dW3, db3 = affine_backward(dscores, self.scores_cache)
        dhidden = relu_backward(drelu2, self.relu2_cache)
        dpool, dW2, db2 = affine_backward(dhidden, self.hidden_cache)
        drelu1 = max_pool_backward_naive(dpool, self.pool_cache)
        dconv = relu_backward(drelu1, self.relu1_cache)
        dX, dW1, db1 = conv_backward_naive(dconv, self.conv_cache)

        grads["W1"], grads["b1"] = dW1 + self.reg * W1, db1
        grads["W2"], grads["b2"] = dW2 + self.reg * W2, db2
        grads["W3"], grads["b3"] = dW3 + self.reg * W3, db3
        return loss, grads
