"""Writing files that somebody may be reading."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(target: Path, text: str) -> None:
    """Replace a file in one step, so that a reader never sees half of it."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    mask = os.umask(0)  # there is no other way to ask for it
    os.umask(mask)
    Path(name).chmod(0o666 & ~mask)
    Path(name).replace(target)
