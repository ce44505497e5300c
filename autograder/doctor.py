"""What keeps student code away from everything else on this machine, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.models import Isolation, Limits
from autograder.sandbox import Sandbox
from autograder.sandbox.process import HIDDEN_MEMORY
from autograder.sandbox.worker import fences, landlock

__all__ = ["Finding", "examine"]


@dataclass(frozen=True)
class Finding:
    """One layer on this machine.

    Attributes:
        layer: its name, as reports call it.
        protects: what from.
        missing: why it is not there and how to get it; empty if it is in force.
        note: what it leaves open here.
    """

    layer: str
    protects: str
    missing: str
    note: str = ""


def examine() -> tuple[list[Finding], Isolation]:
    """Start the worker template, as grading does, and ask what it could put in force.

    Raises:
        GraderError: the template does not start.
    """
    protects = {layer.name: layer.protects for layer in fences.LAYERS}
    protects[HIDDEN_MEMORY] = "the grader's memory and environment, from workers of its own user"
    with Sandbox({}, Limits()) as sandbox:
        layers = sandbox.layers()
        isolation = sandbox.isolation
    return [
        Finding(name, protects[name], missing, _note(name) if not missing else "")
        for name, missing in layers.items()
    ], isolation


def _note(name: str) -> str:
    return landlock.shortcoming() if name == landlock.NAME else ""
