"""The workflow for GitHub Classroom, run as the script that it is."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOW = yaml.safe_load((ROOT / "examples/github-classroom.yml").read_text())


@pytest.mark.parametrize(("least", "code"), [("60", 0), ("70", 1)])
def test_the_workflow_grades_and_fails_below_the_bar(tmp_path, least, code):
    job = WORKFLOW["jobs"]["grade"]
    steps = {step["name"]: step["run"] for step in job["steps"] if "name" in step}
    (tmp_path / "venv/bin").mkdir(parents=True)
    (tmp_path / "venv/bin/autograder").symlink_to(Path(sys.executable).with_name("autograder"))
    with zipfile.ZipFile(ROOT / "examples/submission.zip") as archive:
        archive.extractall(tmp_path / "work")
    environment = os.environ | job["env"] | {"AUTOGRADER_SECRET": "", "MIN_SCORE": least}
    done = subprocess.run(
        ["bash", "-e", "-c", steps["Grade"]],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    summary = tmp_path / "summary.md"
    subprocess.run(
        ["bash", "-e", "-c", steps["Show the report"]],
        cwd=tmp_path,
        env=environment | {"GITHUB_STEP_SUMMARY": str(summary)},
        check=True,
    )
    assert summary.read_text().startswith("# work: 66.79 points")
    suites = ET.parse(tmp_path / "results/junit.xml").getroot()
    assert int(suites.get("failures", 0)) > 3
