"""Forking a process that puts itself behind the fences, and ending it with all that it started."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from . import fences, limits, namespaces, uid

__all__ = ["kill", "spawn"]


def spawn(child: Callable[[], None], report: int, *, first: bool) -> int:
    """Fork; the child runs its function and ends. Its process id.

    Args:
        child: what it does; if a layer fails in it, that is told.
        report: a descriptor for what it tells: `{"failed": why}` as JSON.
        first: whether it is the first process of a namespace of its own.
    """
    return (_as_first if first else _plain)(child, report)


def _plain(child: Callable[[], None], report: int) -> int:
    """Fork; the child runs its function, tells a failure of a layer, and ends."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        child()
        status = 0
    except (EOFError, ConnectionError):
        status = 0
    except (fences.Failure, OSError) as error:
        with contextlib.suppress(OSError):
            os.write(report, json.dumps({"failed": str(error)}).encode())
    finally:
        os._exit(status)


def _as_first(child: Callable[[], None], report: int) -> int:
    """Like `_plain`, as the first process of a namespace of its own.

    A process can make such a namespace for its children once, so a helper does it, forks and
    ends. Its child waits for that, to have the template as its parent.
    """
    reader, writer = os.pipe()
    waits, go = os.pipe()
    helper = os.fork()
    if helper:
        os.close(writer)
        os.close(waits)
        with open(reader, "rb") as pipe:  # noqa: PTH123  a descriptor, not a path
            said = pipe.read()
        os.waitpid(helper, 0)
        os.close(go)
        return int(said or b"0")
    try:
        namespaces.separate()

        def orphan() -> None:
            os.close(writer)
            os.close(go)
            os.read(waits, 1)
            child()

        os.write(writer, str(_plain(orphan, report)).encode())
    finally:
        os._exit(0)


def kill(pid: int, number: int | None, settings: dict[str, Any]) -> dict[str, float]:
    """Kill a worker with all that it started; what it used: CPU seconds and megabytes."""
    if pid > 1:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    # In a namespace of its own, everything else has ended with it.
    if "user" in settings["active"] and "namespaces" not in settings["active"]:
        uid.kill_all(int(number or 0))
    try:
        _, status, usage = os.wait4(pid, 0)
    except ChildProcessError:
        return {"cpu": 0.0, "megabytes": 0.0, "status": 0}
    cpu = usage.ru_utime + usage.ru_stime + limits.kill_descendants(os.getpid())
    kilobytes = usage.ru_maxrss if sys.platform != "darwin" else usage.ru_maxrss / 1024
    return {"cpu": cpu, "megabytes": kilobytes / 1024, "status": status}
