"""What runs inside the platform's container, for one submission.

The platform ends a run without a word when its time or memory is used up, so results.json is
written before the first check and after every one, whole each time: whenever the run is ended, what
is there is valid, and says what was judged.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder import assignment, grading, intake
from autograder.errors import AutograderError
from autograder.files import write_whole
from autograder.models import Assignment, Report
from autograder.reports import render
from autograder.secret import course_secret

__all__ = ["run"]

SECONDS = 600.0  # the platform's default
RESERVE = 0.85  # of it is ours to use: a call that has begun is still ended in time
MEMORY_MB = 512  # for a worker: the container has 768 in all
RESULTS = "results/results.json"


def run(root: Path, seconds: float = SECONDS) -> None:
    """Grade root/submission by root/source and keep root/results/results.json up to date.

    Args:
        root: `/autograder` on the platform.
        seconds: after which the platform ends the run.
    """
    until = time.monotonic() + RESERVE * seconds
    target = root / RESULTS
    target.parent.mkdir(parents=True, exist_ok=True)
    _write(target, {"score": 0, "output": "Grading did not come to its first check."})
    source = root / "source"
    try:
        roster = _within(assignment.load(source / "assignment.toml"), seconds)
        submission = intake.read_submission([root / "submission"], name=_name(root))
        report = grading.grade(
            submission,
            roster,
            course_secret(source),
            until=until,
            on_outcome=lambda report: write_whole(target, _rendered(report)),
        )
    except AutograderError as error:
        ours = error.exit_code == AutograderError.exit_code
        said = f"{error}." + (" This is no fault of yours: tell the course." if ours else "")
        _write(target, {"score": 0, "output": said})
        return
    write_whole(target, _rendered(report))


def _rendered(report: Report) -> str:
    return render(report, "gradescope", "student")


def _write(target: Path, results: Mapping[str, Any]) -> None:
    write_whole(target, json.dumps({**results, "stdout_visibility": "hidden"}) + "\n")


def _within(roster: Assignment, seconds: float) -> Assignment:
    """The assignment with limits that end before the platform's."""
    limits = roster.limits
    return replace(
        roster,
        limits=replace(
            limits,
            memory_mb=min(limits.memory_mb, MEMORY_MB),
            submission_seconds=min(limits.submission_seconds, seconds),
        ),
    )


def _name(root: Path) -> str:
    """Who handed it in, as far as the platform says so: any field may be missing."""
    try:
        found = json.loads((root / "submission_metadata.json").read_text(encoding="utf-8"))
        users = found["users"]
        names = [user["name"] for user in users if isinstance(user.get("name"), str)]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        names = []
    return ", ".join(names)[:200] or "submission"
