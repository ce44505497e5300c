"""The command as its users meet it: exit codes, one sentence, files written whole."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.checks import _layers
from autograder.cli import main

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "submission.zip"
HONEST = ROOT / "tests" / "submissions" / "defects" / "print-flood"


def run(*arguments: str | Path) -> int:
    return main([str(argument) for argument in arguments])


def test_grade_writes_a_report_and_exits_with_0_whatever_the_score(tmp_path, capsys) -> None:
    out = tmp_path / "deep" / "folder"
    assert run("grade", EXAMPLE, "--out", out, "--only", "relu") == 0
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["schema"] == 1
    assert report["status"] == "graded"
    assert [path.name for path in out.iterdir()] == ["report.json"]
    assert "Total" in capsys.readouterr().out


def test_min_score(capsys) -> None:
    assert run("grade", HONEST, "--only", "relu", "--min-score", "0.5", "--quiet") == 0
    assert run("grade", HONEST, "--only", "relu", "--min-score", "0.6", "--quiet") == 1
    assert capsys.readouterr().out == "0.50 0.50\n" * 2


def test_list(capsys) -> None:
    assert run("grade", "--list", "--only", "adam") == 0
    assert "optimizers.adam.state" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["grade"], 2, "name a submission"),
        (["grade", "no-such-file.zip"], 3, "no-such-file.zip"),
        (["grade", str(EXAMPLE), "--only", "nonsense"], 2, "no check matches"),
        (["grade", str(EXAMPLE), "--assignment", "missing.toml"], 2, "cannot read"),
    ],
)
def test_bad_usage_is_one_sentence(arguments, code, sentence, capsys) -> None:
    assert run(*arguments) == code
    said = capsys.readouterr().err
    assert sentence in said
    assert said.startswith("autograder: ")
    assert len(said.splitlines()) == 1


def test_unknown_options_are_usage(capsys) -> None:
    with pytest.raises(SystemExit) as exit_:
        run("grade", "--nonsense")
    assert exit_.value.code == 2
    assert "--nonsense" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"not an archive"])
def test_a_broken_zip_is_3(content, tmp_path, capsys) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(content)
    assert run("grade", broken) == 3
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_empty_folder_is_3(tmp_path, capsys) -> None:
    assert run("grade", tmp_path) == 3
    assert "layers.py" in capsys.readouterr().err


def test_bare_files(capsys) -> None:
    assert run("grade", HONEST / "layers.py", "--only", "relu", "-q") == 0
    assert capsys.readouterr().out == "0.50 0.50\n"


def test_our_own_fault_is_4_and_needs_regrade(tmp_path, capsys, monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(_layers, "forward", broken)
    assert run("grade", HONEST, "--only", "relu_forward", "--out", tmp_path) == 4
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["status"] == "needs_regrade"
    assert "regrade" in capsys.readouterr().out


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from autograder.cli import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit:\n    pass\n"
        "heavy = {'numpy', 'hypothesis', 'rich', 'msgspec', 'reference'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "grade" in done.stdout


def test_python_dash_m() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "autograder", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout.startswith("autograder ")


def test_the_example_is_what_its_script_writes() -> None:
    spec = importlib.util.spec_from_file_location(
        "make_example", EXAMPLE.parent / "make_example.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with zipfile.ZipFile(EXAMPLE) as archive:
        committed = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(io.BytesIO(module.build())) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == committed


@pytest.mark.skipif(os.name != "posix", reason="the sandbox needs fork")
def test_a_template_can_be_built_and_checked(tmp_path, capsys) -> None:
    assert run("template", "build", tmp_path / "out") == 0
    assert run("template", "check", tmp_path / "out") == 0
    (tmp_path / "out" / "cs231n" / "layers.py").write_text("stale")
    assert run("template", "check", tmp_path / "out") == 1
    assert "cs231n/layers.py" in capsys.readouterr().err


def test_init_writes_a_secret_and_an_assignment_once(tmp_path, capsys, monkeypatch) -> None:
    assert run("init", tmp_path / "course") == 0
    secret = tmp_path / "course" / ".autograder-secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    before = secret.read_bytes()
    assert run("init", tmp_path / "course") == 2
    assert secret.read_bytes() == before
    monkeypatch.chdir(tmp_path / "course")
    monkeypatch.delenv("AUTOGRADER_SECRET", raising=False)
    assert run("grade", HONEST, "--only", "relu", "--assignment", "assignment.toml") == 0
    assert "public seed" not in capsys.readouterr().out


def test_data_that_is_no_cifar10_is_usage(tmp_path, capsys) -> None:
    assert run("grade", EXAMPLE, "--data", tmp_path) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
