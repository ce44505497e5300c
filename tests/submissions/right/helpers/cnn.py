from builtins import object

import matplotlib.pyplot as plt
import numpy as np

from ..fast_layers import *
from ..layer_utils import *
from ..layers import *


class ThreeLayerConvNet(object):
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
        self.init_layer("1", (num_filters, C, filter_size, filter_size), num_filters, weight_scale)
        flat = num_filters * (H // 2) * (W // 2)
        self.init_layer("2", (flat, hidden_dim), hidden_dim, weight_scale)
        self.init_layer("3", (hidden_dim, num_classes), num_classes, weight_scale)

        for name, value in self.params.items():
            self.params[name] = value.astype(dtype)

    def init_layer(self, n, shape, size, weight_scale):
        self.params["W" + n] = weight_scale * np.random.randn(*shape)
        self.params["b" + n] = np.zeros(size)
        print("W" + n, shape)

    def loss(self, X, y=None):
        X = X.astype(self.dtype)
        print("images", X.shape)
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        W3, b3 = self.params["W3"], self.params["b3"]

        filter_size = W1.shape[2]
        conv_param = {"stride": 1, "pad": (filter_size - 1) // 2}
        pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}

        out, conv_cache = conv_relu_pool_forward(X, W1, b1, conv_param, pool_param)
        print("after pooling", out.shape)
        out, hidden_cache = affine_norm_relu_dropout_forward(out, W2, b2)
        scores, cache = affine_forward(out, W3, b3)

        if y is None:
            return scores

        grads = {}
        loss, dout = softmax_loss(scores, y)
        dout, grads["W3"], grads["b3"] = affine_backward(dout, cache)
        dout, grads["W2"], grads["b2"], _, _ = affine_norm_relu_dropout_backward(dout, hidden_cache)
        dout, grads["W1"], grads["b1"] = conv_relu_pool_backward(dout, conv_cache)
        for name, value in self.params.items():
            if "W" in name:
                loss += 0.5 * self.reg * np.sum(np.square(value))
                grads[name] += self.reg * value
        print("loss", loss)
        return loss, grads
