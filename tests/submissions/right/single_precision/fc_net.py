from __future__ import annotations

import numpy as np

from ..layer_utils import *
from ..layers import *


class FullyConnectedNet:
    """The forward pass writes the backward pass as a list of functions."""

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
            raise ValueError(
                f'normalization must be "batchnorm", "layernorm" or None, not {normalization!r}'
            )
        self.normalization = normalization
        self.use_dropout = dropout_keep_ratio != 1
        self.reg = reg
        self.num_layers = 1 + len(hidden_dims)
        self.dtype = dtype
        self.params = {}

        sizes = (input_dim, *hidden_dims, num_classes)
        for layer in range(1, self.num_layers + 1):
            self.params[f"W{layer}"] = np.random.randn(*sizes[layer - 1 : layer + 1])
            self.params[f"W{layer}"] *= weight_scale
            self.params[f"b{layer}"] = np.zeros(sizes[layer])
            if layer < self.num_layers and normalization is not None:
                self.params[f"gamma{layer}"] = np.ones(sizes[layer])
                self.params[f"beta{layer}"] = np.zeros(sizes[layer])

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

    def loss(self, X, y=None):
        X = X.astype(self.dtype)
        mode = "test" if y is None else "train"
        if self.use_dropout:
            self.dropout_param["mode"] = mode
        if self.normalization == "batchnorm":
            for bn_param in self.bn_params:
                bn_param["mode"] = mode

        grads = {}
        tape = []

        def affine(h, layer):
            h, cache = affine_forward(h, self.params[f"W{layer}"], self.params[f"b{layer}"])

            def back(d):
                d, grads[f"W{layer}"], grads[f"b{layer}"] = affine_backward(d, cache)
                grads[f"W{layer}"] += self.reg * self.params[f"W{layer}"]
                return d

            tape.append(back)
            return h

        def norm(h, layer):
            if self.normalization == "batchnorm":
                forward, backward = batchnorm_forward, batchnorm_backward
            else:
                forward, backward = layernorm_forward, layernorm_backward
            gamma, beta = self.params[f"gamma{layer}"], self.params[f"beta{layer}"]
            h, cache = forward(h, gamma, beta, self.bn_params[layer - 1])

            def back(d):
                d, grads[f"gamma{layer}"], grads[f"beta{layer}"] = backward(d, cache)
                return d

            tape.append(back)
            return h

        def relu(h):
            h, cache = relu_forward(h)
            tape.append(lambda d: relu_backward(d, cache))
            return h

        def dropout(h):
            h, cache = dropout_forward(h, self.dropout_param)
            tape.append(lambda d: dropout_backward(d, cache))
            return h

        h = X
        for layer in range(1, self.num_layers):
            h = affine(h, layer)
            if self.normalization is not None:
                h = norm(h, layer)
            h = relu(h)
            if self.use_dropout:
                h = dropout(h)
        scores = affine(h, self.num_layers)

        if y is None:
            return scores

        loss, d = softmax_loss(scores, y)
        for layer in range(1, self.num_layers + 1):
            loss = loss + 0.5 * self.reg * np.square(self.params[f"W{layer}"]).sum()
        for back in reversed(tape):
            d = back(d)
        return loss, grads
