"""The folder in which one notebook runs: what its kernel may import, and where it may write.

    packages/              links to every installed package but ours, and to `inside/`
    sent/                  what the grader sends: the kernel cannot lead a write of ours elsewhere
    scratch/               belongs to the kernel: HOME, sockets, what it answers
    scratch/content/drive/My Drive/<FOLDERNAME>/    the starter with the student's files

So a notebook written on Colab finds its Drive: the kernel sees scratch/content as /content.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Self

from autograder import intake
from autograder.models import Assignment, NotebookLimits, Submission
from autograder.sandbox import leases
from autograder.sandbox.folder import link_packages, remove
from autograder.sandbox.program import Program
from autograder.sandbox.worker import allowed, uid

__all__ = ["Desk", "desk_for", "drive_folder"]

INSIDE = Path(__file__).parent / "inside"
OURS = frozenset({"autograder", "reference", "student_template"})
FOLDERNAME = re.compile(r"""^\s*FOLDERNAME\s*=\s*(['"])(.*?)\1""", re.MULTILINE)
DEFAULT_FOLDER = "assignment"
PROCESSES, DESCRIPTORS, FILE_MB = 128, 256, 512
HEADROOM_MB = 3072  # of address space over the memory that is used: libraries reserve it


class Desk:
    """Use it as a context manager; everything is removed and ended at the end.

    Args:
        files: the workspace, path -> content.
        budget: what one notebook may use.
        folder: the folder of the Drive, as the notebook names it.
        data: real CIFAR-10, a folder or an archive; None for the embedded set.
        without: names of isolation layers that are left out, for tests.
    """

    def __init__(
        self,
        files: Mapping[str, bytes],
        budget: NotebookLimits,
        folder: str = DEFAULT_FOLDER,
        data: Path | None = None,
        without: Sequence[str] = (),
    ) -> None:
        self.budget = budget
        self._without = without
        self._stack = contextlib.ExitStack()
        self.root = Path(tempfile.mkdtemp(prefix="autograder-")).resolve()
        self._stack.callback(remove, self.root)
        self._number: int | None = None
        try:
            self._lay(files, folder, data)
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _lay(self, files: Mapping[str, bytes], folder: str, data: Path | None) -> None:
        self.root.chmod(0o711)
        (self.root / "root").mkdir(mode=0o711)
        self.packages = self.root / "packages"
        link_packages(self.packages, ())
        (self.packages / "inside").symlink_to(INSIDE)
        for entry in _installed():
            if not (self.packages / entry.name).is_symlink():
                (self.packages / entry.name).symlink_to(entry)
        self.sent = self.root / "sent"
        self.sent.mkdir(mode=0o755)
        self.scratch = self.root / "scratch"
        self.scratch.mkdir(mode=0o700)
        drive = self.scratch / "content/drive"
        self.workspace = drive / "My Drive" / folder
        for path in (self.workspace, self.scratch / "home", self.scratch / "tmp"):
            path.mkdir(parents=True)
        (drive / "MyDrive").symlink_to("My Drive")
        for name, content in files.items():
            target = self.workspace / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        if data is not None:
            (self.packages / "data").symlink_to(data.resolve())
            name = "cifar-10-batches-py" if data.is_dir() else "cifar-10-python.tar.gz"
            (self.workspace / "cs231n/datasets" / name).symlink_to(self.packages / "data")
        _lend_fonts(self.scratch / "home")
        if hasattr(os, "geteuid") and os.geteuid() == 0 and uid.NAME not in self._without:
            self._number = self._stack.enter_context(leases.lease())
            for path in (self.scratch, *self.scratch.rglob("*")):
                os.lchown(path, self._number, self._number)

    def start(self, argv: Sequence[str]) -> Program:
        """Start a program at this desk, behind the fences.

        Raises:
            GraderError: it does not start.
        """
        budget = {
            "memory_mb": self.budget.memory_mb + HEADROOM_MB,
            "processes": PROCESSES,
            "file_mb": FILE_MB,
            "descriptors": DESCRIPTORS,
            "check_seconds": self.budget.notebook_seconds,
        }
        views = {"/content": self.scratch / "content"}
        program = Program(
            self.root,
            self.scratch,
            argv,
            self._environment(),
            self.workspace,
            budget,
            {name: str(path) for name, path in views.items()},
            self._number,
            self._without,
        )
        self._stack.callback(program.close)
        return program

    def _environment(self) -> dict[str, str]:
        home = str(self.scratch / "home")
        environment = {
            "HOME": home,
            "USER": "student",
            "LOGNAME": "student",
            "TMPDIR": str(self.scratch / "tmp"),
            "IPYTHONDIR": f"{home}/.ipython",
            "MPLCONFIGDIR": f"{home}/matplotlib",
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYTHONPATH": f"{self.packages}:{self.packages}/inside",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TERM": "dumb",
            "AUTOGRADER_CONTENT": str(self.scratch / "content"),
        }
        if self.budget.data_limit:
            environment["AUTOGRADER_DATA_LIMIT"] = str(self.budget.data_limit)
        return environment

    def give(self, path: Path) -> None:
        """Make a file in scratch the kernel's."""
        if self._number is not None:
            os.lchown(path, self._number, self._number)


def desk_for(notebook: Any, submission: Submission, assignment: Assignment) -> Desk:
    """The desk of a notebook: the starter with a student's files, where its cells look for them."""
    return Desk(
        intake.workspace_files(submission, everything=True),
        assignment.notebooks.limits,
        drive_folder([cell.source for cell in notebook.cells]),
        Path(assignment.data) if assignment.data else None,
    )


def drive_folder(sources: Sequence[str]) -> str:
    """The folder of the Drive that a notebook's cells name, if it is a plain relative path."""
    for source in sources:
        for _, name in FOLDERNAME.findall(source):
            path = PurePosixPath(name.strip("/"))
            plain = all(re.fullmatch(r"[\w .,()+-]+", part) for part in path.parts)
            if path.parts and plain and ".." not in path.parts and len(name) <= 120:
                return str(path)
    return DEFAULT_FOLDER


def _installed() -> Iterator[Path]:
    """What lies in the folders of installed packages, without ours."""
    for shelf in map(Path, sys.path):
        if shelf.name not in allowed.SHELVES or not shelf.is_dir():
            continue
        for entry in sorted(shelf.iterdir()):
            own = entry.name in OURS or "dlgrader" in entry.name
            if not own and entry.suffix != ".pth" and entry.name != "__pycache__":
                yield entry


def _lend_fonts(home: Path) -> None:
    """Copy matplotlib's list of fonts: to make it anew takes each kernel a second."""
    if importlib.util.find_spec("matplotlib") is None:
        return
    from matplotlib import font_manager, get_cachedir  # noqa: PLC0415  heavy

    (home / "matplotlib").mkdir()
    name = f"fontlist-v{font_manager.FontManager.__version__}.json"
    source = Path(get_cachedir(), name)
    if source.is_file():
        shutil.copy(source, home / "matplotlib" / name)
