"""A fully connected network with any number of hidden layers."""
# ruff: noqa: F403, F405, TID252  the assignment's imports: the folder moves to another package

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..layer_utils import *
from ..layers import *


class FullyConnectedNet:
    """Hidden layers with ReLU, then scores and the softmax loss.

    {affine - [batch or layer normalization] - ReLU - [dropout]} x (L - 1) - affine - softmax

    Parameters are in `params`: weights "W1", ..., "WL", biases "b1", ..., "bL" and, with
    normalization, scales and shifts "gamma1", "beta1", ... of the L - 1 hidden layers.
    The `Solver` learns them.
    """

    def __init__(
        self,
        hidden_dims: Sequence[int],
        input_dim: int = 3 * 32 * 32,
        num_classes: int = 10,
        dropout_keep_ratio: float = 1,
        normalization: str | None = None,
        reg: float = 0.0,
        weight_scale: float = 1e-2,
        dtype: type[np.floating[Any]] = np.float32,
        seed: int | None = None,
    ) -> None:
        """Set up a network with random weights.

        Args:
            hidden_dims: number of units of each hidden layer.
            input_dim: number D of values of an example.
            num_classes: number C of classes.
            dropout_keep_ratio: probability to keep a unit; 1 means no dropout.
            normalization: "batchnorm", "layernorm" or None.
            reg: strength of the L2 regularization.
            weight_scale: standard deviation of the initial weights.
            dtype: float type to compute with; float64 for gradient checks.
            seed: makes every dropout mask the same, for gradient checks.

        Raises:
            ValueError: the normalization is not one of the three.
        """
        if normalization not in ("batchnorm", "layernorm", None):
            raise ValueError(
                f'normalization must be "batchnorm", "layernorm" or None, not {normalization!r}'
            )
        self.normalization = normalization
        self.use_dropout = dropout_keep_ratio != 1
        self.reg = reg
        self.num_layers = 1 + len(hidden_dims)
        self.dtype = dtype
        self.params: dict[str, Array] = {}

        ### BEGIN SOLUTION
        # TODO: Fill self.params, layer by layer from the first. Weights are drawn from a normal
        # distribution of mean 0 and standard deviation weight_scale (np.random.randn), biases
        # and shifts start at 0, scales at 1. The last layer is never normalized.
        dims = [input_dim, *hidden_dims, num_classes]
        for i in range(1, self.num_layers + 1):
            fan_in, fan_out = dims[i - 1], dims[i]
            self.params[f"W{i}"] = weight_scale * np.random.randn(fan_in, fan_out)
            self.params[f"b{i}"] = np.zeros(fan_out)
            if normalization is not None and i < self.num_layers:
                self.params[f"gamma{i}"] = np.ones(fan_out)
                self.params[f"beta{i}"] = np.zeros(fan_out)
        ### END SOLUTION

        # All dropout layers share one dictionary.
        self.dropout_param: dict[str, Any] = {}
        if self.use_dropout:
            self.dropout_param = {"mode": "train", "p": dropout_keep_ratio}
            if seed is not None:
                self.dropout_param["seed"] = seed

        # Each normalization has its own: bn_params[0] is for the first hidden layer, and so on.
        self.bn_params: list[dict[str, Any]] = []
        if normalization == "batchnorm":
            self.bn_params = [{"mode": "train"} for _ in hidden_dims]
        elif normalization == "layernorm":
            self.bn_params = [{} for _ in hidden_dims]

        for name, value in self.params.items():
            self.params[name] = value.astype(dtype)

    def loss(self, X: Array, y: Array | None = None) -> Any:
        """Scores of a minibatch, or its loss and gradients.

        Args:
            X: (N, d_1, ..., d_k), with d_1 * ... * d_k = D.
            y: (N,) integer labels, or None at test time.

        Returns:
            Without y, the scores (N, C), computed in mode "test".
            With y, (loss, grads): the loss in nats, regularization included, and the gradient
            of each parameter under its name in `params`, computed in mode "train".
        """
        X = X.astype(self.dtype, copy=False)
        mode = "test" if y is None else "train"
        if self.use_dropout:
            self.dropout_param["mode"] = mode
        if self.normalization == "batchnorm":
            for bn_param in self.bn_params:
                bn_param["mode"] = mode

        ### BEGIN SOLUTION
        # TODO: Forward pass: compute scores. Give each hidden layer its own entry of
        # self.bn_params, and dropout self.dropout_param.
        out, caches = X, []
        for i in range(1, self.num_layers):
            norm = None
            if self.normalization is not None:
                gamma, beta = self.params[f"gamma{i}"], self.params[f"beta{i}"]
                norm = (self.normalization, gamma, beta, self.bn_params[i - 1])
            out, cache = affine_norm_relu_dropout_forward(
                out,
                self.params[f"W{i}"],
                self.params[f"b{i}"],
                norm,
                self.dropout_param if self.use_dropout else None,
            )
            caches.append(cache)
        last = self.num_layers
        scores, cache = affine_forward(out, self.params[f"W{last}"], self.params[f"b{last}"])
        ### END SOLUTION

        if y is None:
            return scores

        grads: dict[str, Array] = {}
        ### BEGIN SOLUTION
        # TODO: Backward pass: compute loss, and grads[name] for every name in self.params.
        # Add 0.5 * reg * (sum of squares) of every weight matrix to the loss, and its gradient;
        # biases, scales and shifts are not regularized.
        loss, dscores = softmax_loss(scores, y)
        dout, grads[f"W{last}"], grads[f"b{last}"] = affine_backward(dscores, cache)
        for i in range(last - 1, 0, -1):
            dout, grads[f"W{i}"], grads[f"b{i}"], dgamma, dbeta = affine_norm_relu_dropout_backward(
                dout, caches[i - 1]
            )
            if dgamma is not None and dbeta is not None:
                grads[f"gamma{i}"], grads[f"beta{i}"] = dgamma, dbeta
        for i in range(1, self.num_layers + 1):
            W = self.params[f"W{i}"]
            loss += 0.5 * self.reg * float((W**2).sum())
            grads[f"W{i}"] += self.reg * W
        ### END SOLUTION
        return loss, grads
