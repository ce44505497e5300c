"""What the solved notebooks reach, over seeds: the table behind the bars in assignment.toml.

    python benchmarks/notebook_bars.py --seeds 5

Every seed that a notebook sets is replaced, in the template as well, since given cells are put
back before a run; then it is run and judged as a submission is.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import nbformat
import numpy as np

from autograder import assignment, grading, intake
from autograder.models import Submission
from autograder.notebooks import grade as notebooks
from autograder.secret import PUBLIC
from autograder.template import cells

ROOT = Path(__file__).parents[1]
SEED = "np.random.seed(231)"


def texts(seed: int) -> dict[str, str]:
    """The notebooks as text, with another seed."""
    paths = sorted((ROOT / "reference" / "notebooks").glob("*.py"))
    new = f"np.random.seed({seed})"
    return {path.stem: path.read_text(encoding="utf-8").replace(SEED, new) for path in paths}


def submission(seed: int) -> Submission:
    """The solved assignment with these notebooks, which also become what was handed out."""
    found = texts(seed)
    homes = intake.EDITABLE.values()
    files = {home: (ROOT / home.replace("cs231n", "reference")).read_bytes() for home in homes}
    handed_out = {f"{n}.ipynb": cells.student_notebook(text, n) for n, text in found.items()}
    notebooks.template = lambda name: nbformat.reads(handed_out[name].decode(), as_version=4)
    solved = {f"{n}.ipynb": cells.solved_notebook(text, n) for n, text in found.items()}
    return Submission(f"seed {seed}", "", files, {}, solved)


def main() -> None:
    """Print a table: the least accuracy of each result, by seed, and its bar."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    roster = assignment.load()
    found: dict[str, list[float]] = defaultdict(list)
    for seed in range(parser.parse_args().seeds):
        report = grading.grade(
            submission(seed), roster, PUBLIC, only="relu_forward.values", notebooks="run"
        )
        for outcome in report.outcomes:
            if outcome.check.id.startswith("notebooks."):
                name = outcome.check.id.rpartition(".")[2]
                found[name].append(min(outcome.measures.values(), default=np.nan))
    print(f"{'result':24}{'bar':>6}{'least':>7}{'median':>8}{'most':>7}")
    for name, values in found.items():
        bar = roster.notebooks.accuracy[name]
        print(f"{name:24}{bar:6.2f}{min(values):7.3f}{np.median(values):8.3f}{max(values):7.3f}")


if __name__ == "__main__":
    main()
