from builtins import object, range

import numpy as np

from ..layer_utils import *
from ..layers import *


class FullyConnectedNet(object):
    """{affine - [norm] - relu - [dropout]} x (L - 1) - affine - softmax"""

    def __init__(
        self,
        hidden_dims,
        input_dim=3 * 32 * 32,
        num_classes=10,
        dropout_keep_ratio=1,
        normalization=None,
        reg=0.0,
        weight_scale=1e-2,
        dtype=np.float32,
        seed=None,
    ):
        if normalization not in ("batchnorm", "layernorm", None):
            raise ValueError("unknown normalization %r" % (normalization,))
        self.normalization = normalization
        self.use_dropout = dropout_keep_ratio != 1
        self.reg = reg
        self.num_layers = 1 + len(hidden_dims)
        self.dtype = dtype
        self.params = {}

        prev = input_dim
        for l in range(1, self.num_layers):
            size = hidden_dims[l - 1]
            self.params["W" + str(l)] = np.random.randn(prev, size) * weight_scale
            self.params["b" + str(l)] = np.zeros(size)
            if self.normalization == "batchnorm" or self.normalization == "layernorm":
                self.params["gamma" + str(l)] = np.ones(size)
                self.params["beta" + str(l)] = np.zeros(size)
            prev = size
        L = str(self.num_layers)
        self.params["W" + L] = np.random.randn(prev, num_classes) * weight_scale
        self.params["b" + L] = np.zeros(num_classes)

        # All dropout layers share one dictionary.
        self.dropout_param = {}
        if self.use_dropout:
            self.dropout_param = {"mode": "train", "p": dropout_keep_ratio}
            if seed is not None:
                self.dropout_param["seed"] = seed

        # Each normalization has its own: bn_params[0] is for the first hidden layer, and so on.
        self.bn_params = []
        if normalization == "batchnorm":
            self.bn_params = [{"mode": "train"} for _ in hidden_dims]
        elif normalization == "layernorm":
            self.bn_params = [{} for _ in hidden_dims]

        for name, value in self.params.items():
            self.params[name] = value.astype(dtype)

    def loss(self, X, y=None):
        X = X.astype(self.dtype)
        mode = "test" if y is None else "train"
        if self.use_dropout:
            self.dropout_param["mode"] = mode
        if self.normalization == "batchnorm":
            for bn_param in self.bn_params:
                bn_param["mode"] = mode

        affine_caches, norm_caches, relu_caches, dropout_caches = {}, {}, {}, {}
        h = X
        for l in range(1, self.num_layers):
            s = str(l)
            h, affine_caches[l] = affine_forward(h, self.params["W" + s], self.params["b" + s])
            if self.normalization == "batchnorm":
                h, norm_caches[l] = batchnorm_forward(
                    h, self.params["gamma" + s], self.params["beta" + s], self.bn_params[l - 1]
                )
            elif self.normalization == "layernorm":
                h, norm_caches[l] = layernorm_forward(
                    h, self.params["gamma" + s], self.params["beta" + s], self.bn_params[l - 1]
                )
            h, relu_caches[l] = relu_forward(h)
            if self.use_dropout:
                h, dropout_caches[l] = dropout_forward(h, self.dropout_param)
        L = self.num_layers
        scores, affine_caches[L] = affine_forward(
            h, self.params["W" + str(L)], self.params["b" + str(L)]
        )

        if y is None:
            return scores

        grads = {}
        loss, dscores = softmax_loss(scores, y)
        dh, dW, db = affine_backward(dscores, affine_caches[L])
        W = self.params["W" + str(L)]
        loss += 0.5 * self.reg * np.sum(W * W)
        grads["W" + str(L)] = dW + self.reg * W
        grads["b" + str(L)] = db
        for l in range(L - 1, 0, -1):
            s = str(l)
            if self.use_dropout:
                dh = dropout_backward(dh, dropout_caches[l])
            dh = relu_backward(dh, relu_caches[l])
            if self.normalization == "batchnorm":
                dh, grads["gamma" + s], grads["beta" + s] = batchnorm_backward(dh, norm_caches[l])
            elif self.normalization == "layernorm":
                dh, grads["gamma" + s], grads["beta" + s] = layernorm_backward(dh, norm_caches[l])
            dh, dW, db = affine_backward(dh, affine_caches[l])
            W = self.params["W" + s]
            loss += 0.5 * self.reg * np.sum(W * W)
            grads["W" + s] = dW + self.reg * W
            grads["b" + s] = db
        return loss, grads
