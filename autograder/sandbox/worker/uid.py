"""A user of its own: when the grader is root, each worker runs as a user that nobody else is.

The number is leased by the grader (`sandbox/leases.py`), so that no two workers on a machine
share it. What a worker leaves running dies by `kill(-1)` under that user, which the kernel
delivers to every process of the user in one step, however fast they fork.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import allowed, kernel, landlock, limits

__all__ = [
    "FIRST",
    "LAST",
    "NAME",
    "PROTECTS",
    "apply",
    "available",
    "closed",
    "kill_all",
    "passes",
]

NAME = "user"
PROTECTS = "files and processes of everybody else on this machine"

# Above what distributions give to people and services, below `nobody`. Every worker has a second
# number, OFFSET higher, under which its processes are killed and nothing else ever runs.
FIRST, LAST = 61000, 62999
OFFSET = 2000

CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, KILL, SETGID, SETUID = 0, 1, 2, 5, 6, 7
PR_SET_KEEPCAPS = 8


def available(settings: Mapping[str, Any]) -> str | None:
    """Why not, and how to get it; None if it works here."""
    if not kernel.LINUX:
        return "needs Linux"
    if os.geteuid() != 0:
        return "only root can give every worker a user of its own"
    if not all(kernel.effective(one) for one in (CHOWN, KILL, SETGID, SETUID)):
        return "this root lacks capabilities: allow CHOWN, KILL, SETGID and SETUID"
    shut = closed(settings)
    if shut and "landlock" not in settings["active"]:
        return f"the worker could not read Python: {shut} is closed to other users"
    if shut and not passes():
        return f"{shut} is closed to other users, and this root lacks DAC_READ_SEARCH"
    return None


def passes() -> int:
    """The capability by which a worker may read past file modes, as a mask; 0 if there is none.

    What it would let a worker read or write too much is refused by Landlock, from the version on
    that knows truncation.
    """
    if kernel.effective(DAC_READ_SEARCH):
        return 1 << DAC_READ_SEARCH
    covered = landlock.abi() >= landlock.TRUNCATION
    return 1 << DAC_OVERRIDE if covered and kernel.effective(DAC_OVERRIDE) else 0


def closed(settings: Mapping[str, Any]) -> str:
    """What keeps other users from the allow-list, unless a view of its own leads there."""
    if "namespaces" in settings["active"]:
        return ""
    wanted = [*settings["readable"], settings["packages"]]
    return allowed.closed_to_others(map(Path, wanted))


def apply(settings: Mapping[str, Any]) -> None:
    """Become the leased user.

    Where Python lies in a folder that only root may enter (one in its home, say), the worker
    keeps the right to read past file modes, and Landlock alone says what it may read.
    """
    number = checked(int(settings["uid"]))
    kept = settings["capabilities"]
    if kept:
        kernel.prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(number, number, number)
    os.setresuid(number, number, number)
    os.umask(0o077)
    limits.end_with_parent()  # the change of user took this back
    if kept:
        kernel.set_capabilities(kept)


def checked(number: int) -> int:
    """The number, if it is one of ours: a signal to all of another user's must never happen.

    Raises:
        ValueError: it is not.
    """
    if not FIRST <= number <= LAST:
        raise ValueError(f"user {number} is not a worker's")
    return number


def kill_all(number: int) -> None:
    """Kill every process of a worker's user, from a child that is that user for a moment.

    The child's real and saved user is the second number, so the worker cannot signal it first.
    """
    number = checked(number)
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        return
    try:
        os.setgroups([])
        os.setresuid(number + OFFSET, number, number + OFFSET)
        if os.getresuid() == (number + OFFSET, number, number + OFFSET):
            os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:  # nobody is left
        pass
    finally:
        os._exit(0)
