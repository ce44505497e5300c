"""A fully connected network with any number of hidden layers."""

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

        ############################  START OF YOUR CODE  ############################
        # TODO: Fill self.params, layer by layer from the first. Weights are drawn from a normal
        # distribution of mean 0 and standard deviation weight_scale (np.random.randn), biases
        # and shifts start at 0, scales at 1. The last layer is never normalized.
        raise NotImplementedError("FullyConnectedNet is not implemented yet")
        #############################  END OF YOUR CODE  #############################

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

        ############################  START OF YOUR CODE  ############################
        # TODO: Forward pass: compute scores. Give each hidden layer its own entry of
        # self.bn_params, and dropout self.dropout_param.
        raise NotImplementedError("FullyConnectedNet.loss is not implemented yet")
        #############################  END OF YOUR CODE  #############################

        if y is None:
            return scores

        grads: dict[str, Array] = {}
        ############################  START OF YOUR CODE  ############################
        # TODO: Backward pass: compute loss, and grads[name] for every name in self.params.
        # Add 0.5 * reg * (sum of squares) of every weight matrix to the loss, and its gradient;
        # biases, scales and shifts are not regularized.
        raise NotImplementedError("FullyConnectedNet.loss is not implemented yet")
        #############################  END OF YOUR CODE  #############################
        return loss, grads
