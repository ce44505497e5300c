"""What a freshly forked worker gives up before any student code runs.

Each fence is one function; the stronger ones (another uid, namespaces, Landlock, seccomp) join
this list, in `FENCES`, in the order in which they must be raised.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["FENCES", "adopt_orphans", "kill_descendants"]

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38


def _prctl(option: int, argument: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(option, argument, 0, 0, 0) == 0)


def own_session(_limits: dict[str, Any]) -> None:
    """A session of its own, that ends when the template does."""
    os.setsid()
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def no_new_privileges(_limits: dict[str, Any]) -> None:
    """Programs with the setuid bit give nothing to a student."""
    _prctl(PR_SET_NO_NEW_PRIVS, 1)


def quiet(_limits: dict[str, Any]) -> None:
    """Standard input is empty; prints go nowhere, however many."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def resources(limits: dict[str, Any]) -> None:
    """Memory, processes, file size and open files."""
    megabyte = 1 << 20
    wanted = {
        "RLIMIT_AS": limits["memory_mb"] * megabyte,
        "RLIMIT_NPROC": limits["processes"],
        "RLIMIT_FSIZE": limits["file_mb"] * megabyte,
        "RLIMIT_NOFILE": 64,
        "RLIMIT_CORE": 0,
    }
    for name, most in wanted.items():
        kind = getattr(resource, name, None)
        if kind is None:  # not every system has every limit
            continue
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (value, value))


FENCES: tuple[Callable[[dict[str, Any]], None], ...] = (
    own_session,
    quiet,
    no_new_privileges,
    resources,
)


def adopt_orphans() -> bool:
    """Make this process the parent of every orphan below it, so that none gets away."""
    return _prctl(PR_SET_CHILD_SUBREAPER, 1)


def _children(parent: int) -> list[int]:
    """Direct children of a process, by /proc; empty where there is no /proc."""
    found = []
    try:
        names = os.listdir("/proc")
    except OSError:
        return []
    for name in names:
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123  pathlib is slower to import
                stat = file.read()
        except OSError:
            continue
        # The command name is in parentheses and may hold anything; fields follow the last one.
        if int(stat.rpartition(b")")[2].split()[1]) == parent:
            found.append(int(name))
    return found


def kill_descendants(root: int, spare: frozenset[int] = frozenset()) -> None:
    """Kill every process below `root`, again and again until a pass finds none.

    Each pass kills whole subtrees; a killed parent's children are adopted by the subreaper and
    are found by the next pass, however often they fork.
    """
    for _ in range(200):
        pending = [pid for pid in _children(root) if pid not in spare]
        if not pending:
            return
        while pending:
            pid = pending.pop()
            pending += _children(pid)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if root == os.getpid():
            reap()


def reap() -> None:
    """Collect every child that has ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
