"""What in a student's notebook is given: found by content, compared, and put back.

The template is the notebook that students were handed. Of its code cells everything is given but

- what stands between START OF YOUR CODE and END OF YOUR CODE,
- lines that say `Experiment with this!`, of which the name that they assign is given,
- the line that sets FOLDERNAME,

and of its markdown cells nothing but the questions matters. Cells are found by their text, since
Colab, Jupyter and editors each have their own way with ids and metadata. Cells that the template
does not have are the student's own and stay where they are.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import nbformat

from autograder.models import Change
from autograder.template.cells import PLACEHOLDER

__all__ = ["Match", "Part", "align", "match", "parts"]

START, END = "START OF YOUR CODE", "END OF YOUR CODE"
EXPERIMENT = re.compile(r"^\s*(\w+)\s*=.*#.*experiment with this", re.IGNORECASE)
FOLDER = re.compile(r"^\s*(FOLDERNAME)\s*=")
MAGIC = re.compile(r"^(\s*)([%!].*)$")
ENOUGH = 0.5  # share of a template cell's given lines that must be found in the student's
FOREIGN = 0.3  # below this share of cells found, it is another notebook
LONGEST_DIFF = 60  # lines


@dataclass(frozen=True)
class Part:
    """A stretch of a template cell: given lines, or a place of the student's.

    `name` is the variable that a place of one line assigns; a place without one may hold anything.
    """

    lines: tuple[str, ...]
    name: str = ""
    given: bool = True


@dataclass(frozen=True)
class Match:
    """A student's notebook beside its template.

    Attributes:
        restored: the student's notebook with its given cells put back; a cell of the template
            that has a result carries it in its metadata.
        changes: what had been changed or deleted.
        answers: for each inline question, in order, what the student wrote.
        places: index of a template cell -> its index in `restored`.
        foreign: whether this is another notebook altogether; then nothing was put back.
    """

    restored: Any
    changes: tuple[Change, ...]
    answers: tuple[str, ...]
    places: dict[int, int]
    foreign: bool


def parts(source: str) -> list[Part]:
    """The stretches of a template cell, in order."""
    made: list[Part] = []
    inside: list[str] | None = None
    for line in source.splitlines():
        named = EXPERIMENT.match(line) or FOLDER.match(line)
        if inside is not None and END in line:
            made += [Part(tuple(inside), given=False), Part((line,))]
            inside = None
        elif inside is not None:
            inside.append(line)
        elif named:
            made.append(Part((line,), named[1], given=False))
        elif line.strip() == PLACEHOLDER:
            made.append(Part((line,), given=False))
        else:
            made.append(Part((line,)))
            if START in line:
                inside = []
    return made


def match(template: Any, notebook: Any) -> Match:
    """Compare a notebook with its template, cell by cell."""
    found = align(template.cells, notebook.cells)
    code = [i for i, cell in enumerate(template.cells) if cell.cell_type == "code"]
    foreign = sum(i in found for i in code) < FOREIGN * len(code)
    restored = nbformat.v4.new_notebook()
    places: dict[int, int] = {}
    changes: list[Change] = []

    def put(index: int, source: str) -> None:
        cell = template.cells[index]
        new = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")
        places[index] = len(restored.cells)
        restored.cells.append(new(source, metadata=dict(cell.metadata)))

    owners = {theirs: ours for ours, theirs in found.items()}
    missing = [i for i in range(len(template.cells)) if i not in found]
    for theirs, cell in enumerate(notebook.cells):
        ours = owners.get(theirs)
        if foreign or ours is None:
            restored.cells.append(nbformat.from_dict(dict(cell)))
            continue
        while missing and missing[0] < ours:  # deleted cells go back in front of their next
            changes += _deleted(template, missing[0])
            put(missing[0], template.cells[missing.pop(0)].source)
        if cell.cell_type == "code":
            source = _restored(template.cells[ours].source, cell.source)
            if not _same(source, cell.source):
                changes.append(Change("changed", theirs, _diff(source, cell.source)))
            put(ours, source)
        else:
            put(ours, cell.source)
    for index in missing if not foreign else ():
        changes += _deleted(template, index)
        put(index, template.cells[index].source)
    answers = tuple(_answers(template, notebook, found))
    return Match(restored, tuple(changes), answers, places, foreign)


def align(template: Sequence[Any], notebook: Sequence[Any]) -> dict[int, int]:
    """Which cell of a notebook is which of the template: index -> index.

    A cell that is exactly the same goes first; then the one with most of the given lines.
    """
    found: dict[int, int] = {}
    free = dict.fromkeys(range(len(notebook)))
    texts = [_text(cell.source) for cell in notebook]
    for ours, cell in enumerate(template):
        wanted = _text(cell.source)
        for theirs in free:
            if texts[theirs] == wanted and notebook[theirs].cell_type == cell.cell_type:
                found[ours] = theirs
                del free[theirs]
                break
    scores = [
        (*score, -abs(ours - theirs), -ours, -theirs)
        for ours, cell in enumerate(template)
        if ours not in found
        for theirs in free
        if notebook[theirs].cell_type == cell.cell_type
        and (score := _likeness(cell.source, notebook[theirs].source))[0] >= ENOUGH
    ]
    for *_, minus_ours, minus_theirs in sorted(scores, reverse=True):
        if -minus_ours not in found and -minus_theirs in free:
            found[-minus_ours] = -minus_theirs
            del free[-minus_theirs]
    return found


def _likeness(template: str, source: str) -> tuple[float, float]:
    """The share of the given lines that a cell has, and how alike the two are as wholes."""
    given = Counter(
        _bare(line)
        for part in parts(template)
        if part.given
        for line in part.lines
        if START not in line and END not in line
    )
    theirs = Counter(map(_bare, source.splitlines()))
    for counted in (given, theirs):
        counted.pop("", None)
    if not given:
        return 0.0, 0.0
    common = (given & theirs).total()
    share = common / given.total()
    if share < ENOUGH and given.total() <= 3:  # one changed line is most of a short cell
        share = difflib.SequenceMatcher(None, template, source, autojunk=False).ratio()
    return share, 2 * common / (given.total() + theirs.total() or 1)


def _bare(line: str) -> str:
    return "".join(line.split())


def _text(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _restored(template: str, source: str) -> str:
    """The template's cell with what the student wrote at the places that are the student's."""
    theirs = source.splitlines()
    stretches = parts(template)
    if all(part.given for part in stretches):
        return template
    matched = _matched([line for part in stretches if part.given for line in part.lines], theirs)
    made: list[str] = []
    before, given = -1, 0  # the last line of theirs that is given; how many given lines went by
    for part in stretches:
        if part.given:
            made += part.lines
            for _ in part.lines:
                before = max(before, matched.get(given, before))
                given += 1
            continue
        after = next((matched[i] for i in sorted(matched) if i >= given), len(theirs))
        between = theirs[before + 1 : after]
        made += _own(part, between, theirs)
    return "\n".join(made)


def _own(part: Part, between: Sequence[str], theirs: Sequence[str]) -> Sequence[str]:
    """What the student has at a place."""
    if not part.name:
        return between
    assigns = re.compile(rf"^\s*{part.name}\s*=[^=]")
    for lines in (between, theirs):
        for line in lines:
            if assigns.match(line):
                return (line,)
    return part.lines


def _matched(given: Sequence[str], theirs: Sequence[str]) -> dict[int, int]:
    """Which given line is which of the student's, in order."""
    matcher = difflib.SequenceMatcher(
        None, [_bare(line) for line in given], [_bare(line) for line in theirs], autojunk=False
    )
    return {
        block.a + i: block.b + i
        for block in matcher.get_matching_blocks()
        for i in range(block.size)
        if _bare(given[block.a + i])
    }


def _same(one: str, other: str) -> bool:
    """Whether two cells do the same: comments, blank lines, quotes and spaces do not count."""
    if _text(one) == _text(other):
        return True
    try:
        return ast.dump(ast.parse(_python(one))) == ast.dump(ast.parse(_python(other)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [_bare(x) for x in one.splitlines()] == [_bare(x) for x in other.splitlines()]


def _python(source: str) -> str:
    """A cell as Python: magics and shell lines become calls."""
    return "\n".join(
        MAGIC.sub(lambda found: f"{found[1]}_magic({found[2].strip()!r})", line)
        for line in source.splitlines()
    )


def _diff(given: str, source: str) -> str:
    lines = list(
        difflib.unified_diff(given.splitlines(), source.splitlines(), "given", "handed in", n=1)
    )[2:]
    kept = [line for line in lines if not line.startswith("@@")]
    more = len(kept) - LONGEST_DIFF
    return "\n".join([*kept[:LONGEST_DIFF], *([f"… {more} more lines"] if more > 0 else [])])


def _deleted(template: Any, index: int) -> Iterator[Change]:
    cell = template.cells[index]
    if cell.cell_type == "code":
        yield Change("deleted", index, "\n".join(f"-{x}" for x in cell.source.splitlines()))


def _answers(template: Any, notebook: Any, found: dict[int, int]) -> Iterator[str]:
    """What stands at each placeholder, with the own cells that follow it."""
    taken = set(found.values())
    for index, cell in enumerate(template.cells):
        if cell.cell_type != "markdown" or PLACEHOLDER not in cell.source:
            continue
        if index not in found:
            yield ""
            continue
        theirs = found[index]
        written = [_written(cell.source, notebook.cells[theirs].source)]
        for later in range(theirs + 1, len(notebook.cells)):
            if later in taken or notebook.cells[later].cell_type != "markdown":
                break
            written.append(notebook.cells[later].source)
        yield "\n\n".join(written).replace(PLACEHOLDER, "").strip()


def _written(template: str, source: str) -> str:
    """The lines of a question's cell that are not the question's."""
    stretches = parts(template)
    given = [line for part in stretches if part.given for line in part.lines]
    before = next(i for i, part in enumerate(stretches) if not part.given)
    theirs = source.splitlines()
    matched = _matched(given, theirs)
    last = max((matched[i] for i in matched if i < before), default=-1)
    after = min((matched[i] for i in matched if i >= before), default=len(theirs))
    return "\n".join(theirs[last + 1 : max(after, last + 1)])
