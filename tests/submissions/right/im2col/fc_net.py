from builtins import object, range

import numpy as np

from ..layer_utils import *
from ..layers import *


class FullyConnectedNet(object):
    """Fully connected net. forward() leaves its caches in self.caches for backward()."""

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
            raise ValueError("normalization is batchnorm, layernorm or None")
        self.normalization = normalization
        self.use_dropout = dropout_keep_ratio != 1
        self.reg = reg
        self.num_layers = 1 + len(hidden_dims)
        self.dtype = dtype
        self.params = {}

        dims = np.hstack((input_dim, hidden_dims, num_classes)).astype(int)
        for i in range(self.num_layers):
            self.params["W%d" % (i + 1)] = np.random.normal(
                0, weight_scale, size=(dims[i], dims[i + 1])
            )
            self.params["b%d" % (i + 1)] = np.zeros(dims[i + 1])
        if self.normalization is not None:
            for i in range(self.num_layers - 1):
                self.params["gamma%d" % (i + 1)] = np.ones(dims[i + 1])
                self.params["beta%d" % (i + 1)] = np.zeros(dims[i + 1])

        self.dropout_param = {}
        if self.use_dropout:
            self.dropout_param = {"mode": "train", "p": dropout_keep_ratio}
            if seed is not None:
                self.dropout_param["seed"] = seed

        self.bn_params = []
        if normalization == "batchnorm":
            self.bn_params = [{"mode": "train"} for _ in hidden_dims]
        elif normalization == "layernorm":
            self.bn_params = [{} for _ in hidden_dims]

        for name, value in self.params.items():
            self.params[name] = value.astype(dtype)

    def forward(self, X):
        self.caches = []
        out = X
        for i in range(1, self.num_layers):
            W, b = self.params["W%d" % i], self.params["b%d" % i]
            out, cache = affine_forward(out, W, b)
            self.caches.append(cache)
            if self.normalization is not None:
                gamma, beta = self.params["gamma%d" % i], self.params["beta%d" % i]
                if self.normalization == "batchnorm":
                    out, cache = batchnorm_forward(out, gamma, beta, self.bn_params[i - 1])
                else:
                    out, cache = layernorm_forward(out, gamma, beta, self.bn_params[i - 1])
                self.caches.append(cache)
            out, cache = relu_forward(out)
            self.caches.append(cache)
            if self.use_dropout:
                out, cache = dropout_forward(out, self.dropout_param)
                self.caches.append(cache)
        i = self.num_layers
        self.scores, cache = affine_forward(out, self.params["W%d" % i], self.params["b%d" % i])
        self.caches.append(cache)

    def backward(self, dscores):
        self.grads = {}
        i = self.num_layers
        dout, self.grads["W%d" % i], self.grads["b%d" % i] = affine_backward(
            dscores, self.caches.pop()
        )
        while i > 1:
            i -= 1
            if self.use_dropout:
                dout = dropout_backward(dout, self.caches.pop())
            dout = relu_backward(dout, self.caches.pop())
            if self.normalization == "batchnorm":
                dout, dgamma, dbeta = batchnorm_backward_alt(dout, self.caches.pop())
            elif self.normalization == "layernorm":
                dout, dgamma, dbeta = layernorm_backward(dout, self.caches.pop())
            if self.normalization is not None:
                self.grads["gamma%d" % i] = dgamma
                self.grads["beta%d" % i] = dbeta
            dout, self.grads["W%d" % i], self.grads["b%d" % i] = affine_backward(
                dout, self.caches.pop()
            )

    def loss(self, X, y=None):
        X = X.astype(self.dtype)
        mode = "test" if y is None else "train"
        if self.use_dropout:
            self.dropout_param["mode"] = mode
        if self.normalization == "batchnorm":
            for bn_param in self.bn_params:
                bn_param["mode"] = mode

        self.forward(X)
        if y is None:
            return self.scores

        loss, dscores = softmax_loss(self.scores, y)
        self.backward(dscores)
        for i in range(1, self.num_layers + 1):
            W = self.params["W%d" % i]
            loss += 0.5 * self.reg * np.sum(W * W)
            self.grads["W%d" % i] += self.reg * W
        return loss, self.grads
