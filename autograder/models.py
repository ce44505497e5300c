"""The nouns of the program: frozen, typed, without behaviour beyond sums.

`intake` makes a `Submission`; `assignment` makes an `Assignment` out of `Check`s; `engine` turns
each check into an `Outcome`; a `Report` is the assignment, the submission and its outcomes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.strategies import Inputs

__all__ = [
    "Answer",
    "Assignment",
    "CellRun",
    "CellStatus",
    "Change",
    "Check",
    "Counterexample",
    "Isolation",
    "Item",
    "Limits",
    "NotebookLimits",
    "NotebookReport",
    "NotebookSettings",
    "Outcome",
    "Question",
    "Report",
    "Status",
    "Submission",
    "Visibility",
]


class Status(Enum):
    """How one check ended. The order is the order of a report's summary."""

    PASSED = "passed"
    PARTIAL = "partial"  # some of its credit
    FAILED = "failed"  # ran, and returned something wrong
    ERRORED = "errored"  # the student's code raised or its process died
    TIMED_OUT = "timed_out"  # the student's code used up its time
    MISSING = "missing"  # there is no such function
    SKIPPED = "skipped"  # a prerequisite cannot even be called
    BROKEN = "broken"  # our own fault: the report needs a regrade


class Visibility(Enum):
    """Who may see a check's inputs and expected values (the names are Gradescope's)."""

    VISIBLE = "visible"
    HIDDEN = "hidden"
    AFTER_DUE_DATE = "after_due_date"
    AFTER_PUBLISHED = "after_published"


@dataclass(frozen=True)
class Submission:
    """One student's work, as text, after intake: nothing of it has been executed.

    `files` maps the path of each editable file inside the starter (`cs231n/layers.py`) to its
    bytes. Given files never come from a student. `notes` are sentences for the report.
    """

    name: str
    digest: str  # SHA-256 over the student's editable files, hex
    files: Mapping[str, bytes]
    origins: Mapping[str, str]  # where in the upload each file was found
    notebooks: Mapping[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Seconds are CPU time; wall time only catches sleepers."""

    call_seconds: float = 10.0
    check_seconds: float = 60.0
    submission_seconds: float = 600.0
    wall_factor: float = 5.0  # wall seconds allowed for each CPU second
    memory_mb: int = 1024
    processes: int = 32
    file_mb: int = 16


@dataclass(frozen=True)
class NotebookLimits:
    """What one notebook may use. Seconds are CPU time of its kernel and all that it starts."""

    cell_seconds: float = 120.0
    notebook_seconds: float = 220.0
    memory_mb: int = 2048
    output_kb: int = 1024  # kept of what a cell prints and draws
    data_limit: int = 0  # training images that the given loader hands out; 0 for all


@dataclass(frozen=True)
class NotebookSettings:
    """How notebooks are run and what follows from a changed given cell.

    `changed`: "note" it, ask for a "review", or "lose" the share `changed_loss` of the points of
    the notebook's results for each such cell. `accuracy` and `cifar10` are the bars of results.
    """

    limits: NotebookLimits = NotebookLimits()
    changed: str = "note"
    changed_loss: float = 0.25
    accuracy: Mapping[str, float] = field(default_factory=dict)
    cifar10: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Item:
    """A line of the report that can earn points: a check, or a result of a notebook."""

    id: str  # "normalization.layernorm_backward.gradients"
    title: str  # what students read
    function: str  # the student function judged, or the notebook
    topic: str  # the lecture topic
    question: str  # id of the question it counts towards
    weight: float  # relative to the other items of the same function and question
    visibility: Visibility = Visibility.VISIBLE
    points: float = 0.0  # absolute, set from the assignment


@dataclass(frozen=True, kw_only=True)
class Check(Item):
    """One thing that is checked about one student function. Made by the `@check` decorator."""

    after: tuple[str, ...]  # functions that must be callable before this one makes sense
    inputs: Inputs
    body: Callable[[Any, Any], None]
    examples: int = 6  # structures that Hypothesis draws
    uses: tuple[str, ...] = ()  # functions the judged one is built on, for follow-through


@dataclass(frozen=True)
class Question:
    """A line of the score table. `pending` points are graded by running notebooks or by hand."""

    id: str
    title: str
    code: float
    notebook: float = 0.0
    inline: float = 0.0
    file: str = ""  # its notebook

    @property
    def points(self) -> float:
        return self.code + self.notebook + self.inline

    @property
    def pending(self) -> float:
        return self.notebook + self.inline


@dataclass(frozen=True)
class Assignment:
    """The roster with its points: the denominator, whatever a submission contains.

    `results` are what trained nets of notebooks are held to; empty where notebooks are not run.
    """

    name: str
    questions: tuple[Question, ...]
    checks: tuple[Check, ...]
    results: tuple[Item, ...] = ()
    limits: Limits = Limits()
    notebooks: NotebookSettings = NotebookSettings()
    packages: tuple[str, ...] = ("numpy",)
    follow_through: float = 1.0
    accuracy: Mapping[str, float] = field(default_factory=dict)  # bars of the training checks
    cifar10: Mapping[str, float] = field(default_factory=dict)  # the same bars on real CIFAR-10
    data: str = ""  # path of real CIFAR-10; empty for the embedded data set
    leaderboard: bool = False  # accuracies on Gradescope's leaderboard
    topics: Mapping[str, str] = field(default_factory=dict)  # lecture topic -> a page on it

    @property
    def max_score(self) -> float:
        return sum(question.points for question in self.questions)

    @property
    def graded_points(self) -> float:
        return sum(item.points for item in self.items)

    @property
    def items(self) -> tuple[Item, ...]:
        return (*self.checks, *self.results)


@dataclass(frozen=True)
class Counterexample:
    """The calls that showed the fault, as a student can read them.

    `calls` are Python-like lines; `inputs`, `got` and `expected` describe values by name. `code`
    is Python that runs against the student's own files, or "" where it would be too long. `errors`
    is a map of the array that is wrong: rows of digits, 0 for right, up to 9 for far off.
    """

    calls: tuple[str, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    got: str = ""
    expected: str = ""
    code: str = ""
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of one check, or of one result of a notebook."""

    check: Item
    status: Status
    credit: float  # share of the check's points, 0 to 1
    message: str = ""
    counterexample: Counterexample | None = None
    diagnosis: str = ""  # the known mistake that this is, in plain words
    root_cause: str = ""  # the function whose fault this really is
    follow_through: str = ""  # "right, given a correct batchnorm_backward"
    measures: Mapping[str, float] = field(default_factory=dict)  # accuracies, errors, ratios
    notes: tuple[str, ...] = ()  # warnings that cost nothing
    seconds: float = 0.0
    curves: Mapping[str, tuple[float, ...]] = field(default_factory=dict)  # of a training
    filters: tuple[tuple[str, ...], ...] = ()  # of a trained convolution: rows of colors, rrggbb

    @property
    def score(self) -> float:
        return self.check.points * self.credit


class CellStatus(Enum):
    """How one code cell of a notebook ended."""

    RAN = "ran"
    ERRORED = "errored"
    TIMED_OUT = "timed_out"  # it exceeded a limit: time, memory, disk or output
    DIED = "died"  # the kernel ended in it
    SKIPPED = "skipped"


@dataclass(frozen=True)
class CellRun:
    """What became of one code cell; `index` counts all cells of the notebook from 0."""

    index: int
    status: CellStatus
    message: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Change:
    """A given cell of a notebook that a student changed or deleted.

    `kind` is "changed" or "deleted"; `index` counts the cells of the notebook as handed in, or of
    the template for a deleted one; `diff` has the given lines with - and the student's with +.
    """

    kind: str
    index: int
    diff: str


@dataclass(frozen=True)
class Answer:
    """An inline question of a notebook and what a student wrote, for a human to mark."""

    question: str  # id of the question that it counts towards
    notebook: str
    number: int  # in its notebook, from 1
    prompt: str  # markdown
    text: str  # markdown, by the student; empty if the placeholder was left
    maximum: float


@dataclass(frozen=True)
class NotebookReport:
    """What became of one notebook. `trouble` says in a sentence why it could not be run."""

    name: str
    question: str
    trouble: str = ""
    cells: tuple[CellRun, ...] = ()
    changes: tuple[Change, ...] = ()
    answers: tuple[Answer, ...] = ()
    notes: tuple[str, ...] = ()
    review: tuple[str, ...] = ()  # why a human should look
    seconds: float = 0.0


@dataclass(frozen=True)
class Isolation:
    """How well the student's code was kept away from everything else."""

    level: str  # "isolated" or "reduced"
    layers: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """The result of grading one submission. Scores are sums over outcomes, never stored."""

    assignment: Assignment
    submission: Submission
    outcomes: tuple[Outcome, ...]
    isolation: Isolation
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)
    speed: Mapping[str, float] = field(default_factory=dict)  # a function's time ÷ the reference's
    notes: Sequence[str] = ()  # about the run, not about the submission's files
    notebooks: tuple[NotebookReport, ...] = ()

    @property
    def score(self) -> float:
        return sum(outcome.score for outcome in self.outcomes)

    @property
    def answers(self) -> tuple[Answer, ...]:
        return tuple(answer for notebook in self.notebooks for answer in notebook.answers)

    @property
    def review(self) -> tuple[str, ...]:
        return tuple(why for notebook in self.notebooks for why in notebook.review)

    def pending(self, question: Question) -> float:
        """Points of a question that are not graded yet."""
        results = sum(i.points for i in self.assignment.results if i.question == question.id)
        return question.pending - results

    @property
    def needs_regrade(self) -> bool:
        return any(outcome.status is Status.BROKEN for outcome in self.outcomes)

    def question_score(self, question: Question) -> float:
        """Points earned towards one question."""
        return sum(o.score for o in self.outcomes if o.check.question == question.id)
