"""The folder of one run: what can be imported, the workspaces, and room for scratch."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.errors import GraderError

__all__ = ["link_packages", "remove", "write_files"]

SILENT: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def link_packages(folder: Path, packages: Sequence[str]) -> None:
    """A folder that holds the shim and the allowed packages, and so all that can be imported."""
    folder.mkdir(mode=0o755)
    (folder / "autograder_worker").symlink_to(Path(__file__).resolve().parent / "worker")
    for name in packages:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise GraderError(f"the assignment allows the package {name}, which is not installed")
        if spec.submodule_search_locations:
            home = Path(next(iter(spec.submodule_search_locations)))
        else:
            home = Path(spec.origin)
        (folder / home.name).symlink_to(home)
        # Wheels keep the shared libraries that they bring in a folder beside the package.
        for libraries in (home.parent / f"{name}.libs", home.parent / f".{name}.dylibs"):
            if libraries.is_dir():
                (folder / libraries.name).symlink_to(libraries)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a workspace that every user may read, whatever our umask."""
    folder.mkdir()
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(0o644)
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        path.chmod(0o755)


def remove(folder: Path) -> None:
    """Remove a folder, however deep and whatever the modes of what a student left in it."""
    with contextlib.suppress(OSError):
        folder.rmdir()
        return
    try:
        shutil.rmtree(folder)
    except (OSError, RecursionError):
        # Root may remove what is closed; a chmod of root's could only do harm.
        if os.geteuid() != 0:
            subprocess.run(["chmod", "-R", "u+rwx", "--", str(folder)], check=False, **SILENT)  # noqa: S603, S607  coreutils
        subprocess.run(["rm", "-rf", "--", str(folder)], check=False, **SILENT)  # noqa: S603, S607  as above
