"""What a notebook printed when it was saved, beside what it prints when it is run here.

A note for whoever reads the report, never points: data, versions and chance all move outputs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import starmap
from typing import Any

__all__ = ["differences"]

NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")
# Times, and progress bars, which tell times.
TIMES = re.compile(
    r"\b(time|seconds|speed\w*|naive|fast|faster|took)\b|\d\s*[mµn]?s\b|\d\s*(it|s)/(it|s)\b|%\|",
    re.IGNORECASE,
)
SHELL = re.compile(r"^\s*(!|%cd|%%)", re.MULTILINE)  # prints what there is on the machine
ADDRESS = re.compile(r"\b0x[0-9a-f]+\b")
NEAR = 0.02  # relative
SMALL = 1e-4  # an error below it is good, however small it is
MOST = 5


def differences(handed_in: Any, run: Any) -> list[str]:
    """A sentence if cells printed something else when the notebook was saved.

    Args:
        handed_in: the notebook with its saved outputs.
        run: the notebook as it was run.
    """
    code = [cell for cell in handed_in.cells if cell.cell_type == "code"]
    if code and not any(cell.get("outputs") for cell in code):
        return ["no cell has a saved output"]
    again: dict[str, list[Any]] = {}
    for cell in run.cells:
        if cell.cell_type == "code":
            again.setdefault(cell.source.strip(), []).append(cell)
    other = []
    for cell in code:
        same, printed = again.get(cell.source.strip()), _printed(cell)
        now = _printed(same.pop(0)) if same else ""
        if printed and now and not SHELL.search(cell.source) and not _alike(printed, now):
            other.append(_first_line(cell.source))
    if not other:
        return []
    shown = "; ".join(other[:MOST]) + ("; …" if len(other) > MOST else "")
    cells = "1 cell" if len(other) == 1 else f"{len(other)} cells"
    return [f"the saved outputs of {cells} differ from this run: {shown}"]


def _printed(cell: Any) -> str:
    """What a cell printed to standard output."""
    return "".join(_streams(cell.get("outputs", ())))


def _streams(outputs: Any) -> Iterator[str]:
    for output in outputs:
        if output.get("output_type") == "stream" and output.get("name") == "stdout":
            text = output.get("text", "")
            yield "".join(map(str, text)) if isinstance(text, list) else str(text)


def _alike(one: str, other: str) -> bool:
    texts = [_steady(text) for text in (one, other)]
    words = ["".join(NUMBER.sub("#", text).split()) for text in texts]
    numbers = [[float(x) for x in NUMBER.findall(text)] for text in texts]
    same = words[0] == words[1] and len(numbers[0]) == len(numbers[1])
    return same and all(starmap(_near, zip(*numbers, strict=True)))


def _steady(text: str) -> str:
    """What does not depend on the hour and the machine; of lines that were overwritten the last."""
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n")]
    return ADDRESS.sub("", "\n".join(line for line in lines if not TIMES.search(line)))


def _near(a: float, b: float) -> bool:
    small = abs(a) < SMALL and abs(b) < SMALL
    return small or a == b or abs(a - b) <= NEAR * max(abs(a), abs(b))


def _first_line(source: str) -> str:
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    return lines[0][:60] if lines else ""
