"""The fast layers against PyTorch and against nothing but their matrix products.

    python benchmarks/fast_layers.py              # writes its section of RESULTS.md
    python benchmarks/fast_layers.py --rounds 5 --print

One forward and one backward pass per measurement. In each round every competitor runs once, and
ratios are taken within a round: what slows the machine for a while slows all alike. There is one
process per number of threads, because BLAS asks for it only once.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import math
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[1]
TITLE = "Convolution and pooling on the CPU"
THREADS = (1, 2)
PINS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
# x, w, stride, pad
CONVOLUTIONS = [
    ((100, 3, 31, 31), (25, 3, 3, 3), 2, 1),
    ((100, 3, 32, 32), (32, 3, 7, 7), 1, 3),
    ((50, 32, 16, 16), (64, 32, 3, 3), 1, 1),
    ((16, 64, 32, 32), (64, 64, 3, 3), 1, 1),
]
# x, side of the window, stride
POOLINGS = [((100, 3, 32, 32), 2, 2), ((100, 32, 32, 32), 2, 2), ((32, 16, 27, 27), 3, 2)]

Measured = dict[str, Any]


def main() -> None:
    """Measure in one process per number of threads, and write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--print", action="store_true", help="only print, leave RESULTS.md alone")
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.threads:
        print(json.dumps(measure(args.threads, args.rounds)))
        return
    text = ""
    for threads in THREADS:
        command = [sys.executable, __file__, "--threads", str(threads), "--rounds"]
        pins = dict.fromkeys(PINS, str(threads))
        done = subprocess.run(
            [*command, str(args.rounds)],
            env=os.environ | pins,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        section = report(json.loads(done.stdout), threads)
        print(section)
        text += section
    if not args.print:
        sys.path.insert(0, str(Path(__file__).parent))
        import record  # noqa: PLC0415  it imports NumPy, which the children must pin first

        record.write(
            TITLE, f"`python benchmarks/fast_layers.py` on {record.machine()}.\n\n{EXPLAINED}{text}"
        )


EXPLAINED = """\
Medians of forward + backward over all rounds; ratios are medians of the ratios within a round.
"fastest" compares the fastest rounds instead, which other work on the machine disturbed least.
"NumPy" is the same code without the compiled loops.
"products" are the three matrix products of a convolution and nothing else, image by image on
warm buffers. "extra" is the peak of memory beyond outputs and gradients. One thread: processor
time, which other work on the machine disturbs least; more threads: wall time. Where the load is
above the number of cores, figures of several threads say little: after each product, one thread
waits until the other is given a core.
"""


def measure(threads: int, rounds: int) -> list[Measured]:
    """Every shape and type, in this process."""
    sys.path.insert(0, str(ROOT))
    import numpy as np  # noqa: PLC0415  after the threads are pinned

    clock = time.process_time if threads == 1 else time.perf_counter
    results = []
    for dtype in ("float64", "float32"):
        for shape, competitors, kept in cases(np.dtype(dtype), threads):
            times: dict[str, list[float]] = {name: [] for name in competitors}
            for turn in range(rounds + 2):
                for name, run in competitors.items():
                    start = clock()
                    run()
                    if turn >= 2:  # before, caches and allocators warm up
                        times[name].append(clock() - start)
            extra = peak(competitors["reference"]) - kept
            results.append({"shape": shape, "dtype": dtype, "times": times, "extra": extra})
            gc.collect()
    return results


def cases(dtype: Any, threads: int) -> Any:
    """Yields a name, the competitors, and the bytes of outputs and gradients."""
    from reference import fast_layers  # noqa: PLC0415

    if not fast_layers.backend().startswith("compiled"):
        raise SystemExit(fast_layers.backend())
    layers = {"reference": fast_layers, "NumPy": without_extension()}
    for task in tasks(dtype):
        inputs = (*task.arrays, task.param)
        runs = {name: task.passes(module, inputs, task.dout) for name, module in layers.items()}
        if task.passes is convolution:
            w, dout = task.arrays[1], task.dout
            runs["products"] = products(w.reshape(len(w), -1), dout.reshape(*dout.shape[:2], -1))
        if torch_if_any(threads):
            runs["torch"] = in_torch(task.torch, task.arrays, task.dout)
        yield task.name, runs, task.dout.nbytes + sum(array.nbytes for array in task.arrays)


@dataclass
class Task:
    """One shape: what goes in, and how the reference and PyTorch compute it."""

    name: str
    passes: Callable[[ModuleType, Any, Any], Callable[[], Any]]
    arrays: tuple[Any, ...]
    param: dict[str, int]
    dout: Any
    torch: Callable[..., Any]  # of torch.nn.functional and the tensors


def tasks(dtype: Any) -> Iterator[Task]:
    """Every shape, with numbers of one type."""
    import numpy as np  # noqa: PLC0415

    from reference import fast_layers  # noqa: PLC0415

    rng = np.random.default_rng(0)

    def array(*shape: int) -> Any:
        return rng.normal(size=shape).astype(dtype)

    for x_shape, w_shape, stride, pad in CONVOLUTIONS:
        arrays = array(*x_shape), array(*w_shape), array(w_shape[0])
        param = {"stride": stride, "pad": pad}
        yield Task(
            f"conv x{x_shape} w{w_shape} s{stride} p{pad}",
            convolution,
            arrays,
            param,
            array(*fast_layers.conv_forward_fast(*arrays, param)[0].shape),
            lambda F, x, w, b, s=stride, p=pad: F.conv2d(x, w, b, stride=s, padding=p),
        )
    for x_shape, side, stride in POOLINGS:
        x, param = array(*x_shape), {"pool_height": side, "pool_width": side, "stride": stride}
        yield Task(
            f"pool x{x_shape} {side}×{side} s{stride}",
            pooling,
            (x,),
            param,
            array(*fast_layers.max_pool_forward_fast(x, param)[0].shape),
            lambda F, x, k=side, s=stride: F.max_pool2d(x, k, s),
        )


def without_extension() -> ModuleType:
    """A second copy of fast_layers.py, which did not find the compiled loops."""
    sys.modules["reference._loops"] = None  # type: ignore[assignment]  that import then fails
    path = ROOT / "reference" / "fast_layers.py"
    spec = importlib.util.spec_from_file_location("reference.fast_layers_in_numpy", path)
    assert spec is not None and spec.loader is not None  # noqa: PT018
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    del sys.modules["reference._loops"]
    return module


def convolution(layers: ModuleType, inputs: Any, dout: Any) -> Callable[[], Any]:
    """Forward and backward pass of one implementation."""

    def run() -> Any:
        out, cache = layers.conv_forward_fast(*inputs)
        return out, layers.conv_backward_fast(dout, cache)

    return run


def pooling(layers: ModuleType, inputs: Any, dout: Any) -> Callable[[], Any]:
    """Forward and backward pass of one implementation."""

    def run() -> Any:
        out, cache = layers.max_pool_forward_fast(*inputs)
        return out, layers.max_pool_backward_fast(dout, cache)

    return run


def products(filters: Any, dout: Any) -> Callable[[], None]:
    """The matrix products of a convolution: filters (F, K), dout (N, F, P)."""
    import numpy as np  # noqa: PLC0415

    cols = np.ones((filters.shape[1], dout.shape[2]), dtype=dout.dtype)
    out, dcols = np.empty_like(dout[0]), np.empty_like(cols)
    dfilters = np.empty_like(filters.T)

    def run() -> None:
        for image in dout:
            np.matmul(filters, cols, out=out)
            np.matmul(cols, image.T, out=dfilters)
            np.matmul(filters.T, image, out=dcols)

    return run


def torch_if_any(threads: int) -> Any:
    """PyTorch with its threads pinned, or None."""
    try:
        import torch  # noqa: PLC0415
    except ImportError:
        return None
    torch.set_num_threads(threads)
    return torch


def in_torch(
    layer: Callable[..., Any], inputs: Any, dout: Any, device: str = "cpu"
) -> Callable[[], Any]:
    """Forward and backward pass of a layer in PyTorch."""
    import torch  # noqa: PLC0415

    tensors = [torch.from_numpy(array).to(device).requires_grad_() for array in inputs]
    gradient = torch.from_numpy(dout).to(device)

    def run() -> Any:
        out = layer(torch.nn.functional, *tensors)
        return out, torch.autograd.grad(out, tensors, gradient)

    return run


def peak(run: Callable[[], Any]) -> int:
    """The largest number of bytes that a call has at any time."""
    tracemalloc.start()
    run()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def report(results: list[Measured], threads: int) -> str:
    """A table of one number of threads, and the geometric means."""
    sys.path.insert(0, str(Path(__file__).parent))
    from record import table  # noqa: PLC0415

    head = ["", "ms", "÷ torch", "fastest ÷ torch", "NumPy ÷ torch", "÷ products", "extra MB"]
    rows, means = [], {}
    for result in results:
        times = result["times"]
        rows.append(
            [
                f"{result['dtype']} {result['shape']}",
                f"{statistics.median(times['reference']) * 1000:.2f}",
                two_digits(ratio(times, "reference", "torch")),
                two_digits(ratio(times, "reference", "torch", of_fastest=True)),
                two_digits(ratio(times, "NumPy", "torch")),
                two_digits(ratio(times, "reference", "products")),
                f"{result['extra'] / 2**20:.1f}",
            ]
        )
        kind = f"{result['dtype']} {result['shape'][:4]}"
        means.setdefault(kind, []).append(ratio(times, "reference", "torch"))
    text = f"\n{threads} thread{'s' * (threads > 1)} ({', '.join(PINS)} = {threads})\n\n"
    text += table(head, rows) + "\n\n"
    if all("torch" in result["times"] for result in results):
        text += "Geometric means against PyTorch: "
        text += ", ".join(f"{kind} {geometric(values):.2f}" for kind, values in means.items())
        text += ".\n"
    return text


def ratio(times: dict[str, list[float]], of: str, to: str, *, of_fastest: bool = False) -> float:
    """The median over rounds of the ratio within a round; NaN where one did not run."""
    if to not in times:
        return math.nan
    if of_fastest:
        return min(times[of]) / min(times[to])
    return statistics.median(a / b for a, b in zip(times[of], times[to], strict=True))


def geometric(values: list[float]) -> float:
    """The geometric mean."""
    return math.exp(statistics.fmean(map(math.log, values)))


def two_digits(number: float) -> str:
    """0.50, or a dash for NaN."""
    return "–" if math.isnan(number) else f"{number:.2f}"


if __name__ == "__main__":
    main()
