"""A notebook, and the answers of a class, as one HTML file for a human to read.

Everything in it may come from a student: text is escaped, markdown is rendered without its HTML,
and of rich outputs only PNG and JPEG pictures are shown. No script, nothing from the network (so
formulas stay in TeX). nbconvert would do more, and would run the scripts in outputs as well.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from autograder.models import CellRun, CellStatus
from autograder.notebooks.answers import code

__all__ = ["answers", "notebook"]

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b.")
PICTURES = ("image/png", "image/jpeg")
LONGEST = 100_000  # characters of one text output
WORDS = {
    CellStatus.RAN: "ran",
    CellStatus.ERRORED: "ended in an error",
    CellStatus.TIMED_OUT: "was stopped",
    CellStatus.DIED: "ended the kernel",
    CellStatus.SKIPPED: "was not run",
}
FORMATTER: Any = HtmlFormatter(nowrap=True)
STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #f3f4f6; --line: #d4d8dd;
  --bad: #b42318; --dim: #57606a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --paper: #16191d; --soft: #22262b;
  --line: #3a4047; --bad: #ff8f80; --dim: #9aa4af; } }
body { margin: 0 auto; padding: 1rem; max-width: 52rem; color: var(--ink); background: var(--paper);
  font: 16px/1.5 system-ui, sans-serif; }
pre { overflow-x: auto; padding: .6rem .8rem; border-radius: 6px; background: var(--soft);
  font: 13px/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
pre.out { background: none; border-left: 3px solid var(--line); border-radius: 0; }
pre.error { border-color: var(--bad); }
p.bad { color: var(--bad); font-weight: 600; }
p.dim, .dim { color: var(--dim); }
img { max-width: 100%; background: #fff; }
article { border: 1px solid var(--line); border-radius: 8px; padding: .2rem 1rem; margin: 1rem 0;
  break-inside: avoid; }
section.question { break-before: page; }
@media print { body { max-width: none; } article { border-color: #999; } }
"""


def notebook(title: str, cells: Sequence[Any], runs: Iterable[CellRun] = ()) -> str:
    """One notebook with its outputs.

    Args:
        title: a heading.
        cells: nbformat-4 cells.
        runs: how its code cells ended.
    """
    by_index = {run.index: run for run in runs}
    body = [f"<h1>{html.escape(title)}</h1>"]
    for index, cell in enumerate(cells):
        if cell.cell_type == "markdown":
            body.append(_markdown(cell.source))
        else:
            body += _code(cell, by_index.get(index))
    return _page(title, body)


def answers(title: str, reports: Sequence[Mapping[str, Any]]) -> str:
    """All answers, question by question, each under the code of its submission.

    Args:
        title: a heading.
        reports: as in report.json.
    """
    asked: dict[tuple[str, int], list[tuple[str, Mapping[str, Any]]]] = {}
    for report in reports:
        for answer in report.get("answers", ()):
            asked.setdefault((answer["notebook"], answer["number"]), []).append(
                (code(report), answer)
            )
    body = [f"<h1>{html.escape(title)}</h1>"]
    for (name, number), found in sorted(asked.items()):
        first = found[0][1]
        body.append(f"<section class='question'><h2>{html.escape(name)}, question {number}</h2>")
        body.append(f"<p class='dim'>Worth {first['maximum']:g}.</p>")
        body.append(_markdown(_demoted(first["prompt"])))
        for who, answer in sorted(found, key=lambda pair: pair[0]):
            text = _markdown(_demoted(answer["text"])) if answer["text"] else EMPTY
            marked = "" if answer["points"] is None else f", {answer['points']:g} points"
            body.append(f"<article><h3>{html.escape(who)}{marked}</h3>{text}</article>")
        body.append("</section>")
    return _page(title, body)


EMPTY = "<p class='dim'>Nothing was written.</p>"


def _code(cell: Any, run: CellRun | None) -> Iterator[str]:
    shown = highlight(cell.source, PythonLexer(), FORMATTER) if cell.source else ""
    yield f"<pre class='code'>{shown}</pre>"
    if run is not None and run.status is not CellStatus.RAN:
        told = f": {run.message}" if run.message else ""
        yield f"<p class='bad'>This cell {WORDS[run.status]}{html.escape(told)}</p>"
    for output in cell.get("outputs", ()):
        yield from _output(output)


def _output(output: Mapping[str, Any]) -> Iterator[str]:
    kind, data = output.get("output_type"), output.get("data")
    if kind == "stream":
        yield f"<pre class='out'>{_text(output.get('text', ''))}</pre>"
    elif kind == "error":
        yield f"<pre class='out error'>{_text(output.get('traceback') or '')}</pre>"
    elif isinstance(data, Mapping):
        for name in PICTURES:
            picture = _joined(data.get(name, "")).strip()
            if picture and _is_base64(picture):
                source = f"data:{name};base64,{picture}"
                yield f"<p><img alt='Picture drawn by this cell' src='{source}'></p>"
                return
        if "text/plain" in data:
            yield f"<pre class='out'>{_text(data['text/plain'])}</pre>"


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _joined(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def _text(value: Any) -> str:
    """Escaped, without a terminal's escape sequences."""
    text = "\n".join(map(str, value)) if isinstance(value, list) else str(value)
    text = ESCAPES.sub("", text)
    cut = "\n…" if len(text) > LONGEST else ""
    return html.escape(text[:LONGEST] + cut)


def _markdown(text: str) -> str:
    # No HTML, no pictures or links: those could reach for the network.
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link"])
    return str(renderer.render(text[:LONGEST]))


def _demoted(text: str) -> str:
    """Headings as bold lines: on a page of many answers they belong to nobody's outline."""
    return re.sub(r"^#+\s+(.*)$", r"**\1**", text, flags=re.MULTILINE)


def _page(title: str, body: Sequence[str]) -> str:
    style = STYLE + FORMATTER.get_style_defs("pre.code")
    return (
        "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<meta http-equiv='Content-Security-Policy' "
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
        f"<title>{html.escape(title)}</title><style>{style}</style></head><body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )
