"""Sending images to a notebook's nets and reading back what they are.

`inside/autograder_probe.py` is the other end.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from autograder.intake.sources import opened_file
from autograder.notebooks.desk import Desk
from autograder.notebooks.results import Images, Net, Result
from autograder.notebooks.run import Probe
from autograder.sandbox.worker import wire

__all__ = ["probe"]

LATE = "the notebook did not get so far"
LARGEST = 64 << 20  # bytes: a net of some million parameters


def probe(wanted: Sequence[tuple[Result, Images]], found: dict[str, dict[str, Net]]) -> Probe:
    """What to run behind a cell, to fill `found` with the nets of some results.

    Args:
        wanted: the results, each with the images that its nets are to score.
        found: result -> expression -> net.
    """

    def at(desk: Desk) -> tuple[str, Callable[[], None]]:
        lines = ["import autograder_probe as _probe"]
        targets: dict[tuple[str, str], Path] = {}
        for result, images in wanted:
            sent = desk.sent / f"images-{result.name}.npy"
            if not sent.exists():
                np.save(sent, images.X)
                sent.chmod(0o644)  # whatever our umask
            for number, expression in enumerate(result.nets):
                target = desk.scratch / f"net-{result.name}-{number}"
                targets[result.name, expression] = target
                lines.append(f"_probe.save(lambda: {expression}, {str(sent)!r}, {str(target)!r})")
        lines.append("del _probe")

        def then() -> None:
            for (name, expression), target in targets.items():
                found.setdefault(name, {})[expression] = _read(target)

        return "\n".join(lines), then

    return at


def _read(target: Path) -> Net:
    """The net in a file that the kernel wrote; nothing in it is more than numbers and names."""
    try:
        with opened_file(target, os.O_NOFOLLOW) as file:
            header, payload = wire.parse_lengths(file.read(wire.HEADER.size))
            if payload > LARGEST:
                return Net(f"it is larger than {LARGEST >> 20} MB")
            tree = wire.parse_header(file.read(header)).get("value")
            told = wire.decode(tree, bytearray(file.read(payload)), lambda _kind, _body: None)
    except FileNotFoundError:
        return Net(LATE)
    except (OSError, wire.ProtocolError, ValueError, struct.error) as error:
        return Net(f"what came back is damaged ({error})")
    if not isinstance(told, dict):
        return Net("what came back is damaged")
    if "trouble" in told:
        return Net(str(told["trouble"])[:500])
    params, running = told.get("params"), told.get("running")
    return Net(
        kind=str(told.get("kind"))[:100],
        params=params if isinstance(params, Mapping) else None,
        normalization=told.get("normalization"),
        running=[r for r in running if isinstance(r, Mapping)] if isinstance(running, list) else (),
        scores=told.get("scores"),
    )
