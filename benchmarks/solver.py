"""One epoch of training: ThreeLayerConvNet, batches of 50, 5,000 images.

    python benchmarks/solver.py                        # writes its section of RESULTS.md
    python benchmarks/solver.py --against OTHER_CHECKOUT  # also measures that one, in turns

Each run is a process of its own with one BLAS thread, and counts its processor time. Accuracies
are measured on 1,000 training and 1,000 validation images, as the Solver does by default.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
TITLE = "Training on the CPU"
PINS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
# Images, net
TYPES = [("float32", "float32"), ("float64", "float64")]


def main() -> None:
    """Measure each checkout in turns, and write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rule", default="sgd_momentum", help="the update rule")
    parser.add_argument("--against", type=Path, help="another checkout of this repository")
    parser.add_argument("--note", default="given by --against", help="what that checkout is")
    parser.add_argument("--print", action="store_true", help="only print, leave RESULTS.md alone")
    parser.add_argument("--run", nargs=2, metavar=("IMAGES", "NET"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        print(epoch(*args.run, args.rule))
        return
    checkouts = {"this": ROOT} | ({"before": args.against.resolve()} if args.against else {})
    rows = []
    for types in TYPES:
        seconds: dict[str, list[float]] = {name: [] for name in checkouts}
        for _ in range(args.rounds):
            for name, folder in checkouts.items():
                seconds[name].append(in_process(folder, types, args.rule))
        medians = {name: statistics.median(values) for name, values in seconds.items()}
        row = [*types, f"{medians['this']:.2f}"]
        if "before" in seconds:
            pairs = zip(seconds["this"], seconds["before"], strict=True)
            row += [f"{medians['before']:.2f}", f"{statistics.median(a / b for a, b in pairs):.2f}"]
        rows.append(row)
    sys.path.insert(0, str(Path(__file__).parent))
    import record  # noqa: PLC0415  it imports NumPy, which takes its time

    head = ["images", "net", "s", *(["before, s", "ratio"] if args.against else [])]
    text = f"{(__doc__ or '').partition(chr(10))[0]} {args.rule}, one thread, processor time.\n"
    if args.against:
        text += f'"before" is another checkout: {args.note}.\n'
    text += "\n"
    text += record.table(head, rows)
    print(text)
    if not args.print:
        record.write(TITLE, f"`python benchmarks/solver.py` on {record.machine()}.\n\n{text}")


def in_process(folder: Path, types: tuple[str, str], rule: str) -> float:
    """Seconds of one epoch with the reference of a checkout."""
    done = subprocess.run(
        [sys.executable, __file__, "--rule", rule, "--run", *types],
        env=os.environ | dict.fromkeys(PINS, "1") | {"PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout)


def epoch(images: str, net: str, rule: str) -> float:
    """Processor seconds of one epoch, without preparing the data."""
    import numpy as np  # noqa: PLC0415  after the threads are pinned

    from reference.classifiers.cnn import ThreeLayerConvNet  # noqa: PLC0415
    from reference.solver import Solver  # noqa: PLC0415

    rng = np.random.default_rng(0)
    data = {}
    for part, number in (("train", 5000), ("val", 1000)):
        data[f"X_{part}"] = rng.normal(size=(number, 3, 32, 32)).astype(images)
        data[f"y_{part}"] = rng.integers(10, size=number)
    model = ThreeLayerConvNet(weight_scale=1e-2, reg=1e-3, dtype=getattr(np, net))
    solver = Solver(
        model,
        data,
        update_rule=rule,
        optim_config={"learning_rate": 1e-3},
        num_epochs=1,
        batch_size=50,
        verbose=False,
    )
    start = time.process_time()
    solver.train()
    return time.process_time() - start


if __name__ == "__main__":
    main()
