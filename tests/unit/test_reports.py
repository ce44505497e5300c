"""Reports are pure functions of a report: golden files, rewritten by `pytest --update-golden`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.models import (
    Assignment,
    Counterexample,
    Isolation,
    Outcome,
    Report,
    Status,
    Submission,
    Visibility,
)
from autograder.reports import as_json, terminal

GOLDEN = Path(__file__).parents[1] / "golden"
HOSTILE = 'bell \a, escape \x1b[31m, [red]markup[/red], <b>html</b>, \ud800 surrogate, "quote"'


def sample(roster: Assignment) -> Report:
    """One outcome of every kind, with hostile text where a student could put it."""
    example = Counterexample(
        calls=("layernorm_forward(<3 × 2>, <2>, <2>, {})",),
        inputs={"x": "array (3, 2) float64 [[1. 2.]\n [3. 4.]\n [5. 6.]]", "ln_param": "{}"},
        got="array (2,) float64 [0.5 1. ]",
        expected="array (2,) float64 [1. 2.]",
    )
    special = {
        "fully_connected.affine_forward.values": {
            "status": Status.FAILED,
            "credit": 0.0,
            "message": "out is wrong everywhere: 0.5 times what it should be",
            "counterexample": example,
            "diagnosis": "the sum is halved",
        },
        "fully_connected.affine_forward.float32": {
            "status": Status.FAILED,
            "credit": 0.0,
            "message": "out is wrong everywhere: 0.5 times what it should be",
        },
        "fully_connected.affine_backward.gradients": {
            "status": Status.PARTIAL,
            "credit": 0.5,
            "follow_through": "right for your own affine_forward, which is wrong itself",
            "root_cause": "affine_forward",
        },
        "optimizers.adam.steps": {"status": Status.MISSING, "message": "optim.py has no adam"},
        "optimizers.rmsprop.steps": {"status": Status.ERRORED, "message": HOSTILE},
        "normalization.batchnorm_forward.train": {
            "status": Status.TIMED_OUT,
            "message": "batchnorm_forward was still computing after 10 seconds",
        },
        "normalization.batchnorm_backward.gradients": {
            "status": Status.SKIPPED,
            "message": "batchnorm_forward did not return",
            "root_cause": "batchnorm_forward",
        },
        "dropout.dropout_forward.test": {"status": Status.BROKEN, "message": "the grader failed"},
        "training.FullyConnectedNet.accuracy": {
            "status": Status.PASSED,
            "credit": 1.0,
            "measures": {"held_out_accuracy": 0.7125},
            "notes": ("loss changes one of its inputs in place",),
        },
    }
    outcomes = []
    for check in roster.checks:
        more = {"status": Status.PASSED, "credit": 1.0} | special.get(check.id, {})
        if check.id == "fully_connected.affine_forward.float32" or more["status"] not in (
            Status.PASSED,
            Status.PARTIAL,
        ):
            more["credit"] = 0.0
        outcomes.append(Outcome(check, seconds=0.25, **more))
    submission = Submission(
        name="jo_1234",
        digest="ab" * 32,
        files={},
        origins={"cs231n/layers.py": "hw/layers.py"},
        notes=("solver.py is a given file; yours differs and ours was used", HOSTILE),
    )
    return Report(
        roster,
        submission,
        tuple(outcomes),
        Isolation("reduced", ("process",), ("landlock",)),
        seconds=4.25,
        versions={"autograder": "0", "secret": "public"},
        speed={"conv_forward_naive": 1234.5, "batchnorm_backward_alt": 1.04},
        notes=("a note about the run",),
    )


def golden(name: str, text: str, *, update: bool) -> None:
    path = GOLDEN / name
    if update:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_terminal(roster: Assignment, pytestconfig: pytest.Config) -> None:
    text = terminal.render(sample(roster), width=90)
    golden("terminal.txt", text, update=pytestconfig.getoption("update_golden"))


def test_json(roster: Assignment, pytestconfig: pytest.Config) -> None:
    text = as_json.render(sample(roster))
    golden("report.json", text, update=pytestconfig.getoption("update_golden"))


def test_json_sums(roster: Assignment) -> None:
    report = json.loads(as_json.render(sample(roster)))
    assert report["status"] == "needs_regrade"
    assert report["max_score"] == 100
    assert report["graded_points"] == 74
    assert report["score"] == pytest.approx(sum(q["score"] for q in report["questions"]))
    assert report["score"] == pytest.approx(sum(c["score"] for c in report["checks"]), abs=1e-3)


def test_the_terminal_is_not_steered_by_a_submission(roster: Assignment) -> None:
    text = terminal.render(sample(roster))
    assert "\x1b" not in text
    assert "\a" not in text
    assert "[red]markup[/red]" in text


def test_hidden_checks_show_no_values_in_the_terminal(roster: Assignment) -> None:
    report = sample(roster)
    hidden = tuple(
        replace(o, check=replace(o.check, visibility=Visibility.HIDDEN)) for o in report.outcomes
    )
    text = terminal.render(replace(report, outcomes=hidden))
    assert "[0.5 1. ]" not in text
    assert "[1. 2.]" not in text


def test_width_is_kept(roster: Assignment) -> None:
    text = terminal.render(sample(roster), width=60)
    assert max(map(len, text.splitlines())) <= 60
