"""From the bytes of a notebook to its cells, whatever state they are in.

Only what is needed is kept: the kind, the source and the outputs of each cell. Metadata, ids and
the name of a kernel differ between Jupyter, Colab and editors, and mean nothing here.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
import nbformat

__all__ = ["NotebookError", "read"]

KINDS = ("code", "markdown", "raw")
HEAVY = 16 << 20  # bytes; beyond, outputs are left out before anything is held in memory
MOST_CELLS = 1000
LONGEST_CELL = 1 << 20  # characters


class NotebookError(Exception):
    """A notebook cannot be used; the message is a sentence for its author."""


class _Cell(msgspec.Struct):
    cell_type: str
    source: str | list[str] = ""


class _Light(msgspec.Struct):
    """A notebook without its outputs: the decoder skips what is not named here."""

    cells: list[_Cell]
    nbformat: int = 4


def read(content: bytes, name: str) -> Any:
    """An nbformat-4 notebook of plain cells.

    Args:
        content: the file.
        name: what to call it in messages.

    Raises:
        NotebookError: it is no notebook.
    """
    found = _parsed(content, name)
    if found.get("worksheets") and "cells" not in found:
        found = _upgraded(found, name)
    cells = found.get("cells")
    if not isinstance(cells, list):
        raise NotebookError(f"{name} has no cells: open it in Jupyter, save it and hand it in anew")
    if len(cells) > MOST_CELLS:
        raise NotebookError(
            f"{name} has {len(cells):,} cells, more than the {MOST_CELLS:,} allowed"
        )
    return nbformat.v4.new_notebook(cells=[_plain(cell) for cell in cells])


def _parsed(content: bytes, name: str) -> dict[str, Any]:
    again = "open it in Jupyter, save it and hand it in anew"
    if not content.strip():
        raise NotebookError(f"{name} is empty: {again}")
    try:
        if len(content) > HEAVY:
            light = msgspec.json.decode(content, type=_Light)
            return dict(msgspec.to_builtins(light))
        found = json.loads(content)
    except (ValueError, RecursionError, msgspec.DecodeError) as error:
        hint = "it holds the marks of a merge; " if b"<<<<<<<" in content else ""
        raise NotebookError(f"{name} is not valid JSON: {hint}{again} ({error})") from error
    if not isinstance(found, dict):
        raise NotebookError(f"{name} is not a notebook: {again}")
    return found


def _upgraded(found: dict[str, Any], name: str) -> dict[str, Any]:
    """A notebook of the format that Jupyter used until 2015."""
    try:
        return dict(nbformat.reads(json.dumps(found), as_version=4))
    except Exception as error:
        raise NotebookError(
            f"{name} has an old format that cannot be read: open it in Jupyter and save it"
        ) from error


def _plain(cell: Any) -> Any:
    if not isinstance(cell, dict):
        cell = {}
    kind = cell.get("cell_type")
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    source = source[:LONGEST_CELL] if isinstance(source, str) else ""
    if kind not in KINDS:
        kind = "raw"
    made = getattr(nbformat.v4, f"new_{kind}_cell")(source)
    if kind == "code" and isinstance(cell.get("outputs"), list):
        made.outputs = [nbformat.from_dict(o) for o in cell["outputs"] if isinstance(o, dict)]
    return made
