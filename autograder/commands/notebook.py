"""`autograder notebook`: run, answers, marks."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from autograder import assignment, intake
from autograder.errors import UsageError
from autograder.files import write_notebook, write_whole
from autograder.models import Assignment, CellStatus, Submission

__all__ = ["run"]

REPORT = "report.json"


def run(options: argparse.Namespace) -> int:
    """Do what was asked for; the exit code is 1 if a cell of a notebook did not run."""
    if not importlib.util.find_spec("nbclient"):
        raise UsageError("notebooks need Jupyter: pip install 'dlgrader[notebooks]'")
    return {"run": _run, "answers": _answers, "marks": _marks}[options.action](options)


def _run(options: argparse.Namespace) -> int:
    from autograder.notebooks.read import NotebookError, read  # noqa: PLC0415  Jupyter is heavy

    console = Console()
    roster = assignment.load(options.assignment)
    submission = Submission("starter", "", {}, {})
    if options.files:
        submission = intake.read_submission([options.files])
    worst = 0
    for path in options.notebooks:
        try:
            notebook = read(path.read_bytes(), path.name)
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from error
        except NotebookError as error:
            console.print(f"[red]{escape(str(error))}[/]")
            worst = 1
            continue
        failed = _run_one(
            path, notebook, submission, replace(roster, data=options.data or ""), options.out
        )
        worst = max(worst, int(failed))
    return worst


def _run_one(
    path: Path, notebook: Any, submission: Submission, roster: Assignment, out: Path | None
) -> bool:
    """Run a notebook and tell of each cell that did not run; whether there was one."""
    from autograder.notebooks.desk import desk_for  # noqa: PLC0415  Jupyter is heavy
    from autograder.notebooks.run import execute  # noqa: PLC0415  as above

    console = Console()
    with (
        desk_for(notebook, submission, roster) as desk,
        console.status(path.name) as status,
    ):
        done = asyncio.run(
            execute(
                notebook,
                desk,
                on_cell=lambda at, count: status.update(f"{path.name}: cell {at} of {count}"),
            )
        )
    bad = [cell for cell in done.cells if cell.status is not CellStatus.RAN]
    for cell in bad:
        source = notebook.cells[cell.index].source.strip().splitlines() or [""]
        said = f"{cell.status.value.replace('_', ' ')}: {cell.message}"
        console.print(f"  cell {cell.index + 1} {escape(said)}  [dim]{escape(source[0][:60])}[/]")
    console.print(
        f"{path.name}: {len(done.cells) - len(bad)} of {len(done.cells)} cells ran, "
        f"{done.seconds:.0f} s of processor time"
        + (f"; {done.isolation.level}" if done.isolation else ""),
        highlight=False,
    )
    if out is not None:
        write_notebook(out, path.stem, notebook, done.cells)
    return bool(bad)


def _answers(options: argparse.Namespace) -> int:
    """Write answers.html and marks.csv for whoever marks."""
    from autograder.notebooks import answers, page  # noqa: PLC0415  Jupyter is heavy

    reports = [report for _, report in _reports(options.reports)]
    options.out.mkdir(parents=True, exist_ok=True)
    name = str(reports[0]["assignment"])
    write_whole(options.out / "answers.html", page.answers(f"{name}: answers", reports))
    write_whole(options.out / "marks.csv", answers.sheet(reports))
    print(f"Written: {options.out / 'answers.html'}, {options.out / 'marks.csv'}")
    return 0


def _marks(options: argparse.Namespace) -> int:
    """Enter points into the reports; none is changed unless all marks are right."""
    from autograder.notebooks import answers  # noqa: PLC0415  Jupyter is heavy

    try:
        text = options.marks.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {options.marks}: {error}") from error
    marks = answers.read_marks(text, options.marks.name)
    found = _reports(options.reports)
    known = {answers.code(report) for _, report in found}
    unknown = sorted({mark.code for mark in marks} - known)
    if unknown:
        raise UsageError(f"no report here has the code {', '.join(unknown[:5])}")
    entered = sum(answers.enter(report, marks) for _, report in found)
    for path, report in found:
        write_whole(path, json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    print(f"{entered} marks entered into {len(found)} reports")
    return 0


def _reports(folders: Sequence[Path]) -> list[tuple[Path, dict[str, Any]]]:
    """The reports in some folders, each given itself or by a folder of many."""
    paths: list[Path] = []
    for folder in folders:
        if folder.is_file():
            paths.append(folder)
        else:
            here = [folder / REPORT] if (folder / REPORT).is_file() else []
            paths += here or sorted(folder.glob(f"*/{REPORT}"))
    if not paths:
        raise UsageError(f"there is no {REPORT} in {', '.join(map(str, folders))}")
    found = []
    for path in paths:
        try:
            found.append((path, json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError) as error:
            raise UsageError(f"{path} is no report: {error}") from error
    return found
