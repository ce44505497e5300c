"""What the layers of isolation cost: processor time of a whole submission, and of one worker.

    python benchmarks/isolation.py --runs 5

Runs with all layers and with none alternate, so that a busy machine slows both alike.
"""

from __future__ import annotations

import argparse
import functools
import resource
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from autograder import grading, intake
from autograder.assignment import load
from autograder.models import Limits
from autograder.sandbox import Sandbox, Student
from autograder.sandbox.process import HIDDEN_MEMORY
from autograder.sandbox.worker import fences
from autograder.secret import PUBLIC

ALL = (*(layer.name for layer in fences.LAYERS), HIDDEN_MEMORY)
ROOT = Path(__file__).parents[1]
FILES = {"cs231n/__init__.py": b"", "cs231n/layers.py": b"def nothing(): return 1\n"}


def cpu() -> float:
    """Processor seconds of this process and of all that it waited for."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def submission(folder: Path, without: tuple[str, ...]) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and score of grading one submission."""
    grading.Sandbox = functools.partial(Sandbox, without=without)  # type: ignore[misc]  # a benchmark may
    start, began = cpu(), time.perf_counter()
    report = grading.grade(intake.read_submission([folder]), load(), PUBLIC)
    return cpu() - start, time.perf_counter() - began, report.score


def workers(count: int, without: tuple[str, ...]) -> tuple[float, float]:
    """Milliseconds of processor and wall time for one worker that answers one call."""
    with Sandbox({"workspace": FILES}, Limits(), without=without) as sandbox:
        sandbox.layers()
        start, began = cpu(), time.perf_counter()
        for _ in range(count):
            with sandbox.worker("workspace", {}) as worker:
                Student(worker, lambda _name: 5.0).layers.nothing()
        wall = time.perf_counter() - began
    return (cpu() - start) / count * 1000, wall / count * 1000


def main() -> None:
    """Print medians and their ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--workers", type=int, default=100)
    loops = ROOT / "tests/submissions/right/loops"
    parser.add_argument("folder", nargs="?", type=Path, default=loops)
    args = parser.parse_args()
    modes: dict[str, tuple[str, ...]] = {"all layers": (), "no layer": ALL}
    for without in modes.values():
        submission(args.folder, without)  # caches, imports
    runs: dict[str, list[tuple[float, ...]]] = {name: [] for name in modes}
    for _ in range(args.runs):
        for name, without in modes.items():
            whole, one = submission(args.folder, without), workers(args.workers, without)
            runs[name].append((*whole, *one))
    middle = {}
    for name, found in runs.items():
        seconds, wall, score, ms, wall_ms = map(statistics.median, zip(*found, strict=True))
        middle[name] = seconds, ms
        print(
            f"{name:10}  submission {seconds:.2f} CPU s, {wall:.2f} s, score {score:g};"
            f"  worker {ms:.1f} CPU ms, {wall_ms:.1f} ms"
        )
    (seconds, ms), (plain, plain_ms) = middle["all layers"], middle["no layer"]
    print(f"ratio       submission {seconds / plain:.3f};  worker {ms - plain_ms:+.1f} CPU ms")


if __name__ == "__main__":
    main()
