"""An audit as JSON.

{"schema": 1, "passed": true, "caught": 440, "wrong": 440, "named": 430, "wrongly_named": 0,
 "seconds": 95.0, "cpu_seconds": 180.0,
 "functions": [{"function", "wrong", "caught", "named"}],
 "entries": [{"id", "function", "sentence", "tolerated", "lost": [check ids], "statuses":
              {check id: status}, "diagnosis", "named": "rightly" | "not" | "wrongly"}],
 "solutions": [{"name", "lost"}], "escapes": [ids], "false_alarms": [names],
 "broken": {name: [ids of checks that failed themselves]},
 "idle": [ids of checks that caught nothing]}
"""

from __future__ import annotations

import json

from autograder.audit import Audit, Entry

__all__ = ["render"]

SCHEMA = 1


def render(audit: Audit) -> str:
    """The audit as indented JSON, ending in a newline."""
    wrong = audit.wrong
    content = {
        "schema": SCHEMA,
        "passed": audit.passed,
        "wrong": len(wrong),
        "caught": sum(not entry.escaped for entry in wrong),
        "named": sum(entry.named == "rightly" for entry in wrong),
        "wrongly_named": sum(entry.named == "wrongly" for entry in wrong),
        "seconds": round(audit.seconds, 1),
        "cpu_seconds": round(audit.cpu_seconds, 1),
        "functions": [
            {
                "function": function,
                "wrong": len(entries),
                "caught": sum(not entry.escaped for entry in entries),
                "named": sum(entry.named == "rightly" for entry in entries),
            }
            for function, entries in audit.functions().items()
        ],
        "entries": [_entry(entry) for entry in audit.entries],
        "solutions": [{"name": one.id, "lost": list(one.lost)} for one in audit.solutions],
        "escapes": [entry.id for entry in audit.escapes],
        "false_alarms": [one.id for one in audit.false_alarms],
        "broken": {one.id: list(one.broken) for one in audit.broken},
        "idle": list(audit.idle),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _entry(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "function": entry.function,
        "sentence": entry.sentence,
        "tolerated": entry.tolerated,
        "lost": list(entry.lost),
        "statuses": entry.statuses,
        "diagnosis": entry.said,
        "named": "" if entry.tolerated else entry.named,
    }
