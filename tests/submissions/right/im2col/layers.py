from builtins import range

import numpy as np


def affine_forward(x, w, b):
    out = np.dot(x.reshape(x.shape[0], np.prod(x.shape[1:])), w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    X = x.reshape(x.shape[0], np.prod(x.shape[1:]))
    dx = np.dot(dout, w.T).reshape(*x.shape)
    dw = np.dot(X.T, dout)
    db = np.dot(np.ones(X.shape[0], dtype=dout.dtype), dout)
    return dx, dw, db


def relu_forward(x):
    out = x * (x > 0)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    dx = np.array(dout)
    dx[cache <= 0] = 0
    return dx


def softmax_loss(x, y):
    N = x.shape[0]
    scores = x - np.max(x, axis=1, keepdims=True)
    logsum = np.log(np.sum(np.exp(scores), axis=1))
    correct = scores[range(N), y]
    loss = np.sum(logsum - correct) / N
    dx = np.exp(scores - logsum.reshape(N, 1))
    dx[range(N), y] -= 1
    dx = dx / N
    return loss, dx


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)

    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))

    cache = None
    if mode == "train":
        mean = np.mean(x, axis=0)
        var = np.var(x, axis=0)
        x_hat = (x - mean) / np.sqrt(var + eps)
        out = gamma * x_hat + beta
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
        cache = (x, mean, var, eps, x_hat, gamma)
    elif mode == "test":
        x_hat = (x - running_mean) / np.sqrt(running_var + eps)
        out = gamma * x_hat + beta
    else:
        raise ValueError('Invalid forward batchnorm mode "%s"' % mode)

    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    # the equations of the paper
    x, mean, var, eps, x_hat, gamma = cache
    m = x.shape[0]
    dx_hat = dout * gamma
    dvar = np.sum(dx_hat * (x - mean) * -0.5 * (var + eps) ** -1.5, axis=0)
    dmean = np.sum(-dx_hat / np.sqrt(var + eps), axis=0)
    dmean += dvar * np.mean(-2 * (x - mean), axis=0)
    dx = dx_hat / np.sqrt(var + eps) + dvar * 2 * (x - mean) / m + dmean / m
    dgamma = np.sum(dout * x_hat, axis=0)
    dbeta = np.sum(dout, axis=0)
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    x, mean, var, eps, x_hat, gamma = cache
    dgamma = np.sum(dout * x_hat, axis=0)
    dbeta = np.sum(dout, axis=0)
    dx_hat = dout * gamma
    dx = dx_hat - np.mean(dx_hat, axis=0) - x_hat * np.mean(dx_hat * x_hat, axis=0)
    dx = dx / np.sqrt(var + eps)
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    # batch norm of the transpose, without its scale and shift
    xt = x.T
    mean = np.mean(xt, axis=0)
    std = np.sqrt(np.var(xt, axis=0) + eps)
    xt_hat = (xt - mean) / std
    x_hat = xt_hat.T
    out = gamma * x_hat + beta
    cache = (xt_hat, std, gamma)
    return out, cache


def layernorm_backward(dout, cache):
    xt_hat, std, gamma = cache
    dgamma = np.sum(dout * xt_hat.T, axis=0)
    dbeta = np.sum(dout, axis=0)
    dxt_hat = (dout * gamma).T
    D = dxt_hat.shape[0]
    dxt = dxt_hat - np.sum(dxt_hat, axis=0) / D - xt_hat * np.sum(dxt_hat * xt_hat, axis=0) / D
    dx = (dxt / std).T
    return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])

    mask = None
    if mode == "train":
        mask = np.random.choice([0.0, 1 / p], size=x.shape, p=[1 - p, p]).astype(x.dtype)
        out = np.multiply(x, mask)
    elif mode == "test":
        out = x
    else:
        raise ValueError("mode is train or test")

    cache = (dropout_param, mask)
    return out, cache


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    mode = dropout_param["mode"]
    if mode == "train":
        dx = np.multiply(dout, mask)
    elif mode == "test":
        dx = dout
    else:
        raise ValueError("mode is train or test")
    return dx


def get_out_dims(H, W, kh, kw, stride):
    if kh > H or kw > W:
        raise ValueError("the window is larger than the image")
    if (H - kh) % stride or (W - kw) % stride:
        raise ValueError("the windows do not tile the image")
    return (H - kh) // stride + 1, (W - kw) // stride + 1


def get_indices(C, H, W, kh, kw, stride):
    """Channel, row and column of each entry of the (C * kh * kw, H' * W') matrix."""
    oh, ow = get_out_dims(H, W, kh, kw, stride)
    k = np.repeat(np.arange(C), kh * kw).reshape(-1, 1)
    i0 = np.tile(np.repeat(np.arange(kh), kw), C)
    j0 = np.tile(np.arange(kw), kh * C)
    i1 = stride * np.repeat(np.arange(oh), ow)
    j1 = stride * np.tile(np.arange(ow), oh)
    i = i0.reshape(-1, 1) + i1.reshape(1, -1)
    j = j0.reshape(-1, 1) + j1.reshape(1, -1)
    return k, i, j


def im2col(x, kh, kw, stride, pad):
    N, C, H, W = x.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), "constant")
    k, i, j = get_indices(C, H + 2 * pad, W + 2 * pad, kh, kw, stride)
    cols = xp[:, k, i, j]
    return cols.transpose(1, 2, 0).reshape(C * kh * kw, -1)


def col2im(cols, x_shape, kh, kw, stride, pad):
    N, C, H, W = x_shape
    xp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=cols.dtype)
    k, i, j = get_indices(C, H + 2 * pad, W + 2 * pad, kh, kw, stride)
    cols = cols.reshape(C * kh * kw, -1, N).transpose(2, 0, 1)
    np.add.at(xp, (slice(None), k, i, j), cols)
    if pad == 0:
        return xp
    return xp[:, :, pad:-pad, pad:-pad]


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    oh, ow = get_out_dims(H + 2 * pad, W + 2 * pad, HH, WW, stride)
    cols = im2col(x, HH, WW, stride, pad)
    out = np.dot(w.reshape(F, -1), cols) + b.reshape(-1, 1)
    out = out.reshape(F, oh, ow, N).transpose(3, 0, 1, 2)
    cache = (x.shape, w, b, conv_param, cols)
    return out, cache


def conv_backward_naive(dout, cache):
    x_shape, w, b, conv_param, cols = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    F, C, HH, WW = w.shape
    db = np.sum(dout, axis=(0, 2, 3))
    dout_mat = dout.transpose(1, 2, 3, 0).reshape(F, -1)
    dw = np.dot(dout_mat, cols.T).reshape(w.shape)
    dcols = np.dot(w.reshape(F, -1).T, dout_mat)
    dx = col2im(dcols, x_shape, HH, WW, stride, pad)
    return dx, dw, db


def max_pool_forward_naive(x, pool_param):
    ph, pw = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    N, C, H, W = x.shape
    oh, ow = get_out_dims(H, W, ph, pw, stride)
    # each channel as an image of its own
    cols = im2col(x.reshape(N * C, 1, H, W), ph, pw, stride, 0)
    winners = np.argmax(cols, axis=0)
    out = cols[winners, np.arange(cols.shape[1])]
    out = out.reshape(oh, ow, N, C).transpose(2, 3, 0, 1)
    cache = (x.shape, pool_param, winners)
    return out, cache


def max_pool_backward_naive(dout, cache):
    x_shape, pool_param, winners = cache
    ph, pw = pool_param["pool_height"], pool_param["pool_width"]
    N, C, H, W = x_shape
    dcols = np.zeros((ph * pw, winners.size), dtype=dout.dtype)
    dcols[winners, np.arange(winners.size)] = dout.transpose(2, 3, 0, 1).ravel()
    dx = col2im(dcols, (N * C, 1, H, W), ph, pw, pool_param["stride"], 0)
    return dx.reshape(x_shape)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    # channels last, then every pixel is an example
    x2 = np.moveaxis(x, 1, -1).reshape(-1, C)
    out2, cache = batchnorm_forward(x2, gamma, beta, bn_param)
    out = np.moveaxis(out2.reshape(N, H, W, C), -1, 1)
    return out, cache


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    dout2 = np.moveaxis(dout, 1, -1).reshape(-1, C)
    dx2, dgamma, dbeta = batchnorm_backward(dout2, cache)
    dx = np.moveaxis(dx2.reshape(N, H, W, C), -1, 1)
    return dx, dgamma, dbeta


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    eps = gn_param.get("eps", 1e-5)
    N, C, H, W = x.shape
    if C % G != 0:
        raise ValueError("C is not a multiple of G")
    rows = x.reshape(N * G, -1)
    ones, zeros = np.ones(rows.shape[1], dtype=x.dtype), np.zeros(rows.shape[1], dtype=x.dtype)
    x_hat, ln_cache = layernorm_forward(rows, ones, zeros, {"eps": eps})
    x_hat = x_hat.reshape(N, C, H, W)
    out = gamma * x_hat + beta
    cache = (x_hat, gamma, G, ln_cache)
    return out, cache


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, G, ln_cache = cache
    N, C, H, W = dout.shape
    dgamma = np.sum(dout * x_hat, axis=(0, 2, 3)).reshape(1, C, 1, 1)
    dbeta = np.sum(dout, axis=(0, 2, 3)).reshape(1, C, 1, 1)
    dx, _, _ = layernorm_backward((dout * gamma).reshape(N * G, -1), ln_cache)
    return dx.reshape(N, C, H, W), dgamma, dbeta
