"""Landlock: the kernel refuses every file that is not on the allow-list (Linux 5.13 or newer).

Newer kernels add TCP (6.7), devices (6.10), and signals and abstract sockets (6.12). A worker has
no right to execute anything, since a student's functions need no other program; a notebook has.
Source: the kernel's Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import errno
import os
import resource
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from . import allowed, kernel

__all__ = ["NAME", "PROTECTS", "abi", "apply", "available", "prepare", "shortcoming"]

NAME = "landlock"
PROTECTS = "files outside the student's own folder, TCP, and signals to other programs"

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_SYM = 1 << 7, 1 << 8, 1 << 9, 1 << 10, 1 << 12
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
READ = READ_FILE | READ_DIR
SCRATCH = (
    READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM | REFER | TRUNCATE
)
# The rights that a rule on a file may name.
FILES_ONLY = EXECUTE | READ_FILE | WRITE_FILE | TRUNCATE | IOCTL_DEV
# Interface version -> how many file rights it knows.
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
BOTH_TCP = 0b11  # bind, connect
BOTH_SCOPES = 0b11  # abstract unix sockets, signals
PATH_BENEATH = 1
TRUNCATION = 3
NEWEST = 6


def abi() -> int:
    """The version of the kernel's interface; OSError where there is none."""
    return kernel.call("landlock_create_ruleset", None, 0, 1)


def available(_settings: Mapping[str, Any]) -> str | None:
    """Why not, and how to get it; None if it works here."""
    if not kernel.LINUX:
        return "needs Linux"
    try:
        abi()
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            return "switched off: add landlock to lsm= on the kernel's command line"
        if error.errno == errno.EPERM:
            return "the container's seccomp profile refuses it: use a newer container engine"
        return "needs Linux 5.13 or newer with CONFIG_SECURITY_LANDLOCK"
    return None


def shortcoming() -> str:
    """What this kernel's version of Landlock leaves to other layers; empty for a new one."""
    version = abi()
    if version < 4:
        return "files only; TCP needs Linux 6.7, signals 6.12"
    return "signals need Linux 6.12" if version < NEWEST else ""


def prepare(settings: dict[str, Any]) -> None:
    """Once, in the template: open what every worker may read, for it to hand to the kernel."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    settings["landlock"] = [
        opened
        for path, rights in _common(settings)
        if (opened := _open(path, rights & _handled(abi())))
    ]


def apply(settings: Mapping[str, Any]) -> None:
    """Restrict this process and its offspring to the allow-list, for good."""
    version = abi()
    handled = _handled(version)
    attributes = struct.pack(
        "=QQQ", handled, BOTH_TCP if version >= 4 else 0, BOTH_SCOPES if version >= 6 else 0
    )
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = kernel.call("landlock_create_ruleset", attributes[:size], size, 0)
    try:
        own = _for_programs if "programs" in settings else _for_worker
        opened = [_open(path, rights & handled) for path, rights in own(settings)]
        for rule in (*settings["landlock"], *opened):
            kernel.call("landlock_add_rule", ruleset, PATH_BENEATH, rule, 0)
        kernel.no_new_privileges()
        kernel.call("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def _handled(version: int) -> int:
    return (1 << FILE_RIGHTS.get(version, FILE_RIGHTS[5])) - 1


def _common(settings: Mapping[str, Any]) -> Iterable[tuple[str, int]]:
    """The part of the allow-list that all workers share."""
    execute = EXECUTE if "programs" in settings else 0
    for path in (*settings["readable"], settings["packages"]):
        yield path, READ | execute
    for path in settings["listable"]:
        yield path, READ_DIR
    for path in allowed.DEVICES:
        yield path, READ | WRITE_FILE


def _for_worker(settings: Mapping[str, Any]) -> Iterable[tuple[str, int]]:
    yield settings["workspace"], READ
    yield settings["scratch"], SCRATCH


def _for_programs(settings: Mapping[str, Any]) -> Iterable[tuple[str, int]]:
    """What a shell needs beside the allow-list: a place to write, and a terminal of its own."""
    yield f"{settings['folder']}/sent", READ
    # A folder that is seen under another name has the rights of that name's parents.
    for path in (settings["scratch"], *settings["views"].values()):
        yield path, SCRATCH | EXECUTE | MAKE_SOCK | MAKE_FIFO
    # Without either of these layers, somebody else's terminal could be written to.
    terminals = {"namespaces", "user"} & set(settings["active"])
    for path in ("/dev/ptmx", "/dev/pts") if terminals else ():
        if Path(path).exists():
            yield path, READ | WRITE_FILE | IOCTL_DEV
    if "namespaces" in settings["active"]:
        yield "/dev/shm", SCRATCH  # noqa: S108  its own
        yield "/tmp", SCRATCH | EXECUTE | MAKE_SOCK | MAKE_FIFO  # noqa: S108  its own
        yield "/proc", READ


def _open(path: str, rights: int) -> bytes | None:
    """The kernel's struct landlock_path_beneath_attr: rights, and a descriptor of the path."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:  # a device that a container leaves out
        return None
    if not Path(path).is_dir():
        rights &= FILES_ONLY
    return struct.pack("=Qi", rights, descriptor)
