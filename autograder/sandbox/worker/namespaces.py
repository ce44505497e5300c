"""Namespaces: a worker sees a file system of its own, no other process and no network.

The template enters a user namespace (if it is not root) and a mount namespace whose root holds
the allow-list and nothing else, once. Every worker gets fresh process, network and IPC
namespaces, and a scratch folder in memory; it is the first process in its own, so the kernel ends
everything below it with it.

bubblewrap builds the same view around a program that it starts, but workers are forked from a
warm template: they would share one process namespace, and as root they would keep capabilities.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import allowed, kernel, limits

__all__ = ["NAME", "PROTECTS", "apply", "available", "enter", "separate"]

NAME = "namespaces"
PROTECTS = "the sight of other files, processes and networks; nothing outlives a worker"

NEWNS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
CAP_SYS_ADMIN = 21
OWN_TMP = b"mode=1777,size=256m"
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 4096, 16384, 1 << 18
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 1, 2, 4


def available(settings: Mapping[str, Any]) -> str | None:
    """Why not, and how to get it; None if it works here. Tried out in a child."""
    if not kernel.LINUX:
        return "needs Linux"
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        said = "failed without a reason"
        try:
            enter(settings)
            separate()
            kernel.call("unshare", NEWNET | NEWIPC)
            said = ""
        except OSError as error:
            said = _reason(error)
        finally:
            os.write(writer, said.encode())
            os._exit(0)
    os.close(writer)
    with open(reader, encoding="utf-8") as pipe:  # noqa: PTH123  a descriptor, not a path
        said = pipe.read()
    os.waitpid(pid, 0)
    return said or None


def _reason(error: OSError) -> str:
    if error.errno == errno.ENOSYS:
        return "needs Linux 5.12 or newer"
    if os.geteuid() == 0 and not kernel.effective(CAP_SYS_ADMIN):
        return "this container's root may not make namespaces (needs CAP_SYS_ADMIN)"
    for setting, wanted in (
        ("kernel/unprivileged_userns_clone", "1"),
        ("kernel/apparmor_restrict_unprivileged_userns", "0"),
    ):
        with contextlib.suppress(OSError):
            if Path("/proc/sys", setting).read_text().strip() != wanted:
                return f"ordinary users may not: sysctl {setting.replace('/', '.')}={wanted}"
    return f"refused by this machine or container ({error.strerror})"


def enter(settings: Mapping[str, Any]) -> None:
    """Move this process into a file system that holds the allow-list alone."""
    user, group = os.geteuid(), os.getegid()
    folder = settings["folder"]
    if user == 0:
        kernel.call("unshare", NEWNS | NEWNET | NEWIPC)
    else:
        kernel.call("unshare", NEWUSER | NEWNS | NEWNET | NEWIPC)
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    _mount(None, "/", None, MS_REC | MS_PRIVATE)
    root = Path(folder, "root")
    _mount("tmpfs", str(root), "tmpfs", MS_NOSUID | MS_NODEV, b"mode=0755,size=1m")
    _fill(root, settings)
    os.chdir(root)
    # Both old and new root at the same place: the old one is then on top and can be taken off.
    kernel.call("pivot_root", b".", b".")
    kernel.call("umount2", b".", MNT_DETACH)
    os.chdir(folder)
    _restrict("/", ATTR_RDONLY | ATTR_NOSUID, recursive=False)


def _fill(root: Path, settings: Mapping[str, Any]) -> None:
    covers = []
    if "programs" in settings:  # first: what is shown below may lie in /tmp
        _mount("tmpfs", str(_made(root / "tmp")), "tmpfs", MS_NOSUID | MS_NODEV, OWN_TMP)
    for path in map(Path, settings["libraries"]):
        _bind(root, path, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV)
        covers += [_cover(root, shelf) for shelf in allowed.shelves(path)]
    for path in allowed.packages(settings["packages"]):
        _bind(root, path, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV)
    for device in allowed.DEVICES:
        if Path(device).exists():
            _bind(root, Path(device), ATTR_NOSUID)
    for cover in covers:
        _restrict(cover, ATTR_RDONLY, recursive=False)
    # The way that ld.so.cache and the package links name: /lib may be a link to /usr/lib.
    named = [Path("/lib"), Path("/lib64"), *map(Path, sys.path)]
    for path in (*named, *(link.readlink() for link in Path(settings["packages"]).iterdir())):
        _follow(root, path)
    for name, source in settings.get("views", {}).items():
        _mount(source, str(_made(_below(root, Path(name)))), None, MS_BIND)
    # Not what is mounted below it: that is this root itself.
    _bind(root, Path(settings["folder"]), ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV, MS_BIND)
    if "programs" in settings:
        _fill_for_programs(root, settings)


def _fill_for_programs(root: Path, settings: Mapping[str, Any]) -> None:
    """A place to write, and terminals of its own."""
    _bind(root, Path(settings["scratch"]), ATTR_NOSUID | ATTR_NODEV)
    _made(root / "proc")
    terminals, shared = str(_made(root / "dev/pts")), str(_made(root / "dev/shm"))
    _mount("devpts", terminals, "devpts", MS_NOSUID, b"newinstance,ptmxmode=0666")
    (root / "dev/ptmx").symlink_to("pts/ptmx")
    _mount("tmpfs", shared, "tmpfs", MS_NOSUID | MS_NODEV, b"mode=1777,size=64m")
    for name in ("/bin", "/sbin", sys.executable):
        _follow(root, Path(name))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _below(root: Path, path: Path) -> Path:
    return root / str(path).lstrip("/")


def _bind(root: Path, path: Path, attributes: int, flags: int = MS_BIND | MS_REC) -> None:
    """Show a file or folder at its own place below the new root."""
    target = _below(root, path)
    if not target.exists():
        parent = target if path.is_dir() else target.parent
        parent.mkdir(parents=True, exist_ok=True)
        if parent is not target:
            target.touch()
    _mount(str(path), str(target), None, flags)
    _restrict(str(target), attributes)


def _cover(root: Path, shelf: Path) -> str:
    """Hide a folder of installed packages; those that are allowed are shown on top."""
    target = str(_below(root, shelf))
    _mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, b"mode=0755,size=1m")
    return target


def _follow(root: Path, path: Path) -> None:
    """Repeat the symbolic links on the way to a path, so that both of its names work."""
    for step in (*reversed(path.parents), path):
        target = _below(root, step)
        if step.is_symlink() and not os.path.lexists(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(step.readlink())
            return _follow(root, step.resolve() / path.relative_to(step))
    return None


def _mount(
    source: str | None, target: str, kind: str | None, flags: int, data: bytes | None = None
) -> None:
    names = [None if name is None else name.encode() for name in (source, target, kind)]
    kernel.call("mount", *names, flags, data)


def _restrict(path: str, attributes: int, *, recursive: bool = True) -> None:
    # struct mount_attr: attributes to set, to clear, propagation, user namespace.
    wanted = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    flags = AT_RECURSIVE if recursive else 0
    kernel.call("mount_setattr", AT_FDCWD, path.encode(), flags, ctypes.byref(wanted), 32)


def separate() -> None:
    """Make the next child the first process of a namespace of its own; works once."""
    kernel.call("unshare", NEWPID)


def apply(settings: Mapping[str, Any]) -> None:
    """In the worker: a network, IPC objects and a scratch folder of its own, gone when it ends."""
    kernel.call("unshare", NEWNS | NEWNET | NEWIPC)
    if "programs" in settings:
        with contextlib.suppress(OSError):  # a container that hides parts of it allows no other
            # To read: a worker that has to stay root could change the machine's settings by it.
            _mount("proc", "/proc", "proc", MS_RDONLY | MS_NOSUID | MS_NODEV)
        return
    user, group = settings["uid"] or os.geteuid(), settings["uid"] or os.getegid()
    size = settings["limits"]["file_mb"] * limits.SCRATCH_FILES
    data = f"mode=0700,uid={user},gid={group},size={size}m,nr_inodes=4096"
    _mount("tmpfs", settings["scratch"], "tmpfs", MS_NOSUID | MS_NODEV, data.encode())
