"""What in a student's notebook is given: found by content, compared, and put back.

The template is the notebook that students were handed. Of its code cells everything is given but

- what stands between START OF YOUR CODE and END OF YOUR CODE,
- lines that say `Experiment with this!`, of which the name that they assign is given,
- the line that sets FOLDERNAME,

and of its markdown cells nothing but the questions matters. Cells are found by their text, since
Colab, Jupyter and editors each have their own way with ids and metadata. Cells that the template
does not have are the student's own and stay where they are. A given code cell that was deleted
comes back behind the cell that it follows in the template.
"""

from __future__ import annotations

import ast
import difflib
import re
import warnings
from collections import Counter
from collections.abc import Container, Iterator, Sequence
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
SHORT = 3  # given lines; one changed line is most of such a cell, so its characters are compared
LONGEST_SHORT = 2000  # characters; what is longer is no version of a short cell
LONGEST, MOST_LINES = 100_000, 2000  # characters, lines; no given cell is longer
LONGEST_DIFF = 60  # lines
PIECE = "# A piece of the given cell beside this one: its lines are put back there."


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
        found: index of a template cell -> its index in the notebook as handed in.
        foreign: whether this is another notebook altogether; then nothing was put back.
    """

    restored: Any
    changes: tuple[Change, ...]
    answers: tuple[str, ...]
    places: dict[int, int]
    found: dict[int, int]
    foreign: bool


def parts(source: str) -> list[Part]:
    """The stretches of a template cell, in order."""
    made: list[Part] = []
    inside: list[str] | None = None
    for line in source.split("\n"):
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
    owners = {} if foreign else {theirs: ours for ours, theirs in found.items()}
    pieces = _pieces(template.cells, notebook.cells, owners)
    merged = _merged(template.cells, notebook.cells, owners)
    lost = [] if foreign else [i for i in code if i not in found]
    own = [
        line
        for i, cell in enumerate(notebook.cells)
        if i not in owners and i not in pieces and cell.cell_type == "code"
        for line in cell.source.split("\n")
    ]
    restored = nbformat.v4.new_notebook()
    places: dict[int, int] = {}
    changes: list[Change] = []

    def put(index: int, source: str) -> None:
        cell = template.cells[index]
        new = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")
        places[index] = len(restored.cells)
        restored.cells.append(new(source, metadata=dict(cell.metadata)))

    def put_back(behind: int) -> None:
        for index in lost:
            if max((i for i in found if i < index), default=-1) != behind:
                continue
            source = template.cells[index].source
            if index in merged:
                put(index, _restored(source, merged[index], own))
            else:
                diff = "\n".join(f"-{line}" for line in source.split("\n"))
                changes.append(Change("deleted", index, diff))
                put(index, source)

    put_back(-1)
    for theirs, cell in enumerate(notebook.cells):
        ours = owners.get(theirs)
        if theirs in pieces:
            restored.cells.append(nbformat.v4.new_code_cell(PIECE))
        elif ours is None:
            restored.cells.append(nbformat.from_dict(dict(cell)))
        elif cell.cell_type == "code":
            whole = sorted([theirs, *(i for i in pieces if pieces[i] == ours)])
            source = "\n".join(notebook.cells[i].source for i in whole)
            wanted = _restored(template.cells[ours].source, source, own)
            if not _same(wanted, source):
                changes.append(Change("changed", theirs, _diff(wanted, source)))
            put(ours, wanted)
        else:
            put(ours, cell.source)
        if ours is not None:
            put_back(ours)
    given = range(len(notebook.cells)) if foreign else owners.keys() | pieces.keys()
    answers = tuple(_answers(template, notebook, found, merged, given))
    return Match(restored, tuple(changes), answers, places, found, foreign)


def align(template: Sequence[Any], notebook: Sequence[Any]) -> dict[int, int]:
    """Which cell of a notebook is which of the template: index -> index.

    A cell that says the same goes first, and one that does the same; then the one with most of the
    given lines. What was written in place of a whole cell is known by where it stands.
    """
    found: dict[int, int] = {}
    free = {
        i: cell
        for i, cell in enumerate(notebook)
        if len(cell.source) <= LONGEST and cell.source.count("\n") < MOST_LINES
    }

    def missing() -> list[int]:
        return [i for i in range(len(template)) if i not in found]

    def take(ours: int, theirs: int) -> None:
        if ours not in found and theirs in free:
            found[ours] = theirs
            del free[theirs]

    for key in (_text, _meaning):
        texts = {i: (cell.cell_type, key(cell.source)) for i, cell in free.items()}
        for ours in missing():
            wanted = (template[ours].cell_type, key(template[ours].source))
            take(ours, next((i for i in free if texts[i] == wanted), -1))
    counts = {i: _counted(cell.source.split("\n")) for i, cell in free.items()}
    scores = []
    for ours in missing():
        given = _counted(_given(template[ours].source))
        for theirs, cell in free.items():
            if cell.cell_type != template[ours].cell_type:
                continue
            share, alike = _likeness(given, counts[theirs])
            if share < ENOUGH and given.total() <= SHORT:
                share = alike = _ratio(template[ours].source, cell.source)
            if share >= ENOUGH:
                crossed = sum((ours < o) != (theirs < t) for o, t in found.items())
                scores.append((alike, -crossed, -ours, -theirs))
    for *_, ours, theirs in sorted(scores, reverse=True):
        take(-ours, -theirs)
    for ours, theirs in _filled(template, notebook, found):
        take(ours, theirs)
    return found


def _filled(
    template: Sequence[Any], notebook: Sequence[Any], found: dict[int, int]
) -> Iterator[tuple[int, int]]:
    """Own cells that stand where a cell for the student's code is missing, and have its names."""
    for ours, cell in enumerate(template):
        stretches = parts(cell.source)
        if ours in found or cell.cell_type != "code" or all(p.given or p.name for p in stretches):
            continue
        first = max((found[i] for i in found if i < ours), default=-1)
        last = min((found[i] for i in found if i > ours), default=len(notebook))
        assigned = "|".join(re.findall(r"^(\w+)\s*=[^=]", cell.source, re.MULTILINE))
        for theirs in range(last - 1, first, -1):
            own = notebook[theirs].cell_type == "code" and theirs not in found.values()
            if own and re.search(rf"\b({assigned})\b", notebook[theirs].source):
                yield ours, theirs
                break


def _pieces(
    template: Sequence[Any], notebook: Sequence[Any], owners: dict[int, int]
) -> dict[int, int]:
    """Own cells that a given one beside them was split into: index -> the template's index."""
    pieces: dict[int, int] = {}
    for theirs, ours in owners.items():
        given = _counted(_given(template[ours].source))
        have = _counted(notebook[theirs].source.split("\n"))
        for step in (-1, 1):
            at = theirs + step
            while 0 <= at < len(notebook) and at not in owners and at not in pieces:
                more = have + _counted(notebook[at].source.split("\n"))
                joined = _likeness(given, more)[1] > _likeness(given, have)[1]
                if notebook[at].cell_type != "code" or not joined:
                    break
                pieces[at], have, at = ours, more, at + step
    return pieces


def _merged(
    template: Sequence[Any], notebook: Sequence[Any], owners: dict[int, int]
) -> dict[int, str]:
    """Cells that were merged with another: the template's index -> what that has beyond its own."""
    merged = {}
    for index in [i for i in range(len(template)) if i not in owners.values()]:
        given = _counted(_given(template[index].source))
        for theirs, ours in owners.items():
            lines = notebook[theirs].source.split("\n")
            alike = _likeness(given, _counted(lines))[0] >= ENOUGH
            if alike and template[ours].cell_type == template[index].cell_type:
                others = set(_matched(_given(template[ours].source), lines).values())
                rest = [line for i, line in enumerate(lines) if i not in others]
                if _likeness(given, _counted(rest))[0] >= ENOUGH:
                    merged[index] = "\n".join(rest)
    return merged


def _given(source: str) -> list[str]:
    """The given lines of a template cell; those that mark a place are blank."""
    lines = [line for part in parts(source) if part.given for line in part.lines]
    return ["" if _marks(line) else line for line in lines]


def _marks(line: str) -> bool:
    return START in line or END in line


def _counted(lines: Sequence[str]) -> Counter[str]:
    return Counter(bare for line in lines if (bare := _bare(line)))


def _likeness(given: Counter[str], theirs: Counter[str]) -> tuple[float, float]:
    """The share of the given lines that a cell has, and how alike the two are as wholes."""
    common = (given & theirs).total()
    return common / (given.total() or 1), 2 * common / (given.total() + theirs.total() or 1)


def _ratio(one: str, other: str) -> float:
    if len(other) > LONGEST_SHORT:
        return 0.0
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def _bare(line: str) -> str:
    """A line as it is compared: without spaces, and with one kind of quotes."""
    return "".join(line.split()).replace("'", '"')


def _text(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().split("\n"))


def _meaning(source: str) -> str:
    """What a cell does: comments, blank lines, quotes and the breaking of lines do not count."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a student's escape sequences
            tree = ast.parse(_python(source))
        if tree.body:
            return ast.dump(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    lines = (_bare(line) for line in source.split("\n"))
    return "\n".join(line for line in lines if line and not line.startswith("#"))


def _python(source: str) -> str:
    """A cell as Python: magics and shell lines become calls."""
    return "\n".join(
        MAGIC.sub(lambda found: f"{found[1]}_magic({found[2].strip()!r})", line)
        for line in source.split("\n")
    )


def _restored(template: str, source: str, elsewhere: Sequence[str]) -> str:
    """The template's cell with what the student wrote at the places that are the student's."""
    theirs = source.split("\n")
    stretches = parts(template)
    matched = _matched(_given(template), theirs)
    made: list[str] = []
    before, given = -1, 0  # the last line of theirs that is given; how many given lines went by
    for number, part in enumerate(stretches, 1):
        if part.given:
            made += part.lines
            for _ in part.lines:
                before = max(before, matched.get(given, before))
                given += 1
            continue
        after = next((matched[i] for i in sorted(matched) if i >= given), len(theirs))
        if part.name:
            made += _assigned(part, theirs[before + 1 : after], theirs, elsewhere)
            continue
        if number < len(stretches) - 1:  # behind END are more given lines, or what became of them
            after = next((i for i in range(before + 1, after) if END in theirs[i]), after)
        made += [line for line in theirs[before + 1 : after] if not _marks(line)]
        before = after - 1
    return "\n".join(made)


def _assigned(
    part: Part, between: Sequence[str], theirs: Sequence[str], elsewhere: Sequence[str]
) -> Sequence[str]:
    """The lines that assign the name of a place: at the place, in the cell or in an own cell."""
    sets = re.compile(rf"\s*(\(?[\w\s,]+,\s*)?{part.name}\s*([,:)][^=]*|\*\*|//|[-+*/])?=[^=]")
    indent = part.lines[0][: -len(part.lines[0].lstrip())]
    for lines in (between, theirs):
        if found := [indent + line.strip() for line in lines if sets.match(line)]:
            return found
    return () if any(sets.match(line) for line in elsewhere) else part.lines


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
    return _text(one) == _text(other) or _meaning(one) == _meaning(other)


def _diff(given: str, source: str) -> str:
    lines = list(
        difflib.unified_diff(given.split("\n"), source.split("\n"), "given", "handed in", n=1)
    )[2:]
    kept = [line for line in lines if not line.startswith("@@")]
    more = len(kept) - LONGEST_DIFF
    return "\n".join([*kept[:LONGEST_DIFF], *([f"… {more} more lines"] if more > 0 else [])])


def _answers(
    template: Any,
    notebook: Any,
    found: dict[int, int],
    merged: dict[int, str],
    given: Container[int],
) -> Iterator[str]:
    """What stands in the cell of each question, or in its place, and in own cells behind it."""
    for index, cell in enumerate(template.cells):
        if cell.cell_type != "markdown" or PLACEHOLDER not in cell.source:
            continue
        written = [notebook.cells[found[index]].source] if index in found else []
        written += [merged[index]] if index in merged else []
        before = max((i for i in found if i <= index), default=-1)
        for own in range(found.get(before, -1) + 1, len(notebook.cells)):
            if own in given:
                break
            written.append(_shown(notebook.cells[own]))
        yield _written(cell.source, "\n\n".join(written))


def _shown(cell: Any) -> str:
    """A cell as markdown."""
    if cell.cell_type != "code" or not cell.source.strip():
        return str(cell.source)
    fence = max(["``", *re.findall("`+", cell.source)], key=len) + "`"
    return f"{fence}python\n{cell.source}\n{fence}"


def _written(question: str, text: str) -> str:
    """The lines that are not the question's."""
    lines = text.split("\n")[:MOST_LINES]
    theirs = set(_matched(_given(question), lines).values())
    written = "\n".join(line for i, line in enumerate(lines) if i not in theirs)
    return re.sub(r"\n{3,}", "\n\n", written.replace(PLACEHOLDER, "")).strip()
