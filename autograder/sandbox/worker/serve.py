"""Inside a worker: import the student's modules and answer the grader's calls, one at a time."""

from __future__ import annotations

import importlib
import os
import random
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from time import perf_counter  # bound here: a student may patch the module
from typing import Any

import numpy as np

from . import placeholders, refusals, wire
from .channel import Channel

__all__ = ["serve"]

MODULES = {
    "layers": "cs231n.layers",
    "optim": "cs231n.optim",
    "layer_utils": "cs231n.layer_utils",
    "fc_net": "cs231n.classifiers.fc_net",
    "cnn": "cs231n.classifiers.cnn",
}
# The order in which the starter's modules import each other.
IMPORT_ORDER = ("layers", "layer_utils", "fc_net", "cnn")


def serve(channel: Channel, settings: dict[str, Any]) -> None:
    """Answer requests until the grader hangs up."""
    os.chdir(settings["scratch"])
    os.environ["HOME"] = os.environ["TMPDIR"] = settings["scratch"]
    sys.path.append(settings["workspace"])
    placeholders.install()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    _Worker(channel, settings).run()


class _Worker:
    def __init__(self, channel: Channel, settings: dict[str, Any]) -> None:
        self.channel = channel
        self.workspace = settings["workspace"]
        self.limits = settings["limits"]
        self.stubs: dict[str, list[str]] = settings["stubs"]
        self.objects: list[Any] = []

    def run(self) -> None:
        while True:
            request, payload = self.channel.receive()
            try:
                arguments = wire.decode(
                    request["arguments"], payload, self.resolve, wire.MAX_DEPTH_OF_CALLS
                )
                reply = getattr(self, "do_" + request["op"])(request, *arguments)
            except BaseException as error:  # noqa: BLE001  whatever a student raises is an answer
                reply = {"error": self.explain(error)}
            encoder = wire.Encoder(self.keep)
            header: dict[str, Any] = {"turn": request["turn"]}
            # An error is plain text; everything else is a value tree.
            for key, value in reply.items():
                header[key] = value if key == "error" else encoder.tree(value)
            self.channel.send(header, encoder.buffers)

    # Requests.

    def do_census(self, _request: dict[str, Any], module: str) -> dict[str, Any]:
        """The names of a module's functions and classes."""
        found = self.module(module)
        return {"value": sorted(name for name in dir(found) if callable(getattr(found, name)))}

    def do_seed(self, _request: dict[str, Any], seed: int) -> dict[str, Any]:
        np.random.seed(seed)  # noqa: NPY002  the assignment draws from NumPy's global generator
        random.seed(seed)
        return {"value": None}

    def do_call(
        self, request: dict[str, Any], module: str, name: str, args: list[Any], kwargs: Any
    ) -> dict[str, Any]:
        function = getattr(self.module(module), name)
        return self.apply(function, request, args, kwargs)

    def do_method(
        self,
        request: dict[str, Any],
        target: Any,
        name: str,
        args: list[Any],
        kwargs: Any,
        parameters: dict[str, Any],
    ) -> dict[str, Any]:
        for key, value in parameters.items():
            target.params[key] = value
        return self.apply(getattr(target, name), request, args, kwargs)

    def do_get(self, _request: dict[str, Any], target: Any, name: str) -> dict[str, Any]:
        return {"value": getattr(target, name)}

    def do_set(
        self, _request: dict[str, Any], target: Any, name: str, value: Any
    ) -> dict[str, Any]:
        setattr(target, name, value)
        return {"value": None}

    # Their parts.

    def apply(
        self, function: Callable[..., Any], request: dict[str, Any], args: list[Any], kwargs: Any
    ) -> dict[str, Any]:
        before = [arg.copy() if isinstance(arg, np.ndarray) else None for arg in args]
        start = perf_counter()
        value = function(*args, **kwargs)
        seconds = perf_counter() - start
        if request.get("pair") and isinstance(value, tuple | list) and len(value) == 2:
            value = (value[0], wire.Kept(value[1]))
        changed = [
            i
            for i, old in enumerate(before)
            if old is not None and not np.array_equal(old, args[i], equal_nan=True)
        ]
        # Dicts (bn_param, config) are how the assignment hands state back: return them all.
        return {
            "value": value,
            "changed": changed,
            "seconds": seconds,
            "dicts": {i: arg for i, arg in enumerate(args) if isinstance(arg, dict)},
        }

    def module(self, name: str) -> Any:
        """A student's module, with the lent functions put in place before others import it."""
        if self.stubs and name in IMPORT_ORDER:
            for earlier in IMPORT_ORDER[: IMPORT_ORDER.index(name) + 1]:
                if earlier in self.stubs:
                    self.lend(importlib.import_module(MODULES[earlier]), self.stubs[earlier])
        return importlib.import_module(MODULES[name])

    def lend(self, module: Any, functions: list[str]) -> None:
        for name in functions:
            setattr(module, name, self.stub(name))

    def stub(self, name: str) -> Callable[..., Any]:
        """A function that asks the grader for the result of the reference's."""

        def lent(*args: Any, **kwargs: Any) -> Any:
            encoder = wire.Encoder(self.keep)
            # Only values go out; an object that cannot travel means a call that makes no sense.
            tree = encoder.tree((name, args, kwargs))
            self.channel.send({"lend": tree}, encoder.buffers)
            header, payload = self.channel.receive()
            result, dicts = wire.decode(header["value"], payload, self.resolve)
            if "error" in header:
                raise ValueError(header["error"])
            for key, update in dicts.items():
                (kwargs[key] if isinstance(key, str) else args[key]).update(update)
            return result

        lent.__name__ = name
        return lent

    def keep(self, value: Any) -> int:
        self.objects.append(value)
        return len(self.objects) - 1

    def resolve(self, kind: str, body: Any) -> Any:
        return wire.Lent(body) if kind == "g" else self.objects[body[0]]

    def explain(self, error: BaseException) -> dict[str, Any]:
        """What a student needs to know about an exception of theirs."""
        try:
            message = str(error)[:2000]
            clause = refusals.explain(error, self.limits)
        except Exception:  # noqa: BLE001  a student's exception may fail to print itself
            message = clause = ""
        if clause and "is not available here" not in message:
            message = f"{message} ({clause})" if message else clause
        frames = [
            [
                str(Path(frame.filename).name),
                frame.lineno or 0,
                frame.name,
                (frame.line or "")[:200],
            ]
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename.startswith(self.workspace)
        ]
        if isinstance(error, SyntaxError) and error.filename:
            line = str(error.text or "").strip()[:200]
            frames.append([str(Path(error.filename).name), error.lineno or 0, "", line])
        return {"type": type(error).__name__[:100], "message": message, "frames": frames[-6:]}
