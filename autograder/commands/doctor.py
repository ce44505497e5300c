"""`autograder doctor`."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder import doctor

__all__ = ["run"]

VERDICTS = {
    "isolated": "isolated: these layers keep student code in its own folder",
    "reduced": "reduced: grading works, and student code is not kept away from this machine",
}


def run(_options: argparse.Namespace) -> int:
    """Print a table of the layers and one line that sums it up; see `doctor.examine`."""
    findings, isolation = doctor.examine()
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Layer", no_wrap=True)
    table.add_column("Protects")
    table.add_column("On this machine")
    for finding in findings:
        here = f"missing: {finding.missing}" if finding.missing else "active"
        if finding.note:
            here += f" ({finding.note})"
        style = "yellow" if finding.missing else "green"
        table.add_row(finding.layer, finding.protects, Text(here, style=style))
    console = Console()
    console.print(table)
    console.print(VERDICTS[isolation.level], highlight=False)
    return 0
