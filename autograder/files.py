"""Writing files that somebody may be reading."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.models import CellRun

__all__ = ["write_notebook", "write_whole"]


def write_whole(target: Path, text: str) -> None:
    """Replace a file in one step, so that a reader never sees half of it."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    mask = os.umask(0)  # there is no other way to ask for it
    os.umask(mask)
    Path(name).chmod(0o666 & ~mask)
    Path(name).replace(target)


def write_notebook(folder: Path, name: str, notebook: Any, cells: Sequence[CellRun]) -> None:
    """Write a notebook as .ipynb and as a page that says how its cells ended."""
    import nbformat  # noqa: PLC0415  Jupyter is heavy

    from autograder.notebooks import page  # noqa: PLC0415  as above

    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / f"{name}.ipynb", nbformat.writes(notebook) + "\n")
    write_whole(folder / f"{name}.html", page.notebook(name, notebook.cells, cells))
