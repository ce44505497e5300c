"""Gradescope from the zip to the score, and whatever may end a run in between."""

import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import jsonschema
import pytest

from autograder import cli
from autograder.gradescope import bundle, container, rehearsal
from autograder.secret import PUBLIC, Secret

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((Path(__file__).parent / "gradescope.schema.json").read_text())
SYSTEM = os.environ.get("AUTOGRADER_DEBIAN", "")


@pytest.fixture
def platform(tmp_path):
    """The platform's folders around the bundled example, with a short assignment."""
    for name in ("source", "submission"):
        (tmp_path / name).mkdir()
    settings = (ROOT / "autograder/assignment.toml").read_bytes()
    (tmp_path / "source/assignment.toml").write_bytes(settings)
    with zipfile.ZipFile(ROOT / "examples/submission.zip") as archive:
        archive.extractall(tmp_path / "submission")
    return tmp_path


def results(root):
    found = json.loads((root / "results/results.json").read_text())
    jsonschema.validate(found, SCHEMA)
    return found


# The bundle.


def test_the_bundle_is_the_same_bytes_every_time_and_holds_what_it_needs(tmp_path):
    first = bundle.build(None, Secret(b"of this course"))
    assert bundle.build(None, Secret(b"of this course")) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        names = archive.namelist()
        assert {"setup.sh", "run_autograder", "assignment.toml", "requirements.txt"} < set(names)
        assert "student_template/cs231n/layers.py" in names
        assert "reference/layers.py" in names
        assert not any("__pycache__" in name or name.endswith(".so") for name in names)
        assert archive.read(".autograder-secret") == b"of this course\n"
        for script in ("setup.sh", "run_autograder"):
            assert archive.getinfo(script).external_attr >> 16 == 0o755
            checked = subprocess.run(["bash", "-n"], input=archive.read(script), check=False)
            assert checked.returncode == 0


def test_versions_are_pinned_to_those_that_are_installed():
    lines = bundle.requirements()
    assert all(line.count("==") == 1 for line in lines)
    assert {line.partition("==")[0] for line in lines} >= {"numpy", "hypothesis", "jinja2", "mdurl"}


def test_a_wrong_assignment_is_told_before_anything_is_uploaded(tmp_path, capsys):
    wrong = tmp_path / "assignment.toml"
    wrong.write_text('name = "x"\n')
    target = tmp_path / "autograder.zip"
    assert cli.main(["gradescope", "build", "--assignment", str(wrong), "-o", str(target)]) == 2
    assert not target.exists()
    assert "assignment.toml" in capsys.readouterr().err


# Inside of the container.


def test_a_run_leaves_the_score_that_grading_has(platform, grade_path):
    container.run(platform)
    found = results(platform)
    expected = grade_path(ROOT / "examples/submission.zip")
    assert found["score"] == pytest.approx(expected.score, abs=1e-3)
    assert len(found["tests"]) == len(expected.outcomes)
    assert found["extra_data"]["finished"]
    assert found["stdout_visibility"] == "hidden"


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ('{"users": [{"name": "Jo"}, {"name": "Kim"}]}', "Jo, Kim"),
        ('{"users": [{"email": "jo@example.org"}]}', "submission"),
        ('{"users": null}', "submission"),
        ("[]", "submission"),
        ("not JSON", "submission"),
        (None, "submission"),
    ],
)
def test_any_field_of_the_metadata_may_be_missing(platform, metadata, name):
    if metadata is not None:
        (platform / "submission_metadata.json").write_text(metadata)
    assert container._name(platform) == name


def test_a_submission_that_cannot_be_read_gets_a_sentence(platform):
    shutil.rmtree(platform / "submission")
    (platform / "submission").mkdir()
    (platform / "submission/essay.txt").write_text("I did it all")
    container.run(platform)
    assert results(platform)["score"] == 0
    assert "has none of layers.py" in results(platform)["output"]


def test_what_a_submission_left_in_the_results_is_written_over(platform):
    (platform / "results").mkdir()
    (platform / "results/results.json").write_text('{"score": 100}')
    container.run(platform, seconds=1e-9)
    found = results(platform)
    assert found["score"] == 0
    assert {test["score"] for test in found["tests"]} == {0}


def test_our_time_ends_before_the_platforms(platform):
    start = time.monotonic()
    container.run(platform, seconds=3.0)
    assert time.monotonic() - start < 15  # one check may be under way
    found = results(platform)
    late = [
        test for test in found["tests"] if "the time for the whole submission" in test["output"]
    ]
    assert late
    assert found["score"] < 66


@pytest.mark.slow
def test_a_run_that_is_killed_leaves_a_valid_file_and_no_point_too_many(platform, grade_path):
    earned = {o.check.title: o.score for o in grade_path(ROOT / "examples/submission.zip").outcomes}
    draws = random.Random(231)
    for _ in range(6):
        shutil.rmtree(platform / "results", ignore_errors=True)
        run = subprocess.Popen(
            [sys.executable, "-m", "autograder", "gradescope", "run", "--root", str(platform)],
            cwd=ROOT,
        )
        time.sleep(draws.uniform(1.0, 6.0))
        run.send_signal(signal.SIGKILL)
        run.wait()
        found = results(platform)
        for test in found.get("tests", ()):
            assert test["score"] <= earned[test["name"].partition(": ")[2]] + 1e-3
        assert found["score"] == pytest.approx(
            sum(t["score"] for t in found.get("tests", ())), abs=0.01
        )
        assert list((platform / "results").glob("results.json")) != []


# The rehearsal.


def a_bundle(folder, **scripts):
    target = folder / "a.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in scripts.items():
            archive.writestr(name.replace("setup", "setup.sh"), "#!/bin/sh\n" + text)
    return target


WRITES = """\
mkdir -p "$AUTOGRADER_ROOT/results"
ls "$AUTOGRADER_ROOT/submission" > "$AUTOGRADER_ROOT/results/seen"
echo '{"score": 1, "output": "'$(cat "$AUTOGRADER_ROOT/results/seen")'"}' \
    > "$AUTOGRADER_ROOT/results/results.json"
"""


def test_a_rehearsal_lays_out_the_platforms_folders(tmp_path):
    made = a_bundle(tmp_path, setup="echo ready", run_autograder=WRITES)
    done = rehearsal.rehearse(made, ROOT / "examples/submission.zip")
    assert (done.setup_code, done.setup_output, done.run_code) == (0, "ready\n", 0)
    assert done.results == {"score": 1, "output": "assignment2"}


def test_a_rehearsal_ends_what_the_platform_would_end(tmp_path):
    made = a_bundle(tmp_path, setup="true", run_autograder=WRITES + "exec sleep 100")
    done = rehearsal.rehearse(made, ROOT / "examples/submission.zip", seconds=0.5)
    assert done.run_code is None
    assert done.results is not None


@pytest.mark.parametrize(
    ("scripts", "said"),
    [
        ({"setup": "exit 3", "run_autograder": ""}, "exit code 3"),
        ({"setup": ""}, "no run_autograder"),
    ],
)
def test_a_bundle_that_does_not_work_is_told(tmp_path, capsys, scripts, said):
    made = a_bundle(tmp_path, **scripts)
    arguments = ["gradescope", "rehearse", str(made), str(ROOT / "examples/submission.zip")]
    assert cli.main(arguments) in (2, 4)
    assert said in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(not SYSTEM, reason="AUTOGRADER_DEBIAN names no root of a Debian system")
def test_a_clean_debian_gives_the_same_score_without_a_network(tmp_path, grade_path):
    target = tmp_path / "autograder.zip"
    target.write_bytes(bundle.build(None, PUBLIC, vendor_wheels=True))
    example = ROOT / "examples/submission.zip"
    done = rehearsal.rehearse(target, example, system=Path(SYSTEM))
    assert done.results is not None, done.setup_output
    assert done.results["score"] == pytest.approx(grade_path(example).score, abs=1e-3)
