"""A program behind the fences: a notebook's kernel, with a shell and a compiler at hand.

Standard input brings the settings as one line of JSON, and its end ends everything below this
process. Standard output says which layers are in force, or what failed, as one line of JSON. The
settings have the keys of a worker's and, beside them:

    programs   what to start: "argv", "env", "cwd"; the "prefix" of the Python in use
    views      other names of folders in scratch, where the program has a view of its own

This file needs the standard library alone, and starts in some milliseconds.
"""

from __future__ import annotations

import json
import os
import select
import sys
from typing import Any

from . import fences, limits, spawn

__all__ = ["main"]

POLL_SECONDS = 0.1


def main() -> None:
    """Start the program; end with its exit code, or end it when standard input ends."""
    settings = json.loads(_line())
    limits.adopt_orphans()
    try:
        layers = fences.prepare(settings, frozenset(settings["without"]))
    except fences.Failure as error:
        _say({"failed": str(error)})
        sys.exit(1)
    reader, writer = os.pipe()
    pid = spawn.spawn(
        lambda: _become(settings, reader, writer),
        writer,
        first="namespaces" in settings["active"],
    )
    os.close(writer)
    with open(reader, encoding="utf-8") as pipe:  # noqa: PTH123  a descriptor, not a path
        said = pipe.read()
    _say(json.loads(said) if said else {"pid": pid, "layers": layers})
    status = _wait(pid)
    spawn.kill(pid, settings["uid"], settings)
    sys.exit(status)


def _line() -> bytes:
    """The first line of standard input, and no byte more."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(0, 1 << 16)
        if not piece:
            sys.exit(0)
        line += piece
    return bytes(line)


def _say(message: dict[str, Any]) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")


def _become(settings: dict[str, Any], reader: int, writer: int) -> None:
    """In the child: raise the fences and turn into the program; the report ends by that."""
    os.close(reader)
    program = settings["programs"]
    limits.own_session()
    limits.quiet()
    limits.end_with_parent()
    fences.raise_all(settings)
    limits.only_descriptor(writer, 1024 + len(settings.get("landlock", ())))
    os.set_inheritable(writer, False)  # noqa: FBT003  it knows no name for it
    os.chdir(program["cwd"])
    os.execve(program["argv"][0], program["argv"], program["env"])  # noqa: S606  that is the point


def _wait(pid: int) -> int:
    """Wait for the program's end or that of standard input; the exit code, 0 for the latter."""
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) & 0xFF
        if select.select([0], [], [], POLL_SECONDS)[0] and not os.read(0, 1 << 16):
            return 0


if __name__ == "__main__":
    main()
