"""grade(submission) -> Report: the whole story."""

from __future__ import annotations

import fnmatch
import logging
import math
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder import __version__, diagnosis, intake, speed
from autograder.engine import Session, run_check
from autograder.errors import UsageError
from autograder.models import (
    Assignment,
    CellRun,
    Check,
    NotebookReport,
    Outcome,
    Report,
    Status,
    Submission,
)
from autograder.sandbox import Sandbox
from autograder.secret import Secret

__all__ = ["grade", "select", "workspaces"]

log = logging.getLogger(__name__)

OUT_OF_TIME = "not judged: the time for the whole submission was used up before"


def grade(
    submission: Submission,
    assignment: Assignment,
    secret: Secret,
    *,
    only: str = "",
    until: float = math.inf,
    notebooks: str = "skip",
    keep: Callable[[str, Any, Sequence[CellRun]], None] = lambda _name, _notebook, _cells: None,
    on_outcome: Callable[[Report], None] = lambda _report: None,
    on_cell: Callable[[str, int, int], None] = lambda _name, _done, _all: None,
) -> Report:
    """Judge every check of the assignment against one submission.

    Args:
        submission: what intake has read.
        assignment: the roster with its points.
        secret: seeds the hidden inputs.
        only: judge the part that `select` picks; prerequisites are looked into all the same.
        until: when to stop judging, by `time.monotonic`; what is left is told to be out of time.
        notebooks: "run" them, collect what is "saved" in them, or "skip" them.
        keep: called with a name, a notebook that was run or collected, and how its cells ended.
        on_outcome: called after each check with the report so far, for progress and for
            writing what is known before a later check hangs.
        on_cell: called before each cell of a notebook: which one, how many are done, of how many.
    """
    start = time.perf_counter()
    part = select(assignment, only) if only else assignment
    collected: Sequence[NotebookReport] = ()
    outcomes: list[Outcome] = []
    times: dict[str, float] = {}
    with Sandbox(workspaces(submission), assignment.limits, assignment.packages) as sandbox:
        session = Session(assignment, sandbox, secret)

        def report() -> Report:
            return Report(
                part,
                submission,
                (*outcomes,),
                sandbox.isolation,
                time.perf_counter() - start,
                versions(secret),
                times,
                (*_notes(submission, part, secret, notebooks),),
                tuple(collected),
            )

        for check in part.checks:
            spent = sandbox.cpu_used > assignment.limits.submission_seconds
            if spent or time.monotonic() > until:
                outcomes.append(Outcome(check, Status.TIMED_OUT, 0.0, OUT_OF_TIME))
            else:
                outcomes.append(run_check(check, session))
            on_outcome(report())
        if time.monotonic() < until:
            outcomes[:] = diagnosis.named(session, outcomes)
            times |= speed.measure(session, outcomes)
        if notebooks == "skip":
            return report()
        on_outcome(report())
        from autograder.notebooks import grade as notebooks_of  # noqa: PLC0415  Jupyter is heavy

        if notebooks == "run":
            part = replace(part, results=notebooks_of.items(part))
        try:
            found, collected = notebooks_of.grade(
                submission, part, secret, mode=notebooks, keep=keep, on_cell=on_cell
            )
        except Exception as error:  # the grade of the code is not lost
            log.exception("the notebooks of %s", submission.name)
            told = f"the grader itself failed ({type(error).__name__}: {error})"
            found = [Outcome(item, Status.BROKEN, 0.0, told) for item in part.results]
        outcomes += found
        return report()


def select(assignment: Assignment, pattern: str) -> Assignment:
    """The part of an assignment whose check ids or functions contain or match a pattern.

    Raises:
        UsageError: nothing does.
    """

    def wanted(check: Check) -> bool:
        names = (check.id, check.function, check.question)
        return any(pattern in name or fnmatch.fnmatchcase(name, pattern) for name in names)

    checks = tuple(check for check in assignment.checks if wanted(check))
    if not checks:
        raise UsageError(f"no check matches {pattern!r}; autograder grade --list shows them all")
    return replace(assignment, checks=checks)


def workspaces(submission: Submission) -> dict[str, dict[str, bytes]]:
    """The folders that workers may be given: the starter with the student's files in it.

    While a naive layer is judged, the fast ones can be imported but not called, so that
    `conv_forward_naive = conv_forward_fast` earns nothing.
    """
    files = intake.workspace_files(submission)
    return {"workspace": files, "workspace-naive": files | {FAST_LAYERS: _refuse_fast(files)}}


FAST_LAYERS = "cs231n/fast_layers.py"
REFUSING = """\
def {name}(*args, **kwargs):
    raise RuntimeError("{name} cannot be used while your naive layer is judged")
"""


def _refuse_fast(files: dict[str, bytes]) -> bytes:
    names = [
        line.partition(b"(")[0].removeprefix(b"def ").decode()
        for line in files[FAST_LAYERS].splitlines()
        if line.startswith(b"def ") and not line.startswith(b"def _")
    ]
    return "\n\n".join(REFUSING.format(name=name) for name in names).encode()


def versions(secret: Secret) -> dict[str, str]:
    """What a score depends on beside the submission."""
    return {
        "autograder": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "secret": secret.fingerprint,
    }


def _notes(
    submission: Submission, assignment: Assignment, secret: Secret, notebooks: str
) -> Iterable[str]:
    if secret.public:
        yield "inputs are drawn from the public seed: set AUTOGRADER_SECRET for a graded run"
    if submission.notebooks and notebooks != "run":
        what = "left out" if notebooks == "skip" else "collected as they are saved, not run"
        yield f"notebooks were {what}: their points are pending"
    limit = assignment.notebooks.limits.data_limit
    if notebooks == "run" and limit:
        yield f"notebooks were run on at most {limit:,} training images"
