"""Right solutions in many styles keep full marks; the starter and the empty hand earn nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import intake
from autograder.models import Status, Submission

RIGHT = Path(__file__).parents[1] / "submissions" / "right"
STYLES = sorted(path.name for path in RIGHT.iterdir())


def complaints(report) -> list[str]:
    return [
        f"{o.check.id}: {o.status.value}: {o.message}{o.follow_through}"
        for o in report.outcomes
        if o.status is not Status.PASSED or o.follow_through
    ]


def test_the_reference(grade_files) -> None:
    report = grade_files({})
    assert complaints(report) == []
    assert report.score == pytest.approx(74)


@pytest.mark.parametrize("style", STYLES)
def test_a_right_solution_in_any_style(style: str, grade_path) -> None:
    report = grade_path(RIGHT / style)
    assert complaints(report) == []
    assert report.score == pytest.approx(report.assignment.graded_points)


def test_the_untouched_starter_earns_nothing_and_nothing_breaks(grade_files) -> None:
    starter = intake.starter_files()
    report = grade_files({home: starter[home] for home in intake.EDITABLE.values()})
    assert report.score == 0
    assert not report.needs_regrade
    said = {o.status for o in report.outcomes if o.check.points}
    assert said <= {Status.MISSING, Status.SKIPPED}
    assert not any("Traceback" in o.message for o in report.outcomes)


def test_two_runs_give_the_same_verdicts(grade_files) -> None:
    def verdicts(report):
        return [(o.check.id, o.status, o.credit, o.message, o.measures) for o in report.outcomes]

    files = {"cs231n/optim.py": b"def adam(w, dw, config=None):\n    return w - dw, {}\n"}
    assert verdicts(grade_files(files)) == verdicts(grade_files(files))


def test_a_submission_of_nothing_but_names_is_graded(grade_files) -> None:
    report = grade_files({"cs231n/classifiers/cnn.py": b"class ThreeLayerConvNet:\n    pass\n"})
    lost = {o.check.function for o in report.outcomes if o.score < o.check.points}
    assert lost == {"ThreeLayerConvNet"}
    assert isinstance(report.submission, Submission)
