"""Marked lines of a solved file, and what becomes of them in the student's copy.

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

from autograder.errors import GraderError

__all__ = ["END", "START", "Region", "regions", "student_source", "task", "uncommented"]

MARKER = re.compile(r"\s*### (BEGIN|END) (SOLUTION|STUDENT)\s*")
START = "############################  START OF YOUR CODE  ############################"
END = "#############################  END OF YOUR CODE  #############################"
# Remarks to our own linters, which mean nothing to a student: at the end of a line, or a line.
REMARK = re.compile(r"  # (noqa|type: ignore)\b.*$")
REMARK_LINE = re.compile(r"# (ruff|mypy): .*")


@dataclass(frozen=True)
class Region:
    """Marked lines; `first` and `last` are the indices of the two markers."""

    kind: str
    first: int
    last: int


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
    for region in regions(lines, name):
        made += _given(lines[position : region.first])
        position = region.last + 1
        inside = lines[region.first + 1 : region.last]
        if region.kind == "STUDENT":
            made += [uncommented(line, name) for line in inside]
            continue
        indent = _indent(lines[region.first])
        owner = _owner(tree, region.first + 1) if indent else ""
        words = list(task(inside))
        if owner:
            stub = f'{indent}raise NotImplementedError("{owner} is not implemented yet")'
            made += [indent + START, *words, stub, indent + END]
        elif words:
            made += [indent + START, *words, indent + END]
    made += _given(lines[position:])
    # Where a region is gone, its blank lines would remain.
    result = re.sub(r"\n{4,}", "\n\n\n", "\n".join(made)).rstrip()
    result += "\n" if result else ""
    _parse(result, f"the starter's copy of {name}")
    return result


def regions(lines: list[str], name: str) -> Iterator[Region]:
    """The marked regions of a file, in order; GraderError if markers do not pair up."""
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


def task(inside: list[str]) -> Iterator[str]:
    """The comment at the start of a region, if it is a task for the student."""
    if not inside or not inside[0].lstrip().startswith("# TODO"):
        return
    for line in inside:
        if not line.lstrip().startswith("#"):
            return
        yield line


def uncommented(line: str, name: str) -> str:
    """A line of a STUDENT region as the student has it; GraderError if it is no comment."""
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
