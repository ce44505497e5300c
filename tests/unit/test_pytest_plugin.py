"""`pytest --submission PATH` gives the verdicts of `autograder grade`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEFECTS = ROOT / "tests" / "submissions" / "defects"


def plugin(submission: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, f"--submission={submission}", *arguments],
        check=False,
        cwd=cwd,
        capture_output=True,
        text=True,
    )


def test_the_same_verdicts(tmp_path: Path) -> None:
    done = plugin(DEFECTS / "wrong-shape", "-k", "affine_forward or relu", "-v", cwd=tmp_path)
    assert done.returncode == 1
    assert "relu_forward::values PASSED" in done.stdout
    assert "affine_forward::values FAILED" in done.stdout
    assert "out has shape" in done.stdout
    assert "Traceback" not in done.stdout


def test_an_unreadable_submission_is_a_usage_error(tmp_path: Path) -> None:
    done = plugin(tmp_path / "missing.zip", cwd=tmp_path)
    assert done.returncode == 4
    assert "missing.zip" in done.stderr


@pytest.mark.parametrize("name", ["conftest.py", "pytest.ini"])
def test_configuration_inside_a_submission_is_never_used(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "submission"
    folder.mkdir()
    (folder / "layers.py").write_text((DEFECTS / "nan" / "layers.py").read_text())
    poison = "import os; os._exit(0)" if name == "conftest.py" else "[pytest]\naddopts = -k nothing"
    (folder / name).write_text(poison)
    done = plugin(folder, "-k", "relu_forward and not affine and not conv", cwd=tmp_path)
    assert "1 passed" in done.stdout


def test_an_ini_file_that_pytest_found_in_a_submission_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "submission"
    folder.mkdir()
    (folder / "layers.py").write_text((DEFECTS / "nan" / "layers.py").read_text())
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -k nothing")
    done = plugin(folder, cwd=folder)
    assert done.returncode == 4
    assert "inside the submission" in done.stderr
