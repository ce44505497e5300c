"""From the bytes of a notebook to its cells, whatever state they are in.

Only what is needed is kept: the kind, the source and the outputs of each cell, and of outputs what
a page can show. Metadata, ids and the name of a kernel differ between Jupyter, Colab and editors,
and mean nothing here.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import nbformat

__all__ = ["NotebookError", "read"]

KINDS = ("code", "markdown", "raw")
SHOWN = ("image/png", "image/jpeg", "text/plain")
HEAVY = 16 << 20  # bytes; beyond, long outputs are left out before anything is held in memory
MOST_CELLS = 1000
LONGEST_CELL = 1 << 20  # characters
MOST_CODE = 4 << 20  # characters in all code cells together
AGAIN = "open it in Jupyter, save it and hand it in anew"
# Colab puts pictures into the text of a cell, megabytes each.
PICTURE = re.compile(r"data:image/[\w.+-]+;base64,[A-Za-z0-9+/=]*")
NOT_A_NUMBER = re.compile(rb'("(?:[^"\\]|\\.)*+")|-?\b(?:NaN|Infinity)\b')


class NotebookError(Exception):
    """A notebook cannot be used; the message is a sentence for its author."""


class _Cell(msgspec.Struct):
    cell_type: str = ""
    source: str | list[str] = ""
    outputs: msgspec.Raw = msgspec.Raw(b"[]")


class _Light(msgspec.Struct):
    """A notebook whose outputs are still bytes; the decoder skips what is not named here."""

    cells: list[_Cell] | None = None


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
        raise NotebookError(f"{name} has no cells: {AGAIN}")
    if len(cells) > MOST_CELLS:
        raise NotebookError(
            f"{name} has {len(cells):,} cells, more than the {MOST_CELLS:,} allowed"
        )
    plain = [_plain(cell) for cell in cells]
    written = sum(len(cell.source) for cell in plain if cell.cell_type == "code")
    if written > MOST_CODE:
        raise NotebookError(
            f"{name} has {written:,} characters of code, more than the {MOST_CODE:,} allowed"
        )
    return nbformat.v4.new_notebook(cells=plain)


def _parsed(content: bytes, name: str) -> dict[str, Any]:
    if not content or content.isspace():
        raise NotebookError(f"{name} is empty: {AGAIN}")
    try:
        found = _light(content) if len(content) > HEAVY else json.loads(content)
    except msgspec.ValidationError as error:
        raise NotebookError(f"{name} is not a notebook: {AGAIN} ({error})") from error
    except (ValueError, RecursionError, msgspec.DecodeError) as error:
        hint = "it holds the marks of a merge, settle that first; " if b"<<<<<<<" in content else ""
        raise NotebookError(f"{name} is not valid JSON: {hint}{AGAIN} ({error})") from error
    if not isinstance(found, dict):
        raise NotebookError(f"{name} is not a notebook: {AGAIN}")
    return found


def _light(content: bytes) -> dict[str, Any]:
    """A large notebook, of which short outputs are kept, HEAVY in all at most."""
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        found = msgspec.json.decode(content, type=_Light)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:  # Python's own JSON also has NaN
        content = NOT_A_NUMBER.sub(lambda found: found[1] or b"null", content)
        found = msgspec.json.decode(content, type=_Light)
    if found.cells is None or len(found.cells) > MOST_CELLS:
        return {"cells": found.cells}
    return {
        "cells": [
            {
                "cell_type": cell.cell_type,
                "source": cell.source,
                "outputs": json.loads(bytes(cell.outputs))
                if len(memoryview(cell.outputs)) <= HEAVY // MOST_CELLS
                else [],
            }
            for cell in found.cells
        ]
    }


def _upgraded(found: dict[str, Any], name: str) -> dict[str, Any]:
    """A notebook of the format that Jupyter used until 2015."""
    try:
        return dict(nbformat.reads(json.dumps(found), as_version=4))
    except Exception as error:
        raise NotebookError(
            f"{name} has an old format that cannot be read: open it in Jupyter and save it"
        ) from error


def _plain(cell: Any) -> Any:
    cell = cell if isinstance(cell, dict) else {}
    kind = cell.get("cell_type")
    if kind not in KINDS:
        kind = "raw"
    source = _text(cell.get("source"))
    if kind == "markdown":
        source = PICTURE.sub("embedded picture", source)
    made = getattr(nbformat.v4, f"new_{kind}_cell")(source[:LONGEST_CELL])
    if kind == "code":
        made.outputs = list(_outputs(cell.get("outputs")))
    return made


def _outputs(found: Any) -> Iterator[Any]:
    """The outputs of a cell that a page can show, in order."""
    for output in found if isinstance(found, list) else ():
        kind = output.get("output_type") if isinstance(output, dict) else None
        if kind == "stream":
            name = "stderr" if output.get("name") == "stderr" else "stdout"
            yield _node(output_type=kind, name=name, text=_text(output.get("text")))
        elif kind == "error":
            told = {key: _text(output.get(key)) for key in ("ename", "evalue")}
            lines = output.get("traceback")
            traceback = list(map(_text, lines)) if isinstance(lines, list) else []
            yield _node(output_type=kind, traceback=traceback, **told)
        elif kind in ("display_data", "execute_result"):
            data = output.get("data")
            data = data if isinstance(data, dict) else {}
            kept = {key: _text(data[key]) for key in SHOWN if key in data}
            yield _node(output_type="display_data", data=kept, metadata={})


def _node(**values: Any) -> Any:
    return nbformat.from_dict(values)


def _text(value: Any) -> str:
    """Text, or lines of it, as any UTF-8 file can hold it; of anything else nothing."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    if not isinstance(value, str):
        return ""
    return value.replace("\r\n", "\n").encode("utf-8", "replace").decode()
