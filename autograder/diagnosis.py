"""Naming the mistake: which entry of the catalogue does exactly what the student's code does.

A check's body is run again, once against the student and once against each known mistake of the
function, here in this process: the catalogue is our own code. What came back from every call is
the transcript. A mistake is named only if its transcripts equal the student's on all cases of
every failed check of that function, and no other entry's do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder import misconceptions, patterns
from autograder.engine import Session, play
from autograder.expect import FollowThrough, Mismatch
from autograder.models import Check, Outcome, Status
from autograder.rehearsal import Transcript, known, shortened
from autograder.sandbox import Raised, Remote, Student, StudentFault
from autograder.sandbox.proxy import PARAMETERS
from autograder.strategies import Case

__all__ = ["alike", "named", "transcripts"]

log = logging.getLogger(__name__)

RELATIVE = 1e-6
TOLD = frozenset({Status.FAILED, Status.ERRORED})
# Checks of a layer that differ in their inputs alone, so that these may tell right from wrong.
COMPARABLE = (".values", ".general", ".gradients", ".single", "_forward.train")


def named(session: Session, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes, those of a function with a known mistake with its sentence as diagnosis."""
    failed: dict[str, list[Check]] = {}
    for outcome in outcomes:
        # A training run is no fingerprint: everything that learns at all looks alike.
        check = outcome.check
        if (
            outcome.status in TOLD
            and isinstance(check, Check)
            and not check.id.startswith("training.")
        ):
            failed.setdefault(check.function, []).append(check)
    named = {function: _safely(_match, session, checks) for function, checks in failed.items()}
    told = {
        checks[0].id: _safely(_pattern, session, checks)
        for function, checks in failed.items()
        if not named[function]
    }
    return [
        _explained(outcome, named.get(outcome.check.function, ""), told.get(outcome.check.id, ""))
        if outcome.status in TOLD
        else outcome
        for outcome in outcomes
    ]


def _explained(outcome: Outcome, sentence: str, clause: str) -> Outcome:
    message = f"{outcome.message}; {clause}" if clause else outcome.message
    return replace(outcome, diagnosis=sentence, message=message)


def _safely(
    explain: Callable[[Session, Sequence[Check]], str], session: Session, checks: Sequence[Check]
) -> str:
    """A diagnosis is a courtesy: whatever goes wrong with it, the report stands."""
    try:
        return explain(session, checks)
    except Exception:
        log.exception("the diagnosis of %s failed", checks[0].function)
        return ""


def _match(session: Session, checks: Sequence[Check]) -> str:
    """The sentence of the only known mistake that fits, or "".

    It may be a forward pass's own: what is wrong with a cache shows in the backward pass alone.
    """
    functions = {checks[0].function, *checks[0].after}
    candidates = [
        entry
        for entry in misconceptions.catalogue()
        if entry.function in functions and not entry.tolerated
    ]
    # What passes tells as well: a mistake that would fail there is not this one.
    passed = [
        check
        for check in session.assignment.checks
        if check.function == checks[0].function
        and check not in checks
        and not check.id.startswith("training.")
    ]
    for number, check in enumerate((*checks, *passed)):
        if number >= len(checks) and len({entry.sentence for entry in candidates}) < 2:
            break
        theirs = transcripts(check, session)
        candidates = [e for e in candidates if alike(theirs, known(check, e, session))]
    sentences = {entry.sentence for entry in candidates}
    return sentences.pop() if len(sentences) == 1 else ""


def _pattern(session: Session, checks: Sequence[Check]) -> str:
    """What the inputs have in common for which a layer is right, or wrong; "" if nothing."""
    function = checks[0].function
    if function in session.hung or not checks[0].id.endswith(COMPARABLE):
        return ""
    right: list[Mapping[str, Any]] = []
    wrong: list[Mapping[str, Any]] = []
    for check in session.assignment.checks:
        if check.function == function and check.id.endswith(COMPARABLE):
            with session.student_for(check) as student:
                for number, case in enumerate(session.cases(check, {})):
                    verdict = _passes(check, session, student, number, case)
                    (right if verdict else wrong).append(patterns.features(case.inputs))
    return patterns.difference(right, wrong)


def _passes(check: Check, session: Session, student: Student, number: int, case: Case) -> bool:
    try:
        student.restart(session.draws(check, number))
        play(check, student, case)
    except (Mismatch, FollowThrough, StudentFault):
        return False
    return True


def transcripts(check: Check, session: Session) -> list[Transcript]:
    """What the student's functions return in each case of a check."""
    found = []
    with session.student_for(check) as student:
        for number, case in enumerate(session.cases(check, {})):
            student.transcript = []
            try:
                student.restart(session.draws(check, number))
                play(check, student, case)
            except (Mismatch, FollowThrough):
                pass
            except StudentFault as fault:
                said = fault.said if isinstance(fault, Raised) else type(fault).__name__
                student.transcript.append(("fault", said))
                # An exception ends its own case; a worker that is gone ends them all.
                if not isinstance(fault, Raised):
                    break
            finally:
                found.append([shortened(*entry) for entry in student.transcript])
    return found


def _are_parameters(entry: Any) -> bool:
    return type(entry) is tuple and len(entry) == 2 and entry[0] is PARAMETERS


def alike(one: Any, other: Any) -> bool:
    """Whether two transcripts, or parts of them, hold the same values up to rounding."""
    if _are_parameters(one) and _are_parameters(other):
        return bool(one[1] == other[1])
    if isinstance(one, Remote) or isinstance(other, Remote):
        return True
    if isinstance(one, np.ndarray | np.generic | float | int) and not isinstance(one, bool):
        return _alike_numbers(one, other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(alike, one, other))
    return type(one) is type(other) and bool(one == other)


def _alike_numbers(one: Any, other: Any) -> bool:
    try:
        a, b = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return False
    if a.shape != b.shape:
        return False
    finite = np.isfinite(a)
    if not np.array_equal(finite, np.isfinite(b)):
        return False
    scale = float(np.max(np.abs(b[finite]), initial=0.0)) or 1.0
    return bool((np.abs(a[finite] - b[finite]) <= RELATIVE * scale).all())
