"""The roster adds up, and a wrong assignment.toml is told by file and key."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

from autograder import assignment, strategies
from autograder.engine import home
from autograder.errors import AssignmentError, GraderError
from autograder.models import Assignment, Limits, Visibility

BUNDLED = resources.files("autograder").joinpath("assignment.toml").read_text()
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """write((old, new), …) -> path of the bundled file with these texts replaced."""

    def write(*edits: tuple[str, str]) -> Path:
        text = BUNDLED
        for old, new in edits:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path = tmp_path / "fall.toml"
        path.write_text(text)
        return path

    return write


# What is bundled. ---------------------------------------------------------------------------


def test_the_points_add_up(roster: Assignment) -> None:
    assert roster.max_score == 100
    assert roster.graded_points == pytest.approx(74)
    code = {question.id: question.code for question in roster.questions}
    expected = {"fully-connected": 16, "normalization": 24, "dropout": 8, "convolution": 26}
    assert code == {**expected, "framework": 0}
    totals = Counter[str]()
    for check in roster.checks:
        totals[check.question] += check.points
    assert totals == pytest.approx(expected)
    assert [question.points for question in roster.questions] == [20, 30, 10, 30, 10]
    assert sum(question.pending for question in roster.questions) == 26


def test_every_check_is_complete(roster: Assignment) -> None:
    assert len({check.id for check in roster.checks}) == len(roster.checks)
    judged = {check.function for check in roster.checks}
    for check in roster.checks:
        assert re.fullmatch(r"[a-z_]+\.\w+\.\w+", check.id)
        assert check.title
        assert not check.title.endswith(".")
        assert check.function in check.id
        assert check.topic
        assert check.weight > 0
        assert check.points >= 0
        assert home(check.function) in ("layers", "optim", "layer_utils", "fc_net", "cnn")
        # What it is built on is judged too, or nobody could say that it is broken.
        assert {*check.after, *check.uses} <= judged, check.id
        assert check.function not in check.uses


def test_prerequisites_come_first(roster: Assignment) -> None:
    order = {}
    for number, check in enumerate(roster.checks):
        order.setdefault(check.function, number)
    for check in roster.checks:
        for function in (*check.after, *check.uses):
            assert order[function] <= order[check.function], check.id


def test_given_functions_are_checked_and_worth_nothing(roster: Assignment) -> None:
    free = {check.function for check in roster.checks if check.points == 0}
    assert {"sgd", "affine_relu_forward", "conv_relu_pool_backward"} <= free
    assert "affine_forward" not in free


def test_the_checks_of_a_function_share_its_points(roster: Assignment, write: Write) -> None:
    doubled = assignment.load(write(("affine_backward = 0.5", "affine_backward = 1.5")))
    for before, after in zip(roster.checks, doubled.checks, strict=True):
        factor = 3 if before.function == "affine_backward" else 1
        assert after.points == pytest.approx(factor * before.points)
    assert doubled.graded_points == pytest.approx(75)


def test_loading_twice_gives_the_same(roster: Assignment) -> None:
    assert assignment.load() == roster


# What a file may say. -----------------------------------------------------------------------


def test_a_file_overrides_everything(write: Write) -> None:
    path = write(
        ("hidden = []", 'hidden = ["dropout.*", "*.affine_forward.values"]'),
        ("follow_through = 1.0", "follow_through = 0.5"),
        ("call_seconds = 10.0 ", "call_seconds = 3.5 "),
        ('packages = ["numpy"]', 'packages = ["numpy", "scipy"]'),
        ("fully_connected = 0.60", "fully_connected = 0.7"),
    )
    loaded = assignment.load(path)
    hidden = {check.id for check in loaded.checks if check.visibility is Visibility.HIDDEN}
    assert "fully_connected.affine_forward.values" in hidden
    assert "fully_connected.affine_forward.float32" not in hidden
    assert {check.id for check in loaded.checks if check.id.startswith("dropout.")} < hidden
    assert loaded.follow_through == 0.5
    assert loaded.limits.call_seconds == 3.5
    assert loaded.packages == ("numpy", "scipy")
    assert loaded.accuracy["fully_connected"] == 0.7


def test_what_a_file_leaves_out_has_defaults(write: Write) -> None:
    text = BUNDLED[: BUNDLED.index("[limits]")] + BUNDLED[BUNDLED.index("[accuracy]") :]
    path = write()
    path.write_text(text.replace("hidden = []\n", "").replace("follow_through = 1.0\n", ""))
    loaded = assignment.load(path)
    assert loaded.limits == Limits()
    assert loaded.follow_through == 1.0
    assert all(check.visibility is Visibility.VISIBLE for check in loaded.checks)


# What a file must not say. ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("follow_through = 1.0", "follow_thorough = 1.0", "follow_thorough"),
        ("wall_factor = 5.0", "wall_fcator = 5.0", "wall_fcator"),
        ("notebook = 10", "notebok = 10", "notebok"),
        ("convnet = 0.65", "convnets = 0.65", "convnets"),
        ("follow_through = 1.0", 'follow_through = "all"', "follow_through"),
        ("follow_through = 1.0", "follow_through = 1.5", "follow_through"),
        ("memory_mb = 1024", "memory_mb = 0.5", "memory_mb"),
        ("memory_mb = 1024", "memory_mb = 0", "memory_mb"),
        ("call_seconds = 10.0 ", "call_seconds = -1.0 ", "call_seconds"),
        ("call_seconds = 10.0 ", "call_seconds = inf ", "call_seconds"),
        ("call_seconds = 10.0 ", "call_seconds = nan ", "call_seconds"),
        ('packages = ["numpy"]', 'packages = "numpy"', "packages"),
        ("hidden = []", "hidden = [1]", "hidden"),
        ("adam = 3", "adm = 3", "adm"),
        ("adam = 3", "", "adam"),
        ("adam = 3", "adam = 3\nconv_forward_naive = 1", "conv_forward_naive"),
        ('id = "dropout"', 'id = "drop"', "drop"),
        ('title = "PyTorch or TensorFlow"', "", "title"),
        ('name = "Assignment 2', 'nmae = "Assignment 2', "nmae"),
    ],
)
def test_a_wrong_file_is_told_by_file_and_key(write: Write, old: str, new: str, said: str) -> None:
    path = write((old, new))
    with pytest.raises(AssignmentError) as caught:
        assignment.load(path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("follow_through = 1.0", "follow_trough = 1.0", "follow_through is meant? (line 10)"),
        ("call_seconds = 10.0 ", "call_second = 1.0 ", "in [limits]; call_seconds is meant? (line"),
        (
            "memory_mb = 2048",
            'memory_mb = "much"',
            "notebooks.memory_mb: expected `int`, got `str`",
        ),
        ("best_model = 0.53", "best_modell = 0.5", "best_model is meant?"),
        ("best_model = 0.53", "best_model = 1.5", "best_model is a share, from 0 to 1"),
        ('changed = "note"', 'changed = "notes"', "notebooks.changed: invalid enum value"),
        ('"Dropout" = "https:', '"Dropuot" = "https:', "Dropout is meant?"),
        ('"Max pooling" = "https:', '"Max pooling" = "javascript:', "must begin with https://"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_was_meant(
    write: Write, old: str, new: str, said: str
) -> None:
    path = write((old, new))
    with pytest.raises(AssignmentError) as caught:
        assignment.load(path)
    assert said in str(caught.value)
    line = re.search(r"\(line (\d+)\)", str(caught.value))
    if line:
        assert new.partition(" ")[0] in path.read_text().splitlines()[int(line[1]) - 1]


def test_bars_that_are_left_out_are_those_of_the_bundled_file(write: Write) -> None:
    loaded = assignment.load(write(("best_model = 0.53\n", "")))
    assert loaded.notebooks.accuracy == assignment.load().notebooks.accuracy


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("adam = 3", "adam = -3", "adam"),
        ("adam = 3", 'adam = "three"', "adam"),
        ("adam = 3", "adam = nan", "adam"),
        ("notebook = 10", "notebook = -1", "framework"),
        ("follow_through = 1.0", "follow_through = -0.5", "follow_through"),
    ],
)
def test_wrong_points_are_told_by_key(write: Write, old: str, new: str, said: str) -> None:
    with pytest.raises(AssignmentError, match=said):
        assignment.load(write((old, new)))


@pytest.mark.parametrize("points", ["-3", "inf", "nan"])
def test_negative_and_infinite_points_are_refused(write: Write, points: str) -> None:
    path = write(("adam = 3", f"adam = {points}"))
    with pytest.raises(
        AssignmentError, match=r"adam in question .* negative or infinite"
    ) as caught:
        assignment.load(path)
    assert str(path) in str(caught.value)


def test_two_questions_of_one_name_are_refused(write: Write) -> None:
    with pytest.raises(AssignmentError, match="dropout"):
        assignment.load(write(('id = "framework"', 'id = "dropout"')))


@pytest.mark.parametrize("kind", ["hidden", "after_due_date", "after_published"])
def test_each_kind_of_visibility_has_a_key(write: Write, kind: str) -> None:
    loaded = assignment.load(write((f"{kind} = []", f'{kind} = ["dropout.*"]')))
    kinds = {c.visibility.value for c in loaded.checks if c.id.startswith("dropout.")}
    assert kinds == {kind}


def test_a_hidden_pattern_that_matches_nothing_is_refused(write: Write) -> None:
    with pytest.raises(AssignmentError, match="drpout"):
        assignment.load(write(("hidden = []", 'hidden = ["drpout.*"]')))


@pytest.mark.parametrize("content", [b"name = ", b"[[question]\n", b"", b"name = 'a'\nname = 'b'"])
def test_a_file_that_is_no_assignment_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fall.toml"
    path.write_bytes(content)
    with pytest.raises(AssignmentError, match=re.escape(f"{path} is not valid")):
        assignment.load(path)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fall.toml"
    path.write_bytes(b'name = "\xff"')
    with pytest.raises(AssignmentError, match=re.escape(f"{path} is not valid")):
        assignment.load(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.toml", tmp_path):
        with pytest.raises(AssignmentError, match=re.escape(f"cannot read {path}")):
            assignment.load(path)


# The decorator. -----------------------------------------------------------------------------


def test_two_checks_of_one_name_are_our_fault() -> None:
    assignment.load()

    def values(student: object, case: object) -> None:
        """A second one"""

    values.__module__ = "autograder.checks.fully_connected"
    register = assignment.check(
        function="affine_forward", question="q", topic="t", inputs=strategies.nothing()
    )
    with pytest.raises(GraderError, match=r"fully_connected\.affine_forward\.values"):
        register(values)


def test_a_check_needs_a_title() -> None:
    def untitled(student: object, case: object) -> None:
        pass

    register = assignment.check(function="f", question="q", topic="t", inputs=strategies.nothing())
    with pytest.raises(GraderError, match="no docstring to be its title"):
        register(untitled)


def test_every_topic_has_a_page() -> None:
    roster = assignment.load()
    assert {check.topic for check in roster.checks} <= roster.topics.keys()
