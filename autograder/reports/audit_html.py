"""An audit as one HTML page: for each function, the matrix of its mistakes and its checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from autograder.audit import Audit, Entry, Solution

__all__ = ["render"]

STYLE = """
:root { color-scheme: light dark; --line: #8884; --bad: #d33; --good: #2a2; --dim: #888; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2.2rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .5rem; text-align: left;
  vertical-align: top }
th.check { writing-mode: vertical-rl; font-weight: normal; white-space: nowrap; padding: .5rem 0 }
td.mark { text-align: center; width: 1.6rem } td.mark.lost { background: #2a23; font-weight: bold }
.dim { color: var(--dim) } .bad { color: var(--bad) } .good { color: var(--good) }
.wide { overflow-x: auto } code { font-size: .9em }
"""
SHORT = {
    "failed": "✗",
    "errored": "!",
    "timed_out": "⏱",
    "missing": "–",
    "skipped": "–",
    "broken": "?",
}


def render(audit: Audit) -> str:
    """A self-contained page."""
    wrong = audit.wrong
    caught = sum(not entry.escaped for entry in wrong)
    named = sum(entry.named == "rightly" for entry in wrong)
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width, initial-scale=1'>",
        f"<title>Audit of the checks</title><style>{STYLE}</style>",
        "<h1>Audit of the checks</h1>",
        f"<p>{caught} of {len(wrong)} known mistakes are caught, {named} are named rightly. ",
        f"{len(audit.false_alarms)} of {_right(audit)} right alternatives and solutions lose ",
        f"points. {audit.seconds:.0f} seconds, {audit.cpu_seconds:.0f} of CPU.</p>",
        *_list("Escaped", (f"{e.id}: {e.sentence}" for e in audit.escapes)),
        *_list("False alarms", map(_alarm, audit.false_alarms)),
        *_list("Checks that failed themselves", map(_fault, audit.broken)),
        *_list("Checks that caught nothing", audit.idle),
    ]
    for function in dict.fromkeys(entry.function for entry in audit.entries):
        parts += _matrix(function, [e for e in audit.entries if e.function == function])
    return "\n".join(parts) + "\n"


def _right(audit: Audit) -> int:
    return len(audit.entries) - len(audit.wrong) + len(audit.solutions)


def _alarm(one: Entry | Solution) -> str:
    return f"{one.id}: {', '.join(one.lost)}"


def _fault(one: Entry | Solution) -> str:
    return f"{one.id}: {', '.join(one.broken)}"


def _list(title: str, lines: Iterable[str]) -> Iterator[str]:
    items = [f"<li>{escape(line)}</li>" for line in lines]
    if items:
        yield f"<h2>{title}</h2><ul>{''.join(items)}</ul>"


def _matrix(function: str, entries: list[Entry]) -> Iterator[str]:
    checks = list(dict.fromkeys(check for entry in entries for check in entry.statuses))
    yield f"<h2><code>{escape(function)}</code></h2><div class=wide><table><tr><th>Mistake</th>"
    for check in checks:
        yield f"<th class=check>{escape(check.partition('.')[2])}</th>"
    yield "<th>Named</th></tr>"
    for entry in entries:
        state = "bad" if entry.escaped or entry.false_alarm else ""
        label = "tolerated" if entry.tolerated else ""
        yield f"<tr><td class='{state}'><code>{escape(entry.id.partition('.')[2])}</code> "
        yield f"<span class=dim>{label} {escape(entry.sentence)}</span></td>"
        for check in checks:
            status = entry.statuses.get(check, "")
            lost = " lost" if check in entry.lost else ""
            title = escape(f"{check}: {status}")
            yield f"<td class='mark{lost}' title='{title}'>{SHORT.get(status, '')}</td>"
        yield f"<td>{_named(entry)}</td></tr>"
    yield "</table></div>"


def _named(entry: Entry) -> str:
    if entry.tolerated:
        return ""
    marks = {"rightly": "<span class=good>yes</span>", "not": "<span class=dim>no</span>"}
    return marks.get(entry.named, f"<span class=bad>{escape(entry.said)}</span>")
