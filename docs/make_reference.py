"""Write docs/assignment.md: every key of assignment.toml, from the bundled file and its remarks.

Run it from anywhere: `python docs/make_reference.py`. A test holds the committed page to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from autograder import settings

HERE = Path(__file__).parent
HEAD = """\
# assignment.toml

`autograder init` writes one with these values, and `--assignment FILE` uses it. A key that is left
out has the value below. An unknown one is an error, told with its line and the key that was
probably meant. This page is made by `docs/make_reference.py` from the bundled file.
"""
TABLE = re.compile(r"\[+([\w.]+)\]+\s*(?:# (.*))?")
KEY = re.compile(r"(\w+|\"[^\"]+\") = (\"[^\"]*\"|[^#]*?)\s*(?:# (.*))?")


def page() -> str:
    """The page; the same for the same bundled file."""
    return HEAD + "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    """Each table once, with its keys; tables that repeat ([[question]]) show their first."""
    table, remarks = "", []
    shown: set[tuple[str, str]] = set()
    yield from _begun("", "")
    for line in settings.bundled().decode().splitlines():
        header, key = TABLE.fullmatch(line), KEY.fullmatch(line)
        if header:
            table = header[1]
            if not any(name == table for name, _ in shown):
                yield from _begun(table, header[2] or "")
        elif line.startswith("# "):
            remarks.append(line.removeprefix("# "))
        elif key and (table, key[1]) not in shown:
            shown.add((table, key[1]))
            told = key[3] or (" ".join(remarks) if len(shown) > 1 else "")
            yield f"| `{key[1]}` | `{key[2]}` | {told} |"
        if header or key:
            remarks = []


def _begun(table: str, remark: str) -> Iterator[str]:
    if table:
        yield from ("", f"## [{table}]")
    if remark:
        yield from ("", f"{remark[0].upper()}{remark[1:]}.")
    yield from ("", "| key | value | |", "| --- | --- | --- |")


if __name__ == "__main__":
    (HERE / "assignment.md").write_text(page(), encoding="utf-8")
