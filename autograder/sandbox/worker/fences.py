"""The layers around a worker: one table, in the order in which a forked child raises them.

A layer says what it protects, whether this machine has it, and how to put it in force. One that
is there but fails to apply ends the worker: nothing runs with less than what a report says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import allowed, landlock, limits, namespaces, seccomp, uid

__all__ = ["LAYERS", "Failure", "Layer", "prepare", "raise_all", "survey"]

Settings = Mapping[str, Any]


class Failure(Exception):
    """A layer could not be put in force; the message names it."""


@dataclass(frozen=True)
class Layer:
    """One protection.

    Attributes:
        name: as reports and `Sandbox(without=...)` call it.
        protects: what from, in a few words.
        available: why this machine does not have it and how to get it, or None.
        apply: puts it in force in the calling process.
    """

    name: str
    protects: str
    available: Callable[[Settings], str | None]
    apply: Callable[[Settings], None]


# Namespaces come first because they decide what the others can see; a new user gives up the
# right to change anything else; seccomp, which forbids the rest's own calls, comes last.
LAYERS: tuple[Layer, ...] = (
    Layer(namespaces.NAME, namespaces.PROTECTS, namespaces.available, namespaces.apply),
    Layer(landlock.NAME, landlock.PROTECTS, landlock.available, landlock.apply),
    Layer(uid.NAME, uid.PROTECTS, uid.available, uid.apply),
    Layer(
        "no-new-privileges",
        "the powers of root and of setuid programs",
        limits.needs_linux,
        limits.drop_privileges,
    ),
    Layer(
        "rlimits",
        "memory, processor, disk and process table of this machine",
        limits.always,
        limits.resources,
    ),
    Layer(seccomp.NAME, seccomp.PROTECTS, seccomp.available, seccomp.apply),
)
ORDER = ("namespaces", "user", "no-new-privileges", "landlock", "rlimits", "seccomp")
BY_NAME = {layer.name: layer for layer in LAYERS}


def survey(settings: dict[str, Any], without: frozenset[str]) -> dict[str, str]:
    """Which layers this machine has: name -> "" or the reason why not.

    Fills in `settings`: `active` (names), and the allow-list that the layers share. With a key
    `programs`, that list has what a shell and a compiler need (`program.py`).
    """
    program = settings.get("programs")
    libraries = allowed.tools(program["prefix"]) if program else allowed.runtime()
    whole, listed = allowed.packages(settings["packages"]), []
    for library in libraries:
        inner = allowed.parts(library)
        whole += inner[0]
        listed += inner[1]
    settings["libraries"] = [str(path) for path in libraries]
    settings["readable"] = [str(path) for path in whole]
    settings["listable"] = [str(path) for path in listed]
    settings["active"] = []
    found = {}
    for layer in LAYERS:
        reason = "switched off" if layer.name in without else layer.available(settings)
        found[layer.name] = reason or ""
        if reason is None:
            settings["active"].append(layer.name)
    past_modes = "user" in settings["active"] and uid.closed(settings)
    settings["capabilities"] = uid.passes() if past_modes else 0
    # Without a user of their own, workers share the count of processes with whoever grades.
    alone = {"user", "namespaces"} & set(settings["active"])
    settings["neighbours"] = 0 if alone else limits.processes_of_this_user()
    return found


def prepare(settings: dict[str, Any], without: frozenset[str]) -> dict[str, str]:
    """Survey the layers, and raise what all children of this process share.

    Raises:
        Failure: a layer is there and does not work.
    """
    layers = survey(settings, without)
    if namespaces.NAME in settings["active"]:
        try:
            namespaces.enter(settings)
        except OSError as error:
            raise Failure(f"namespaces: {error}") from error
    for layer in (landlock, seccomp):
        if layer.NAME in settings["active"]:
            layer.prepare(settings)
    return layers


def raise_all(settings: Settings) -> None:
    """Put every active layer in force in this process.

    Raises:
        Failure: one of them is there and does not work.
    """
    for name in ORDER:
        if name not in settings["active"]:
            continue
        try:
            BY_NAME[name].apply(settings)
        except Exception as error:
            raise Failure(f"{name}: {error}") from error
