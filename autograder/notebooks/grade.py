"""The notebooks of a submission: read, put right, run, and held to their results.

Nothing that happens here touches what is known about the code: a notebook that hangs or breaks
costs its own points alone.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat

from autograder import intake
from autograder.errors import GraderError
from autograder.models import (
    Answer,
    Assignment,
    CellRun,
    CellStatus,
    Item,
    NotebookReport,
    Outcome,
    Question,
    Status,
    Submission,
)
from autograder.notebooks import answers as inline
from autograder.notebooks import results, saved
from autograder.notebooks.desk import desk_for
from autograder.notebooks.given import Match, match
from autograder.notebooks.probe import probe
from autograder.notebooks.read import NotebookError, read
from autograder.notebooks.results import Images, Net, Result
from autograder.notebooks.run import Execution, execute
from autograder.secret import Secret
from autograder.template.regions import START

__all__ = ["Keep", "Progress", "grade", "items", "template"]

log = logging.getLogger(__name__)

# Called with a name and a notebook that is worth keeping, and how its cells ended.
Keep = Callable[[str, Any, Sequence[CellRun]], None]
Progress = Callable[[str, int, int], None]
MOST_AT_ONCE = 4
# How a message of a cell goes on after "the cell that trains it".
FATES = {CellStatus.ERRORED: "ended in an error: ", CellStatus.DIED: "cannot be judged: "}
RENAMED = re.compile(r"(copy of )?(?P<stem>\w+?)([ _-]+copy\d*)?([ _-]*\(\d+\)|[ _-]+\d+)?\.ipynb")


@dataclass
class _Work:
    """One notebook on its way."""

    question: Question
    name: str
    handed_in: Any = None
    matched: Match | None = None
    trouble: str = ""  # why it cannot be run
    missing: bool = False  # it was not handed in at all
    wanted: list[tuple[Result, Images]] = field(default_factory=list)
    fault: str = ""  # of ours
    notes: list[str] = field(default_factory=list)
    review: list[str] = field(default_factory=list)
    done: Execution | None = None
    nets: dict[str, dict[str, Net]] = field(default_factory=dict)


def grade(
    submission: Submission,
    assignment: Assignment,
    secret: Secret,
    *,
    mode: str = "run",
    keep: Keep = lambda _name, _notebook, _cells: None,
    on_cell: Progress = lambda _name, _done, _all: None,
) -> tuple[list[Outcome], list[NotebookReport]]:
    """Judge the notebooks of a submission.

    Args:
        submission: what intake has read.
        assignment: with `results`, which are judged in mode "run".
        secret: seeds the held-out images.
        mode: "run", or "saved" to collect what was handed in without running it.
        keep: called with every executed notebook.
        on_cell: called before each code cell with the notebook, how many are done, of how many.

    Raises:
        GraderError: a kernel cannot be started on this machine.
    """
    works = [_prepared(submission, question) for question in assignment.questions if question.file]
    if mode == "run":
        for work in works:  # before a run, which watches that the grader does not grow
            work.wanted = _wanted(work, assignment, secret)
        asyncio.run(_run_all(works, submission, assignment, keep, on_cell))
    else:
        for work in works:
            if work.handed_in is not None:
                keep(f"{Path(work.name).stem}.as-handed-in", work.handed_in, ())
    outcomes: list[Outcome] = []
    for work in works if mode == "run" else ():
        outcomes += _judged(work, work.nets, assignment)
    return outcomes, [_report(work, assignment) for work in works]


@functools.cache
def template(name: str) -> Any:
    """The notebook that students were handed.

    Raises:
        GraderError: it is not installed beside this package.
    """
    path = intake.STARTER / name
    try:
        return nbformat.read(path, as_version=4)
    except OSError as error:
        raise GraderError(f"the starter has no {name}: run autograder template build") from error


def _prepared(submission: Submission, question: Question) -> _Work:
    work = _Work(question, question.file)
    found = _find(submission.notebooks, question.file)
    if found is None:
        work.trouble, work.missing = f"{question.file} is not in the upload", True
        return work
    if found != question.file:
        work.notes.append(f"{found} was taken as {question.file}")
    try:
        work.handed_in = read(submission.notebooks[found], found)
    except NotebookError as error:
        work.trouble = str(error)
        return work
    if not work.handed_in.cells:
        work.trouble = f"{found} has no cell: save it and hand it in anew"
        return work
    work.matched = match(template(question.file), work.handed_in)
    if work.matched.foreign:
        work.review.append(
            f"{work.name} is not the notebook that was handed out: "
            "it is run as it is, and its results are looked for at its end"
        )
    return work


def _find(notebooks: Mapping[str, bytes], name: str) -> str | None:
    """The notebook of this name, or of this name as browsers and Drive change it."""
    if name in notebooks:
        return name
    for found in sorted(notebooks):
        renamed = RENAMED.fullmatch(found.lower())
        if renamed and f"{renamed['stem']}.ipynb" == name.lower():
            return found
    return None


async def _run_all(
    works: list[_Work],
    submission: Submission,
    assignment: Assignment,
    keep: Keep,
    on_cell: Progress,
) -> None:
    at_once = asyncio.Semaphore(min(MOST_AT_ONCE, os.cpu_count() or 1))

    async def one(work: _Work) -> None:
        async with at_once:
            if work.matched is None:
                return
            try:
                await _run(work, submission, assignment, keep, on_cell)
            except Exception as error:
                log.exception("running %s", work.name)
                work.fault = f"the grader itself failed ({type(error).__name__}: {error})"

    await asyncio.gather(*map(one, works))


async def _run(
    work: _Work,
    submission: Submission,
    assignment: Assignment,
    keep: Keep,
    on_cell: Progress,
) -> None:
    """Run one notebook with its given cells put back, and as handed in if that breaks it."""
    assert work.matched is not None
    stem = Path(work.name).stem

    async def run(notebook: Any, cells: Mapping[str, int], nets: dict[str, Any]) -> Execution:
        after: dict[int, list[tuple[Result, Images]]] = {}
        last = max(
            (i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"), default=0
        )
        for result, images in work.wanted:
            after.setdefault(cells.get(result.cell, last), []).append((result, images))
        with desk_for(notebook, submission, assignment) as desk:
            return await execute(
                notebook,
                desk,
                after={index: probe(these, nets) for index, these in after.items()},
                on_cell=lambda done, count: on_cell(work.name, done, count),
            )

    restored, places = work.matched.restored, work.matched.places
    work.done = await run(restored, _probed(work, restored, places), work.nets)
    work.notes += saved.differences(work.handed_in, work.done.notebook)
    keep(stem, work.done.notebook, work.done.cells)
    if not work.matched.changes or _broken(work.done) == 0:
        return
    # A copy: the outputs as they were saved are still to be shown.
    nets: dict[str, dict[str, Net]] = {}
    copy = nbformat.from_dict(work.handed_in)
    other = await run(copy, _probed(work, copy, work.matched.found), nets)
    if _broken(other) < _broken(work.done):
        earned = sum(o.score for o in _judged(work, nets, assignment))
        keep(f"{stem}.as-handed-in", other.notebook, other.cells)
        work.review.append(
            f"{work.name}: with its given cells put back {_broken(work.done)} cells fail, "
            f"as handed in {_broken(other)}; "
            f"its results as handed in would be worth {earned:.2f} points"
        )


def _wanted(work: _Work, assignment: Assignment, secret: Secret) -> list[tuple[Result, Images]]:
    here = [r for r in results.RESULTS if f"{r.notebook}.ipynb" == work.name]
    return [(result, results.images(result, assignment, secret)) for result in here]


def _result_cells(work: _Work, places: Mapping[int, int]) -> dict[str, int]:
    """Where the cells with results are: `places` has an index for each of the template's."""
    cells = enumerate(template(work.name).cells)
    return {
        cell.metadata["result"]: places[index]
        for index, cell in cells
        if "result" in cell.metadata and index in places
    }


def _probed(work: _Work, notebook: Any, places: Mapping[int, int]) -> dict[str, int]:
    """Behind which cells to read nets back: those with results.

    Where the cell is the student's to fill in, the work may stand in own cells below it; then it
    is the last of those.
    """
    templates = {at: index for index, at in places.items()}
    found = _result_cells(work, places)
    for name, at in found.items():
        if START not in template(work.name).cells[templates[at]].source:
            continue
        for later in range(at + 1, len(notebook.cells)):
            if later in templates:
                break
            if notebook.cells[later].cell_type == "code":
                found[name] = later
    return found


def _broken(done: Execution) -> int:
    """How many cells did not run to their end."""
    return sum(cell.status is not CellStatus.RAN for cell in done.cells)


def _judged(
    work: _Work, nets: Mapping[str, Mapping[str, Net]], assignment: Assignment
) -> list[Outcome]:
    wanted = {f"notebooks.{r.notebook}.{r.name}": (r, images) for r, images in work.wanted}
    outcomes = []
    for item in assignment.results:
        if item.function != work.name:
            continue
        result, shown = wanted[item.id]
        if work.fault:
            outcomes.append(Outcome(item, Status.BROKEN, 0.0, work.fault))
            continue
        if work.matched is None:
            status = Status.MISSING if work.missing else Status.FAILED
            outcomes.append(Outcome(item, status, 0.0, work.trouble))
            continue
        try:
            outcome = results.judge(item, result, nets.get(result.name, {}), shown, assignment)
            outcome = _where(outcome, result, work)
        except Exception as error:
            log.exception("judging %s", item.id)
            told = f"the grader itself failed ({type(error).__name__}: {error})"
            outcome = Outcome(item, Status.BROKEN, 0.0, told)
        outcomes.append(_consequence(outcome, work.matched, assignment))
    return outcomes


def _where(outcome: Outcome, result: Result, work: _Work) -> Outcome:
    """A net that is not there says less than the cell that should have trained it."""
    if outcome.measures or outcome.status is Status.PASSED or work.done is None:
        return outcome
    places = work.matched.places if work.matched else {}
    place = _result_cells(work, places).get(result.cell)
    for run in work.done.cells:
        if run.index == place and run.status is not CellStatus.RAN:
            unwritten = run.message.startswith("NotImplementedError: ")
            said = run.message.removeprefix("NotImplementedError: ")
            fate = FATES.get(run.status, "was ")
            told = said if unwritten else f"the cell that trains it {fate}{said}"
            return replace(
                outcome, status=Status.MISSING if unwritten else Status.ERRORED, message=told
            )
    return outcome


def _consequence(outcome: Outcome, matched: Match, assignment: Assignment) -> Outcome:
    """What changed given cells cost, if the assignment says so."""
    settings, count = assignment.notebooks, len(matched.changes)
    if settings.changed != "lose" or not count or not outcome.credit:
        return outcome
    kept = max(1 - count * settings.changed_loss, 0.0)
    told = f"{count} given {'cell was' if count == 1 else 'cells were'} changed or deleted"
    status = Status.PARTIAL if kept else Status.FAILED
    return replace(outcome, status=status, credit=outcome.credit * kept, message=told)


def _report(work: _Work, assignment: Assignment) -> NotebookReport:
    matched, done = work.matched, work.done
    review = list(work.review)
    if matched and matched.changes and assignment.notebooks.changed == "review":
        review.append(f"{work.name}: given cells were changed or deleted")
    found: tuple[Answer, ...] = inline.collect(
        template(work.name), matched.answers if matched else (), work.question
    )
    return NotebookReport(
        name=work.name,
        question=work.question.id,
        trouble=work.trouble,
        cells=tuple(done.cells) if done else (),
        changes=matched.changes if matched else (),
        answers=found,
        notes=tuple(work.notes),
        review=tuple(review),
        seconds=done.seconds if done else 0.0,
    )


def items(assignment: Assignment) -> tuple[Item, ...]:
    """The results of the notebooks with their points."""
    return results.items(assignment)
