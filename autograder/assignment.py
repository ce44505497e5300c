"""The roster: every check with its points, whatever a submission contains.

Checks register themselves with `@check`; `load` multiplies their relative weights with the
points of `assignment.toml`.
"""

from __future__ import annotations

import fnmatch
import importlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from autograder.errors import AssignmentError, GraderError
from autograder.models import (
    Assignment,
    Check,
    Limits,
    NotebookLimits,
    NotebookSettings,
    Question,
    Visibility,
)
from autograder.settings import File, Notebooks, read

if TYPE_CHECKING:
    from autograder.strategies import Inputs

__all__ = ["check", "load"]

# In the order of the assignment, which is also the order in which functions build on each other.
TOPICS = (
    "fully_connected",
    "optimizers",
    "normalization",
    "dropout",
    "convolution",
    "nets",
    "convnet",
    "training",
)
# The keys of what students do not see, the strictest first.
KINDS = (Visibility.HIDDEN, Visibility.AFTER_PUBLISHED, Visibility.AFTER_DUE_DATE)
NOTEBOOK_LIMITS = tuple(field.name for field in fields(NotebookLimits))
_registry: dict[str, Check] = {}


def check(
    *,
    function: str,
    question: str,
    topic: str,
    inputs: Inputs,
    weight: float = 1.0,
    after: str | Iterable[str] = (),
    uses: Iterable[str] = (),
    examples: int = 6,
) -> Callable[[Callable[[Any, Any], None]], Callable[[Any, Any], None]]:
    """Register a check. Its docstring's first line is the title that students read.

    Args:
        function: the student function judged.
        question: id of the question that it counts towards.
        topic: the lecture topic to look at when it fails.
        inputs: what to draw for one case.
        weight: share among the checks of this function and question.
        after: functions that must be callable for this check to make sense.
        uses: functions that the judged one builds on: lent by the grader if they are broken.
        examples: how many cases to draw.

    Returns:
        A decorator that leaves the function as it is.
    """

    def register(body: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        home = body.__module__.rpartition(".")[2]
        identity = f"{home}.{function}.{body.__name__.removeprefix(function + '_')}"
        if identity in _registry:
            raise GraderError(f"two checks are called {identity}")
        title = (body.__doc__ or "").strip().splitlines()
        if not title:
            raise GraderError(f"the check {identity} has no docstring to be its title")
        _registry[identity] = Check(
            id=identity,
            title=title[0],
            function=function,
            topic=topic,
            question=question,
            weight=weight,
            after=(after,) if isinstance(after, str) else tuple(after),
            inputs=inputs,
            body=body,
            examples=examples,
            uses=tuple(uses),
        )
        return body

    return register


def load(path: Path | None = None) -> Assignment:
    """The assignment described by a TOML file, the bundled one by default.

    Raises:
        AssignmentError: the file is missing, malformed, or names what does not exist.
    """
    for topic in TOPICS:
        importlib.import_module(f"autograder.checks.{topic}")
    settings, where = read(path)
    points = _points(settings, where)
    _validate(settings, points, where)
    return Assignment(
        name=settings.name,
        questions=tuple(
            Question(q.id, q.title, sum(q.code.values()), q.notebook, q.inline, q.file)
            for q in settings.question
        ),
        checks=tuple(_with_points(points, settings)),
        limits=Limits(**msgspec.structs.asdict(settings.limits)),
        packages=settings.packages,
        follow_through=settings.follow_through,
        accuracy=msgspec.structs.asdict(settings.accuracy),
        cifar10=msgspec.structs.asdict(settings.cifar10),
        notebooks=_notebooks(settings.notebooks),
        leaderboard=settings.leaderboard,
        topics=settings.topics,
    )


def _notebooks(found: Notebooks) -> NotebookSettings:
    values = msgspec.structs.asdict(found)
    limits = NotebookLimits(**{key: values.pop(key) for key in NOTEBOOK_LIMITS})
    return NotebookSettings(limits, **values)


def _with_points(points: dict[tuple[str, str], float], settings: File) -> Iterable[Check]:
    weights: dict[tuple[str, str], float] = defaultdict(float)
    for one in _registry.values():
        weights[one.question, one.function] += one.weight
    # By topic, whichever module happened to be imported first.
    for one in sorted(_registry.values(), key=lambda c: TOPICS.index(c.id.partition(".")[0])):
        key = one.question, one.function
        kinds = (kind for kind in KINDS if _matches(one.id, getattr(settings, kind.value)))
        yield replace(
            one,
            points=points[key] * one.weight / weights[key],
            visibility=next(kinds, one.visibility),
        )


def _matches(identity: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(identity, pattern) for pattern in patterns)


def _points(settings: File, where: str) -> dict[tuple[str, str], float]:
    """The points of each (question, function); wrong numbers are told by their key."""
    found: dict[tuple[str, str], float] = {}
    ids: set[str] = set()
    for question in settings.question:
        if question.id in ids:
            raise AssignmentError(f"{where} has two questions with the id {question.id}")
        ids.add(question.id)
        for key in ("notebook", "inline"):
            _count(getattr(question, key), f"{key} of question {question.id}", where)
        for function, value in question.code.items():
            found[question.id, function] = _count(
                value, f"{function} in question {question.id}", where
            )
    _count(settings.follow_through, "follow_through", where)
    return found


def _count(value: Any, key: str, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise AssignmentError(f"{where}: {key} is {value!r}, but a number is needed")
    if not 0 <= value < float("inf"):
        raise AssignmentError(f"{where}: {key} is {value}, which is negative or infinite")
    return value


def _validate(settings: File, points: dict[tuple[str, str], float], where: str) -> None:
    checked = {(one.question, one.function) for one in _registry.values()}
    for question, function in sorted(points.keys() - checked):
        raise AssignmentError(
            f"{where} gives points to {function} in question {question}, which no check judges"
        )
    for question, function in sorted(checked - points.keys()):
        raise AssignmentError(
            f"{where} gives no points to {function} in question {question}; "
            "write 0 to check it without counting it"
        )
    ids = [one.id for one in _registry.values()]
    for pattern in (p for kind in KINDS for p in getattr(settings, kind.value)):
        if not fnmatch.filter(ids, pattern):
            raise AssignmentError(f"{where} hides {pattern!r}, which is no check's id")
    if settings.follow_through > 1:
        raise AssignmentError(f"{where}: follow_through is a share, from 0 to 1")
    limits = {f"limits.{k}": v for k, v in msgspec.structs.asdict(settings.limits).items()}
    notebooks = settings.notebooks
    limits |= {f"notebooks.{key}": getattr(notebooks, key) for key in NOTEBOOK_LIMITS}
    for name, value in limits.items():
        least = 0 if name == "notebooks.data_limit" else 1e-9
        if not least <= value < float("inf"):
            raise AssignmentError(f"{where}: {name} must be a positive number")
    if not 0 <= notebooks.changed_loss <= 1:
        raise AssignmentError(f"{where}: notebooks.changed_loss is a share, from 0 to 1")
    for name in ("accuracy", "cifar10"):
        for key, value in getattr(notebooks, name).items():
            if _count(value, key, f"{where}, notebooks.{name}") > 1:
                raise AssignmentError(f"{where}: notebooks.{name}.{key} is a share, from 0 to 1")
