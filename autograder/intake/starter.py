"""The starter that students receive, and what of it is theirs to edit."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from autograder.errors import GraderError
from autograder.models import Submission

__all__ = ["EDITABLE", "FOLDER", "starter_files", "workspace_files"]

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


@cache
def _everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".ipynb" and "__pycache__" not in path.parts
    }


def workspace_files(submission: Submission, *, everything: bool = False) -> dict[str, bytes]:
    """The starter with a student's own files in it: what a worker is given.

    Args:
        submission: whose files.
        everything: also the starter's scripts and texts, as a notebook may call them.
    """
    own = {home: submission.files[home] for home in EDITABLE.values() if home in submission.files}
    return starter_files() | (_everything(FOLDER) if everything else {}) | own
