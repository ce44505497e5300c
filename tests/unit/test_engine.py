"""Who is charged with what: the engine's verdicts on small submissions."""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import engine, grading, lend, strategies
from autograder.engine import Session, run_check
from autograder.errors import UsageError
from autograder.intake.starter import EDITABLE
from autograder.models import (
    Assignment,
    Check,
    Limits,
    Outcome,
    Report,
    Status,
    Submission,
    Visibility,
)
from autograder.sandbox import Sandbox
from autograder.secret import PUBLIC, Secret

REFERENCE = Path(__file__).parents[2] / "reference"
LAYERS, OPTIM, FC_NET = "cs231n/layers.py", "cs231n/optim.py", "cs231n/classifiers/fc_net.py"
AFFINE, RELU, SOFTMAX = "*.affine_[fb]*", "*.relu_*", "*.softmax_*"
LIMITS = Limits()


def solved() -> dict[str, bytes]:
    """The reference as a student would hand it in."""
    return {
        home: (REFERENCE / home.removeprefix("cs231n/")).read_bytes() for home in EDITABLE.values()
    }


def edited(home: str, *edits: tuple[str, str]) -> dict[str, bytes]:
    """The reference with some texts replaced in one file."""
    text = solved()[home].decode()
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return {home: text.encode()}


def appended(home: str, text: str) -> dict[str, bytes]:
    """The reference with definitions that replace earlier ones."""
    return {home: solved()[home] + b"\n\n" + text.encode()}


@contextmanager
def open_session(
    roster: Assignment,
    files: dict[str, bytes],
    limits: Limits = LIMITS,
    secret: Secret = PUBLIC,
) -> Iterator[Session]:
    roster = replace(roster, limits=limits)
    submission = Submission("test", "0" * 64, solved() | files, {})
    workspaces = grading.workspaces(submission)
    with Sandbox(workspaces, roster.limits, roster.packages) as sandbox:
        yield Session(roster, sandbox, secret)


def matching(roster: Assignment, *patterns: str) -> list[Check]:
    found = [c for c in roster.checks if any(fnmatch.fnmatchcase(c.id, p) for p in patterns)]
    assert found
    return found


@pytest.fixture
def judge(roster: Assignment) -> Callable[..., dict[str, Outcome]]:
    """judge(files, *patterns) -> outcomes by check id, in the roster's order."""

    def judge(
        files: dict[str, bytes], *patterns: str, limits: Limits = LIMITS
    ) -> dict[str, Outcome]:
        with open_session(roster, files, limits) as session:
            return {c.id: run_check(c, session) for c in matching(roster, *patterns)}

    return judge


def of(outcomes: dict[str, Outcome], function: str) -> list[Outcome]:
    found = [o for o in outcomes.values() if o.check.function == function]
    assert found
    return found


def statuses(outcomes: dict[str, Outcome]) -> set[Status]:
    return {outcome.status for outcome in outcomes.values()}


def timeless(outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
    return {name: replace(outcome, seconds=0.0) for name, outcome in outcomes.items()}


# A check of our own, for what no real check does. --------------------------------------------


def made(
    body: Callable[[Any, Any], None], function: str = "affine_forward", **fields: Any
) -> Check:
    values: dict[str, Any] = {
        "id": f"test.{function}.{body.__name__}",
        "title": "a check",
        "function": function,
        "topic": "t",
        "question": "q",
        "weight": 1.0,
        "after": (),
        "inputs": strategies.affine(),
        "body": body,
        "points": 2.0,
    }
    return Check(**(values | fields))


def nothing_wrong(student: Any, case: Any) -> None:
    """A body that demands nothing."""


# Right work. --------------------------------------------------------------------------------


def test_right_work_earns_everything(judge: Any) -> None:
    outcomes = judge({}, AFFINE, RELU, SOFTMAX)
    assert statuses(outcomes) == {Status.PASSED}
    for outcome in outcomes.values():
        assert outcome.credit == 1.0
        assert outcome.message == ""
        assert outcome.counterexample is None
        assert outcome.seconds > 0


def test_two_runs_give_the_same_outcomes(judge: Any) -> None:
    files = appended(
        LAYERS,
        "def affine_backward(dout, cache): return dout, dout, dout\n"
        "def relu_forward(x): x[x < 0] = 0; return x, x\n",
    )
    patterns = ("fully_connected.*", "dropout.*", "nets.*scores")
    assert timeless(judge(files, *patterns)) == timeless(judge(files, *patterns))


def test_a_check_is_judged_once(roster: Assignment) -> None:
    runs = []

    def body(student: Any, case: Any) -> None:
        runs.append(case)

    check = made(body, examples=3)
    with open_session(roster, {}) as session:
        first = run_check(check, session)
        count = len(runs)
        assert run_check(check, session) is first
    assert count >= 1
    assert len(runs) == count


def test_every_case_knows_the_assignment_and_collects_measures(roster: Assignment) -> None:
    def body(student: Any, case: Any) -> None:
        assert case.assignment.max_score == 100
        assert case.secret == PUBLIC
        case.measures["cases"] = case.measures.get("cases", 0) + 1

    with open_session(roster, {}) as session:
        outcome = run_check(made(body, examples=4), session)
    assert outcome.status is Status.PASSED
    assert outcome.measures["cases"] > 1


# What is missing. ---------------------------------------------------------------------------


def test_a_missing_function_is_told_and_skips_only_what_needs_it(judge: Any) -> None:
    files = edited(LAYERS, ("def affine_forward(", "def affine_forwards("))
    outcomes = judge(files, AFFINE, RELU)
    for outcome in of(outcomes, "affine_forward"):
        assert outcome.status is Status.MISSING
        assert outcome.message == "layers.py has no affine_forward"
    for outcome in of(outcomes, "affine_backward"):
        assert outcome.status is Status.SKIPPED
        assert outcome.message == "layers.py has no affine_forward"
        assert outcome.root_cause == "affine_forward"
    for outcome in of(outcomes, "relu_backward"):
        assert outcome.status is Status.PASSED


def test_a_stub_is_missing_and_its_backward_is_skipped(judge: Any) -> None:
    stub = "def layernorm_forward(x, gamma, beta, ln_param): raise NotImplementedError"
    outcomes = judge(appended(LAYERS, stub), "*.layernorm_[fb]*", RELU)
    forward, backward = of(outcomes, "layernorm_forward"), of(outcomes, "layernorm_backward")
    assert {o.status for o in forward} == {Status.MISSING}
    assert "layernorm_forward is not implemented yet" in forward[0].message
    assert {o.status for o in backward} == {Status.SKIPPED}
    assert backward[0].root_cause == "layernorm_forward"
    assert {o.status for o in of(outcomes, "relu_forward")} == {Status.PASSED}


def test_a_stub_below_a_net_costs_the_net_nothing(judge: Any) -> None:
    outcomes = judge(
        appended(LAYERS, "def affine_forward(x, w, b): raise NotImplementedError"),
        "nets.FullyConnectedNet.scores",
    )
    (outcome,) = outcomes.values()
    assert outcome.status is Status.PASSED
    assert outcome.root_cause == "affine_forward"


def test_no_input_is_drawn_for_a_missing_function(roster: Assignment) -> None:
    def fill(draw: Any, structure: Any) -> Any:
        pytest.fail("an input was drawn")

    inputs = strategies.Inputs(strategies.dims(N=(1,)), fill)
    check = made(nothing_wrong, function="no_such_layer", inputs=inputs)
    with open_session(roster, {}) as session:
        assert run_check(check, session).status is Status.MISSING


def test_a_syntax_error_costs_one_file(judge: Any) -> None:
    outcomes = judge(
        {OPTIM: b"def sgd(:\n"}, "optimizers.*", AFFINE, "nets.FullyConnectedNet.scores"
    )
    broken = [o for name, o in outcomes.items() if name.startswith("optimizers.")]
    assert {o.status for o in broken} == {Status.ERRORED}
    for outcome in broken:
        assert "SyntaxError" in outcome.message
        assert "optim.py, line 1" in outcome.message
        assert outcome.root_cause == "optim.py"
    others = [o for name, o in outcomes.items() if not name.startswith("optimizers.")]
    assert {o.status for o in others} == {Status.PASSED}


def test_an_endless_import_costs_one_file_and_is_tried_once(roster: Assignment) -> None:
    limits = Limits(call_seconds=0.4)
    with open_session(roster, {OPTIM: b"while True: pass\n"}, limits) as session:
        checks = matching(roster, "optimizers.*")
        outcomes = [run_check(check, session) for check in checks]
        assert session.sandbox.cpu_used < 2
        assert {o.status for o in outcomes} == {Status.TIMED_OUT}
        assert "import of optim.py was still computing" in outcomes[0].message
        other = run_check(matching(roster, "*.relu_forward.values")[0], session)
        assert other.status is Status.PASSED


# Faults. ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "status", "said"),
    [
        ("return 2 * x, x", Status.FAILED, "out is wrong"),
        ("return None", Status.FAILED, "relu_forward should return (out, cache)"),
        ("return x[0], x", Status.FAILED, "out has shape"),
        ("return x['a'], x", Status.ERRORED, "raised IndexError"),
        ("import os; os._exit(0)", Status.ERRORED, "ended the whole Python process"),
        ("raise NotImplementedError", Status.MISSING, "not implemented yet"),
    ],
)
def test_a_fault_is_told(judge: Any, source: str, status: Status, said: str) -> None:
    outcomes = judge(appended(LAYERS, f"def relu_forward(x):\n    {source}\n"), RELU)
    (outcome,) = of(outcomes, "relu_forward")
    assert (outcome.status, outcome.credit, outcome.score) == (status, 0.0, 0.0)
    assert said in outcome.message


def test_the_counterexample_is_the_first_case_that_fails(judge: Any) -> None:
    outcomes = judge(
        appended(
            LAYERS,
            "_right = affine_forward\n"
            "def affine_forward(x, w, b):\n"
            "    out, cache = _right(x, w, b)\n"
            "    return out + (x.ndim > 2), cache\n",
        ),
        "fully_connected.affine_forward.values",
    )
    (outcome,) = outcomes.values()
    example = outcome.counterexample
    assert example is not None
    assert list(example.inputs) == ["x", "w", "b"]
    assert example.calls[-1].startswith("affine_forward(<")
    assert example.calls[-1].count("×") > 2  # x has more than two dimensions, w two
    assert example.got
    assert example.expected
    assert example.got != example.expected


def test_a_changed_input_is_a_note(judge: Any) -> None:
    outcomes = judge(
        appended(
            LAYERS,
            "def relu_forward(x):\n    cache = x.copy()\n    x[x < 0] = 0\n    return x, cache\n",
        ),
        RELU,
    )
    assert statuses(outcomes) == {Status.PASSED}
    assert of(outcomes, "relu_forward")[0].notes == (
        "relu_forward changes one of its inputs in place",
    )


def test_a_backward_that_fits_a_wrong_forward_is_credited(judge: Any) -> None:
    doubled = (
        "def affine_forward(x, w, b): return 2 * (x.reshape(len(x), -1) @ w) + b, (x, w, b)\n"
        "_right = affine_backward\n"
        "def affine_backward(dout, cache):\n"
        "    dx, dw, db = _right(dout, cache)\n"
        "    return 2 * dx, 2 * dw, db\n"
    )
    outcomes = judge(appended(LAYERS, doubled), AFFINE)
    assert {o.status for o in of(outcomes, "affine_forward")} == {Status.FAILED}
    (backward,) = of(outcomes, "affine_backward")
    assert backward.status is Status.PASSED
    assert backward.credit == 1.0
    assert backward.root_cause == "affine_forward"
    assert "right for your own affine_forward" in backward.follow_through


CONV_FORWARDS = {
    "raises": "raise ValueError('no')",
    "is missing": "raise NotImplementedError",
    "returns None": "return None",
    "is nonsense": "return np.ones((1, 1)), None",
}
CONV = "convolution.conv_*_naive.*"


@pytest.mark.parametrize("body", CONV_FORWARDS.values(), ids=CONV_FORWARDS)
def test_a_right_backward_whose_forward_is_useless_is_judged_by_the_given_cache(
    judge: Any, body: str
) -> None:
    source = f"def conv_forward_naive(x, w, b, conv_param): {body}\n"
    outcomes = judge(appended(LAYERS, source), CONV)
    assert not any(o.score for o in of(outcomes, "conv_forward_naive"))
    for backward in of(outcomes, "conv_backward_naive"):
        assert backward.status is Status.PASSED
        assert backward.follow_through == "right, given a correct conv_forward_naive"
        assert backward.root_cause == "conv_forward_naive"


@pytest.mark.parametrize("body", CONV_FORWARDS.values(), ids=CONV_FORWARDS)
@pytest.mark.parametrize(
    "backward",
    [
        "return 2 * dout",
        "return tuple(2 * np.ones_like(c) for c in cache[:3])",
        "raise NotImplementedError",
    ],
)
def test_a_wrong_backward_gains_nothing_by_it(judge: Any, body: str, backward: str) -> None:
    source = (
        f"def conv_forward_naive(x, w, b, conv_param): {body}\n"
        f"def conv_backward_naive(dout, cache): {backward}\n"
    )
    outcomes = judge(appended(LAYERS, source), CONV)
    assert sum(o.score for o in outcomes.values()) == 0.0


def test_follow_through_credit_is_the_assignments_choice(roster: Assignment) -> None:
    files = appended(LAYERS, "def affine_backward(dout, cache): return dout, dout, dout\n")
    share = replace(roster, follow_through=0.25)
    with open_session(share, files) as session:
        outcome = run_check(matching(share, "nets.FullyConnectedNet.gradients")[0], session)
    assert outcome.status is Status.PARTIAL
    assert outcome.credit == 0.25
    assert outcome.score == 0.25 * outcome.check.points


def test_a_forward_of_zeros_with_a_backward_of_zeros_earns_nothing(judge: Any) -> None:
    zeros = (
        "def affine_forward(x, w, b): return np.zeros((len(x), len(b))), (x, w, b)\n"
        "def affine_backward(dout, cache): return tuple(map(np.zeros_like, cache))\n"
        "def relu_forward(x): return np.zeros_like(x), x\n"
        "def relu_backward(dout, cache): return np.zeros_like(dout)\n"
    )
    outcomes = judge(appended(LAYERS, zeros), AFFINE, RELU)
    assert statuses(outcomes) == {Status.FAILED}
    assert sum(outcome.score for outcome in outcomes.values()) == 0


def test_a_linear_relu_with_a_matching_backward_earns_nothing(judge: Any) -> None:
    linear = (
        "def relu_forward(x): return 3 * x, x\ndef relu_backward(dout, cache): return 3 * dout\n"
    )
    outcomes = judge(appended(LAYERS, linear), RELU)
    assert statuses(outcomes) == {Status.FAILED}


# Follow-through of nets. --------------------------------------------------------------------

WRONG_SIGN = (
    "_right = affine_backward\n"
    "def affine_backward(dout, cache):\n"
    "    dx, dw, db = _right(dout, cache)\n"
    "    return dx, -dw, db\n"
)


def test_a_fault_is_charged_where_it_is_and_once(judge: Any) -> None:
    names = ("scores", "gradients", "regularization", "dropout_train", "images")
    patterns = [f"nets.FullyConnectedNet.{name}" for name in names]
    outcomes = judge(appended(LAYERS, WRONG_SIGN), AFFINE, *patterns)
    (backward,) = of(outcomes, "affine_backward")
    assert (backward.status, backward.credit) == (Status.FAILED, 0.0)
    nets = of(outcomes, "FullyConnectedNet")
    assert {o.status for o in nets} == {Status.PASSED}
    assert sum(o.score for o in nets) == pytest.approx(sum(o.check.points for o in nets))
    followed = outcomes["nets.FullyConnectedNet.gradients"]
    assert followed.follow_through == "right, given a correct affine_backward"
    assert followed.root_cause == "affine_backward"
    assert "grads" in followed.message  # what went wrong with the student's own layers
    # A check that never calls the broken function is simply right.
    assert outcomes["nets.FullyConnectedNet.scores"].follow_through == ""


def test_lending_does_not_excuse_the_net_itself(judge: Any) -> None:
    files = appended(LAYERS, WRONG_SIGN) | edited(
        FC_NET, ("class FullyConnectedNet", "class _Right")
    )
    files = {
        LAYERS: files[LAYERS],
        FC_NET: files[FC_NET]
        + b"\n\nclass FullyConnectedNet(_Right):\n"
        + b"    def loss(self, X, y=None):\n"
        + b"        found = super().loss(X, y)\n"
        + b"        return 2 * found if y is None else (2 * found[0], found[1])\n",
    }
    outcomes = judge(files, "nets.FullyConnectedNet.scores", "nets.FullyConnectedNet.gradients")
    assert statuses(outcomes) == {Status.FAILED}
    assert {o.credit for o in outcomes.values()} == {0.0}


@pytest.mark.parametrize(
    "source",
    [
        WRONG_SIGN,
        "def affine_forward(x, w, b): raise ValueError\n",
        "def softmax_loss(x, y): return float('nan'), x\n",
        "def layernorm_forward(x, gamma, beta, param): return x, x\n",
    ],
)
def test_a_verdict_does_not_depend_on_what_else_was_asked_for(judge: Any, source: str) -> None:
    files = appended(LAYERS, source)
    names = ("nets.FullyConnectedNet.gradients", "nets.FullyConnectedNet.layernorm_gradients")
    full = timeless(judge(files, AFFINE, SOFTMAX, "normalization.layer*", *names))
    for name in names:
        assert timeless(judge(files, name))[name] == full[name]


def test_a_verdict_on_a_hanging_layer_does_not_depend_on_it_either(
    judge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "SECOND_CHANCE_SECONDS", 0.2)
    files = appended(LAYERS, "def affine_backward(dout, cache):\n    while True: pass\n")
    limits = Limits(call_seconds=0.4)
    name = "nets.FullyConnectedNet.gradients"
    full = judge(files, "*.affine_backward.*", name, limits=limits)
    alone = judge(files, name, limits=limits)
    for outcomes in (full, alone):
        assert outcomes[name].status is Status.PASSED
        assert outcomes[name].credit == 1.0
        assert outcomes[name].follow_through == "right, given a correct affine_backward"
    assert of(full, "affine_backward")[0].status is Status.TIMED_OUT


@pytest.mark.parametrize("call", ["param", "bn_param=param"])
def test_a_lent_batchnorm_keeps_its_running_averages(judge: Any, call: str) -> None:
    doubled = (
        "_right = batchnorm_forward\n"
        "def batchnorm_forward(x, gamma, beta, bn_param):\n"
        "    out, cache = _right(x, gamma, beta, bn_param)\n"
        "    return 2 * out, cache\n"
    )
    utils = edited(
        "cs231n/layer_utils.py",
        (
            "out, norm_cache = forward(out, gamma, beta, param)",
            f"out, norm_cache = batchnorm_forward(out, gamma, beta, {call})",
        ),
    )
    outcomes = judge(appended(LAYERS, doubled) | utils, "nets.FullyConnectedNet.batchnorm_test")
    (outcome,) = outcomes.values()
    assert outcome.status is Status.PASSED
    assert "batchnorm_forward" in outcome.follow_through


def test_what_is_lent_is_no_more_than_what_is_broken(
    roster: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    stubs = lend.stubs

    def watch(functions: Any) -> Any:
        asked.append(list(functions))
        return stubs(asked[-1])

    monkeypatch.setattr(lend, "stubs", watch)
    with open_session(roster, appended(LAYERS, WRONG_SIGN)) as session:
        for check in matching(roster, "nets.FullyConnectedNet.gradients", "*.softmax_*"):
            run_check(check, session)
    assert asked
    assert {name for functions in asked for name in functions} == {"affine_backward"}


# Time. --------------------------------------------------------------------------------------


def test_a_function_that_hung_costs_little_afterwards(
    roster: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "SECOND_CHANCE_SECONDS", 0.1)
    files = appended(LAYERS, "def softmax_loss(x, y):\n    while True: pass\n")
    with open_session(roster, files, Limits(call_seconds=1.0)) as session:
        spent = []
        for check in matching(roster, SOFTMAX):
            before = session.sandbox.cpu_used
            outcome = run_check(check, session)
            assert outcome.status is Status.TIMED_OUT
            assert "softmax_loss was still computing" in outcome.message
            spent.append(session.sandbox.cpu_used - before)
    assert spent[0] > 0.9
    assert max(spent[1:]) < 0.6


def test_a_second_chance_is_never_longer_than_the_first(roster: Assignment) -> None:
    with open_session(roster, {}, Limits(call_seconds=0.3)) as session:
        first = session.seconds("softmax_loss")
        session.hung.add("softmax_loss")
        assert session.seconds("softmax_loss") <= first


def test_what_was_earned_before_the_time_ran_out_is_kept(roster: Assignment) -> None:
    files = appended(LAYERS, "def affine_backward(dout, cache):\n    while True: pass\n")
    limits = Limits(call_seconds=0.8, submission_seconds=0.7)
    submission = Submission("test", "0" * 64, solved() | files, {})
    seen: list[Report] = []
    report = grading.grade(
        submission,
        replace(roster, limits=limits),
        PUBLIC,
        only="fully_connected.*",
        on_outcome=seen.append,
    )
    outcomes = {o.check.id: o for o in report.outcomes}
    assert {o.status for o in of(outcomes, "affine_forward")} == {Status.PASSED}
    assert of(outcomes, "affine_backward")[0].status is Status.TIMED_OUT
    later = [o for o in report.outcomes if o.check.function.startswith(("relu", "softmax"))]
    assert {o.status for o in later} == {Status.TIMED_OUT}
    assert {o.message for o in later} == {grading.OUT_OF_TIME}
    assert report.score > 0
    # Each report on the way holds what was known by then.
    assert [len(one.outcomes) for one in seen] == list(range(1, len(report.outcomes) + 1))
    assert not report.needs_regrade


# Our own faults. ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("ours"), KeyError("x"), AssertionError(), MemoryError()]
)
def test_a_bug_of_ours_is_seen_and_is_nobodys_zero(
    roster: Assignment, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def body(student: Any, case: Any) -> None:
        raise error

    check = made(body)
    with open_session(roster, {}) as session, caplog.at_level(logging.CRITICAL):
        outcome = run_check(check, session)
        other = run_check(made(nothing_wrong), session)
    assert outcome.status is Status.BROKEN
    assert type(error).__name__ in outcome.message
    assert "not you" in outcome.message
    assert other.status is Status.PASSED
    submission = Submission("test", "0" * 64, {}, {})
    isolation = session.sandbox.isolation
    assert Report(roster, submission, (other, outcome), isolation).needs_regrade
    assert not Report(roster, submission, (other,), isolation).needs_regrade


def test_a_bug_while_inputs_are_drawn_is_ours_too(
    roster: Assignment, caplog: pytest.LogCaptureFixture
) -> None:
    def fill(draw: Any, structure: Any) -> Any:
        raise LookupError

    check = made(nothing_wrong, inputs=strategies.Inputs(strategies.dims(N=(1,)), fill))
    with open_session(roster, {}) as session:
        assert run_check(check, session).status is Status.BROKEN
    assert "itself failed" in caplog.text


# Selections and scores. ----------------------------------------------------------------------


def test_a_selection_matches_ids_functions_and_questions(roster: Assignment) -> None:
    def selected(pattern: str) -> set[str]:
        return {check.function for check in grading.select(roster, pattern).checks}

    assert selected("sgd_momentum") == {"sgd_momentum"}
    assert selected("affine_?orward") == {"affine_forward"}
    assert {"dropout_forward", "FullyConnectedNet"} <= selected("dropout")
    assert selected("optimizers.*") == {"sgd", "sgd_momentum", "rmsprop", "adam"}
    with pytest.raises(UsageError, match="no check matches 'nonsense'"):
        grading.select(roster, "nonsense")


def test_every_function_of_the_roster_has_a_home(roster: Assignment) -> None:
    homes = {function: engine.home(function) for function in {c.function for c in roster.checks}}
    assert homes["adam"] == "optim"
    assert homes["conv_bn_relu_backward"] == "layer_utils"
    assert homes["ThreeLayerConvNet"] == "cnn"
    with open_session(roster, {}) as session:
        for function, module in homes.items():
            assert function in session.census(module)[0]


def test_the_naive_layer_cannot_use_the_fast_one(roster: Assignment) -> None:
    files = appended(
        LAYERS,
        "def conv_forward_naive(x, w, b, conv_param):\n"
        "    from .fast_layers import conv_forward_fast\n"
        "    return conv_forward_fast(x, w, b, conv_param)\n",
    )
    with open_session(roster, files) as session:
        check = matching(roster, "convolution.conv_forward_naive.*")[0]
        outcome = run_check(check, session)
    assert outcome.status is Status.ERRORED
    assert "cannot be used while your naive layer is judged" in outcome.message


def test_visibility_and_points_do_not_change_a_verdict(roster: Assignment) -> None:
    check = matching(roster, "*.relu_forward.values")[0]
    hidden = replace(check, visibility=Visibility.HIDDEN, points=50.0)
    verdicts = []
    for one in (check, hidden):
        with open_session(roster, appended(LAYERS, "def relu_forward(x): return x, x")) as session:
            outcome = run_check(one, session)
            verdicts.append((outcome.status, outcome.credit, outcome.message))
    assert verdicts[0] == verdicts[1]


def test_the_secret_changes_the_inputs_and_not_the_verdict(roster: Assignment) -> None:
    files = appended(LAYERS, "def relu_forward(x): return x * 2, x")
    shown = []
    for secret in (PUBLIC, Secret(b"another")):
        with open_session(roster, files, secret=secret) as session:
            outcome = run_check(matching(roster, "*.relu_forward.values")[0], session)
            assert outcome.status is Status.FAILED
            assert outcome.counterexample is not None
            shown.append(outcome.counterexample.inputs)
    assert shown[0].keys() == shown[1].keys()
    assert np.any([shown[0][key] != shown[1][key] for key in shown[0]])
