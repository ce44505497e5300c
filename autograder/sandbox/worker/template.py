"""The warm template: imports NumPy once and forks a fenced worker whenever it is asked.

It is a fresh exec with a clean environment, so neither it nor its forks ever held a secret or an
answer. Requests come as frames on a control socket; the end of that socket ends everything.
"""

from __future__ import annotations

import gc
import json
import os
import socket
from typing import Any

import numpy as np  # here once, so that every fork has it; its random numbers come on demand
import numpy.random

from . import fences, former_names, limits, serve, spawn, wire
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
                usage = spawn.kill(request["kill"], request.get("uid"), settings)
                channel.send({"usage": usage}, [])
    except (EOFError, ConnectionError, wire.ProtocolError):
        pass
    finally:
        limits.kill_descendants(os.getpid())


def _prepare(settings: dict[str, Any]) -> dict[str, Any]:
    """Look what this machine has, and raise what all workers share."""
    try:
        layers = fences.prepare(settings, frozenset(settings["without"]))
    except fences.Failure as error:
        return {"failed": str(error)}
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

    pid = spawn.spawn(child, writer, first="namespaces" in settings["active"])
    os.close(writer)
    os.close(descriptors[0])
    with open(reader, encoding="utf-8") as pipe:  # noqa: PTH123  a descriptor, not a path
        said = pipe.read()
    answer: dict[str, Any] = {"pid": pid}
    answer |= json.loads(said) if said else {"failed": "the worker ended before it began"}
    if "failed" in answer and pid > 1:
        os.waitpid(pid, 0)
    return answer
