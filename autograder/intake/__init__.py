"""From what a student hands in to a `Submission`: nothing is unpacked to disk, nothing is run.

`sources` reads zips, tars, folders and files into memory (`scan` holds the limits); `locate` finds
the files of the assignment among them; `starter` knows which those are.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from autograder.errors import SubmissionError
from autograder.intake import sources
from autograder.intake.locate import editable_name, locate
from autograder.intake.scan import Scan, listed, printable
from autograder.intake.starter import EDITABLE, starter_files, workspace_files
from autograder.intake.starter import FOLDER as STARTER
from autograder.models import Submission

__all__ = ["EDITABLE", "STARTER", "read_submission", "starter_files", "workspace_files"]

MAX_SOURCE = 1 << 20  # bytes; a finished layers.py has about 50,000
MAX_NOTEBOOK = 160 << 20  # bytes; full of plots it has 1 to 10 MB, of endless prints any number
MAX_NESTED = 128 << 20  # bytes of an archive in the archive, which is held in memory
MAX_NOTES = 40  # an honest upload has fewer than ten
FILES = (".py", ".ipynb")

Scanner = Callable[[Callable[[str], int]], Scan]


def read_submission(paths: Sequence[Path], *, name: str | None = None) -> Submission:
    """Read one zip, one tar, one folder, or several single files.

    Args:
        paths: what was handed in.
        name: what to call the submission; by default the name of the archive or folder.

    Raises:
        SubmissionError: it cannot be read, or holds no file of the assignment.
        GraderError: the starter is missing.
    """
    if not paths:
        raise SubmissionError("nothing was handed in; name an archive, a folder or files")
    starter = starter_files()
    names = {path.rpartition("/")[2] for path in starter}
    label, scanner = _source([Path(path) for path in paths])
    scan = scanner(lambda path: _wanted(path, names))
    scans = [scan]
    inner = _nested(scan)
    if inner:
        scan = _open_nested(scanner, inner, names)
        scans.append(scan)
    unopened = _archives(scan)
    if unopened:
        scan.remark("an archive inside the upload was not opened", listed(unopened))
    found = locate(scan.entries, starter)
    if not found.files:
        raise SubmissionError(_nothing(label, scan, found.troubles))
    return Submission(
        name=name or _name([Path(path) for path in paths]),
        digest=_digest(found.files),
        files=found.files,
        origins={h: f"{inner}/{p}" if inner else p for h, p in found.origins.items()},
        notebooks=found.notebooks,
        notes=_few([*(note for one in scans for note in one.notes), *found.notes]),
    )


def _source(paths: list[Path]) -> tuple[str, Scanner]:
    """What the upload is called, and how to scan it."""
    for path in paths:
        try:
            path.stat()
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "no such name can exist"
            raise SubmissionError(
                f"{printable(str(path))} cannot be read ({why}); check the path"
            ) from error
    first = paths[0]
    label = printable(first.name or str(first))
    if len(paths) == 1 and first.is_dir():
        return label, lambda wanted: sources.scan_folder(first, label, wanted)
    if len(paths) == 1 and first.suffix.lower() not in FILES:
        return label, lambda wanted: _scan_file(first, label, wanted)
    for path in paths:
        if path.is_dir() or path.name.lower().endswith(sources.ARCHIVES):
            raise SubmissionError(
                f"{printable(path.name)} is one of {len(paths)} things handed in together; "
                "give one archive, one folder, or single files"
            )
    return "the upload", lambda wanted: sources.scan_files(paths, wanted)


def _scan_file(path: Path, label: str, wanted: Callable[[str], int]) -> Scan:
    try:
        with sources.opened_file(path) as file:
            return sources.scan_archive(file, label, wanted)
    except OSError as error:
        why = error.strerror or error
        raise SubmissionError(f"{label} cannot be read ({why}); check the file") from error


def _wanted(path: str, names: set[str]) -> int:
    """How many bytes of a file may be read."""
    if path.lower().endswith(".ipynb"):
        return MAX_NOTEBOOK
    last = path.rpartition("/")[2]
    return MAX_SOURCE if last in names or editable_name(path) else 0


def _nested(scan: Scan) -> str:
    """The archive in the upload that must hold the work, if there is none outside of it.

    Raises:
        SubmissionError: it could be any of several.
    """
    if any(editable_name(entry.path) for entry in scan.entries):
        return ""
    inner = _archives(scan)
    if len(inner) > 1:
        raise SubmissionError(
            f"{scan.label} holds {len(inner)} archives ({listed(inner)}) and none of your files; "
            "hand in the files themselves"
        )
    return inner[0] if inner else ""


def _archives(scan: Scan) -> list[str]:
    return [e.path for e in scan.entries if e.path.lower().endswith(sources.ARCHIVES)]


def _open_nested(scanner: Scanner, inner: str, names: set[str]) -> Scan:
    outer = scanner(lambda path: MAX_NESTED if path == inner else 0)
    entry = next(entry for entry in outer.entries if entry.path == inner)
    if entry.content is None:
        raise SubmissionError(f"{inner} {entry.trouble}; hand in the files themselves")
    file = io.BytesIO(entry.content)
    scan = sources.scan_archive(file, inner, lambda path: _wanted(path, names))
    deeper = _nested(scan)
    if deeper:
        raise SubmissionError(
            f"{inner} holds another archive, {deeper}; hand in the files themselves"
        )
    return scan


def _nothing(label: str, scan: Scan, troubles: Sequence[str]) -> str:
    """Why no file of the assignment could be read."""
    if troubles:
        return f"{label} has no file that can be read: {listed(troubles)}; hand it in anew"
    names = [entry.path for entry in scan.entries]
    there = f"it holds {listed(names)}" if names else "it holds no files"
    ignored = "".join(f"; {note}" for note in scan.notes[:2])
    return (
        f"{label} has none of {', '.join(EDITABLE)}: {there}{ignored}; "
        "hand in the cs231n folder with your work"
    )


def _name(paths: Sequence[Path]) -> str:
    first = paths[0].absolute()
    if first.is_dir():
        return printable(first.name or "submission")
    if len(paths) > 1 or first.suffix.lower() in FILES:
        return printable(first.parent.name or "submission")
    for suffix in sources.ARCHIVES:
        if first.name.lower().endswith(suffix):
            return printable(first.name[: -len(suffix)] or "submission")
    return printable(first.stem)


def _few(notes: list[str]) -> tuple[str, ...]:
    """The notes, cut short if an odd upload makes for hundreds."""
    more = len(notes) - MAX_NOTES
    return tuple(notes) if more <= 0 else (*notes[:MAX_NOTES], f"{more:,} more notes were left out")


def _digest(files: Mapping[str, bytes]) -> str:
    """SHA-256 over path, length and content of each file, in the order of the paths."""
    sha = hashlib.sha256()
    for home, content in sorted(files.items()):
        sha.update(f"{home}\0{len(content)}\0".encode())
        sha.update(content)
    return sha.hexdigest()
