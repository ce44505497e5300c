from builtins import range
from collections import namedtuple

import matplotlib.pyplot as plt
import numpy as np

NormCache = namedtuple("NormCache", "x_hat std gamma axis")
DropCache = namedtuple("DropCache", "param mask")

DEBUG = True


def show(name, *arrays):
    if DEBUG:
        print(name, [np.shape(a) for a in arrays])


class ConvCache:
    """What the convolution remembers."""

    def __init__(self, x, x_padded, w, stride, pad):
        self.x = x
        self.x_padded = x_padded
        self.w = w
        self.stride = stride
        self.pad = pad


class PoolCache:
    def __init__(self, x, height, width, stride):
        self.x = x
        self.height = height
        self.width = width
        self.stride = stride

    def corners(self, out_h, out_w):
        for i in range(out_h):
            for j in range(out_w):
                yield i, j, i * self.stride, j * self.stride


def flatten(x):
    return x.reshape(x.shape[0], -1)


def affine_forward(x, w, b):
    show("affine_forward", x, w, b)
    out = flatten(x).dot(w) + b.reshape(1, -1)
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    show("affine_backward", dout, x, w)
    dx = dout.dot(w.T).reshape(x.shape)
    dw = flatten(x).T.dot(dout)
    db = np.sum(dout, axis=0, keepdims=True)
    return dx, dw, db.reshape(b.shape)


def relu_forward(x):
    show("relu_forward", x)
    out = np.clip(x, 0, None)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    x = cache
    show("relu_backward", dout, x)
    slope = np.heaviside(x, 0).astype(dout.dtype)
    dx = dout * slope
    return dx


def log_softmax(x):
    x = x - np.max(x, axis=1).reshape(-1, 1)
    return x - np.log(np.sum(np.exp(x), axis=1)).reshape(-1, 1)


def softmax_loss(x, y):
    show("softmax_loss", x, y)
    N = x.shape[0]
    logp = log_softmax(x)
    picked = np.take_along_axis(logp, y.reshape(-1, 1), axis=1)
    loss = -np.mean(picked)
    target = np.zeros_like(x)
    target[np.arange(N), y] = 1
    dx = (np.exp(logp) - target) / N
    print("loss is", loss)
    return loss, dx


def normalize(x, axis, eps, gamma):
    mean = x.mean(axis=axis, keepdims=True)
    std = np.sqrt(x.var(axis=axis, keepdims=True) + eps)
    x_hat = (x - mean) / std
    return mean, std, NormCache(x_hat, std, gamma, axis)


def normalize_backward(dx_hat, cache):
    m = cache.x_hat.shape[cache.axis]
    s1 = dx_hat.sum(axis=cache.axis, keepdims=True)
    s2 = (dx_hat * cache.x_hat).sum(axis=cache.axis, keepdims=True)
    return (m * dx_hat - s1 - cache.x_hat * s2) / (m * cache.std)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    print("batchnorm mode:", mode)
    show("batchnorm_forward", x, gamma, beta)

    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))

    cache = None
    if mode == "train":
        mean, std, cache = normalize(x, 0, eps, gamma)
        out = gamma * cache.x_hat + beta
        running_mean = momentum * running_mean + (1 - momentum) * mean.squeeze(axis=0)
        running_var = momentum * running_var + (1 - momentum) * x.var(axis=0)
        print("running mean", running_mean, "running var", running_var)
    elif mode == "test":
        x_hat = (x - running_mean) / (running_var + eps) ** 0.5
        out = gamma * x_hat + beta
    else:
        raise ValueError("Invalid forward batchnorm mode " + repr(mode))

    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    show("batchnorm_backward", dout)
    x_hat, std, gamma, _ = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0, keepdims=True)
    dgamma = (dout * x_hat).sum(axis=0, keepdims=True)
    dx_hat = dout * gamma
    dstd = -(dx_hat * x_hat / std).sum(axis=0, keepdims=True)
    dvar = dstd / std / 2
    dx = dx_hat / std
    dx = dx + 2 * dvar * (x_hat * std) / N
    dx = dx - dx.mean(axis=0, keepdims=True)
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    show("batchnorm_backward_alt", dout)
    dbeta = dout.sum(axis=0, keepdims=True)
    dgamma = (dout * cache.x_hat).sum(axis=0, keepdims=True)
    return normalize_backward(dout * cache.gamma, cache), dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    show("layernorm_forward", x, gamma, beta)
    eps = ln_param.get("eps", 1e-5)
    _, _, cache = normalize(x, 1, eps, gamma)
    out = gamma * cache.x_hat + beta
    return out, cache


def layernorm_backward(dout, cache):
    show("layernorm_backward", dout)
    dgamma = np.sum(dout * cache.x_hat, axis=0, keepdims=True)
    dbeta = np.sum(dout, axis=0, keepdims=True)
    return normalize_backward(dout * cache.gamma, cache), dgamma, dbeta


def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])
    show("dropout_forward", x)

    mask = None
    if mode == "train":
        keep = np.random.uniform(0.0, 1.0, x.shape) < p
        mask = keep.astype(x.dtype)
        out = x * mask / p
        print("kept", mask.mean(), "wanted", p)
    elif mode == "test":
        out = x
    else:
        raise ValueError("Invalid dropout mode " + repr(mode))

    cache = DropCache(dropout_param, mask)
    return out, cache


def dropout_backward(dout, cache):
    mode = cache.param["mode"]
    if mode == "train":
        dx = dout * cache.mask / cache.param["p"]
    elif mode == "test":
        dx = dout
    else:
        raise ValueError("Invalid dropout mode " + repr(mode))
    return dx


def plot_mask(mask):
    """For the notebook."""
    plt.imshow(mask)
    plt.show()


def count_windows(size, window, stride):
    n = (size - window) / stride + 1
    if n != int(n) or n < 1:
        raise ValueError("%r windows, that is not possible" % n)
    return int(n)


def conv_forward_naive(x, w, b, conv_param):
    show("conv_forward_naive", x, w, b)
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    out_h = count_windows(H + 2 * pad, HH, stride)
    out_w = count_windows(W + 2 * pad, WW, stride)
    x_padded = np.pad(x, ((0,), (0,), (pad,), (pad,)), mode="constant", constant_values=0)
    print("padded", x_padded.shape, "out", out_h, out_w)

    out = np.zeros((N, F, out_h, out_w), dtype=x.dtype)
    for i in range(out_h):
        for j in range(out_w):
            top, left = i * stride, j * stride
            window = x_padded[:, :, top : top + HH, left : left + WW]
            out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out, ConvCache(x, x_padded, w, stride, pad)


def conv_backward_naive(dout, cache):
    show("conv_backward_naive", dout)
    x, x_padded, w = cache.x, cache.x_padded, cache.w
    stride, pad = cache.stride, cache.pad
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    N, F, out_h, out_w = dout.shape

    dx_padded = np.zeros_like(x_padded)
    dw = np.zeros_like(w)
    for i in range(out_h):
        for j in range(out_w):
            top, left = i * stride, j * stride
            d = dout[:, :, i, j]
            window = x_padded[:, :, top : top + HH, left : left + WW]
            dw += np.tensordot(d, window, axes=(0, 0))
            dx_padded[:, :, top : top + HH, left : left + WW] += np.tensordot(d, w, axes=(1, 0))
    db = dout.sum(axis=0).sum(axis=1).sum(axis=1)
    dx = dx_padded[:, :, pad : H + pad, pad : W + pad]
    return dx, dw, db


def max_pool_forward_naive(x, pool_param):
    show("max_pool_forward_naive", x)
    cache = PoolCache(
        x, pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    )
    N, C, H, W = x.shape
    out_h = count_windows(H, cache.height, cache.stride)
    out_w = count_windows(W, cache.width, cache.stride)
    out = np.zeros((N, C, out_h, out_w), dtype=x.dtype)
    for i, j, top, left in cache.corners(out_h, out_w):
        window = x[:, :, top : top + cache.height, left : left + cache.width]
        out[:, :, i, j] = np.amax(window, axis=(-1, -2))
    return out, cache


def max_pool_backward_naive(dout, cache):
    show("max_pool_backward_naive", dout)
    x = cache.x
    N, C, out_h, out_w = dout.shape
    size = cache.height * cache.width
    dx = np.zeros(x.shape, dtype=dout.dtype)
    for i, j, top, left in cache.corners(out_h, out_w):
        rows, columns = slice(top, top + cache.height), slice(left, left + cache.width)
        first = x[:, :, rows, columns].reshape(N, C, size).argmax(axis=2)
        winner = np.arange(size) == first[:, :, None]
        winner = winner.reshape(N, C, cache.height, cache.width)
        dx[:, :, rows, columns] += winner * dout[:, :, i, j][:, :, None, None]
    return dx


def to_columns(x):
    """(N, C, H, W) -> (N * H * W, C)"""
    C = x.shape[1]
    return np.swapaxes(x, 0, 1).reshape(C, -1).T


def from_columns(columns, shape):
    N, C, H, W = shape
    return np.swapaxes(columns.T.reshape(C, N, H, W), 0, 1)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    show("spatial_batchnorm_forward", x)
    out, cache = batchnorm_forward(to_columns(x), gamma, beta, bn_param)
    return from_columns(out, x.shape), cache


def spatial_batchnorm_backward(dout, cache):
    show("spatial_batchnorm_backward", dout)
    dx, dgamma, dbeta = batchnorm_backward_alt(to_columns(dout), cache)
    return from_columns(dx, dout.shape), dgamma.ravel(), dbeta.ravel()


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    show("spatial_groupnorm_forward", x, gamma, beta)
    eps = gn_param.get("eps", 1e-5)
    N, C, H, W = x.shape
    if C % G:
        raise ValueError("cannot make %d groups of %d channels" % (G, C))
    _, _, cache = normalize(x.reshape(N, G, C // G * H * W), 2, eps, gamma)
    out = gamma * cache.x_hat.reshape(N, C, H, W) + beta
    return out, cache


def spatial_groupnorm_backward(dout, cache):
    show("spatial_groupnorm_backward", dout)
    x_hat = cache.x_hat.reshape(dout.shape)
    dgamma = np.sum(dout * x_hat, axis=(0, 2, 3), keepdims=True)
    dbeta = np.sum(dout, axis=(0, 2, 3), keepdims=True)
    dx = normalize_backward((dout * cache.gamma).reshape(cache.x_hat.shape), cache)
    return dx.reshape(dout.shape), dgamma, dbeta
