"""The reference gives the numbers of the printed assignment, and not its two faults.

Each function below is one cell of the notebooks, with the same random draws in the same order; it
returns the figures of that cell by name. `seed_figures.py` has what was printed.
"""

from functools import cache

import numpy as np
import pytest
import seed_figures as printed

from reference import layer_utils
from reference.classifiers.cnn import ThreeLayerConvNet
from reference.classifiers.fc_net import FullyConnectedNet
from reference.fast_layers import (
    conv_backward_fast,
    conv_forward_fast,
    max_pool_backward_fast,
    max_pool_forward_fast,
)
from reference.layers import (
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_forward,
    conv_backward_naive,
    conv_forward_naive,
    dropout_forward,
    layernorm_forward,
    max_pool_backward_naive,
    max_pool_forward_naive,
    spatial_batchnorm_forward,
    spatial_groupnorm_forward,
)
from reference.optim import adam, rmsprop, sgd_momentum

DROPOUT_PS = [0.25, 0.4, 0.7]


def rel_error(x, y):
    return np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y)))


def moments(name, x, axis):
    return {f"{name}.means": x.mean(axis=axis), f"{name}.stds": x.std(axis=axis)}


# The cells.


def fc_net_losses(**options):
    np.random.seed(231)
    X = np.random.randn(2, 15)
    y = np.random.randint(10, size=2)
    losses = {}
    for reg in [0, 3.14]:
        net = FullyConnectedNet(
            [20, 30], input_dim=15, reg=reg, weight_scale=5e-2, dtype=np.float64, **options
        )
        losses[f"loss.reg={reg}"], _ = net.loss(X, y)
    return losses


def fc_net():
    return {f"fc_net.{name}": loss for name, loss in fc_net_losses().items()}


def fc_net_batchnorm():
    losses = fc_net_losses(normalization="batchnorm")
    return {f"fc_net.batchnorm.{name}": loss for name, loss in losses.items()}


def update_rules():
    w = np.linspace(-0.4, 0.6, num=20).reshape(4, 5)
    dw = np.linspace(-0.6, 0.4, num=20).reshape(4, 5)
    rising = np.linspace(0.6, 0.9, num=20).reshape(4, 5)
    falling = np.linspace(0.7, 0.5, num=20).reshape(4, 5)
    figures = {}
    for rule, config in [
        (sgd_momentum, {"learning_rate": 1e-3, "velocity": rising}),
        (rmsprop, {"learning_rate": 1e-2, "cache": rising}),
        (adam, {"learning_rate": 1e-2, "m": rising, "v": falling, "t": 5}),
    ]:
        next_w, _ = rule(w, dw, config)
        figures[f"{rule.__name__}.next_w"] = next_w
        # The notebooks read the new state from the dictionary that they passed.
        for name in {"velocity", "cache", "m", "v"} & set(config):
            figures[f"{rule.__name__}.{name}"] = config[name]
    return figures


def two_layer_activations(N):
    X, W1, W2 = np.random.randn(N, 50), np.random.randn(50, 60), np.random.randn(60, 3)
    return np.maximum(0, X.dot(W1)).dot(W2)


def batchnorm_train():
    np.random.seed(231)
    a = two_layer_activations(200)
    plain, _ = batchnorm_forward(a, np.ones(3), np.zeros(3), {"mode": "train"})
    gamma, beta = np.array([1.0, 2.0, 3.0]), np.array([11.0, 12.0, 13.0])
    scaled, _ = batchnorm_forward(a, gamma, beta, {"mode": "train"})
    return (
        moments("batchnorm.before", a, 0)
        | moments("batchnorm.plain", plain, 0)
        | moments("batchnorm.scaled", scaled, 0)
    )


def batchnorm_test():
    np.random.seed(231)
    W1, W2 = np.random.randn(50, 60), np.random.randn(60, 3)
    bn_param = {"mode": "train"}
    for _ in range(50):
        a = np.maximum(0, np.random.randn(200, 50).dot(W1)).dot(W2)
        batchnorm_forward(a, np.ones(3), np.zeros(3), bn_param)
    bn_param["mode"] = "test"
    a = np.maximum(0, np.random.randn(200, 50).dot(W1)).dot(W2)
    out, _ = batchnorm_forward(a, np.ones(3), np.zeros(3), bn_param)
    return moments("batchnorm.test", out, 0)


def batchnorm_alternative():
    np.random.seed(231)
    x = 5 * np.random.randn(100, 500) + 12
    gamma, beta = np.random.randn(500), np.random.randn(500)
    dout = np.random.randn(100, 500)
    _, kept = batchnorm_forward(x, gamma, beta, {"mode": "train"})
    _, dgamma, dbeta = batchnorm_backward(dout, kept)
    _, dgamma_alt, dbeta_alt = batchnorm_backward_alt(dout, kept)
    return {
        "batchnorm.alt.dgamma difference": rel_error(dgamma, dgamma_alt),
        "batchnorm.alt.dbeta difference": rel_error(dbeta, dbeta_alt),
    }


def layernorm():
    np.random.seed(231)
    a = two_layer_activations(4)
    plain, _ = layernorm_forward(a, np.ones(3), np.zeros(3), {"mode": "train"})
    scaled, _ = layernorm_forward(a, np.full(3, 3.0), np.full(3, 5.0), {"mode": "train"})
    return (
        moments("layernorm.before", a, 1)
        | moments("layernorm.plain", plain, 1)
        | moments("layernorm.scaled", scaled, 1)
    )


def dropout(forward=dropout_forward):
    np.random.seed(231)
    x = np.random.randn(500, 500) + 10
    figures = {"dropout.input mean": x.mean()}
    for p in DROPOUT_PS:
        train, _ = forward(x, {"mode": "train", "p": p})
        test, _ = forward(x, {"mode": "test", "p": p})
        figures |= {
            f"dropout.train mean.p={p}": train.mean(),
            f"dropout.train zeros.p={p}": (train == 0).mean(),
            f"dropout.test mean.p={p}": test.mean(),
            f"dropout.test zeros.p={p}": (test == 0).mean(),
        }
    return figures


def dropout_nets():
    """Each network of the cell with its minibatch, before its first loss."""
    np.random.seed(231)
    X = np.random.randn(2, 15)
    y = np.random.randint(10, size=2)
    for keep in [1, 0.75, 0.5]:
        net = FullyConnectedNet(
            [20, 30],
            input_dim=15,
            weight_scale=5e-2,
            dtype=np.float64,
            dropout_keep_ratio=keep,
            seed=123,
        )
        yield keep, net, X, y


def fc_net_dropout():
    return {
        f"fc_net.dropout.loss.keep={keep}": net.loss(X, y)[0] for keep, net, X, y in dropout_nets()
    }


def conv():
    x = np.linspace(-0.1, 0.5, num=96).reshape(2, 3, 4, 4)
    w = np.linspace(-0.2, 0.3, num=144).reshape(3, 3, 4, 4)
    b = np.linspace(-0.1, 0.2, num=3)
    out, _ = conv_forward_naive(x, w, b, {"stride": 2, "pad": 1})
    return {"conv.out": out}


def conv_fast():
    np.random.seed(231)
    x = np.random.randn(100, 3, 31, 31)
    w, b = np.random.randn(25, 3, 3, 3), np.random.randn(25)
    dout = np.random.randn(100, 25, 16, 16)
    _, naive = conv_forward_naive(x, w, b, {"stride": 2, "pad": 1})
    _, fast = conv_forward_fast(x, w, b, {"stride": 2, "pad": 1})
    db_naive, db_fast = conv_backward_naive(dout, naive)[2], conv_backward_fast(dout, fast)[2]
    return {"conv.fast.db difference": rel_error(db_naive, db_fast)}


def max_pool_fast():
    np.random.seed(231)
    x = np.random.randn(100, 3, 32, 32)
    dout = np.random.randn(100, 3, 16, 16)
    pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    out_naive, naive = max_pool_forward_naive(x, pool_param)
    out_fast, fast = max_pool_forward_fast(x, pool_param)
    dx_naive, dx_fast = max_pool_backward_naive(dout, naive), max_pool_backward_fast(dout, fast)
    return {
        "max_pool.fast.out difference": rel_error(out_naive, out_fast),
        "max_pool.fast.dx difference": rel_error(dx_naive, dx_fast),
    }


def cnn():
    # The draws of the cell before, on conv_relu: x, w, b, dout.
    np.random.seed(231)
    for shape in [(2, 3, 8, 8), (3, 3, 3, 3), (3,), (2, 3, 8, 8)]:
        np.random.randn(*shape)
    net = ThreeLayerConvNet()
    X = np.random.randn(50, 3, 32, 32)
    y = np.random.randint(10, size=50)
    without, _ = net.loss(X, y)
    net.reg = 0.5
    regularized, _ = net.loss(X, y)
    return {"cnn.loss.reg=0": without, "cnn.loss.reg=0.5": regularized}


def spatial_batchnorm_train():
    np.random.seed(231)
    x = 4 * np.random.randn(2, 3, 4, 5) + 10
    bn_param = {"mode": "train"}
    plain, _ = spatial_batchnorm_forward(x, np.ones(3), np.zeros(3), bn_param)
    # Integers, as in the notebook.
    gamma, beta = np.array([3, 4, 5]), np.array([6, 7, 8])
    scaled, _ = spatial_batchnorm_forward(x, gamma, beta, bn_param)
    return (
        moments("spatial_batchnorm.before", x, (0, 2, 3))
        | moments("spatial_batchnorm.plain", plain, (0, 2, 3))
        | moments("spatial_batchnorm.scaled", scaled, (0, 2, 3))
    )


def spatial_batchnorm_test():
    np.random.seed(231)
    bn_param = {"mode": "train"}
    for _ in range(50):
        x = 2.3 * np.random.randn(10, 4, 11, 12) + 13
        spatial_batchnorm_forward(x, np.ones(4), np.zeros(4), bn_param)
    bn_param["mode"] = "test"
    x = 2.3 * np.random.randn(10, 4, 11, 12) + 13
    out, _ = spatial_batchnorm_forward(x, np.ones(4), np.zeros(4), bn_param)
    return moments("spatial_batchnorm.test", out, (0, 2, 3))


def groupnorm(forward=spatial_groupnorm_forward):
    np.random.seed(231)
    N, C, G = 2, 6, 2
    x = 4 * np.random.randn(N, C, 4, 5) + 10
    gamma, beta = np.ones((1, C, 1, 1)), np.zeros((1, C, 1, 1))
    out, _ = forward(x, gamma, beta, G, {"mode": "train"})
    return moments("groupnorm.before", x.reshape(N * G, -1), 1) | moments(
        "groupnorm.after", out.reshape(N * G, -1), 1
    )


CELLS = [
    fc_net,
    fc_net_batchnorm,
    update_rules,
    batchnorm_train,
    batchnorm_test,
    batchnorm_alternative,
    layernorm,
    dropout,
    fc_net_dropout,
    conv,
    conv_fast,
    max_pool_fast,
    cnn,
    spatial_batchnorm_train,
    spatial_batchnorm_test,
    groupnorm,
]


@cache
def ours():
    figures = {}
    for cell in CELLS:
        figures |= cell()
    return figures


# What the reference must give.


def test_every_figure_of_a_cell_is_in_exactly_one_table():
    tables = [printed.SCALARS, printed.FLOAT32, printed.ARRAYS, printed.FAULTS]
    assert sorted(name for table in tables for name in table) == sorted(ours())


@pytest.mark.parametrize("name", printed.SCALARS)
def test_scalar(name):
    assert ours()[name] == pytest.approx(printed.SCALARS[name], rel=1e-12, abs=0)


@pytest.mark.parametrize("name", printed.FLOAT32)
def test_sum_of_32_bit_squares(name):
    assert ours()[name] == pytest.approx(printed.FLOAT32[name], rel=1e-7, abs=0)


@pytest.mark.parametrize("name", printed.ARRAYS)
def test_array_to_its_printed_digits(name):
    # Half a unit of the eighth decimal, and a little for a result that ends in 5.
    np.testing.assert_allclose(ours()[name], printed.ARRAYS[name], rtol=0, atol=5.01e-9)


@pytest.mark.parametrize("name", printed.DIFFERENCES)
def test_difference_from_the_rounded_array(name):
    difference = rel_error(ours()[name], np.array(printed.ARRAYS[name]))
    assert difference == pytest.approx(printed.DIFFERENCES[name], rel=1e-6, abs=0)


def test_rmsprop_of_the_print_has_epsilon_inside_the_root():
    w = np.linspace(-0.4, 0.6, num=20).reshape(4, 5)
    dw = np.linspace(-0.6, 0.4, num=20).reshape(4, 5)
    inside = w - 1e-2 * dw / np.sqrt(ours()["rmsprop.cache"] + 1e-8)
    difference = rel_error(inside, np.array(printed.ARRAYS["rmsprop.next_w"]))
    expected = printed.RMSPROP_EPSILON_INSIDE_DIFFERENCE
    assert difference == pytest.approx(expected, rel=1e-6, abs=0)


def test_the_misread_digit_contradicts_the_line_above_it():
    name = "layernorm.scaled.stds"
    three_times = 3 * np.array(printed.ARRAYS["layernorm.plain.stds"])
    np.testing.assert_allclose(ours()[name], three_times, rtol=0, atol=2e-8)
    off = np.abs(three_times - printed.MISREAD[name]) > 2e-8
    assert off.tolist() == [False, False, False, True]


def test_max_pool_difference_fits_an_input_like_that_of_the_convolution():
    # A reconstruction: the cell on convolution fills (2, 3, 4, 4) with a linspace. Of all
    # linspaces between tenths from -1 to 1, two give the difference to its last digit when the
    # output is rounded to 8 decimals; this is the shorter of them.
    x = np.linspace(-0.3, 0.4, num=96).reshape(2, 3, 4, 4)
    out, _ = max_pool_forward_naive(x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    difference = rel_error(out, out.round(8))
    assert difference == pytest.approx(printed.MAX_POOL_DIFFERENCE, rel=1e-9, abs=0)


# Where the printed submission is wrong.


@pytest.mark.parametrize("p", DROPOUT_PS)
def test_dropout_keeps_the_mean_and_a_share_p_unlike_the_print(p):
    # With p = 0.25 the print has mean 23.9 and 40 % zeros; right are mean 10 and 75 % zeros.
    draws = 500 * 500
    mean_sd = np.sqrt((10**2 + 1) * (1 / p - 1) / draws)
    zeros_sd = np.sqrt(p * (1 - p) / draws)
    mean, zeros = f"dropout.train mean.p={p}", f"dropout.train zeros.p={p}"
    # Seven standard deviations: a right implementation fails less often than once in 1e11.
    assert abs(ours()[mean] - 10.000207878477502) < 7 * mean_sd
    assert abs(ours()[zeros] - (1 - p)) < 7 * zeros_sd
    assert abs(printed.FAULTS[mean] - 10) > 20 * mean_sd
    assert abs(printed.FAULTS[zeros] - (1 - p)) > 20 * zeros_sd


@pytest.mark.parametrize(("keep", "right"), [(0.75, 2.302371489704412), (0.5, 2.3042759220785896)])
def test_dropout_net_has_the_loss_of_a_uniform_mask_unlike_the_print(keep, right):
    name = f"fc_net.dropout.loss.keep={keep}"
    assert ours()[name] == pytest.approx(right, rel=1e-12)
    assert ours()[name] != pytest.approx(printed.FAULTS[name], rel=1e-4)
    # The same loss written out; the seed makes both layers' masks start with the same draws.
    for ratio, net, X, y in dropout_nets():
        loss, _ = net.loss(X, y)  # the next network is drawn from the state that this leaves
        if ratio == keep:
            break
    hidden = X
    for i in [1, 2]:
        hidden = np.maximum(hidden @ net.params[f"W{i}"], 0)
        uniform = np.random.RandomState(123).rand(*hidden.shape)
        hidden = np.where(uniform < keep, hidden / keep, 0)
    probs = np.exp(hidden @ net.params["W3"])
    probs /= probs.sum(axis=1, keepdims=True)
    assert -np.log(probs[[0, 1], y]).mean() == pytest.approx(loss, rel=1e-12)


def test_groupnorm_centres_every_group_unlike_the_print():
    np.testing.assert_allclose(ours()["groupnorm.after.means"], 0, atol=1e-14)
    np.testing.assert_allclose(ours()["groupnorm.after.stds"], 1, atol=1e-6)
    assert np.abs(printed.FAULTS["groupnorm.after.means"]).min() > 0.06


# What must have been wrong: reconstructions that give the printed numbers to the last digit.


def dropout_with_a_normal_mask(x, dropout_param):
    """`randn` for `rand`, in a 32-bit mask: at p = 0.25, 60 % of the values are kept."""
    p = dropout_param["p"]
    if dropout_param["mode"] == "test":
        return x, (dropout_param, None)
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])
    mask = (np.random.randn(*x.shape) < p).astype(np.float32) / np.float32(p)
    return x * mask, (dropout_param, mask)


def groupnorm_of_rows(x, gamma, beta, G, gn_param):
    """Channels moved last before the split: the groups are bands of pixel rows, not channels."""
    N, C, H, W = x.shape
    groups = x.transpose(0, 2, 3, 1).reshape(N * G, -1)
    centered = groups - groups.mean(axis=1, keepdims=True)
    x_hat = centered / np.sqrt(groups.var(axis=1, keepdims=True) + 1e-5)
    return gamma * x_hat.reshape(N, H, W, C).transpose(0, 3, 1, 2) + beta, None


def test_a_normal_mask_explains_the_printed_dropout():
    figures = dropout(dropout_with_a_normal_mask)
    names = [name for name in printed.FAULTS if name.startswith("dropout.")]
    assert len(names) == 6
    for name in names:
        assert figures[name] == pytest.approx(printed.FAULTS[name], rel=1e-12, abs=0)


def test_a_normal_mask_explains_the_printed_losses_with_dropout(monkeypatch):
    monkeypatch.setattr(layer_utils, "dropout_forward", dropout_with_a_normal_mask)
    figures = fc_net_dropout()
    for name in ["fc_net.dropout.loss.keep=0.75", "fc_net.dropout.loss.keep=0.5"]:
        assert figures[name] == pytest.approx(printed.FAULTS[name], rel=1e-12, abs=0)


def test_groups_of_pixel_rows_explain_the_printed_groupnorm():
    figures = groupnorm(groupnorm_of_rows)
    for name in ["groupnorm.after.means", "groupnorm.after.stds"]:
        np.testing.assert_allclose(figures[name], printed.FAULTS[name], rtol=0, atol=5.01e-9)
