"""The audit says what escapes the checks, and what loses points for nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from autograder import audit, cli, misconceptions
from autograder.audit import Audit, Entry, Solution
from autograder.misconceptions import Misconception
from autograder.models import Assignment
from autograder.reports import audit_html, audit_json
from autograder.secret import Secret

RIGHT = Path(__file__).parents[1] / "submissions" / "right"
HARMLESS = ("np.maximum(x, 0)", "np.maximum(x, 0 * 1)")


def planted(*, tolerated: bool = False, harmless: bool = True) -> Misconception:
    """An entry that changes nothing, or everything."""
    edit = HARMLESS if harmless else (HARMLESS[0], "x")
    return Misconception(
        "relu_forward.planted", "relu_forward", "Says <b>nothing</b>.", "t", (edit,), tolerated
    )


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch):
    def put(*entries: Misconception) -> None:
        monkeypatch.setattr(misconceptions, "catalogue", lambda: entries)

    return put


def test_a_mistake_that_is_caught(roster: Assignment) -> None:
    found = audit.judge(planted(harmless=False), roster)
    assert not found.escaped
    assert "fully_connected.relu_forward.values" in found.lost
    assert found.named == "wrongly"  # the catalogue has it under another name
    assert "come through unchanged" in found.said


def test_a_mistake_that_escapes(roster: Assignment) -> None:
    found = audit.judge(planted(), roster)
    assert found.escaped
    assert found.lost == ()
    assert found.named == "not"
    assert set(found.statuses.values()) == {"passed"}


def test_a_tolerated_entry_that_loses_points(roster: Assignment) -> None:
    assert audit.judge(planted(tolerated=True, harmless=False), roster).false_alarm
    assert not audit.judge(planted(tolerated=True), roster).false_alarm


def broken_check(student: object, case: object) -> None:
    raise ZeroDivisionError


def test_a_check_that_fails_itself_has_caught_nothing(roster: Assignment, tmp_path: Path) -> None:
    checks = [one for one in roster.checks if one.function == "relu_forward"]
    part = replace(roster, checks=tuple(replace(one, body=broken_check) for one in checks))
    found = audit.judge(planted(harmless=False), part)
    assert found.lost == ()
    assert found.broken == tuple(one.id for one in checks)
    solution = audit.judge_right(RIGHT / "loops", part)
    assert (solution.lost, solution.broken) == ((), found.broken)
    assert not Audit((), (solution,), (), 1.0).passed


def test_all_checks_are_asked_only_if_that_is_wanted(roster: Assignment) -> None:
    part = replace(roster, checks=roster.checks[:12])
    functions = {one.id: one.function for one in part.checks}
    found = audit.judge(planted(harmless=False), part)
    assert {functions[check] for check in found.statuses} == {"relu_forward", "relu_backward"}
    found = audit.judge(planted(harmless=False), part, everything=True)
    assert set(found.statuses) == set(functions)
    assert {functions[check] for check in found.lost} == {"relu_forward"}


def test_a_right_solution_and_a_wrong_one(roster: Assignment, tmp_path: Path) -> None:
    part = replace(roster, checks=roster.checks[:8])
    assert audit.judge_right(RIGHT / "einsum", part) == Solution("einsum", ())
    (tmp_path / "layers.py").write_text("def affine_forward(x, w, b): return x, x\n")
    assert "fully_connected.affine_forward.values" in audit.judge_right(tmp_path, part).lost


def test_the_command_fails_if_something_escapes(
    catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue(planted())
    assert cli.main(["audit", "--jobs", "1"]) == 1
    said = capsys.readouterr().out
    assert "escaped: relu_forward.planted: Says <b>nothing</b>." in said
    assert "Of 1 mistakes, 0.0% are caught and 0.0% named rightly." in said
    catalogue(planted(tolerated=True, harmless=False))
    assert cli.main(["audit", "--jobs", "1"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "false alarm: relu_forward.planted loses points in fully_connected.relu_forward" in said
    assert said.count("Says <b>nothing</b>.") == 1


def test_the_command_takes_one_solution_or_a_folder_of_them(
    catalogue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []

    def judge_right(folder: Path, *_more: object) -> Solution:
        seen.append(folder.name)
        return Solution(folder.name, ("t.check",) if folder.name == "loops" else ())

    monkeypatch.setattr(audit, "judge_right", judge_right)
    catalogue()
    assert cli.main(["audit", "--jobs", "1", "--right", str(RIGHT / "einsum")]) == 0
    assert seen == ["einsum"]
    assert cli.main(["audit", "--jobs", "1", "--right", str(RIGHT)]) == 1
    assert sorted(seen[1:]) == sorted(path.name for path in RIGHT.iterdir())
    assert "false alarm: loops loses points in t.check" in capsys.readouterr().out


def test_the_command_says_what_has_no_name_and_what_catches_nothing(
    catalogue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def judge(entry: Misconception, *_given: object, **_more: object) -> Entry:
        lost = ("fully_connected.relu_forward.values",)
        return Entry(entry.id, entry.function, entry.sentence, tolerated=False, lost=lost)

    monkeypatch.setattr(audit, "judge", judge)
    catalogue(planted(), replace(planted(), id="softmax_loss.planted", function="softmax_loss"))
    assert cli.main(["audit", "--jobs", "1", "--only", "softmax"]) == 0
    said = capsys.readouterr().out
    assert "Caught, but not named: softmax_loss.planted" in said
    assert "fully_connected.softmax_loss.value" in said
    assert "affine_relu_forward" not in said
    # Of a whole audit, checks that have no known mistake are told as well.
    assert cli.main(["audit", "--jobs", "1"]) == 0
    said = capsys.readouterr().out
    assert "fully_connected.affine_relu_forward.values" in said
    assert "fully_connected.relu_forward.values" not in said


def test_the_command_draws_the_inputs_that_grading_draws(
    catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Secret] = []

    def judge(entry: Misconception, _roster: Assignment, secret: Secret, **_more: object) -> Entry:
        seen.append(secret)
        return Entry(entry.id, entry.function, entry.sentence, tolerated=True)

    monkeypatch.setattr(audit, "judge", judge)
    monkeypatch.setenv("AUTOGRADER_SECRET", "of one course")
    catalogue(planted())
    assert cli.main(["audit", "--jobs", "1"]) == 0
    assert seen == [Secret(b"of one course")]


def test_the_command_writes_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, data = tmp_path / "a.html", tmp_path / "a.json"
    command = ["audit", "--only", "relu_forward.identity", "--html", str(page), "--json", str(data)]
    assert cli.main(command) == 0
    assert "relu_forward" in capsys.readouterr().out
    found = json.loads(data.read_text())
    assert (found["schema"], found["wrong"], found["caught"], found["named"]) == (1, 1, 1, 1)
    (entry,) = found["entries"]
    assert entry["named"] == "rightly"
    assert entry["statuses"]["fully_connected.relu_forward.values"] == "failed"
    assert "relu_forward" in page.read_text()


def test_what_cannot_be_audited_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["audit", "--only", "no-such-entry", "--jobs", "1"]) == 2
    assert "no entry of the catalogue matches" in capsys.readouterr().err
    assert cli.main(["audit", "--right", str(tmp_path / "absent")]) == 2
    assert "is no folder" in capsys.readouterr().err
    assert cli.main(["audit", "--right", str(tmp_path)]) == 2
    assert "holds no solution" in capsys.readouterr().err
    assert cli.main(["audit", "--jobs", "-1"]) == 2
    assert "at least one process" in capsys.readouterr().err
    away = str(tmp_path / "absent" / "a.json")
    assert cli.main(["audit", "--only", "relu_forward.identity", "--json", away]) == 2


def entry(name: str, sentence: str, status: str, **more: object) -> Entry:
    check = f"t.{name[0]}.check"
    lost = () if status == "passed" else (check,)
    options = {"tolerated": False, "lost": lost} | more
    return Entry(name, name[0], sentence, statuses={check: status}, **options)


SAMPLE = Audit(
    entries=(
        entry("f.one", "<b>One</b>.", "failed", said="<b>One</b>."),
        entry("f.two", "Two & more.", "passed"),
        entry("f.three", "Three.", "errored", said="<i>Other</i>"),
        entry("g.four", "Four.", "failed", tolerated=True),
    ),
    solutions=(Solution("loops", (), ("t.b<r>oken",)), Solution("<script>", ("t.g.check",))),
    checks=("t.f.check", "t.g.check"),
    seconds=12.34,
    cpu_seconds=23.45,
)


def test_the_whole_is_counted() -> None:
    assert [entry.id for entry in SAMPLE.wrong] == ["f.one", "f.two", "f.three"]
    assert [entry.named for entry in SAMPLE.wrong] == ["rightly", "not", "wrongly"]
    assert [entry.id for entry in SAMPLE.escapes] == ["f.two"]
    assert len(SAMPLE.false_alarms) == 2
    assert SAMPLE.idle == ("t.g.check",)
    assert not SAMPLE.passed
    assert list(SAMPLE.functions()) == ["f"]


def test_as_json() -> None:
    found = json.loads(audit_json.render(SAMPLE))
    assert found["functions"] == [{"function": "f", "wrong": 3, "caught": 2, "named": 1}]
    assert found["escapes"] == ["f.two"]
    assert found["false_alarms"] == ["g.four", "<script>"]
    assert found["broken"] == {"loops": ["t.b<r>oken"]}
    assert (found["seconds"], found["cpu_seconds"]) == (12.3, 23.4)
    assert (found["wrong"], found["caught"], found["named"], found["wrongly_named"]) == (3, 2, 1, 1)


def test_the_page_escapes_text_and_loads_nothing() -> None:
    page = audit_html.render(SAMPLE)
    assert "t.b&lt;r&gt;oken" in page
    for text in ("<b>One", "<i>Other", "<script>", "Two & more"):
        assert text not in page
    assert "&lt;b&gt;One&lt;/b&gt;" in page
    for outside in ("http:", "https:", "src=", "@import", "url("):
        assert outside not in page
