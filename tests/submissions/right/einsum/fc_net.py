from __future__ import annotations

import numpy as np

from ..layer_utils import *
from ..layers import *


class FullyConnectedNet:
    """The hidden layers are a list of lists of (forward, backward, names, extra arguments)."""

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
            raise ValueError(f"normalization {normalization!r}?")
        self.normalization = normalization
        self.use_dropout = dropout_keep_ratio != 1
        self.reg = reg
        self.num_layers = 1 + len(hidden_dims)
        self.dtype = dtype
        self.params: dict[str, Array] = {}

        sizes = [input_dim] + list(hidden_dims) + [num_classes]
        for k, (rows, columns) in enumerate(zip(sizes[:-1], sizes[1:]), start=1):
            self.params[f"W{k}"] = np.random.randn(rows, columns) * weight_scale
            self.params[f"b{k}"] = np.zeros((columns,))
            if self._is_normalized(k):
                self.params[f"gamma{k}"] = np.ones((columns,))
                self.params[f"beta{k}"] = np.zeros((columns,))

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

    def _is_normalized(self, k):
        return self.normalization is not None and k < self.num_layers

    def _layer_list(self):
        layers = []
        for k in range(1, self.num_layers + 1):
            layers.append((affine_forward, affine_backward, [f"W{k}", f"b{k}"], []))
            if k == self.num_layers:
                break
            if self._is_normalized(k):
                if self.normalization == "batchnorm":
                    forward, backward = batchnorm_forward, batchnorm_backward
                else:
                    forward, backward = layernorm_forward, layernorm_backward
                names = [f"gamma{k}", f"beta{k}"]
                layers.append((forward, backward, names, [self.bn_params[k - 1]]))
            layers.append((relu_forward, relu_backward, [], []))
            if self.use_dropout:
                layers.append((dropout_forward, dropout_backward, [], [self.dropout_param]))
        return layers

    def _forward(self, X, layers):
        caches = []
        for forward, _, names, extra in layers:
            X, cache = forward(X, *[self.params[n] for n in names], *extra)
            caches.append(cache)
        return X, caches

    def _backward(self, d, layers, caches):
        grads = {}
        for (_, backward, names, _), cache in zip(reversed(layers), reversed(caches)):
            if names:
                d, *more = backward(d, cache)
                grads.update(zip(names, more))
            else:
                d = backward(d, cache)
        return grads

    def _add_regularization(self, loss, grads):
        for name in grads:
            if name.startswith("W"):
                w = self.params[name]
                loss += self.reg / 2 * np.einsum("ij,ij->", w, w)
                grads[name] = grads[name] + self.reg * w
        return loss, grads

    def loss(self, X, y=None):
        X = X.astype(self.dtype)
        mode = "test" if y is None else "train"
        if self.use_dropout:
            self.dropout_param["mode"] = mode
        if self.normalization == "batchnorm":
            for bn_param in self.bn_params:
                bn_param["mode"] = mode

        layers = self._layer_list()
        scores, caches = self._forward(X, layers)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        grads = self._backward(dscores, layers, caches)
        return self._add_regularization(loss, grads)
