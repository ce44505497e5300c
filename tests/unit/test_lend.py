"""Lending: whole families of what was found broken, and nothing beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder import lend
from autograder.sandbox.worker import wire
from reference import layers

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


BIG = np.ones((100_000, 1))
ENORMOUS: dict[str, tuple[str, list[Any], dict[str, Any]]] = {
    "columns times rows": ("affine_forward", [BIG, BIG.T, np.ones(100_000)], {}),
    "by keyword": ("affine_forward", [BIG], {"w": BIG.T, "b": np.ones(100_000)}),
    "padding": (
        "conv_forward_naive",
        [np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), B, {"stride": 1, "pad": 10**7}],
        {},
    ),
    "many filters": (
        "conv_forward_naive",
        [np.ones((100, 1, 9, 9)), np.ones((10_000, 1, 1, 1)), B, {"stride": 1, "pad": 0}],
        {},
    ),
    "broadcast": ("batchnorm_forward", [BIG, BIG.T, BIG.T, {"mode": "train"}], {}),
}


@pytest.mark.parametrize(("function", "args", "kwargs"), ENORMOUS.values(), ids=ENORMOUS)
def test_an_enormous_result_is_refused(
    function: str, args: list[Any], kwargs: dict[str, Any]
) -> None:
    call = lend.lender(lend.stubs([function]))
    with pytest.raises(ValueError, match="too many"):
        call(function, args, kwargs)


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
