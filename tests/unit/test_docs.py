"""What the documents say is there is there, and what is there is said."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from autograder.models import Assignment

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"^\| (`[^|]*`) \|", re.MULTILINE)


def documented() -> set[str]:
    """The ids in the tables; one that leaves its beginning out has that of the one before."""
    found: set[str] = set()
    for row in ROW.findall((DOCS / "grading.md").read_text(encoding="utf-8")):
        before: list[str] = []
        for text in re.findall(r"`([^`]+)`", row):
            parts = text.lstrip(".").split(".")
            before = [*before[: 3 - len(parts)], *parts]
            found.add(".".join(before))
    return found


def test_every_check_is_in_the_document_on_grading(roster: Assignment) -> None:
    ids = {check.id for check in roster.checks}
    assert ids - documented() == set()


def test_the_document_on_grading_names_no_check_that_is_not_there(roster: Assignment) -> None:
    ids = {check.id for check in roster.checks}
    whole = {identity for identity in documented() if identity.count(".") == 2}
    assert whole - ids == set()


def test_bars_are_those_of_the_assignment(roster: Assignment) -> None:
    text = (DOCS / "grading.md").read_text(encoding="utf-8")
    for check, name in (("FullyConnectedNet", "fully_connected"), ("ThreeLayerConvNet", "convnet")):
        assert (
            f"| `training.{check}.accuracy` | {roster.accuracy[name]:.0%}".replace("%", " %")
            in text
        )


def test_bars_of_notebooks_are_those_of_the_assignment(roster: Assignment) -> None:
    text = (DOCS / "notebooks.md").read_text(encoding="utf-8")
    told: dict[str, tuple[str, str]] = {}
    for names, embedded, cifar10 in re.findall(
        r"^\| ((?:`\w+`(?:, )?)+) \| [^|]* \| (\d+) % \| (\d+) % \|", text, re.MULTILINE
    ):
        told |= dict.fromkeys(re.findall(r"`(\w+)`", names), (embedded, cifar10))
    settings = roster.notebooks
    assert told == {
        name: (f"{100 * bar:.0f}", f"{100 * settings.cifar10[name]:.0f}")
        for name, bar in settings.accuracy.items()
    }


def test_the_page_on_the_assignment_is_made_of_the_bundled_file() -> None:
    made = runpy.run_path(str(DOCS / "make_reference.py"))["page"]()
    assert made == (DOCS / "assignment.md").read_text(encoding="utf-8")
