"""My layers. I write every sum as a loop so that I can check it against the formulas."""

from builtins import range

import numpy as np


def affine_forward(x, w, b):
    N = x.shape[0]
    M = w.shape[1]
    out = np.zeros((N, M), dtype=x.dtype)
    for i in range(N):
        row = x[i].reshape(-1)
        out[i] = row.dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    N = x.shape[0]
    dx = np.zeros_like(x)
    dw = np.zeros_like(w)
    db = np.zeros(w.shape[1], dtype=dout.dtype)
    for i in range(N):
        dx[i] = w.dot(dout[i]).reshape(x[i].shape)
        dw += np.outer(x[i].reshape(-1), dout[i])
        db += dout[i]
    return dx, dw, db


def relu_forward(x):
    out = x.copy()
    for i in range(x.shape[0]):
        out[i] = np.where(x[i] > 0, x[i], 0)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    x = cache
    dx = np.zeros_like(dout)
    for i in range(x.shape[0]):
        dx[i] = np.where(x[i] > 0, dout[i], 0)
    return dx


def softmax_loss(x, y):
    N, C = x.shape
    loss = 0.0
    dx = np.zeros_like(x)
    for i in range(N):
        biggest = max(x[i])
        total = 0.0
        for j in range(C):
            total += np.exp(x[i, j] - biggest)
        loss += np.log(total) - (x[i, y[i]] - biggest)
        for j in range(C):
            dx[i, j] = np.exp(x[i, j] - biggest) / total / N
        dx[i, y[i]] -= 1 / N
    loss /= N
    return loss, dx


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)

    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))

    out = np.zeros_like(x)
    cache = None
    if mode == "train":
        new_mean = np.zeros(D, dtype=x.dtype)
        new_var = np.zeros(D, dtype=x.dtype)
        x_norm = np.zeros_like(x)
        sigmas = np.zeros(D, dtype=x.dtype)
        for d in range(D):
            mu = 0.0
            for i in range(N):
                mu += x[i, d] / N
            var = 0.0
            for i in range(N):
                var += (x[i, d] - mu) ** 2 / N
            sigmas[d] = np.sqrt(var + eps)
            x_norm[:, d] = (x[:, d] - mu) / sigmas[d]
            out[:, d] = gamma[d] * x_norm[:, d] + beta[d]
            new_mean[d] = momentum * running_mean[d] + (1 - momentum) * mu
            new_var[d] = momentum * running_var[d] + (1 - momentum) * var
        running_mean, running_var = new_mean, new_var
        cache = (x_norm, sigmas, gamma)
    elif mode == "test":
        for d in range(D):
            normed = (x[:, d] - running_mean[d]) / np.sqrt(running_var[d] + eps)
            out[:, d] = gamma[d] * normed + beta[d]
    else:
        raise ValueError('Invalid forward batchnorm mode "%s"' % mode)

    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    x_norm, sigmas, gamma = cache
    N, D = dout.shape
    dx = np.zeros_like(dout)
    dgamma = np.zeros(D, dtype=dout.dtype)
    dbeta = np.zeros(D, dtype=dout.dtype)
    for d in range(D):
        for i in range(N):
            dgamma[d] += dout[i, d] * x_norm[i, d]
            dbeta[d] += dout[i, d]
        dx_norm = dout[:, d] * gamma[d]
        centered = x_norm[:, d] * sigmas[d]
        # x_norm = centered * (1 / sigma)
        dcentered = dx_norm / sigmas[d]
        dinv = (dx_norm * centered).sum()
        dsigma = -dinv / sigmas[d] ** 2
        dvar = 0.5 * dsigma / sigmas[d]
        dcentered = dcentered + dvar * 2 * centered / N
        dmu = -dcentered.sum()
        dx[:, d] = dcentered + dmu / N
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    x_norm, sigmas, gamma = cache
    N, D = dout.shape
    dx = np.zeros_like(dout)
    dgamma = np.zeros(D, dtype=dout.dtype)
    dbeta = np.zeros(D, dtype=dout.dtype)
    for d in range(D):
        g = dout[:, d]
        dbeta[d] = g.sum()
        dgamma[d] = (g * x_norm[:, d]).sum()
        dx[:, d] = gamma[d] / (N * sigmas[d]) * (N * g - dbeta[d] - x_norm[:, d] * dgamma[d])
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    N, D = x.shape
    out = np.zeros_like(x)
    x_norm = np.zeros_like(x)
    sigmas = np.zeros(N, dtype=x.dtype)
    for i in range(N):
        mu = x[i].sum() / D
        var = ((x[i] - mu) ** 2).sum() / D
        sigmas[i] = np.sqrt(var + eps)
        x_norm[i] = (x[i] - mu) / sigmas[i]
        out[i] = gamma * x_norm[i] + beta
    cache = (x_norm, sigmas, gamma)
    return out, cache


def layernorm_backward(dout, cache):
    x_norm, sigmas, gamma = cache
    N, D = dout.shape
    dx = np.zeros_like(dout)
    dgamma = np.zeros(D, dtype=dout.dtype)
    dbeta = np.zeros(D, dtype=dout.dtype)
    for i in range(N):
        dgamma += dout[i] * x_norm[i]
        dbeta += dout[i]
        g = dout[i] * gamma
        dx[i] = (D * g - g.sum() - x_norm[i] * (g * x_norm[i]).sum()) / (D * sigmas[i])
    return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])

    mask = None
    if mode == "train":
        mask = np.zeros(x.shape, dtype=x.dtype)
        for k in range(x.size):
            if np.random.rand() < p:
                mask.flat[k] = 1 / p
        out = x * mask
    elif mode == "test":
        out = x
    else:
        raise ValueError("bad dropout mode " + str(mode))

    cache = (dropout_param, mask)
    return out, cache


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    mode = dropout_param["mode"]
    if mode == "train":
        dx = dout * mask
    elif mode == "test":
        dx = dout
    else:
        raise ValueError("bad dropout mode " + str(mode))
    return dx


def check_fits(size, window, stride):
    if window > size or (size - window) % stride != 0:
        raise ValueError("window %d, stride %d do not fit %d pixels" % (window, stride, size))


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    check_fits(H + 2 * pad, HH, stride)
    check_fits(W + 2 * pad, WW, stride)
    Hout = 1 + (H + 2 * pad - HH) // stride
    Wout = 1 + (W + 2 * pad - WW) // stride

    xpad = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=x.dtype)
    xpad[:, :, pad : pad + H, pad : pad + W] = x

    out = np.zeros((N, F, Hout, Wout), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(Hout):
                for j in range(Wout):
                    hs, ws = i * stride, j * stride
                    window = xpad[n, :, hs : hs + HH, ws : ws + WW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    cache = (x, w, b, conv_param)
    return out, cache


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    _, _, Hout, Wout = dout.shape

    xpad = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=x.dtype)
    xpad[:, :, pad : pad + H, pad : pad + W] = x
    dxpad = np.zeros_like(xpad)
    dw = np.zeros_like(w)
    db = np.zeros(F, dtype=dout.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(Hout):
                for j in range(Wout):
                    hs, ws = i * stride, j * stride
                    g = dout[n, f, i, j]
                    db[f] += g
                    dw[f] += g * xpad[n, :, hs : hs + HH, ws : ws + WW]
                    dxpad[n, :, hs : hs + HH, ws : ws + WW] += g * w[f]
    dx = dxpad[:, :, pad : pad + H, pad : pad + W]
    return dx, dw, db


def max_pool_forward_naive(x, pool_param):
    ph, pw = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    N, C, H, W = x.shape
    check_fits(H, ph, stride)
    check_fits(W, pw, stride)
    Hout = 1 + (H - ph) // stride
    Wout = 1 + (W - pw) // stride
    out = np.zeros((N, C, Hout, Wout), dtype=x.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(Hout):
                for j in range(Wout):
                    hs, ws = i * stride, j * stride
                    out[n, c, i, j] = np.max(x[n, c, hs : hs + ph, ws : ws + pw])
    cache = (x, pool_param)
    return out, cache


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    ph, pw = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    N, C, Hout, Wout = dout.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(Hout):
                for j in range(Wout):
                    # look for the position of the winner
                    best_r, best_s = i * stride, j * stride
                    for r in range(i * stride, i * stride + ph):
                        for s in range(j * stride, j * stride + pw):
                            if x[n, c, r, s] > x[n, c, best_r, best_s]:
                                best_r, best_s = r, s
                    dx[n, c, best_r, best_s] += dout[n, c, i, j]
    return dx


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    C = x.shape[1]
    running_mean = bn_param.get("running_mean", np.zeros(C, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(C, dtype=x.dtype))
    running_mean = np.array(running_mean, dtype=x.dtype)
    running_var = np.array(running_var, dtype=x.dtype)

    if mode not in ("train", "test"):
        raise ValueError("bad mode " + str(mode))
    out = np.zeros_like(x)
    x_norm = np.zeros_like(x)
    sigmas = np.zeros(C, dtype=x.dtype)
    for c in range(C):
        if mode == "train":
            mu = x[:, c].mean()
            var = x[:, c].var()
            running_mean[c] = momentum * running_mean[c] + (1 - momentum) * mu
            running_var[c] = momentum * running_var[c] + (1 - momentum) * var
        else:
            mu, var = running_mean[c], running_var[c]
        sigmas[c] = np.sqrt(var + eps)
        x_norm[:, c] = (x[:, c] - mu) / sigmas[c]
        out[:, c] = gamma[c] * x_norm[:, c] + beta[c]
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    cache = (x_norm, sigmas, gamma) if mode == "train" else None
    return out, cache


def spatial_batchnorm_backward(dout, cache):
    x_norm, sigmas, gamma = cache
    N, C, H, W = dout.shape
    m = N * H * W
    dx = np.zeros_like(dout)
    dgamma = np.zeros(C, dtype=dout.dtype)
    dbeta = np.zeros(C, dtype=dout.dtype)
    for c in range(C):
        g = dout[:, c]
        dbeta[c] = g.sum()
        dgamma[c] = (g * x_norm[:, c]).sum()
        dx[:, c] = gamma[c] / sigmas[c] * (g - dbeta[c] / m - x_norm[:, c] * dgamma[c] / m)
    return dx, dgamma, dbeta


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    eps = gn_param.get("eps", 1e-5)
    N, C, H, W = x.shape
    if C % G != 0:
        raise ValueError("G must divide C")
    size = C // G
    out = np.zeros_like(x)
    x_norm = np.zeros_like(x)
    sigmas = np.zeros((N, G), dtype=x.dtype)
    for n in range(N):
        for g in range(G):
            group = x[n, g * size : (g + 1) * size]
            sigmas[n, g] = np.sqrt(group.var() + eps)
            x_norm[n, g * size : (g + 1) * size] = (group - group.mean()) / sigmas[n, g]
        for c in range(C):
            out[n, c] = gamma[0, c, 0, 0] * x_norm[n, c] + beta[0, c, 0, 0]
    cache = (x_norm, sigmas, gamma, G)
    return out, cache


def spatial_groupnorm_backward(dout, cache):
    x_norm, sigmas, gamma, G = cache
    N, C, H, W = dout.shape
    size = C // G
    m = size * H * W
    dx = np.zeros_like(dout)
    dgamma = np.zeros((1, C, 1, 1), dtype=dout.dtype)
    dbeta = np.zeros((1, C, 1, 1), dtype=dout.dtype)
    for c in range(C):
        for n in range(N):
            dgamma[0, c, 0, 0] += np.sum(dout[n, c] * x_norm[n, c])
            dbeta[0, c, 0, 0] += np.sum(dout[n, c])
    for n in range(N):
        for g in range(G):
            lo, hi = g * size, (g + 1) * size
            dnorm = dout[n, lo:hi] * gamma[0, lo:hi]
            xn = x_norm[n, lo:hi]
            dx[n, lo:hi] = (dnorm - dnorm.sum() / m - xn * (dnorm * xn).sum() / m) / sigmas[n, g]
    return dx, dgamma, dbeta
