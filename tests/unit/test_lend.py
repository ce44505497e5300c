"""Lending: whole families of what was found broken, and nothing beside them."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from autograder import lend
from autograder.sandbox.worker import wire
from reference import layer_utils, layers

GENERATOR = np.random.default_rng(0)
X, W, B = GENERATOR.normal(size=(3, 4)), GENERATOR.normal(size=(4, 2)), np.ones(2)


@pytest.mark.parametrize(
    ("function", "family"),
    [
        ("affine_forward", ("affine", "")),
        ("affine_backward", ("affine", "")),
        ("conv_backward_naive", ("conv", "_naive")),
        ("batchnorm_backward_alt", ("batchnorm", "")),
        ("softmax_loss", ("softmax_loss", "")),
        ("affine_relu_forward", ("affine_relu", "")),
        ("FullyConnectedNet", ("FullyConnectedNet", "")),
    ],
)
def test_a_family_is_a_layer(function: str, family: tuple[str, str]) -> None:
    assert lend.family(function) == family


@pytest.mark.parametrize(
    ("broken", "lent"),
    [
        ([], {}),
        (["nonsense"], {}),
        (["affine_backward"], {"layers": ["affine_forward", "affine_backward"]}),
        (["softmax_loss"], {"layers": ["softmax_loss"]}),
        (
            ["batchnorm_forward"],
            {"layers": ["batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt"]},
        ),
        (
            ["conv_forward_naive", "conv_backward_naive"],
            {"layers": ["conv_forward_naive", "conv_backward_naive"]},
        ),
        (
            ["affine_relu_forward", "dropout_backward"],
            {
                "layers": ["dropout_forward", "dropout_backward"],
                "layer_utils": ["affine_relu_forward", "affine_relu_backward"],
            },
        ),
    ],
    ids=str,
)
def test_stubs_are_whole_families_and_no_more(
    broken: list[str], lent: dict[str, list[str]]
) -> None:
    found = lend.stubs(broken)
    assert {module: sorted(names) for module, names in found.items()} == {
        module: sorted(names) for module, names in lent.items()
    }


def test_a_lent_forward_is_the_references_and_its_cache_stays() -> None:
    call = lend.lender({"layers": ["affine_forward", "affine_backward"]})
    (out, cache), dicts = call("affine_forward", [X, W, B], {})
    assert np.array_equal(out, layers.affine_forward(X, W, B)[0])
    assert isinstance(cache, wire.Kept)
    assert dicts == {}
    gradients, _ = call("affine_backward", [out, cache.value], {})
    right = layers.affine_backward(out, layers.affine_forward(X, W, B)[1])
    assert all(map(np.array_equal, gradients, right))
    (keyword, _), _ = call("affine_forward", [X], {"w": W, "b": B})
    assert np.array_equal(keyword, out)


def test_nothing_else_is_lent() -> None:
    call = lend.lender(lend.stubs(["affine_forward"]))
    for name in ("relu_forward", "softmax_loss", "np", "__builtins__", "affine", "", 5, None):
        with pytest.raises(ValueError, match="is not lent"):
            call(name, [X], {})
    with pytest.raises(ValueError, match="is not lent"):
        lend.lender({})("affine_forward", [X, W, B], {})


def test_a_dict_comes_back_as_it_is_afterwards_and_the_students_own_is_left_alone() -> None:
    call = lend.lender(lend.stubs(["batchnorm_forward"]))
    param: dict[str, Any] = {"mode": "train"}
    arguments = [X, np.ones(4), np.zeros(4), param]
    _, dicts = call("batchnorm_forward", arguments, {})
    assert sorted(dicts) == [3]
    assert np.allclose(dicts[3]["running_mean"], 0.1 * X.mean(0))
    assert param == {"mode": "train"}


def test_a_dict_given_by_keyword_comes_back_too() -> None:
    call = lend.lender(lend.stubs(["batchnorm_forward"]))
    _, dicts = call(
        "batchnorm_forward", [X, np.ones(4), np.zeros(4)], {"bn_param": {"mode": "train"}}
    )
    assert any("running_mean" in update for update in dicts.values())


def test_a_call_that_makes_no_sense_raises() -> None:
    call = lend.lender(lend.stubs(["affine_forward"]))
    for arguments in ([X], [X, W], [X, W.T, B], ["x", "w", "b"]):
        with pytest.raises((TypeError, ValueError, AttributeError)):
            call("affine_forward", arguments, {})


# What a call may ask for. ---------------------------------------------------------------------

BIG = np.ones((100_000, 1))
LONG = np.ones(100_000)
ONE = np.ones((1, 1, 1, 1))
CONV, POOL = {"stride": 1, "pad": 0}, {"pool_height": 2, "pool_width": 2, "stride": 1}
ENORMOUS: dict[str, tuple[str, list[Any], dict[str, Any], str]] = {
    "columns times rows": ("affine_forward", [BIG, BIG.T, LONG], {}, "numbers at once: too many"),
    "by keyword": ("affine_forward", [BIG], {"w": BIG.T, "b": LONG}, "too many"),
    "a sum over too much": (
        "affine_forward",
        [np.ones((400, 20_000), "b"), np.ones((20_000, 400), "b"), np.ones(400)],
        {},
        "multiplications: too many",
    ),
    "padding": ("conv_forward_naive", [ONE, ONE, B[:1], {"stride": 1, "pad": 10**9}], {}, "many"),
    "padding without images": (
        "conv_forward_naive",
        [ONE[:0], ONE, B[:1], {"stride": 1, "pad": 10**9}],
        {},
        "too many",
    ),
    "many filters": (
        "conv_forward_naive",
        [np.ones((100, 1, 9, 9)), np.ones((10_000, 1, 1, 1)), np.ones(10_000), CONV],
        {},
        "too many",
    ),
    "large filters": (
        "conv_forward_naive",
        [np.ones((1, 1, 2000, 2000)), np.ones((1, 1, 1000, 1000)), B[:1], CONV],
        {},
        "multiplications: too many",
    ),
    "large filters on no image": (
        "conv_forward_naive",
        [np.ones((0, 1, 2000, 2000)), np.ones((1, 1, 1000, 1000)), B[:1], CONV],
        {},
        "too many",
    ),
    "columns of a sandwich": (
        "conv_relu_forward",
        [np.ones((100, 1, 99, 99)), np.ones((1, 1, 9, 9)), B[:1], CONV],
        {},
        "numbers at once: too many",
    ),
    "windows": (
        "max_pool_forward_naive",
        [np.ones((1, 1, 2000, 2000)), {"pool_height": 9, "pool_width": 9, "stride": 1}],
        {},
        "multiplications: too many",
    ),
    "windows on no image": ("max_pool_forward_naive", [np.ones((0, 1, 2000, 2000)), POOL], {}, "m"),
    "windows of a sandwich": (
        "conv_relu_pool_forward",
        [np.ones((1, 1, 600, 600)), ONE, B[:1], CONV, POOL],
        {},
        "multiplications: too many",
    ),
    "a scale": ("batchnorm_forward", [BIG, BIG.T, BIG.T, {"mode": "train"}], {}, "gamma has"),
    "a list": ("layernorm_forward", [BIG.T, [[1.0]] * 100_000, LONG, {}], {}, "gamma has"),
    "a scale of groups": (
        "spatial_groupnorm_forward",
        [np.ones((1, 2, 99, 99)), np.ones((10_000, 2, 1, 1)), np.ones((1, 2, 1, 1)), 1, {}],
        {},
        "gamma has",
    ),
    "a scale of a sandwich": (
        "conv_bn_relu_forward",
        [np.ones((1, 1, 300, 300)), ONE, B[:1], BIG.T, B[:1], CONV, {"mode": "train"}],
        {},
        "gamma has",
    ),
    "a bias": ("affine_forward", [np.ones((1, 1)), BIG.T, BIG], {}, r"b has the shape \(100000, 1"),
    "a bias of a sandwich": ("affine_relu_forward", [np.ones((1, 1)), BIG.T, BIG], {}, "b has"),
    "running averages": (
        "spatial_batchnorm_forward",
        [BIG.T[..., None, None], LONG, LONG, {"mode": "test", "running_mean": BIG}],
        {},
        "running_mean has",
    ),
    "an epsilon": ("layernorm_forward", [BIG, B[:1], B[:1], {"eps": BIG.T}], {}, "one number"),
    "a probability": ("dropout_forward", [BIG, {"mode": "train", "p": BIG.T}], {}, "one number"),
    "labels": ("softmax_loss", [BIG, np.zeros(BIG.shape, int)], {}, "y has the shape"),
}


@pytest.mark.parametrize(("function", "args", "kwargs", "said"), ENORMOUS.values(), ids=ENORMOUS)
def test_an_enormous_call_is_refused(
    function: str, args: list[Any], kwargs: dict[str, Any], said: str
) -> None:
    call = lend.lender(lend.stubs([function]))
    with pytest.raises(ValueError, match=said):
        call(function, args, kwargs)


@pytest.mark.parametrize(
    ("function", "args", "said"),
    [
        ("affine_forward", [np.ones(()), W, B], "x should have at least one dimension"),
        ("affine_forward", [X, W[0], B], "w should have 2 dimensions"),
        ("relu_forward", [5.0], "x should be an array"),
        ("batchnorm_forward", [ONE, B[:1], B[:1], {"mode": "train"}], "x should have 2 dim"),
        ("spatial_batchnorm_forward", [X, W[:, 0], W[:, 0], {}], "x should have 4 dimensions"),
        ("conv_forward_naive", [ONE, np.ones((1, 2, 1, 1)), B[:1], CONV], "w is for 2 channels"),
        ("conv_forward_naive", [ONE, ONE, B[:1], [1, 0]], "conv_param should be a dict"),
        ("conv_forward_naive", [ONE, ONE, B[:1], {"stride": 1}], r"conv_param\['pad'\] should"),
        ("conv_forward_naive", [ONE, ONE, B[:1], {"stride": 0, "pad": 0}], "whole number from 1"),
        ("conv_forward_naive", [ONE, ONE, B[:1], {"stride": 1, "pad": 1.0}], "whole number from 0"),
        ("max_pool_forward_naive", [ONE, POOL | {"pool_width": -(10**9)}], "whole number from 1"),
    ],
)
def test_what_does_not_go_together_is_told(function: str, args: list[Any], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{function}: .*{said}"):
        lend.lender(lend.stubs([function]))(function, args, {})


IMAGES, FILTERS = GENERATOR.normal(size=(4, 2, 6, 6)), GENERATOR.normal(size=(4, 2, 3, 3))
COLUMN = np.ones((1, 4))
HONEST: dict[str, list[list[Any]]] = {
    "affine_forward": [[X, W, B], [IMAGES, np.ones((72, 2)), B[None]]],
    "affine_relu_forward": [[X, W, B]],
    "relu_forward": [[X], [IMAGES]],
    "softmax_loss": [[X, np.array([0, 3, 1])]],
    "batchnorm_forward": [
        [X, np.ones(4), COLUMN, {"mode": "train", "eps": np.float64(1e-4), "mine": [X]}],
        [X, np.ones(4), COLUMN, {"mode": "test", "running_mean": COLUMN}],
    ],
    "layernorm_forward": [[X, np.ones(4), COLUMN, {}]],
    "dropout_forward": [
        [X, {"mode": "train", "p": 0.5, "seed": 3}],
        [IMAGES, {"mode": "test", "p": 1}],
    ],
    "conv_forward_naive": [
        [IMAGES, FILTERS, np.ones(4), {"stride": 1, "pad": 1}],
        [IMAGES, FILTERS, np.ones((4, 1)), {"stride": np.int64(3), "pad": 0}],
    ],
    "max_pool_forward_naive": [[IMAGES, POOL]],
    "spatial_batchnorm_forward": [[IMAGES, B, B, {"mode": "train"}]],
    "spatial_groupnorm_forward": [[IMAGES, np.ones((1, 2, 1, 1)), np.ones((1, 2, 1, 1)), 2, {}]],
    "conv_relu_forward": [[IMAGES, FILTERS, np.ones(4), {"stride": 1, "pad": 1}]],
    "conv_bn_relu_forward": [
        [IMAGES, FILTERS, np.ones(4), np.ones(4), np.ones(4), CONV, {"mode": "train"}]
    ],
    "conv_relu_pool_forward": [[IMAGES, FILTERS, np.ones(4), CONV, POOL]],
}


@pytest.mark.parametrize("function", HONEST)
def test_whatever_a_net_may_ask_for_is_lent(function: str) -> None:
    home = layers if hasattr(layers, function) else layer_utils
    for args in HONEST[function]:
        right = getattr(home, function)(*copy.deepcopy(args))
        result, _ = lend.lender(lend.stubs([function]))(function, args, {})
        assert np.array_equal(result[0], right[0])


def test_a_batch_of_real_images_is_lent() -> None:
    images = np.zeros((50, 3, 32, 32), np.float32)
    args = [images, np.zeros((32, 3, 7, 7), np.float32), np.zeros(32), {"stride": 1, "pad": 3}]
    for function in ("conv_relu_forward", "conv_forward_naive"):
        (out, _), _ = lend.lender(lend.stubs([function]))(function, args, {})
        assert out.shape == (50, 32, 32, 32)


def test_lent_dropout_draws_the_same_in_every_run_and_disturbs_no_other_draws() -> None:
    def drawn() -> list[Any]:
        call = lend.lender(lend.stubs(["dropout_forward"]))
        param = {"mode": "train", "p": 0.5}
        return [call("dropout_forward", [np.ones(64), dict(param)], {})[0][0] for _ in range(2)]

    np.random.seed(1)
    first = drawn()
    after = np.random.rand()
    assert not np.array_equal(*first)
    assert np.array_equal(first, drawn())
    np.random.seed(1)
    assert np.random.rand() == after


def test_a_backward_takes_the_shape_of_its_forward_and_no_other() -> None:
    call = lend.lender(lend.stubs(["relu_forward"]))
    (_, cache), _ = call("relu_forward", [BIG.T], {})
    with pytest.raises(ValueError, match="shape of what relu returned"):
        call("relu_backward", [BIG, cache.value], {})
    with pytest.raises(ValueError, match="shape of what relu returned"):
        call("relu_backward", [BIG, BIG], {})
    dx, _ = call("relu_backward", [BIG.T, cache.value], {})
    assert dx.shape == BIG.T.shape


def test_lent_layers_do_not_warn() -> None:
    call = lend.lender(lend.stubs(["affine_forward"]))
    (out, _), _ = call("affine_forward", [np.full((3, 4), 1e300), np.full((4, 2), 1e300), B], {})
    assert not np.isfinite(out).all()


@pytest.mark.parametrize(
    ("function", "names"),
    [
        ("affine_forward", ("x", "w", "b")),
        ("adam", ("w", "dw", "config")),
        ("affine_relu_backward", ("dout", "cache")),
        ("FullyConnectedNet.loss", ("X", "y")),
        ("ThreeLayerConvNet.loss", ("X", "y")),
        ("nonsense", ()),
        ("nonsense.loss", ()),
        ("FullyConnectedNet.nonsense", ()),
    ],
)
def test_parameters_are_named_as_in_the_assignment(function: str, names: tuple[str, ...]) -> None:
    assert lend.parameters(function) == names
