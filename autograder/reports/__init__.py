"""One module for each format, each with `render(report) -> str`; `story` is what they share."""

from __future__ import annotations

import importlib

from autograder.models import Report
from autograder.reports.story import visible_to

__all__ = ["FORMATS", "render"]

# Name of a format -> the module that renders it, and the file that it is written to.
FORMATS = {
    "json": ("as_json", "report.json"),
    "html": ("as_html", "report.html"),
    "md": ("markdown", "report.md"),
    "junit": ("junit", "junit.xml"),
    "gradescope": ("gradescope", "results.json"),
}


def render(report: Report, name: str, audience: str = "staff") -> str:
    """The report in one format, for "staff" or for a "student"."""
    module = importlib.import_module(f"autograder.reports.{FORMATS[name][0]}")
    return str(module.render(visible_to(report, audience)))
