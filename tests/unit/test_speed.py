"""The speed of right functions is told; no speed changes a score."""

from __future__ import annotations

from pathlib import Path

import pytest

SOLVED = (Path(__file__).parents[2] / "reference" / "layers.py").read_bytes()
TIMED = ["conv_forward_naive", "conv_backward_naive", "batchnorm_backward_alt"]
APPENDED = """
_own = {name}
def {name}(*args):
    {body}
    return _own(*args)
"""


def with_lines(name, body):
    return {"cs231n/layers.py": SOLVED + APPENDED.format(name=name, body=body).encode()}


def test_right_functions_are_timed(grade_files):
    report = grade_files({}, only="conv_*_naive")
    assert list(report.speed) == TIMED[:2]
    assert all(times > 0 for times in report.speed.values())


def test_a_slow_function_loses_nothing_and_shows(grade_files):
    slow = with_lines("batchnorm_backward_alt", "import time; time.sleep(0.02)")
    report = grade_files(slow, only="batchnorm_backward_alt")
    assert report.score == pytest.approx(report.assignment.graded_points)
    assert report.speed["batchnorm_backward_alt"] > 20


def test_a_wrong_function_is_not_timed(grade_files):
    wrong = with_lines("conv_forward_naive", "args[0][:] = 1")
    report = grade_files(wrong, only="conv_*_naive")
    assert "conv_forward_naive" not in report.speed
    assert "conv_backward_naive" not in report.speed


def test_an_output_that_claims_to_be_huge_costs_nothing(grade_files, caplog):
    """Returned only when timed, where no check compares it."""
    trick = (
        "huge = type('Huge', (), {'shape': (10**15,)})()\n"
        "    if args[0].shape == (4, 3, 15, 15): return huge, args"
    )
    report = grade_files(with_lines("conv_forward_naive", trick), only="conv_*_naive")
    assert report.score == pytest.approx(report.assignment.graded_points)
    assert not report.needs_regrade
    assert not caplog.records


def test_a_patched_clock_disturbs_nothing(grade_files):
    lie = with_lines("batchnorm_backward_alt", "import time; time.perf_counter = None")
    report = grade_files(lie, only="batchnorm_backward_alt")
    assert report.score == pytest.approx(report.assignment.graded_points)
    assert report.speed["batchnorm_backward_alt"] > 0


@pytest.mark.parametrize("clock", ["float('nan')", "float('inf')", "-float(next(ticks))", "True"])
def test_a_clock_that_lies_is_not_repeated(grade_files, clock):
    lie = (
        "import sys, itertools; ticks = itertools.count(); "
        "[vars(m).update(perf_counter=lambda: " + clock + ") "
        "for n, m in list(sys.modules.items()) if n != 'time' and hasattr(m, 'perf_counter')]"
    )
    report = grade_files(with_lines("batchnorm_backward_alt", lie), only="batchnorm_backward_alt")
    assert not report.needs_regrade
    assert report.speed == {}
