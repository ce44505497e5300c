"""User numbers for workers, each used by one worker on this machine at a time.

A lease is a file that only its holder could create, in a folder that only root may enter. One
that a killed grader left behind is not used again before the next boot: somebody may still run
under its number.
"""

from __future__ import annotations

import contextlib
import os
import random
import stat
from collections.abc import Iterator
from pathlib import Path

from autograder.errors import GraderError
from autograder.sandbox.worker import uid

__all__ = ["FOLDERS", "lease"]

FOLDERS = (Path("/run/autograder-users"), Path("/var/tmp/autograder-users"))  # noqa: S108  created for root alone, and checked


@contextlib.contextmanager
def lease() -> Iterator[int]:
    """A number for one worker.

    Raises:
        GraderError: none is free, or there is no place to note it.
    """
    folder = _folder()
    numbers = range(uid.FIRST, uid.LAST + 1)
    start = random.randrange(len(numbers))  # noqa: S311  spreads leases; no secret
    for index in range(len(numbers)):
        number = numbers[(start + index) % len(numbers)]
        note = folder / str(number)
        try:
            os.close(os.open(note, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            continue
        try:
            yield number
        finally:
            note.unlink(missing_ok=True)
        return
    raise GraderError(f"no user number is free: empty {folder} when nothing is being graded")


def _folder() -> Path:
    for folder in FOLDERS:
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
        except OSError:
            continue
        if stat.S_ISDIR(found.st_mode) and found.st_uid == 0 and not found.st_mode & 0o077:
            return folder
    raise GraderError(f"cannot note which users workers run as: {FOLDERS[0]} is not writable")
