"""Reports are pure functions of a report: golden files, rewritten by `pytest --update-golden`."""

from __future__ import annotations

import importlib.resources
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from autograder.models import (
    Assignment,
    Counterexample,
    Isolation,
    Outcome,
    Report,
    Status,
    Submission,
    Visibility,
)
from autograder.reports import FORMATS, as_json, render, terminal
from autograder.reports.story import visible_to

GOLDEN = Path(__file__).parents[1] / "golden"
HOSTILE = 'bell \a, escape \x1b[31m, [red]markup[/red], <b>html</b>, \ud800 surrogate, "quote"'


def sample(roster: Assignment) -> Report:
    """One outcome of every kind, with hostile text where a student could put it."""
    example = Counterexample(
        calls=("layernorm_forward(<3 × 2>, <2>, <2>, {})",),
        inputs={"x": "array (3, 2) float64 [[1. 2.]\n [3. 4.]\n [5. 6.]]", "ln_param": "{}"},
        got="array (2,) float64 [0.5 1. ]",
        expected="array (2,) float64 [1. 2.]",
        errors=("003", "900"),
    )
    special = {
        "fully_connected.affine_forward.values": {
            "status": Status.FAILED,
            "credit": 0.0,
            "message": "out is wrong everywhere: 0.5 times what it should be",
            "counterexample": example,
            "diagnosis": "the sum is halved",
        },
        "fully_connected.affine_forward.float32": {
            "status": Status.FAILED,
            "credit": 0.0,
            "message": "out is wrong everywhere: 0.5 times what it should be",
        },
        "fully_connected.affine_backward.gradients": {
            "status": Status.PARTIAL,
            "credit": 0.5,
            "follow_through": "right for your own affine_forward, which is wrong itself",
            "root_cause": "affine_forward",
        },
        "optimizers.adam.steps": {"status": Status.MISSING, "message": "optim.py has no adam"},
        "optimizers.rmsprop.steps": {"status": Status.ERRORED, "message": HOSTILE},
        "normalization.batchnorm_forward.train": {
            "status": Status.TIMED_OUT,
            "message": "batchnorm_forward was still computing after 10 seconds",
        },
        "normalization.batchnorm_backward.gradients": {
            "status": Status.SKIPPED,
            "message": "batchnorm_forward did not return",
            "root_cause": "batchnorm_forward",
        },
        "dropout.dropout_forward.test": {"status": Status.BROKEN, "message": "the grader failed"},
        "training.FullyConnectedNet.accuracy": {
            "status": Status.PASSED,
            "credit": 1.0,
            "measures": {"held_out_accuracy": 0.7125},
            "curves": {"loss": (2.5, 1.5, 1.0, 0.75)},
            "filters": (("ff0000 00ff00", "0000ff ffffff"), ("000000 111111", "222222 333333")),
            "notes": ("loss changes one of its inputs in place",),
        },
    }
    outcomes = []
    for check in roster.checks:
        more = {"status": Status.PASSED, "credit": 1.0} | special.get(check.id, {})
        if check.id == "fully_connected.affine_forward.float32" or more["status"] not in (
            Status.PASSED,
            Status.PARTIAL,
        ):
            more["credit"] = 0.0
        outcomes.append(Outcome(check, seconds=0.25, **more))
    submission = Submission(
        name="jo_1234",
        digest="ab" * 32,
        files={},
        origins={"cs231n/layers.py": "hw/layers.py"},
        notes=("solver.py is a given file; yours differs and ours was used", HOSTILE),
    )
    return Report(
        roster,
        submission,
        tuple(outcomes),
        Isolation("reduced", ("process",), ("landlock",)),
        seconds=4.25,
        versions={"autograder": "0", "secret": "public"},
        speed={"conv_forward_naive": 1234.5, "batchnorm_backward_alt": 1.04},
        notes=("a note about the run",),
    )


def golden(name: str, text: str, *, update: bool) -> None:
    path = GOLDEN / name
    if update:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [file for _, file in FORMATS.values()] + ["terminal.txt"])
def test_golden(name: str, roster: Assignment, pytestconfig: pytest.Config) -> None:
    by_file = {file: known for known, (_, file) in FORMATS.items()}
    report = sample(roster)
    text = (
        terminal.render(report, width=90) if name not in by_file else render(report, by_file[name])
    )
    golden(name, text, update=pytestconfig.getoption("update_golden"))


def test_json_sums(roster: Assignment) -> None:
    report = json.loads(as_json.render(sample(roster)))
    assert report["status"] == "needs_regrade"
    assert report["max_score"] == 100
    assert report["graded_points"] == 74
    assert report["score"] == pytest.approx(sum(q["score"] for q in report["questions"]))
    assert report["score"] == pytest.approx(sum(c["score"] for c in report["checks"]), abs=1e-3)


def test_the_terminal_is_not_steered_by_a_submission(roster: Assignment) -> None:
    text = terminal.render(sample(roster))
    assert "\x1b" not in text
    assert "\a" not in text
    assert "[red]markup[/red]" in text


SECRETS = (
    "[0.5 1. ]",
    "[1. 2.]",
    "0.5 times",
    "the sum is halved",
    "0.7125",
    "layernorm_forward(<3",
)


def hidden(report: Report) -> Report:
    checks = [replace(o.check, visibility=Visibility.HIDDEN) for o in report.outcomes]
    pairs = zip(report.outcomes, checks, strict=True)
    return replace(report, outcomes=tuple(replace(o, check=check) for o, check in pairs))


@pytest.mark.parametrize("name", [*FORMATS, "terminal"])
def test_students_see_no_value_of_a_hidden_check_and_staff_see_all(
    name: str, roster: Assignment
) -> None:
    def shown(audience: str) -> str:
        report = hidden(sample(roster))
        if name == "terminal":
            return terminal.render(visible_to(report, audience))
        return render(report, name, audience)

    assert [secret for secret in SECRETS if secret in shown("student")] == []
    assert any(secret in shown("staff") for secret in SECRETS)
    assert "affine_forward" in shown("student").replace("\\", "")


@pytest.mark.parametrize("name", FORMATS)
def test_a_submission_cannot_break_out_of_a_format(name: str, roster: Assignment) -> None:
    report = sample(roster)
    hostile = Submission(
        name="<script>alert(1)</script>" * 40_000,
        digest="",
        files={},
        origins={},
        notes=("</li></ul><img src=x onerror=alert(1)>", "\x1b]0;title\a", "]]>&amp;", "\0\ufffe"),
    )
    worst = replace(report.outcomes[0], status=Status.ERRORED, message="<b>" * 3_000_000, credit=0)
    report = replace(report, submission=hostile, outcomes=(worst, *report.outcomes[1:]))
    text = render(report, name)
    assert "\x1b" not in text
    if name == "html":
        assert len(text.encode()) < 1_000_000
        assert "<script" not in text
        assert "<img" not in text
    if name == "junit":
        cases = ET.fromstring(text).findall(".//testcase")
        assert len(cases) == len(report.outcomes)
    if name == "md":
        assert "<script" not in text.replace("\\<", "")
    if name in ("json", "gradescope"):
        json.loads(text)


def test_gradescope_gets_what_its_schema_says_and_the_same_sum(roster: Assignment) -> None:
    schema = json.loads((Path(__file__).parent / "gradescope.schema.json").read_text())
    report = sample(roster)
    results = json.loads(render(report, "gradescope", "student"))
    jsonschema.validate(results, schema, format_checker=jsonschema.FormatChecker())
    assert sum(test["score"] for test in results["tests"]) == pytest.approx(report.score, abs=0.01)
    assert sum(t["max_score"] for t in results["tests"]) == pytest.approx(74, abs=0.01)
    assert len({test["number"] for test in results["tests"]}) == len(roster.checks)
    unfinished = replace(report, outcomes=report.outcomes[:3])
    told = json.loads(render(unfinished, "gradescope"))
    jsonschema.validate(told, schema)
    assert told["output"].startswith("Grading was cut short: 102 checks were not judged.")
    assert not told["extra_data"]["finished"]
    assert "leaderboard" not in told


def test_a_leaderboard_is_a_courses_choice(roster: Assignment) -> None:
    report = replace(sample(roster), assignment=replace(roster, leaderboard=True))
    board = json.loads(render(report, "gradescope"))["leaderboard"]
    assert {"name": "accuracy of FullyConnectedNet", "value": 0.7125} in board
    assert board[-1]["order"] == "asc"


def test_the_page_has_pictures_of_errors_trainings_and_filters(roster: Assignment) -> None:
    page = render(sample(roster), "html")
    assert 'aria-label="2 of 6 squares are wrong"' in page
    assert 'aria-label="loss from 2.50 to 0.75; right nets end between' in page
    assert page.count("<polyline") == 1
    assert 'aria-label="2 filters of the first layer"' in page
    assert 'fill="#ff0000"' in page


def test_junit_counts_what_it_holds(roster: Assignment) -> None:
    root = ET.fromstring(render(sample(roster), "junit"))
    assert (root.get("tests"), root.get("failures")) == ("105", "4")
    assert (root.get("errors"), root.get("skipped")) == ("3", "1")
    for suite in root:
        assert suite.get("tests") == str(len(suite))


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
AXE = """
<script>%s</script>
<script>
axe.run(document, {resultTypes: ["violations"]}).then(found => {
  document.title = "axe: " + JSON.stringify(found.violations.map(v => [v.id, v.nodes[0].html]));
});
</script>"""


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_fault_that_axe_finds(
    scheme: str, roster: Assignment, tmp_path: Path
) -> None:
    script = importlib.resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")
    page = render(sample(roster), "html")
    policy = re.search(r"<meta http-equiv.*?>", page)
    assert policy is not None
    page = page.replace(policy[0], "")  # it would refuse the script of this test
    page = page.replace("<details>", "<details open>")
    page = page.replace("</body>", AXE % script.replace("</script", "<\\/script") + "</body>")
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    dark = ["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
    done = subprocess.run(
        [*command, *dark, "--virtual-time-budget=20000", f"file://{tmp_path}/page.html"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    title = re.search(r"<title>(.*?)</title>", done.stdout, re.DOTALL)
    assert title is not None
    assert title[1] == "axe: []"


def test_width_is_kept(roster: Assignment) -> None:
    text = terminal.render(sample(roster), width=60)
    assert max(map(len, text.splitlines())) <= 60
