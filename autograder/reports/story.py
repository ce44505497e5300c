"""What every format tells, before it is laid out: who may see what, and the facts of an outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from autograder.models import Outcome, Question, Report, Status, Visibility

__all__ = [
    "SENTENCES",
    "Group",
    "clean",
    "counts",
    "facts",
    "groups",
    "points",
    "totals",
    "visible_to",
    "words",
    "written",
]

HIDDEN = "not shown: this check is hidden"
MOST_LINES = 24  # of code to paste; report.json has it all the same
SENTENCES = ("", "likely", "credit", "cause", "topic")  # labels of facts; others are code or values
OWN_FAULT = (Status.FAILED, Status.ERRORED, Status.TIMED_OUT)


@dataclass(frozen=True)
class Group:
    """The outcomes of one function (or notebook) towards one question."""

    question: Question
    function: str
    outcomes: tuple[Outcome, ...]

    @property
    def score(self) -> float:
        return sum(outcome.score for outcome in self.outcomes)

    @property
    def maximum(self) -> float:
        return sum(outcome.check.points for outcome in self.outcomes)

    @property
    def told(self) -> tuple[Outcome, ...]:
        """What there is something to say about; what cost most comes first."""
        told = [o for o in self.outcomes if o.status is not Status.PASSED or o.follow_through]
        return tuple(sorted(told, key=lambda o: o.score - o.check.points))


def visible_to(report: Report, audience: str) -> Report:
    """The report for "staff", or for a "student": without what hidden checks would give away.

    A hidden check keeps its title, score and status: that something is wrong may be known, and
    where; with which input, and what was expected there, may not.
    """
    if audience == "staff":
        return report
    outcomes = tuple(
        o if o.check.visibility is Visibility.VISIBLE else _stripped(o) for o in report.outcomes
    )
    return replace(report, outcomes=outcomes)


def _stripped(outcome: Outcome) -> Outcome:
    told = HIDDEN if outcome.status is not Status.PASSED else ""
    return Outcome(outcome.check, outcome.status, outcome.credit, told, seconds=outcome.seconds)


def groups(report: Report) -> Iterator[Group]:
    """The outcomes by question and function, in the order of the assignment."""
    by_id = {question.id: question for question in report.assignment.questions}
    found: dict[tuple[str, str], list[Outcome]] = {}
    for question in by_id:
        for outcome in report.outcomes:
            if outcome.check.question == question:
                found.setdefault((question, outcome.check.function), []).append(outcome)
    for (question, function), outcomes in found.items():
        yield Group(by_id[question], function, tuple(outcomes))


def totals(report: Report, question: Question) -> tuple[float, float, float]:
    """Score, graded and pending points of a question."""
    graded = sum(item.points for item in report.assignment.items if item.question == question.id)
    return report.question_score(question), graded, report.pending(question)


def facts(outcome: Outcome) -> list[tuple[str, str]]:
    """What to say about an outcome that lost points: (label, text), a message without a label."""
    # What is wrong elsewhere and cost nothing here is told there.
    credited = bool(outcome.follow_through) and outcome.score == outcome.check.points
    found = [("", "" if credited else outcome.message), ("likely", outcome.diagnosis)]
    found += [("credit", outcome.follow_through), ("cause", _cause(outcome))]
    if outcome.status in OWN_FAULT and outcome.counterexample:
        found += _example(outcome)
    if outcome.status is Status.FAILED:
        found.append(("topic", outcome.check.topic))
    return [(label, clean(text)) for label, text in found if text]


def _cause(outcome: Outcome) -> str:
    named = outcome.root_cause in outcome.message or outcome.root_cause in outcome.follow_through
    return "" if named else f"{outcome.root_cause} is where to begin"


def _example(outcome: Outcome) -> Iterator[tuple[str, str]]:
    example = outcome.counterexample
    assert example is not None
    if example.code and example.code.count("\n") <= MOST_LINES:
        yield "try", example.code.rstrip()
    else:
        if example.calls:
            yield "called", example.calls[-1]
        yield from example.inputs.items()
    yield "got", example.got
    yield "expected", example.expected


def counts(report: Report) -> str:
    """How many checks ended how."""
    found = dict.fromkeys(Status, 0)
    for outcome in report.outcomes:
        found[outcome.status] += 1
    said = ", ".join(f"{n} {s.value.replace('_', ' ')}" for s, n in found.items() if n)
    return f"{len(report.outcomes)} checks: {said}"


def written(report: Report) -> str:
    """How many inline questions were answered; empty where none was asked."""
    if not report.answers:
        return ""
    answered = sum(bool(answer.text) for answer in report.answers)
    waiting = points(sum(answer.maximum for answer in report.answers))
    return f"Written answers: {answered} of {len(report.answers)}; {waiting} points await marking."


def words(report: Report) -> Sequence[str]:
    """Sentences about the run: isolation, notes; without a mark of any format."""
    missing = ", ".join(report.isolation.missing)
    without = f" (without {missing})" if missing else ""
    notes = sorted({note for outcome in report.outcomes for note in outcome.notes})
    return [
        f"Isolation: {report.isolation.level}{without}.",
        *(clean(note) for note in (*report.submission.notes, *notes, *report.notes)),
    ]


def points(value: float) -> str:
    """Points with at most two digits."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def clean(text: str) -> str:
    """Without control characters and lone surrogates: a submission steers no terminal or parser."""
    return "".join(c if c == "\n" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
