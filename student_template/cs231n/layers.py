"""Layers, each as a forward and a backward function.

A forward function returns `(out, cache)`; the backward function of the same layer takes the
gradient `dout` of the loss with respect to `out`, and that cache, and returns the gradients of
the layer's inputs, in the order of the arguments.

N examples, D features, C channels or classes, H x W pixels, F filters, G groups. Functions leave
their input arrays unchanged. Float32 inputs give float32 results.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

# No __all__: helpers that are added here reach the networks through `from ..layers import *`.


def affine_forward(x: Array, w: Array, b: Array) -> tuple[Array, Any]:
    """Multiply each example, flattened to a row, by the weights and add the biases.

    Args:
        x: (N, d_1, ..., d_k), with d_1 * ... * d_k = D.
        w: (D, M).
        b: (M,).

    Returns:
        out (N, M) and the cache (x, w, b).
    """
    ############################  START OF YOUR CODE  ############################
    # TODO: Compute out. Flatten the examples first; keep x as it is for the cache.
    raise NotImplementedError("affine_forward is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    cache = (x, w, b)
    return out, cache


def affine_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Backward pass of `affine_forward`.

    Args:
        dout: (N, M).
        cache: (x, w, b) from the forward pass.

    Returns:
        dx (N, d_1, ..., d_k), dw (D, M), db (M,).
    """
    x, w, _b = cache
    ############################  START OF YOUR CODE  ############################
    # TODO: Compute dx, dw and db. dx has the shape of x, before flattening.
    raise NotImplementedError("affine_backward is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    return dx, dw, db


def relu_forward(x: Array) -> tuple[Array, Any]:
    """Rectify: max(0, x), element by element.

    Args:
        x: any shape.

    Returns:
        out of the same shape, and the cache x.
    """
    ############################  START OF YOUR CODE  ############################
    # TODO: Compute out.
    raise NotImplementedError("relu_forward is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    cache = x
    return out, cache


def relu_backward(dout: Array, cache: Any) -> Array:
    """Backward pass of `relu_forward`.

    Args:
        dout: any shape.
        cache: x from the forward pass, of the same shape.

    Returns:
        dx of the same shape. At x = 0, where there is no derivative, it is 0.
    """
    x = cache
    ############################  START OF YOUR CODE  ############################
    # TODO: Compute dx.
    raise NotImplementedError("relu_backward is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    return dx


def softmax_loss(x: Array, y: Array) -> tuple[float, Array]:
    """Cross-entropy of the softmax of the scores, averaged over the minibatch.

    Args:
        x: (N, C) scores.
        y: (N,) integer labels, 0 <= y[i] < C.

    Returns:
        loss, in nats, and its gradient dx (N, C).
    """
    ############################  START OF YOUR CODE  ############################
    # TODO: Compute loss and dx. Scores of 1000 must not overflow: softmax does not change when
    # the same number is subtracted from all scores of an example.
    raise NotImplementedError("softmax_loss is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    return loss, dx


def batchnorm_forward(
    x: Array, gamma: Array, beta: Array, bn_param: dict[str, Any]
) -> tuple[Array, Any]:
    """Normalize each feature over the minibatch, then scale by gamma and shift by beta.

    In mode "train" the mean and the biased variance of the minibatch are used, and running
    averages of both are kept:

        running = momentum * running + (1 - momentum) * batch

    In mode "test" the running averages are used instead.

    Source: Ioffe and Szegedy 2015, algorithm 1. (They average the variance over several
    minibatches for the test; the running average needs no second pass.)

    Args:
        x: (N, D).
        gamma: (D,) scale.
        beta: (D,) shift.
        bn_param: "mode" ("train" or "test"), "eps" (added to the variance), "momentum",
            "running_mean" and "running_var" (both (D,); written back by this function).

    Returns:
        out (N, D) and the cache, which is None in mode "test".

    Raises:
        ValueError: the mode is neither "train" nor "test".
    """
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)

    D = x.shape[1]
    running_mean = bn_param.get("running_mean", np.zeros_like(x, shape=(D,)))
    running_var = bn_param.get("running_var", np.zeros_like(x, shape=(D,)))

    cache: Any = None
    if mode == "train":
        ############################  START OF YOUR CODE  ############################
        # TODO: Normalize x by the statistics of the minibatch, then scale and shift it: out.
        # Keep in cache what the backward pass needs.
        # Update running_mean and running_var; the lines at the end store them.
        raise NotImplementedError("batchnorm_forward is not implemented yet")
        #############################  END OF YOUR CODE  #############################
    elif mode == "test":
        ############################  START OF YOUR CODE  ############################
        # TODO: Normalize x by the running averages, then scale and shift it: out.
        raise NotImplementedError("batchnorm_forward is not implemented yet")
        #############################  END OF YOUR CODE  #############################
    else:
        raise ValueError(f'bn_param["mode"] must be "train" or "test", not {mode!r}')

    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Backward pass of `batchnorm_forward` in mode "train", node by node.

    Args:
        dout: (N, D).
        cache: from the forward pass.

    Returns:
        dx (N, D), dgamma (D,), dbeta (D,).
    """
    ############################  START OF YOUR CODE  ############################
    # TODO: Draw the graph of the forward pass and go through it from the end. Where one value
    # feeds several nodes, add the gradients that come back from them.
    raise NotImplementedError("batchnorm_backward is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Backward pass of `batchnorm_forward` by one simplified formula.

    Args:
        dout: (N, D).
        cache: the same cache as for `batchnorm_backward`.

    Returns:
        dx (N, D), dgamma (D,), dbeta (D,).
    """
    ############################  START OF YOUR CODE  ############################
    # TODO: Work the derivative of the whole layer out on paper and simplify it; dx then takes
    # one line.
    raise NotImplementedError("batchnorm_backward_alt is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    return dx, dgamma, dbeta


def layernorm_forward(
    x: Array, gamma: Array, beta: Array, ln_param: dict[str, Any]
) -> tuple[Array, Any]:
    """Normalize each example over its features, then scale by gamma and shift by beta.

    The same in training and at test time: there are no running averages.

    Source: Ba, Kiros and Hinton 2016, equations 3 and 4.

    Args:
        x: (N, D).
        gamma: (D,) scale.
        beta: (D,) shift.
        ln_param: "eps" (added to the variance).

    Returns:
        out (N, D) and the cache.
    """
    eps = ln_param.get("eps", 1e-5)
    ############################  START OF YOUR CODE  ############################
    # TODO: Normalize each row of x, then scale and shift: out. Keep in cache what the backward
    # pass needs. Little differs from batch normalization.
    raise NotImplementedError("layernorm_forward is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    return out, cache


def layernorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Backward pass of `layernorm_forward`.

    Args:
        dout: (N, D).
        cache: from the forward pass.

    Returns:
        dx (N, D), dgamma (D,), dbeta (D,).
    """
    ############################  START OF YOUR CODE  ############################
    # TODO: Compute dx, dgamma and dbeta. Over which axis does each of the sums run?
    raise NotImplementedError("layernorm_backward is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    return dx, dgamma, dbeta


def dropout_forward(x: Array, dropout_param: dict[str, Any]) -> tuple[Array, Any]:
    """Inverted dropout: keep each value with probability p and divide it by p, else write 0.

    The expected output then equals the input, and mode "test" returns x unchanged.

    Source: Hinton et al. 2012; the division by p at training time is the "inverted" form.

    Args:
        x: any shape.
        dropout_param: "p" (probability to KEEP a value, 0 < p <= 1), "mode" ("train" or
            "test"), "seed" (optional; makes the mask repeatable, for gradient checks).

    Returns:
        out of the same shape and the cache (dropout_param, mask); mask is None in mode "test".

    Raises:
        ValueError: the mode is neither "train" nor "test".
    """
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])

    mask = None
    if mode == "train":
        ############################  START OF YOUR CODE  ############################
        # TODO: Draw the mask and apply it: out. Keep the mask in the variable mask.
        raise NotImplementedError("dropout_forward is not implemented yet")
        #############################  END OF YOUR CODE  #############################
    elif mode == "test":
        ############################  START OF YOUR CODE  ############################
        # TODO: Compute out, at test time.
        raise NotImplementedError("dropout_forward is not implemented yet")
        #############################  END OF YOUR CODE  #############################
    else:
        raise ValueError(f'dropout_param["mode"] must be "train" or "test", not {mode!r}')

    cache = (dropout_param, mask)
    return out, cache


def dropout_backward(dout: Array, cache: Any) -> Array:
    """Backward pass of `dropout_forward`.

    Args:
        dout: any shape.
        cache: (dropout_param, mask) from the forward pass.

    Returns:
        dx of the same shape.

    Raises:
        ValueError: the mode is neither "train" nor "test".
    """
    dropout_param, mask = cache
    mode = dropout_param["mode"]
    if mode == "train":
        ############################  START OF YOUR CODE  ############################
        # TODO: Compute dx from dout and the mask.
        raise NotImplementedError("dropout_backward is not implemented yet")
        #############################  END OF YOUR CODE  #############################
    elif mode == "test":
        dx = dout
    else:
        raise ValueError(f'dropout_param["mode"] must be "train" or "test", not {mode!r}')
    return dx


def conv_forward_naive(
    x: Array, w: Array, b: Array, conv_param: dict[str, Any]
) -> tuple[Array, Any]:
    """Slide F filters over the images (a cross-correlation, as everywhere in deep learning).

    Args:
        x: (N, C, H, W).
        w: (F, C, HH, WW).
        b: (F,).
        conv_param: "stride" (pixels between neighbouring windows, both ways) and "pad" (pixels
            of 0 added on each of the four sides; 0 is allowed).

    Returns:
        out (N, F, H', W') and the cache (x, w, b, conv_param), where
        H' = 1 + (H + 2 * pad - HH) / stride and W' = 1 + (W + 2 * pad - WW) / stride.
        Images and filters need not be square.

    Raises:
        ValueError: one of the divisions leaves a remainder, or a filter is larger than the image.
    """
    ############################  START OF YOUR CODE  ############################
    # TODO: Compute out. np.pad adds the padding. Clear code first; speed does not matter here.
    raise NotImplementedError("conv_forward_naive is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    cache = (x, w, b, conv_param)
    return out, cache


def conv_backward_naive(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Backward pass of `conv_forward_naive`.

    Args:
        dout: (N, F, H', W').
        cache: (x, w, b, conv_param) from the forward pass.

    Returns:
        dx (N, C, H, W), dw (F, C, HH, WW), db (F,).
    """
    ############################  START OF YOUR CODE  ############################
    # TODO: Compute dx, dw and db. A pixel belongs to several windows, and dx adds up what comes
    # from all of them. Mind pad = 0 when you cut the padding off.
    raise NotImplementedError("conv_backward_naive is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    return dx, dw, db


def max_pool_forward_naive(x: Array, pool_param: dict[str, Any]) -> tuple[Array, Any]:
    """Take the largest value of each window, channel by channel. There is no padding.

    Args:
        x: (N, C, H, W).
        pool_param: "pool_height" and "pool_width" (pixels of a window) and "stride" (pixels
            between neighbouring windows; smaller than a window means that windows overlap).

    Returns:
        out (N, C, H', W') and the cache (x, pool_param), where
        H' = 1 + (H - pool_height) / stride and W' = 1 + (W - pool_width) / stride.

    Raises:
        ValueError: one of the divisions leaves a remainder, or a window is larger than the image.
    """
    ############################  START OF YOUR CODE  ############################
    # TODO: Compute out.
    raise NotImplementedError("max_pool_forward_naive is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    cache = (x, pool_param)
    return out, cache


def max_pool_backward_naive(dout: Array, cache: Any) -> Array:
    """Backward pass of `max_pool_forward_naive`.

    Args:
        dout: (N, C, H', W').
        cache: (x, pool_param) from the forward pass.

    Returns:
        dx (N, C, H, W). Among equal maxima of a window, the first in reading order gets the
        gradient.
    """
    ############################  START OF YOUR CODE  ############################
    # TODO: Compute dx. Where windows overlap, one pixel can be the maximum of several.
    raise NotImplementedError("max_pool_backward_naive is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    return dx


def spatial_batchnorm_forward(
    x: Array, gamma: Array, beta: Array, bn_param: dict[str, Any]
) -> tuple[Array, Any]:
    """Batch normalization of images: each channel over all examples and all pixels.

    Source: Ioffe and Szegedy 2015, section 3.2.

    Args:
        x: (N, C, H, W).
        gamma: (C,) scale.
        beta: (C,) shift.
        bn_param: as for `batchnorm_forward`; the running averages are (C,).

    Returns:
        out (N, C, H, W) and the cache, which is None in mode "test".

    Raises:
        ValueError: the mode is neither "train" nor "test".
    """
    ############################  START OF YOUR CODE  ############################
    # TODO: Compute out and cache. batchnorm_forward does the work once the pixels of one channel
    # stand in one column: transpose before you reshape.
    raise NotImplementedError("spatial_batchnorm_forward is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    return out, cache


def spatial_batchnorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Backward pass of `spatial_batchnorm_forward` in mode "train".

    Args:
        dout: (N, C, H, W).
        cache: from the forward pass.

    Returns:
        dx (N, C, H, W), dgamma (C,), dbeta (C,).
    """
    ############################  START OF YOUR CODE  ############################
    # TODO: Compute dx, dgamma and dbeta with your backward pass of batch normalization.
    raise NotImplementedError("spatial_batchnorm_backward is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    return dx, dgamma, dbeta


def spatial_groupnorm_forward(
    x: Array, gamma: Array, beta: Array, G: int, gn_param: dict[str, Any]
) -> tuple[Array, Any]:
    """Normalize each group of C / G neighbouring channels of each example over its pixels.

    The same in training and at test time. G = 1 normalizes whole examples, G = C each channel
    of each example alone.

    Source: Wu and He 2018, equations 1 to 6.

    Args:
        x: (N, C, H, W).
        gamma: (1, C, 1, 1) scale.
        beta: (1, C, 1, 1) shift.
        G: number of groups, a divisor of C.
        gn_param: "eps" (added to the variance).

    Returns:
        out (N, C, H, W) and the cache.

    Raises:
        ValueError: G does not divide the number of channels.
    """
    eps = gn_param.get("eps", 1e-5)
    ############################  START OF YOUR CODE  ############################
    # TODO: Compute out and cache. Channels 0 to C/G - 1 form the first group, and so on; gamma
    # and beta belong to channels, not to groups.
    raise NotImplementedError("spatial_groupnorm_forward is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    return out, cache


def spatial_groupnorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Backward pass of `spatial_groupnorm_forward`.

    Args:
        dout: (N, C, H, W).
        cache: from the forward pass.

    Returns:
        dx (N, C, H, W), dgamma (1, C, 1, 1), dbeta (1, C, 1, 1).
    """
    ############################  START OF YOUR CODE  ############################
    # TODO: Compute dx, dgamma and dbeta, each in the shape of what it is the gradient of.
    raise NotImplementedError("spatial_groupnorm_backward is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    return dx, dgamma, dbeta
