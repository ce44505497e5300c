"""The report in a terminal: a table by question, then each lost point with its reason."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from autograder.models import (
    CellStatus,
    Counterexample,
    NotebookReport,
    Outcome,
    Report,
    Status,
    Visibility,
)

__all__ = ["print_report", "render"]

MOST_DIFF = 12  # lines of a changed cell
MOST_LINES = 24  # of code to paste; the report.json has it all the same
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
    titles = {question.id: question.title for question in report.assignment.questions}
    told = [o for o in report.outcomes if o.status is not Status.PASSED or o.follow_through]
    parts: list[RenderableType] = []
    if told:
        parts += [Text("What to look at", style="bold"), Text()]
    groups = itertools.groupby(told, key=lambda o: (o.check.question, o.check.function))
    for (question, function), outcomes in groups:
        # What cost most comes first; a small sub-check often fails for the same reason.
        dearest = sorted(outcomes, key=lambda o: o.score - o.check.points)
        parts += [*_function(function, titles.get(question, ""), dearest), Text()]
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
        said |= {outcome.message, outcome.follow_through, outcome.diagnosis, outcome.check.topic}
        # One example is enough where the mistake has a name; report.json has them all.
        if outcome.diagnosis and outcome.counterexample:
            said.add(EXAMPLE)


def _title(outcome: Outcome) -> RenderableType:
    mark, style = MARKS[outcome.status]
    counts = bool(outcome.check.points)
    score = f"{_points(outcome.score)}/{_points(outcome.check.points)}" if counts else "–"
    line = Table.grid(padding=(0, 1))
    line.add_column(width=1, style=style)
    line.add_column(min_width=9, style="bold", no_wrap=True)
    line.add_column(overflow="fold")
    line.add_row(mark, score, outcome.check.title)
    return Padding(line, (0, 0, 0, 2))


def _facts(outcome: Outcome, said: set[str]) -> RenderableType:
    repeated = outcome.message in said
    # What is wrong elsewhere and cost nothing here is told there.
    credited = bool(outcome.follow_through) and outcome.score == outcome.check.points
    facts = [] if repeated or credited else [("", _clean(outcome.message))]
    facts.append(("likely", "" if outcome.diagnosis in said else _clean(outcome.diagnosis)))
    if outcome.follow_through not in said:
        facts += [("credit", _clean(outcome.follow_through)), ("cause", _cause(outcome))]
    own_fault = outcome.status in (Status.FAILED, Status.ERRORED, Status.TIMED_OUT)
    visible = outcome.check.visibility is Visibility.VISIBLE
    shown = EXAMPLE in said and outcome.diagnosis in said
    if own_fault and visible and outcome.counterexample and not repeated and not shown:
        facts += _example(outcome.counterexample)
    topic = outcome.check.topic if outcome.status is Status.FAILED else ""
    facts.append(("topic", "" if topic in said else topic))
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim", justify="right", min_width=8)
    table.add_column(overflow="fold")
    for name, text in facts:
        if text:
            table.add_row(name, Text(text))
    return Padding(table, (0, 0, 0, 2))


def _cause(outcome: Outcome) -> str:
    named = outcome.root_cause in outcome.message or outcome.root_cause in outcome.follow_through
    return "" if named else f"{_clean(outcome.root_cause)} is where to begin"


def _example(example: Counterexample) -> Iterable[tuple[str, str]]:
    if example.code and example.code.count("\n") <= MOST_LINES:
        yield "try", _clean(example.code.rstrip())
    else:
        if example.calls:
            yield "called", _clean(example.calls[-1])
        for name, value in example.inputs.items():
            yield name, _clean(value)
    if example.got:
        yield "got", _clean(example.got)
    if example.expected:
        yield "expected", _clean(example.expected)


def _score_table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Question", "Score", "Graded", "Pending"):
        table.add_column(name, justify="left" if name == "Question" else "right")
    for question in report.assignment.questions:
        graded = sum(i.points for i in report.assignment.items if i.question == question.id)
        pending = report.pending(question)
        table.add_row(
            question.title,
            _points(report.question_score(question)) if graded else "–",
            _points(graded) if graded else "–",
            _points(pending) if pending > 1e-9 else "",
        )
    table.add_section()
    table.add_row(
        Text("Total", style="bold"),
        Text(_points(report.score), style="bold"),
        _points(report.assignment.graded_points),
        _points(sum(map(report.pending, report.assignment.questions))),
    )
    return table


def _summary(report: Report) -> Iterable[Text]:
    counts = dict.fromkeys(Status, 0)
    for outcome in report.outcomes:
        counts[outcome.status] += 1
    said = ", ".join(f"{n} {s.value.replace('_', ' ')}" for s, n in counts.items() if n)
    yield Text(f"{len(report.outcomes)} checks: {said}.")
    if report.needs_regrade:
        yield Text("Needs a regrade: the grader itself failed in a check above.", style="magenta")
    yield from _notebooks(report)
    if report.speed:
        yield Text(f"Speed beside the course's (no points): {_speed(report.speed)}.", style="dim")
    missing = (
        f" (without {', '.join(report.isolation.missing)})" if report.isolation.missing else ""
    )
    yield Text(f"Isolation: {report.isolation.level}{missing}.", style="dim")
    notes = {note for outcome in report.outcomes for note in outcome.notes}
    for note in [*report.submission.notes, *sorted(notes), *report.notes]:
        yield Text(f"Note: {_clean(note)}", style="dim")


def _notebooks(report: Report) -> Iterable[Text]:
    """One line for each notebook, and what a human has to look at."""
    for notebook in report.notebooks:
        yield Text(f"{notebook.name}: {_clean(_notebook(notebook))}.")
        for change in notebook.changes:
            yield Text(f"  given cell {change.kind}:", style="yellow")
            for line in change.diff.splitlines()[:MOST_DIFF]:
                yield Text(f"    {_clean(line)}", style="dim")
    for why in report.review:
        yield Text(f"A human should look: {_clean(why)}.", style="magenta")
    answers = report.answers
    if answers:
        written = sum(bool(answer.text) for answer in answers)
        points = _points(sum(answer.maximum for answer in answers))
        yield Text(f"Written answers: {written} of {len(answers)}; {points} points await marking.")


def _notebook(notebook: NotebookReport) -> str:
    if notebook.trouble:
        return notebook.trouble
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


def _points(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _clean(text: str) -> str:
    """Without control characters: a submission must not steer the terminal."""
    return "".join(c if c == "\n" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
