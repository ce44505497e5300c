"""The student's starter, made from the solved assignment.

`reference/X` becomes `student_template/cs231n/X`, path for path, with three kinds of marked lines:

    ### BEGIN SOLUTION        inside a function: replaced by a stub that raises
    # TODO: what to write     NotImplementedError and keeps the task text;
    ...                       outside of functions: removed, an own place is left
    ### END SOLUTION          where there was a task text

    ### BEGIN STUDENT         lines that only the student's file has, as comments
    # from ..layers import *
    ### END STUDENT
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import GraderError

__all__ = ["build", "stale", "student_source", "write"]

REFERENCE = Path(__file__).parent.parent / "reference"
PACKAGE = "cs231n"
# What students get. The Cython and GPU paths of the reference stay with the course.
FILES = (
    "__init__.py",
    "classifiers/__init__.py",
    "classifiers/cnn.py",
    "classifiers/fc_net.py",
    "data_utils.py",
    "devices.py",
    "fast_layers.py",
    "gradient_check.py",
    "layer_utils.py",
    "layers.py",
    "optim.py",
    "solver.py",
    "vis_utils.py",
)
MARKER = re.compile(r"\s*### (BEGIN|END) (SOLUTION|STUDENT)\s*")
START = "############################  START OF YOUR CODE  ############################"
END = "#############################  END OF YOUR CODE  #############################"
# Remarks to our own linters, which mean nothing to a student: at the end of a line, or a line.
REMARK = re.compile(r"  # (noqa|type: ignore)\b.*$")
REMARK_LINE = re.compile(r"# (ruff|mypy): .*")
# The reference says of itself that it is the solution; the starter is something else.
OWN = {
    "__init__.py": '"""The assignment: layers, optimizers, nets to write, and what runs them."""\n'
}


@dataclass(frozen=True)
class Region:
    """Marked lines; `first` and `last` are the indices of the two markers."""

    kind: str
    first: int
    last: int


def build(reference: Path = REFERENCE) -> dict[str, bytes]:
    """The whole starter, path -> content.

    Raises:
        GraderError: a file is missing, its markers do not pair up, or the result is no Python.
    """
    built = {}
    for name in FILES:
        try:
            source = (reference / name).read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise GraderError(f"the reference has no {name}, which the starter needs") from error
        made = student_source(source, f"{reference.name}/{name}")
        built[f"{PACKAGE}/{name}"] = OWN.get(name, made).encode()
    return built


def write(folder: Path, reference: Path = REFERENCE) -> None:
    """Write the starter below a folder; files that do not belong to it are left alone."""
    for name, content in build(reference).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def stale(folder: Path, reference: Path = REFERENCE) -> list[str]:
    """The paths below a folder that differ from what `write` would put there, sorted."""
    fresh = build(reference)
    present = {
        path.relative_to(folder).as_posix(): path.read_bytes().replace(b"\r\n", b"\n")
        for path in (folder / PACKAGE).rglob("*.py")
    }
    return sorted(n for n in fresh.keys() | present.keys() if fresh.get(n) != present.get(n))


def student_source(source: str, name: str) -> str:
    """One file of the starter out of the solved one.

    Args:
        source: the solved file.
        name: what to call it in messages.

    Raises:
        GraderError: markers do not pair up, or the result is no Python.
    """
    lines = source.splitlines()
    tree = _parse(source, name)
    made: list[str] = []
    position = 0
    for region in _regions(lines, name):
        made += _given(lines[position : region.first])
        position = region.last + 1
        inside = lines[region.first + 1 : region.last]
        if region.kind == "STUDENT":
            made += [_uncommented(line, name) for line in inside]
            continue
        indent = _indent(lines[region.first])
        owner = _owner(tree, region.first + 1) if indent else ""
        task = list(_task(inside))
        if owner:
            stub = f'{indent}raise NotImplementedError("{owner} is not implemented yet")'
            made += [indent + START, *task, stub, indent + END]
        elif task:
            made += [indent + START, *task, indent + END]
    made += _given(lines[position:])
    # Where a region is gone, its blank lines would remain.
    result = re.sub(r"\n{4,}", "\n\n\n", "\n".join(made)).rstrip()
    result += "\n" if result else ""
    _parse(result, f"the starter's copy of {name}")
    return result


def _regions(lines: list[str], name: str) -> Iterator[Region]:
    start, kind = -1, ""
    for index, line in enumerate(lines):
        marker = MARKER.fullmatch(line)
        if marker is None:
            continue
        word, this = marker.groups()
        if word == "BEGIN":
            if kind:
                raise GraderError(f"{name}, line {index + 1}: BEGIN inside of BEGIN {kind}")
            start, kind = index, this
        elif this != kind:
            raise GraderError(f"{name}, line {index + 1}: END {this} without its BEGIN")
        else:
            yield Region(kind, start, index)
            kind = ""
    if kind:
        raise GraderError(f"{name}, line {start + 1}: BEGIN {kind} has no END")


def _owner(tree: ast.Module, line: int) -> str:
    """What to call the function around a line: `f`, `Class.method`, or `Class` for __init__."""
    for outer in tree.body:
        if not (isinstance(outer, ast.FunctionDef | ast.ClassDef) and _spans(outer, line)):
            continue
        if isinstance(outer, ast.FunctionDef):
            return outer.name
        for inner in outer.body:
            if isinstance(inner, ast.FunctionDef) and _spans(inner, line):
                method = "" if inner.name == "__init__" else f".{inner.name}"
                return outer.name + method
    return ""


def _spans(node: ast.stmt, line: int) -> bool:
    return node.lineno < line <= (node.end_lineno or node.lineno)


def _task(inside: list[str]) -> Iterator[str]:
    """The comment at the start of a region, if it is a task for the student."""
    if not inside or not inside[0].lstrip().startswith("# TODO"):
        return
    for line in inside:
        if not line.lstrip().startswith("#"):
            return
        yield line


def _uncommented(line: str, name: str) -> str:
    text = line.lstrip()
    if text and not text.startswith("#"):
        raise GraderError(f"{name}: {text!r} in a STUDENT region is not a comment")
    return (_indent(line) + text.removeprefix("#").removeprefix(" ")).rstrip()


def _given(lines: list[str]) -> list[str]:
    return [REMARK.sub("", line) for line in lines if not REMARK_LINE.fullmatch(line)]


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _parse(source: str, name: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise GraderError(f"{name}, line {error.lineno}: {error.msg}") from error
