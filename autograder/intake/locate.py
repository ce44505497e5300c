"""Which entry of an upload is which file of the assignment.

Of several candidates for a file the best is taken, and a note says which and why. `ORDER` is the
order of preference.
"""

from __future__ import annotations

import codecs
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from autograder.intake.scan import Entry, listed
from autograder.intake.starter import EDITABLE

__all__ = ["Found", "editable_name", "locate"]

# "layers (1).py", "layers - Copy.py", "Copy of layers.py", "layers 2.py", "layers.py.txt"
RENAMED = re.compile(
    r"(copy of )?(?P<stem>\w+?)([ _-]+copy)?([ _-]*\(\d+\)|[ _-]+\d+)?\.py(\.txt)?", re.IGNORECASE
)
OLD = re.compile(
    r"(?<![a-z])(copy|old|older|backup|bak|orig|original|previous)(?![a-z])", re.IGNORECASE
)
# What a candidate that comes first has over the next one, by position in its rank.
ORDER = (
    "it has the exact name",
    "its path does not look like that of an old copy",
    "it was changed since the starter",
    "it lies where the starter has it",
    "it lies further up",
    "it comes first in the alphabet",
)
LONGEST = 60  # characters of a name that may be one of the files
Rank = tuple[bool, bool, bool, int, int, str]


@dataclass
class Found:
    """The files of an assignment in an upload; `files` and `origins` are by home path."""

    files: dict[str, bytes] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    notebooks: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)  # files that are there but unreadable


def editable_name(path: str) -> str | None:
    """The editable file that an entry may be, by its name alone."""
    match = RENAMED.fullmatch(_last(path)[-LONGEST:].strip())
    name = f"{match['stem']}.py".casefold() if match else ""
    return name if name in EDITABLE else None


def locate(entries: Iterable[Entry], starter: Mapping[str, bytes]) -> Found:
    """Find the editable files and notebooks, and say what else was met."""
    entries = list(entries)
    found = Found()
    for name, home in EDITABLE.items():
        candidates = [entry for entry in entries if editable_name(entry.path) == name]
        best = _best(home, candidates, found, starter.get(home))
        if best is None:
            found.notes.append(f"{name} is not in the upload: the starter's copy is used instead")
            continue
        if _last(best.path) != name:
            found.notes.append(f"{best.path} was taken as {name}")
        found.files[home] = _as_utf8(best, found)
        found.origins[home] = best.path
    notebooks = defaultdict(list)
    for entry in entries:
        if entry.path.lower().endswith(".ipynb"):
            notebooks[_last(entry.path)].append(entry)
    for name, candidates in sorted(notebooks.items()):
        best = _best(name, candidates, found)
        if best is not None and best.content is not None:
            found.notebooks[name] = best.content
    _note_given(entries, starter, found)
    _note_helpers(entries, starter, found)
    return found


def _best(
    home: str, candidates: Sequence[Entry], found: Found, pristine: bytes | None = None
) -> Entry | None:
    """The candidate to take, with a note if others differ from it."""
    troubles = [f"{entry.path} {entry.trouble}" for entry in candidates if entry.trouble]
    if troubles:
        found.troubles.append(listed(troubles))
        found.notes.append(f"{listed(troubles)}: not used")
    readable = [entry for entry in candidates if entry.content is not None]
    ranked = sorted(readable, key=lambda entry: _rank(home, entry, pristine))
    if not ranked:
        return None
    best, *others = ranked
    others = [entry for entry in others if entry.content != best.content]
    if others:
        ours, theirs = _rank(home, best, pristine), _rank(home, others[0], pristine)
        why = next(ORDER[i] for i in range(len(ORDER)) if ours[i] != theirs[i])
        paths = listed(entry.path for entry in others)
        found.notes.append(f"{best.path} was used and not {paths}, because {why}")
    return best


def _rank(home: str, entry: Entry, pristine: bytes | None) -> Rank:
    """Sorts candidates, best first; see ORDER."""
    parts, wanted = entry.path.split("/"), home.split("/")
    return (
        parts[-1] != wanted[-1],
        bool(OLD.search(entry.path)),
        entry.content == pristine,
        -_shared(parts, wanted),
        len(parts),
        entry.path,
    )


def _shared(parts: Sequence[str], wanted: Sequence[str]) -> int:
    """How many folders above the file are the starter's."""
    count = 0
    for part, other in zip(parts[-2::-1], wanted[-2::-1], strict=False):
        if part != other:
            break
        count += 1
    return count


def _note_given(entries: Sequence[Entry], starter: Mapping[str, bytes], found: Found) -> None:
    changed = []
    for home in sorted(starter.keys() - set(EDITABLE.values())):
        name = _last(home)
        same = [e for e in entries if _last(e.path) == name and e.content is not None]
        if name == "__init__.py":  # every package has one: only ours can be meant
            same = [e for e in same if f"/{e.path}".endswith(f"/{home}")]
        if not same:
            continue
        theirs = min(same, key=lambda entry: _rank(home, entry, None)).content or b""
        if _lines(theirs) != _lines(starter[home]):
            changed.append(name if name != "__init__.py" else home)
    if len(changed) == 1:
        found.notes.append(f"{changed[0]} is a given file; yours differs and ours was used")
    elif changed:
        found.notes.append(f"{listed(changed)} are given files; yours differ and ours were used")


def _note_helpers(entries: Sequence[Entry], starter: Mapping[str, bytes], found: Found) -> None:
    """Tell of Python files that are no part of the assignment, first those that are missed."""
    given = {_last(path) for path in starter}
    helpers = sorted(
        {
            _last(entry.path)
            for entry in entries
            if entry.path.endswith(".py") and not editable_name(entry.path)
        }
        - given
        - {"__init__.py"}
    )
    imported = {_last(home): _imported(source) for home, source in found.files.items()}
    for name in list(helpers):
        module = name.removesuffix(".py").encode("utf-8", "replace")
        importers = [importer for importer, words in imported.items() if module in words]
        if importers:
            helpers.remove(name)
            found.notes.append(
                f"{name} is imported by {listed(importers)}, but is not a file of the assignment "
                "and was not used; move what is needed into layer_utils.py"
            )
    if helpers:
        are = "is not a file" if len(helpers) == 1 else "are not files"
        found.notes.append(f"{listed(helpers)} {are} of the assignment and had no effect")


def _imported(source: bytes) -> set[bytes]:
    """All words of a source's import lines: enough to know that a module is mentioned."""
    lines = re.findall(rb"^[ \t]*(?:from|import)\b([^#\n]*)", source, re.MULTILINE)
    return {word for line in lines for word in re.findall(rb"\w+", line)}


def _as_utf8(entry: Entry, found: Found) -> bytes:
    """The source with its encoding repaired, if an editor saved what Python cannot read."""
    content = entry.content or b""
    for mark, encoding in (
        (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            try:
                content = content.decode(encoding).encode()
            except UnicodeError:
                break
            found.notes.append(f"{entry.path} was saved as UTF-16 or UTF-32 and read as such")
            return content
    if b"\0" in content:
        found.notes.append(f"{entry.path} contains NUL bytes, which Python refuses; save it anew")
    return content


def _lines(content: bytes) -> list[bytes]:
    return content.removeprefix(codecs.BOM_UTF8).splitlines()


def _last(path: str) -> str:
    return path.rpartition("/")[2]
