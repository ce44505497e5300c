"""The report as one HTML file: no network, no script, light and dark, phone to paper.

Everything that may come from a submission goes through the template's escaping; pictures are SVG
made here of numbers alone. The layout is in `page.html.j2`.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from autograder.models import CellStatus, Outcome, Report, Status
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

__all__ = ["render"]

MARKS = {
    Status.PASSED: "✓",
    Status.PARTIAL: "◐",
    Status.FAILED: "✗",
    Status.ERRORED: "✗",
    Status.TIMED_OUT: "✗",
    Status.MISSING: "–",
    Status.SKIPPED: "–",
    Status.BROKEN: "!",
}
LONGEST = 4000  # characters of one text: a page stays below a megabyte
SQUARE = 12  # pixels, of a map of errors


def render(report: Report) -> str:
    """The page."""
    template = _template()
    pending = sum(map(report.pending, report.assignment.questions))
    return template.render(
        name=clean(report.submission.name)[:200],
        assignment=report.assignment.name,
        score=points(report.score),
        graded=points(report.assignment.graded_points),
        pending=points(pending) if pending > 1e-9 else "",
        maximum=points(report.assignment.max_score),
        warnings=list(_warnings(report)),
        questions=[_question(report, q) for q in report.assignment.questions],
        groups=[
            {
                "function": group.function,
                "question": group.question.title,
                "score": points(group.score),
                "maximum": points(group.maximum),
                "outcomes": [_outcome(o, report.assignment.topics) for o in group.told],
            }
            for group in groups(report)
            if group.told
        ],
        notebooks=[_notebook(notebook) for notebook in report.notebooks],
        answers=written(report),
        trainings=[_training(o, report) for o in report.outcomes if o.curves.get("loss")],
        speed=_speed(report.speed),
        counts=counts(report),
        all=[_short(outcome) for outcome in report.outcomes],
        words=[_cut(sentence) for sentence in words(report)],
    )


@functools.cache
def _template() -> jinja2.Template:
    loader = jinja2.PackageLoader("autograder", "reports")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("page.html.j2")


def _warnings(report: Report) -> Iterator[str]:
    if report.needs_regrade:
        yield "Needs a regrade: the grader itself failed in a check below. It costs nothing."
    for why in report.review:
        yield f"A human should look: {_cut(clean(why))}."


def _question(report: Report, question: Any) -> dict[str, Any]:
    score, graded, pending = totals(report, question)
    return {
        "title": question.title,
        "score": points(score) if graded else "–",
        "graded": points(graded) if graded else "–",
        "pending": points(pending) if pending > 1e-9 else "",
        "bar": _bar(score / graded) if graded else "",
    }


def _short(outcome: Outcome) -> dict[str, Any]:
    return {
        "status": outcome.status.value,
        "word": outcome.status.value.replace("_", " "),
        "mark": MARKS[outcome.status],
        "score": points(outcome.score),
        "points": points(outcome.check.points),
        "title": outcome.check.title,
    }


def _outcome(outcome: Outcome, pages: Mapping[str, str]) -> dict[str, Any]:
    told = facts(outcome)
    example = outcome.counterexample
    return _short(outcome) | {
        "message": next((_cut(text) for label, text in told if not label), ""),
        "facts": [
            (label, _linked(_cut(text), pages.get(text, "")), label not in SENTENCES)
            for label, text in told
            if label
        ],
        "map": _map(example.errors) if example else "",
    }


def _linked(text: str, page: str) -> Markup | str:
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(page, text) if page else text


def _notebook(notebook: Any) -> dict[str, Any]:
    bad = [cell for cell in notebook.cells if cell.status is not CellStatus.RAN]
    ran = len(notebook.cells) - len(bad)
    told = notebook.trouble or (
        f"{ran} of {len(notebook.cells)} cells ran" if notebook.cells else "collected, not run"
    )
    return {
        "name": notebook.name,
        "told": _cut(clean(told)),
        "bad": [
            {
                "number": cell.index + 1,
                "told": _cut(clean(f"{cell.status.value.replace('_', ' ')}: {cell.message}")),
            }
            for cell in bad[:20]
        ],
        "changes": [
            {"kind": change.kind, "diff": _cut(clean(change.diff))}
            for change in notebook.changes[:20]
        ],
        "notes": [_cut(clean(note)) for note in notebook.notes],
    }


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _bar(share: float) -> Markup:
    """A thin bar that is filled to a share."""
    width = 100 * min(max(share, 0.0), 1.0)
    return Markup(
        '<svg width="100%" height="6" aria-hidden="true"><rect width="100%" height="6" rx="3" '
        'fill="var(--bar)"/><rect width="{}%" height="6" rx="3" fill="var(--good)"/></svg>'
    ).format(f"{width:.1f}")


def _map(errors: Sequence[str]) -> Markup | str:
    """A map of errors as squares; empty where there is no pattern to see."""
    if "0" not in "".join(errors):
        return ""
    width, height = len(errors[0]), len(errors)
    squares = []
    for y, row in enumerate(errors):
        for x, digit in enumerate(row):
            if digit != "0":
                opacity = 0.25 + 0.75 * int(digit) / 9
                squares.append(
                    f'<rect x="{x * SQUARE}" y="{y * SQUARE}" width="{SQUARE}" height="{SQUARE}" '
                    f'fill="#c0301c" fill-opacity="{opacity:.2f}"/>'
                )
    wrong = sum(digit != "0" for row in errors for digit in row)
    told = f"{wrong} of {width * height} squares are wrong"
    return Markup(  # noqa: S704  numbers alone
        f'<svg class="map" role="img" aria-label="{told}" viewBox="0 0 {width * SQUARE} '
        f'{height * SQUARE}" style="max-width:{width * SQUARE}px">{"".join(squares)}</svg>'
    )


def _training(outcome: Outcome, report: Report) -> dict[str, Any]:
    """The loss of a training in the band of right nets, and the filters that came of it."""
    told = ", ".join(f"{name.replace('_', ' ')} {v:.1%}" for name, v in outcome.measures.items())
    band = {} if report.assignment.data else _bands().get(outcome.check.id, {})
    return {
        "title": outcome.check.title,
        "told": told,
        "curve": _curve(outcome.curves["loss"], band),
        "filters": _filters(outcome.filters),
    }


@functools.cache
def _bands() -> dict[str, dict[str, list[float]]]:
    """Losses of right nets by check; `benchmarks/training_bands.py` writes the file."""
    text = resources.files("autograder.checks").joinpath("bands.json").read_text("utf-8")
    found: dict[str, dict[str, list[float]]] = json.loads(text)
    return found


def _curve(loss: Sequence[float], band: Mapping[str, Sequence[float]]) -> Markup:
    """A curve over a band, both in the same few units; losses beyond twice the band are cut."""
    least, most = band.get("least", ()), band.get("most", ())
    top = 1.1 * max([*most, *([] if most else [*loss, 1.0])])
    right = max(len(loss), len(most), 2) - 1

    def at(i: int, value: float) -> str:
        value = min(max(value, 0.0), top)
        return f"{10 + 300 * i / right:.1f},{110 - 100 * value / top:.1f}"

    edge = [at(i, v) for i, v in enumerate(most)]
    edge += [at(i, least[i]) for i in reversed(range(len(least)))]
    line = " ".join(at(i, v) for i, v in enumerate(loss))
    told = f"loss from {loss[0]:.2f} to {loss[-1]:.2f}"
    if most:
        told += f"; right nets end between {least[-1]:.2f} and {most[-1]:.2f}"
    return Markup(
        '<svg role="img" aria-label="{}" viewBox="0 0 320 130" width="100%" '
        'style="max-width:420px"><polygon points="{}" fill="var(--good)" fill-opacity=".25"/>'
        '<polyline points="{}" fill="none" stroke="var(--ink)" stroke-width="1.5"/>'
        '<path d="M10 10V110H310" fill="none" stroke="var(--line)"/>'
        '<text x="14" y="16">loss</text><text x="310" y="124" text-anchor="end">steps</text></svg>'
    ).format(told, " ".join(edge), line)


def _filters(filters: Sequence[Sequence[str]]) -> Markup | str:
    """Filters side by side, as they see colors."""
    squares = []
    for number, rows in enumerate(filters):
        for y, row in enumerate(rows):
            for x, color in enumerate(row.split()):
                left = number * (len(rows) + 1) + x
                squares.append(
                    Markup('<rect x="{}" y="{}" width="1.05" height="1.05" fill="#{}"/>').format(
                        left, y, color
                    )
                )
    if not squares:
        return ""
    width, height = len(filters) * (len(filters[0]) + 1) - 1, len(filters[0])
    return Markup(
        '<svg role="img" aria-label="{} filters of the first layer" viewBox="0 0 {} {}" '
        'width="100%" style="max-width:{}px">{}</svg>'
    ).format(len(filters), width, height, 9 * width, Markup("").join(squares))


def _speed(speed: Mapping[str, float]) -> Markup | str:
    """Bars on a scale of powers of ten: how many times the reference's time."""
    if not speed:
        return ""
    most = max(1.0, *(math.log10(max(times, 1.0)) for times in speed.values()))
    rows = []
    for number, (function, times) in enumerate(speed.items()):
        y = 24 * number
        width = 4 + 240 * math.log10(max(times, 1.0)) / most
        told = f"{times:,.0f} times" if times >= 2 else "about as long"
        rows.append(
            Markup(
                '<text x="0" y="{}">{}</text><rect x="170" y="{}" width="{}" height="12" rx="3" '
                'fill="var(--part)"/><text x="{}" y="{}">{}</text>'
            ).format(y + 15, function, y + 5, f"{width:.0f}", f"{180 + width:.0f}", y + 15, told)
        )
    label = ", ".join(f"{function} {times:.3g} times" for function, times in speed.items())
    return Markup(
        '<svg role="img" aria-label="{}" viewBox="0 0 540 {}" width="100%" '
        'style="max-width:540px">{}</svg>'
    ).format(label, 24 * len(speed), Markup("").join(rows))
