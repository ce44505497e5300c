"""Notebooks as text and back: `reference/notebooks/X.py`, in jupytext's percent format.

The markers of `regions` work in cells too. A cell is no function, so nothing raises in place of a
solution: a region with a task leaves its place, one without a task vanishes. In a markdown cell
the solution is a model answer, and the student gets a placeholder.

jupytext and nbformat come with the `notebooks` extra and are imported when they are needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from autograder.errors import GraderError
from autograder.template.regions import END, START, regions, task, uncommented

__all__ = ["PLACEHOLDER", "solved_notebook", "student_notebook"]

PLACEHOLDER = "[FILL THIS IN]"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def student_notebook(text: str, name: str) -> bytes:
    """The notebook that students get, without solutions and outputs; the same bytes every time.

    Args:
        text: the solved notebook in percent format.
        name: what to call it in messages.

    Raises:
        GraderError: markers do not pair up, or jupytext is not installed.
    """
    return _written(_convert(text, name, _student))


def solved_notebook(text: str, name: str) -> bytes:
    """The same notebook with its solutions, for tests and for an instructor to run."""
    return _written(_convert(text, name, _solved))


def _convert(text: str, name: str, rewrite: Callable[[str, bool, str], str]) -> Any:
    try:
        import jupytext  # noqa: PLC0415  heavy, and only instructors need it
        import nbformat  # noqa: PLC0415  as above
    except ImportError as error:
        raise GraderError(
            "notebooks need jupytext and nbformat: pip install 'dlgrader[notebooks]'"
        ) from error
    source = jupytext.reads(text, fmt="py:percent")
    made = nbformat.v4.new_notebook(metadata={"kernelspec": KERNEL})
    taken: set[str] = set()
    for number, cell in enumerate(source.cells, 1):
        code = cell.cell_type == "code"
        written = rewrite(cell.source, code, f"{name}, cell {number}")
        new = nbformat.v4.new_code_cell if code else nbformat.v4.new_markdown_cell
        made.cells.append(new(written, metadata=dict(cell.metadata), id=_id(written, taken)))
    return made


def _id(written: str, taken: set[str]) -> str:
    """A cell's id comes from its text, so that only a cell that changes gets another one."""
    found = hashlib.sha256(written.encode()).hexdigest()[:8]
    while found in taken:
        found = hashlib.sha256(found.encode()).hexdigest()[:8]
    taken.add(found)
    return found


def _written(notebook: Any) -> bytes:
    import nbformat  # noqa: PLC0415  see above

    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)).encode() + b"\n"


def _student(source: str, code: bool, name: str) -> str:
    made: list[str] = []
    for kind, lines in _parts(source, name):
        if kind == "GIVEN":
            made += lines
        elif kind == "STUDENT":
            made += [uncommented(line, name) for line in lines]
        elif not code:
            made.append(PLACEHOLDER)
        elif words := list(task(lines)):
            indent = words[0][: len(words[0]) - len(words[0].lstrip())]
            made += [indent + START, *words, "", indent + END]
    return "\n".join(made).strip("\n")


def _solved(source: str, code: bool, name: str) -> str:
    """As a student would hand it in: a solution stands between the lines that mark its place."""
    made: list[str] = []
    for kind, lines in _parts(source, name):
        marked = kind == "SOLUTION" and code and list(task(lines))
        if kind != "STUDENT":
            made += [START, *lines, END] if marked else lines
    return "\n".join(made)


def _parts(source: str, name: str) -> Iterator[tuple[str, list[str]]]:
    """(GIVEN, SOLUTION or STUDENT, its lines) in order, without the markers."""
    lines = source.splitlines()
    position = 0
    for region in regions(lines, name):
        yield "GIVEN", lines[position : region.first]
        yield region.kind, lines[region.first + 1 : region.last]
        position = region.last + 1
    yield "GIVEN", lines[position:]
