"""The proxy: values travel, caches and nets are handles, dicts are updated, functions lent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from autograder.sandbox import Died, Raised, Remote, Sandbox, Student, TimedOut
from autograder.sandbox.worker import wire

LAYERS = """
import numpy as np

def affine_forward(x, w, b): return "own", "own"
def affine_backward(dout, cache): return "own"

class Cache:
    def __init__(self, x): self.x = x
def scale_forward(x, factor): return factor * x, (x, factor)
def object_forward(x): return x, Cache(x)
def dict_forward(x): return x, {"x": x}
def scale_backward(dout, cache):
    x, factor = cache
    return factor * dout, float((x * dout).sum())
def read(cache): return cache.x if isinstance(cache, Cache) else cache["x"]
def read_all(caches): return [read(cache) for cache in caches["list"]]
def same(a, b): return a is b
def a_list_forward(x): return [x, (x, x)]
def three_forward(x): return x, x, x
def pair(x): return x, {"x": x}

def spoil(x, y=None):
    x[...] = -1
    return x
def spoil_nan(x):
    x[0] = 0
def leaves_nan(x): return x
def grows(param):
    param["count"] = param.get("count", 0) + 1
    param.pop("old", None)
    param["mean"] = np.full(2, param["count"])
def raises_after(param):
    param["count"] = 1
    raise ValueError("after")
def kinds(*args, **kwargs): return [type(a).__name__ for a in args], sorted(kwargs)
def makes(dtype): return np.zeros(2, dtype=dtype)
def complex_numbers(): return np.ones(2) * 1j
def big(): return 10**5000
"""
NET = """
import numpy as np
from ..layers import *

class Net:
    def __init__(self, sizes, reg=0.0, dtype=np.float32):
        self.reg, self.dtype, self.sizes = reg, dtype, sizes
        self.params = {"W1": np.ones((2, 3), dtype=dtype), "b1": np.zeros(3, dtype=dtype)}
        self.sent = []
    def loss(self, X, y=None, scale=1.0):
        scores = scale * (X @ self.params["W1"] + self.params["b1"])
        if y is None: return scores
        return self.reg, {"W1": X.T @ scores}
    def __setattr__(self, name, value):
        if name == "locked": raise AttributeError("cannot be set")
        super().__setattr__(name, value)
class NoParams:
    def loss(self, X): return 1
class ListParams:
    params = [1]
class PlainNet:
    def __init__(self): self.params = {"a": np.zeros(1), "b": np.zeros(1)}
    def loss(self): return self.params["a"], self.params["b"]

class Borrower:
    def loss(self, x):
        out, cache = affine_forward(x, x, x)
        return out, affine_backward(out, cache), type(cache).__name__
    def update(self, param): affine_forward(param)
def borrow(*args, **kwargs): return affine_forward(*args, **kwargs)
def borrow_and_show(param):
    affine_forward(param)
    return param
def borrow_and_show_keyword(param):
    affine_forward(bn_param=param)
    return param
def borrow_twice(x): return affine_backward(*affine_forward(x))
def peek(x): return repr(affine_forward(x)[1])
def borrow_nonsense(): return affine_forward(object(), {1, 2})
def unlent(): return scale_forward(1, 2)[0]
def borrow_for(seconds):
    import time
    end = time.process_time() + seconds
    while time.process_time() < end: affine_forward(1)
def survives():
    try: affine_forward(1)
    except ValueError as error: return str(error)
def forge_lend(tree):
    import json, os, struct
    text = json.dumps({"lend": tree}).encode()
    for number in range(3, 4096):
        try: os.write(number, struct.pack(">4sIQ", b"AGW1", len(text), 0) + text)
        except OSError: pass
    os._exit(0)
"""
SECONDS = 2.0
LENT = {"layers": ["affine_forward", "affine_backward"]}


@pytest.fixture(scope="module")
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(layers=LAYERS, fc_net=NET)


@contextmanager
def borrowing(sandbox: Sandbox, lend: Any, seconds: float = SECONDS) -> Iterator[Student]:
    """A student to whom affine is lent; `lend` answers."""
    with sandbox.worker("workspace", LENT) as worker:
        yield Student(worker, lambda _: seconds, lend)


@pytest.fixture
def student(sandbox: Sandbox) -> Iterator[Student]:
    with sandbox.worker("workspace", {}) as worker:
        yield Student(worker, lambda _: SECONDS)


# Values and caches. -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["scale_forward", "object_forward", "dict_forward"])
def test_the_cache_of_a_forward_stays_in_the_worker(student: Student, name: str) -> None:
    x = np.arange(3.0)
    out, cache = getattr(student.layers, name)(x, *([2.0] if name == "scale_forward" else []))
    assert isinstance(out, np.ndarray)
    assert isinstance(cache, Remote)
    if name != "scale_forward":
        assert np.array_equal(student.layers.read(cache), x)


def test_a_cache_goes_back_as_the_object_that_it_is(student: Student) -> None:
    out, cache = student.layers.scale_forward(np.array([1.0, 2.0]), 3.0)
    dx, dfactor = student.layers.scale_backward(out, cache)
    assert dx.tolist() == [9.0, 18.0]
    assert dfactor == 15.0
    assert student.layers.same(cache, cache) is True
    other = student.layers.scale_forward(np.ones(1), 1.0)[1]
    assert student.layers.same(cache, other) is False


def test_caches_travel_inside_other_values(student: Student) -> None:
    caches = [student.layers.dict_forward(np.full(1, i))[1] for i in range(3)]
    assert [a.tolist() for a in student.layers.read_all({"list": caches})] == [[0], [1], [2]]


def test_only_a_pair_from_a_forward_is_taken_for_out_and_cache(student: Student) -> None:
    out, (left, right) = student.layers.pair(1.0), student.layers.pair(2.0)
    assert out == (1.0, {"x": 1.0})
    assert (left, right) == (2.0, {"x": 2.0})
    assert student.layers.three_forward(1.0) == (1.0, 1.0, 1.0)
    got, cache = student.layers.a_list_forward(1.0)
    assert got == 1.0
    assert isinstance(cache, Remote)


def test_what_cannot_travel_stays_and_says_what_it_is(student: Student) -> None:
    assert repr(student.layers.complex_numbers()) == "<array of dtype complex128>"


def test_an_integer_too_long_to_write_stays_in_the_worker(student: Student) -> None:
    assert repr(student.layers.big()) == "<int>"


@pytest.mark.parametrize("number", [99, -1_000_000])
def test_a_reference_to_nothing_is_told(student: Student, number: int) -> None:
    with pytest.raises(Raised, match="IndexError"):
        student.layers.read(Remote(student, number, "cache"))


def test_types_arrays_and_scalars_arrive_as_what_they_are(student: Student) -> None:
    sent = (np.ones(2), np.float32(1), 1.0, 1, True, None, "text", [1], (1,), {"a": 1})
    kinds, names = student.layers.kinds(*sent, b=1, a=2)
    assert kinds == ("ndarray float32 float int bool NoneType str list tuple dict".split())
    assert names == ["a", "b"]
    assert student.layers.makes(np.float32).dtype == np.float32
    assert student.layers.makes(np.float64).dtype == np.float64


def test_a_check_that_passes_nonsense_is_told_so_at_once(student: Student) -> None:
    with pytest.raises(TypeError, match="a check passed a ndarray, which cannot travel"):
        student.layers.kinds(np.array([object()]))
    assert student.layers.kinds(1) == (["int"], [])


# Inputs. ------------------------------------------------------------------------------------


def test_every_call_gets_fresh_inputs_and_changes_are_noticed(student: Student) -> None:
    x = np.arange(3.0)
    assert student.layers.spoil(x).tolist() == [-1, -1, -1]
    assert x.tolist() == [0, 1, 2]
    assert student.changed == {"spoil"}
    assert student.layers.spoil(x, y=x).tolist() == [-1, -1, -1]


def test_nan_in_an_input_is_no_change(student: Student) -> None:
    student.layers.leaves_nan(np.array([np.nan, 1.0]))
    assert student.changed == set()
    student.layers.spoil_nan(np.array([np.nan, 1.0]))
    assert student.changed == {"spoil_nan"}


def test_dict_arguments_are_updated_in_place(student: Student) -> None:
    param: dict[str, Any] = {"old": 1, "mode": "train"}
    alias = param
    for count in (1, 2, 3):
        student.layers.grows(param)
        assert param["count"] == count
        assert param["mean"].tolist() == [count, count]
    assert alias is param
    assert sorted(param) == ["count", "mean", "mode"]


def test_a_dict_of_a_call_that_raised_is_as_it_was(student: Student) -> None:
    param: dict[str, Any] = {}
    with pytest.raises(Raised, match="after"):
        student.layers.raises_after(param)
    assert param == {}


def test_the_history_tells_the_last_calls_as_they_were_made(student: Student) -> None:
    param: dict[str, Any] = {}
    for _ in range(10):
        student.layers.grows(param)
    assert [call.function for call in student.calls] == ["grows"] * 8
    assert [call.args[0].get("count") for call in student.calls] == [2, 3, 4, 5, 6, 7, 8, 9]
    student.layers.kinds(1, a=2)
    assert student.calls[-1].args == (1,)
    assert student.calls[-1].kwargs == {"a": 2}
    student.restart(1)
    assert student.calls == []


# Nets. --------------------------------------------------------------------------------------


def test_a_net_has_attributes_methods_and_parameters(student: Student) -> None:
    net = student.fc_net.Net([1, 2], reg=0.5, dtype=np.float64)
    assert isinstance(net, Remote)
    assert repr(net) == "<Net>"
    assert net.reg == 0.5
    assert net.sizes == [1, 2]
    net.reg = 0.25
    assert net.reg == 0.25
    X = np.ones((2, 2))
    assert net.loss(X).tolist() == [[2.0] * 3] * 2
    loss, grads = net.loss(X, np.zeros(2), scale=2.0)
    assert loss == 0.25
    assert grads["W1"].tolist() == [[8.0] * 3] * 2


def test_assigned_parameters_go_along_with_the_next_call(student: Student) -> None:
    net = student.fc_net.Net([], dtype=np.float64)
    net.params["W1"] = np.zeros((2, 3))
    net.params["b1"] = np.array([1.0, 2.0, 3.0])
    assert net.loss(np.ones((1, 2))).tolist() == [[1.0, 2.0, 3.0]]
    net.params = {"W1": np.zeros((2, 1)), "b1": np.array([7.0])}
    assert net.loss(np.ones((1, 2))).tolist() == [[7.0]]
    net.refresh()
    assert net.params["b1"].tolist() == [7.0]


def test_only_what_was_assigned_is_sent_and_only_once(student: Student) -> None:
    net = student.fc_net.PlainNet()
    net.params["a"] = np.ones(1)
    net.params["b"][0] = 5  # a change of our copy, not an assignment
    assert [part.tolist() for part in net.loss()] == [[1.0], [0.0]]
    other = Remote(student, net._number, "PlainNet")
    other.params["a"] = np.full(1, 9.0)
    other.loss()
    assert [part.tolist() for part in net.loss()] == [[9.0], [0.0]]


def test_parameters_that_are_no_dict_are_told(student: Student) -> None:
    with pytest.raises(Raised, match=r"ListParams\.params is a list, not a dict"):
        student.fc_net.ListParams().params  # noqa: B018  the look is the test
    with pytest.raises(Raised, match="AttributeError"):
        student.fc_net.NoParams().params  # noqa: B018


def test_a_setter_that_raises_is_told(student: Student) -> None:
    with pytest.raises(Raised, match="cannot be set"):
        student.fc_net.Net([]).locked = 1


def test_a_remote_has_no_dunder_attributes_to_ask_for(student: Student) -> None:
    with pytest.raises(AttributeError):
        student.fc_net.Net([]).__len__  # noqa: B018
    with pytest.raises(AttributeError):
        student.layers.__wrapped__  # noqa: B018


# Lent functions. ----------------------------------------------------------------------------


class Lender:
    """Answers as the reference would, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any, Any]] = []
        self.cache = object()

    def __call__(
        self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Any, dict[int, Any]]:
        self.asked.append((name, args, kwargs))
        if name == "affine_forward":
            dicts = {i: {"mean": 5} for i, arg in enumerate(args) if isinstance(arg, dict)}
            return (2.0, wire.Kept(self.cache)), dicts
        return (1.0, 2.0, 3.0), {}


def test_lent_functions_replace_the_students_own(sandbox: Sandbox) -> None:
    lender = Lender()
    with borrowing(sandbox, lender) as student:
        net = student.fc_net.Borrower()
        assert net.loss(np.ones(2)) == (2.0, (1.0, 2.0, 3.0), "Lent")
        assert [name for name, _, _ in lender.asked] == LENT["layers"]
        # The cache that came back is ours, the very object.
        assert lender.asked[1][1][1] is lender.cache
        assert lender.asked[0][1][0].tolist() == [1.0, 1.0]
        assert student.fc_net.peek(1) == "<a cache that belongs to the grader>"


def test_what_is_not_lent_is_the_students_own(sandbox: Sandbox) -> None:
    lender = Lender()
    with borrowing(sandbox, lender) as student:
        assert student.fc_net.unlent() == 2
    assert lender.asked == []
    with sandbox.worker("workspace", {}) as worker:
        student = Student(worker, lambda _: SECONDS)
        assert student.fc_net.borrow(1, 2, 3)[0] == "own"


def test_keywords_reach_the_lender(sandbox: Sandbox) -> None:
    lender = Lender()
    with borrowing(sandbox, lender) as student:
        student.fc_net.borrow(1, w=2, b=np.float32(3))
    assert lender.asked == [("affine_forward", (1,), {"w": 2, "b": 3.0})]


def test_dicts_given_to_a_lent_function_are_updated(sandbox: Sandbox) -> None:
    with borrowing(sandbox, Lender()) as student:
        assert student.fc_net.borrow_and_show({"mode": "train"}) == {"mode": "train", "mean": 5}


def test_an_error_of_a_lent_function_is_raised_where_it_was_called(sandbox: Sandbox) -> None:
    def refuse(name: str, args: Any, kwargs: Any) -> Any:
        raise KeyError("what was wrong")

    with borrowing(sandbox, refuse) as student:
        with pytest.raises(Raised, match="ValueError: 'what was wrong'"):
            student.fc_net.borrow(1)
        assert student.fc_net.survives() == "'what was wrong'"


def test_objects_that_cannot_travel_reach_the_lender_as_handles(sandbox: Sandbox) -> None:
    lender = Lender()
    with borrowing(sandbox, lender) as student:
        student.fc_net.borrow_nonsense()
    assert all(isinstance(arg, Remote) for arg in lender.asked[0][1])


@pytest.mark.parametrize(
    "tree",
    [
        {"t": ["affine_forward"]},
        {"t": ["affine_forward", {"l": []}, {"d": []}, 1]},
        {"t": [{"l": []}, 1, 2]},
        None,
        5,
        "affine_forward",
        {"t": ["affine_forward", {"l": [{"g": 0}]}, {"d": []}]},
        {"t": ["affine_forward", {"l": [{"a": ["<f8", [9]]}]}, {"d": []}]},
        {"nonsense": 1},
        [],
    ],
    ids=str,
)
def test_a_forged_wish_to_borrow_is_the_students_fault(sandbox: Sandbox, tree: Any) -> None:
    with (
        borrowing(sandbox, Lender()) as student,
        pytest.raises(Died, match="forge_lend"),
    ):
        # The tree travels as text of lists and dicts, and is forged over there.
        student.fc_net.forge_lend(tree)


def test_an_endless_loop_of_lent_calls_is_stopped(sandbox: Sandbox) -> None:
    with borrowing(sandbox, Lender(), 0.1) as student, pytest.raises(TimedOut):
        student.fc_net.borrow_for(0.6)
