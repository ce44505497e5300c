"""The kinds of uploads: zip, tar, folder, bare files. Each is scanned without unpacking it."""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Protocol, cast

from autograder.errors import SubmissionError
from autograder.intake.scan import (
    PIECE,
    UNREADABLE,
    Scan,
    allowance,
    is_noise_folder,
    printable,
    refused,
    too_much,
)

__all__ = ["ARCHIVES", "opened_file", "scan_archive", "scan_files", "scan_folder"]

ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar")
MAX_DIRECTORY = 16 << 20  # bytes of a zip's table of contents, which Python reads at once
MAX_HEADERS = 1 << 20  # bytes of what a tar says about one member, long names included
USE_ZIP = "hand in a .zip or .tar.gz file"

# What else people upload, by its first bytes.
OTHERS = {
    b"Rar!\x1a\x07": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ\x00": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"<!doctype html": "a web page, perhaps of a failed download",
    b"<html": "a web page, perhaps of a failed download",
}
Wanted = Callable[[str], int]


def scan_archive(file: IO[bytes], label: str, wanted: Wanted) -> Scan:
    """Scan a zip or tar by its content, whatever it is called.

    Raises:
        SubmissionError: it is neither, is damaged as a whole, or is too large.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    if not size:
        raise SubmissionError(f"{label} is empty; {USE_ZIP} with your files in it")
    scan = Scan(label, wanted, size)
    if head.startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=file) as unpacked:
            _scan_tar(unpacked, scan, allowance(size))
    elif head[257:262] == b"ustar":
        _scan_tar(file, scan, size)
    elif head.startswith(b"PK") or zipfile.is_zipfile(file):
        _scan_zip(file, scan)
    else:
        raise SubmissionError(f"{label} is {_sniffed(head)}; {USE_ZIP}")
    return scan


def _sniffed(head: bytes) -> str:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, description in OTHERS.items():
        if head.startswith(magic) or start.startswith(magic):
            return description
    return "no archive that can be read"


class _Cautious(io.BufferedReader):
    """A zip file whose table of contents cannot be of any size."""

    def read(self, size: int | None = -1, /) -> bytes:
        most = MAX_DIRECTORY + 1
        data = super().read(most if size is None or size < 0 else min(size, most))
        if len(data) > MAX_DIRECTORY:
            raise SubmissionError(
                "the zip lists far too many files; hand in only the cs231n folder and the notebooks"
            )
        return data


def _scan_zip(file: IO[bytes], scan: Scan) -> None:
    cautious = _Cautious(cast("io.RawIOBase", file))
    try:
        with zipfile.ZipFile(cautious) as archive:
            for info in archive.infolist():
                # orig_filename: Python cuts the other one at a NUL.
                if info.orig_filename.endswith(("/", "\\")):
                    scan.count()
                else:
                    scan.add(info.orig_filename, _zip_opener(archive, info), _zip_kind(info))
    except UNREADABLE as error:
        raise SubmissionError(
            f"{scan.label} is damaged or cut off; make the archive again and hand it in"
        ) from error
    finally:
        cautious.detach()


def _zip_kind(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "symbolic link"
    return "file" if stat.S_IFMT(mode) in (0, stat.S_IFREG) else "special file"


def _zip_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    if info.flag_bits & 1:
        return refused("is encrypted (hand it in without a password)")
    # bzip2 and LZMA are unpacked by whole blocks, so that reading in pieces would not help.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return refused("is packed in an unusual way")
    return lambda: archive.open(info)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Forward(io.RawIOBase):
    """A stream that is only read onwards, and not beyond a limit.

    `tarfile` seeks wherever headers send it (a negative size sends it back for ever), and holds
    long names and sparse maps in memory; so seeking back is an error, and what is read between
    two calls of `next_member` is limited.
    """

    def __init__(self, stream: _Readable, label: str, limit: int) -> None:
        self._stream = stream
        self._label = label
        self._limit = limit
        self._position = 0
        self._left = MAX_HEADERS

    def next_member(self) -> None:
        """Allow for the headers of another member."""
        self._left = MAX_HEADERS

    def member(self) -> None:
        """Allow for a member's content, which is limited by whoever reads it."""
        self._left = self._limit

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = self._left + 1 if size is None or size < 0 else size
        self._left -= wanted
        if self._left < 0:
            raise tarfile.ReadError("headers without end")
        return self._advance(wanted)

    def seek(self, target: int, whence: int = os.SEEK_SET, /) -> int:
        if whence != os.SEEK_SET or target < self._position:
            raise tarfile.ReadError("an archive that goes back")
        while self._position < target:
            if not self._advance(min(PIECE, target - self._position)):
                break
        return self._position

    def _advance(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._position += len(data)
        if self._position > self._limit:
            raise too_much(self._label)
        return data


def _scan_tar(file: _Readable, scan: Scan, limit: int) -> None:
    stream = _Forward(file, scan.label, limit)
    try:
        with tarfile.open(fileobj=stream, mode="r:", encoding="utf-8") as archive:
            for member in _members(archive, stream, scan):
                if member.isdir():
                    scan.count()
                else:
                    scan.add(member.name, _tar_opener(archive, member), _tar_kind(member))
    except UNREADABLE as error:
        raise SubmissionError(
            f"{scan.label} is no tar archive, or is damaged; {USE_ZIP} made anew"
        ) from error


def _members(archive: tarfile.TarFile, stream: _Forward, scan: Scan) -> Iterator[tarfile.TarInfo]:
    """The members up to where the archive breaks off."""
    while True:
        stream.next_member()
        try:
            member = archive.next()
        except UNREADABLE:
            scan.remark("the archive is damaged or cut off, and was used up to there", scan.label)
            return
        if member is None:
            return
        stream.member()
        yield member


def _tar_kind(member: tarfile.TarInfo) -> str:
    if member.isreg():
        return "file"
    if member.issym():
        return "symbolic link"
    return "hard link" if member.islnk() else "special file"


def _tar_opener(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        file = archive.extractfile(member)
        assert file is not None  # only asked for regular files
        return file

    return opened


def scan_folder(folder: Path, label: str, wanted: Wanted) -> Scan:
    """Scan a folder; symbolic links in it are never followed.

    Raises:
        SubmissionError: it cannot be listed, or is too large.
    """
    scan = Scan(label, wanted)

    def unlisted(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise SubmissionError(
                f"the folder {label} cannot be read ({error.strerror}); check its permissions"
            ) from error
        scan.remark("the folder cannot be read and was ignored", _below(folder, error.filename))

    for parent, folders, files in os.walk(folder, onerror=unlisted):
        for name in sorted(folders):
            if Path(parent, name).is_symlink():
                scan.add(_below(folder, parent, name), refused(""), "symbolic link")
        folders[:] = sorted(name for name in folders if not is_noise_folder(name))
        for name in sorted(files):
            path = Path(parent, name)
            scan.add(_below(folder, parent, name), _file_opener(path), _file_kind(path))
    return scan


def scan_files(paths: Sequence[Path], wanted: Wanted) -> Scan:
    """Scan files given one by one; the last folders of their paths tell where they belong."""
    scan = Scan("the upload", wanted)
    for path in paths:
        # Whoever names a file means it, even one in a hidden folder.
        parts = [part.lstrip(".") for part in path.parts[-3:] if part != path.anchor]
        scan.add("/".join(parts), partial(opened_file, path))
    return scan


def _below(folder: Path, *parts: str) -> str:
    return Path(*parts).relative_to(folder).as_posix()


def _file_kind(path: Path) -> str:
    try:
        mode = path.lstat().st_mode
    except OSError:
        return "file"  # opening it will say what is wrong
    if stat.S_ISLNK(mode):
        return "symbolic link"
    return "file" if stat.S_ISREG(mode) else "special file"


def _file_opener(path: Path) -> Callable[[], IO[bytes]]:
    # The folder may change while it is read: what has become a link is not followed.
    return partial(opened_file, path, getattr(os, "O_NOFOLLOW", 0))


def opened_file(path: Path, flags: int = 0) -> IO[bytes]:
    """Open a regular file.

    Raises:
        OSError: it is something else, or cannot be opened.
    """
    # Without O_NONBLOCK, opening a pipe waits for whoever writes to it.
    flags |= os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{printable(path.name)} is no regular file")
    return os.fdopen(descriptor, "rb")
