"""Reads a trained net back: its parameters, and its scores of images that the grader sends.

Both go into a file as one frame of the wire protocol, which carries numbers and nothing else. No
label and no verdict is ever here; what is wrong in the file costs whoever made it wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from autograder_worker import wire

__all__ = ["save"]

STATISTICS = ("running_mean", "running_var")
BATCH = 50  # images at a time: a convolution may unroll each into many times its size


def save(find: Callable[[], Any], images: str, target: str) -> None:
    """Write what there is to know about a net, or why it cannot be told.

    Args:
        find: returns the net, or a Solver that trained it.
        images: a file with the images to score, (N, 3, 32, 32), by `np.save`.
        target: the file to write.
    """
    try:
        model = find()
        told = _told(getattr(model, "model", model), np.load(images))
    except Exception as error:  # noqa: BLE001  a student's net may raise anything
        told = {"trouble": f"{type(error).__name__}: {error}"[:500]}
    encoder = wire.Encoder(lambda _object: 0)
    tree = encoder.tree(told)
    Path(target).write_bytes(b"".join(wire.pack({"value": tree}, encoder.buffers)))


def _told(net: Any, images: Any) -> dict[str, Any]:
    parts = [net.loss(images[i : i + BATCH]) for i in range(0, len(images), BATCH)]
    norms = getattr(net, "bn_params", None) or []
    return {
        "kind": type(net).__name__,
        "params": {str(name): np.asarray(value) for name, value in net.params.items()},
        "normalization": getattr(net, "normalization", None),
        "running": [{key: norm[key] for key in STATISTICS if key in norm} for norm in norms],
        "scores": np.concatenate(parts),
    }
