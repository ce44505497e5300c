"""Layers with einsum and window views. Every cache is a dict."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


def affine_forward(x: Array, w: Array, b: Array) -> tuple[Array, Any]:
    flat = np.reshape(x, (len(x), w.shape[0]))
    out = np.einsum("nd,dm->nm", flat, w) + b[None]
    return out, {"flat": flat, "shape": x.shape, "w": w}


def affine_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    dx = np.einsum("nm,dm->nd", dout, cache["w"]).reshape(cache["shape"])
    dw = np.einsum("nd,nm->dm", cache["flat"], dout)
    db = np.einsum("nm->m", dout)
    return dx, dw, db


def relu_forward(x: Array) -> tuple[Array, Any]:
    on = x > 0
    return np.where(on, x, np.zeros((), x.dtype)), {"on": on}


def relu_backward(dout: Array, cache: Any) -> Array:
    return np.where(cache["on"], dout, np.zeros((), dout.dtype))


def softmax_loss(x: Array, y: Array) -> tuple[float, Array]:
    num, classes = x.shape
    z = x - np.amax(x, axis=1)[:, None]
    e = np.exp(z)
    s = np.einsum("nc->n", e)
    one_hot = np.eye(classes, dtype=x.dtype)[y]
    loss = (np.log(s) - np.einsum("nc,nc->n", z, one_hot)).mean()
    return loss, (e / s[:, None] - one_hot) / num


def batchnorm_forward(
    x: Array, gamma: Array, beta: Array, bn_param: dict[str, Any]
) -> tuple[Array, Any]:
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)

    D = x.shape[1]
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))

    cache: Any = None
    if mode == "train":
        N = x.shape[0]
        mu = np.einsum("nd->d", x) / N
        xmu = x - mu
        var = np.einsum("nd,nd->d", xmu, xmu) / N
        sqrtvar = np.sqrt(var + eps)
        ivar = 1.0 / sqrtvar
        xhat = xmu * ivar
        out = np.einsum("nd,d->nd", xhat, gamma) + beta
        cache = dict(xhat=xhat, xmu=xmu, ivar=ivar, sqrtvar=sqrtvar, gamma=gamma)
        running_mean = running_mean + (1 - momentum) * (mu - running_mean)
        running_var = running_var + (1 - momentum) * (var - running_var)
    elif mode == "test":
        scale = gamma / np.sqrt(running_var + eps)
        shift = beta - scale * running_mean
        out = scale * x + shift
    else:
        raise ValueError(f'bn_param["mode"] must be "train" or "test", not {mode!r}')

    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    # one step for each node of the graph, last to first
    N, D = dout.shape
    # step 9: out = gammax + beta
    dbeta = np.einsum("nd->d", dout)
    dgammax = dout
    # step 8: gammax = gamma * xhat
    dgamma = np.einsum("nd,nd->d", dgammax, cache["xhat"])
    dxhat = dgammax * cache["gamma"]
    # step 7: xhat = xmu * ivar
    divar = np.einsum("nd,nd->d", dxhat, cache["xmu"])
    dxmu1 = dxhat * cache["ivar"]
    # step 6: ivar = 1 / sqrtvar
    dsqrtvar = -divar / cache["sqrtvar"] ** 2
    # step 5: sqrtvar = sqrt(var + eps)
    dvar = 0.5 * dsqrtvar / cache["sqrtvar"]
    # step 4: var = 1/N sum sq
    dsq = np.ones((N, D), dtype=dout.dtype) * dvar / N
    # step 3: sq = xmu ** 2
    dxmu2 = 2 * cache["xmu"] * dsq
    # step 2: xmu = x - mu
    dx1 = dxmu1 + dxmu2
    dmu = -np.einsum("nd->d", dx1)
    # step 1: mu = 1/N sum x
    dx2 = np.ones((N, D), dtype=dout.dtype) * dmu / N
    # step 0
    return dx1 + dx2, dgamma, dbeta


def batchnorm_backward_alt(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    xhat, gamma, ivar = cache["xhat"], cache["gamma"], cache["ivar"]
    N = dout.shape[0]
    dbeta = dout.sum(0)
    dgamma = np.einsum("nd,nd->d", dout, xhat)
    dx = gamma * ivar / N * (N * dout - dbeta - xhat * dgamma)
    return dx, dgamma, dbeta


def layernorm_forward(
    x: Array, gamma: Array, beta: Array, ln_param: dict[str, Any]
) -> tuple[Array, Any]:
    eps = ln_param.get("eps", 1e-5)
    D = x.shape[1]
    xmu = x - np.einsum("nd->n", x)[:, None] / D
    ivar = 1.0 / np.sqrt(np.einsum("nd,nd->n", xmu, xmu) / D + eps)
    xhat = np.einsum("nd,n->nd", xmu, ivar)
    return xhat * gamma + beta, dict(xhat=xhat, ivar=ivar, gamma=gamma)


def layernorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    xhat = cache["xhat"]
    D = dout.shape[1]
    dgamma = np.einsum("nd,nd->d", dout, xhat)
    dbeta = np.einsum("nd->d", dout)
    g = np.einsum("nd,d->nd", dout, cache["gamma"])
    a = np.einsum("nd->n", g)[:, None] / D
    c = np.einsum("nd,nd->n", g, xhat)[:, None] / D
    dx = cache["ivar"][:, None] * (g - a - xhat * c)
    return dx, dgamma, dbeta


def dropout_forward(x: Array, dropout_param: dict[str, Any]) -> tuple[Array, Any]:
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])

    if mode == "train":
        mask = np.random.binomial(1, p, size=x.shape).astype(x.dtype) / p
        out = x * mask
    elif mode == "test":
        mask = None
        out = x.copy()
    else:
        raise ValueError(f'dropout_param["mode"] must be "train" or "test", not {mode!r}')
    return out, {"param": dropout_param, "mask": mask}


def dropout_backward(dout: Array, cache: Any) -> Array:
    mode = cache["param"]["mode"]
    if mode == "train":
        return dout * cache["mask"]
    if mode == "test":
        return dout
    raise ValueError(f'dropout_param["mode"] must be "train" or "test", not {mode!r}')


def out_size(size: int, k: int, stride: int) -> int:
    steps, rest = divmod(size - k, stride)
    if steps < 0 or rest:
        raise ValueError(f"{size} pixels, window {k}, stride {stride}: does not come out even")
    return steps + 1


def windows_of(x: Array, kh: int, kw: int, stride: int) -> Array:
    """(N, C, H', W', kh, kw), no copy"""
    return sliding_window_view(x, (kh, kw), axis=(2, 3))[:, :, ::stride, ::stride]


def conv_forward_naive(
    x: Array, w: Array, b: Array, conv_param: dict[str, Any]
) -> tuple[Array, Any]:
    stride, pad = conv_param["stride"], conv_param["pad"]
    kh, kw = w.shape[2:]
    out_size(x.shape[2] + 2 * pad, kh, stride)
    out_size(x.shape[3] + 2 * pad, kw, stride)
    xp = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)], mode="constant")
    out = np.einsum("ncpqij,fcij->nfpq", windows_of(xp, kh, kw, stride), w, optimize=True)
    out = out + b[:, None, None]
    return out, {"xp": xp, "w": w, "stride": stride, "pad": pad}


def conv_backward_naive(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    xp, w, stride, pad = cache["xp"], cache["w"], cache["stride"], cache["pad"]
    N, F, oh, ow = dout.shape
    kh, kw = w.shape[2:]
    db = np.einsum("nfpq->f", dout)
    dw = np.einsum("ncpqij,nfpq->fcij", windows_of(xp, kh, kw, stride), dout, optimize=True)
    # dx: spread dout out by the stride, then convolve it with the flipped filters
    spread = np.zeros(
        (N, F, (oh - 1) * stride + 1 + 2 * (kh - 1), (ow - 1) * stride + 1 + 2 * (kw - 1)),
        dtype=dout.dtype,
    )
    spread[
        :,
        :,
        kh - 1 : kh + (oh - 1) * stride : stride,
        kw - 1 : kw + (ow - 1) * stride : stride,
    ] = dout
    flipped = w[:, :, ::-1, ::-1]
    dxp = np.einsum("nfpqij,fcij->ncpq", windows_of(spread, kh, kw, 1), flipped, optimize=True)
    H, W = xp.shape[2] - 2 * pad, xp.shape[3] - 2 * pad
    return dxp[:, :, pad : pad + H, pad : pad + W], dw, db


def max_pool_forward_naive(x: Array, pool_param: dict[str, Any]) -> tuple[Array, Any]:
    ph, pw = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    N, C, H, W = x.shape
    oh, ow = out_size(H, ph, stride), out_size(W, pw, stride)
    sn, sc, sh, sw = x.strides
    view = as_strided(
        x,
        shape=(N, C, oh, ow, ph, pw),
        strides=(sn, sc, sh * stride, sw * stride, sh, sw),
        writeable=False,
    )
    flat = view.reshape(N, C, oh, ow, ph * pw)
    best = flat.argmax(axis=-1)
    out = np.take_along_axis(flat, best[..., None], axis=-1)[..., 0]
    return out, {"shape": x.shape, "best": best, "pool": (ph, pw, stride)}


def max_pool_backward_naive(dout: Array, cache: Any) -> Array:
    _, pw, stride = cache["pool"]
    N, C, oh, ow = dout.shape
    r, s = np.unravel_index(cache["best"], cache["pool"][:2])
    n, c, p, q = np.ogrid[:N, :C, :oh, :ow]
    dx = np.zeros(cache["shape"], dtype=dout.dtype)
    # add.at: overlapping windows may share a winner
    np.add.at(dx, (n, c, p * stride + r, q * stride + s), dout)
    return dx


def spatial_batchnorm_forward(
    x: Array, gamma: Array, beta: Array, bn_param: dict[str, Any]
) -> tuple[Array, Any]:
    N, C, H, W = x.shape
    columns = np.einsum("nchw->nhwc", x).reshape(N * H * W, C)
    out, cache = batchnorm_forward(columns, gamma, beta, bn_param)
    return np.einsum("nhwc->nchw", out.reshape(N, H, W, C)), cache


def spatial_batchnorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    N, C, H, W = dout.shape
    columns = np.einsum("nchw->nhwc", dout).reshape(N * H * W, C)
    dx, dgamma, dbeta = batchnorm_backward(columns, cache)
    return np.einsum("nhwc->nchw", dx.reshape(N, H, W, C)), dgamma, dbeta


def spatial_groupnorm_forward(
    x: Array, gamma: Array, beta: Array, G: int, gn_param: dict[str, Any]
) -> tuple[Array, Any]:
    eps = gn_param.get("eps", 1e-5)
    N, C, H, W = x.shape
    if C % G != 0:
        raise ValueError(f"G = {G} does not divide C = {C}")
    xg = x.reshape(N, G, C // G, H, W)
    m = C // G * H * W
    xmu = xg - np.einsum("ngkhw->ng", xg)[:, :, None, None, None] / m
    ivar = 1.0 / np.sqrt(np.einsum("ngkhw,ngkhw->ng", xmu, xmu) / m + eps)
    xhat = np.einsum("ngkhw,ng->ngkhw", xmu, ivar)
    out = xhat.reshape(x.shape) * gamma + beta
    return out, dict(xhat=xhat, ivar=ivar, gamma=gamma, m=m)


def spatial_groupnorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    xhat, ivar, m = cache["xhat"], cache["ivar"], cache["m"]
    dgamma = np.einsum("nchw,nchw->c", dout, xhat.reshape(dout.shape))[None, :, None, None]
    dbeta = np.einsum("nchw->c", dout)[None, :, None, None]
    g = (dout * cache["gamma"]).reshape(xhat.shape)
    a = np.einsum("ngkhw->ng", g) / m
    c = np.einsum("ngkhw,ngkhw->ng", g, xhat) / m
    dx = np.einsum("ng,ngkhw->ngkhw", ivar, g - a[..., None, None, None])
    dx -= np.einsum("ng,ngkhw->ngkhw", ivar * c, xhat)
    return dx.reshape(dout.shape), dgamma, dbeta
