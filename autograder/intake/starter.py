"""The starter that students receive, and what of it is theirs to edit."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from autograder.errors import GraderError
from autograder.models import Submission

__all__ = ["EDITABLE", "starter_files", "workspace_files"]

# File name -> its place in the starter. Everything else is given.
EDITABLE = {
    "layers.py": "cs231n/layers.py",
    "optim.py": "cs231n/optim.py",
    "layer_utils.py": "cs231n/layer_utils.py",
    "fc_net.py": "cs231n/classifiers/fc_net.py",
    "cnn.py": "cs231n/classifiers/cnn.py",
}
# Beside the package, both in a checkout and where pip installs it.
FOLDER = Path(__file__).parents[2] / "student_template"


@cache
def _starter(folder: Path) -> dict[str, bytes]:
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.py"))
    }
    for home in EDITABLE.values():
        if home not in files:
            raise GraderError(f"the starter has no {home}; install the autograder again")
    return files


def starter_files() -> dict[str, bytes]:
    """The pristine Python files of the starter, path -> content.

    Raises:
        GraderError: the starter is not installed beside this package.
    """
    return dict(_starter(FOLDER))


def workspace_files(submission: Submission) -> dict[str, bytes]:
    """The starter with a student's own files in it: what a worker is given."""
    own = {home: submission.files[home] for home in EDITABLE.values() if home in submission.files}
    return starter_files() | own
