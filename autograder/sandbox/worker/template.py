"""The warm template: imports NumPy once and forks a fenced worker whenever it is asked.

It is a fresh exec with a clean environment, so neither it nor its forks ever held a secret or an
answer. Requests come as frames on a control socket; the end of that socket ends everything.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from typing import Any

import numpy as np  # here once, so that every fork has it

from . import limits, serve, wire
from .channel import Channel

__all__ = ["main"]


def main(descriptor: int) -> None:
    """Serve fork and kill requests until the grader closes the control socket."""
    control = socket.socket(fileno=descriptor)
    channel = Channel(control)
    limits.adopt_orphans()
    channel.send({"ready": os.getpid(), "numpy": np.__version__}, [])
    try:
        while True:
            request, _ = channel.receive()
            if "fork" in request:
                pid = _fork(control, request["fork"])
                channel.send({"pid": pid}, [])
            elif "kill" in request:
                channel.send({"usage": _kill(int(request["kill"]))}, [])
    except (EOFError, ConnectionError, wire.ProtocolError):
        pass
    finally:
        limits.kill_descendants(os.getpid())


def _fork(control: socket.socket, settings: dict[str, Any]) -> int:
    """Fork a worker that owns the descriptor received with this request."""
    _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
    pid = os.fork()
    if pid:
        os.close(descriptors[0])
        return pid
    status = 1
    try:
        control.close()
        for fence in limits.FENCES:
            fence(settings["limits"])
        serve.serve(Channel(socket.socket(fileno=descriptors[0])), settings)
        status = 0
    except (EOFError, ConnectionError):
        status = 0
    finally:
        os._exit(status)


def _kill(pid: int) -> dict[str, float]:
    """Kill a worker with all that it started; what it used: CPU seconds and megabytes."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    try:
        _, status, usage = os.wait4(pid, 0)
    except ChildProcessError:
        return {"cpu": 0.0, "megabytes": 0.0, "status": 0}
    limits.kill_descendants(os.getpid())
    kilobytes = usage.ru_maxrss if sys.platform != "darwin" else usage.ru_maxrss / 1024
    return {
        "cpu": usage.ru_utime + usage.ru_stime,
        "megabytes": kilobytes / 1024,
        "status": status,
    }
