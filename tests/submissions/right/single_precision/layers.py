"""Layers. Statistics keep their axis, so that everything broadcasts; big arrays are reused."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


def affine_forward(x: Array, w: Array, b: Array) -> tuple[Array, Any]:
    """(N, d_1, ..., d_k), (D, M), (M,) -> (N, M)"""
    rows = x.reshape(x.shape[0], -1)
    out = np.zeros((x.shape[0], w.shape[1]))
    out += rows @ w
    out += b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    x, w, b = cache
    dx = np.zeros(x.shape)
    dx[...] = np.matmul(dout, w.transpose()).reshape(x.shape)
    dw = np.zeros(w.shape)
    dw += np.matmul(x.reshape(len(x), -1).transpose(), dout)
    db = np.zeros(b.shape)
    db += dout.sum(0)
    return dx, dw, db


def relu_forward(x: Array) -> tuple[Array, Any]:
    out = x.copy()
    out[out < 0] = 0
    cache = x
    return out, cache


def relu_backward(dout: Array, cache: Any) -> Array:
    x = cache
    dx = dout.copy()
    dx *= x > 0
    return dx


def softmax_loss(x: Array, y: Array) -> tuple[float, Array]:
    N = x.shape[0]
    probs = x.copy()
    probs -= probs.max(axis=1, keepdims=True)
    right = probs[np.arange(N), y]
    np.exp(probs, out=probs)
    total = probs.sum(axis=1, keepdims=True)
    loss = float((np.log(total[:, 0]) - right).mean())
    probs /= total
    probs[np.arange(N), y] -= 1
    probs /= N
    return loss, probs


def batchnorm_forward(
    x: Array, gamma: Array, beta: Array, bn_param: dict[str, Any]
) -> tuple[Array, Any]:
    """(N, D) -> (N, D); running statistics are (1, D)"""
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)

    D = x.shape[1]
    running_mean = bn_param.get("running_mean", np.zeros((1, D)))
    running_var = bn_param.get("running_var", np.zeros((1, D)))

    cache: Any = None
    if mode == "train":
        mean = np.mean(x, axis=0, keepdims=True)
        var = np.var(x, axis=0, keepdims=True)
        std = np.sqrt(var + eps)
        x_hat = x.copy()
        x_hat -= mean
        x_hat /= std
        out = x_hat * gamma
        out += beta
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
        cache = (x_hat, std, gamma)
    elif mode == "test":
        out = x - running_mean
        out /= np.sqrt(running_var + eps)
        out = out * gamma
        out += beta
    else:
        raise ValueError(f'bn_param["mode"] must be "train" or "test", not {mode!r}')

    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    x_hat, std, gamma = cache
    N = x_hat.shape[0]
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * x_hat, axis=0)
    dx_hat = dout * gamma
    dstd = np.sum(dx_hat * x_hat, axis=0, keepdims=True)
    dstd /= -std
    dvar = dstd / 2
    dvar /= std
    dcentered = x_hat * std
    dcentered *= 2 * dvar
    dcentered /= N
    dcentered += dx_hat / std
    dcentered -= np.mean(dcentered, axis=0, keepdims=True)
    return dcentered, dgamma, dbeta


def batchnorm_backward_alt(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    x_hat, std, gamma = cache
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * x_hat, axis=0)
    dx = dout - dbeta / dout.shape[0]
    dx -= x_hat * (dgamma / dout.shape[0])
    dx *= gamma / std
    return dx, dgamma, dbeta


def layernorm_forward(
    x: Array, gamma: Array, beta: Array, ln_param: dict[str, Any]
) -> tuple[Array, Any]:
    eps = ln_param.get("eps", 1e-5)
    x_hat = x.copy()
    x_hat -= x_hat.mean(axis=1, keepdims=True)
    std = np.sqrt(np.square(x_hat).mean(axis=1, keepdims=True) + eps)
    x_hat /= std
    out = np.zeros(x.shape)
    out += gamma * x_hat
    out += beta
    cache = (x_hat, std, gamma)
    return out, cache


def layernorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    x_hat, std, gamma = cache
    dgamma = np.sum(dout * x_hat, axis=0)
    dbeta = np.sum(dout, axis=0)
    dx = dout * gamma
    projection = np.mean(dx * x_hat, axis=1, keepdims=True)
    dx -= np.mean(dx, axis=1, keepdims=True)
    dx -= x_hat * projection
    dx /= std
    return dx, dgamma, dbeta


def dropout_forward(x: Array, dropout_param: dict[str, Any]) -> tuple[Array, Any]:
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])

    mask = None
    if mode == "train":
        mask = np.random.random_sample(x.shape) < p
        out = np.zeros(x.shape)
        out[mask] = x[mask]
        out /= p
    elif mode == "test":
        out = x
    else:
        raise ValueError(f'dropout_param["mode"] must be "train" or "test", not {mode!r}')

    cache = (dropout_param, mask)
    return out, cache


def dropout_backward(dout: Array, cache: Any) -> Array:
    dropout_param, mask = cache
    mode = dropout_param["mode"]
    if mode == "train":
        dx = dout / dropout_param["p"]
        dx[~mask] = 0
    elif mode == "test":
        dx = dout
    else:
        raise ValueError(f'dropout_param["mode"] must be "train" or "test", not {mode!r}')
    return dx


def sides(H: int, W: int, height: int, width: int, stride: int) -> tuple[int, int]:
    """Height and width of the output."""
    if H < height or W < width:
        raise ValueError(f"a window of {height} x {width} is larger than {H} x {W} pixels")
    if (H - height) % stride != 0 or (W - width) % stride != 0:
        raise ValueError(f"stride {stride} leaves a rest: {H} x {W} and {height} x {width}")
    return 1 + (H - height) // stride, 1 + (W - width) // stride


def conv_forward_naive(
    x: Array, w: Array, b: Array, conv_param: dict[str, Any]
) -> tuple[Array, Any]:
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    rows, columns = sides(H + 2 * pad, W + 2 * pad, HH, WW, stride)
    framed = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    framed[:, :, pad : H + pad, pad : W + pad] += x

    out = np.zeros((N, F, rows, columns))
    for i in range(rows):
        for j in range(columns):
            patch = framed[:, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
            for f in range(F):
                out[:, f, i, j] = (patch * w[f]).sum(axis=(1, 2, 3))
    out += b[None, :, None, None]
    cache = (x, w, b, conv_param)
    return out, cache


def conv_backward_naive(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    _, _, rows, columns = dout.shape
    framed = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    framed[:, :, pad : H + pad, pad : W + pad] += x

    dframed = np.zeros(framed.shape)
    dw = np.zeros(w.shape)
    db = np.zeros(b.shape)
    for i in range(rows):
        top = i * stride
        for j in range(columns):
            left = j * stride
            patch = framed[:, :, top : top + HH, left : left + WW]
            for f in range(F):
                d = dout[:, f, i, j].reshape(N, 1, 1, 1)
                dw[f] += (patch * d).sum(axis=0)
                db[f] += d.sum()
                dframed[:, :, top : top + HH, left : left + WW] += w[f] * d
    dx = dframed[:, :, pad : H + pad, pad : W + pad].copy()
    return dx, dw, db


def max_pool_forward_naive(x: Array, pool_param: dict[str, Any]) -> tuple[Array, Any]:
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    N, C, H, W = x.shape
    rows, columns = sides(H, W, height, width, stride)
    out = np.full((N, C, rows, columns), -np.inf)
    # walk over the positions in a window instead of over the windows
    for a in range(height):
        for b in range(width):
            part = x[:, :, a : a + (rows - 1) * stride + 1 : stride]
            part = part[:, :, :, b : b + (columns - 1) * stride + 1 : stride]
            np.maximum(out, part, out=out)
    cache = (x, out.copy(), pool_param)
    return out, cache


def max_pool_backward_naive(dout: Array, cache: Any) -> Array:
    x, largest, pool_param = cache
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    rows, columns = dout.shape[2:]
    dx = np.zeros(x.shape)
    # windows whose gradient has not been given away yet
    waiting = np.ones(dout.shape, dtype=bool)
    for a in range(height):
        for b in range(width):
            down = slice(a, a + (rows - 1) * stride + 1, stride)
            right = slice(b, b + (columns - 1) * stride + 1, stride)
            here = waiting & (x[:, :, down, right] == largest)
            dx[:, :, down, right] += dout * here
            waiting &= ~here
    return dx


def spatial_batchnorm_forward(
    x: Array, gamma: Array, beta: Array, bn_param: dict[str, Any]
) -> tuple[Array, Any]:
    N, C, H, W = x.shape
    pixels = x.transpose(0, 2, 3, 1).reshape(N * H * W, C)
    pixels, cache = batchnorm_forward(pixels, gamma, beta, bn_param)
    out = np.zeros(x.shape)
    out[...] = pixels.reshape(N, H, W, C).transpose(0, 3, 1, 2)
    return out, cache


def spatial_batchnorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    N, C, H, W = dout.shape
    pixels = dout.transpose(0, 2, 3, 1).reshape(N * H * W, C)
    pixels, dgamma, dbeta = batchnorm_backward_alt(pixels, cache)
    dx = np.zeros(dout.shape)
    dx[...] = pixels.reshape(N, H, W, C).transpose(0, 3, 1, 2)
    return dx, dgamma, dbeta


def spatial_groupnorm_forward(
    x: Array, gamma: Array, beta: Array, G: int, gn_param: dict[str, Any]
) -> tuple[Array, Any]:
    eps = gn_param.get("eps", 1e-5)
    N, C, H, W = x.shape
    if C % G != 0:
        raise ValueError(f"{C} channels, {G} groups")
    x_hat = x.copy().reshape(N, G, C // G, H, W)
    x_hat -= x_hat.mean(axis=(2, 3, 4), keepdims=True)
    std = np.sqrt((x_hat**2).mean(axis=(2, 3, 4), keepdims=True) + eps)
    x_hat /= std
    out = np.zeros(x.shape)
    out += x_hat.reshape(x.shape)
    out *= gamma
    out += beta
    cache = (x_hat, std, gamma)
    return out, cache


def spatial_groupnorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    x_hat, std, gamma = cache
    dgamma = np.zeros(gamma.shape)
    dbeta = np.zeros(gamma.shape)
    dgamma += (dout * x_hat.reshape(dout.shape)).sum(axis=(0, 2, 3), keepdims=True)
    dbeta += dout.sum(axis=(0, 2, 3), keepdims=True)
    dx = (dout * gamma).reshape(x_hat.shape)
    projection = (dx * x_hat).mean(axis=(2, 3, 4), keepdims=True)
    dx -= dx.mean(axis=(2, 3, 4), keepdims=True)
    dx -= x_hat * projection
    dx /= std
    return dx.reshape(dout.shape), dgamma, dbeta
