"""The only judge: one check, one student, one `Outcome`.

`Session` holds what is known about a submission so far (which functions exist, which hang, what
was found wrong); `run_check` uses it and adds to it. A check's verdict does not depend on which
others were asked for: what it needs to know about prerequisites is found out when it fails.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autograder import lend, paste
from autograder.expect import FollowThrough, Mismatch, show
from autograder.models import Assignment, Check, Counterexample, Outcome, Status
from autograder.sandbox import Sandbox, Student, StudentFault, TimedOut
from autograder.sandbox.proxy import Call, Remote
from autograder.secret import Secret
from autograder.strategies import Case, cases

__all__ = ["Session", "home", "play", "run_check"]

log = logging.getLogger(__name__)

# A function that hung once gets this much on its next call: it is not likely to be merely slow.
SECOND_CHANCE_SECONDS = 1.0
BAD = frozenset({Status.FAILED, Status.ERRORED, Status.TIMED_OUT, Status.MISSING, Status.SKIPPED})
CLASSES = {"FullyConnectedNet": "fc_net", "ThreeLayerConvNet": "cnn"}
OPTIMIZERS = ("sgd", "sgd_momentum", "rmsprop", "adam")
SANDWICHES = ("affine_relu", "conv_relu", "conv_bn_relu", "conv_relu_pool")


def home(function: str) -> str:
    """The module in which students write a function."""
    if function in CLASSES:
        return CLASSES[function]
    if function in OPTIMIZERS:
        return "optim"
    return "layer_utils" if lend.family(function)[0] in SANDWICHES else "layers"


@dataclass
class Session:
    """One submission being graded."""

    assignment: Assignment
    sandbox: Sandbox
    secret: Secret
    verdicts: dict[str, Outcome] = field(default_factory=dict)
    hung: set[str] = field(default_factory=set)
    _census: dict[str, tuple[Sequence[str], StudentFault | None]] = field(default_factory=dict)

    @contextlib.contextmanager
    def student(
        self, *, fast_layers: bool = True, lent: Mapping[str, Sequence[str]] | None = None
    ) -> Iterator[Student]:
        """The student's work in a fresh worker, with some functions lent to it."""
        workspace = "workspace" if fast_layers else "workspace-naive"
        with self.sandbox.worker(workspace, lent or {}) as worker:
            yield Student(worker, self.seconds, lend.lender(lent) if lent else None)

    def student_for(
        self, check: Check, lent: Mapping[str, Sequence[str]] | None = None
    ) -> contextlib.AbstractContextManager[Student]:
        """A fresh worker for a check: a naive layer must not be the fast one in disguise."""
        return self.student(fast_layers=not check.function.endswith("_naive"), lent=lent)

    def cases(self, check: Check, measures: dict[str, float]) -> Iterator[Case]:
        """The cases of a check, with what its body may want to know and a place for measures."""
        for case in cases(check.id, check.inputs, check.examples, self.secret):
            case.measures = measures
            case.assignment = self.assignment
            case.secret = self.secret
            yield case

    def draws(self, check: Check, number: int) -> int:
        """The seed of the student's own random draws in one case."""
        return self.secret.seed("draws", check.id, str(number)) % 2**32

    def seconds(self, function: str) -> float:
        """CPU seconds that a call of this function may use."""
        limits = self.assignment.limits
        left = limits.submission_seconds - self.sandbox.cpu_used
        call = limits.call_seconds
        if function in self.hung:
            call = min(call, SECOND_CHANCE_SECONDS)
        return max(min(call, left), 0.0)

    def census(self, module: str) -> tuple[Sequence[str], StudentFault | None]:
        """The functions of a module, or why it cannot be imported. Asked once."""
        if module not in self._census:
            names: Sequence[str] = ()
            fault = None
            try:
                with self.student() as student:
                    names = student.census(module)
            except StudentFault as error:
                fault = error
            self._census[module] = names, fault
        return self._census[module]

    def failing(self, functions: Sequence[str]) -> list[str]:
        """Those of the functions that some check finds wrong, in their order."""
        bad = set()
        for check in self.assignment.checks:
            if check.function in functions and run_check(check, self).status in BAD:
                bad.add(check.function)
        return [function for function in functions if function in bad]


def run_check(check: Check, session: Session) -> Outcome:
    """Judge one check, once; never raises for what a student's code does.

    A crash of our own code is a BROKEN outcome, so that it is seen and never costs a point
    silently.
    """
    if check.id in session.verdicts:
        return session.verdicts[check.id]
    start = time.perf_counter()
    try:
        outcome = _judge(check, session)
    except Exception as error:
        log.exception("the check %s itself failed", check.id)
        message = f"the grader failed here, not you ({type(error).__name__}: {error}); regrade"
        outcome = Outcome(check, Status.BROKEN, 0.0, message)
    outcome = replace(outcome, seconds=time.perf_counter() - start)
    session.verdicts[check.id] = outcome
    return outcome


def _judge(check: Check, session: Session) -> Outcome:
    absent = _absent(check, session)
    if absent:
        return absent
    # What hangs alone will hang here: only the attempt with lent parts is worth its time.
    hangs = next((name for name in check.uses if name in session.hung), None)
    if hangs:
        said = f"{hangs}, which this builds on, does not come back"
        outcome = Outcome(check, Status.TIMED_OUT, 0.0, said, root_cause=hangs)
    else:
        outcome = _attempt(check, session, None)
    broken = session.failing(check.uses) if outcome.status in BAD else []
    if not broken:
        return outcome
    second = _attempt(check, session, lend.stubs(broken))
    if second.status not in (Status.PASSED, Status.PARTIAL):
        return outcome
    share = session.assignment.follow_through
    names = ", ".join(broken)
    return replace(
        second,
        status=Status.PASSED if share == 1.0 and second.credit == 1.0 else Status.PARTIAL,
        credit=second.credit * share,
        message=outcome.message,
        follow_through=f"right, given a correct {names}",
        root_cause=broken[0],
    )


def _absent(check: Check, session: Session) -> Outcome | None:
    """The outcome of a check whose functions are not there, before any input is drawn."""
    for function in (check.function, *check.after):
        module = home(function)
        names, fault = session.census(module)
        mine = function == check.function
        if fault is not None:
            status = fault.status if mine else Status.SKIPPED
            return Outcome(check, status, 0.0, fault.message, root_cause=f"{module}.py")
        if function not in names:
            said = f"{module}.py has no {function}"
            status = Status.MISSING if mine else Status.SKIPPED
            return Outcome(check, status, 0.0, said, root_cause=function)
    return None


def _attempt(check: Check, session: Session, lent: Mapping[str, Sequence[str]] | None) -> Outcome:
    """Run a check's cases in one worker, up to the first that goes wrong."""
    credit, text, root = 1.0, "", ""
    measures: dict[str, float] = {}
    notes: set[str] = set()
    with session.student_for(check, lent) as student:
        for number, case in enumerate(session.cases(check, measures)):
            try:
                student.restart(session.draws(check, number))
                play(check, student, case)
            except FollowThrough as follow:
                credit, text = session.assignment.follow_through, follow.message
                root = follow.root_cause
            except (Mismatch, StudentFault) as fault:
                failed = _failure(check, session, student, fault, notes | case.notes)
                return replace(
                    failed,
                    measures=dict(measures),
                    curves=dict(case.curves),
                    filters=case.filters,
                )
            notes |= case.notes
        notes |= _changes(student)
    status = Status.PASSED if credit == 1.0 else Status.PARTIAL
    return Outcome(
        check,
        status,
        credit,
        follow_through=text,
        root_cause=root,
        measures=dict(measures),
        notes=(*sorted(notes),),
        curves=dict(case.curves),
        filters=case.filters,
    )


def play(check: Check, student: Any, case: Case) -> None:
    """Run a check's body once, on a student or on who plays one."""
    # Numbers near the largest float are a student's to return, not ours to warn of.
    with np.errstate(all="ignore"):
        check.body(student, case)


def _failure(
    check: Check,
    session: Session,
    student: Student,
    fault: Mismatch | StudentFault,
    notes: set[str],
) -> Outcome:
    status, root = Status.FAILED, ""
    if isinstance(fault, StudentFault):
        status = fault.status
        name = fault.function.partition(".")[0]
        if isinstance(fault, TimedOut):
            session.hung.add(fault.function)
        if name in check.after and name != check.function:
            status, root = Status.SKIPPED, name
    return Outcome(
        check,
        status,
        0.0,
        fault.message,
        counterexample=_counterexample(student.calls, fault),
        root_cause=root,
        notes=(*sorted(notes | _changes(student)),),
    )


def _changes(student: Student) -> set[str]:
    return {f"{name} changes one of its inputs in place" for name in student.changed}


def _counterexample(calls: Sequence[Call], fault: Mismatch | StudentFault) -> Counterexample:
    """The last call of the case, with its inputs by name."""
    if not calls:
        return Counterexample()
    last = calls[-1]
    names = lend.parameters(last.function)
    numbered = (f"argument {i + 1}" for i in range(len(names), len(last.args)))
    inputs = {
        name: _input(value) for name, value in zip((*names, *numbered), last.args, strict=False)
    }
    inputs |= {name: _input(value) for name, value in last.kwargs.items()}
    got = fault.got if isinstance(fault, Mismatch) else ""
    expected = fault.expected if isinstance(fault, Mismatch) else ""
    errors = fault.errors if isinstance(fault, Mismatch) else ()
    lines = tuple(f"{call.function}({_signature(call)})" for call in calls[-4:])
    return Counterexample(lines, inputs, got, expected, paste.code(calls, home), errors)


def _signature(call: Call) -> str:
    parts = [_brief(value) for value in call.args]
    parts += [f"{name}={_brief(value)}" for name, value in call.kwargs.items()]
    return ", ".join(parts)


def _brief(value: Any) -> str:
    if isinstance(value, Remote):
        return "cache"
    if isinstance(value, np.ndarray):
        return f"<{' × '.join(map(str, value.shape))}>"
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {_brief(v)}" for k, v in list(value.items())[:6]) + "}"
    return repr(value)[:60]


def _input(value: Any) -> str:
    if isinstance(value, Remote):
        return "the cache of your own forward pass"
    return show(value)
