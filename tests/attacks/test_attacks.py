"""Nobody forges a point: every attack in tests/submissions/attacks, with all that it might spoil.

Every attack is graded in a throw-away world (`disposable`), also where all layers are on. The first
test runs each with every layer that this machine has. The others test the test: without any layer
the snooping attacks get through, and each layer alone stops what it should.

    AUTOGRADER_ALL_ATTACKS=1 pytest tests/attacks

tries each layer alone on every attack that it stops, instead of on a sample.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import disposable
import pytest
from expected import EXPECTED, LAYERS, Attack
from stage import ATTACKS, perform

from autograder.models import Assignment

ALL = bool(os.environ.get("AUTOGRADER_ALL_ATTACKS"))
# A mode is simulated by leaving layers out; see `test_as_an_ordinary_user`.
WITHOUT = tuple(os.environ.get("ATTACKS_WITHOUT", "").split())
EVERY_LAYER = (*LAYERS, "hidden-memory")
# What the text of a report must not hold: what steers a terminal.
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x9b\u202e]")
GETS_THROUGH = {name: attack for name, attack in EXPECTED.items() if attack.stopped_by}
ROOT = os.geteuid() == 0
# What a plain container leaves to its root, as numbers in capabilities(7): chown dac_override
# fowner fsetid kill setgid setuid setpcap net_bind_service net_raw sys_chroot mknod audit_write
# setfcap.
CONTAINER = sum(1 << number for number in (0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31))


@dataclass(frozen=True)
class Told:
    """What became of one check."""

    id: str
    status: str
    message: str
    score: float
    points: float


@dataclass(frozen=True)
class Seen:
    """What became of one attack."""

    outcomes: list[Told]
    breaches: list[str]
    megabytes: float
    text: str
    printed: str
    layers: list[str]

    def of(self, patterns: tuple[str, ...]) -> list[Told]:
        return [o for o in self.outcomes if any(fnmatchcase(o.id, p) for p in patterns)]

    def forged(self, attack: Attack) -> float:
        """Points beyond those that the attack earns by right."""
        return sum(o.score for o in self.of(attack.checks)) - attack.earns


def see(name: str, without: tuple[str, ...] = (), capabilities: int | None = None) -> Seen:
    seconds = EXPECTED[name].seconds
    try:
        seen: dict[str, Any] = disposable.call(
            perform, name, (*WITHOUT, *without), capabilities, seconds=seconds
        )
    except disposable.NotDisposable as reason:
        pytest.skip(f"attacks run in a throw-away world alone: {reason}")
    outcomes = [Told(*outcome) for outcome in seen.pop("outcomes")]
    return Seen(outcomes, **seen)


def test_every_folder_has_an_entry() -> None:
    assert {folder.name for folder in ATTACKS.iterdir()} == set(EXPECTED)
    assert len(EXPECTED) >= 60


def test_every_entry_attacks_something(roster: Assignment) -> None:
    ids = [check.id for check in roster.checks]
    for name, attack in EXPECTED.items():
        for pattern in (*attack.checks, *attack.honest, *attack.beside):
            assert any(fnmatchcase(one, pattern) for one in ids), f"{name}: {pattern}"


def cases() -> Iterator[object]:
    for name, attack in EXPECTED.items():
        marks = [pytest.mark.xfail(reason=attack.bug, strict=True)] if attack.bug else []
        yield pytest.param(name, attack, id=name, marks=marks)


def fails(seen: Seen, attack: Attack) -> None:
    """The attack got nothing, and honest work beside it lost nothing."""
    attacked = seen.of(attack.checks)
    assert seen.breaches == []
    wanted = {status.value for status in attack.statuses}
    assert {o.status for o in attacked} <= wanted, [o.message for o in attacked]
    assert attack.says in attacked[0].message
    assert seen.forged(attack) <= 1e-9
    for outcome in seen.of(attack.honest):
        assert outcome.status == "passed", f"{outcome.id}: {outcome.message}"
        assert outcome.score == outcome.points
    assert seen.megabytes < 150, "the grader's own memory grew"
    assert STEERING.search(seen.text) is None
    assert seen.printed == ""


@pytest.mark.parametrize(("name", "attack"), list(cases()))
def test_attack(name: str, attack: Attack) -> None:
    seen = see(name)
    if attack.stopped_by and not set(seen.layers) & set(attack.stopped_by):
        pytest.skip(f"needs one of {', '.join(attack.stopped_by)}")
    fails(seen, attack)


root_only = pytest.mark.skipif(not ROOT, reason="what gets through depends on who grades")


@root_only
@pytest.mark.parametrize("name", GETS_THROUGH)
def test_without_layers_it_gets_through(name: str) -> None:
    """Else the test above shows nothing about the layers."""
    seen = see(name, EVERY_LAYER)
    assert seen.breaches or seen.forged(EXPECTED[name]) > 0


def alone() -> list[tuple[str, str]]:
    pairs = [(name, layer) for name, attack in GETS_THROUGH.items() for layer in attack.stopped_by]
    return pairs if ALL else pairs[::4]


@root_only
@pytest.mark.parametrize(("name", "layer"), alone())
def test_a_layer_alone_stops_it(name: str, layer: str) -> None:
    seen = see(name, tuple(one for one in EVERY_LAYER if one != layer))
    if layer not in seen.layers:
        pytest.skip(f"{layer} does not work alone here")
    assert seen.breaches == []
    assert seen.forged(EXPECTED[name]) <= 0


# Other modes, on a few attacks of each kind. ------------------------------------------------

DOZEN = """
    frames-for-every-turn child-answers patches-the-shim own-serving-loop borrows-other-functions
    array-subclass exception-with-escapes fork-crowd double-fork-daemon daemon-at-import
    kills-the-template own-environment other-environments grader-memory grader-memory-by-call
    ptrace steals-descriptors signals-others reads-a-planted-file other-submissions
    reference-beside-the-shim writes-outside writes-into-its-workspace changes-file-attributes
    tcp-connect udp-send unix-socket shared-memory new-namespaces runs-programs
""".split()
NOBODY = 65534


@root_only
@pytest.mark.parametrize("name", DOZEN)
def test_as_root_of_a_plain_container(name: str) -> None:
    """No user namespaces, the default capabilities: as on many a cloud."""
    seen = see(name, ("namespaces",), CONTAINER)
    assert "namespaces" not in seen.layers
    fails(seen, EXPECTED[name])


@root_only
@pytest.mark.parametrize("without", ["", "namespaces"])
def test_as_an_ordinary_user(without: str) -> None:
    """By somebody else, with the namespaces that a kernel gives to everybody, and without them."""
    folder = Path(tempfile.mkdtemp(prefix="mode-"))
    folder.chmod(0o755)
    try:
        done = run_dozen(folder, NOBODY, without)
    finally:
        shutil.rmtree(folder)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert re.search(rf"\b{len(DOZEN)} passed", done.stdout), done.stdout[-4000:]


def run_dozen(folder: Path, user: int, without: str) -> subprocess.CompletedProcess[str]:
    """Run the dozen in a copy of the project that everybody may read."""
    project = Path(__file__).parents[2]
    skip = shutil.ignore_patterns("__pycache__", ".*")
    for name in ("autograder", "reference", "student_template", "tests"):
        shutil.copytree(project / name, folder / name, ignore=skip)
    shutil.copy(project / "pyproject.toml", folder)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    home = folder / "home"
    home.mkdir()
    os.chown(home, user, user)
    environment = {
        "HOME": str(home),
        "TMPDIR": str(home),
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"{folder}:{sysconfig.get_paths()['purelib']}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "ATTACKS_WITHOUT": without,
    }

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=folder,
            env=environment,
            user=user,
            group=user,
            extra_groups=[],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        try:
            if run(python, "-c", "import numpy, pytest, msgspec").returncode == 0:
                break
        except OSError:  # behind a folder that this user may not enter
            continue
    else:
        pytest.skip("no Python that this user may run has what the tests need")
    wanted = [f"tests/attacks/test_attacks.py::test_attack[{name}]" for name in DOZEN]
    return run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *wanted)
