"""How hard the embedded data set is: accuracies of three models on 1,000 images never seen.

    python benchmarks/calibrate_shapes.py --images 2000 5000 --seeds 3

A useful set keeps the three well apart, with little spread between seeds. Validation (1,000 more
images) chooses the parameters, as the Solver does; test images choose nothing.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from reference.classifiers.cnn import ThreeLayerConvNet
from reference.classifiers.fc_net import FullyConnectedNet
from reference.data_utils import make_shapes
from reference.solver import Solver

# name -> (a new model, how it is trained). The linear model is a net without hidden layers.
MODELS: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "linear": (
        lambda: FullyConnectedNet([], weight_scale=1e-3, reg=1e-2),
        {"optim_config": {"learning_rate": 3e-4}, "num_epochs": 20},
    ),
    "two hidden layers of 100": (
        lambda: FullyConnectedNet([100, 100], weight_scale=2e-2, reg=1e-3),
        {"optim_config": {"learning_rate": 1e-3}, "num_epochs": 15},
    ),
    "three-layer ConvNet": (
        lambda: ThreeLayerConvNet(num_filters=16, filter_size=5, weight_scale=3e-2, reg=1e-3),
        {"optim_config": {"learning_rate": 2e-3}, "num_epochs": 6},
    ),
}


def accuracy(name: str, num: int, seed: int, drawing: dict[str, float]) -> tuple[float, float]:
    """(training accuracy, test accuracy) of a freshly trained model."""
    sets = [
        make_shapes(n, 3 * seed + i, **drawing)  # type: ignore[arg-type]  # dtype is not drawn
        for i, n in enumerate((num, 1000, 1000))
    ]
    (images, labels), (val_images, val_labels), (test_images, test_labels) = sets
    mean = images.mean(axis=0)
    data = {
        "X_train": images - mean,
        "y_train": labels,
        "X_val": val_images - mean,
        "y_val": val_labels,
    }
    np.random.seed(seed)  # noqa: NPY002  nets and Solver draw from the global generator
    make, options = MODELS[name]
    solver = Solver(
        make(), data, update_rule="adam", lr_decay=0.9, batch_size=50, verbose=False, **options
    )
    solver.train()
    train = solver.check_accuracy(data["X_train"], labels, 1000)
    return train, solver.check_accuracy(test_images - mean, test_labels)


def main() -> None:
    """Print one line for each size and model."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, nargs="+", default=[2000, 5000])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--drawing", default="", help="noise=0.3,jitter=7: other than defaults")
    args = parser.parse_args()
    pairs = [pair.split("=") for pair in args.drawing.split(",") if pair]
    drawing = {key: float(value) for key, value in pairs}
    for num in args.images:
        for name in args.models:
            start = time.process_time()
            runs = [accuracy(name, num, seed, drawing) for seed in range(args.seeds)]
            train, test = np.array(runs).T
            print(
                f"{num:5} images  {name:25} test {test.mean():.3f} +- {np.std(test):.3f}"
                f"  [{' '.join(f'{a:.3f}' for a in test)}]  train {train.mean():.3f}"
                f"  {(time.process_time() - start) / args.seeds:.1f} CPU s each",
                flush=True,
            )


if __name__ == "__main__":
    main()
