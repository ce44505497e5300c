"""Everything that can go wrong, and the exit code that says so.

    AutograderError            4  our own fault unless a subclass says otherwise
    ├── UsageError             2  the command line asks for something that makes no sense
    │   └── AssignmentError    2  assignment.toml is not valid
    ├── SubmissionError        3  the submission cannot be read: one sentence says why
    └── GraderError            4  our own fault; never a student's zero

What a *student's code* does wrong is no error of ours: it is an `Outcome` (see `models`).
The exceptions by which a check ends live where they are raised: `expect.Mismatch` and
`sandbox.proxy`.
"""

from typing import ClassVar

__all__ = ["AssignmentError", "AutograderError", "GraderError", "SubmissionError", "UsageError"]


class AutograderError(Exception):
    """Base of all errors that end a run; the message is one sentence that says what to do."""

    exit_code: ClassVar[int] = 4


class UsageError(AutograderError):
    """The command line or the configuration asks for something that makes no sense."""

    exit_code: ClassVar[int] = 2


class AssignmentError(UsageError):
    """`assignment.toml` is not valid."""


class SubmissionError(AutograderError):
    """The submission cannot be read at all."""

    exit_code: ClassVar[int] = 3


class GraderError(AutograderError):
    """A bug or a broken installation of the grader itself."""
