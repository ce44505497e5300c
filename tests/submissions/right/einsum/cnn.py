from __future__ import annotations

import numpy as np

from ..fast_layers import *
from ..layer_utils import *
from ..layers import *


class ThreeLayerConvNet:
    """conv - relu - 2x2 max pool - affine - relu - affine - softmax"""

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
        self.reg = reg
        self.dtype = dtype
        C, H, W = input_dim
        shapes = [
            (num_filters, C, filter_size, filter_size),
            (num_filters * H * W // 4, hidden_dim),
            (hidden_dim, num_classes),
        ]
        biases = [num_filters, hidden_dim, num_classes]
        self.params = {}
        for k, (shape, size) in enumerate(zip(shapes, biases), start=1):
            self.params[f"W{k}"] = weight_scale * np.random.randn(*shape)
            self.params[f"b{k}"] = np.zeros(size)
        self.params = {k: v.astype(dtype) for k, v in self.params.items()}

    def _steps(self):
        size = self.params["W1"].shape[-1]
        conv_param = {"stride": 1, "pad": (size - 1) // 2}
        pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
        return [
            (conv_forward_fast, conv_backward_fast, 1, [conv_param]),
            (relu_forward, relu_backward, None, []),
            (max_pool_forward_fast, max_pool_backward_fast, None, [pool_param]),
            (affine_forward, affine_backward, 2, []),
            (relu_forward, relu_backward, None, []),
            (affine_forward, affine_backward, 3, []),
        ]

    def loss(self, X, y=None):
        steps = self._steps()
        stack = []
        out = X
        for forward, _, k, extra in steps:
            own = [] if k is None else [self.params[f"W{k}"], self.params[f"b{k}"]]
            out, cache = forward(out, *own, *extra)
            stack.append(cache)
        if y is None:
            return out

        loss, d = softmax_loss(out, y)
        grads = {}
        while steps:
            _, backward, k, _ = steps.pop()
            if k is None:
                d = backward(d, stack.pop())
            else:
                d, dw, db = backward(d, stack.pop())
                w = self.params[f"W{k}"]
                loss += 0.5 * self.reg * (w**2).sum()
                grads[f"W{k}"], grads[f"b{k}"] = dw + self.reg * w, db
        return loss, grads
