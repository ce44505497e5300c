"""The zip that an instructor uploads: scripts at its root, the grader, its settings, the secret.

The same inputs give the same bytes. Versions are pinned to those installed here, so that a score on
the platform is the score on the machine that made the zip.
"""

from __future__ import annotations

import importlib.metadata
import io
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

from autograder import assignment
from autograder.errors import GraderError
from autograder.secret import FILE, Secret

__all__ = ["build", "requirements"]

ROOT = Path(__file__).parents[2]
PACKAGES = ("autograder", "reference", "student_template")
NEEDED = ("numpy", "hypothesis", "rich", "msgspec", "jinja2")
COMPILING = ("cython", "setuptools")
PYTHONS = ("3.11", "3.12", "3.13")  # of the images, for wheels
PLATFORM = "manylinux_2_28_x86_64"
LEFT_OUT = ("__pycache__", ".egg-info", ".so", ".c", ".pyc")
DATE = (2026, 1, 1, 0, 0, 0)
SCRIPTS = ("setup.sh", "run_autograder")


def build(settings: Path | None, secret: Secret, *, vendor_wheels: bool = False) -> bytes:
    """The archive.

    Args:
        settings: an assignment.toml; None for the bundled one.
        secret: goes into the archive, where only root of the platform's container reads it.
        vendor_wheels: put all packages in, so that setup needs no network.

    Raises:
        AssignmentError: the settings are not valid.
        GraderError: wheels cannot be fetched.
    """
    assignment.load(settings)  # a mistake in it is told here, and not by the platform
    bundled = resources.files("autograder").joinpath("assignment.toml")
    files = dict(_sources())
    here = resources.files("autograder.gradescope")
    files |= {name: here.joinpath(name).read_bytes() for name in SCRIPTS}
    files["assignment.toml"] = (settings or bundled).read_bytes()
    files["requirements.txt"] = "".join(f"{line}\n" for line in requirements()).encode()
    if not secret.public:
        files[FILE.name] = secret.value + b"\n"
    if vendor_wheels:
        files |= _wheels()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if name in SCRIPTS else 0o644) << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def _sources() -> Iterator[tuple[str, bytes]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if path.is_file() and not any(part in name for part in LEFT_OUT):
                yield name, path.read_bytes()
    setup = ROOT / "setup.py"
    if setup.is_file():  # in a checkout: the fast loops can be compiled there
        yield "setup.py", setup.read_bytes()


def requirements() -> list[str]:
    """The packages that grading needs, with all that they need, pinned to what is installed."""
    found: dict[str, str] = {}
    pending = list(NEEDED)
    while pending:
        name = _normal(pending.pop())
        if name in found:
            continue
        found[name] = importlib.metadata.version(name)
        pending += _dependencies(importlib.metadata.requires(name) or ())
    return [f"{name}=={version}" for name, version in sorted(found.items())]


def _dependencies(lines: Iterable[str]) -> Iterator[str]:
    """The names in requirement lines that apply without extras, on Linux."""
    for line in lines:
        specification, _, marker = line.partition(";")
        if "extra" in marker or "win32" in marker or "python_version" in marker:
            continue
        yield re.split(r"[\s<>=!~\[(]", specification.strip(), maxsplit=1)[0]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _wheels() -> dict[str, bytes]:
    """pip and every pinned package as wheels, for each Python of the images."""
    with tempfile.TemporaryDirectory() as folder:
        common = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", folder]
        for version in PYTHONS:
            options = ["--only-binary=:all:", "--python-version", version, "--platform", PLATFORM]
            options += ["--platform", "manylinux2014_x86_64", "--no-deps"]
            done = subprocess.run(  # noqa: S603  our own interpreter's pip
                [*common, *options, "pip", *COMPILING, *requirements()],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise GraderError(f"no wheels for Python {version}: {done.stderr.strip()[-300:]}")
        return {f"wheels/{path.name}": path.read_bytes() for path in Path(folder).iterdir()}
