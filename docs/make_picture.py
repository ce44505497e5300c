"""Draw docs/report.svg, the picture in the README: the report of the bundled example.

Run `python docs/make_picture.py` after a change to the terminal report.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console

from autograder import assignment, grading, intake
from autograder.reports import terminal
from autograder.secret import PUBLIC

HERE = Path(__file__).parent


def main() -> None:
    """Grade the example and record what the terminal shows."""
    submission = intake.read_submission([HERE.parent / "examples" / "submission.zip"])
    report = grading.grade(submission, assignment.load(), PUBLIC)
    console = Console(record=True, width=96, file=io.StringIO(), force_terminal=True)
    terminal.print_report(report, console)
    svg = console.export_svg(title="autograder grade submission.zip")
    # The picture brings no fonts from the network.
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    (HERE / "report.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
