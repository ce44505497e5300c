"""Sandboxes on small workspaces, for tests of what stands below the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from autograder.models import Limits
from autograder.sandbox import Sandbox

PACKAGES = {"cs231n/__init__.py": b"", "cs231n/classifiers/__init__.py": b""}
HOMES = {
    "layers": "cs231n/layers.py",
    "optim": "cs231n/optim.py",
    "layer_utils": "cs231n/layer_utils.py",
    "fc_net": "cs231n/classifiers/fc_net.py",
    "cnn": "cs231n/classifiers/cnn.py",
}
# Less memory than in the bundled assignment, so that filling it takes no time.
LIMITS = Limits(call_seconds=2.0, memory_mb=512, file_mb=1)


@pytest.fixture(scope="module")
def make_sandbox() -> Iterator[Callable[..., Sandbox]]:
    """make_sandbox(layers="…", fc_net="…") -> Sandbox, closed when the module is done."""
    with ExitStack() as stack:

        def make(limits: Limits = LIMITS, **sources: str) -> Sandbox:
            files = PACKAGES | {HOMES[name]: text.encode() for name, text in sources.items()}
            workspaces = {"workspace": files, "workspace-naive": files}
            return stack.enter_context(Sandbox(workspaces, limits))

        yield make
