"""What all tests share: grading in this process, and the update flag of golden files."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import assignment, grading, intake
from autograder.models import Assignment, Report, Submission
from autograder.secret import PUBLIC

REFERENCE = Path(__file__).parents[1] / "reference"
EDITABLE = {
    "cs231n/layers.py": "layers.py",
    "cs231n/optim.py": "optim.py",
    "cs231n/layer_utils.py": "layer_utils.py",
    "cs231n/classifiers/fc_net.py": "classifiers/fc_net.py",
    "cs231n/classifiers/cnn.py": "classifiers/cnn.py",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden")


def solved() -> dict[str, bytes]:
    """The reference as a student would hand it in."""
    return {home: (REFERENCE / path).read_bytes() for home, path in EDITABLE.items()}


@pytest.fixture(scope="session")
def roster() -> Assignment:
    return assignment.load()


@pytest.fixture(scope="session")
def grade_files(roster: Assignment):
    """grade_files(files, only=...) -> Report, for the reference with some files replaced."""

    def grade(files: dict[str, bytes], only: str = "") -> Report:
        submission = Submission("test", "0" * 64, solved() | files, {})
        return grading.grade(submission, roster, PUBLIC, only=only)

    return grade


@pytest.fixture(scope="session")
def grade_path(roster: Assignment):
    """grade_path(path, only=...) -> Report, through intake."""

    def grade(path: Path, only: str = "") -> Report:
        return grading.grade(intake.read_submission([path]), roster, PUBLIC, only=only)

    return grade
