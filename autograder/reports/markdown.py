"""The report as Markdown, for issue trackers, chats and pages of continuous integration."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autograder.models import Outcome, Report
from autograder.reports.story import SENTENCES, clean, facts, groups, points, totals, words

__all__ = ["render"]

SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~&@$])")


def render(report: Report) -> str:
    """The report; text of a submission is shown as it is, never as markup."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {_text(report.submission.name)}: {points(report.score)} points"
    yield ""
    yield "| Question | Score | Graded | Pending |"
    yield "| --- | ---: | ---: | ---: |"
    for question in report.assignment.questions:
        score, graded, pending = totals(report, question)
        cells = (points(score), points(graded), points(pending) if pending > 1e-9 else "")
        yield f"| {_text(question.title)} | {' | '.join(cells)} |"
    for group in groups(report):
        if group.told:
            yield ""
            yield f"## {_text(group.function)} ({_text(group.question.title)})"
        for outcome in group.told:
            yield ""
            yield from _outcome(outcome)
    yield ""
    for sentence in words(report):
        yield f"- {_text(sentence)}"


def _outcome(outcome: Outcome) -> Iterator[str]:
    score = f"{points(outcome.score)}/{points(outcome.check.points)}"
    yield f"**{score}** {_text(outcome.check.title)} *({outcome.status.value.replace('_', ' ')})*"
    for label, text in facts(outcome):
        yield ""
        if label in SENTENCES:
            yield f"{label}: {_text(text)}".removeprefix(": ")
        else:
            yield f"{_text(label)}:"
            yield ""
            yield from (f"    {line}" for line in text.split("\n"))


def _text(text: str) -> str:
    """One line, with every mark of Markdown escaped."""
    return SPECIAL.sub(r"\\\1", " ".join(clean(text).split()))
