"""The catalogue of known mistakes: what students really get wrong, one small edit each.

An entry is a textual edit of the reference's definition of one function or class, so it can be
read beside the right code, put into a submission (`apply`) and run in this process for comparison
(`definition`). The same catalogue tells a student what their mistake is and audits the checks.
Entries marked `tolerated` are legitimate alternatives that must keep full marks.

One module per topic holds the entries, made by `mistake(...)`.
"""

from __future__ import annotations

import ast
import functools
import importlib
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

from autograder.errors import GraderError

__all__ = ["Misconception", "apply", "catalogue", "mistake", "source_of"]

TOPICS = ("layers", "normalization", "dropout", "convolution", "optimizers", "nets")
HOMES = {
    "layers": "cs231n/layers.py",
    "optim": "cs231n/optim.py",
    "fc_net": "cs231n/classifiers/fc_net.py",
    "cnn": "cs231n/classifiers/cnn.py",
}
_registry: dict[str, Misconception] = {}


@dataclass(frozen=True)
class Misconception:
    """One way to get a function wrong (or, if tolerated, to get it right differently).

    `edits` are (old, new) pairs applied in order to the reference's source of `function`; each
    old text must occur. `sentence` tells the student what is wrong without giving the solution.
    """

    id: str  # "dropout_forward.normal-mask"
    function: str
    sentence: str
    topic: str
    edits: tuple[tuple[str, str], ...]
    tolerated: bool = False

    @property
    def module(self) -> str:
        """The module that holds the function: layers, optim, fc_net or cnn."""
        return next(name for name in HOMES if self.function in definitions(name))


def mistake(
    function: str,
    name: str,
    sentence: str,
    *edits: tuple[str, str],
    topic: str,
    tolerated: bool = False,
) -> None:
    """Add an entry to the catalogue.

    Raises:
        GraderError: an entry of that name exists, or an edit's old text does not occur.
    """
    identity = f"{function}.{name}"
    if identity in _registry:
        raise GraderError(f"two misconceptions are called {identity}")
    entry = Misconception(identity, function, sentence, topic, edits, tolerated)
    source_of(entry)
    _registry[identity] = entry


def catalogue() -> tuple[Misconception, ...]:
    """All entries, in the order of the assignment."""
    for topic in TOPICS:
        importlib.import_module(f"autograder.misconceptions.{topic}")
    return tuple(_registry.values())


def source_of(entry: Misconception) -> str:
    """The mistaken definition, as source at the left margin."""
    source = definitions(entry.module)[entry.function]
    for old, new in entry.edits:
        if old not in source:
            raise GraderError(f"{entry.id}: the reference has no text {old!r} to edit")
        source = source.replace(old, new)
    return source


def apply(entries: Iterable[Misconception]) -> dict[str, bytes]:
    """Files of a submission that is right but for these entries: home path -> content."""
    files: dict[str, bytes] = {}
    for entry in entries:
        home = HOMES[entry.module]
        text = files.get(home, reference_file(entry.module).encode()).decode()
        right = definitions(entry.module)[entry.function]
        files[home] = text.replace(right, source_of(entry)).encode()
    return files


@functools.cache
def reference_file(module: str) -> str:
    """The reference's source of one of the students' modules."""
    path = HOMES[module].removeprefix("cs231n/")
    return resources.files("reference").joinpath(path).read_text(encoding="utf-8")


@functools.cache
def definitions(module: str) -> dict[str, str]:
    """The source of each top-level function and class of a module."""
    text = reference_file(module)
    return {
        node.name: textwrap.dedent(ast.get_source_segment(text, node) or "")
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
