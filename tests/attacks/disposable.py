"""A throw-away world: whatever a function does in it to files, processes or kernel objects is gone.

Some tests run hostile code with every protection switched off, to show that the protections are
what stops it. They must not be able to harm the machine, whatever that code does. So each of them
runs in a forked child that has, before anything hostile is started,

- a mount namespace in which every mount is read-only and without devices, but for fresh, small
  file systems in memory over /tmp, /var/tmp, /run and /dev;
- process, network, IPC, host-name and cgroup namespaces of its own, and a /proc to match, whose
  settings are read-only;
- a user namespace inside all that, so that no capability counts outside and the read-only mounts
  are locked: nobody in it can make them writable again;
- limits on memory and file size, and a time after which the kernel ends everything in it.

The child tries to break out by harmless means first, and refuses to go on if one of them works.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autograder.sandbox.worker import kernel

__all__ = ["NotDisposable", "call"]

PROJECT = Path(__file__).parents[2]
NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x20000, 0x02000000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND = 2, 4, 32, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
ATTR_RDONLY, ATTR_NODEV = 1, 4
PR_SET_PDEATHSIG = 1
FRESH = ("/tmp", "/var/tmp", "/run")
DEVICES = ("null", "zero", "full", "random", "urandom")
MEGABYTES = 256  # of each fresh file system
MEMORY = 8 << 30
FILE = 1 << 30
PRECIOUS = ("/", "/etc", "/boot", "/usr", "/home", "/root", "/var", "/opt", "/srv", "/sys")


class NotDisposable(Exception):
    """This machine cannot make such a world, or the world has a hole: nothing was run in it."""


def call(function: Callable[..., Any], *args: Any, seconds: float = 60.0) -> Any:
    """Run function(*args) in a throw-away world.

    Args:
        function: what to run; its result must be plain values, for they travel as JSON.
        args: its arguments.
        seconds: wall time after which everything in that world is killed.

    Returns:
        The function's result.

    Raises:
        NotDisposable: there is no such world here; the function was not run.
        TimeoutError: the time was up.
        AssertionError: the function raised; the message has its traceback.
    """
    if not kernel.LINUX:
        raise NotDisposable("needs Linux")
    reader, writer = os.pipe()
    helper = os.fork()
    if not helper:
        os.close(reader)
        _helper(writer, function, args)
    os.close(writer)
    try:
        said = _listen(reader, time.monotonic() + seconds)
    finally:
        os.close(reader)
        os.kill(helper, signal.SIGKILL)  # its child, the world's first process, dies with it
        os.waitpid(helper, 0)
    if said is None:
        raise TimeoutError(f"still running after {seconds:.0f} seconds")
    if not said:
        raise AssertionError("the throw-away world ended without a word")
    answer = json.loads(said)
    if "refused" in answer:
        raise NotDisposable(answer["refused"])
    if "raised" in answer:
        raise AssertionError(answer["raised"])
    return answer["result"]


def _listen(reader: int, deadline: float) -> bytes | None:
    """Everything that is written, or None if the time is up first."""
    said = b""
    while True:
        ready, _, _ = select.select([reader], [], [], max(deadline - time.monotonic(), 0))
        if not ready:
            return None
        piece = os.read(reader, 1 << 16)
        if not piece:
            return said
        said += piece


def _helper(writer: int, function: Callable[..., Any], args: Sequence[Any]) -> None:
    """Make the namespaces; never returns. Its child is the first process in them."""
    try:
        _end_with_parent()
        if os.geteuid() != 0:
            _become_root_of_nothing(os.geteuid(), os.getegid())
        kernel.call("unshare", NEWNS | NEWNET | NEWIPC | NEWUTS | NEWCGROUP | NEWPID)
        ask, asked = os.pipe()
        grant, granted = os.pipe()
        first = os.fork()
        if not first:
            os.close(ask)
            os.close(granted)
            _first(writer, asked, grant, function, args)
        os.close(asked)
        os.close(grant)
        # /proc of the world outside is still here: the child cannot map users by itself.
        if os.read(ask, 1):
            for kind in ("uid", "gid"):
                Path(f"/proc/{first}/{kind}_map").write_text(_mapped(kind), encoding="ascii")
            os.write(granted, b"x")
        os.close(writer)
        os.waitpid(first, 0)
    except OSError as error:
        _refuse(writer, f"namespaces are refused here ({error})")
    finally:
        os._exit(0)


def _become_root_of_nothing(user: int, group: int) -> None:
    kernel.call("unshare", NEWUSER)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")


def _mapped(kind: str) -> str:
    """The same users inside as here: every line of our own map, each number to itself."""
    lines = Path(f"/proc/self/{kind}_map").read_text(encoding="ascii").split("\n")
    ranges = [line.split() for line in lines if line.strip()]
    return "".join(f"{start} {start} {count}\n" for start, _, count in ranges)


def _first(
    writer: int, asked: int, grant: int, function: Callable[..., Any], args: Sequence[Any]
) -> None:
    """The first process of the world: everything else in it ends when it does."""
    try:
        kernel.call("unshare", NEWNS)  # the helper keeps its view
        _take_away_what_can_be_written()
        _loopback_up()
        kernel.call("unshare", NEWUSER | NEWNS)
        os.write(asked, b"x")
        if os.read(grant, 1) != b"x":
            os._exit(1)
        _end_with_parent()  # which a new user namespace forgets
        os.close(asked)
        os.close(grant)
        os.chdir("/tmp")
        tempfile.tempdir = os.environ["TMPDIR"] = "/tmp"
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        hole = _hole()
        if hole:
            _refuse(writer, f"the throw-away world has a hole: {hole}")
        # Not as the first process itself: that one ignores signals and inherits all orphans.
        worker = os.fork()
        if not worker:
            _perform(writer, function, args)
        os.close(writer)
        while True:
            pid, _ = os.wait()
            if pid == worker:
                break
    except OSError as error:
        _refuse(writer, f"a throw-away world cannot be made here ({error})")
    except BaseException:  # noqa: BLE001  it must be told before this process ends
        _say(writer, {"raised": traceback.format_exc()})
    finally:
        os._exit(0)


def _perform(writer: int, function: Callable[..., Any], args: Sequence[Any]) -> None:
    try:
        answer = {"result": function(*args)}
    except BaseException:  # noqa: BLE001  whatever it is, the test outside tells it
        answer = {"raised": traceback.format_exc()}
    _say(writer, answer)
    os._exit(0)


def _say(writer: int, answer: dict[str, Any]) -> None:
    text = json.dumps(answer).encode()
    while text:
        text = text[os.write(writer, text) :]


def _refuse(writer: int, why: str) -> None:
    try:
        _say(writer, {"refused": why})
    finally:
        os._exit(0)


def _end_with_parent() -> None:
    kernel.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


# What can be written. -----------------------------------------------------------------------


def _take_away_what_can_be_written() -> None:
    _mount(None, "/", None, MS_REC | MS_PRIVATE)
    _restrict("/", ATTR_RDONLY | ATTR_NODEV, recursive=True)
    # What the tests themselves need stays in sight where a fresh file system covers it.
    needed = {PROJECT, *map(Path, (sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path))}
    shown = [path for path in needed if path.is_absolute() and path.is_dir()]
    for place in map(Path, FRESH):
        if place.is_dir():
            _cover(place, [path for path in shown if path.is_relative_to(place)])
    _cover(Path("/dev"), [Path("/dev", name) for name in DEVICES])
    for name in DEVICES:
        _restrict(f"/dev/{name}", 0, cleared=ATTR_NODEV)
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        Path("/dev", name).symlink_to(f"/proc/self/{target}")
    Path("/dev/shm").mkdir()
    Path("/dev/shm").chmod(0o1777)
    _proc()


def _cover(place: Path, shown: Sequence[Path]) -> None:
    """A fresh file system in memory over a folder, with some of what it covers shown in it."""
    held = [(path, os.open(path, os.O_PATH)) for path in sorted(shown)]
    mode = "0755" if place == Path("/dev") else "1777"
    data = f"mode={mode},size={MEGABYTES}m".encode()
    _mount("tmpfs", str(place), "tmpfs", MS_NOSUID | MS_NODEV, data)
    for path, descriptor in held:
        if not path.exists():  # else one above it has been shown, and it with that
            if path.parent == Path("/dev"):
                path.touch()
            else:
                path.mkdir(parents=True)
            _mount(f"/proc/self/fd/{descriptor}", str(path), None, MS_BIND | MS_REC)
        os.close(descriptor)


def _proc() -> None:
    """Our own processes; what is a setting of the kernel's can be looked at."""
    _mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV)
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() and not entry.is_symlink():
            _mount(str(entry), str(entry), None, MS_BIND)
            _restrict(str(entry), ATTR_RDONLY)


def _mount(
    source: str | None, target: str, kind: str | None, flags: int, data: bytes | None = None
) -> None:
    names = [None if name is None else name.encode() for name in (source, target, kind)]
    kernel.call("mount", *names, flags, data)


def _restrict(path: str, attributes: int, *, cleared: int = 0, recursive: bool = False) -> None:
    wanted = (ctypes.c_uint64 * 4)(attributes, cleared, 0, 0)
    flags = AT_RECURSIVE if recursive else 0
    kernel.call("mount_setattr", AT_FDCWD, path.encode(), flags, ctypes.byref(wanted), 32)


def _loopback_up() -> None:
    """Attacks on listeners at 127.0.0.1 need it."""
    import fcntl
    import socket
    import struct

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sH14s", b"lo", 0x1 | 0x40, b"")  # IFF_UP | IFF_RUNNING
        fcntl.ioctl(sock, 0x8914, request)  # SIOCSIFFLAGS


# Does it hold? ------------------------------------------------------------------------------


def _hole() -> str:
    """The first thing found that would reach outside, or ""; every attempt is harmless."""
    if os.getpid() != 1:
        return "this is not the first process of its namespace"
    if any(int(p.name) > 20 for p in Path("/proc").iterdir() if p.name.isdigit()):
        return "processes of the world outside are in sight"
    for target, options, kind in _mounts():
        ours = kind == "tmpfs" and target.startswith((*FRESH, "/dev"))
        process = kind == "proc" and target == "/proc"
        if "ro" not in options and not ours and not process and not _is_device(target):
            return f"{target} can be written"
        if "nodev" not in options and target != "/dev" and not _is_device(target):
            return f"{target} has devices"
    for folder in {*PRECIOUS, str(PROJECT), str(Path.home()), sys.prefix, sys.base_prefix}:
        probe = Path(folder, f"written-by-a-test-{os.getpid()}")
        try:
            os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError as error:
            if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT):
                return f"{folder}: {error}"
        else:
            probe.unlink()
            return f"a file could be made in {folder}"
        for flags in (MS_REMOUNT | MS_BIND, MS_REMOUNT):
            try:
                _mount(None, folder, None, flags)
            except OSError:
                continue
            return f"{folder} could be mounted again for writing"
    try:
        _restrict("/", 0, cleared=ATTR_RDONLY, recursive=True)
    except OSError:
        return ""
    return "the mounts are not locked"


def _is_device(target: str) -> bool:
    return target in {f"/dev/{name}" for name in DEVICES}


def _mounts() -> list[tuple[str, list[str], str]]:
    """Where, options and kind of every mount."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        before, _, after = line.partition(" - ")
        _, _, _, _, target, options, *_ = before.split()
        found.append((target, options.split(","), after.split()[0]))
    return found
