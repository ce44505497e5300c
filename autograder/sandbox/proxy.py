"""The proxy through which a check reads like the assignment.

    out, cache = student.layers.affine_forward(x, w, b)
    net = student.fc_net.FullyConnectedNet([20, 30], input_dim=15)
    net.params["W1"] = w1
    loss, grads = net.loss(X, y)

Arrays travel by value and every call gets fresh copies. Dicts that a function changes in place
(`bn_param`, `config`) are updated in place here too. Caches and nets stay in the worker.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.sandbox import faults
from autograder.sandbox.process import Worker
from autograder.sandbox.worker import wire

__all__ = ["Call", "Remote", "Student"]

METHODS = ("loss",)
PARTS = ("value", "changed", "dicts", "seconds")  # of a reply
PARAMETERS = "params"  # the kind of a transcript's entry that holds a net's first parameters
REMEMBERED = 8
MOST_LENT = 96 << 20  # bytes of caches that a worker has borrowed


@dataclass
class Call:
    """One call of a student's function, as it is told in a report.

    `target` is the number of the net whose method it was, `assigned` the parameters given to the
    net before; `made` is the number of the cache or net that came back, once it has.
    """

    function: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    target: int | None = None
    assigned: Mapping[str, Any] = field(default_factory=dict)
    made: int | None = None


class Remote:
    """An object that lives in the worker: a cache, or a net with `params` and `loss`."""

    def __init__(self, student: Student, number: int, kind: str) -> None:
        self.__dict__.update(_student=student, _number=number, _kind=kind, _params=None)

    def __repr__(self) -> str:
        return f"<{self._kind}>"

    @property
    def number(self) -> int:
        """Which object of the worker's it is."""
        return int(self._number)

    @property
    def params(self) -> Params:
        """The net's parameters; what is assigned here is sent along with the next call."""
        if self._params is None:
            value = self._student.request(f"{self._kind}.params", "get", [self, "params"])
            if type(value) is not dict:
                told = wire.describe(value)
                raise faults.Raised(self._kind, f"{self._kind}.params is a {told}, not a dict")
            self.__dict__["_params"] = Params(value)
            if self._student.transcript is not None:
                self._student.transcript.append((PARAMETERS, value))
        return self._params  # type: ignore[no-any-return]  # set through __dict__ above

    @params.setter
    def params(self, values: Mapping[str, Any]) -> None:
        self.__dict__["_params"] = Params(values)
        self._params.dirty.update(values)

    def refresh(self) -> None:
        """Forget the copy of `params`, so that the next look reads them from the worker."""
        self.__dict__["_params"] = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in METHODS:
            return self._student.request(f"{self._kind}.{name}", "get", [self, name])

        def method(*args: Any, **kwargs: Any) -> Any:
            dirty = self._params.take() if self._params is not None else {}
            label = f"{self._kind}.{name}"
            return self._student.call(label, "method", [self, name], args, kwargs, dirty)

        return method

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "params":
            object.__setattr__(self, name, value)
        else:
            self._student.request(f"{self._kind}.{name}", "set", [self, name, value])


class _Encoder(wire.Encoder):
    """Sends a worker's own objects back to it, and lends it ours by number."""

    def reference(self, value: Any) -> Any:
        if type(value) is Remote:
            return {"r": [value.number, value._kind]}  # noqa: SLF001  its wire form, kept off its public names
        return {"g": self._keep(value)}


class Params(dict[str, Any]):
    """A net's parameters by value; remembers which were assigned since the last call."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.dirty: set[str] = set()

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        self.dirty.add(key)

    def take(self) -> dict[str, Any]:
        """The assigned parameters, which from now on count as sent."""
        dirty, self.dirty = self.dirty, set()
        return {key: self[key] for key in dirty if key in self}


class Module:
    """One of the student's modules; its attributes are functions that run in the worker."""

    def __init__(self, student: Student, name: str) -> None:
        self._student = student
        self._name = name

    def __getattr__(self, function: str) -> Callable[..., Any]:
        if function.startswith("__"):
            raise AttributeError(function)

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._student.call(function, "call", [self._name, function], args, kwargs)

        return call


@dataclass
class Student:
    """A student's work in one worker.

    Args:
        worker: the process.
        call_seconds: CPU seconds per call of the function with a given name.
        lend: answers calls of lent functions: (name, args, kwargs) -> (result, changed dicts).

    `calls` is the history since the last `restart`, for the report; `changed` names functions
    that changed one of their array inputs; `transcript`, where it is a list, gets every result.
    `seconds` is how long the last call took, as the worker tells it: not to be believed.
    """

    worker: Worker
    call_seconds: Callable[[str], float]
    lend: Callable[[str, Sequence[Any], Mapping[str, Any]], tuple[Any, Any]] | None = None
    calls: list[Call] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    transcript: list[tuple[str, Any]] | None = None
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.layers = Module(self, "layers")
        self.optim = Module(self, "optim")
        self.layer_utils = Module(self, "layer_utils")
        self.fc_net = Module(self, "fc_net")
        self.cnn = Module(self, "cnn")
        self._lent: dict[int, Any] = {}
        self._lent_count = self._lent_bytes = 0

    def census(self, module: str) -> list[str]:
        """The names of the callables in a module, after importing it."""
        names = self.request(f"import of {module}.py", "census", [module])
        return [name for name in names if type(name) is str] if type(names) is list else []

    def restart(self, seed: int) -> None:
        """Begin a new case: forget the history, seed both of the worker's generators."""
        self.calls.clear()
        self.request("seed", "seed", [seed])

    def call(
        self,
        label: str,
        op: str,
        target: list[Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        *more: Any,
    ) -> Any:
        """Run a function or method of the student's and return its value."""
        # Dicts change with the call; a report shows them as they were before.
        before = tuple(dict(arg) if type(arg) is dict else arg for arg in args)
        owner = target[0].number if op == "method" else None
        assigned = dict(more[0]) if more else {}
        call = Call(label, before, dict(kwargs), owner, assigned)
        self.calls.append(call)
        del self.calls[:-REMEMBERED]  # training makes hundreds, each with a batch of images
        arguments = [*target, list(args), dict(kwargs), *more]
        reply = self._exchange(label, op, arguments, pair="_forward" in label)
        value, dicts, seconds = reply["value"], reply["dicts"], reply["seconds"]
        self.seconds = seconds if type(seconds) is float and 0 <= seconds < math.inf else 0.0
        last = value[1] if isinstance(value, tuple) and len(value) == 2 else value
        call.made = last.number if isinstance(last, Remote) else None
        if type(dicts) is dict:
            for index, update in dicts.items():
                known = type(index) is int and 0 <= index < len(args)
                if known and type(args[index]) is dict and type(update) is dict:
                    args[index].clear()
                    args[index].update(update)
        if type(reply["changed"]) is list and reply["changed"]:
            self.changed.add(label)
        if self.transcript is not None and not isinstance(value, Remote):
            forward = "_forward" in label and isinstance(value, tuple) and len(value) == 2
            told = _as_it_is(value[0] if forward else value)
            self.transcript.append((label.rpartition(".")[2], told))
            self.transcript += [("dict", dict(arg)) for arg in args if type(arg) is dict]
        return value

    def request(self, label: str, op: str, arguments: list[Any]) -> Any:
        """A request that is no call."""
        return self._exchange(label, op, arguments)["value"]

    def _exchange(self, label: str, op: str, arguments: list[Any], **options: Any) -> Any:
        encoder = _Encoder(self._refuse, wire.MAX_DEPTH_OF_CALLS)
        header = {"op": op, "arguments": encoder.tree(arguments), **options}
        lend = self._answer if self.lend else None
        reply, payload = self.worker.ask(header, encoder, label, self.call_seconds(label), lend)
        if "error" in reply:
            raise faults.raised(label, reply["error"])
        try:
            # One tree, so that the arrays of all parts are read in the order they were written.
            parts = [key for key in reply if key in PARTS]
            values = wire.decode({"l": [reply[key] for key in parts]}, payload, self._resolve)
        except wire.ProtocolError as error:
            raise faults.Died(label, f"{label} returned what cannot be read ({error})") from error
        return dict.fromkeys(PARTS) | dict(zip(parts, values, strict=True))

    def _answer(self, tree: Any, payload: bytearray) -> tuple[Any, list[bytes | memoryview]]:
        """The frame that answers a worker's call of a lent function."""
        assert self.lend is not None
        request = wire.decode(tree, payload, self._resolve)
        encoder = _Encoder(self._keep)
        try:
            name, args, kwargs = request
            result = self.lend(name, args, kwargs)
        except Exception as error:  # noqa: BLE001  bad arguments are the student's: tell them
            return {"value": encoder.tree((None, {})), "error": str(error)[:500]}, encoder.buffers
        return {"value": encoder.tree(result)}, encoder.buffers

    def _resolve(self, kind: str, body: Any) -> Any:
        if kind == "r" and type(body) is list and len(body) == 2:
            number, name = body
            if type(number) is int and type(name) is str:
                return Remote(self, number, name[:60])
        if kind == "g" and type(body) is int and body in self._lent:
            return self._lent[body]
        raise wire.ProtocolError("an object reference is malformed")

    def _keep(self, value: Any) -> int:
        """Hold an object for the worker; the oldest go, since a training run makes thousands."""
        self._lent_count += 1
        self._lent[self._lent_count] = value
        self._lent_bytes += _size(value)
        while self._lent_bytes > MOST_LENT and len(self._lent) > 1:
            self._lent_bytes -= _size(self._lent.pop(next(iter(self._lent))))
        return self._lent_count

    @staticmethod
    def _refuse(value: Any) -> int:
        raise TypeError(f"a check passed a {type(value).__name__}, which cannot travel")


def _as_it_is(value: Any) -> Any:
    """The value with its dicts copied: the next call changes a config that this one returned."""
    if isinstance(value, tuple | list):
        return type(value)(map(_as_it_is, value))
    return dict(value) if isinstance(value, dict) else value


def _size(value: Any) -> int:
    return int(getattr(value, "nbytes", 0))
