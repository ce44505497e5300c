"""The catalogue of known mistakes: what students really get wrong, one small edit each.

An entry is a textual edit of the reference's definition of one function or class, so it can be
read beside the right code, put into a submission (`apply`) and run in this process for comparison
(`definition`). The same catalogue tells a student what their mistake is and audits the checks.
Entries marked `tolerated` are legitimate alternatives that must keep full marks.

One module per topic holds the entries, made by `mistake(...)`. What an entry is called follows its
function: "dropout_forward.normal-mask".
"""

from __future__ import annotations

import ast
import functools
import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any

from autograder.errors import GraderError

__all__ = ["Misconception", "apply", "catalogue", "definition", "lines", "mistake", "source_of"]

TOPICS = (
    "layers",
    "optimizers",
    "normalization",
    "dropout",
    "convolution",
    "feature_maps",
    "nets",
    "convnet",
)
HOMES = {
    "layers": "cs231n/layers.py",
    "optim": "cs231n/optim.py",
    "layer_utils": "cs231n/layer_utils.py",
    "fc_net": "cs231n/classifiers/fc_net.py",
    "cnn": "cs231n/classifiers/cnn.py",
}
_registry: dict[str, Misconception] = {}


@dataclass(frozen=True)
class Misconception:
    """One way to get a function wrong (or, if tolerated, to get it right differently).

    `edits` are (old, new) pairs applied in order to the reference's source of `function`; each
    old text must occur there exactly once, and further lines of the new one are indented as its
    line is. `sentence` tells the student what is wrong without
    giving the solution.
    """

    id: str
    function: str
    sentence: str
    topic: str  # the lecture topic, as in the checks
    edits: tuple[tuple[str, str], ...]
    tolerated: bool = False

    @property
    def module(self) -> str:
        """The module that holds the function, by the name that checks call it.

        Raises:
            GraderError: none of them does.
        """
        for name in HOMES:
            if self.function in definitions(name):
                return name
        raise GraderError(f"{self.id}: the reference has no {self.function}")


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
        GraderError: an entry of that name exists, or an edit cannot be made.
    """
    identity = f"{function}.{name}"
    if identity in _registry:
        raise GraderError(f"two misconceptions are called {identity}")
    entry = Misconception(identity, function, sentence, topic, edits, tolerated)
    source_of(entry)
    _registry[identity] = entry


def lines(*texts: str) -> str:
    """The new text of an edit that has several lines."""
    return "\n".join(texts)


def catalogue() -> tuple[Misconception, ...]:
    """All entries, in the order of `TOPICS`."""
    for topic in TOPICS:
        importlib.import_module(f"autograder.misconceptions.{topic}")
    return tuple(_registry.values())


def source_of(entry: Misconception) -> str:
    """The mistaken definition, as source at the left margin.

    Raises:
        GraderError: an edit's old text does not occur in the reference, or more than once.
    """
    return _edited(definitions(entry.module)[entry.function], entry)


def definition(entry: Misconception) -> Any:
    """The mistaken function or class, alive in this process among the reference's others."""
    path = HOMES[entry.module].removesuffix(".py").split("/")
    home = importlib.import_module(".".join(["reference", *path[1:]]))
    names = dict(vars(home))
    # Its own source: the reference, edited by an entry of this catalogue.
    exec(compile(source_of(entry), f"<{entry.id}>", "exec"), names)  # noqa: S102
    return names[entry.function]


def apply(entries: Iterable[Misconception]) -> dict[str, bytes]:
    """Files of a submission that is right but for these entries: home path -> content.

    Raises:
        GraderError: two entries edit the same text.
    """
    mistaken: dict[tuple[str, str], str] = {}
    for entry in entries:
        key = entry.module, entry.function
        mistaken[key] = _edited(mistaken.get(key, definitions(key[0])[key[1]]), entry)
    files = {home: reference_file(module) for module, home in HOMES.items()}
    for (module, function), source in mistaken.items():
        home = HOMES[module]
        files[home] = files[home].replace(definitions(module)[function], source)
    return {home: text.encode() for home, text in files.items()}


def _edited(source: str, entry: Misconception) -> str:
    for old, new in entry.edits:
        count = source.count(old)
        if count != 1:
            where = "is not there" if not count else f"occurs {count} times"
            raise GraderError(f"{entry.id}: the text {old!r} to edit {where}")
        start = source.index(old)
        before = source[source.rindex("\n", 0, start) + 1 : start]
        indent = before[: len(before) - len(before.lstrip())]
        source = source.replace(old, re.sub(r"\n(?=[^\n])", f"\n{indent}", new))
    return source


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
        node.name: ast.get_source_segment(text, node) or ""
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
