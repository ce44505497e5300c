"""What a worker's offspring use: CPU seconds and memory, read from /proc while they run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Usage", "below", "offspring"]

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Usage:
    """Sums over processes; `megabytes` counts the worker itself too, if it has offspring."""

    count: int = 0
    cpu: float = 0.0
    megabytes: float = 0.0


def offspring(template: int, worker: int) -> Usage:
    """Everything below the template except the worker: orphans are adopted by the template.

    Ended children whom somebody waited for count with their parents; those who did not run long
    enough to be seen, and were waited for by nobody, are caught by wall time alone.
    """
    pending = [pid for pid in _children(template) if pid != worker]
    below = _children(worker)
    if not pending and not below:
        return Usage(cpu=_stat(worker)[1])
    _, waited, memory = _stat(worker)
    return _sum([*pending, *below], waited, memory)


def below(root: int) -> Usage:
    """Everything below a process, without the process itself."""
    return _sum(_children(root), 0.0, 0.0)


def _sum(pending: list[int], cpu: float, memory: float) -> Usage:
    """Over these processes and all that they started, added to what is counted already."""
    seen: set[int] = set()
    while pending:
        pid = pending.pop()
        if pid in seen:
            continue
        seen.add(pid)
        pending += _children(pid)
        own, waited, resident = _stat(pid)
        cpu += own + waited
        memory += resident
    return Usage(len(seen), cpu, memory)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            text = Path(f"/proc/{pid}/task/{thread}/children").read_bytes()
            found += map(int, text.split())
    except OSError:  # ended, or no /proc
        pass
    return found


def _stat(pid: int) -> tuple[float, float, float]:
    """CPU seconds of a process, of its ended children, and its resident megabytes."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return 0.0, 0.0, 0.0
    # The command name is in parentheses and may hold anything; fields follow the last one.
    fields = text.rpartition(b")")[2].split()
    own, waited = (int(fields[i]) + int(fields[i + 1]) for i in (11, 13))
    return own / TICKS, waited / TICKS, int(fields[21]) * PAGE / (1 << 20)
