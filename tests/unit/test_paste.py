"""What a report gives to paste runs against the student's own files, and shows the fault."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import grading, misconceptions, paste
from autograder.engine import Session, home, run_check
from autograder.models import Assignment, Outcome, Submission
from autograder.sandbox import Sandbox
from autograder.sandbox.proxy import Call
from autograder.secret import PUBLIC
from reference import layers, optim
from reference.classifiers import fc_net

ENTRIES = {entry.id: entry for entry in misconceptions.catalogue()}


@pytest.fixture
def told(roster: Assignment, tmp_path: Path) -> Callable[[str, str], Outcome]:
    """told(a mistake, a check) -> its outcome, with the workspace written out."""

    def judge(mistake: str, check_id: str) -> Outcome:
        submission = Submission("x", "0" * 64, misconceptions.apply([ENTRIES[mistake]]), {})
        files = grading.workspaces(submission)
        for name, content in files["workspace"].items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (check,) = [check for check in roster.checks if check.id == check_id]
        with Sandbox(files, roster.limits) as sandbox:
            return run_check(check, Session(roster, sandbox, PUBLIC))

    return judge


@contextlib.contextmanager
def importable(folder: Path) -> Iterator[None]:
    def forget() -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] == "cs231n"]:
            del sys.modules[name]

    forget()
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        forget()


def run(code: str, folder: Path, **names: Any) -> tuple[dict[str, Any], str]:
    """The names that the code leaves, and what it prints."""
    printed = io.StringIO()
    with importable(folder), contextlib.redirect_stdout(printed):
        exec(compile(code, "pasted", "exec"), names)
    return names, printed.getvalue()


def test_a_forward_pass(told: Any, tmp_path: Path) -> None:
    outcome = told("layernorm_forward.over-batch", "normalization.layernorm_forward.values")
    names, printed = run(outcome.counterexample.code, tmp_path)
    args = [names[name] for name in ("x", "gamma", "beta", "ln_param")]
    right, _ = layers.layernorm_forward(*args)
    assert not np.allclose(names["out"], right)
    assert printed == f"{names['out']}\n"
    # The same numbers as in the report, to all printed digits.
    assert "array" in outcome.counterexample.got
    for number in names["out"].ravel():
        assert f"{number:.6f}".rstrip("0").lstrip("-") in outcome.counterexample.got


def test_a_backward_pass_brings_its_forward_pass(told: Any, tmp_path: Path) -> None:
    check = "convolution.max_pool_backward_naive.gradients"
    outcome = told("max_pool_backward_naive.smallest-pixel", check)
    code = outcome.counterexample.code
    assert "import max_pool_forward_naive, max_pool_backward_naive" in code
    names, _ = run(code, tmp_path)
    _, cache = layers.max_pool_forward_naive(names["x"], names["pool_param"])
    right = layers.max_pool_backward_naive(names["dout"], cache)
    with importable(tmp_path):
        wrong = names["max_pool_backward_naive"](names["dout"], names["cache"])
    assert wrong.shape == right.shape
    assert not np.allclose(wrong, right)


def test_an_update_rule_with_its_state(told: Any, tmp_path: Path) -> None:
    outcome = told("adam.no-correction", "optimizers.adam.state")
    code = outcome.counterexample.code
    assert "'m': np.array([" in code
    names, printed = run(code, tmp_path)
    wrong = run(code.replace("from cs231n.optim import adam", ""), tmp_path, adam=optim.adam)[0]
    assert not np.allclose(names["next_w"], wrong["next_w"])
    assert f"change of w {names['next_w'] - names['before']}" in printed


def test_several_steps_show_a_state_that_is_not_kept(told: Any, tmp_path: Path) -> None:
    """The last step alone would be right, given the wrong state that the code hands on."""
    outcome = told("adam.t-never-advances", "optimizers.adam.steps")
    code = outcome.counterexample.code
    assert code.count("adam(w, dw, config)") > 1
    names, _ = run(code, tmp_path)
    right, _ = run(code.replace("from cs231n.optim import adam", ""), tmp_path, adam=optim.adam)
    assert not np.allclose(names["next_w"], right["next_w"])


def test_running_averages_are_shown_after_every_batch(told: Any, tmp_path: Path) -> None:
    outcome = told("batchnorm_forward.momentum-swapped", "normalization.batchnorm_forward.running")
    names, printed = run(outcome.counterexample.code, tmp_path)
    assert printed.count("running_mean") == 3
    assert "bn_param" in names
    first = outcome.counterexample.got.split("[")[1].split()[0].rstrip("]")
    assert first[:6] in printed


def test_a_net_with_its_parameters(told: Any, tmp_path: Path) -> None:
    outcome = told("FullyConnectedNet.relu-missing", "nets.FullyConnectedNet.scores")
    code = outcome.counterexample.code
    assert "from cs231n.classifiers.fc_net import FullyConnectedNet" in code
    assert "dtype=np.float64" in code
    names, printed = run(code, tmp_path)
    assert names["net"].params["W1"].shape[0] == names["X"].shape[1]
    scores = names["net"].loss(names["X"])
    assert printed == f"{scores}\n"
    right = fc_net.FullyConnectedNet([5], names["X"].shape[1], scores.shape[1], dtype=np.float64)
    right.params = names["net"].params
    assert not np.allclose(scores, right.loss(names["X"]))


def test_large_arrays_are_drawn_and_that_is_said(told: Any, tmp_path: Path) -> None:
    outcome = told("dropout_forward.normal-mask", "dropout.dropout_forward.train")
    code = outcome.counterexample.code
    assert "\n# The check used other numbers, too many to print.\nx = np.random" in code
    names, _ = run(code, tmp_path)
    assert (names["out"] == 0).mean() != pytest.approx(1 - names["dropout_param"]["p"], abs=0.05)


@pytest.mark.parametrize(
    "value",
    [
        np.array(3.5),
        np.arange(6).reshape(2, 3),
        np.array([0.1, -2.5, 1e-7, 1e21]),
        np.random.default_rng(0).normal(size=(2, 3, 2, 2)),
        np.array([[0.1, 0.7]], dtype=np.float32),
        np.zeros((2, 0)),
        {"a": np.array([1.5]), "b": {"c": (1, 2)}, "d": (3,), "e": None, "f": True},
        [2, 3.5, np.float64(0.1), np.int64(3)],
        np.float32,
    ],
    ids=repr,
)
def test_what_is_printed_reads_back_the_same(value: Any, tmp_path: Path) -> None:
    text = paste.code([Call("affine_forward", (value, [value]), {"b": value})], home)
    _, call = text.rsplit("print(", 1)
    names: dict[str, Any] = {"affine_forward": lambda *args, **kwargs: (args, kwargs)}
    exec(text.replace("from cs231n.layers import affine_forward", ""), names)
    (first, second), kwargs = eval(f"({call.strip()[:-1]})", names)
    for found in (first, second[0], kwargs["b"]):
        same(found, value)


def same(found: Any, value: Any) -> None:
    assert type(found) is type(value) or isinstance(value, np.generic)
    if isinstance(value, np.ndarray):
        assert found.dtype == value.dtype
        if value.size:
            assert found.shape == value.shape
        assert np.array_equal(found.ravel(), value.ravel())
    elif isinstance(value, dict):
        assert found.keys() == value.keys()
        for key in value:
            same(found[key], value[key])
    else:
        assert found == value


def test_what_cannot_be_made_again_is_not_shown() -> None:
    net = Call("FullyConnectedNet.loss", (np.ones(2),), {}, target=3)
    assert paste.code([net], home) == ""
    assert paste.code([], home) == ""
    assert paste.code([Call("f", ("x" * 7000,), {})], home) == ""
