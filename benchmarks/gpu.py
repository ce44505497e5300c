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
import math
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
    rows, ratios = [], []
    for dtype in ("float64", "float32"):
        cases = [
            (f"conv x{x} w{w} s{stride} p{pad}", convolution(torch, dtype, x, w, stride, pad))
            for x, w, stride, pad in shapes.CONVOLUTIONS
        ] + [
            (f"pool x{x} {side}×{side} s{stride}", pooling(torch, dtype, x, side, stride))
            for x, side, stride in shapes.POOLINGS
        ]
        for name, (reference, cudnn, cpu) in cases:
            times = race(torch, {"reference": reference, "torch": cudnn, "cpu": cpu}, rounds)
            against = [a / b for a, b in zip(times["reference"], times["torch"], strict=True)]
            faster = [b / a for a, b in zip(times["reference"], times["cpu"], strict=True)]
            ratios.append((dtype, name[:4], statistics.median(against)))
            rows.append(
                [
                    f"{dtype} {name}",
                    f"{1000 * statistics.median(times['reference']):.3f}",
                    f"{statistics.median(against):.2f}",
                    f"{statistics.median(faster):.1f}",
                ]
            )
    means = [
        f"{dtype} {kind} {geometric(r for d, k, r in ratios if (d, k) == (dtype, kind)):.2f}"
        for dtype in ("float64", "float32")
        for kind in ("conv", "pool")
    ]
    table = record.table(["", "ms", "÷ torch (cuDNN)", "CPU ÷ GPU"], rows)
    return f"{table}\n\nGeometric means against PyTorch: {', '.join(means)}."


def geometric(values: Any) -> float:
    """The geometric mean."""
    return math.exp(statistics.fmean(map(math.log, values)))


Passes = tuple[Callable[[], Any], Callable[[], Any], Callable[[], Any]]


def convolution(torch: Any, dtype: str, x: Any, w: Any, stride: int, pad: int) -> Passes:
    """The competitors of one convolution."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=size).astype(dtype) for size in (x, w, w[:1])]
    param = {"stride": stride, "pad": pad}
    out, _ = fast_layers.conv_forward_fast(*arrays, param)
    dout = rng.normal(size=out.shape).astype(dtype)

    def run(given: list[Any], dout: Any) -> Callable[[], Any]:
        def both() -> Any:
            _, cache = fast_layers.conv_forward_fast(*given, param)
            return fast_layers.conv_backward_fast(dout, cache)

        return both

    tensors = [torch.from_numpy(a).cuda().requires_grad_() for a in arrays]
    seed = torch.from_numpy(dout).cuda()

    def cudnn() -> Any:
        y = torch.nn.functional.conv2d(*tensors, stride=stride, padding=pad)
        return torch.autograd.grad(y, tensors, seed)

    there, dout_there = devices.to_device(arrays, "cuda"), devices.to_device(dout, "cuda")
    return agree(run(there, dout_there), cudnn, run(arrays, dout), dtype)


def pooling(torch: Any, dtype: str, x: Any, side: int, stride: int) -> Passes:
    """The competitors of one pooling."""
    rng = np.random.default_rng(0)
    images = rng.normal(size=x).astype(dtype)
    param = {"pool_height": side, "pool_width": side, "stride": stride}
    out, _ = fast_layers.max_pool_forward_fast(images, param)
    dout = rng.normal(size=out.shape).astype(dtype)

    def run(images: Any, dout: Any) -> Callable[[], Any]:
        def both() -> Any:
            _, cache = fast_layers.max_pool_forward_fast(images, param)
            return (fast_layers.max_pool_backward_fast(dout, cache),)

        return both

    tensor = torch.from_numpy(images).cuda().requires_grad_()
    seed = torch.from_numpy(dout).cuda()

    def cudnn() -> Any:
        y = torch.nn.functional.max_pool2d(tensor, side, stride)
        return torch.autograd.grad(y, [tensor], seed)

    there, dout_there = devices.to_device(images, "cuda"), devices.to_device(dout, "cuda")
    return agree(run(there, dout_there), cudnn, run(images, dout), dtype)


def agree(reference: Any, cudnn: Any, cpu: Any, dtype: str) -> Passes:
    """The three, once their results are known to be the same."""
    tolerance = 1e-9 if dtype == "float64" else 1e-3
    for got, other, right in zip(
        devices.to_device(reference(), "cpu"), cudnn(), cpu(), strict=True
    ):
        scale = np.abs(right).max()
        np.testing.assert_allclose(got / scale, right / scale, rtol=0, atol=tolerance)
        np.testing.assert_allclose(other.cpu().numpy() / scale, right / scale, atol=tolerance)
    return reference, cudnn, cpu


def race(torch: Any, competitors: dict[str, Any], rounds: int) -> dict[str, list[float]]:
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
