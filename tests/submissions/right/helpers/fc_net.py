from builtins import object, range

import matplotlib.pyplot as plt
import numpy as np

from ..layer_utils import *
from ..layers import *


class FullyConnectedNet(object):
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
            raise ValueError("Invalid normalization " + repr(normalization))
        self.normalization = normalization
        self.use_dropout = dropout_keep_ratio != 1
        self.reg = reg
        self.num_layers = 1 + len(hidden_dims)
        self.dtype = dtype
        self.params = {}

        self.dims = [input_dim]
        self.dims.extend(hidden_dims)
        self.dims.append(num_classes)
        print("layer sizes:", self.dims)
        for i in range(self.num_layers):
            n = str(i + 1)
            self.params["W" + n] = weight_scale * np.random.randn(self.dims[i], self.dims[i + 1])
            self.params["b" + n] = np.zeros(self.dims[i + 1])
            last = i == self.num_layers - 1
            if normalization and not last:
                self.params["gamma" + n] = np.ones(self.dims[i + 1])
                self.params["beta" + n] = np.zeros(self.dims[i + 1])

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
            print(name, self.params[name].shape, self.params[name].dtype)

    def loss(self, X, y=None):
        X = X.astype(self.dtype)
        print("X", X.shape, X.dtype)
        mode = "test" if y is None else "train"
        if self.use_dropout:
            self.dropout_param["mode"] = mode
        if self.normalization == "batchnorm":
            for bn_param in self.bn_params:
                bn_param["mode"] = mode

        out = X
        caches = [None] * self.num_layers
        for i in range(self.num_layers - 1):
            n = str(i + 1)
            out, caches[i] = affine_norm_relu_dropout_forward(
                out,
                self.params["W" + n],
                self.params["b" + n],
                gamma=self.params.get("gamma" + n),
                beta=self.params.get("beta" + n),
                norm=self.normalization,
                norm_param=self.bn_params[i] if self.bn_params else None,
                dropout_param=self.dropout_param,
            )
        n = str(self.num_layers)
        scores, caches[-1] = affine_forward(out, self.params["W" + n], self.params["b" + n])
        print("scores", scores.shape)

        if y is None:
            return scores

        grads = {}
        data_loss, dout = softmax_loss(scores, y)
        reg_loss = 0.0
        dout, grads["W" + n], grads["b" + n] = affine_backward(dout, caches[-1])
        for i in reversed(range(self.num_layers - 1)):
            n = str(i + 1)
            dout, grads["W" + n], grads["b" + n], dgamma, dbeta = (
                affine_norm_relu_dropout_backward(dout, caches[i], self.normalization)
            )
            if self.normalization:
                grads["gamma" + n] = dgamma
                grads["beta" + n] = dbeta
        for i in range(self.num_layers):
            w = self.params["W%d" % (i + 1)]
            reg_loss += 0.5 * self.reg * np.linalg.norm(w) ** 2
            grads["W%d" % (i + 1)] += self.reg * w
        loss = data_loss + reg_loss
        print("loss", data_loss, "+", reg_loss)
        for name in grads:
            grads[name] = grads[name].astype(self.dtype)
            print(name, grads[name].shape)
        return loss, grads
