"""The same checks as pytest items: `pytest --submission=PATH -k conv`.

Each item's `runtest` calls `engine.run_check`, the judge of `autograder grade`, so the verdicts
are the same. With `--submission` pytest collects the roster and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from autograder.engine import Session
    from autograder.models import Check

__all__: list[str] = []

SANDBOX = pytest.StashKey[Any]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --submission."""
    group = parser.getgroup("autograder")
    group.addoption("--submission", metavar="PATH", help="run the autograder's checks on this")


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> bool | None:
    """Collect the roster instead of files, if a submission is named."""
    path = session.config.getoption("submission")
    if path is None:
        return None
    _refuse_hostile_configuration(session.config, Path(path).resolve())
    judge = _open(session.config, Path(path))
    session.items = [
        CheckItem.from_parent(
            session, name=check.id, nodeid=f"autograder::{check.id}", check=check, judge=judge
        )
        for check in judge.assignment.checks
    ]
    session.testscollected = len(session.items)
    hook = session.config.hook
    hook.pytest_collectreport(
        report=pytest.CollectReport("autograder", "passed", None, list(session.items))
    )
    hook.pytest_collection_modifyitems(session=session, config=session.config, items=session.items)
    hook.pytest_collection_finish(session=session)
    session.testscollected = len(session.items)
    return True


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the student's processes."""
    if SANDBOX in config.stash:
        config.stash[SANDBOX].__exit__(None, None, None)


class CheckItem(pytest.Item):
    """One check of the roster."""

    def __init__(self, *, check: Check, judge: Session, **rest: Any) -> None:
        super().__init__(**rest)
        self.check = check
        self.judge = judge
        self.add_marker(check.question.replace("-", "_"))

    def runtest(self) -> None:
        """Judge the check; an outcome that is not full credit fails the item."""
        from autograder.engine import run_check  # noqa: PLC0415  every pytest run loads plugins
        from autograder.models import Status  # noqa: PLC0415  as above

        outcome = run_check(self.check, self.judge)
        for name, value in outcome.measures.items():
            self.user_properties.append((name, value))
        if outcome.status is Status.SKIPPED:
            pytest.skip(outcome.message)
        if outcome.status is not Status.PASSED:
            raise Lost(outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any) -> str:
        """The report's own words instead of a traceback through the grader."""
        if not isinstance(excinfo.value, Lost):
            return str(super().repr_failure(excinfo))
        outcome = excinfo.value.outcome
        lines = [outcome.check.title, "", outcome.message, outcome.follow_through]
        example = outcome.counterexample
        if example and example.calls:
            lines.append(f"called    {example.calls[-1]}")
        if example and example.got:
            lines += [f"got       {example.got}", f"expected  {example.expected}"]
        return "\n".join(line for line in lines if line)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the item comes from: the roster, not a file of the student's."""
        return Path(__file__), None, self.name


class Lost(Exception):
    """A check that did not give full credit."""

    def __init__(self, outcome: Any) -> None:
        super().__init__(outcome.message)
        self.outcome = outcome


def _open(config: pytest.Config, path: Path) -> Session:
    from autograder import assignment, engine, grading, intake  # noqa: PLC0415  as above
    from autograder.errors import AutograderError  # noqa: PLC0415  as above
    from autograder.sandbox import Sandbox  # noqa: PLC0415  as above
    from autograder.secret import course_secret  # noqa: PLC0415  as above

    for question in ("fully_connected", "normalization", "dropout", "convolution"):
        config.addinivalue_line("markers", f"{question}: checks of that question")

    @contextmanager
    def opened() -> Iterator[Session]:
        roster = assignment.load()
        files = grading.workspaces(intake.read_submission([path]))
        with Sandbox(files, roster.limits, roster.packages) as sandbox:
            yield engine.Session(roster, sandbox, course_secret())

    try:
        config.stash[SANDBOX] = opened()
        judge: Session = config.stash[SANDBOX].__enter__()
    except AutograderError as error:
        del config.stash[SANDBOX]
        raise pytest.UsageError(str(error)) from error
    return judge


def _refuse_hostile_configuration(config: pytest.Config, path: Path) -> None:
    """A conftest.py or pytest.ini inside a submission is hostile input, never configuration.

    pytest looks for its ini-file before it loads plugins: then `--submission PATH`, unlike
    `--submission=PATH`, looks to it like a folder of tests.
    """
    sources = [Path.cwd(), *([config.inipath] if config.inipath else [])]
    if path.is_dir() and any(source.resolve().is_relative_to(path) for source in sources):
        raise pytest.UsageError(
            "pytest would read its configuration from inside the submission: "
            "write --submission=PATH, and run it from another folder"
        )
