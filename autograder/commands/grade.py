"""`autograder grade`."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from autograder import assignment, doctor, grading, intake
from autograder.checks import training
from autograder.errors import UsageError
from autograder.files import write_notebook, write_whole
from autograder.models import Assignment, CellRun, Report, Submission
from autograder.reports import FORMATS, as_json, render, terminal
from autograder.reports.story import visible_to
from autograder.secret import course_secret

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Grade, print, write; see `cli.main` for the exit codes."""
    console = Console()
    roster = assignment.load(options.assignment)
    if options.data:
        roster = _on_cifar10(roster, options.data)
    if options.notebook_seconds:
        roster = _with_seconds(roster, options.notebook_seconds)
    part = grading.select(roster, options.only) if options.only else roster
    if options.list:
        console.print(_listing(part))
        return 0
    if not options.submission:
        raise UsageError("name a submission: a zip, a folder, or the files themselves")
    if options.require_isolation:
        _require_isolation()
    submission = intake.read_submission(options.submission)
    if not options.out and len(options.format or ()) > 1:
        raise UsageError("several formats need --out DIR to be written to")
    target = _target(options.out)
    report = _grade(submission, roster, target, options)
    formats = options.format or ["terminal"]
    if options.quiet:
        graded = report.assignment.graded_points
        console.print(f"{report.score:.2f} {graded:.2f}", highlight=False)
    elif "terminal" in formats:
        terminal.print_report(visible_to(report, options.audience), console)
    if options.quiet and target is None:
        formats = []
    for written in _render(report, formats, target, options.audience):
        if not options.quiet:
            console.print(Text(f"Written: {written}", style="dim"))
    if report.needs_regrade:
        return 4
    return int(options.min_score is not None and report.score < options.min_score)


def _grade(
    submission: Submission, roster: Assignment, target: Path | None, options: argparse.Namespace
) -> Report:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    # On standard error, so that a piped report is only the report.
    bar = Console(stderr=True)
    with Progress(*columns, console=bar, transient=True, disable=options.quiet) as progress:
        task = progress.add_task(submission.name[:40], total=None)

        cells: dict[str, TaskID] = {}

        def on_cell(name: str, done: int, count: int) -> None:
            if name not in cells:
                cells[name] = progress.add_task(name, total=count)
            progress.update(cells[name], completed=done, total=count)

        def keep(name: str, notebook: Any, cells: Sequence[CellRun]) -> None:
            if target:
                write_notebook(target.parent / "notebooks", name, notebook, cells)

        def on_outcome(report: Report) -> None:
            progress.update(
                task,
                total=len(report.assignment.checks),
                completed=len(report.outcomes),
                description=report.outcomes[-1].check.function,
            )
            if target:
                write_whole(target, as_json.render(report))

        return grading.grade(
            submission,
            roster,
            course_secret(),
            only=options.only or "",
            notebooks=_notebooks(submission, options),
            keep=keep,
            on_outcome=on_outcome,
            on_cell=on_cell,
        )


def _render(
    report: Report, formats: Sequence[str], target: Path | None, audience: str
) -> Iterator[Path]:
    """Write every format beside report.json, or print the one that was asked for."""
    wanted = [name for name in formats if name != "terminal"]
    if target is None:
        for name in wanted:
            print(render(report, name, audience), end="")
        return
    for name in dict.fromkeys(("json", *wanted)):
        path = target.with_name(FORMATS[name][1])
        write_whole(path, render(report, name, audience))
        yield path


def _notebooks(submission: Submission, options: argparse.Namespace) -> str:
    """What to do with notebooks: as asked for, or by whether there are any and Jupyter is here.

    Raises:
        UsageError: they are to be run, and cannot be.
    """
    able = all(importlib.util.find_spec(name) for name in ("nbclient", "nbformat", "ipykernel"))
    if options.notebooks in ("run", "saved") and not able:
        raise UsageError("notebooks need Jupyter: pip install 'dlgrader[notebooks]'")
    if options.notebooks:
        return str(options.notebooks)
    return "run" if able and submission.notebooks and not options.only else "skip"


def _require_isolation() -> None:
    findings, isolation = doctor.examine()
    if isolation.level != "isolated":
        told = "; ".join(f"{f.layer}: {f.missing}" for f in findings if f.missing)
        raise UsageError(f"isolation is reduced on this machine ({told}); see autograder doctor")


def _on_cifar10(roster: Assignment, path: Path) -> Assignment:
    try:
        training.cifar10(str(path))
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from error
    return replace(roster, data=str(path))


def _with_seconds(roster: Assignment, seconds: float) -> Assignment:
    if not 0 < seconds < float("inf"):
        raise UsageError("--notebook-seconds must be a positive number")
    limits = replace(roster.notebooks.limits, notebook_seconds=seconds)
    return replace(roster, notebooks=replace(roster.notebooks, limits=limits))


def _target(folder: Path | None) -> Path | None:
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}") from error
    return folder / "report.json"


def _listing(roster: Assignment) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Check", no_wrap=True)
    table.add_column("Points", justify="right")
    table.add_column("What is checked")
    for check in roster.checks:
        table.add_row(check.id, f"{check.points:.2f}", Text(check.title))
    return table
