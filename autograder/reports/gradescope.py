"""The report as Gradescope's results.json.

Source: the platform's documentation of its autograder output. Two traps: a test whose visibility
is not "visible" hides the total from the student until it becomes visible, so visibility is the
course's choice, check by check; and `output` of a hidden test is stripped before it comes here
(`story.visible_to`), since nobody knows who will see it later.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from autograder.models import Item, Outcome, Report, Status
from autograder.reports.story import SENTENCES, clean, facts, points, totals, words

__all__ = ["render", "to_dict"]

LONGEST = 20_000  # characters of one test's output


def render(report: Report) -> str:
    """The document."""
    return json.dumps(to_dict(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_dict(report: Report) -> dict[str, Any]:
    """The document as plain values; the scores of its tests sum to the report's."""
    board = list(_leaderboard(report)) if report.assignment.leaderboard else []
    return ({"leaderboard": board} if board else {}) | {
        "score": round(report.score, 4),
        "execution_time": math.ceil(report.seconds),
        "output": "\n".join(_summary(report)),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(report, outcome) for outcome in report.outcomes],
        "extra_data": {
            "versions": dict(report.versions),
            "isolation": report.isolation.level,
            "graded_points": round(report.assignment.graded_points, 4),
            "finished": len(report.outcomes) == len(report.assignment.items),
            "needs_regrade": report.needs_regrade,
        },
    }


def _leaderboard(report: Report) -> Iterator[dict[str, Any]]:
    """The accuracies of trained nets, and how long a convolution takes beside the course's."""
    for outcome in report.outcomes:
        accuracy = outcome.measures.get("held_out_accuracy")
        if accuracy is not None:
            yield {"name": f"accuracy of {outcome.check.function}", "value": round(accuracy, 4)}
    for function, times in report.speed.items():
        name = f"{function}, times the course's"
        yield {"name": name, "value": float(f"{times:.2g}"), "order": "asc"}


def _summary(report: Report) -> Iterator[str]:
    if len(report.outcomes) < len(report.assignment.items):
        left = len(report.assignment.items) - len(report.outcomes)
        yield f"Grading was cut short: {left} checks were not judged."
    if report.needs_regrade:
        yield "Needs a regrade: the grader itself failed in a check below. Tell the course."
    for question in report.assignment.questions:
        score, graded, pending = totals(report, question)
        waits = f", {points(pending)} pending" if pending > 1e-9 else ""
        if graded or pending:
            yield f"{question.title}: {points(score)} of {points(graded)}{waits}"
    yield from (sentence[:500] for sentence in words(report))


def _test(report: Report, outcome: Outcome) -> dict[str, Any]:
    check = outcome.check
    return {
        "name": f"{check.function}: {check.title}",
        "name_format": "text",
        "number": _number(report, check),
        "score": round(outcome.score, 4),
        "max_score": round(check.points, 4),
        "status": "passed" if outcome.status is Status.PASSED else "failed",
        "output": _output(outcome)[:LONGEST],
        "output_format": "text",
        "tags": [check.question, check.topic],
        "visibility": check.visibility.value,
        "extra_data": {"id": check.id, "status": outcome.status.value},
    }


def _number(report: Report, check: Item) -> str:
    """The question, and the check's place in it, as in "2.1"."""
    questions = [question.id for question in report.assignment.questions]
    within = [item.id for item in report.assignment.items if item.question == check.question]
    return f"{questions.index(check.question) + 1}.{within.index(check.id) + 1}"


def _output(outcome: Outcome) -> str:
    lines = []
    if outcome.status is not Status.PASSED or outcome.follow_through:
        for label, text in facts(outcome):
            block = f"{label}:\n{text}" if label not in SENTENCES else f"{label}: {text}"
            lines.append(block.removeprefix(": "))
    lines += [f"note: {clean(note)}" for note in outcome.notes]
    return "\n".join(lines)
