"""What the fences refuse, told so that a student understands it."""

from __future__ import annotations

import errno
import sys
from collections.abc import Mapping
from typing import Any

from .limits import SCRATCH_FILES

__all__ = ["explain"]

REFUSED = frozenset(
    (errno.EACCES, errno.EPERM, errno.EROFS, errno.EXDEV, errno.ENOSYS, errno.EAFNOSUPPORT)
)
OWN_FOLDER = "your code may only use its own folder, no network and no other program"


def explain(error: BaseException, limits: Mapping[str, Any]) -> str:
    """One clause that says which fence or limit is behind an exception; empty if none is."""
    if isinstance(error, ModuleNotFoundError):
        return _missing(error.name)
    if isinstance(error, MemoryError):
        return f"your code may use {limits['memory_mb']} MB of memory"
    if not isinstance(error, OSError):
        return ""
    if error.errno == errno.ENOMEM:
        return f"your code may use {limits['memory_mb']} MB of memory"
    if error.errno == errno.EFBIG:
        return f"a file may have {limits['file_mb']} MB"
    if error.errno == errno.ENOSPC:
        return f"your files may have {limits['file_mb'] * SCRATCH_FILES} MB together"
    if error.errno == errno.EAGAIN:
        return f"your code may run {limits['processes']} processes and threads"
    if error.errno == errno.EMFILE:
        return "your code may have 64 files open"
    # In a view of its own, what is not on the allow-list is not there at all.
    elsewhere = error.errno == errno.ENOENT and str(error.filename).startswith(("/", ".."))
    return OWN_FOLDER if elsewhere or error.errno in REFUSED else ""


def _missing(name: str | None) -> str:
    """Why a module cannot be imported, unless it is a misspelt one of Python's own."""
    top = (name or "").partition(".")[0]
    if not top or top in sys.stdlib_module_names or top in sys.modules:
        return ""
    return f"{top} is not available here: your code is graded with NumPy and its own files"
