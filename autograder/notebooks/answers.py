"""Inline questions: what stands in the notebooks, one page for whoever marks it, and the marks.

Marking is by question over all students, without names: an answer carries a code that only the
reports tell. Points come back as a CSV and go into the reports.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.errors import UsageError
from autograder.models import Answer, Question
from autograder.template.cells import PLACEHOLDER

__all__ = ["COLUMNS", "Mark", "code", "collect", "enter", "read_marks", "sheet"]

COLUMNS = ("code", "notebook", "question", "points", "maximum", "comment")
CODE = 8  # hex digits
LONGEST = 20_000  # characters of an answer


def collect(template: Any, texts: Sequence[str], question: Question) -> tuple[Answer, ...]:
    """The answers of one notebook, in the order of its template; each is worth the same."""
    asked = [
        cell.source
        for cell in template.cells
        if cell.cell_type == "markdown" and PLACEHOLDER in cell.source
    ]
    return tuple(
        Answer(
            question=question.id,
            notebook=question.file,
            number=number,
            prompt=prompt.replace(PLACEHOLDER, "").strip(),
            text=_cut(texts[number - 1]) if number <= len(texts) else "",
            maximum=question.inline / len(asked),
        )
        for number, prompt in enumerate(asked, 1)
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n\n…"


def code(report: Mapping[str, Any]) -> str:
    """What a submission is called while it is marked: its digests tell nobody a name.

    It begins with an s, because a spreadsheet takes 12345678 and 1e234567 for numbers. Answers have
    a part in it, because two who hand in the same code may have answered on their own.
    """
    submission = report["submission"]
    told = [submission["digest"], submission["name"]]
    told += [answer["text"] for answer in report.get("answers", ())]
    return "s" + hashlib.sha256("\0".join(told).encode()).hexdigest()[:CODE]


def sheet(reports: Iterable[Mapping[str, Any]]) -> str:
    """The CSV to fill in: one line for each answer that waits, by question, then by code."""
    lines = []
    for report in reports:
        for answer in report.get("answers", ()):
            if answer["points"] is None:
                row = (answer["notebook"], answer["number"], code(report))
                lines.append((row, answer["maximum"]))
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for (notebook, number, who), maximum in sorted(lines):
        writer.writerow((who, notebook, number, "", maximum, ""))
    return buffer.getvalue()


@dataclass(frozen=True)
class Mark:
    """One line of the CSV."""

    code: str
    notebook: str
    number: int
    points: float
    comment: str


def read_marks(text: str, name: str) -> list[Mark]:
    """The lines that have points; between columns spreadsheets put commas, semicolons or tabs.

    Raises:
        UsageError: a column is missing, or a line is not what it should be.
    """
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.DictReader(io.StringIO(text, newline=None), delimiter=delimiter)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise UsageError(f"{name}, line {reader.line_num + 1}: {error}") from error
    missing = {"code", "notebook", "question", "points"} - set(reader.fieldnames or ())
    if missing:
        raise UsageError(f"{name} has no column {', '.join(sorted(missing))}")
    marks: dict[tuple[str, str, int], Mark] = {}
    for line, row in rows:
        points = (row["points"] or "").strip().replace(",", ".")
        if not points:
            continue
        try:
            mark = Mark(
                (row["code"] or "").strip().lower(),
                (row["notebook"] or "").strip(),
                int(row["question"]),
                float(points),
                (row.get("comment") or "").strip(),
            )
        except (TypeError, ValueError) as error:
            raise UsageError(f"{name}, line {line}: question and points must be numbers") from error
        key = (mark.code, mark.notebook, mark.number)
        if marks.setdefault(key, mark) != mark:
            raise UsageError(f"{name}, line {line}: {mark.code} has other points for this already")
    return list(marks.values())


def enter(report: dict[str, Any], marks: Sequence[Mark]) -> int:
    """Put the marks for one report into it, and its sums right; return how many there were.

    Raises:
        UsageError: a mark is for no answer of the report, or is more than it can be worth.
    """
    own = [mark for mark in marks if mark.code == code(report)]
    answers = {(a["notebook"], a["number"]): a for a in report.get("answers", ())}
    for mark in own:
        answer = answers.get((mark.notebook, mark.number))
        where = f"{mark.notebook}, question {mark.number} of {mark.code}"
        if answer is None:
            raise UsageError(f"there is no {where}")
        if not 0 <= mark.points <= answer["maximum"] + 1e-9:
            raise UsageError(f"{where}: {mark.points:g} points of {answer['maximum']:g}")
        answer["points"], answer["comment"] = mark.points, mark.comment
    _sum_up(report)
    return len(own)


def _sum_up(report: dict[str, Any]) -> None:
    """Scores and what is pending, from the checks and the marked answers."""
    marked = [a for a in report.get("answers", ()) if a["points"] is not None]
    graded = report["checks"]
    for question in report["questions"]:
        of = [a for a in marked if a["question"] == question["id"]]
        earned = sum(c["score"] for c in graded if c["question"] == question["id"])
        question["score"] = round(earned + sum(a["points"] for a in of), 4)
        waiting = [
            a["maximum"]
            for a in report["answers"]
            if a["points"] is None and a["question"] == question["id"]
        ]
        question["awaiting_marking"] = round(sum(waiting), 4)
        question["pending"] = round(question["not_run"] + question["awaiting_marking"], 4)
    report["score"] = round(sum(question["score"] for question in report["questions"]), 4)
    report["graded_points"] = round(
        sum(check["points"] for check in graded) + sum(a["maximum"] for a in marked), 4
    )
