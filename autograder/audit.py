"""How good the checks are: every known mistake is graded, and every right solution.

A mistake of the catalogue that keeps full marks has escaped; a tolerated alternative or a right
solution that loses a point is a false alarm. The audit grades as `autograder grade` does, in the
same sandbox and by the same judge.
"""

from __future__ import annotations

import functools
import multiprocessing
import resource
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from autograder import assignment, diagnosis, grading, intake, misconceptions
from autograder.engine import Session, run_check
from autograder.misconceptions import Misconception
from autograder.models import Assignment, Check, Outcome, Status, Submission
from autograder.sandbox import Sandbox
from autograder.secret import PUBLIC, Secret

__all__ = ["Audit", "Entry", "Solution", "judge", "judge_right", "run"]

CHUNK = 12  # entries that a process takes at a time
Task = tuple[str, ...] | Path  # ids of entries, or the folder of a right solution


@dataclass(frozen=True)
class Entry:
    """What became of one entry of the catalogue.

    Attributes:
        id: of the entry; `function` is what it gets wrong, `sentence` says how.
        tolerated: whether it must keep full marks.
        statuses: check id -> status, of the checks that were run.
        lost: ids of the checks in which points were lost, and not by a fault of ours.
        said: the diagnosis that a student reads; "" if there was none.
    """

    id: str
    function: str
    sentence: str
    tolerated: bool
    statuses: dict[str, str] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    said: str = ""

    @property
    def escaped(self) -> bool:
        return not self.tolerated and not self.lost

    @property
    def false_alarm(self) -> bool:
        return self.tolerated and bool(self.lost)

    @property
    def broken(self) -> tuple[str, ...]:
        """Checks that failed themselves: they say nothing about the entry."""
        return _broken(self.statuses)

    @property
    def named(self) -> str:
        """Whether the diagnosis is right: "rightly", "not" or "wrongly"."""
        if not self.said:
            return "not"
        return "rightly" if self.said == self.sentence else "wrongly"


@dataclass(frozen=True)
class Solution:
    """What became of one right solution: its folder's name, and where it lost points.

    `broken` are the checks that failed themselves.
    """

    id: str
    lost: tuple[str, ...]
    broken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Audit:
    """All of it.

    Attributes:
        checks: ids of those that could have caught something; in an audit of the whole catalogue,
            of those for whose function it has no entry as well.
        seconds: on the clock; `cpu_seconds` of all processes together.
    """

    entries: tuple[Entry, ...]
    solutions: tuple[Solution, ...]
    checks: tuple[str, ...]
    seconds: float
    cpu_seconds: float = 0.0

    @property
    def wrong(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if not entry.tolerated)

    @property
    def escapes(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.escaped)

    @property
    def false_alarms(self) -> tuple[Entry | Solution, ...]:
        entries = [entry for entry in self.entries if entry.false_alarm]
        return (*entries, *(solution for solution in self.solutions if solution.lost))

    @property
    def idle(self) -> tuple[str, ...]:
        """Checks that caught nothing: perhaps there is no mistake for them yet."""
        busy = {check for entry in self.wrong for check in entry.lost}
        return tuple(check for check in self.checks if check not in busy)

    @property
    def broken(self) -> tuple[Entry | Solution, ...]:
        """Those that met a check that failed itself."""
        met: tuple[Entry | Solution, ...] = (*self.entries, *self.solutions)
        return tuple(one for one in met if one.broken)

    @property
    def passed(self) -> bool:
        return not self.escapes and not self.false_alarms and not self.broken

    def functions(self) -> dict[str, tuple[Entry, ...]]:
        """The wrong entries by function, in the order of the catalogue."""
        names = dict.fromkeys(entry.function for entry in self.wrong)
        return {name: tuple(e for e in self.wrong if e.function == name) for name in names}


def judge(
    entry: Misconception,
    roster: Assignment,
    secret: Secret = PUBLIC,
    *,
    diagnose: bool = True,
    everything: bool = False,
) -> Entry:
    """Grade a submission that is right but for one entry, on the checks of its function.

    A forward pass is judged with its backward passes, since a wrong cache shows there alone.
    Training takes seconds and proves less: it is asked only where nothing else has caught it.
    With `everything`, all other checks are asked too: what loses points beside the function.
    """
    family = "*" if everything else entry.function.replace("forward", "[fb]*ward*")
    checks = [check for check in roster.checks if fnmatchcase(check.function, family)]
    training = [check for check in checks if check.id.startswith("training.")]
    submission = Submission(entry.id, "0" * 64, misconceptions.apply([entry]), {})
    with Sandbox(grading.workspaces(submission), roster.limits, roster.packages) as sandbox:
        session = Session(roster, sandbox, secret)
        outcomes = [run_check(check, session) for check in checks if check not in training]
        if not entry.tolerated and all(o.status is Status.PASSED for o in outcomes):
            outcomes += [run_check(check, session) for check in training]
        if diagnose and not entry.tolerated:
            outcomes = diagnosis.named(session, outcomes)
    told = {o.diagnosis for o in outcomes if o.diagnosis}
    return Entry(
        entry.id,
        entry.function,
        entry.sentence,
        entry.tolerated,
        {o.check.id: o.status.value for o in outcomes},
        _lost(outcomes),
        " / ".join(sorted(told)),
    )


def judge_right(folder: Path, roster: Assignment, secret: Secret = PUBLIC) -> Solution:
    """Grade a solution that is known to be right, on the whole roster."""
    report = grading.grade(intake.read_submission([folder]), roster, secret)
    statuses = {o.check.id: o.status.value for o in report.outcomes}
    return Solution(folder.name, _lost(report.outcomes), _broken(statuses))


def _lost(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    found = [o for o in outcomes if o.credit < 1.0 and o.status is not Status.BROKEN]
    return tuple(o.check.id for o in found)


def _broken(statuses: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(check for check, status in statuses.items() if status == Status.BROKEN.value)


def run(
    settings: Path | None = None,
    only: str = "*",
    right: Sequence[Path] = (),
    jobs: int = 1,
    secret: Secret = PUBLIC,
    *,
    everything: bool = False,
) -> Iterator[Entry | Solution | Audit]:
    """Audit the checks: each result as it comes, and the whole at the end.

    Args:
        settings: an assignment.toml; None for the bundled one.
        only: a pattern that the ids of entries must match.
        right: folders of right solutions.
        jobs: processes at work.
        secret: seeds the inputs.
        everything: ask all checks about each entry, not only those of its function.
    """
    start, cpu = time.perf_counter(), _cpu_seconds()
    roster = assignment.load(settings)
    known = misconceptions.catalogue()
    wanted = [entry for entry in known if fnmatchcase(entry.id, only)]
    # By function, so that a process works out once what known mistakes return.
    tasks: list[Task] = list(right)
    for function in dict.fromkeys(entry.function for entry in wanted):
        ids = [entry.id for entry in wanted if entry.function == function]
        tasks += [tuple(ids[first : first + CHUNK]) for first in range(0, len(ids), CHUNK)]
    found: list[Entry | Solution] = []
    for result in _results(tasks, settings, secret, jobs, everything=everything):
        found.append(result)
        yield result
    order = {entry.id: number for number, entry in enumerate(wanted)}
    everywhere = {check.function for check in roster.checks}
    judged = everywhere if len(wanted) == len(known) else {entry.function for entry in wanted}
    entries = sorted((e for e in found if isinstance(e, Entry)), key=lambda e: order[e.id])
    yield Audit(
        tuple(entries),
        tuple(s for s in found if isinstance(s, Solution)),
        tuple(_judging(roster.checks, judged)),
        time.perf_counter() - start,
        _cpu_seconds() - cpu,
    )


def _cpu_seconds() -> float:
    """Of this process and of all that it has waited for, workers of the sandbox among them."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _judging(checks: Iterable[Check], functions: set[str]) -> Iterator[str]:
    for check in checks:
        if check.function in functions and not check.id.startswith("training."):
            yield check.id


def _results(
    tasks: Sequence[Task], settings: Path | None, secret: Secret, jobs: int, *, everything: bool
) -> Iterator[Entry | Solution]:
    work = functools.partial(_work, settings=settings, secret=secret, everything=everything)
    if jobs == 1:
        for task in tasks:
            yield from work(task)
        return
    # Spawned: a fork of a process that has threads may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        for future in [pool.submit(work, task) for task in tasks]:
            yield from future.result()


def _work(
    task: Task, settings: Path | None, secret: Secret, *, everything: bool
) -> list[Entry | Solution]:
    roster = assignment.load(settings)
    if isinstance(task, Path):
        return [judge_right(task, roster, secret)]
    entries = {entry.id: entry for entry in misconceptions.catalogue()}
    return [judge(entries[name], roster, secret, everything=everything) for name in task]
