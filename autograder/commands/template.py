"""`autograder template`."""

from __future__ import annotations

import argparse
import sys

from autograder import template
from autograder.errors import UsageError

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Build the student package, or exit with 1 if the one in the folder is stale."""
    if options.release and options.action != "build":
        raise UsageError("--release goes with build: it writes the hand-out as a zip")
    if options.action == "build":
        template.write(options.folder)
        print(f"student package written to {options.folder}")
        if options.release:
            options.release.write_bytes(template.release(top=options.release.stem))
            print(f"hand-out written to {options.release}")
        return 0
    stale = template.stale(options.folder)
    for name in stale:
        print(f"stale: {name}", file=sys.stderr)
    return int(bool(stale))
