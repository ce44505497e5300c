"""The two networks: parameters, loss, gradients, and the two modes."""

import numpy as np
import pytest
from brute_force import numeric_gradient

from reference.classifiers.cnn import ThreeLayerConvNet
from reference.classifiers.fc_net import FullyConnectedNet
from reference.layers import conv_forward_naive, layernorm_forward, max_pool_forward_naive
from reference.solver import Solver


@pytest.fixture(autouse=True)
def _repeatable():
    np.random.seed(231)


def small_net(**options):
    settings = {"input_dim": 8, "num_classes": 4, "weight_scale": 0.3, "dtype": np.float64}
    return FullyConnectedNet([6, 5], **(settings | options))


def small_convnet(**options):
    settings = {
        "input_dim": (2, 4, 6),
        "num_filters": 3,
        "filter_size": 3,
        "hidden_dim": 5,
        "num_classes": 4,
        "weight_scale": 0.3,
        "dtype": np.float64,
    }
    return ThreeLayerConvNet(**(settings | options))


def vectors(N=5):
    return np.random.randn(N, 2, 4), np.random.randint(4, size=N)


def images(N=5):
    return np.random.randn(N, 2, 4, 6), np.random.randint(4, size=N)


def cross_entropy(scores, y):
    return np.mean([np.log(np.exp(row).sum()) - row[c] for row, c in zip(scores, y, strict=True)])


def assert_gradients(net, X, y):
    _, grads = net.loss(X, y)
    assert set(grads) == set(net.params)
    for name, grad in grads.items():
        numeric = numeric_gradient(lambda: net.loss(X, y)[0], net.params[name], 1.0)
        np.testing.assert_allclose(grad, numeric, rtol=1e-6, atol=1e-8, err_msg=name)


@pytest.mark.parametrize("reg", [0, 1.5])
@pytest.mark.parametrize("keep", [1, 0.6])
@pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
def test_fc_net_gradients(normalization, keep, reg):
    net = small_net(normalization=normalization, dropout_keep_ratio=keep, reg=reg, seed=7)
    # Off their start values, so that no gradient is 0 and no parameter is neutral.
    for name, value in net.params.items():
        if name[0] != "W":
            net.params[name] = value + 0.5 * np.random.randn(*value.shape)
    assert_gradients(net, *vectors())


@pytest.mark.parametrize("depth", [0, 1, 4])
def test_fc_net_of_any_depth(depth):
    net = FullyConnectedNet(
        [5] * depth, input_dim=8, num_classes=4, weight_scale=0.5, dtype=np.float64
    )
    assert len(net.params) == 2 * (depth + 1)
    for i in range(1, depth + 2):
        net.params[f"b{i}"] += 0.5
    assert_gradients(net, *vectors())


def test_fc_net_without_options_is_affine_and_relu_in_turn():
    net = small_net()
    X, y = vectors()
    hidden = X.reshape(5, 8)
    for i in [1, 2]:
        hidden = np.maximum(hidden @ net.params[f"W{i}"] + net.params[f"b{i}"], 0)
    scores = hidden @ net.params["W3"] + net.params["b3"]
    np.testing.assert_allclose(net.loss(X), scores)
    assert net.loss(X, y)[0] == pytest.approx(cross_entropy(scores, y))


def test_normalization_stands_between_affine_and_relu_and_not_on_the_scores():
    net = small_net(normalization="layernorm")
    p = net.params
    X, _ = vectors()
    hidden = X.reshape(5, 8)
    for i in [1, 2]:
        hidden = hidden @ p[f"W{i}"] + p[f"b{i}"]
        hidden, _ = layernorm_forward(hidden, p[f"gamma{i}"], p[f"beta{i}"], {})
        hidden = np.maximum(hidden, 0)
    np.testing.assert_allclose(net.loss(X), hidden @ p["W3"] + p["b3"])


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, "W1 b1 W2 b2 W3 b3"),
        ({"normalization": "batchnorm"}, "W1 b1 gamma1 beta1 W2 b2 gamma2 beta2 W3 b3"),
        ({"normalization": "layernorm"}, "W1 b1 gamma1 beta1 W2 b2 gamma2 beta2 W3 b3"),
    ],
)
def test_fc_net_parameters_at_the_start(options, names):
    net = FullyConnectedNet([200, 100], input_dim=300, weight_scale=0.02, **options)
    assert set(net.params) == set(names.split())
    start = {"b": 0, "beta": 0, "gamma": 1}
    for name, value in net.params.items():
        assert value.dtype == np.float32
        if name[0] == "W":
            assert value.std() == pytest.approx(0.02, rel=0.1)
            assert abs(value.mean()) < 0.003
        else:
            assert (value == start[name.rstrip("123")]).all()
    assert [net.params[f"W{i}"].shape for i in (1, 2, 3)] == [(300, 200), (200, 100), (100, 10)]


@pytest.mark.parametrize("make", [small_net, small_convnet])
def test_regularization_counts_weights_only(make):
    X, y = vectors() if make is small_net else images()
    net = make()
    net.params["b1"] += 1
    without, grads = net.loss(X, y)
    net.reg = 0.7
    regularized, regularized_grads = net.loss(X, y)
    squares = sum((w**2).sum() for name, w in net.params.items() if name[0] == "W")
    assert regularized - without == pytest.approx(0.5 * 0.7 * squares)
    for name, grad in grads.items():
        added = 0.7 * net.params[name] if name[0] == "W" else 0 * grad
        np.testing.assert_allclose(regularized_grads[name] - grad, added, atol=1e-12)


def test_scores_do_not_depend_on_the_rest_of_the_minibatch_at_test_time():
    net = small_net(normalization="batchnorm", dropout_keep_ratio=0.5)
    X, y = vectors(20)
    net.loss(X, y)
    running = [dict(bn_param) for bn_param in net.bn_params]
    together = net.loss(X)
    alone = np.concatenate([net.loss(X[i : i + 1]) for i in range(20)])
    np.testing.assert_allclose(together, alone, rtol=1e-10)
    for before, after in zip(running, net.bn_params, strict=True):
        np.testing.assert_array_equal(before["running_mean"], after["running_mean"])


def test_each_hidden_layer_has_its_own_running_averages():
    net = small_net(normalization="batchnorm")
    net.loss(*vectors(20))
    assert [bn_param["running_mean"].shape for bn_param in net.bn_params] == [(6,), (5,)]
    assert [bn_param["mode"] for bn_param in net.bn_params] == ["train", "train"]


def test_dropout_changes_the_training_loss_from_call_to_call_unless_seeded():
    X, y = vectors()
    free, seeded = small_net(dropout_keep_ratio=0.5), small_net(dropout_keep_ratio=0.5, seed=1)
    assert len({free.loss(X, y)[0] for _ in range(5)}) > 1
    assert len({seeded.loss(X, y)[0] for _ in range(5)}) == 1


def test_unknown_normalization():
    with pytest.raises(ValueError, match="not 'groupnorm'"):
        small_net(normalization="groupnorm")


@pytest.mark.parametrize("reg", [0, 1.5])
def test_convnet_gradients(reg):
    net = small_convnet(reg=reg)
    for name in ["b1", "b2", "b3"]:
        net.params[name] += 0.5 * np.random.randn(*net.params[name].shape)
    assert_gradients(net, *images(2))


def test_convnet_scores():
    net = small_convnet()
    p = net.params
    X, y = images()
    conv, _ = conv_forward_naive(X, p["W1"], p["b1"], {"stride": 1, "pad": 1})
    pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    pooled, _ = max_pool_forward_naive(np.maximum(conv, 0), pool_param)
    hidden = np.maximum(pooled.reshape(5, -1) @ p["W2"] + p["b2"], 0)
    scores = hidden @ p["W3"] + p["b3"]
    np.testing.assert_allclose(net.loss(X), scores)
    assert net.loss(X, y)[0] == pytest.approx(cross_entropy(scores, y))


@pytest.mark.parametrize("filter_size", [1, 3, 5, 7])
def test_convnet_parameters_at_the_start(filter_size):
    net = ThreeLayerConvNet((3, 8, 12), 4, filter_size, hidden_dim=50, weight_scale=0.02)
    assert {name: value.shape for name, value in net.params.items()} == {
        "W1": (4, 3, filter_size, filter_size),
        "b1": (4,),
        "W2": (4 * 4 * 6, 50),
        "b2": (50,),
        "W3": (50, 10),
        "b3": (10,),
    }
    assert {value.dtype.name for value in net.params.values()} == {"float32"}
    assert not any(net.params[name].any() for name in ["b1", "b2", "b3"])
    assert net.params["W2"].std() == pytest.approx(0.02, rel=0.1)
    assert net.loss(np.ones((1, 3, 8, 12))).shape == (1, 10)


@pytest.mark.parametrize(("make", "data"), [(small_net, vectors), (small_convnet, images)])
def test_float32_networks_compute_in_float32(make, data):
    net = make(dtype=np.float32, reg=0.1)
    X, y = data()
    loss, grads = net.loss(X.astype(np.float32), y)
    assert isinstance(loss, float)
    assert {grad.dtype.name for grad in grads.values()} == {"float32"}
    assert net.loss(X.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize(("make", "data"), [(small_net, vectors), (small_convnet, images)])
def test_gradient_descent_reduces_the_loss(make, data):
    net = make()
    X, y = data(10)
    first, _ = net.loss(X, y)
    for _ in range(200):
        _, grads = net.loss(X, y)
        for name, grad in grads.items():
            net.params[name] = net.params[name] - 0.3 * grad
    assert net.loss(X, y)[0] < 0.5 * first


def test_fc_net_converts_its_input_to_its_own_dtype():
    X, _ = vectors()
    assert small_net(dtype=np.float32).loss(X).dtype == np.float32
    assert small_net(dtype=np.float64).loss(X.astype(np.float32)).dtype == np.float64


@pytest.mark.parametrize("rule", ["sgd", "sgd_momentum", "rmsprop", "adam"])
@pytest.mark.parametrize(("make", "data"), [(small_net, vectors), (small_convnet, images)])
def test_training_in_float32_stays_in_float32(make, data, rule):
    X, y = data(10)
    X = X.astype(np.float32)
    net = make(dtype=np.float32, reg=0.1)
    parts = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
    solver = Solver(
        net, parts, update_rule=rule, lr_decay=0.9, batch_size=5, num_epochs=2, verbose=False
    )
    solver.train()
    remembered = [v for config in solver.optim_configs.values() for v in config.values()]
    arrays = [*net.params.values(), *(v for v in remembered if isinstance(v, np.ndarray))]
    assert {array.dtype.name for array in arrays} == {"float32"}
