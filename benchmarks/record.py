"""What the benchmarks share: a description of the machine, and the file of their figures."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).with_name("RESULTS.md")
TITLE = "# Measured\n\nEach section is written by the command that it names.\n"


def machine() -> str:
    """Processor, and the versions that matter; nothing that names the machine."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]  # type: ignore[call-overload]
    parts = [
        f"{_processor()}, {os.cpu_count()} cores",
        platform.system(),
        f"Python {platform.python_version()}",
        f"NumPy {np.__version__} with {blas['name']} {blas['version']}",
    ]
    try:
        import torch  # noqa: PLC0415  optional, and slow to import
    except ImportError:
        parts.append("no PyTorch")
    else:
        parts.append(f"PyTorch {torch.__version__}")
    if hasattr(os, "getloadavg"):
        parts.append(f"load {os.getloadavg()[1]:.1f} from this and other work")
    # Set, they make OpenBLAS choose other kernels than this processor's.
    parts += [f"{k}={v}" for k, v in sorted(os.environ.items()) if k in TUNED]
    return ", ".join(parts)


TUNED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    features = next((line.split() for line in lines if line.startswith("flags")), [])
    wide = "AVX-512" if "avx512f" in features else "AVX2" if "avx2" in features else "no AVX2"
    return f"{names[0] if names else platform.machine()} ({wide})"


def write(title: str, text: str) -> None:
    """Replace one section of RESULTS.md, or add it at the end."""
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else TITLE
    head, *sections = old.split("\n## ")
    kept = {section.partition("\n")[0]: section.rstrip() for section in sections}
    kept[title] = f"{title}\n\n{text.strip()}"
    RESULTS.write_text("\n\n## ".join([head.rstrip(), *kept.values()]) + "\n", encoding="utf-8")


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
