"""The warm template: imports NumPy once and forks a fenced worker whenever it is asked.

It is a fresh exec with a clean environment, so neither it nor its forks ever held a secret or an
answer. Requests come as frames on a control socket; the end of that socket ends everything.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

import numpy as np  # here once, so that every fork has it; its random numbers come on demand
import numpy.random

from . import fences, former_names, landlock, limits, namespaces, seccomp, serve, uid, wire
from .channel import Channel

__all__ = ["main"]


def main(descriptor: int) -> None:
    """Serve fork and kill requests until the grader closes the control socket."""
    control = socket.socket(fileno=descriptor)
    channel = Channel(control)
    limits.adopt_orphans()
    former_names.restore()
    try:
        settings, _ = channel.receive()
        channel.send(_prepare(settings), [])
        gc.freeze()  # or the first collection in each fork copies every page that holds an object
        while True:
            request, _ = channel.receive()
            if "fork" in request:
                channel.send(_fork(control, settings | request["fork"]), [])
            elif "kill" in request:
                channel.send({"usage": _kill(request["kill"], request.get("uid"), settings)}, [])
    except (EOFError, ConnectionError, wire.ProtocolError):
        pass
    finally:
        limits.kill_descendants(os.getpid())


def _prepare(settings: dict[str, Any]) -> dict[str, Any]:
    """Look what this machine has, and raise what all workers share."""
    layers = fences.survey(settings, frozenset(settings["without"]))
    if "namespaces" in settings["active"]:
        try:
            namespaces.enter(settings)
        except OSError as error:
            return {"failed": f"namespaces: {error}"}
    for layer in (landlock, seccomp):
        if layer.NAME in settings["active"]:
            layer.prepare(settings)
    return {"ready": os.getpid(), "numpy": np.__version__, "layers": layers}


def _fork(control: socket.socket, settings: dict[str, Any]) -> dict[str, Any]:
    """Fork a worker that owns the descriptor received with this request.

    Returns:
        its process id and the layers in force around it, or why one of them failed.
    """
    _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
    reader, writer = os.pipe()

    def child() -> None:
        os.close(reader)
        control.close()
        limits.own_session()
        limits.quiet()
        limits.end_with_parent()
        fences.raise_all(settings)
        os.write(writer, json.dumps({"layers": settings["active"]}).encode())
        limits.only_descriptor(descriptors[0], 1024 + len(settings.get("landlock", ())))
        serve.serve(Channel(socket.socket(fileno=descriptors[0])), settings)

    spawn = _spawn_first if "namespaces" in settings["active"] else _spawn
    pid = spawn(child, writer)
    os.close(writer)
    os.close(descriptors[0])
    with open(reader, encoding="utf-8") as pipe:  # noqa: PTH123  a descriptor, not a path
        said = pipe.read()
    answer: dict[str, Any] = {"pid": pid}
    answer |= json.loads(said) if said else {"failed": "the worker ended before it began"}
    if "failed" in answer and pid > 1:
        os.waitpid(pid, 0)
    return answer


def _spawn(child: Callable[[], None], report: int) -> int:
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


def _spawn_first(child: Callable[[], None], report: int) -> int:
    """Like `_spawn`, as the first process of a namespace of its own.

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

        os.write(writer, str(_spawn(orphan, report)).encode())
    finally:
        os._exit(0)


def _kill(pid: int, number: int | None, settings: dict[str, Any]) -> dict[str, float]:
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
