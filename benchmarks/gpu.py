"""The reference on a GPU, against PyTorch with cuDNN there and against the reference on the CPU.

    python benchmarks/gpu.py            # writes its section of RESULTS.md
    python benchmarks/gpu.py --print

Needs CuPy, a CUDA device and PyTorch with CUDA; without one of them it says which, and ends.
Shapes as in fast_layers.py. Each measurement waits for the device before and after, and the
competitors take turns; ratios are medians of the ratios within a round. TF32 is off: it computes
products in fewer digits than float32 has.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

# The imports below find the checkout and this folder.
sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]
import fast_layers as shapes  # noqa: E402
import record  # noqa: E402

from reference import devices, fast_layers  # noqa: E402
from reference.classifiers.cnn import ThreeLayerConvNet  # noqa: E402
from reference.solver import Solver  # noqa: E402

TITLE = "On a GPU"
WARM_UP = 3


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--print", action="store_true", help="only print, leave RESULTS.md alone")
    args = parser.parse_args()
    try:
        devices.to_device(np.zeros(1), "cuda")
        import torch  # noqa: PLC0415  optional
    except (RuntimeError, ImportError) as error:
        raise SystemExit(f"Nothing measured: {error}") from error
    if not torch.cuda.is_available():
        raise SystemExit("Nothing measured: this PyTorch has no CUDA")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False

    text = layers(torch, args.rounds) + "\n\n" + training()
    print(text)
    if not args.print:
        device = torch.cuda.get_device_name()
        record.write(
            TITLE, f"`python benchmarks/gpu.py` on {device}, {record.machine()}.\n\n{text}"
        )


def layers(torch: Any, rounds: int) -> str:
    """Forward and backward pass of every shape and type."""
    rows: list[list[str]] = []
    against: dict[str, list[float]] = {}
    for dtype in ("float64", "float32"):
        for task in shapes.tasks(dtype):
            runs = {
                "cpu": on(task, "cpu"),
                "reference": on(task, "cuda"),
                "torch": shapes.in_torch(task.torch, task.arrays, task.dout, "cuda"),
            }
            agree(runs, 1e-9 if dtype == "float64" else 1e-3)
            times = race(torch, runs, rounds)
            cudnn = shapes.ratio(times, "reference", "torch")
            against.setdefault(f"{dtype} {task.name[:4]}", []).append(cudnn)
            rows.append(
                [
                    f"{dtype} {task.name}",
                    f"{1000 * statistics.median(times['reference']):.3f}",
                    f"{cudnn:.2f}",
                    f"{shapes.ratio(times, 'cpu', 'reference'):.1f}",
                ]
            )
    table = record.table(["", "ms", "÷ torch (cuDNN)", "CPU ÷ GPU"], rows)
    means = ", ".join(f"{kind} {shapes.geometric(values):.2f}" for kind, values in against.items())
    return f"{table}\n\nGeometric means against PyTorch: {means}."


def on(task: shapes.Task, device: str) -> Callable[[], Any]:
    """The reference's forward and backward pass there."""
    arrays, dout = devices.to_device((task.arrays, task.dout), device)
    return task.passes(fast_layers, (*arrays, task.param), dout)


def agree(runs: dict[str, Callable[[], Any]], tolerance: float) -> None:
    """Make sure that all compute the same."""
    expected = flat(runs["cpu"]())
    for name in ("reference", "torch"):
        for got, right in zip(flat(runs[name]()), expected, strict=True):
            scale = np.abs(right).max()
            np.testing.assert_allclose(got / scale, right / scale, rtol=0, atol=tolerance)


def flat(results: Any) -> list[Any]:
    """The output and the gradients, as NumPy's arrays."""
    out, grads = devices.to_device(results, "cpu")
    arrays = [out, *grads] if isinstance(grads, tuple) else [out, grads]
    return [a if isinstance(a, np.ndarray) else a.detach().cpu().numpy() for a in arrays]


def race(
    torch: Any, competitors: dict[str, Callable[[], Any]], rounds: int
) -> dict[str, list[float]]:
    """Seconds of each round."""
    times: dict[str, list[float]] = {name: [] for name in competitors}
    for turn in range(rounds + WARM_UP):
        for name, run in competitors.items():
            torch.cuda.synchronize()
            start = time.perf_counter()
            run()
            torch.cuda.synchronize()  # of the whole device, CuPy's work included
            if turn >= WARM_UP:
                times[name].append(time.perf_counter() - start)
    return times


def training() -> str:
    """One epoch of the three-layer net on both devices."""
    rng = np.random.default_rng(0)
    data = {}
    for part, number in (("train", 5000), ("val", 1000)):
        data[f"X_{part}"] = rng.normal(size=(number, 3, 32, 32)).astype(np.float32)
        data[f"y_{part}"] = rng.integers(10, size=number)
    seconds = {}
    for device in ("cuda", "cuda", "cpu"):  # the first compiles the kernels
        solver = Solver(
            ThreeLayerConvNet(weight_scale=1e-2, reg=1e-3),
            data,
            update_rule="sgd_momentum",
            optim_config={"learning_rate": 1e-3},
            num_epochs=1,
            batch_size=50,
            verbose=False,
            device=device,
        )
        start = time.perf_counter()
        solver.train()
        seconds[device] = time.perf_counter() - start
    return (
        "One epoch of ThreeLayerConvNet, float32, batches of 50, 5,000 images: "
        f"{seconds['cuda']:.2f} s on the GPU, {seconds['cpu']:.2f} s on the CPU "
        f"({seconds['cpu'] / seconds['cuda']:.1f} times)."
    )


if __name__ == "__main__":
    main()
