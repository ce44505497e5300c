"""What an upload contains: names, and the bytes of the files that matter, within limits.

Nothing is written to disk and no name is ever used as a path, so a hostile name can at most be
shown in a report; it is cleaned for that.
"""

from __future__ import annotations

import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import IO

from autograder.errors import SubmissionError

__all__ = [
    "MAX_UNPACKED",
    "PIECE",
    "UNREADABLE",
    "Entry",
    "Scan",
    "allowance",
    "is_noise_folder",
    "listed",
    "printable",
    "refused",
    "too_much",
]

MAX_ENTRIES = 50_000  # a virtual environment with a framework in it has about 30,000
MAX_KEPT = 256 << 20  # bytes read from one upload; they are held in memory
MAX_UNPACKED = 1 << 30  # bytes; a tar must be unpacked to be listed, and CIFAR-10 has 180 MB
MAX_RATIO = 100  # code and notebooks pack 3 to 10 times, zeros 1,000 times
FREE = 160 << 20  # bytes that may come of any upload: a notebook that printed without end
MAX_NAME = 1_000  # characters of a path
PIECE = 1 << 16

# A broken or hostile archive can make the standard library raise any of these.
UNREADABLE = (
    ArithmeticError,
    EOFError,
    IndexError,
    OSError,
    RuntimeError,  # NotImplementedError and RecursionError are kinds of it
    ValueError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
# Left behind by systems, editors and tools; folders whose name begins with a dot go with them.
NOISE_FOLDERS = frozenset({"__MACOSX", "__pycache__", "site-packages", "node_modules"})
NOISE_FILES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class Entry:
    """One file of an upload.

    `content` is None if it was not asked for or could not be read; `trouble` says why not.
    """

    path: str
    content: bytes | None = None
    trouble: str = ""


class Scan:
    """Collects the entries of one upload and what was ignored in it.

    Args:
        label: what the upload is called in messages.
        wanted: path -> how many bytes of it may be read; 0 for a file whose name is enough.
        packed: size of the archive in bytes, None for files as they are.
    """

    def __init__(self, label: str, wanted: Callable[[str], int], packed: int | None = None) -> None:
        self.label = label
        self.limit = min(MAX_KEPT, allowance(packed))
        self._wanted = wanted
        self._entries: dict[str, Entry] = {}
        self._remarks: dict[str, list[str]] = {}
        self._count = 0
        self._read = 0

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The files, without noise, in the order in which they were met."""
        return tuple(self._entries.values())

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence for each kind of oddity."""
        return tuple(
            f"{listed(sorted(names))}: {remark}" for remark, names in sorted(self._remarks.items())
        )

    def remark(self, remark: str, name: str) -> None:
        """Note an oddity of an entry."""
        self._remarks.setdefault(remark, []).append(name)

    def count(self) -> None:
        """Count an entry of whatever kind.

        Raises:
            SubmissionError: there are too many.
        """
        self._count += 1
        if self._count > MAX_ENTRIES:
            raise SubmissionError(
                f"{self.label} holds more than {MAX_ENTRIES:,} files; "
                "hand in only the cs231n folder and the notebooks"
            )

    def add(self, raw: str, opened: Callable[[], IO[bytes]], kind: str = "file") -> None:
        """Take in one entry.

        Args:
            raw: its name in the upload, not trusted.
            opened: opens it for reading; called at once or never.
            kind: "file", or what it is instead ("symbolic link"): then it is never read.

        Raises:
            SubmissionError: the upload holds more than can be read.
        """
        self.count()
        path = self._clean(raw)
        if not path:
            return
        if kind != "file":
            self.remark(f"a {kind} is no file and was ignored", path)
            return
        entry = self._fetch(path, opened)
        before = self._entries.get(path)
        if before is not None and before.content is not None:
            if entry.content is None:
                return
            if entry.content != before.content:
                said = "is in the archive more than once; the last was used, as unpacking would"
                self.remark(said, path)
        self._entries[path] = entry

    def _clean(self, raw: str) -> str:
        """The path in the upload, safe to show; empty if it is to be ignored."""
        name = raw.replace("\\", "/")
        bare = re.sub(r"^([A-Za-z]:)?/*", "", name)
        path = printable("/".join(part for part in bare.split("/") if part not in ("", ".")))
        if not path or _is_noise(path):
            return ""
        if len(path) > MAX_NAME:
            self.remark("the name is too long and was ignored", path)
            return ""
        if ".." in path.split("/"):
            self.remark("the path leads out of the upload and was ignored", path)
            return ""
        if bare != name:
            self.remark("the path is absolute and was taken as if it began in the upload", path)
        return path

    def _fetch(self, path: str, opened: Callable[[], IO[bytes]]) -> Entry:
        limit = self._wanted(path)
        if not limit:
            return Entry(path)
        try:
            with opened() as stream:
                content = self._capped(stream, limit)
        except PermissionError:
            return Entry(path, trouble="cannot be read by the grader")
        except _Refused as error:
            return Entry(path, trouble=str(error))
        except UNREADABLE:
            return Entry(path, trouble="is damaged in the upload")
        if content is None:
            return Entry(path, trouble=f"is larger than {limit >> 20} MB")
        return Entry(path, content)

    def _capped(self, stream: IO[bytes], limit: int) -> bytes | None:
        """All bytes, whatever a header says about their number; None beyond the limit."""
        pieces, size = [], 0
        while piece := stream.read(PIECE):
            pieces.append(piece)
            size += len(piece)
            self._read += len(piece)
            if self._read > self.limit:
                raise too_much(self.label)
            if size > limit:
                return None
        return b"".join(pieces)


class _Refused(ValueError):
    """Why an entry is not read, to follow its name in a sentence."""


def refused(reason: str) -> Callable[[], IO[bytes]]:
    """In place of opening an entry: the reason why it is not read."""

    def opened() -> IO[bytes]:
        raise _Refused(reason)

    return opened


def allowance(packed: int | None) -> int:
    """How many bytes may come out of an archive of a size."""
    return MAX_UNPACKED if packed is None else min(MAX_UNPACKED, FREE + MAX_RATIO * packed)


def too_much(label: str) -> SubmissionError:
    """The error for an upload that unpacks to more than is reasonable."""
    return SubmissionError(
        f"{label} holds far more data than a submission can; "
        "hand in only the cs231n folder and the notebooks"
    )


def printable(name: str, longest: int = MAX_NAME + 1) -> str:
    """A name without control characters or broken encoding, cut to a length."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:longest])


def listed(names: Iterable[str], most: int = 3) -> str:
    """A few names and the number of the others."""
    every = [name if len(name) <= 80 else f"{name[:40]}…{name[-39:]}" for name in names]
    if len(every) <= most + 1:
        return " and ".join([", ".join(every[:-1]), every[-1]] if len(every) > 1 else every)
    return f"{', '.join(every[:most])} and {len(every) - most:,} more"


def _is_noise(path: str) -> bool:
    *folders, last = path.split("/")
    if last in NOISE_FILES or last.startswith("._"):
        return True
    return any(is_noise_folder(folder) for folder in folders)


def is_noise_folder(name: str) -> bool:
    """Whether what lies in a folder of this name is nobody's work."""
    return name in NOISE_FOLDERS or (name.startswith(".") and name not in (".", ".."))
