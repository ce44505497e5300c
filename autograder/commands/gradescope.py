"""`autograder gradescope`: build, run, rehearse."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.errors import GraderError
from autograder.reports.story import clean, points
from autograder.secret import course_secret

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Do what was asked for."""
    return {"build": _build, "run": _run, "rehearse": _rehearse}[options.action](options)


def _build(options: argparse.Namespace) -> int:
    from autograder.gradescope import bundle  # noqa: PLC0415  each verb pays for its own

    secret = course_secret()
    content = bundle.build(options.assignment, secret, vendor_wheels=options.vendor_wheels)
    options.out.write_bytes(content)
    print(f"Written: {options.out} ({len(content) / 1e6:.1f} MB); secret {secret.fingerprint}")
    if secret.public:
        print("Without a course secret, inputs can be predicted: run autograder init first.")
    return 0


def _run(options: argparse.Namespace) -> int:
    from autograder.gradescope import container  # noqa: PLC0415  as above

    container.run(options.root, options.seconds)
    return 0


def _rehearse(options: argparse.Namespace) -> int:
    from autograder.gradescope import rehearsal  # noqa: PLC0415  as above

    console = Console()
    with console.status("setup.sh, then run_autograder: this takes some minutes"):
        done = rehearsal.rehearse(
            options.bundle, options.submission, system=options.system, seconds=options.seconds
        )
    if done.setup_code:
        console.print(done.setup_output[-3000:], markup=False)
        raise GraderError(f"setup.sh failed with exit code {done.setup_code}")
    if done.results is None:
        raise GraderError("run_autograder left no valid results.json")
    if done.run_code is None:
        console.print("The platform would have ended this run; here is what was left behind.")
    _show(done.results, console)
    return 0


def _show(results: Mapping[str, Any], console: Console) -> None:
    """What a student would see."""
    tests = results.get("tests", [])
    seen = [test for test in tests if test.get("visibility", "visible") == "visible"]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("No.", "Score", "Test"):
        table.add_column(name)
    for test in seen:
        style = "green" if test["status"] == "passed" else "red"
        score = f"{points(test['score'])}/{points(test['max_score'])}"
        table.add_row(test["number"], Text(score, style=style), Text(clean(test["name"])))
    console.print(table)
    if len(seen) < len(tests):
        console.print(f"{len(tests) - len(seen)} tests are not shown now, and hide the total.")
    else:
        console.print(f"Total: {points(results['score'])}", style="bold")
    console.print(clean(str(results.get("output", ""))), markup=False, highlight=False)
