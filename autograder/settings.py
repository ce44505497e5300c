"""The tables and keys of assignment.toml, and what is said of a mistake in one.

The bundled `assignment.toml` has every key with a remark; `docs/assignment.md` is made of it.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import msgspec

from autograder.errors import AssignmentError
from autograder.models import Limits, NotebookLimits, NotebookSettings

__all__ = ["Bars", "File", "LimitSettings", "Notebooks", "QuestionTable", "bundled", "read"]


class LimitSettings(msgspec.Struct, forbid_unknown_fields=True):
    """[limits]: what one submission may use."""

    call_seconds: float = Limits.call_seconds
    check_seconds: float = Limits.check_seconds
    submission_seconds: float = Limits.submission_seconds
    wall_factor: float = Limits.wall_factor
    memory_mb: int = Limits.memory_mb
    processes: int = Limits.processes
    file_mb: int = Limits.file_mb


class Bars(msgspec.Struct, forbid_unknown_fields=True):
    """[accuracy] and [cifar10]: bars of the training checks."""

    fully_connected: float
    convnet: float


class Notebooks(msgspec.Struct, forbid_unknown_fields=True):
    """[notebooks]: how notebooks are run and judged."""

    accuracy: dict[str, Any] = {}  # numbers, one for each result; the bundled file has the others
    cifar10: dict[str, Any] = {}
    cell_seconds: float = NotebookLimits.cell_seconds
    notebook_seconds: float = NotebookLimits.notebook_seconds
    memory_mb: int = NotebookLimits.memory_mb
    output_kb: int = NotebookLimits.output_kb
    data_limit: int = NotebookLimits.data_limit
    changed: Literal["note", "review", "lose"] = "note"
    changed_loss: float = NotebookSettings.changed_loss


class QuestionTable(msgspec.Struct, forbid_unknown_fields=True):
    """[[question]]: a line of the score table, with the points of its functions."""

    id: str
    title: str
    file: str = ""
    notebook: float = 0.0
    inline: float = 0.0
    code: dict[str, Any] = {}  # numbers; the assignment tells which one is none


class File(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file."""

    name: str
    question: list[QuestionTable]
    accuracy: Bars
    cifar10: Bars
    notebooks: Notebooks = msgspec.field(default_factory=Notebooks)
    packages: tuple[str, ...] = ("numpy",)
    follow_through: float = 1.0
    hidden: list[str] = []
    after_due_date: list[str] = []
    after_published: list[str] = []
    leaderboard: bool = False
    topics: dict[str, str] = {}  # the bundled file has the others
    limits: LimitSettings = msgspec.field(default_factory=LimitSettings)


TABLES: dict[str, type[msgspec.Struct]] = {
    "": File,
    "limits": LimitSettings,
    "notebooks": Notebooks,
    "accuracy": Bars,
    "cifar10": Bars,
    "question": QuestionTable,
}
UNKNOWN = re.compile(r"unknown field `([^`]*)`(?: - at `\$([^`]*)`)?")
PLACE = re.compile(r" - at `\$([^`]*)`")


def bundled() -> bytes:
    """The assignment.toml that comes with this package."""
    return resources.files("autograder").joinpath("assignment.toml").read_bytes()


def read(path: Path | None) -> tuple[File, str]:
    """The settings in a file, the bundled one by default, and what to call it in messages.

    Raises:
        AssignmentError: it cannot be read, or is not what it should be; with the line.
    """
    where = str(path) if path else "the bundled assignment.toml"
    try:
        content = path.read_bytes() if path else bundled()
    except OSError as error:
        raise AssignmentError(f"cannot read {where}: {error.strerror}") from error
    try:
        settings = msgspec.toml.decode(content, type=File)
    except msgspec.ValidationError as error:
        told = _explained(str(error), content.decode())
        raise AssignmentError(f"{where} is not valid: {told}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AssignmentError(f"{where} is not valid: {error}") from error
    _fill_bars(settings.notebooks, where)
    _fill_topics(settings, where)
    return settings, where


def _fill_topics(settings: File, where: str) -> None:
    """Pages that a file does not name are those of the bundled one.

    Raises:
        AssignmentError: a topic has no check, or an address is none of the web's.
    """
    own: dict[str, str] = tomllib.loads(bundled().decode())["topics"]
    for topic, address in settings.topics.items():
        if topic not in own:
            raise AssignmentError(
                f"{where}: [topics] has {topic!r}, of which there is no check{_nearest(topic, own)}"
            )
        if not address.startswith(("https://", "http://")):
            raise AssignmentError(f"{where}: the page of {topic!r} must begin with https://")
    settings.topics = own | settings.topics


def _fill_bars(found: Notebooks, where: str) -> None:
    """Bars that a file does not name are those of the bundled one.

    Raises:
        AssignmentError: it names one that no result has.
    """
    own = tomllib.loads(bundled().decode())["notebooks"]
    for table in ("accuracy", "cifar10"):
        bars: dict[str, Any] = getattr(found, table)
        for name in bars:
            if name not in own[table]:
                raise AssignmentError(
                    f"{where}: notebooks.{table} has {name}, which no result of a notebook is "
                    f"called{_nearest(name, own[table])}"
                )
        setattr(found, table, own[table] | bars)


def _explained(message: str, text: str) -> str:
    """A message of msgspec with the line, and with the key that was probably meant."""
    unknown = UNKNOWN.search(message)
    if unknown:
        name, place = unknown[1], unknown[2] or ""
        table = place.strip(".").partition("[")[0].partition(".")[0]
        known = TABLES.get(table, File).__struct_fields__
        inside = f" in [{table}]" if table else ""
        return f"there is no key {name}{inside}{_nearest(name, known)}{_line(name, text, table)}"
    place_found = PLACE.search(message)
    if place_found:
        key = place_found[1].rpartition(".")[2].partition("[")[0]
        said = PLACE.sub("", message)
        path = place_found[1].strip(".")
        table = path.partition("[")[0].rpartition(".")[0]
        return f"{path}: {said[0].lower()}{said[1:]}{_line(key, text, table)}"
    return message


def _nearest(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; {near[0] if near[0].isidentifier() else repr(near[0])} is meant?" if near else ""


def _line(key: str, text: str, table: str = "") -> str:
    """Where a key of a table is set, or its own table begins, if it is."""
    pattern = re.compile(rf"^\s*(\[+{re.escape(key)}\]+|{re.escape(key)}\s*=)")
    inside = not table
    for number, line in enumerate(text.splitlines(), 1):
        inside = inside or line.strip().startswith((f"[{table}]", f"[[{table}]]"))
        if inside and pattern.match(line):
            return f" (line {number})"
    return ""
