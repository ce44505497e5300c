"""The layers against their definitions, finite differences, and their documented contract."""

import brute_force
import numpy as np
import pytest
from brute_force import numeric_gradient, without_ties

from reference import fast_layers, layer_utils, layers

CONVOLUTIONS = [
    layers.conv_forward_naive,
    fast_layers.conv_forward_fast,
]
CONVOLUTION_PAIRS = [
    (layers.conv_forward_naive, layers.conv_backward_naive),
    (fast_layers.conv_forward_fast, fast_layers.conv_backward_fast),
]
POOLING_PAIRS = [
    (layers.max_pool_forward_naive, layers.max_pool_backward_naive),
    (fast_layers.max_pool_forward_fast, fast_layers.max_pool_backward_fast),
]
# (N, C, H, W), (F, HH, WW), stride, pad
CONV_SHAPES = {
    "same size": ((2, 3, 5, 5), (2, 3, 3), 1, 1),
    "no padding": ((2, 2, 5, 4), (3, 2, 2), 1, 0),
    "stride 2": ((2, 2, 6, 8), (2, 4, 4), 2, 1),
    "stride 3 skips pixels": ((1, 2, 7, 4), (2, 1, 1), 3, 0),
    "flat filter": ((2, 1, 4, 7), (2, 1, 3), 1, 1),
    "tall filter": ((2, 2, 7, 3), (1, 4, 2), 1, 2),
    "one pixel out": ((1, 3, 3, 4), (2, 3, 4), 1, 0),
    "one of everything": ((1, 1, 1, 1), (1, 1, 1), 1, 0),
    "more padding than image": ((1, 1, 2, 2), (1, 3, 3), 1, 3),
}
# (N, C, H, W), (height, width), stride
POOL_SHAPES = {
    "tiles": ((3, 2, 8, 8), (2, 2), 2),
    "overlap": ((2, 2, 7, 7), (3, 3), 2),
    "overlap by all but one": ((2, 1, 5, 4), (3, 2), 1),
    "gaps": ((2, 2, 8, 5), (2, 2), 3),
    "flat window": ((1, 3, 4, 6), (1, 2), 1),
    "tall window": ((1, 1, 6, 4), (3, 1), 3),
    "whole image": ((2, 2, 3, 4), (3, 4), 1),
    "one pixel": ((1, 1, 1, 1), (1, 1), 1),
}


@pytest.fixture
def rng():
    return np.random.default_rng(20240)


def close(got, expected, tolerance=1e-8):
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


def close_gradients(grads, forward, inputs, dout):
    """Each gradient equals the finite difference of `forward(*inputs)`."""
    assert len(grads) == len(inputs)
    for grad, x in zip(grads, inputs, strict=True):
        close(grad, numeric_gradient(lambda: forward(*inputs), x, dout), 1e-7)


# Fully connected.


@pytest.mark.parametrize("shape", [(2, 4, 5, 6), (3, 7), (1, 1)])
def test_affine(rng, shape):
    x, w, b = rng.normal(size=shape), rng.normal(size=(np.prod(shape[1:]), 3)), rng.normal(size=3)
    out, cache = layers.affine_forward(x, w, b)
    close(out, np.array([[row.ravel() @ w[:, j] + b[j] for j in range(3)] for row in x]))
    dout = rng.normal(size=out.shape)
    grads = layers.affine_backward(dout, cache)
    close_gradients(grads, lambda *a: layers.affine_forward(*a)[0], (x, w, b), dout)


def test_relu(rng):
    x = without_ties(rng, 3, 4, 2)
    out, cache = layers.relu_forward(x)
    assert ((out == x) | (x < 0)).all()
    assert (out[x < 0] == 0).all()
    dout = rng.normal(size=x.shape)
    dx = layers.relu_backward(dout, cache)
    close_gradients([dx], lambda a: layers.relu_forward(a)[0], [x], dout)


def test_relu_passes_no_gradient_at_zero():
    _, cache = layers.relu_forward(np.array([0.0, 1.0]))
    np.testing.assert_array_equal(layers.relu_backward(np.array([5.0, 5.0]), cache), [0, 5])


def test_softmax_loss(rng):
    x, y = 3 * rng.normal(size=(5, 4)), np.array([0, 3, 1, 1, 2])
    loss, dx = layers.softmax_loss(x, y)
    probs = [np.exp(row) / np.exp(row).sum() for row in x]
    assert loss == pytest.approx(-np.mean([np.log(p[c]) for p, c in zip(probs, y, strict=True)]))
    assert isinstance(loss, float)
    close_gradients([dx], lambda a: layers.softmax_loss(a, y)[0], [x], 1.0)


def test_softmax_loss_of_huge_scores_is_finite():
    # The right class has probability exp(-2000): its logarithm is still known.
    loss, dx = layers.softmax_loss(np.array([[1000.0, -1000.0]]), np.array([1]))
    assert loss == pytest.approx(2000)
    close(dx, np.array([[1.0, -1.0]]))


# Normalization.


def test_batchnorm_train(rng):
    x, gamma, beta = 5 * rng.normal(size=(4, 3)) + 12, rng.normal(size=3), rng.normal(size=3)
    out, cache = layers.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.1})
    close(out, gamma * brute_force.normalize(x, lambda i: i[1], 0.1) + beta)
    dout = rng.normal(size=x.shape)
    for backward in [layers.batchnorm_backward, layers.batchnorm_backward_alt]:
        close_gradients(
            backward(dout, cache),
            lambda *a: layers.batchnorm_forward(*a, {"mode": "train", "eps": 0.1})[0],
            (x, gamma, beta),
            dout,
        )


def test_batchnorm_keeps_running_averages(rng):
    bn_param = {"mode": "train", "momentum": 0.75}
    batches = rng.normal(loc=[3, -4], size=(3, 6, 2))
    mean, var = np.zeros(2), np.zeros(2)
    for batch in batches:
        layers.batchnorm_forward(batch, np.ones(2), np.zeros(2), bn_param)
        mean = 0.75 * mean + 0.25 * batch.mean(axis=0)
        var = 0.75 * var + 0.25 * ((batch - batch.mean(axis=0)) ** 2).mean(axis=0)
    close(bn_param["running_mean"], mean)
    close(bn_param["running_var"], var)


def test_batchnorm_test_mode_uses_the_running_averages_and_leaves_them(rng):
    mean, var = np.array([3.0, -1.0]), np.array([4.0, 0.5])
    bn_param = {"mode": "test", "running_mean": mean, "running_var": var, "eps": 0.1}
    x, gamma, beta = rng.normal(size=(5, 2)), np.array([2.0, 3.0]), np.array([0.5, -0.5])
    out, _ = layers.batchnorm_forward(x, gamma, beta, bn_param)
    close(out, gamma * (x - [3, -1]) / np.sqrt([4.1, 0.6]) + beta)
    np.testing.assert_array_equal(bn_param["running_mean"], [3, -1])
    np.testing.assert_array_equal(bn_param["running_var"], [4, 0.5])


def test_batchnorm_of_one_example_gives_beta_and_no_gradient():
    x, gamma, beta = np.array([[3.0, -7.0]]), np.array([2.0, 3.0]), np.array([5.0, 6.0])
    out, cache = layers.batchnorm_forward(x, gamma, beta, {"mode": "train"})
    close(out, np.array([[5.0, 6.0]]))
    for backward in [layers.batchnorm_backward, layers.batchnorm_backward_alt]:
        dx, dgamma, dbeta = backward(np.ones((1, 2)), cache)
        close(dx, np.zeros((1, 2)))
        close(dgamma, np.zeros(2))
        close(dbeta, np.ones(2))


@pytest.mark.parametrize("shape", [(4, 5), (1, 3), (3, 1)])
def test_layernorm(rng, shape):
    x = 5 * rng.normal(size=shape) + 12
    gamma, beta = rng.normal(size=shape[1]), rng.normal(size=shape[1])
    out, cache = layers.layernorm_forward(x, gamma, beta, {"eps": 0.1})
    close(out, gamma * brute_force.normalize(x, lambda i: i[0], 0.1) + beta)
    dout = rng.normal(size=shape)
    grads = layers.layernorm_backward(dout, cache)
    forward = lambda *a: layers.layernorm_forward(*a, {"eps": 0.1})[0]  # noqa: E731  as in the notebooks
    close_gradients(grads, forward, (x, gamma, beta), dout)


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 2, 3, 1), (3, 1, 2, 2)])
def test_spatial_batchnorm(rng, shape):
    C = shape[1]
    x, gamma, beta = 5 * rng.normal(size=shape) + 12, rng.normal(size=C), rng.normal(size=C)

    def forward(x, gamma, beta):
        return layers.spatial_batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.1})[0]

    _, cache = layers.spatial_batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.1})
    per_channel = brute_force.normalize(x, lambda i: i[1], 0.1)
    close(forward(x, gamma, beta), gamma[:, None, None] * per_channel + beta[:, None, None])
    dout = rng.normal(size=shape)
    grads = layers.spatial_batchnorm_backward(dout, cache)
    close_gradients(grads, forward, (x, gamma, beta), dout)


def test_spatial_batchnorm_test_mode(rng):
    mean, var = np.array([3.0, -1.0]), np.array([4.0, 0.5])
    bn_param = {"mode": "test", "running_mean": mean, "running_var": var, "eps": 0.1}
    x = rng.normal(size=(2, 2, 3, 4))
    out, _ = layers.spatial_batchnorm_forward(x, np.ones(2), np.zeros(2), bn_param)
    for c in range(2):
        close(out[:, c], (x[:, c] - mean[c]) / np.sqrt(var[c] + 0.1))


@pytest.mark.parametrize("G", [1, 2, 3, 6])
@pytest.mark.parametrize("N", [1, 2])
def test_spatial_groupnorm(rng, N, G):
    shape = (N, 6, 2, 3)
    x = 5 * rng.normal(size=shape) + 12
    gamma, beta = rng.normal(size=(1, 6, 1, 1)), rng.normal(size=(1, 6, 1, 1))

    def forward(x, gamma, beta):
        return layers.spatial_groupnorm_forward(x, gamma, beta, G, {"eps": 0.1})[0]

    _, cache = layers.spatial_groupnorm_forward(x, gamma, beta, G, {"eps": 0.1})
    per_group = brute_force.normalize(x, lambda i: (i[0], i[1] // (6 // G)), 0.1)
    close(forward(x, gamma, beta), gamma * per_group + beta)
    dout = rng.normal(size=shape)
    grads = layers.spatial_groupnorm_backward(dout, cache)
    close_gradients(grads, forward, (x, gamma, beta), dout)


def test_groups_must_divide_the_channels():
    x, ones = np.ones((1, 6, 2, 2)), np.ones((1, 6, 1, 1))
    with pytest.raises(ValueError, match="6 channels cannot be split into 4 groups"):
        layers.spatial_groupnorm_forward(x, ones, ones, 4, {})


def test_integer_gamma_and_beta(rng):
    x, image = rng.normal(size=(4, 2)), rng.normal(size=(3, 2, 2, 2))
    gamma, beta = np.array([2, 3]), np.array([5, 7])
    train = {"mode": "train"}
    per_channel = (1, 2, 1, 1)
    for forward, backward, data, args in [
        (layers.batchnorm_forward, layers.batchnorm_backward, x, (gamma, beta, train)),
        (layers.layernorm_forward, layers.layernorm_backward, x, (gamma, beta, {})),
        (
            layers.spatial_batchnorm_forward,
            layers.spatial_batchnorm_backward,
            image,
            (gamma, beta, train),
        ),
        (
            layers.spatial_groupnorm_forward,
            layers.spatial_groupnorm_backward,
            image,
            (gamma.reshape(per_channel), beta.reshape(per_channel), 2, {}),
        ),
    ]:
        as_float = [a.astype(float) if isinstance(a, np.ndarray) else a for a in args]
        out, cache = forward(data, *args)
        out_float, cache_float = forward(data, *as_float)
        close(out, out_float)
        for grad, grad_float in zip(
            backward(data, cache), backward(data, cache_float), strict=True
        ):
            close(grad, grad_float)


# Dropout.


@pytest.mark.parametrize("p", [0.3, 0.8, 1])
def test_dropout_train(rng, p):
    x = rng.normal(size=(200, 300)) + 10
    out, cache = layers.dropout_forward(x, {"mode": "train", "p": p, "seed": 5})
    kept = out != 0
    close(out[kept], x[kept] / p)
    # Binomial, seven standard deviations; the seed is fixed.
    assert abs(kept.mean() - p) <= 7 * np.sqrt(p * (1 - p) / x.size)
    dout = rng.normal(size=x.shape)
    close(layers.dropout_backward(dout, cache), np.where(kept, dout / p, 0))


def test_dropout_draws_a_new_mask_each_time_unless_seeded(rng):
    x = np.ones((50, 50))

    def draw(**seed):
        return layers.dropout_forward(x, {"mode": "train", "p": 0.5, **seed})[0]

    np.testing.assert_array_equal(draw(seed=3), draw(seed=3))
    assert (draw(seed=3) != draw(seed=4)).any()
    assert (draw() != draw()).any()


def test_dropout_test_mode_changes_nothing(rng):
    x = rng.normal(size=(3, 4))
    out, cache = layers.dropout_forward(x, {"mode": "test", "p": 0.3})
    np.testing.assert_array_equal(out, x)
    np.testing.assert_array_equal(layers.dropout_backward(x, cache), x)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: layers.batchnorm_forward(x, x[0], x[0], {"mode": "eval"}),
        lambda x: layers.dropout_forward(x, {"mode": "eval", "p": 0.5}),
        lambda x: layers.dropout_backward(x, ({"mode": "eval", "p": 0.5}, None)),
        lambda x: layers.spatial_batchnorm_forward(
            x.reshape(1, 2, 2, 1), x[0], x[0], {"mode": "eval"}
        ),
    ],
)
def test_unknown_mode(call):
    with pytest.raises(ValueError, match='must be "train" or "test", not \'eval\''):
        call(np.ones((2, 2)))


# Convolution and pooling: naive and fast alike.


@pytest.mark.parametrize("name", CONV_SHAPES)
@pytest.mark.parametrize(("forward", "backward"), CONVOLUTION_PAIRS)
def test_conv(rng, forward, backward, name):
    x_shape, (F, HH, WW), stride, pad = CONV_SHAPES[name]
    x, w = rng.normal(size=x_shape), rng.normal(size=(F, x_shape[1], HH, WW))
    b = rng.normal(size=F)
    conv_param = {"stride": stride, "pad": pad}
    out, cache = forward(x, w, b, conv_param)
    close(out, brute_force.conv(x, w, b, stride, pad))
    dout = rng.normal(size=out.shape)
    close_gradients(backward(dout, cache), lambda *a: forward(*a, conv_param)[0], (x, w, b), dout)


@pytest.mark.parametrize("name", POOL_SHAPES)
@pytest.mark.parametrize(("forward", "backward"), POOLING_PAIRS)
def test_max_pool(rng, forward, backward, name):
    shape, (height, width), stride = POOL_SHAPES[name]
    x = without_ties(rng, *shape)
    pool_param = {"pool_height": height, "pool_width": width, "stride": stride}
    out, cache = forward(x, pool_param)
    np.testing.assert_array_equal(out, brute_force.max_pool(x, height, width, stride))
    dout = rng.normal(size=out.shape)
    dx = backward(dout, cache)
    close_gradients([dx], lambda a: forward(a, pool_param)[0], [x], dout)


@pytest.mark.parametrize(("forward", "backward"), POOLING_PAIRS)
def test_the_first_of_equal_maxima_gets_the_gradient(forward, backward):
    x = np.array([[[[1.0, 2.0, 2.0], [2.0, 0.0, 2.0]]]])
    _, cache = forward(x, {"pool_height": 2, "pool_width": 2, "stride": 1})
    dx = backward(np.array([[[[10.0, 100.0]]]]), cache)
    np.testing.assert_array_equal(dx, [[[[0, 110, 0], [0, 0, 0]]]])


@pytest.mark.parametrize(("forward", "backward"), POOLING_PAIRS)
def test_pooling_with_a_window_of_more_than_256_pixels(rng, forward, backward):
    x = without_ties(rng, 1, 1, 17, 17)
    x[0, 0, 16, 16] = x.max() + 1  # position 288 of the window
    _, cache = forward(x, {"pool_height": 17, "pool_width": 17, "stride": 1})
    dx = backward(np.ones((1, 1, 1, 1)), cache)
    assert np.argwhere(dx).tolist() == [[0, 0, 16, 16]]


@pytest.mark.parametrize("forward", CONVOLUTIONS)
@pytest.mark.parametrize(
    ("size", "filters", "stride", "pad"),
    [((5, 5), (2, 2), 2, 0), ((4, 6), (4, 3), 2, 1), ((3, 3), (6, 3), 1, 1)],
)
def test_conv_refuses_windows_that_do_not_fit(forward, size, filters, stride, pad):
    x, w, b = np.ones((1, 1, *size)), np.ones((1, 1, *filters)), np.ones(1)
    with pytest.raises(ValueError, match="do not cover a side of"):
        forward(x, w, b, {"stride": stride, "pad": pad})


@pytest.mark.parametrize("forward", [pair[0] for pair in POOLING_PAIRS])
@pytest.mark.parametrize("size", [(5, 4), (4, 5), (1, 2)])
def test_pooling_refuses_windows_that_do_not_fit(forward, size):
    with pytest.raises(ValueError, match="do not cover a side of"):
        forward(np.ones((1, 1, *size)), {"pool_height": 2, "pool_width": 2, "stride": 2})


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("pad", [0, 1, 2])
@pytest.mark.parametrize(("HH", "WW"), [(1, 1), (3, 2), (4, 4), (2, 5)])
def test_fast_conv_equals_naive_for_inputs_in_any_memory_order(rng, stride, pad, HH, WW):
    # Room for 4 + 2 * pad windows down and 3 + 2 * pad across, whatever the stride.
    H, W = HH + (3 + 2 * pad) * stride - 2 * pad, WW + (2 + 2 * pad) * stride - 2 * pad
    x = rng.normal(size=(H, W, 2, 3)).transpose(2, 3, 0, 1)
    w = rng.normal(size=(WW, HH, 3, 4)).T[:, :, ::-1, :]
    b = rng.normal(size=8)[::2]
    conv_param = {"stride": stride, "pad": pad}
    naive, naive_cache = layers.conv_forward_naive(x, w, b, conv_param)
    fast, fast_cache = fast_layers.conv_forward_fast(x, w, b, conv_param)
    close(fast, naive, 1e-9)
    dout = rng.normal(size=naive.shape[::-1]).T
    for got, expected in zip(
        fast_layers.conv_backward_fast(dout, fast_cache),
        layers.conv_backward_naive(dout, naive_cache),
        strict=True,
    ):
        close(got, expected, 1e-9)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 2), (3, 2), (2, 4)])
def test_fast_pooling_equals_naive_for_inputs_in_any_memory_order(rng, stride, height, width):
    H, W = height + 2 * stride, width + 3 * stride
    x = without_ties(rng, H, W, 2, 3).transpose(2, 3, 0, 1)[:, :, ::-1]
    pool_param = {"pool_height": height, "pool_width": width, "stride": stride}
    naive, naive_cache = layers.max_pool_forward_naive(x, pool_param)
    fast, fast_cache = fast_layers.max_pool_forward_fast(x, pool_param)
    np.testing.assert_array_equal(fast, naive)
    dout = rng.normal(size=naive.shape[::-1]).T
    close(
        fast_layers.max_pool_backward_fast(dout, fast_cache),
        layers.max_pool_backward_naive(dout, naive_cache),
        1e-9,
    )


# Sandwiches.


def sandwiches(rng):
    """Forward function of (x, w, b, ...), backward function, and its arrays."""
    conv_param = {"stride": 1, "pad": 1}
    pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    x, w, b = rng.normal(size=(2, 3, 4, 4)), rng.normal(size=(3, 3, 3, 3)), rng.normal(size=3)
    gamma, beta = rng.normal(size=3), rng.normal(size=3)
    return {
        "affine_relu": (
            layer_utils.affine_relu_forward,
            layer_utils.affine_relu_backward,
            (x, rng.normal(size=(48, 5)), rng.normal(size=5)),
        ),
        "conv_relu": (
            lambda *a: layer_utils.conv_relu_forward(*a, conv_param),
            layer_utils.conv_relu_backward,
            (x, w, b),
        ),
        "conv_bn_relu": (
            lambda *a: layer_utils.conv_bn_relu_forward(*a, conv_param, {"mode": "train"}),
            layer_utils.conv_bn_relu_backward,
            (x, w, b, gamma, beta),
        ),
        "conv_relu_pool": (
            lambda *a: layer_utils.conv_relu_pool_forward(*a, conv_param, pool_param),
            layer_utils.conv_relu_pool_backward,
            (x, w, b),
        ),
    }


@pytest.mark.parametrize("name", ["affine_relu", "conv_relu", "conv_bn_relu", "conv_relu_pool"])
def test_sandwich(rng, name):
    forward, backward, inputs = sandwiches(rng)[name]
    out, cache = forward(*inputs)
    assert out.min() == 0
    dout = rng.normal(size=out.shape)
    close_gradients(backward(dout, cache), lambda *a: forward(*a)[0], inputs, dout)


# Every layer: float32 stays float32, and no input is written to.


def layer_calls(rng, dtype):
    """(name, forward function, backward function, input arrays), all arrays read-only."""

    def array(*shape):
        values = rng.normal(size=shape).astype(dtype)
        values.flags.writeable = False
        return values

    train, conv_param = {"mode": "train"}, {"stride": 2, "pad": 1}
    pool_param = {"pool_height": 2, "pool_width": 2, "stride": 1}
    x, image, channel = array(4, 3), array(2, 3, 4, 4), array(1, 3, 1, 1)
    conv_inputs = (image, array(2, 3, 2, 2), array(2))
    vectors = array(3), array(3)
    batchnorm, layernorm = layers.batchnorm_forward, layers.layernorm_forward
    spatial, group = layers.spatial_batchnorm_forward, layers.spatial_groupnorm_forward
    dropout = layers.dropout_forward
    naive, fast = layers, fast_layers
    return [
        (layers.affine_forward, layers.affine_backward, (x, array(3, 2), array(2))),
        (layers.relu_forward, layers.relu_backward, (x,)),
        (lambda *a: batchnorm(*a, dict(train)), layers.batchnorm_backward, (x, *vectors)),
        (lambda *a: batchnorm(*a, dict(train)), layers.batchnorm_backward_alt, (x, *vectors)),
        (lambda *a: layernorm(*a, {}), layers.layernorm_backward, (x, *vectors)),
        (lambda a: dropout(a, {"mode": "train", "p": 0.7}), layers.dropout_backward, (x,)),
        (lambda a: dropout(a, {"mode": "test", "p": 0.7}), layers.dropout_backward, (x,)),
        (lambda *a: spatial(*a, dict(train)), layers.spatial_batchnorm_backward, (image, *vectors)),
        (
            lambda *a: group(*a, 3, {}),
            layers.spatial_groupnorm_backward,
            (image, channel, channel),
        ),
        (
            lambda *a: naive.conv_forward_naive(*a, conv_param),
            naive.conv_backward_naive,
            conv_inputs,
        ),
        (lambda *a: fast.conv_forward_fast(*a, conv_param), fast.conv_backward_fast, conv_inputs),
        (
            lambda a: naive.max_pool_forward_naive(a, pool_param),
            naive.max_pool_backward_naive,
            (image,),
        ),
        (
            lambda a: fast.max_pool_forward_fast(a, pool_param),
            fast.max_pool_backward_fast,
            (image,),
        ),
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_inputs_are_only_read(rng, dtype):
    for forward, backward, inputs in layer_calls(rng, dtype):
        out, cache = forward(*inputs)
        assert out.dtype == dtype, backward.__name__
        dout = rng.normal(size=out.shape).astype(dtype)
        dout.flags.writeable = False
        grads = backward(dout, cache)
        for grad, x in zip(grads if isinstance(grads, tuple) else [grads], inputs, strict=True):
            assert (grad.dtype, grad.shape) == (dtype, x.shape), backward.__name__


def test_float32_running_averages_and_softmax(rng):
    x = rng.normal(size=(4, 3)).astype(np.float32)
    bn_param = {"mode": "train"}
    layers.batchnorm_forward(x, np.ones(3, np.float32), np.zeros(3, np.float32), bn_param)
    assert bn_param["running_mean"].dtype == bn_param["running_var"].dtype == np.float32
    x.flags.writeable = False
    _, dx = layers.softmax_loss(x, np.array([0, 1, 2, 0]))
    assert dx.dtype == np.float32
