"""A notebook, and the answers of a class, as one HTML file for a human to read.

Everything in it may come from a student: text is escaped, markdown is rendered without its HTML,
its links and its pictures, and of rich outputs only PNG and JPEG pictures are shown. No script,
nothing from the network (so formulas stay in TeX), and of what is very long the beginning.
nbconvert would do more, and would run the scripts in outputs as well.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from autograder.models import CellRun, CellStatus
from autograder.notebooks.answers import code

__all__ = ["answers", "notebook"]

# A terminal's sequences, and characters that HTML cannot hold.
ESCAPES = re.compile(
    r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*\x07|\x1b.|[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]"
)
FORMULA = re.compile(r"\$\$[^$]+\$\$|\$[^$\n]+\$")
PICTURES = ("image/png", "image/jpeg")
LONGEST = 100_000  # characters of a cell, an answer, an output
LARGEST = 8 << 20  # characters of a picture
MOST = 200  # outputs of a cell
WORDS = {
    CellStatus.RAN: "ran",
    CellStatus.ERRORED: "ended in an error",
    CellStatus.TIMED_OUT: "was stopped",
    CellStatus.DIED: "ended the kernel",
    CellStatus.SKIPPED: "was not run",
}
STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #f3f4f6; --line: #d4d8dd;
  --bad: #b42318; --dim: #57606a; --key: #8250df; --text: #0a5f38; --name: #0550ae; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --paper: #16191d; --soft: #22262b;
  --line: #3a4047; --bad: #ff8f80; --dim: #9aa4af; --key: #d2a8ff; --text: #8ddb8c;
  --name: #79c0ff; } }
body { margin: 0 auto; padding: 1rem; max-width: 52rem; color: var(--ink); background: var(--paper);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; }
h2 { font-size: 1.3rem; }
pre, code { font: .85rem/1.45 ui-monospace, monospace; }
pre { padding: .6rem .8rem; border-radius: 6px; background: var(--soft); white-space: pre-wrap; }
pre.code::before { content: attr(data-cell); float: right; color: var(--dim); }
pre.out { border-left: 3px solid var(--line); border-radius: 0; background: none; }
pre.error { border-color: var(--bad); }
p.bad { color: var(--bad); font-weight: 600; }
p.dim { color: var(--dim); }
img { max-width: 100%; background: #fff; }
table { border-collapse: collapse; margin: 1em 0; }
td, th { border: 1px solid var(--line); padding: .1rem .5rem; }
article { border: 1px solid var(--line); border-radius: 8px; padding: .2rem 1rem; margin: 1rem 0;
  break-inside: avoid; }
p.heading { font-weight: 600; }
section { break-before: page; }
.c1, .cm { color: var(--dim); font-style: italic; }
.k, .kn, .kc, .ow { color: var(--key); }
.s1, .s2, .sd, .sa, .si, .se { color: var(--text); }
.nf, .nc, .nb, .mi, .mf { color: var(--name); }
@media print { body { max-width: none; } }
"""
EMPTY = "<p class='dim'>Nothing was written.</p>"


def notebook(title: str, cells: Sequence[Any], runs: Iterable[CellRun] = ()) -> str:
    """One notebook with its outputs.

    Args:
        title: a heading.
        cells: nbformat-4 cells.
        runs: how its code cells ended.
    """
    by_index = {run.index: run for run in runs}
    body = [f"<h1>{_escaped(title)}</h1>"]
    for index, cell in enumerate(cells):
        if cell.cell_type == "code":
            body += _code(index + 1, cell, by_index.get(index))
        else:
            body.append(_markdown(cell.source))
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
    body = [f"<h1>{_escaped(title)}</h1>"]
    for (name, number), found in sorted(asked.items()):
        first = found[0][1]
        body.append(f"<section><h2>{_escaped(name)}, question {number}</h2>")
        body.append(f"<p class='dim'>Worth {first['maximum']:g}.</p>")
        body.append(_markdown(first["prompt"], headings=False))
        for who, answer in sorted(found, key=lambda pair: pair[0]):
            text = _markdown(answer["text"], headings=False) if answer["text"] else EMPTY
            points = "" if answer["points"] is None else f": {answer['points']:g} points"
            body.append(f"<article><h3>{_escaped(who)}{points}</h3>{text}</article>")
        body.append("</section>")
    return _page(title, body)


def _code(number: int, cell: Any, run: CellRun | None) -> Iterator[str]:
    shown = highlight(_cut(cell.source), PythonLexer(), HtmlFormatter(nowrap=True))
    yield f"<pre class='code' data-cell='{number}'>{shown}</pre>"
    if run is not None and run.status is not CellStatus.RAN:
        told = f": {run.message}" if run.message else ""
        yield f"<p class='bad'>This cell {WORDS[run.status]}{_escaped(told)}</p>"
    outputs = list(_merged(cell.get("outputs", ())))
    for output in outputs[:MOST]:
        yield from _output(output)
    if len(outputs) > MOST:
        yield f"<p class='dim'>… {len(outputs) - MOST:,} more outputs</p>"


def _merged(outputs: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Printing arrives in pieces: those of one stream, one after the other, are one output."""
    for (kind, _), group in groupby(outputs, lambda o: (o.get("output_type"), o.get("name"))):
        if kind == "stream":
            yield {"output_type": kind, "text": "".join(_joined(o.get("text")) for o in group)}
        else:
            yield from group


def _output(output: Mapping[str, Any]) -> Iterator[str]:
    kind, data = output.get("output_type"), output.get("data")
    if kind == "stream":
        yield f"<pre class='out'>{_text(output.get('text'))}</pre>"
    elif kind == "error":
        lines = output.get("traceback")
        told = "\n".join(map(str, lines)) if isinstance(lines, list) else lines
        yield f"<pre class='out error'>{_text(told)}</pre>"
    elif isinstance(data, Mapping):
        for name in PICTURES:
            picture = "".join(_joined(data.get(name)).split())
            if picture and len(picture) <= LARGEST and _is_base64(picture):
                source = f"data:{name};base64,{picture}"
                yield f"<p><img alt='Picture drawn by this cell' src='{source}'></p>"
                return
        if "text/plain" in data:
            yield f"<pre class='out'>{_text(data['text/plain'])}</pre>"


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True


def _joined(value: Any) -> str:
    """Text, or lines of it, as one; of anything else nothing."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _cut(text: str) -> str:
    text = text if len(text) <= LONGEST else f"{text[:LONGEST]}\n…"
    return ESCAPES.sub("", text)


def _escaped(text: str) -> str:
    return html.escape(_cut(text))


def _text(value: Any) -> str:
    """Printed text, escaped; of lines that were overwritten (progress bars) the last."""
    text = _joined(value)[: 10 * LONGEST]
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return _escaped("\n".join(lines))


def _markdown(text: str, *, headings: bool = True) -> str:
    """Markdown without HTML, and without pictures and links: those could reach for the network.

    Without headings they become bold lines: those of an answer belong to nobody's outline.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.disable(["image", "link", "autolink", "reference"])
    parser.inline.ruler.before("escape", "formula", _formula)
    tokens = parser.parse(_cut(text))
    for token in tokens if not headings else ():
        if token.type in ("heading_open", "heading_close"):
            token.tag = "p"
        if token.type == "heading_open":
            token.attrSet("class", "heading")
    return str(parser.renderer.render(tokens, parser.options, {}))


def _formula(state: StateInline, silent: bool) -> bool:
    """A rule for the parser: formulas stay as they are, backslashes and stars included."""
    found = FORMULA.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.push("code_inline", "code", 0).content = found[0]
    state.pos = found.end()
    return True


def _page(title: str, body: Sequence[str]) -> str:
    return (
        "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<meta http-equiv='Content-Security-Policy' "
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
        f"<title>{_escaped(title)}</title><style>{STYLE}</style></head><body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )
