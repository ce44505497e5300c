"""The band of losses in which right nets train, for the pictures of the report.

    python benchmarks/training_bands.py --seeds 12

Writes autograder/checks/bands.json: for each training check the least and the greatest loss at each
point of the curve, over seeds for images, initial weights and batches.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from accuracy_bars import student

from autograder.assignment import load
from autograder.checks import training
from autograder.secret import PUBLIC
from autograder.strategies import cases

TARGET = Path(__file__).parents[1] / "autograder" / "checks" / "bands.json"


def main() -> None:
    """Train the reference through the checks' own bodies, and write what was seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=12)
    seeds = range(parser.parse_args().seeds)
    roster = load()
    bands = {}
    with tempfile.TemporaryDirectory() as folder:
        right = student("", Path(folder))
        for check in roster.checks:
            if not check.id.startswith("training."):
                continue
            curves = []
            for seed in seeds:
                training.TRAIN_SEED = seed
                training._images.cache_clear()  # noqa: SLF001  one seed's images at a time
                (case,) = cases(check.id, check.inputs, 1, PUBLIC)
                case.measures, case.assignment, case.secret = {}, roster, PUBLIC
                np.random.seed(seed)  # noqa: NPY002  nets draw from the global generator
                check.body(right, case)
                curves.append(case.curves["loss"])
            band = np.quantile(np.array(curves), [0, 1], axis=0).round(3)
            bands[check.id] = {"least": band[0].tolist(), "most": band[1].tolist()}
            print(check.id, band[:, -1], flush=True)
    TARGET.write_text(json.dumps(bands, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
