"""One clear sentence for each kind of broken code, and the honest functions beside it graded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autograder import assignment, grading, intake
from autograder.models import Limits, Outcome, Report, Status
from autograder.secret import PUBLIC

DEFECTS = Path(__file__).parents[1] / "submissions" / "defects"
# folder -> (function, its status, a part of the sentence)
EXPECTED = {
    "syntax-error": ("affine_forward", Status.ERRORED, "SyntaxError"),
    "endless-loop-at-import": ("relu_forward", Status.TIMED_OUT, "import of layers.py"),
    "exit-at-import": ("relu_forward", Status.ERRORED, "ended the whole Python process"),
    "raises-at-import": ("relu_forward", Status.ERRORED, "import of layers.py raised KeyError"),
    "missing-function": ("affine_forward", Status.MISSING, "layers.py has no affine_forward"),
    "endless-loop": ("affine_forward", Status.TIMED_OUT, "look for a loop that never ends"),
    "os-exit": ("affine_forward", Status.ERRORED, "ended the whole Python process"),
    "sys-exit": ("affine_forward", Status.ERRORED, "raised SystemExit"),
    "wrong-shape": ("affine_forward", Status.FAILED, "out has shape"),
    "nan": ("affine_forward", Status.FAILED, "not finite"),
    "print-flood": ("affine_forward", Status.PASSED, ""),
    "returns-none": ("affine_forward", Status.FAILED, "should return (out, cache)"),
    "returns-out-alone": ("affine_forward", Status.FAILED, "should return (out, cache)"),
    "wrong-signature": ("affine_forward", Status.ERRORED, "raised TypeError"),
    "recursion": ("affine_forward", Status.ERRORED, "raised RecursionError"),
    "memory-hog": ("affine_forward", Status.ERRORED, "MemoryError"),
    "segfault": ("affine_forward", Status.ERRORED, "ended the whole Python process"),
    "object-array": ("affine_forward", Status.FAILED, "not an array of numbers"),
    "complex-array": ("affine_forward", Status.FAILED, "not an array of numbers"),
    "needs-torch": ("affine_forward", Status.ERRORED, "without torch"),
    "not-implemented": ("affine_forward", Status.MISSING, "not implemented yet"),
    "zeros-everywhere": ("affine_backward", Status.FAILED, "wrong"),
    "naive-is-fast": ("conv_forward_naive", Status.ERRORED, "cannot be used while"),
    "naive-reads-fast": ("conv_forward_naive", Status.ERRORED, "cannot be used while"),
    "imports-the-reference": ("affine_forward", Status.ERRORED, "ModuleNotFoundError"),
    "changes-its-input": ("affine_forward", Status.PASSED, ""),
}
WHOLE_FILE = {
    "syntax-error",
    "endless-loop-at-import",
    "exit-at-import",
    "raises-at-import",
}


def judge(folder: str) -> Report:
    """Grade the topic of the defect, with budgets that keep the tests short."""
    roster = assignment.load()
    roster = replace(roster, limits=Limits(call_seconds=0.5))
    topic = "convolution.conv_*" if folder.startswith("naive") else "fully_connected.*"
    submission = intake.read_submission([DEFECTS / folder])
    return grading.grade(submission, roster, PUBLIC, only=topic)


def of(report: Report, function: str) -> list[Outcome]:
    return [o for o in report.outcomes if o.check.function == function]


def test_every_folder_is_expected_to_do_something() -> None:
    assert {folder.name for folder in DEFECTS.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("folder", EXPECTED)
def test_defect(folder: str, capfd: pytest.CaptureFixture[str]) -> None:
    function, status, sentence = EXPECTED[folder]
    report = judge(folder)
    outcomes = of(report, function)
    assert outcomes[0].status is status, outcomes[0].message
    assert sentence in outcomes[0].message
    assert "\n" not in outcomes[0].message
    assert not report.needs_regrade
    if status is not Status.PASSED:
        assert sum(outcome.score for outcome in outcomes) == 0
    if folder not in WHOLE_FILE and not folder.startswith("naive"):
        for honest in ("relu_forward", "relu_backward"):
            assert [o.status for o in of(report, honest)] == [Status.PASSED]
    printed = capfd.readouterr()
    assert printed.out == ""
    assert "xxxx" not in printed.err


def test_a_changed_input_is_a_note_and_costs_nothing() -> None:
    outcome = of(judge("changes-its-input"), "affine_forward")[0]
    assert outcome.notes == ("affine_forward changes one of its inputs in place",)
