"""The report as JUnit XML, which every system of continuous integration reads.

One suite per question, one case per check: what is wrong is a failure, what raised or ran out of
time an error, what could not be judged is skipped.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from autograder.models import Outcome, Report, Status
from autograder.reports.story import clean, facts, points

__all__ = ["render"]

FAILURES = (Status.FAILED, Status.PARTIAL, Status.MISSING)
ERRORS = (Status.ERRORED, Status.TIMED_OUT, Status.BROKEN)
# What XML 1.0 cannot hold, however it is escaped.
UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """The report as one document."""
    root = ET.Element("testsuites", name=_text(report.assignment.name))
    for question in report.assignment.questions:
        outcomes = [o for o in report.outcomes if o.check.question == question.id]
        if outcomes:
            root.append(_suite(question.title, outcomes))
    _count(root, report.outcomes)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(title: str, outcomes: list[Outcome]) -> ET.Element:
    suite = ET.Element("testsuite", name=_text(title))
    _count(suite, outcomes)
    for outcome in outcomes:
        check = outcome.check
        name = f"{check.id.rpartition('.')[2]}: {check.title}"
        case = ET.SubElement(
            suite,
            "testcase",
            classname=_text(check.function),
            name=_text(name),
            time=f"{outcome.seconds:.3f}",
        )
        kind = _kind(outcome)
        if kind:
            score = f"{points(outcome.score)} of {points(check.points)} points"
            message = _text(f"{score}: {outcome.message or outcome.follow_through}")
            said = ET.SubElement(case, kind, message=message)
            if kind != "skipped":
                said.set("type", outcome.status.value)
            said.text = _text("\n".join(f"{k}: {v}".removeprefix(": ") for k, v in facts(outcome)))
    return suite


def _kind(outcome: Outcome) -> str:
    if outcome.status in FAILURES:
        return "failure"
    if outcome.status in ERRORS:
        return "error"
    return "skipped" if outcome.status is Status.SKIPPED else ""


def _count(element: ET.Element, outcomes: list[Outcome] | tuple[Outcome, ...]) -> None:
    kinds = [_kind(outcome) for outcome in outcomes]
    element.set("tests", str(len(kinds)))
    for kind, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        element.set(name, str(kinds.count(kind)))
    element.set("time", f"{sum(outcome.seconds for outcome in outcomes):.3f}")


def _text(text: str) -> str:
    return UNFIT.sub("\N{REPLACEMENT CHARACTER}", clean(text))
