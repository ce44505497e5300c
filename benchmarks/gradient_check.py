"""CPU time of gradient checks: random directions against entry by entry.

Run `python benchmarks/gradient_check.py`. The layers have the shapes of the notebooks; the
convolution has the four loops that students write. Both ways run in this process, alternately,
and only the forward passes that they need are compared.
"""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import gradients
from reference import layers

Array = NDArray[Any]
REPEATS = 3


def four_loop_conv(x: Array, w: Array, b: Array) -> Array:
    """A convolution as students write it: stride 1, pad 1."""
    N, _, H, W = x.shape
    F, _, KH, KW = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    out = np.zeros((N, F, H, W))
    for n in range(N):
        for f in range(F):
            for i in range(H):
                for j in range(W):
                    out[n, f, i, j] = (padded[n, :, i : i + KH, j : j + KW] * w[f]).sum() + b[f]
    return out


def batchnorm(x: Array, gamma: Array, beta: Array) -> Array:
    """The reference's batch norm in train mode."""
    return layers.batchnorm_forward(x, gamma, beta, {"mode": "train"})[0]


def affine(x: Array, w: Array, b: Array) -> Array:
    """The reference's affine layer."""
    return layers.affine_forward(x, w, b)[0]


def subjects() -> dict[str, tuple[Callable[..., Array], list[Array]]]:
    """Layers with the inputs of the notebooks' gradient checks."""
    draw = np.random.default_rng(231).standard_normal
    return {
        "conv, four loops, x (4, 3, 5, 5), w (2, 3, 3, 3)": (
            four_loop_conv,
            [draw((4, 3, 5, 5)), draw((2, 3, 3, 3)), draw(2)],
        ),
        "conv, four loops, x (2, 3, 16, 16), w (3, 3, 3, 3)": (
            four_loop_conv,
            [draw((2, 3, 16, 16)), draw((3, 3, 3, 3)), draw(3)],
        ),
        "batch norm, x (4, 5)": (batchnorm, [draw((4, 5)), draw(5), draw(5)]),
        "affine, x (10, 6), w (6, 5)": (affine, [draw((10, 6)), draw((6, 5)), draw(5)]),
    }


def seconds(check: Callable[..., Any], layer: Callable[..., Array], inputs: list[Array]) -> float:
    """CPU seconds to check the gradient of a layer with respect to all of its inputs."""
    dout = np.ones_like(layer(*inputs))
    start = time.process_time()
    for number, value in enumerate(inputs):
        before, after = inputs[:number], inputs[number + 1 :]

        def along(x: Array, before: list[Array] = before, after: list[Array] = after) -> Array:
            return layer(*before, x, *after)

        check(along, value, dout)
    return time.process_time() - start


def by_directions(f: Callable[[Array], Array], x: Array, dout: Array) -> None:
    """As `expect.gradients` does when it must: the slopes along two directions."""
    generator = np.random.default_rng(0)
    for _ in range(gradients.DIRECTIONS):
        gradients.directional(f, x, generator.uniform(0.5, 1.5, x.shape), dout)


def main() -> None:
    """Print the table, and the ratio over all of it."""
    totals = [0.0, 0.0]
    print(f"{'layer':52} {'entries':>10} {'directions':>10} {'ratio':>7}")
    for name, (layer, inputs) in subjects().items():
        run = functools.partial(seconds, layer=layer, inputs=inputs)
        pairs = [(run(gradients.elementwise), run(by_directions)) for _ in range(REPEATS)]
        entries, directions = (statistics.median(column) for column in zip(*pairs, strict=True))
        totals[0] += entries
        totals[1] += directions
        ratio = entries / max(directions, 1e-9)
        print(f"{name:52} {entries:9.3f}s {directions:9.4f}s {ratio:6.0f}x")
    print(f"{'all':52} {totals[0]:9.3f}s {totals[1]:9.4f}s {totals[0] / totals[1]:6.0f}x")


if __name__ == "__main__":
    main()
