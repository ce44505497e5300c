"""What a notebook printed when it was saved, beside what it prints when it is run here.

A note for whoever reads the report, never points: data, versions and chance all move outputs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["differences"]

NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")
TIMES = re.compile(r"\b(time|seconds|speed\w*|naive|fast|faster|took)\b|\d\s*m?s\b", re.IGNORECASE)
NEAR = 0.02  # relative; and for small errors, which rounding moves, an order of magnitude
SMALL = 1e-4
MOST = 5


def differences(handed_in: Any, run: Any) -> list[str]:
    """A sentence if cells printed something else when the notebook was saved.

    Args:
        handed_in: the notebook with its saved outputs.
        run: the notebook as it was run.
    """
    saved = [c for c in handed_in.cells if c.cell_type == "code" and _printed(c)]
    if not saved:
        return ["no cell has a saved output"] if handed_in.cells else []
    found = {cell.source.strip(): cell for cell in run.cells if cell.cell_type == "code"}
    other = []
    for cell in saved:
        again = found.get(cell.source.strip())
        if again is not None and not _alike(_printed(cell), _printed(again)):
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
    lines = [[x for x in text.splitlines() if not TIMES.search(x)] for text in (one, other)]
    words = [NUMBER.sub("#", "\n".join(part)).split() for part in lines]
    numbers = [[float(x) for x in NUMBER.findall("\n".join(part))] for part in lines]
    if words[0] != words[1] or len(numbers[0]) != len(numbers[1]):
        return False
    return all(_near(a, b) for a, b in zip(*numbers, strict=True))


def _near(a: float, b: float) -> bool:
    if abs(a) < SMALL and abs(b) < SMALL:
        return True
    return abs(a - b) <= NEAR * max(abs(a), abs(b))


def _first_line(source: str) -> str:
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    return lines[0][:60] if lines else ""
