"""The allow-list: what a worker may read. Landlock and the mount namespace both enforce it.

Python's standard library, the shared libraries of the system and the packages that the
assignment names; not the other packages that happen to be installed beside them.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

__all__ = [
    "DEVICES",
    "SHELVES",
    "closed_to_others",
    "packages",
    "parts",
    "runtime",
    "shelves",
    "tools",
]

PYTHON = ("bin", "include", "pyvenv.cfg")  # of an installation or a virtual environment
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
SYSTEM = ("usr/lib/*-linux-gnu*", "usr/lib64", "lib64", "lib/*-linux-gnu*", "lib/ld-musl*")
# What a shell and a compiler need.
TOOLS = (
    *("bin", "sbin", "lib", "usr/bin", "usr/sbin", "usr/lib", "usr/libexec", "usr/include"),
    *("usr/share", "usr/local/bin", "usr/local/lib", "usr/local/include"),
    *(f"etc/{name}" for name in "alternatives fonts group ld.so.conf localtime passwd".split()),
)
SHELVES = ("site-packages", "dist-packages")  # where installers put packages


def runtime() -> list[Path]:
    """The standard library and the shared libraries, as real paths."""
    stdlib = Path(sysconfig.get_paths()["stdlib"])
    wanted = {stdlib, Path("/etc/ld.so.cache")}
    # The compiled half of the standard library may lie in another folder (lib64).
    wanted |= {Path(entry) for entry in sys.path if entry.endswith("lib-dynload")}
    for pattern in SYSTEM:
        wanted |= set(Path("/").glob(pattern))
    for folder in (Path(sys.base_prefix) / "lib", Path("/usr/local/lib")):
        wanted |= set(folder.glob("*.so*"))
    return _outermost(path.resolve() for path in wanted if path.exists())


def tools(prefix: str) -> list[Path]:
    """The runtime with programs: what a notebook's kernel, its shell and a compiler read.

    Args:
        prefix: of the virtual environment, which Python does not know without `site`.
    """
    own = [Path(base) / part for base in (prefix, sys.base_prefix) for part in PYTHON]
    wanted = [*(Path("/") / name for name in TOOLS), *own, *runtime()]
    return _outermost(path.resolve() for path in wanted if path.exists())


def packages(folder: str) -> list[Path]:
    """What the private package folder links to, as real paths."""
    return sorted(entry.resolve() for entry in Path(folder).iterdir())


def shelves(folder: Path, depth: int = 2) -> list[Path]:
    """The folders of installed packages in a library folder."""
    found: list[Path] = []
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.name in SHELVES and not entry.is_symlink():
            found.append(entry)
        elif depth and entry.name.startswith(("python", "pypy")) and not entry.is_symlink():
            found += shelves(entry, depth - 1)
    return found


def parts(folder: Path) -> tuple[list[Path], list[Path]]:
    """A library folder without the shelves in it.

    Returns:
        what may be read whole, and the folders that may only be listed because they hold it.
    """
    if not shelves(folder):
        return [folder], []
    whole: list[Path] = []
    listed = [folder]
    for entry in folder.iterdir():
        if entry.is_symlink() or entry.name in SHELVES:
            continue
        if entry.name.startswith(("python", "pypy")) and entry.is_dir():
            inner = parts(entry)
            whole += inner[0]
            listed += inner[1]
        else:
            whole.append(entry)
    return whole, listed


def closed_to_others(paths: Iterable[Path]) -> str:
    """The first thing on the way to one of the paths that other users may not enter or read."""
    seen: set[Path] = set()
    for path in paths:
        for step in (path, *path.parents):
            if step in seen:
                break
            seen.add(step)
            needed = 0o001 if step.is_dir() else 0o004
            if not step.stat().st_mode & needed:
                return str(step)
    return ""


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Sorted, without those that lie in another."""
    kept: list[Path] = []
    for path in sorted(set(paths)):
        if not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
    return kept
