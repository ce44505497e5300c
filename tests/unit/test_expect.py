"""What is demanded of a value, and the sentence that a student reads if it is something else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder import expect
from autograder.expect import FollowThrough, Mismatch
from autograder.facts import nearest_fact
from reference import layers

RIGHT = np.arange(20.0).reshape(4, 5) + 1


def refused(got: Any, expected: Any = RIGHT, **options: Any) -> Mismatch:
    with pytest.raises(Mismatch) as caught:
        expect.close(got, expected, "dx", **options)
    assert caught.value.message.startswith("dx ")
    assert str(caught.value) == caught.value.message
    assert "\n" not in caught.value.message
    return caught.value


def with_entry(value: float, dtype: Any = np.float64) -> np.ndarray:
    array = RIGHT.astype(dtype)
    array[1, 2] = value
    return array


# close. -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "got",
    [
        RIGHT,
        RIGHT.copy(order="F"),
        RIGHT[::-1][::-1],
        RIGHT * (1 + 1e-12),
        RIGHT.astype(">f8"),
        RIGHT.astype(np.float32),
        RIGHT.astype(np.float32) * np.float32(1 + 1e-6),
        RIGHT.astype(np.float16),
        np.ma.masked_array(RIGHT),
    ],
    ids="same fortran strided rounding big-endian single single-rounding half masked".split(),
)
def test_right_values_pass(got: np.ndarray) -> None:
    expect.close(got, RIGHT, "dx")


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (None, "is None: was it computed and returned?"),
        (RIGHT.tolist(), "is not an array of numbers"),
        ((RIGHT, RIGHT), "is not an array of numbers"),
        ("text", "is not an array of numbers"),
        ({"dx": RIGHT}, "is not an array of numbers"),
        (True, "is not an array of numbers"),
        (1j, "is not an array of numbers"),
        (1.0, "has shape (), but (4, 5) is right"),
        (np.float64(1), "has shape (), but (4, 5) is right"),
        (RIGHT[None], "has shape (1, 4, 5), but (4, 5) is right"),
        (RIGHT[..., None], "has shape (4, 5, 1), but (4, 5) is right"),
        (RIGHT.T, "has shape (5, 4), but (4, 5) is right"),
        (RIGHT.ravel(), "has shape (20,), but (4, 5) is right"),
        (RIGHT[:1], "has shape (1, 5), but (4, 5) is right"),
        (np.zeros((0,)), "has shape (0,), but (4, 5) is right"),
        (np.zeros((0, 5)), "has shape (0, 5), but (4, 5) is right"),
        (np.zeros((4, 0)), "has shape (4, 0), but (4, 5) is right"),
        (RIGHT.astype(int), "has dtype int64"),
        (RIGHT.astype(np.uint8), "has dtype uint8"),
        (RIGHT.astype(complex), "has dtype complex128"),
        (RIGHT.astype(object), "has dtype object"),
        (RIGHT > 3, "has dtype bool"),
        (RIGHT.astype(str), "has dtype <U"),
        (with_entry(np.nan), "has entries that are not finite, first at [1, 2]"),
        (with_entry(np.inf), "has entries that are not finite, first at [1, 2]"),
        (with_entry(-np.inf, np.float32), "has entries that are not finite, first at [1, 2]"),
        (RIGHT * np.nan, "has entries that are not finite, first at [0, 0]"),
        (with_entry(8.001), "is wrong in 1 of 20 entries, first at [1, 2]"),
        (RIGHT**2 + 0.5, "is wrong everywhere"),
        (RIGHT * 2, "is wrong everywhere: 2 times what it should be"),
        (RIGHT * 0, "is wrong everywhere: all of it is zero"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_anything_else_is_refused_in_plain_words(got: Any, said: str) -> None:
    assert refused(got).message.startswith(f"dx {said}")


def test_an_empty_array_is_right_only_where_one_is_meant() -> None:
    expect.close(np.zeros((0, 5)), np.zeros((0, 5)), "dx")
    refused(np.zeros((0, 5)), np.zeros((5, 0)))


def test_a_wrong_single_precision_result_is_still_wrong() -> None:
    """Right to 1e-3 is not rounding, in any dtype."""
    for dtype in (np.float16, np.float32, np.float64):
        refused((RIGHT * 1.001).astype(dtype), RIGHT.astype(np.float64))
    refused(RIGHT * (1 + 1e-7))


def test_single_precision_inputs_allow_single_precision_rounding() -> None:
    expect.close(RIGHT * (1 + 1e-6), RIGHT.astype(np.float32), "dx")
    refused(RIGHT * (1 + 1e-6), RIGHT)


def test_errors_are_measured_against_the_largest_entry() -> None:
    expect.close(np.array([1e6, 1e-3 + 1e-6]), np.array([1e6, 1e-3]), "dx")
    refused(np.array([1.0, 1e-3 + 1e-6]), np.array([1.0, 1e-3]))
    expect.close(np.array([1.0, 1.1]), np.array([1.0, 1.0]), "dx", tolerance=0.2)
    refused(np.array([1.0, 1.1]), np.array([1.0, 1.0]), tolerance=0.05)


def test_zeros_are_measured_against_one_or_the_given_floor() -> None:
    expect.close(np.full(3, 1e-12), np.zeros(3), "db")
    refused(np.full(3, 1e-6), np.zeros(3))
    expect.close(np.full(3, 1e-6), np.zeros(3), "db", floor=1e3)
    refused(np.full(3, 1e-4), np.full(3, 1e-8), floor=1e3)


def test_a_row_may_stand_for_a_vector_where_that_is_tolerated() -> None:
    vector = np.arange(3.0)
    refused(vector[None], vector)
    expect.close(vector[None], vector, "db", tolerate=(1, 3))
    refused(vector[:, None], vector, tolerate=(1, 3))
    assert "wrong" in refused(vector[None] + 1, vector, tolerate=(1, 3)).message
    assert expect.array(vector[None], (3,), "db", tolerate=(1, 3)).shape == (3,)


def test_a_small_array_is_shown_whole_and_a_large_one_by_an_entry() -> None:
    small = refused(np.array([1.0, 2.5]), np.array([1.0, 2.0]))
    assert "2.5" in small.got
    assert "2." in small.expected
    right = np.arange(100.0).reshape(10, 10)
    wrong = right.copy()
    wrong[3, 4] = -1
    large = refused(wrong, right)
    assert (large.got, large.expected) == ("dx[3, 4] = -1", "dx[3, 4] = 34")


@pytest.mark.parametrize("value", [1e308, -1.7e308])
def test_huge_wrong_values_are_refused_without_a_warning(value: float) -> None:
    refused(np.full(3, value), np.array([5.0, 6.0, 1e308]))


def test_an_image_that_is_wrong_at_its_border_alone() -> None:
    right = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5) + 1
    cropped = right.copy()
    cropped[:, :, 0] = cropped[:, :, :, -1] = -7
    assert "right inside, wrong at the border" in refused(cropped, right).message
    cropped[0, 0, 1, 1] = -7
    assert "border" not in refused(cropped, right).message


# number, pair, mapping, that. ----------------------------------------------------------------


@pytest.mark.parametrize(
    "got", [2.0, 2, np.float32(2), np.int64(2), np.array(2.0), np.array([2.0]), np.array([[2.0]])]
)
def test_a_loss_may_be_any_kind_of_number(got: Any) -> None:
    expect.number(got, 2.0, "loss")
    assert expect.scalar(got, "loss") == 2.0


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (None, "is not a number"),
        (True, "is not a number"),
        (np.True_, "is not a number"),
        ("2.0", "is not a number"),
        ([2.0], "is not a number"),
        ((2.0, {}), "is not a number"),
        (2 + 0j, "is not a number"),
        (np.array([]), "is not a number"),
        (np.array([2.0, 2.0]), "is not a number"),
        (np.array([2], dtype=object), ""),
        (float("nan"), "is nan, not a finite number"),
        (np.float32("inf"), "is inf, not a finite number"),
        (np.array([-np.inf]), "is -inf, not a finite number"),
        (4.0, "is wrong: 2 times what it should be"),
        (-2.0, "is wrong: -1 times what it should be"),
        (2.001, "is wrong"),
        (0, "is wrong"),
    ],
    ids=repr,
)
def test_any_other_loss_is_refused(got: Any, said: str) -> None:
    if not said:  # an object array of one number is one number: a matter of style
        expect.number(got, 2.0, "loss")
        return
    with pytest.raises(Mismatch, match=r"^loss ") as caught:
        expect.number(got, 2.0, "loss")
    assert caught.value.message.startswith(f"loss {said}")


def test_a_huge_integer_loss_is_refused() -> None:
    with pytest.raises(Mismatch, match=r"^loss "):
        expect.number(10**400, 2.0, "loss")


def test_a_loss_near_zero_is_measured_against_a_thousandth() -> None:
    expect.number(1e-9, 0.0, "loss")
    with pytest.raises(Mismatch, match="loss is wrong"):
        expect.number(1e-3, 0.0, "loss")


def test_a_pair_is_a_tuple_or_list_of_the_right_length() -> None:
    assert expect.pair((1, 2), "f", ("out", "cache")) == (1, 2)
    assert expect.pair([1, 2], "f", ("out", "cache")) == (1, 2)
    for value in (None, 1, "ab", {1: 2, 3: 4}, (1,), (1, 2, 3), np.ones(2)):
        with pytest.raises(Mismatch, match=r"^f should return \(out, cache\)$"):
            expect.pair(value, "f", ("out", "cache"))


def test_a_mapping_is_a_dict() -> None:
    assert expect.mapping({"a": 1}, "grads") == {"a": 1}
    for value in (None, [], (1, 2), np.ones(2)):
        with pytest.raises(Mismatch, match=r"^grads should be a dict$"):
            expect.mapping(value, "grads")


def test_that_shows_what_it_is_given() -> None:
    expect.that(condition=True, message="never said")
    with pytest.raises(Mismatch, match=r"^said$") as caught:
        expect.that(condition=False, message="said", got=1.5, expected=[2])
    assert (caught.value.got, caught.value.expected) == ("1.5", "[2]")


@pytest.mark.parametrize(
    "value",
    [
        *(None, 1.5, "text", [1.0] * 1000, {"a": np.ones(3), "b": {"c": np.ones((9, 9))}}),
        *(np.ones(3), np.ones((3, 3, 3)), np.zeros((0, 3)), np.full((9, 9), np.nan)),
        *(np.ones((9, 9), bool), np.ones((9, 9), int), np.ones((9, 9), complex)),
        *(np.float32(1), np.array(1.0), np.array([1, None])),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_value_can_be_shown_briefly(value: Any) -> None:
    text = expect.show(value)
    assert text
    assert len(text) <= 400


def test_a_large_array_is_shown_by_its_range() -> None:
    shown = expect.show(np.linspace(-1, 1, 30))
    assert shown == "array (30,) float64, from -1 to 1"
    part = np.linspace(-1, 1, 30)
    part[3] = np.nan
    assert expect.show(part) == "array (30,) float64, from -1 to 1, 1 not finite"


# Facts. -------------------------------------------------------------------------------------

SQUARE = np.array([[1.0, 2.0, 5.0], [-3.0, 4.0, 0.5], [7.0, -2.0, 1.5]])


@pytest.mark.parametrize(
    ("got", "fact"),
    [
        (-SQUARE, ": right up to its sign"),
        (3 * SQUARE, ": 3 times what it should be"),
        (SQUARE / 7, ": 0.142857 times what it should be"),
        (-2 * SQUARE, ": -2 times what it should be"),
        (SQUARE + 0.25, ": off by the constant 0.25"),
        (SQUARE.T, ": transposed"),
        (0 * SQUARE, ": all of it is zero"),
        (SQUARE**2, ""),
        (np.eye(3), ""),
        (SQUARE[::-1], ""),
    ],
)
def test_a_simple_fact_is_named(got: np.ndarray, fact: str) -> None:
    assert nearest_fact(got, SQUARE) == fact


def test_facts_about_odd_arrays() -> None:
    zeros = np.zeros((2, 2))
    assert nearest_fact(np.ones((2, 2)), zeros) == ": all of it should be zero"
    assert nearest_fact(np.zeros((0, 2)), np.zeros((0, 2))) == ""
    assert nearest_fact(np.array(2.0), np.array(4.0)) == ": 0.5 times what it should be"
    stack = np.stack([SQUARE, 2 * SQUARE])
    assert nearest_fact(np.swapaxes(stack, 1, 2), stack) == ": transposed"
    assert nearest_fact(stack[:, :, :2], stack[:, :, :2] + 1) == ": off by the constant -1"


# gradients. ---------------------------------------------------------------------------------

GENERATOR = np.random.default_rng(0)
AT = {
    "x": GENERATOR.normal(size=(3, 4)),
    "w": GENERATOR.normal(size=(4, 2)),
    "b": GENERATOR.normal(size=2),
}
DOUT = GENERATOR.normal(size=(3, 2))
NAMES = ("dx", "dw", "db")
_, CACHE = layers.affine_forward(*AT.values())
EXPECTED = dict(zip(NAMES, layers.affine_backward(DOUT, CACHE), strict=True))


def judge(got: Any, forward: Any = layers.affine_forward) -> None:
    """affine_backward returned `got`, and the student's own forward is `forward`."""

    def at(function: Any) -> Any:
        return lambda name, value: function(*(AT | {name: value}).values())[0]

    expect.gradients(
        got,
        NAMES,
        EXPECTED,
        function="affine_backward",
        own=at(forward),
        reference=at(layers.affine_forward),
        at=AT,
        dout=DOUT,
        forward="affine_forward",
        forward_is_right=lambda: forward is layers.affine_forward,
    )


def doubled(x: Any, w: Any, b: Any) -> Any:
    return 2 * (x @ w) + b, None


def zero(x: Any, w: Any, b: Any) -> Any:
    return np.zeros((len(x), len(b))), None


def without_bias(x: Any, w: Any, b: Any) -> Any:
    return x @ w, None


RIGHT_GRADIENTS = tuple(EXPECTED.values())
OF_DOUBLED = (2 * EXPECTED["dx"], 2 * EXPECTED["dw"], EXPECTED["db"])


def test_right_gradients_pass_whatever_the_forward() -> None:
    for forward in (layers.affine_forward, doubled, zero):
        judge(RIGHT_GRADIENTS, forward)
    judge(list(RIGHT_GRADIENTS))
    judge(tuple(g.astype(np.float32) for g in RIGHT_GRADIENTS))
    dx, dw, db = RIGHT_GRADIENTS
    judge((dx, dw, db[None]))


def test_gradients_of_a_wrong_forward_follow_it() -> None:
    with pytest.raises(FollowThrough, match="right for your own affine_forward") as caught:
        judge(OF_DOUBLED, doubled)
    assert caught.value.root_cause == "affine_forward"


@pytest.mark.parametrize(
    "spoil",
    [lambda g: -g, lambda g: 2 * g, lambda g: 0 * g, lambda g: g + 1e-3],
    ids=["sign", "factor", "zero", "offset"],
)
@pytest.mark.parametrize("which", range(3), ids=NAMES)
@pytest.mark.parametrize("forward", [layers.affine_forward, doubled], ids=["right", "doubled"])
def test_wrong_gradients_are_refused_by_name(spoil: Any, which: int, forward: Any) -> None:
    got = list(RIGHT_GRADIENTS if forward is layers.affine_forward else OF_DOUBLED)
    got[which] = spoil(got[which])
    with pytest.raises(Mismatch) as caught:
        judge(got, forward)
    assert caught.value.message.startswith(f"{NAMES[which]} is wrong")
    if forward is doubled:
        assert "your own affine_forward is wrong as well" in caught.value.message


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (None, r"affine_backward should return \(dx, dw, db\)"),
        (RIGHT_GRADIENTS[:2], r"affine_backward should return \(dx, dw, db\)"),
        (RIGHT_GRADIENTS[0], r"affine_backward should return \(dx, dw, db\)"),
        ((None, *RIGHT_GRADIENTS[1:]), "dx is None"),
        ((RIGHT_GRADIENTS[0], RIGHT_GRADIENTS[1].T, RIGHT_GRADIENTS[2]), "dw has shape"),
        ((RIGHT_GRADIENTS[0][None], *RIGHT_GRADIENTS[1:]), "dx has shape"),
        ((RIGHT_GRADIENTS[0] * np.nan, *RIGHT_GRADIENTS[1:]), "dx has entries"),
    ],
    ids=["None", "two", "one array", "dx None", "dw transposed", "dx extra axis", "dx nan"],
)
def test_what_is_no_gradient_is_refused(got: Any, said: str) -> None:
    with pytest.raises(Mismatch, match=said):
        judge(got)


def test_a_forward_that_does_nothing_makes_nothing_right() -> None:
    zeros = tuple(np.zeros_like(g) for g in RIGHT_GRADIENTS)
    with pytest.raises(Mismatch, match="dx is wrong everywhere: all of it is zero"):
        judge(zeros, zero)
    dx, dw, db = RIGHT_GRADIENTS
    with pytest.raises(Mismatch, match="db is wrong everywhere: all of it is zero"):
        judge((dx, dw, np.zeros_like(db)), without_bias)


def test_a_true_zero_gradient_may_be_rounding() -> None:
    expect.gradients(
        np.full(3, 1e-12),
        ("db",),
        {"db": np.zeros(3)},
        function="f_backward",
        own=lambda *_: pytest.fail("nothing to ask"),
        reference=lambda *_: pytest.fail("nothing to ask"),
        at={"b": np.ones(3)},
        dout=np.ones((2, 3)),
        forward="f_forward",
        forward_is_right=lambda: True,
    )
