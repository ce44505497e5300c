"""The report as JSON: the contract with every other program. `docs/report.md` describes it."""

from __future__ import annotations

import json
from typing import Any

from autograder.models import Answer, NotebookReport, Outcome, Question, Report

__all__ = ["SCHEMA", "render", "to_dict"]

SCHEMA = 1


def render(report: Report) -> str:
    """The report as indented JSON, keys in a fixed order, ending in a newline."""
    return json.dumps(to_dict(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_dict(report: Report) -> dict[str, Any]:
    """The report as plain values."""
    submission = report.submission
    return {
        "schema": SCHEMA,
        "assignment": report.assignment.name,
        "submission": {
            "name": _text(submission.name),
            "digest": submission.digest,
            "files": {_text(home): _text(found) for home, found in submission.origins.items()},
            "notes": [_text(note) for note in submission.notes],
        },
        "score": _points(report.score),
        "graded_points": _points(report.assignment.graded_points),
        "max_score": _points(report.assignment.max_score),
        # Also what is written in between: a run that was killed has no score to believe.
        "status": "needs_regrade" if report.needs_regrade or _unfinished(report) else "graded",
        "questions": [_question(report, question) for question in report.assignment.questions],
        "isolation": {
            "level": report.isolation.level,
            "layers": list(report.isolation.layers),
            "missing": list(report.isolation.missing),
        },
        "checks": [_check(outcome) for outcome in report.outcomes],
        "notebooks": [_notebook(notebook) for notebook in report.notebooks],
        "answers": [_answer(answer) for answer in report.answers],
        "review": [_text(why) for why in report.review],
        "seconds": round(report.seconds, 3),
        "speed": {function: float(f"{times:.2g}") for function, times in report.speed.items()},
        "versions": dict(report.versions),
        "notes": list(report.notes),
    }


def _unfinished(report: Report) -> bool:
    return len(report.outcomes) < len(report.assignment.items)


def _question(report: Report, question: Question) -> dict[str, Any]:
    waiting = sum(a.maximum for a in report.answers if a.question == question.id)
    return {
        "id": question.id,
        "title": question.title,
        "points": _points(question.points),
        "score": _points(report.question_score(question)),
        "pending": _points(report.pending(question)),
        # Of what is pending: a human marks the one, a run of the notebook gives the other.
        "awaiting_marking": _points(waiting),
        "not_run": _points(report.pending(question) - waiting),
    }


def _notebook(notebook: NotebookReport) -> dict[str, Any]:
    return {
        "name": notebook.name,
        "question": notebook.question,
        "trouble": _text(notebook.trouble),
        "cells": [
            {
                "index": cell.index,
                "status": cell.status.value,
                "message": _text(cell.message),
                "seconds": round(cell.seconds, 2),
            }
            for cell in notebook.cells
        ],
        "changes": [
            {"kind": change.kind, "cell": change.index, "diff": _text(change.diff)}
            for change in notebook.changes
        ],
        "notes": [_text(note) for note in notebook.notes],
        "review": [_text(why) for why in notebook.review],
        "seconds": round(notebook.seconds, 2),
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "question": answer.question,
        "notebook": answer.notebook,
        "number": answer.number,
        "prompt": answer.prompt,
        "text": _text(answer.text),
        "maximum": round(answer.maximum, 6),  # a third of a point stays one in a sum
        "points": None,  # until `autograder notebook marks` enters them
        "comment": "",
    }


def _check(outcome: Outcome) -> dict[str, Any]:
    check, example = outcome.check, outcome.counterexample
    return {
        "id": check.id,
        "function": check.function,
        "title": check.title,
        "topic": check.topic,
        "question": check.question,
        "points": _points(check.points),
        "score": _points(outcome.score),
        "status": outcome.status.value,
        "visibility": check.visibility.value,
        "message": _text(outcome.message),
        "counterexample": example
        and {
            "calls": [_text(call) for call in example.calls],
            "inputs": {_text(name): _text(value) for name, value in example.inputs.items()},
            "got": _text(example.got),
            "expected": _text(example.expected),
            "code": _text(example.code),
            "errors": list(example.errors),
        },
        "diagnosis": _text(outcome.diagnosis),
        "root_cause": _text(outcome.root_cause),
        "follow_through": _text(outcome.follow_through),
        "notes": [_text(note) for note in outcome.notes],
        "curves": {name: list(values) for name, values in outcome.curves.items()},
        "filters": [list(rows) for rows in outcome.filters],
        "measures": {name: round(value, 6) for name, value in outcome.measures.items()},
        "seconds": round(outcome.seconds, 3),
    }


def _points(value: float) -> float:
    return round(value, 4)


def _text(value: str) -> str:
    """Text that may come from a submission, fit for JSON in UTF-8 (no lone surrogates)."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")
