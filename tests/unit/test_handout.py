"""The hand-out: what students unpack, and the zip that they make of it."""

import io
import json
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder import cli, intake, template
from autograder.template import cases
from autograder.template.regions import END, START

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("handout")
    with zipfile.ZipFile(io.BytesIO(template.release())) as archive:
        archive.extractall(folder)
    return folder / "assignment"


def test_the_release_is_the_package_and_the_same_bytes_every_time(unpacked):
    assert template.release() == template.release()
    assert template.stale(unpacked) == []
    assert template.stale(ROOT / "student_template") == []


def test_build_writes_the_release_beside_the_package(tmp_path, capsys):
    target = tmp_path / "autumn.zip"
    arguments = ["template", "build", str(tmp_path / "course"), "--release", str(target)]
    assert cli.main(arguments) == 0
    assert "hand-out written" in capsys.readouterr().out
    with zipfile.ZipFile(target) as archive:
        assert "autumn/cs231n/layers.py" in archive.namelist()
        assert "autumn/Dropout.ipynb" in archive.namelist()
    assert cli.main(["template", "check", str(tmp_path / "course")]) == 0
    (tmp_path / "course/Dropout.ipynb").write_text("{}")
    (tmp_path / "course/Surplus.ipynb").write_text("{}")
    assert cli.main(["template", "check", str(tmp_path / "course")]) == 1
    said = capsys.readouterr().err
    assert "stale: Dropout.ipynb" in said
    assert "stale: Surplus.ipynb" in said


def test_what_running_the_package_leaves_in_it_is_not_stale(unpacked):
    left = ("cs231n/__pycache__/a.pyc", ".ipynb_checkpoints/Dropout.ipynb")
    for name in (*left, "cs231n/datasets/cifar-10-batches-py/test_batch"):
        (unpacked / name).parent.mkdir(parents=True, exist_ok=True)
        (unpacked / name).write_bytes(b"")
    assert template.stale(unpacked) == []


def test_the_students_zip_is_what_the_grader_takes(unpacked, tmp_path):
    script = unpacked / "collect_submission.py"
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    submission = intake.read_submission([unpacked / "submission.zip"])
    assert set(submission.files) == set(intake.EDITABLE.values())
    assert sorted(submission.notebooks) == sorted(p.name for p in unpacked.glob("*.ipynb"))
    assert submission.notes == ()


def test_a_missing_file_is_named_and_the_rest_collected(unpacked, tmp_path):
    script = tmp_path / "collect_submission.py"
    script.write_bytes((unpacked / "collect_submission.py").read_bytes())
    (tmp_path / "cs231n").mkdir()
    (tmp_path / "cs231n/optim.py").write_text("")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "missing: cs231n/layers.py" in done.stdout
    assert zipfile.ZipFile(tmp_path / "submission.zip").namelist() == ["cs231n/optim.py"]


def test_the_script_names_what_the_assignment_asks_for(unpacked, roster):
    names = runpy.run_path(str(unpacked / "collect_submission.py"))
    assert set(names["YOURS"]) == set(intake.EDITABLE.values())
    assert names["NOTEBOOKS"] == tuple(q.file for q in roster.questions if q.file)


def test_the_whole_hand_out_collected_untouched_earns_nothing(unpacked, grade_path):
    report = grade_path(unpacked, only="relu_forward.values")
    assert report.score == 0
    assert report.outcomes[0].message == "relu_forward is not implemented yet"


def test_fetching_data_that_are_there_fetches_nothing(unpacked):
    (unpacked / "cs231n/datasets/cifar-10-batches-py").mkdir(exist_ok=True)
    script = unpacked / "cs231n/datasets/get_datasets.sh"
    done = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=True)
    assert done.stdout == "CIFAR-10 is here.\n"


def test_notebooks_of_other_years_may_call_setup(unpacked):
    command = [sys.executable, "setup.py", "build_ext", "--inplace"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=unpacked / "cs231n"
    )
    assert "Nothing to compile" in done.stdout


@pytest.mark.parametrize("name", ["FullyConnectedNets", "BatchNormalization", "Dropout"])
def test_students_see_where_to_write(unpacked, name):
    notebook = json.loads((unpacked / f"{name}.ipynb").read_text())
    text = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
    assert "[FILL THIS IN]" in text
    assert text.count(START) == text.count(END)
    assert "SOLUTION" not in text
    assert "Experiment with this!" in text or name != "FullyConnectedNets"


# Checking at home.

SOLVED = {home: ROOT / home.replace("cs231n", "reference") for home in intake.EDITABLE.values()}


def checked(folder, *arguments):
    command = [sys.executable, "check.py", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture
def at_home(unpacked, tmp_path):
    """The hand-out with the assignment solved, and some lines of it replaced."""

    def make(**edits):
        shutil.copytree(unpacked, tmp_path, dirs_exist_ok=True)
        for home, source in SOLVED.items():
            text = source.read_text()
            for old, new in edits.get(Path(home).stem, []):
                assert old in text
                text = text.replace(old, new)
            (tmp_path / home).write_text(text)
        return tmp_path

    return make


def test_the_untouched_hand_out_is_told_what_is_missing(unpacked):
    code, said = checked(unpacked)
    assert code == 1
    assert "affine_forward is not implemented yet" in said
    assert said.splitlines()[-1].startswith("0 of ")


def test_right_functions_are_right_at_home_too(at_home):
    code, said = checked(at_home())
    assert [line for line in said.splitlines() if line.startswith("!")] == []
    assert code == 0


def test_a_mistake_is_told_with_the_title_that_the_report_has(at_home, roster):
    folder = at_home(
        optim=[('m_hat = config["m"] / (1 - beta1 ** config["t"])', 'm_hat = config["m"]')]
    )
    code, said = checked(folder, "-k", "adam")
    assert code == 1
    lines = said.splitlines()
    title = next(c.title for c in roster.checks if c.id == "optimizers.adam.state")
    assert lines[0] == f"!  {title}"
    assert "next_w is wrong in 6 of 6 entries, first at [0, 0]: yours" in lines[1]


def test_a_gradient_that_fits_a_wrong_forward_points_there(at_home):
    folder = at_home(
        layers=[
            ("out = x.reshape(x.shape[0], -1) @ w + b", "out = x.reshape(x.shape[0], -1) @ w - b"),
            ("db = dout.sum(axis=0)\n    ### END", "db = -dout.sum(axis=0)\n    ### END"),
        ]
    )
    code, said = checked(folder, "-k", "affine")
    assert code == 1
    forward, backward = (line for line in said.splitlines() if line.startswith("   "))
    assert "out is wrong" in forward
    assert "fits your own affine_forward, but that is wrong: look there first" in backward


def test_public_cases_are_none_of_the_graded_ones_and_the_same_bytes_every_time(unpacked):
    first = cases.public_cases()
    assert cases.public_cases() == first
    assert (unpacked / "public_cases.json").read_bytes() == first


@pytest.mark.parametrize("quiet", [[], ["--quiet"]], ids=["told", "quiet"])
def test_notebooks_are_in_the_report_that_is_written(unpacked, tmp_path, capsys, quiet):
    arguments = ["grade", str(unpacked), "--only", "relu", "--notebooks", "saved", "--format", "md"]
    assert cli.main([*arguments, "--out", str(tmp_path), *quiet]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert len(report["notebooks"]) == 4
    assert len(report["answers"]) == 9
    assert report["status"] == "graded"
    assert (tmp_path / "report.md").is_file()
    assert (tmp_path / "notebooks/Dropout.as-handed-in.html").is_file()
    said = capsys.readouterr().out
    assert (said == "0.00 0.50\n") == bool(quiet)
