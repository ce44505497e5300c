"""How a call of a student's function can fail to come back.

These are results, not errors of ours: the engine turns each into an `Outcome`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from autograder.models import Status

__all__ = ["Died", "Raised", "StudentFault", "TimedOut", "Unimplemented"]


class StudentFault(Exception):
    """A call did not return; `function` is what was called, the message is one sentence."""

    status: ClassVar[Status] = Status.ERRORED

    def __init__(self, function: str, message: str) -> None:
        super().__init__(message)
        self.function = function
        self.message = message


class Raised(StudentFault):
    """The student's code raised an exception; `said` is its type and message alone."""

    said = ""


class Unimplemented(StudentFault):
    """The function is the starter's stub."""

    status = Status.MISSING


class Died(StudentFault):
    """The worker process is gone, or what it sent was no answer."""


class TimedOut(StudentFault):
    """The call used up its time."""

    status = Status.TIMED_OUT


def raised(function: str, error: dict[str, Any]) -> StudentFault:
    """The fault behind an error that a worker reported."""
    kind, message, frames = _fields(error)
    if kind == "NotImplementedError":
        return Unimplemented(function, f"{function} is not implemented yet")
    said = f"{kind}: {message}" if message else kind
    sentence = f"{function} raised {said}"
    if frames:
        file, line, name, source = frames[-1]
        inside = f" in {name}" if name and name not in ("<module>", function) else ""
        sentence += f" ({file}, line {line}{inside}" + (f": `{source}`)" if source else ")")
    fault = Raised(function, sentence)
    fault.said = said
    return fault


def _fields(error: Any) -> tuple[str, str, list[tuple[str, int, str, str]]]:
    """The parts of an error report, whatever the worker really sent."""
    if not isinstance(error, dict):
        return "Exception", "", []
    frames = []
    reported = error.get("frames")
    for frame in reported if isinstance(reported, list) else []:
        try:
            file, line, name, source = frame
            frames.append((str(file)[:80], int(line), str(name)[:80], str(source)[:200]))
        except (TypeError, ValueError, OverflowError):
            continue
    return str(error.get("type"))[:100], str(error.get("message", ""))[:600], frames
