"""`autograder audit`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from autograder import audit, misconceptions
from autograder.audit import Audit, Entry
from autograder.errors import UsageError
from autograder.reports import audit_html, audit_json
from autograder.secret import course_secret

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Audit on the inputs of the course, print, write.

    Returns:
        1 if a mistake escapes, something right loses points, or a check itself fails; else 0.
    """
    console = Console()
    if options.jobs < 0:
        raise UsageError(f"--jobs {options.jobs}: at least one process is needed")
    right = [one for folder in options.right for one in _solutions(folder)]
    found = _audit(options, right)
    if not found.entries and not found.solutions:
        raise UsageError(f"no entry of the catalogue matches {options.only!r}")
    for target, module in ((options.json, audit_json), (options.html, audit_html)):
        if target:
            _write(target, module.render(found))
    _print(found, console)
    return int(not found.passed)


def _solutions(folder: Path) -> list[Path]:
    """The solutions in a folder: its folders, or the folder itself where files lie in it."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder of right solutions")
    if any(folder.glob("*.py")):
        return [folder]
    found = [one for one in sorted(folder.iterdir()) if one.is_dir()]
    if not found:
        raise UsageError(f"{folder} holds no solution")
    return found


def _audit(options: argparse.Namespace, right: list[Path]) -> Audit:
    only = options.only if any(c in options.only for c in "*?[") else f"*{options.only}*"
    count = sum(1 for _ in misconceptions.catalogue()) if not options.only else None
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("audit", total=count and count + len(right))
        for result in audit.run(
            options.assignment,
            only,
            right,
            options.jobs or os.cpu_count() or 1,
            course_secret(),
            everything=options.all,
        ):
            if isinstance(result, Audit):
                return result
            name = result.function if isinstance(result, Entry) else result.id
            progress.update(task, advance=1, description=name)
    raise AssertionError("an audit ends with itself")


def _print(found: Audit, console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Function", "Mistakes", "Caught", "Named", "Wrongly"):
        table.add_column(name, justify="left" if name == "Function" else "right")
    for function, entries in found.functions().items():
        _row(table, function, entries)
    table.add_section()
    _row(table, "All", found.wrong, style="bold")
    console.print(table)
    for entry in found.escapes:
        console.print(Text(f"✗ escaped: {entry.id}: {entry.sentence}", style="red"))
    for alarm in found.false_alarms:
        sentence = f": {alarm.sentence}" if isinstance(alarm, Entry) else ""
        said = f"✗ false alarm: {alarm.id} loses points in {', '.join(alarm.lost)}{sentence}"
        console.print(Text(said, style="red"))
    for one in found.broken:
        said = f"✗ the checks themselves fail on {one.id}: {', '.join(one.broken)}"
        console.print(Text(said, style="red"))
    for entry in found.wrong:
        if entry.named == "wrongly":
            console.print(Text(f"! {entry.id} is called: {entry.said}", style="yellow"))
    nameless = [e.id for e in found.wrong if e.named == "not" and not e.escaped]
    if nameless:
        console.print(Text(f"Caught, but not named: {', '.join(nameless)}", style="dim"))
    if found.idle:
        console.print(Text(f"Caught nothing: {', '.join(found.idle)}", style="dim"))
    for line in _summary(found):
        console.print(Text(line))


def _summary(found: Audit) -> Iterator[str]:
    wrong, right = found.wrong, [entry for entry in found.entries if entry.tolerated]
    if wrong:
        caught = 1 - len(found.escapes) / len(wrong)
        named = sum(entry.named == "rightly" for entry in wrong) / len(wrong)
        yield f"Of {len(wrong)} mistakes, {caught:.1%} are caught and {named:.1%} named rightly."
    yield (
        f"Of {len(right)} tolerated alternatives and {len(found.solutions)} right solutions, "
        f"{len(found.false_alarms)} lose points."
    )
    yield f"{found.seconds:.0f} seconds, {found.cpu_seconds:.0f} of processor time."


def _row(table: Table, name: str, entries: tuple[Entry, ...], style: str = "") -> None:
    caught = sum(not entry.escaped for entry in entries)
    named, wrongly = (sum(e.named == how for e in entries) for how in ("rightly", "wrongly"))
    mark = style or ("red" if caught < len(entries) else "")
    counts = map(str, (len(entries), caught, named, wrongly or ""))
    table.add_row(name, *counts, style=mark)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
