"""Sandwich layers: patterns of several layers that networks use often."""
# ruff: noqa: F403, F405  the assignment's imports: every layer by its plain name

from __future__ import annotations

from typing import Any

from .fast_layers import *
from .layers import *


def affine_relu_forward(x: Array, w: Array, b: Array) -> tuple[Array, Any]:
    """Affine map, then ReLU. Shapes as for `affine_forward`."""
    affine_out, affine_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(affine_out)
    return out, (affine_cache, relu_cache)


def affine_relu_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Backward pass of `affine_relu_forward`: dx, dw, db."""
    affine_cache, relu_cache = cache
    return affine_backward(relu_backward(dout, relu_cache), affine_cache)


def conv_relu_forward(
    x: Array, w: Array, b: Array, conv_param: dict[str, Any]
) -> tuple[Array, Any]:
    """Convolution, then ReLU. Shapes and errors as for `conv_forward_naive`."""
    conv_out, conv_cache = conv_forward_fast(x, w, b, conv_param)
    out, relu_cache = relu_forward(conv_out)
    return out, (conv_cache, relu_cache)


def conv_relu_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Backward pass of `conv_relu_forward`: dx, dw, db."""
    conv_cache, relu_cache = cache
    return conv_backward_fast(relu_backward(dout, relu_cache), conv_cache)


def conv_bn_relu_forward(
    x: Array,
    w: Array,
    b: Array,
    gamma: Array,
    beta: Array,
    conv_param: dict[str, Any],
    bn_param: dict[str, Any],
) -> tuple[Array, Any]:
    """Convolution, spatial batch normalization, then ReLU.

    Shapes and errors as for `conv_forward_naive` and `spatial_batchnorm_forward`.
    """
    conv_out, conv_cache = conv_forward_fast(x, w, b, conv_param)
    bn_out, bn_cache = spatial_batchnorm_forward(conv_out, gamma, beta, bn_param)
    out, relu_cache = relu_forward(bn_out)
    return out, (conv_cache, bn_cache, relu_cache)


def conv_bn_relu_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array, Array, Array]:
    """Backward pass of `conv_bn_relu_forward`: dx, dw, db, dgamma, dbeta."""
    conv_cache, bn_cache, relu_cache = cache
    dbn = relu_backward(dout, relu_cache)
    dconv, dgamma, dbeta = spatial_batchnorm_backward(dbn, bn_cache)
    dx, dw, db = conv_backward_fast(dconv, conv_cache)
    return dx, dw, db, dgamma, dbeta


def conv_relu_pool_forward(
    x: Array, w: Array, b: Array, conv_param: dict[str, Any], pool_param: dict[str, Any]
) -> tuple[Array, Any]:
    """Convolution, ReLU, then max pooling.

    Shapes and errors as for `conv_forward_naive` and `max_pool_forward_naive`.
    """
    conv_out, conv_cache = conv_forward_fast(x, w, b, conv_param)
    relu_out, relu_cache = relu_forward(conv_out)
    out, pool_cache = max_pool_forward_fast(relu_out, pool_param)
    return out, (conv_cache, relu_cache, pool_cache)


def conv_relu_pool_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Backward pass of `conv_relu_pool_forward`: dx, dw, db."""
    conv_cache, relu_cache, pool_cache = cache
    drelu = max_pool_backward_fast(dout, pool_cache)
    return conv_backward_fast(relu_backward(drelu, relu_cache), conv_cache)


# Your own sandwich layers may stand below; `fc_net.py` imports them with everything else here.


class SandwichCache:
    """Caches of one hidden layer; None where it has no such part."""

    def __init__(self):
        self.affine = None
        self.batchnorm = None
        self.layernorm = None
        self.relu = None
        self.dropout = None


def affine_norm_relu_dropout_forward(
    x, w, b, gamma=None, beta=None, norm=None, norm_param=None, dropout_param=None
):
    cache = SandwichCache()
    out, cache.affine = affine_forward(x, w, b)
    if norm == "batchnorm":
        out, cache.batchnorm = batchnorm_forward(out, gamma, beta, norm_param)
    elif norm == "layernorm":
        out, cache.layernorm = layernorm_forward(out, gamma, beta, norm_param)
    out, cache.relu = relu_forward(out)
    if dropout_param:
        out, cache.dropout = dropout_forward(out, dropout_param)
    print("sandwich", x.shape, "->", out.shape)
    return out, cache


def affine_norm_relu_dropout_backward(dout, cache, norm=None):
    dgamma, dbeta = None, None
    if cache.dropout is not None:
        dout = dropout_backward(dout, cache.dropout)
    dout = relu_backward(dout, cache.relu)
    if norm == "batchnorm":
        dout, dgamma, dbeta = batchnorm_backward_alt(dout, cache.batchnorm)
    elif norm == "layernorm":
        dout, dgamma, dbeta = layernorm_backward(dout, cache.layernorm)
    dx, dw, db = affine_backward(dout, cache.affine)
    return dx, dw, db, dgamma, dbeta
