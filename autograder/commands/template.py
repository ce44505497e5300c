"""`autograder template`."""

from __future__ import annotations

import argparse
import sys

from autograder import template

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Build the student package, or exit with 1 if the one in the folder is stale."""
    if options.action == "build":
        template.write(options.folder)
        print(f"student package written to {options.folder}")
        return 0
    stale = template.stale(options.folder)
    for name in stale:
        print(f"stale: {name}", file=sys.stderr)
    return int(bool(stale))
