"""The report in a terminal: a table by question, then each lost point with its reason."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from autograder.models import CellStatus, NotebookReport, Outcome, Report, Status
from autograder.reports.story import (
    SENTENCES,
    clean,
    counts,
    facts,
    groups,
    points,
    totals,
    words,
    written,
)

__all__ = ["print_report", "render"]

MOST_DIFF = 12  # lines of a changed cell
EXAMPLE = "an example"  # has been shown
MARKS = {
    Status.PASSED: ("✓", "green"),
    Status.PARTIAL: ("◐", "yellow"),
    Status.FAILED: ("✗", "red"),
    Status.ERRORED: ("✗", "red"),
    Status.TIMED_OUT: ("✗", "red"),
    Status.MISSING: ("–", "red"),
    Status.SKIPPED: ("–", "yellow"),
    Status.BROKEN: ("!", "magenta"),
}


def render(report: Report, width: int = 100) -> str:
    """The report as plain text of a fixed width."""
    buffer = io.StringIO()
    print_report(report, Console(file=buffer, width=width, color_system=None, legacy_windows=False))
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def print_report(report: Report, console: Console) -> None:
    """Print the report; student text is never taken for markup."""
    parts: list[RenderableType] = []
    told = [group for group in groups(report) if group.told]
    if told:
        parts += [Text("What to look at", style="bold"), Text()]
    for group in told:
        parts += [*_function(group.function, group.question.title, group.told), Text()]
    parts += [_score_table(report), Text(), *_summary(report)]
    console.print(Group(*parts))


def _function(
    function: str, question: str, outcomes: Sequence[Outcome]
) -> Iterable[RenderableType]:
    """The checks of one function; what they all say is said once."""
    heading = Text(function, style="bold cyan")
    heading.append(f"   {question}", style="dim")
    yield heading
    said: set[str] = set()
    for outcome in outcomes:
        yield _title(outcome)
        yield _facts(outcome, said)
        said |= {text for label, text in facts(outcome) if label in SENTENCES}
        said |= {outcome.message}
        # One example is enough where the mistake has a name; report.json has them all.
        if outcome.diagnosis and outcome.counterexample:
            said.add(EXAMPLE)


def _title(outcome: Outcome) -> RenderableType:
    mark, style = MARKS[outcome.status]
    counts = bool(outcome.check.points)
    score = f"{points(outcome.score)}/{points(outcome.check.points)}" if counts else "–"
    line = Table.grid(padding=(0, 1))
    line.add_column(width=1, style=style)
    line.add_column(min_width=9, style="bold", no_wrap=True)
    line.add_column(overflow="fold")
    line.add_row(mark, score, outcome.check.title)
    return Padding(line, (0, 0, 0, 2))


def _facts(outcome: Outcome, said: set[str]) -> RenderableType:
    told = facts(outcome)
    repeated = outcome.message in said or (EXAMPLE in said and outcome.diagnosis in said)
    if repeated:  # one example is enough for one mistake
        told = [(label, text) for label, text in told if label in SENTENCES]
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim", justify="right", min_width=8)
    table.add_column(overflow="fold")
    for label, text in told:
        if text not in said:
            table.add_row(label, Text(text))
    return Padding(table, (0, 0, 0, 2))


def _score_table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Question", "Score", "Graded", "Pending"):
        table.add_column(name, justify="left" if name == "Question" else "right")
    for question in report.assignment.questions:
        score, graded, pending = totals(report, question)
        table.add_row(
            question.title,
            points(score) if graded else "–",
            points(graded) if graded else "–",
            points(pending) if pending > 1e-9 else "",
        )
    table.add_section()
    table.add_row(
        Text("Total", style="bold"),
        Text(points(report.score), style="bold"),
        points(report.assignment.graded_points),
        points(sum(map(report.pending, report.assignment.questions))),
    )
    return table


def _summary(report: Report) -> Iterable[Text]:
    yield Text(f"{counts(report)}.")
    if report.needs_regrade:
        yield Text("Needs a regrade: the grader itself failed in a check above.", style="magenta")
    yield from _notebooks(report)
    if report.speed:
        yield Text(f"Speed beside the course's (no points): {_speed(report.speed)}.", style="dim")
    isolation, *notes = words(report)
    yield Text(isolation, style="dim")
    for note in notes:
        yield Text(f"Note: {note}", style="dim")


def _notebooks(report: Report) -> Iterable[Text]:
    """One line for each notebook, and what a human has to look at."""
    for notebook in report.notebooks:
        told = notebook.trouble or f"{notebook.name}: {_notebook(notebook)}"
        yield Text(f"{clean(told)}.")
        for change in notebook.changes:
            yield Text(f"  given cell {change.kind}:", style="yellow")
            for line in change.diff.splitlines()[:MOST_DIFF]:
                yield Text(f"    {clean(line)}", style="dim")
    for why in report.review:
        yield Text(f"A human should look: {clean(why)}.", style="magenta")
    if report.answers:
        yield Text(written(report))


def _notebook(notebook: NotebookReport) -> str:
    parts = []
    bad = [cell for cell in notebook.cells if cell.status is not CellStatus.RAN]
    if notebook.cells:
        ran = len(notebook.cells) - len(bad)
        parts.append(f"{ran} of {len(notebook.cells)} cells ran")
    if notebook.changes:
        count = len(notebook.changes)
        parts.append(f"{count} given {'cell was' if count == 1 else 'cells were'} changed")
    if bad:
        first = f"cell {bad[0].index + 1} {bad[0].status.value.replace('_', ' ')}"
        parts.append(f"{first} ({bad[0].message})" if bad[0].message else first)
    parts += notebook.notes
    return "; ".join(parts) or "collected, not run"


def _speed(speed: Mapping[str, float]) -> str:
    """Whole multiples, and none below 2: a second run gives slightly others."""
    told = (
        f"{function} takes {f'{times:,.0f} times' if times >= 2 else 'about'} as long"
        for function, times in speed.items()
    )
    return ", ".join(told)
