"""Known mistakes played in this process: what each returns in the cases of a check.

A student's failed function is compared with these (`diagnosis`). They are our own code, small edits
of the reference, so they need no sandbox; and a class of students meets the same cases, so each is
played once.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from autograder import misconceptions
from autograder.engine import Session, play
from autograder.expect import FollowThrough, Mismatch
from autograder.misconceptions import Misconception
from autograder.models import Check
from autograder.sandbox.proxy import PARAMETERS
from reference import layer_utils, layers, optim
from reference.classifiers import cnn, fc_net

__all__ = ["Actor", "ActorNet", "Transcript", "known", "shortened"]

Transcript = list[tuple[str, Any]]
SAMPLE = 2048  # entries that are kept of a larger array
TELLING = 200  # random numbers whose spread is known well
MODULES = {
    "layers": layers,
    "optim": optim,
    "layer_utils": layer_utils,
    "fc_net": fc_net,
    "cnn": cnn,
}


def known(check: Check, entry: Misconception, session: Session) -> list[Transcript]:
    """What a known mistake returns in each case of a check; worked out once for a whole class."""
    key = check.id, entry.id, session.secret.value
    if key not in _rehearsed:
        _rehearsed[key] = _rehearse(check, entry, session)
    return _rehearsed[key]


_rehearsed: dict[tuple[str, str, bytes], list[Transcript]] = {}


def _rehearse(check: Check, entry: Misconception, session: Session) -> list[Transcript]:
    found = []
    for number, case in enumerate(session.cases(check, {})):
        actor = Actor(entry, session.draws(check, number))
        found.append(actor.transcript)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                play(check, actor, case)
        except (Mismatch, FollowThrough):
            pass
        except Exception as error:  # noqa: BLE001  a mistake may raise anything
            said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            actor.transcript.append(("fault", said))
    return found


class Actor:
    """Plays a student whose work is the reference but for one mistake, in this process.

    Args:
        entry: the mistake.
        seed: of its own random draws, which a check's own do not disturb, as in a worker.
    """

    def __init__(self, entry: Misconception, seed: int) -> None:
        self.transcript: Transcript = []
        self.draws = np.random.RandomState(seed).get_state()
        self.calls: list[Any] = []
        self.layers = self.optim = self.layer_utils = self.fc_net = self.cnn = None
        for name, module in MODULES.items():
            functions = dict(vars(module))
            if name == entry.module:
                functions[entry.function] = misconceptions.definition(entry)
            setattr(self, name, _ActorModule(self, functions))

    @contextlib.contextmanager
    def drawing(self) -> Iterator[None]:
        """Let NumPy's global generator go on from where the actor's last draw left it."""
        before = np.random.get_state()  # noqa: NPY002  the assignment draws from it
        np.random.set_state(self.draws)  # noqa: NPY002  as above
        try:
            yield
        finally:
            self.draws = np.random.get_state()  # noqa: NPY002  as above
            np.random.set_state(before)  # noqa: NPY002  as above


class _ActorModule:
    def __init__(self, actor: Actor, functions: Mapping[str, Any]) -> None:
        self._actor = actor
        self._functions = functions

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = self._functions[name]

        def call(*args: Any, **kwargs: Any) -> Any:
            with self._actor.drawing():
                value = function(*args, **kwargs)
            if isinstance(function, type):
                return ActorNet(self._actor, value)
            # A copy: an update rule changes its config again in the next step.
            plain = compact(without_cache(name, value))
            self._actor.transcript.append((name, plain))
            for arg in args:
                if isinstance(arg, dict):
                    self._actor.transcript.append(("dict", compact(arg)))
            return value

        return call


class ActorNet:
    """A net of this process that is used like a remote one."""

    def __init__(self, actor: Actor, net: Any) -> None:
        self.__dict__.update(_actor=actor, _net=net, _read=False)

    @property
    def params(self) -> Any:
        """The parameters themselves; the transcript has them as they were at first."""
        if not self._read:
            self.__dict__["_read"] = True
            self._actor.transcript.append((PARAMETERS, sketch(self._net.params)))
        return self._net.params

    def loss(self, *args: Any) -> Any:
        """The net's loss, noted in the transcript."""
        with self._actor.drawing():
            value = self._net.loss(*args)
        self._actor.transcript.append(("loss", compact(value)))
        return value

    def __getattr__(self, name: str) -> Any:
        return getattr(self._net, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._net, name, value)


def without_cache(name: str, value: Any) -> Any:
    """A result less the cache of a forward pass, whose layout is a matter of taste."""
    if "_forward" in name and isinstance(value, tuple | list) and len(value) == 2:
        return value[0]
    return value


def shortened(kind: str, value: Any) -> tuple[str, Any]:
    """An entry of a transcript as it is compared and kept."""
    return (kind, sketch(value) if kind is PARAMETERS else compact(value))


def compact(value: Any) -> Any:
    """A copy that is small enough to keep: of a large array, its shape and every n-th entry."""
    if isinstance(value, np.ndarray):
        if value.size <= SAMPLE:
            return value.copy()
        step = value.size // SAMPLE | 1  # odd, so that it does not keep to one column
        return [value.shape, value.ravel()[::step].copy()]
    if type(value) in (tuple, list):
        return type(value)(map(compact, value))
    if type(value) is dict:
        return {key: compact(item) for key, item in value.items()}
    return value


def sketch(params: Any) -> Any:
    """What first parameters look like, whatever numbers were drawn: shape, dtype and spread."""
    if not isinstance(params, dict):
        return type(params).__name__
    return {name: _outline(value) for name, value in params.items()}


def _outline(value: Any) -> Any:
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or not value.size:
        return str(type(value))
    numbers = value.astype(np.float64)
    if numbers.min() == numbers.max():
        return [value.shape, str(value.dtype), float(numbers.flat[0])]
    if numbers.size < TELLING:
        return [value.shape, str(value.dtype)]
    # By powers of four, so that chance hardly moves it; and whether one sign is missing.
    spread = round(float(np.log2(numbers.std())) / 2)
    return [value.shape, str(value.dtype), spread, bool(numbers.min() < 0)]
