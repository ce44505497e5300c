"""The fast layers against the naive ones: compiled, and as they are without the extension."""

import importlib.util
import itertools
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from reference import fast_layers, layers

FILE = Path(fast_layers.__file__)
COMPILED = fast_layers.backend().startswith("compiled")
needs_extension = pytest.mark.skipif(not COMPILED, reason=fast_layers.backend())


def load_again(patch):
    """A second copy of fast_layers.py, imported where the extension is missing."""
    with patch.context() as missing:
        missing.setitem(sys.modules, "reference._loops", None)
        spec = importlib.util.spec_from_file_location("reference.fast_layers_again", FILE)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["compiled", "NumPy"])
def fast(request, monkeypatch):
    """fast_layers.py with each of its backends."""
    if request.param == "NumPy":
        return load_again(monkeypatch)
    if not COMPILED:
        pytest.skip(fast_layers.backend())
    return fast_layers


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def assert_close(got, expected, dtype):
    assert got.shape == expected.shape
    assert got.dtype == dtype
    tolerance = 1e-9 if dtype == np.float64 else 1e-4
    scale = max(1, np.abs(expected).max(initial=0))
    np.testing.assert_allclose(got / scale, expected / scale, rtol=0, atol=tolerance)


def arranged(array, order):
    """The same values, in another memory order."""
    if order == "F":
        return np.asfortranarray(array)
    if order == "slice":
        wide = np.full((*array.shape[:-1], 2 * array.shape[-1]), np.nan, dtype=array.dtype)
        wide[..., ::2] = array
        return wide[..., ::2]
    if order == "backwards":
        return np.ascontiguousarray(array[..., ::-1])[..., ::-1]
    return array


def side(rng, window, pad, stride):
    """A side of an image that a few windows cover exactly."""
    count = rng.integers(1, 6)
    while window + (count - 1) * stride <= 2 * pad:  # nothing but padding
        count += 1
    return int(window + (count - 1) * stride - 2 * pad)


def drawn_convolutions(number):
    """Random sizes; all that the contract allows must work."""
    rng = np.random.default_rng(99)
    for _ in range(number):
        HH, WW, stride = (int(n) for n in rng.integers(1, [5, 6, 4]))
        pad = int(rng.integers(0, 4))
        N, C, F = (int(n) for n in rng.integers(1, [4, 4, 5]))
        size = side(rng, HH, pad, stride), side(rng, WW, pad, stride)
        yield (N, C, *size), (F, C, HH, WW), stride, pad


def drawn_poolings(number):
    rng = np.random.default_rng(98)
    for _ in range(number):
        height, width, stride = (int(n) for n in rng.integers(1, [5, 5, 6]))
        N, C = (int(n) for n in rng.integers(1, 4, size=2))
        size = side(rng, height, 0, stride), side(rng, width, 0, stride)
        yield (N, C, *size), height, width, stride


ORDERS = ["C", "F", "slice", "backwards"]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_convolution_equals_naive_on_many_shapes(fast, rng, dtype):
    orders = itertools.cycle(ORDERS)
    for x_shape, w_shape, stride, pad in drawn_convolutions(150):
        order = next(orders)
        x, w, b = (
            arranged(rng.normal(size=shape).astype(dtype), order)
            for shape in (x_shape, w_shape, w_shape[:1])
        )
        param = {"stride": stride, "pad": pad}
        expected, naive_cache = layers.conv_forward_naive(x, w, b, param)
        out, cache = fast.conv_forward_fast(x, w, b, param)
        assert_close(out, expected, dtype)
        dout = arranged(rng.normal(size=out.shape).astype(dtype), order)
        for got, right in zip(
            fast.conv_backward_fast(dout, cache),
            layers.conv_backward_naive(dout, naive_cache),
            strict=True,
        ):
            assert_close(got, right, dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_pooling_equals_naive_on_many_shapes(fast, rng, dtype):
    orders = itertools.cycle(ORDERS)
    for x_shape, height, width, stride in drawn_poolings(150):
        order = next(orders)
        # Few different values: ties in most windows.
        x = arranged(rng.integers(0, 5, size=x_shape).astype(dtype), order)
        param = {"pool_height": height, "pool_width": width, "stride": stride}
        expected, naive_cache = layers.max_pool_forward_naive(x, param)
        out, cache = fast.max_pool_forward_fast(x, param)
        assert out.dtype == dtype
        np.testing.assert_array_equal(out, expected)
        dout = arranged(rng.normal(size=out.shape).astype(dtype), order)
        dx = fast.max_pool_backward_fast(dout, cache)
        assert_close(dx, layers.max_pool_backward_naive(dout, naive_cache), dtype)


# 1 byte: every row of windows is a block. Others: whole images and a rest; a few rows and a rest.
@pytest.mark.parametrize("block_bytes", [1, 3000, 5000, 2**21])
def test_blocks_of_any_size_give_the_same(fast, rng, monkeypatch, block_bytes):
    monkeypatch.setitem(fast.BLOCK_BYTES, "cpu", block_bytes)
    x, w, b = rng.normal(size=(5, 2, 7, 9)), rng.normal(size=(3, 2, 3, 5)), rng.normal(size=3)
    for stride, pad in ((1, 0), (2, 1), (1, 2)):
        param = {"stride": stride, "pad": pad}
        expected, naive_cache = layers.conv_forward_naive(x, w, b, param)
        out, cache = fast.conv_forward_fast(x, w, b, param)
        assert_close(out, expected, np.float64)
        dout = rng.normal(size=out.shape)
        for got, right in zip(
            fast.conv_backward_fast(dout, cache),
            layers.conv_backward_naive(dout, naive_cache),
            strict=True,
        ):
            assert_close(got, right, np.float64)


@needs_extension
def test_backends_agree_to_the_last_bit(rng, monkeypatch):
    numpy_path = load_again(monkeypatch)
    x, w, b = rng.normal(size=(3, 4, 9, 8)), rng.normal(size=(5, 4, 3, 2)), rng.normal(size=5)
    results = []
    for module in (fast_layers, numpy_path):
        out, cache = module.conv_forward_fast(x, w, b, {"stride": 1, "pad": 1})
        results.append((out, *module.conv_backward_fast(np.cos(out), cache)))
    for compiled, plain in zip(*results, strict=True):
        np.testing.assert_array_equal(compiled, plain)


@pytest.mark.parametrize("size", [(5, 4), (4, 5), (1, 4)])
def test_sizes_that_do_not_divide_are_an_error(fast, size):
    """No rounding down: the rule of the naive layers, in the same words."""
    x, w = np.ones((1, 1, *size)), np.ones((1, 1, 2, 2))
    with pytest.raises(ValueError, match="do not cover a side of") as naive:
        layers.conv_forward_naive(x, w, np.ones(1), {"stride": 2, "pad": 0})
    with pytest.raises(ValueError, match="do not cover a side of") as conv:
        fast.conv_forward_fast(x, w, np.ones(1), {"stride": 2, "pad": 0})
    with pytest.raises(ValueError, match="do not cover a side of") as pool:
        fast.max_pool_forward_fast(x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    assert str(conv.value) == str(pool.value) == str(naive.value)


def test_arrays_that_do_not_fit_are_an_error(fast):
    x, w, b = np.ones((2, 3, 4, 4)), np.ones((2, 3, 3, 3)), np.ones(2)
    param = {"stride": 1, "pad": 0}
    with pytest.raises(ValueError, match=r"mismatch|reshape"):
        fast.conv_forward_fast(x, w[:, :2], b, param)
    with pytest.raises(ValueError, match=r"mismatch|reshape"):
        fast.conv_forward_fast(x[:, :1], w, b, param)
    with pytest.raises(ValueError, match="reshape"):
        fast.conv_forward_fast(x, w, np.ones(3), param)
    _, cache = fast.conv_forward_fast(x, w, b, param)
    with pytest.raises(ValueError, match="reshape"):
        fast.conv_backward_fast(np.ones((2, 2, 3, 3)), cache)
    _, cache = fast.max_pool_forward_fast(x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    with pytest.raises(ValueError, match=r"shape|broadcast|windows"):
        fast.max_pool_backward_fast(np.ones((2, 3, 3, 3)), cache)


def test_no_images_give_no_results(fast):
    w, b = np.ones((2, 3, 3, 3)), np.ones(2)
    out, cache = fast.conv_forward_fast(np.ones((0, 3, 5, 5)), w, b, {"stride": 1, "pad": 0})
    assert out.shape == (0, 2, 3, 3)
    dx, dw, db = fast.conv_backward_fast(out, cache)
    assert dx.shape == (0, 3, 5, 5)
    assert not dw.any()
    assert not db.any()
    param = {"pool_height": 2, "pool_width": 2, "stride": 1}
    out, cache = fast.max_pool_forward_fast(np.ones((0, 3, 5, 5)), param)
    assert fast.max_pool_backward_fast(out, cache).shape == (0, 3, 5, 5)


@pytest.mark.parametrize("dtype", [np.int64, np.float16, ">f8", np.longdouble])
def test_other_types_are_computed_in_float64(fast, rng, dtype):
    x, w = (rng.integers(-4, 5, size=size).astype(dtype) for size in ((2, 2, 5, 5), (3, 2, 3, 3)))
    b, param = np.zeros(3, dtype=dtype), {"stride": 2, "pad": 1}
    out, cache = fast.conv_forward_fast(x, w, b, param)
    expected, _ = layers.conv_forward_naive(x, w, b, param)
    assert_close(out, expected.astype(np.float64), np.float64)
    assert fast.conv_backward_fast(out.astype(dtype), cache)[0].dtype == np.float64
    param = {"pool_height": 3, "pool_width": 3, "stride": 2}
    out, cache = fast.max_pool_forward_fast(x, param)
    assert_close(out, layers.max_pool_forward_naive(x, param)[0].astype(float), np.float64)
    assert fast.max_pool_backward_fast(out.astype(dtype), cache).dtype == np.float64


def test_mixed_types_are_computed_in_the_wider(fast):
    x, w, b = np.ones((1, 1, 3, 3)), np.ones((1, 1, 3, 3), np.float32), np.ones(1, np.float32)
    out, cache = fast.conv_forward_fast(x, w, b, {"stride": 1, "pad": 1})
    assert out.dtype == np.float64
    grads = fast.conv_backward_fast(out.astype(np.float32), cache)
    assert {grad.dtype for grad in grads[:2]} == {np.dtype(np.float64)}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("at", range(6))
def test_a_nan_comes_out_wherever_it_stands(fast, dtype, at):
    # Wide enough for vector instructions, with a rest.
    x = np.zeros((1, 1, 2, 3 * 37), dtype=dtype)
    x[0, 0, at // 3, at % 3 :: 3] = np.nan
    x[0, 0, 1, 2] = 9
    out, _ = fast.max_pool_forward_fast(x, {"pool_height": 2, "pool_width": 3, "stride": 3})
    expected = np.isnan(np.nanmax(x) + x).reshape(2, 37, 3).any(axis=(0, 2))
    np.testing.assert_array_equal(np.isnan(out[0, 0, 0]), expected)


def test_infinities_are_values(fast):
    x = np.full((1, 1, 4, 4), -np.inf)
    x[0, 0, 3, 3] = np.inf
    param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    out, cache = fast.max_pool_forward_fast(x, param)
    np.testing.assert_array_equal(out[0, 0], [[-np.inf, -np.inf], [-np.inf, np.inf]])
    dx = fast.max_pool_backward_fast(np.ones((1, 1, 2, 2)), cache)
    assert np.argwhere(dx[0, 0]).tolist() == [[0, 0], [0, 2], [2, 0], [3, 3]]


@pytest.mark.parametrize("length", [16, 17])
def test_windows_of_more_positions_than_a_byte_counts(fast, rng, length):
    x = rng.permutation(3 * 20 * 20).reshape(1, 3, 20, 20).astype(float)
    param = {"pool_height": length, "pool_width": length, "stride": 1}
    expected, naive_cache = layers.max_pool_forward_naive(x, param)
    out, cache = fast.max_pool_forward_fast(x, param)
    np.testing.assert_array_equal(out, expected)
    dout = rng.normal(size=out.shape)
    dx = fast.max_pool_backward_fast(dout, cache)
    assert_close(dx, layers.max_pool_backward_naive(dout, naive_cache), np.float64)


def test_threads_do_not_disturb_each_other(fast, rng):
    inputs = [
        (rng.normal(size=(8, 3, 16, 16)), rng.normal(size=(4, 3, 3, 3)), rng.normal(size=4))
        for _ in range(8)
    ]
    param, pool = {"stride": 1, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}

    def run(arrays):
        out, cache = fast.conv_forward_fast(*arrays, param)
        pooled, pool_cache = fast.max_pool_forward_fast(out, pool)
        dout = fast.max_pool_backward_fast(np.sin(pooled), pool_cache)
        return pooled, *fast.conv_backward_fast(dout, cache)

    alone = [run(arrays) for arrays in inputs]
    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(run, inputs * 4))
    for got, expected in zip(together, alone * 4, strict=True):
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_memory_beyond_outputs_and_gradients_stays_below_16_megabytes(fast, rng):
    x, w, b = rng.normal(size=(16, 64, 32, 32)), rng.normal(size=(64, 64, 3, 3)), np.zeros(64)
    tracemalloc.start()
    out, cache = fast.conv_forward_fast(x, w, b, {"stride": 1, "pad": 1})
    fast.conv_backward_fast(out, cache)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most - out.nbytes - x.nbytes - w.nbytes - b.nbytes < 16 * 2**20


# The extension itself refuses what its loops would read or write outside of the arrays.


@needs_extension
@pytest.mark.parametrize(
    ("images", "windows", "stride", "message"),
    [
        ((1, 1, 4, 4), (1, 1, 2, 2, 2, 2), 3, "below"),
        ((1, 1, 5, 4), (1, 1, 2, 2, 2, 2), 3, "right side"),
        ((1, 1, 1, 4), (1, 1, 2, 2, 0, 0), 1, "below"),
        ((1, 2, 4, 4), (1, 1, 2, 2, 2, 2), 1, "channels"),
        ((2, 1, 4, 4), (1, 1, 2, 2, 2, 2), 1, "images"),
        ((1, 1, 4, 4), (1, 1, 2, 2, 2, 2), 0, "at least one"),
        ((1, 1, 4, 4), (1, 1, 2, 2, 2, 2), -1, "at least one"),
        ((1, 1, 4, 4), (1, 1, 2, 2, 2, 2), 2**62, "below"),
    ],
)
def test_the_extension_stays_inside_of_arrays(images, windows, stride, message):
    from reference import _loops

    with pytest.raises(ValueError, match=message):
        _loops.im2col(np.zeros(images), np.zeros(windows), stride)
    with pytest.raises(ValueError, match=message):
        _loops.col2im(np.zeros(windows), np.zeros(images), stride)


@needs_extension
def test_the_extension_refuses_positions_outside_of_the_window():
    from reference import _loops

    dout, winner, dx = np.ones((1, 1, 1, 1)), np.full((1, 1, 1, 1), 4, np.uint8), np.zeros((4, 4))
    with pytest.raises(ValueError, match="outside of the window"):
        _loops.unpool(dout, winner, dx[None, None], 2, 2, 1)
    winner = winner.astype(np.intp)
    winner[...] = -1
    with pytest.raises(ValueError, match="outside of the window"):
        _loops.unpool(dout, winner, dx[None, None], 2, 2, 1)
    assert not dx.any()
    with pytest.raises(ValueError, match="shapes differ"):
        _loops.unpool(dout, np.zeros((1, 1, 1, 2), np.uint8), dx[None, None], 2, 2, 1)
    big = np.zeros((1, 1, 17, 17))
    with pytest.raises(ValueError, match="do not fit"):
        _loops.pool(big, dout, np.zeros((1, 1, 1, 1), np.uint8), 17, 17, 1)


# Which backend serves is said when somebody asks, and not before.


def test_importing_is_silent_with_and_without_the_extension():
    for without in ("", "sys.modules['reference._loops'] = None; "):
        code = f"import sys; {without}import reference.classifiers.cnn"
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            capture_output=True,
            text=True,
            cwd=FILE.parents[1],
            check=True,
        )
        assert done.stdout + done.stderr == ""


def test_the_backend_is_named_in_one_line(fast):
    line = fast.backend()
    assert "\n" not in line
    if fast is fast_layers:
        assert line.startswith("compiled loops")
    else:
        assert line.startswith("NumPy: ")
        assert "C compiler" in line
