"""What every worker gives up on every system, and how a tree of processes is ended."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Mapping
from typing import Any

from . import kernel

__all__ = [
    "adopt_orphans",
    "always",
    "drop_privileges",
    "end_with_parent",
    "hide_memory",
    "kill_descendants",
    "needs_linux",
    "only_descriptor",
    "own_session",
    "processes_of_this_user",
    "quiet",
    "reap",
    "resources",
]

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
LAST_CAPABILITY = 63
SCRATCH_FILES = 4  # the scratch folder holds so many files of the largest size


def own_session() -> None:
    """A session of its own, without a terminal."""
    os.setsid()


def end_with_parent() -> None:
    """End when the template ends."""
    _try_prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def quiet() -> None:
    """Standard input is empty; prints go nowhere, however many."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def only_descriptor(kept: int, most: int) -> None:
    """Close every other descriptor above the standard three, and below `most`."""
    os.closerange(3, kept)
    os.closerange(kept + 1, most)


def always(_settings: Mapping[str, Any]) -> str | None:
    """A layer that every system has."""
    return None


def needs_linux(_settings: Mapping[str, Any]) -> str | None:
    """A layer that every Linux has."""
    return None if kernel.LINUX and kernel.CALLS else "needs Linux on x86-64 or 64-bit ARM"


def drop_privileges(settings: Mapping[str, Any]) -> None:
    """No capability is left but what `uid` keeps, and no program with a setuid bit gives one."""
    kernel.no_new_privileges()
    kernel.prctl(PR_SET_DUMPABLE, 0)
    for number in range(LAST_CAPABILITY + 1):
        if not _try_prctl(PR_CAPBSET_DROP, number):
            break  # it was the newest, or there is no right to drop and so nothing to drop
    _try_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    kernel.set_capabilities(settings["capabilities"])


def resources(settings: Mapping[str, Any]) -> None:
    """Memory, processes, file size, open files, and processor time of each single process."""
    limits = settings["limits"]
    megabyte = 1 << 20
    wanted = {
        "RLIMIT_AS": limits["memory_mb"] * megabyte,
        "RLIMIT_NPROC": limits["processes"] + settings["neighbours"],
        "RLIMIT_FSIZE": limits["file_mb"] * megabyte,
        # A last resort: the grader looks at a finer clock, stops at the budget and says why.
        "RLIMIT_CPU": 2 * int(limits["check_seconds"]) + 10,
        "RLIMIT_NOFILE": limits.get("descriptors", 64),
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    for name, most in wanted.items():
        kind = getattr(resource, name, None)
        if kind is None:  # not every system has every limit
            continue
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError):
            if kernel.LINUX:  # macOS has the names of some limits without the limits
                raise


def processes_of_this_user() -> int:
    """Processes and threads that count towards this user's RLIMIT_NPROC already."""
    count = 0
    for name in _listing("/proc"):
        if name.isdigit():
            try:
                if os.stat(f"/proc/{name}").st_uid == os.getuid():  # noqa: PTH116  as below
                    count += len(_listing(f"/proc/{name}/task"))
            except OSError:
                continue
    return count


def hide_memory() -> bool:
    """Keep other processes of the same user out of this one's memory and environment.

    It stays so until this process ends: what it knows does not leave its memory before.
    """
    return _try_prctl(PR_SET_DUMPABLE, 0)


def _try_prctl(option: int, argument: int) -> bool:
    try:
        kernel.prctl(option, argument)
    except OSError:
        return False
    return True


def adopt_orphans() -> bool:
    """Make this process the parent of every orphan below it, so that none gets away."""
    return _try_prctl(PR_SET_CHILD_SUBREAPER, 1)


def _listing(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _children(parent: int) -> list[int]:
    """Direct children of a process, by /proc; empty where there is no /proc."""
    found = []
    for name in _listing("/proc"):
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


def kill_descendants(root: int) -> float:
    """Kill every process below `root`, again and again until a pass finds none.

    Each pass stops and kills whole subtrees; a killed parent's children are adopted by the
    subreaper and are found by the next pass, however often they fork.

    Returns:
        CPU seconds of those that this process could collect.
    """
    seconds = 0.0
    for _ in range(200):
        pending = _children(root)
        if not pending:
            break
        tree = []
        while pending:
            pid = pending.pop()
            _signal(pid, signal.SIGSTOP)  # so that it starts no more while we look
            tree.append(pid)
            pending += _children(pid)
        for pid in tree:
            _signal(pid, signal.SIGKILL)
        if root == os.getpid():
            seconds += reap()
    return seconds


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def reap() -> float:
    """Collect every child that has ended; the CPU seconds they used."""
    seconds = 0.0
    try:
        while True:
            pid, _, usage = os.wait4(-1, os.WNOHANG)
            if not pid:
                return seconds
            seconds += usage.ru_utime + usage.ru_stime
    except ChildProcessError:
        return seconds
