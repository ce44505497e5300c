"""What right and wrong nets reach in the training checks: where a bar can stand, and what it sees.

    python benchmarks/accuracy_bars.py --seeds 20

Runs the bodies of the training checks in this process, on the embedded data set, with other
images, initial weights and batches for each seed. Wrong nets come from the catalogue of mistakes;
"refused" counts runs that a check stops before any accuracy counts, because the trained net's
scores are not those of its parameters, or are no finite numbers at all.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import importlib
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from autograder import grading, misconceptions
from autograder.assignment import load
from autograder.checks import training
from autograder.expect import Mismatch
from autograder.models import Assignment, Check, Submission
from autograder.rehearsal import ActorNet
from autograder.secret import PUBLIC
from autograder.strategies import cases

MISTAKES = {
    "FullyConnectedNet": """
        FullyConnectedNet.relu-missing FullyConnectedNet.relu-not-undone
        FullyConnectedNet.weights-zero FullyConnectedNet.weights-unscaled
        FullyConnectedNet.cache-overwritten relu_backward.ungated relu_backward.wrong-side
        relu_backward.leaky affine_backward.dw-averaged affine_backward.db-total
        softmax_loss.sign softmax_loss.gradient-not-averaged softmax_loss.gradient-without-label
        """,
    "ThreeLayerConvNet": """
        ThreeLayerConvNet.convolution-without-relu ThreeLayerConvNet.weights-unscaled
        ThreeLayerConvNet.bias-gradient-missing relu_backward.ungated relu_backward.wrong-side
        softmax_loss.sign softmax_loss.gradient-not-averaged
        """,
}


def student(mistake: str, folder: Path) -> Any:
    """The modules of a submission that is right but for one mistake, imported here."""
    entries = {entry.id: entry for entry in misconceptions.catalogue()}
    files = misconceptions.apply([entries[mistake]] if mistake else [])
    whole = grading.workspaces(Submission("x", "0" * 64, files, {}))["workspace"]
    for name, content in whole.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for name in [name for name in sys.modules if name.partition(".")[0] == "cs231n"]:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    try:
        fc_net = importlib.import_module("cs231n.classifiers.fc_net")
        cnn = importlib.import_module("cs231n.classifiers.cnn")
    finally:
        sys.path.remove(str(folder))
    # What a net returned is not kept: a training run calls it a thousand times.
    forgetful = SimpleNamespace(
        transcript=collections.deque(maxlen=0), drawing=contextlib.nullcontext
    )

    def maker(made: Any) -> Any:
        return lambda *args, **options: ActorNet(forgetful, made(*args, **options))  # type: ignore[arg-type]  # an actor that only forgets

    return SimpleNamespace(
        fc_net=SimpleNamespace(FullyConnectedNet=maker(fc_net.FullyConnectedNet)),
        cnn=SimpleNamespace(ThreeLayerConvNet=maker(cnn.ThreeLayerConvNet)),
    )


def accuracy(check: Check, actor: Any, seed: int, roster: Assignment) -> float | None:
    """What the check measures, or None if it refuses before."""
    training.TRAIN_SEED = seed
    training._images.cache_clear()  # noqa: SLF001  one seed's images at a time
    (case,) = cases(check.id, check.inputs, 1, PUBLIC)
    case.measures, case.assignment, case.secret = {}, roster, PUBLIC
    np.random.seed(seed)  # noqa: NPY002  nets draw from the global generator
    try:
        with np.errstate(all="ignore"):
            check.body(actor, case)
    except (Mismatch, ValueError, IndexError):
        pass
    return next(iter(case.measures.values()), None)


def main() -> None:
    """Print one row of Markdown for each check and net."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--wrong-seeds", type=int, default=5, help="seeds for each wrong net")
    parser.add_argument("--only", default="", help="part of a check's id")
    args = parser.parse_args()
    roster = load()
    print("| check | net | accuracy: least, median, most | refused | CPU s |")
    print("| --- | --- | --- | --- | --- |")
    for check in roster.checks:
        if not check.id.startswith("training.") or args.only not in check.id:
            continue
        for mistake in ("", *MISTAKES[check.function].split()):
            with tempfile.TemporaryDirectory() as folder:
                actor = student(mistake, Path(folder))
                start = time.process_time()
                seeds = range(args.wrong_seeds if mistake else args.seeds)
                found = [accuracy(check, actor, seed, roster) for seed in seeds]
                seconds = (time.process_time() - start) / len(found)
            reached = np.array([value for value in found if value is not None])
            spread = np.quantile(reached, [0, 0.5, 1]) if reached.size else []
            row = " ".join(f"{value:.2f}" for value in spread) or "–"
            name = check.id.removeprefix("training.")
            print(
                f"| `{name}` | {mistake or 'right'} | {row} | "
                f"{len(found) - reached.size}/{len(found)} | {seconds:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
