"""The GPU path: on a GPU where there is one, and on a strict stand-in for CuPy everywhere."""

import importlib.util
import os
import subprocess
import sys
from copy import deepcopy

import cupy_on_cpu
import numpy as np
import pytest

from reference import _kernels, devices, fast_layers, layers, optim
from reference.classifiers.cnn import ThreeLayerConvNet
from reference.classifiers.fc_net import FullyConnectedNet
from reference.solver import Solver


def no_gpu():
    """Why the real CuPy cannot run here, or nothing."""
    if importlib.util.find_spec("cupy") is None:
        return "CuPy is not installed"
    # In a process of its own: a broken driver must not take the tests along.
    ask = "import cupy; cupy.zeros(1) + 1"
    done = subprocess.run([sys.executable, "-c", ask], check=False, capture_output=True, text=True)
    return (done.stderr.strip().splitlines() or ["no reason given"])[-1] if done.returncode else ""


NO_GPU = no_gpu()
NO_COMPILER = "" if cupy_on_cpu.COMPILER else "there is no C++ compiler to run the kernels with"


@pytest.fixture(
    params=[
        pytest.param("stand-in", marks=pytest.mark.skipif(bool(NO_COMPILER), reason=NO_COMPILER)),
        pytest.param(
            "cupy",
            marks=[pytest.mark.gpu, pytest.mark.skipif(bool(NO_GPU), reason=f"no GPU: {NO_GPU}")],
        ),
    ]
)
def cupy(request, monkeypatch):
    """The module that holds arrays on the GPU."""
    if request.param == "stand-in":
        cupy_on_cpu.install(monkeypatch)
    import cupy

    yield cupy
    _kernels._module.cache_clear()


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def on_gpu(value):
    return devices.to_device(value, "cuda")


def assert_same(got, expected, cupy, tolerance):
    """Nested results: those on the GPU equal those on the CPU, and are on the GPU."""
    if isinstance(expected, (tuple, list)):
        assert len(got) == len(expected)
        for a, b in zip(got, expected, strict=True):
            assert_same(a, b, cupy, tolerance)
    elif isinstance(expected, np.ndarray):
        assert isinstance(got, cupy.ndarray)
        assert got.dtype == expected.dtype
        scale = max(1, np.abs(expected).max(initial=0))
        np.testing.assert_allclose(
            cupy.asnumpy(got) / scale, expected / scale, rtol=0, atol=tolerance
        )
    else:
        assert float(got) == pytest.approx(expected, rel=100 * tolerance)


IMAGES, FILTERS = (2, 3, 7, 6), [(4, 3, 3, 2), (4,)]
CONVOLVE = {"stride": 2, "pad": 1}
POOL = {"pool_height": 3, "pool_width": 2, "stride": 1}
TRAIN = {"mode": "train"}
FEATURES, CHANNELS, GROUPED = [(6, 5), (5,), (5,)], [(3, 4, 5, 2), (4,), (4,)], (1, 4, 1, 1)
# Forward and backward pass, the shapes of their arrays, the other arguments.
LAYERS = {
    "affine": (layers.affine_forward, layers.affine_backward, [(4, 2, 3), (6, 5), (5,)], []),
    "relu": (layers.relu_forward, layers.relu_backward, [(4, 5)], []),
    "batchnorm": (layers.batchnorm_forward, layers.batchnorm_backward, FEATURES, [TRAIN]),
    "batchnorm_alt": (layers.batchnorm_forward, layers.batchnorm_backward_alt, FEATURES, [TRAIN]),
    "layernorm": (layers.layernorm_forward, layers.layernorm_backward, FEATURES, [{}]),
    "dropout": (
        layers.dropout_forward,
        layers.dropout_backward,
        [(6, 5)],
        [TRAIN | {"p": 0.6, "seed": 3}],
    ),
    "conv_naive": (
        layers.conv_forward_naive,
        layers.conv_backward_naive,
        [IMAGES, *FILTERS],
        [CONVOLVE],
    ),
    "conv_fast": (
        fast_layers.conv_forward_fast,
        fast_layers.conv_backward_fast,
        [IMAGES, *FILTERS],
        [CONVOLVE],
    ),
    "max_pool_naive": (
        layers.max_pool_forward_naive,
        layers.max_pool_backward_naive,
        [IMAGES],
        [POOL],
    ),
    "max_pool_fast": (
        fast_layers.max_pool_forward_fast,
        fast_layers.max_pool_backward_fast,
        [IMAGES],
        [POOL],
    ),
    "spatial_batchnorm": (
        layers.spatial_batchnorm_forward,
        layers.spatial_batchnorm_backward,
        CHANNELS,
        [TRAIN],
    ),
    "spatial_groupnorm": (
        layers.spatial_groupnorm_forward,
        layers.spatial_groupnorm_backward,
        [CHANNELS[0], GROUPED, GROUPED],
        [2, {}],
    ),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("layer", LAYERS)
def test_layers_follow_their_arrays(cupy, rng, layer, dtype):
    forward, backward, shapes, rest = LAYERS[layer]
    arrays = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    out, cache = forward(*arrays, *deepcopy(rest))
    gpu_out, gpu_cache = forward(*on_gpu(arrays), *deepcopy(rest))
    tolerance = 1e-9 if dtype == np.float64 else 1e-4
    assert_same(gpu_out, out, cupy, tolerance)
    dout = rng.normal(size=out.shape).astype(dtype)
    assert_same(backward(on_gpu(dout), gpu_cache), backward(dout.copy(), cache), cupy, tolerance)


@pytest.mark.parametrize("layer", ["batchnorm", "dropout", "spatial_batchnorm"])
def test_layers_follow_their_arrays_at_test_time(cupy, rng, layer):
    forward, _, shapes, (param,) = LAYERS[layer]
    arrays = [rng.normal(size=shape) for shape in shapes]
    here, there = dict(param), dict(param)
    for mode in ("train", "test"):
        here["mode"] = there["mode"] = mode
        out, _ = forward(*arrays, here)
        assert_same(forward(*on_gpu(arrays), there)[0], out, cupy, 1e-9)


def test_softmax_follows_its_scores(cupy, rng):
    x, y = rng.normal(size=(5, 3)), np.array([0, 2, 1, 1, 0])
    expected = layers.softmax_loss(x, y)
    assert_same(layers.softmax_loss(on_gpu(x), on_gpu(y)), expected, cupy, 1e-9)
    assert_same(layers.softmax_loss(on_gpu(x), y), expected, cupy, 1e-9)


@pytest.mark.parametrize("rule", ["sgd", "sgd_momentum", "rmsprop", "adam"])
def test_update_rules_follow_their_weights(cupy, rng, rule):
    w, config, gpu_config = rng.normal(size=(3, 4)), None, None
    gpu_w = on_gpu(w)
    for _ in range(3):
        dw = rng.normal(size=w.shape)
        w, config = getattr(optim, rule)(w, dw, config)
        gpu_w, gpu_config = getattr(optim, rule)(gpu_w, on_gpu(dw), gpu_config)
        assert_same(gpu_w, w, cupy, 1e-9)
    assert gpu_config.keys() == config.keys()


NETS = {
    "convnet": lambda: ThreeLayerConvNet((3, 8, 8), 4, 3, 5, reg=0.1, weight_scale=0.1),
    "plain": lambda: FullyConnectedNet([6, 5], 192, reg=0.1),
    "batchnorm": lambda: FullyConnectedNet([6, 5], 192, normalization="batchnorm"),
    "layernorm": lambda: FullyConnectedNet([6, 5], 192, normalization="layernorm"),
    "dropout": lambda: FullyConnectedNet([6, 5], 192, dropout_keep_ratio=0.5, seed=1),
}


def trained(make, data, **arguments):
    np.random.seed(0)
    model = make()
    solver = Solver(
        model,
        data,
        update_rule="adam",
        num_epochs=2,
        batch_size=8,
        lr_decay=0.9,
        verbose=False,
        num_train_samples=10,
        **arguments,
    )
    solver.train()
    return model, solver


@pytest.fixture
def data(rng):
    return {
        "X_train": rng.normal(size=(24, 3, 8, 8)).astype(np.float32),
        "y_train": rng.integers(0, 10, size=24),
        "X_val": rng.normal(size=(12, 3, 8, 8)).astype(np.float32),
        "y_val": rng.integers(0, 10, size=12),
    }


@pytest.mark.parametrize("net", NETS)
def test_training_on_the_gpu_is_one_argument(cupy, data, net, tmp_path):
    model, solver = trained(NETS[net], data)
    gpu_model, gpu_solver = trained(
        NETS[net], data, device="cuda", checkpoint_name=str(tmp_path / "net")
    )
    np.testing.assert_allclose(gpu_solver.loss_history, solver.loss_history, rtol=1e-4)
    assert gpu_solver.val_acc_history == solver.val_acc_history
    assert isinstance(gpu_solver.best_params["W1"], cupy.ndarray)
    # The model is back, with all that it holds, and works with NumPy's arrays.
    for name, value in model.params.items():
        np.testing.assert_allclose(gpu_model.params[name], value, rtol=1e-2, atol=1e-5)
    scores = model.loss(data["X_val"])
    np.testing.assert_allclose(gpu_model.loss(data["X_val"]), scores, rtol=1e-2, atol=1e-5)
    accuracy = gpu_solver.check_accuracy(data["X_val"], data["y_val"])
    assert accuracy == solver.check_accuracy(data["X_val"], data["y_val"])
    with np.load(tmp_path / "net_epoch_2.npz") as checkpoint:
        assert checkpoint["param/W1"].shape == model.params["W1"].shape


def test_training_goes_where_the_images_are(cupy, data):
    model, solver = trained(NETS["convnet"], on_gpu(data))
    assert solver.device == "cuda"
    assert isinstance(model.params["W1"], np.ndarray)
    expected = trained(NETS["convnet"], data)[1].loss_history
    np.testing.assert_allclose(solver.loss_history, expected, rtol=1e-4)


def test_a_model_on_the_gpu_stays_there(cupy, data):
    def make():
        model = NETS["convnet"]()
        devices.move(model, "cuda")
        return model

    model, _ = trained(make, on_gpu(data))
    assert isinstance(model.params["W1"], cupy.ndarray)
    assert isinstance(model.loss(on_gpu(data["X_val"])), cupy.ndarray)


def test_an_interrupted_training_brings_the_model_back(cupy, data, monkeypatch):
    monkeypatch.setattr(optim, "sgd", lambda *_: 1 / 0)
    model = NETS["convnet"]()
    with pytest.raises(ZeroDivisionError):
        Solver(model, data, device="cuda", verbose=False).train()
    assert isinstance(model.params["W1"], np.ndarray)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_kernels_equal_the_loops_on_many_shapes(cupy, rng, dtype, monkeypatch):
    """As many shapes as for the CPU, in blocks of one image and all at once."""
    from test_fast_layers import drawn_convolutions, drawn_poolings

    tolerance = 1e-9 if dtype == np.float64 else 1e-4
    for number, (x_shape, w_shape, stride, pad) in enumerate(drawn_convolutions(60)):
        monkeypatch.setitem(fast_layers.BLOCK_BYTES, "cuda", 1 if number % 3 else 2**28)
        arrays = [rng.normal(size=s).astype(dtype) for s in (x_shape, w_shape, w_shape[:1])]
        param = {"stride": stride, "pad": pad}
        out, cache = fast_layers.conv_forward_fast(*arrays, param)
        gpu_out, gpu_cache = fast_layers.conv_forward_fast(*on_gpu(arrays), param)
        assert_same(gpu_out, out, cupy, tolerance)
        dout = rng.normal(size=out.shape).astype(dtype)
        expected = fast_layers.conv_backward_fast(dout, cache)
        got = fast_layers.conv_backward_fast(on_gpu(dout), gpu_cache)
        assert_same(got, expected, cupy, tolerance)
    for x_shape, height, width, stride in drawn_poolings(60):
        x = rng.integers(0, 5, size=x_shape).astype(dtype)
        param = {"pool_height": height, "pool_width": width, "stride": stride}
        out, cache = fast_layers.max_pool_forward_fast(x, param)
        gpu_out, gpu_cache = fast_layers.max_pool_forward_fast(on_gpu(x), param)
        assert_same(gpu_out, out, cupy, 0)
        dout = rng.normal(size=out.shape).astype(dtype)
        expected = fast_layers.max_pool_backward_fast(dout, cache)
        got = fast_layers.max_pool_backward_fast(on_gpu(dout), gpu_cache)
        assert_same(got, expected, cupy, tolerance)


def test_kernels_count_the_positions_of_large_windows(cupy, rng):
    x = rng.permutation(2 * 20 * 20).reshape(1, 2, 20, 20).astype(float)
    param = {"pool_height": 17, "pool_width": 17, "stride": 1}
    out, cache = fast_layers.max_pool_forward_fast(x, param)
    gpu_out, gpu_cache = fast_layers.max_pool_forward_fast(on_gpu(x), param)
    assert_same(gpu_out, out, cupy, 0)
    dx = fast_layers.max_pool_backward_fast(out, cache)
    assert_same(fast_layers.max_pool_backward_fast(gpu_out, gpu_cache), dx, cupy, 1e-9)


def test_kernels_let_a_nan_out(cupy):
    x = np.zeros((1, 1, 2, 6))
    x[0, 0, [0, 1, 1], [1, 2, 5]] = np.nan
    param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    out, _ = fast_layers.max_pool_forward_fast(on_gpu(x), param)
    assert np.isnan(cupy.asnumpy(out)).all()


def test_no_images_give_no_results_on_the_gpu(cupy):
    w, b = on_gpu(np.ones((2, 3, 3, 3))), on_gpu(np.ones(2))
    x = on_gpu(np.ones((0, 3, 5, 5)))
    out, cache = fast_layers.conv_forward_fast(x, w, b, {"stride": 1, "pad": 0})
    assert out.shape == (0, 2, 3, 3)
    assert fast_layers.conv_backward_fast(out, cache)[0].shape == x.shape


# Moving.


def test_moving_keeps_structure_and_copies_nothing_that_is_there(cupy):
    x = np.ones(2)
    there = on_gpu({"a": [x, (x, 3)], "b": "text"})
    assert isinstance(there["a"][1][0], cupy.ndarray)
    assert there["a"][1][1] == 3
    assert there["b"] == "text"
    assert devices.to_device(there["a"][0], "cuda") is there["a"][0]
    back = devices.to_device(there, "cpu")
    np.testing.assert_array_equal(back["a"][0], x)
    assert devices.to_device(x, "cpu") is x
    assert devices.device_of(x) == "cpu"
    assert devices.device_of(there["a"][0]) == "cuda"


def test_an_unknown_device_is_an_error(data):
    with pytest.raises(ValueError, match='must be "cpu" or "cuda", not \'tpu\''):
        Solver(NETS["plain"](), data, device="tpu")


def test_without_cupy_one_sentence_says_what_to_install(data, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(RuntimeError, match="needs CuPy, which is not installed: pip install"):
        Solver(NETS["plain"](), data, device="cuda")


def test_without_a_gpu_one_sentence_says_so(data, monkeypatch):
    module = cupy_on_cpu.module()
    module.cuda.runtime.getDeviceCount = lambda: 1 / 0
    monkeypatch.setitem(sys.modules, "cupy", module)
    with pytest.raises(RuntimeError, match="needs a GPU, and CuPy finds none"):
        Solver(NETS["plain"](), data, device="cuda")


def test_importing_the_reference_never_imports_cupy(tmp_path):
    (tmp_path / "cupy.py").write_text("raise SystemExit('imported')")
    code = "import reference.classifiers.cnn, reference.solver; import reference.fast_layers"
    subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        check=True,
    )


# The stand-in is as strict as it says.


@pytest.mark.parametrize(
    "mistake",
    [
        np.asarray,
        lambda x: np.ones(3) + x,
        lambda x: x * np.ones(3),
        lambda x: np.zeros_like(x, order="C"),
        np.linalg.norm,
        lambda x: np.add(x, x, where=True),
        np.add.reduce,
        lambda x: np.savez("nowhere.npz", x),
        lambda x: x.__setitem__(slice(None), np.ones(3)),
    ],
)
def test_what_cupy_refuses_the_stand_in_refuses(monkeypatch, mistake):
    cupy_on_cpu.install(monkeypatch)
    with pytest.raises(TypeError):
        mistake(on_gpu(np.ones(3)))
