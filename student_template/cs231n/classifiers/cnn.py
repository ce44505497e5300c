"""A three-layer convolutional network."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..fast_layers import *
from ..layer_utils import *
from ..layers import *


class ThreeLayerConvNet:
    """Convolution - ReLU - 2x2 max pooling - affine - ReLU - affine - softmax.

    Minibatches have the shape (N, C, H, W): N images of C channels and H x W pixels. Parameters
    are in `params`: "W1", "b1" (convolution), "W2", "b2" (hidden affine), "W3", "b3" (scores).
    """

    def __init__(
        self,
        input_dim: tuple[int, int, int] = (3, 32, 32),
        num_filters: int = 32,
        filter_size: int = 7,
        hidden_dim: int = 100,
        num_classes: int = 10,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
        dtype: type[np.floating[Any]] = np.float32,
    ) -> None:
        """Set up a network with random weights.

        Args:
            input_dim: (C, H, W) of an image; H and W even, for the pooling.
            num_filters: number of filters of the convolution.
            filter_size: pixels of a side of a filter, odd: the convolution keeps H and W.
            hidden_dim: number of units of the hidden affine layer.
            num_classes: number of classes.
            weight_scale: standard deviation of the initial weights.
            reg: strength of the L2 regularization.
            dtype: float type of the parameters; float64 for gradient checks.
        """
        self.params: dict[str, Array] = {}
        self.reg = reg
        self.dtype = dtype

        ############################  START OF YOUR CODE  ############################
        # TODO: Fill self.params, layer by layer from the first. Weights are drawn from a normal
        # distribution of mean 0 and standard deviation weight_scale (np.random.randn), biases
        # start at 0. The padding is chosen in `loss`: the convolution keeps height and width.
        raise NotImplementedError("ThreeLayerConvNet is not implemented yet")
        #############################  END OF YOUR CODE  #############################

        for name, value in self.params.items():
            self.params[name] = value.astype(dtype)

    def loss(self, X: Array, y: Array | None = None) -> Any:
        """Scores of a minibatch, or its loss and gradients.

        Args:
            X: (N, C, H, W).
            y: (N,) integer labels, or None at test time.

        Returns:
            Without y, the scores (N, number of classes).
            With y, (loss, grads): the loss in nats, regularization included, and the gradient
            of each parameter under its name in `params`.
        """
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        W3, b3 = self.params["W3"], self.params["b3"]

        filter_size = W1.shape[2]
        conv_param = {"stride": 1, "pad": (filter_size - 1) // 2}
        pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}

        ############################  START OF YOUR CODE  ############################
        # TODO: Forward pass: compute scores. `layer_utils.py` has what you need.
        raise NotImplementedError("ThreeLayerConvNet.loss is not implemented yet")
        #############################  END OF YOUR CODE  #############################

        if y is None:
            return scores

        grads: dict[str, Array] = {}
        ############################  START OF YOUR CODE  ############################
        # TODO: Backward pass: compute loss, and grads[name] for every name in self.params.
        # Add 0.5 * reg * (sum of squares) of the three weight arrays to the loss, and its
        # gradient; biases are not regularized.
        raise NotImplementedError("ThreeLayerConvNet.loss is not implemented yet")
        #############################  END OF YOUR CODE  #############################
        return loss, grads
