"""The stage on which an attack is performed: what it could steal, call, break or leave behind.

Files of an attack are static but for words in double braces, which name what the stage has:
`{{canary_file}}`, `{{tcp}}` and so on. An attack that gets through says BREACH, or shows the
canary, in the text of its exception; so the report is where to look for it.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import re
import resource
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from expected import EXPECTED, Attack

from autograder import assignment, grading, intake
from autograder.models import Report, Status, Submission
from autograder.reports import as_json, terminal
from autograder.sandbox import Sandbox, deadline, process
from autograder.sandbox.worker import kernel
from autograder.secret import Secret

__all__ = ["ATTACKS", "Stage", "perform", "solved"]

PROJECT = Path(__file__).parents[2]
ATTACKS = PROJECT / "tests" / "submissions" / "attacks"
SECRET = Secret(b"not the public seed")
GRACE = 3.0  # seconds that the kernel may need to end what was killed


def solved() -> dict[str, bytes]:
    """The reference as a student would hand it in."""
    source = PROJECT / "reference"
    homes = intake.EDITABLE.values()
    return {home: (source / home.removeprefix("cs231n/")).read_bytes() for home in homes}


@dataclass
class Stage:
    """One stage; `words` are what attacks find in double braces."""

    folder: Path
    words: dict[str, str]
    sockets: dict[str, socket.socket] = field(default_factory=dict)

    @property
    def canary(self) -> str:
        """The secret that must not come out."""
        return self.words["canary"]

    def cast(self, attack: str) -> dict[str, bytes]:
        """The files of an attack, its words filled in, by their place in a submission."""
        files = intake.read_submission([ATTACKS / attack]).files
        return {home: self._fill_in(text.decode()).encode() for home, text in files.items()}

    def _fill_in(self, text: str) -> str:
        for word, meaning in self.words.items():
            text = text.replace("{{" + word + "}}", meaning)
        assert "{{" not in text, "an attack uses a word that the stage does not have"
        return text

    def survivors(self) -> list[str]:
        """Command lines of processes that belong to this stage and should be gone."""
        deadline = time.monotonic() + GRACE
        while True:
            found = [line for pid, line in _processes() if self._mine(pid, line)]
            if not found or time.monotonic() > deadline:
                return found
            time.sleep(0.02)

    def _mine(self, pid: int, line: str) -> bool:
        if pid in (os.getpid(), int(self.words["bystander"])):
            return False
        # A fork of the template has its command line, which names the sandbox's folder.
        if str(self.folder / "tmp") in line:
            return True
        with contextlib.suppress(OSError):
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            return self.words["token"].encode() in environment
        return False

    def leftovers(self) -> list[str]:
        """Files that an attack made or spoilt, and what it said to the stage's listeners."""
        found = [
            str(path) for name in ("outside", "tmp") for path in (self.folder / name).iterdir()
        ]
        for public in ("/tmp", "/var/tmp", "/dev/shm"):
            found += map(str, Path(public).glob(f"*{self.words['token']}*"))
        for name in ("canary", "scribble", "deletable/file"):
            path = self.folder / name
            if not path.is_file() or path.read_text() != self.canary:
                found.append(f"changed: {name}")
        for name, listener in self.sockets.items():
            with contextlib.suppress(BlockingIOError):
                found.append(f"{name} heard {_heard(listener)}")
        return [*found, *_kernel_objects(int(self.words["shm"]))]


def _processes() -> Iterator[tuple[int, str]]:
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                line = Path(f"/proc/{entry.name}/cmdline").read_bytes()
                state = Path(f"/proc/{entry.name}/stat").read_bytes().rpartition(b")")[2].split()[0]
                if state not in (b"Z", b"X"):
                    yield int(entry.name), line.replace(b"\0", b" ").decode(errors="replace")


def _heard(listener: socket.socket) -> str:
    if listener.type == socket.SOCK_DGRAM:
        return repr(listener.recv(100))
    listener.accept()[0].close()
    return "a call"


def _kernel_objects(key: int) -> list[str]:
    found = []
    for kind in ("shm", "msg", "sem"):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]
            found += [f"sysv {kind}" for line in lines if int(line.split()[0]) == key]
    return found


@contextlib.contextmanager
def open_stage(folder: Path) -> Iterator[Stage]:
    """A stage below `folder`, whose temporary files lie there too while it is open."""
    token = "t" + secrets.token_hex(8)
    canary = "canary-" + secrets.token_hex(8)
    folder.chmod(0o755)
    for name in ("tmp", "outside", "others", "deletable"):
        (folder / name).mkdir()
        (folder / name).chmod(0o777)
    for name in ("canary", "scribble", "report.json", "others/layers.py", "deletable/file"):
        (folder / name).write_text(canary)
        (folder / name).chmod(0o666)
    environment = {"AUTOGRADER_SECRET": canary, "PATH": os.environ.get("PATH", "")}
    # Somebody else's program, with the secret where programs are given theirs.
    bystander = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)", canary], env=environment
    )
    stage = Stage(
        folder,
        {
            "token": token,
            "canary": canary,
            "canary_file": str(folder / "canary"),
            "scribble": str(folder / "scribble"),
            "report": str(folder / "report.json"),
            "others": str(folder / "others"),
            "outside": str(folder / "outside"),
            "project": str(PROJECT),
            "grader": str(os.getpid()),
            "bystander": str(bystander.pid),
            "shm": str(secrets.randbelow(1 << 30) + 1),
        },
    )
    before = tempfile.tempdir
    tempfile.tempdir = str(folder / "tmp")
    try:
        with contextlib.ExitStack() as stack:
            _listen(stage, stack)
            yield stage
    finally:
        tempfile.tempdir = before
        bystander.kill()
        bystander.wait()
        _remove_kernel_objects(int(stage.words["shm"]))


def _remove_kernel_objects(key: int) -> None:
    """What an attack left that got through in a test without layers."""
    libc = ctypes.CDLL(None)
    libc.shmctl(libc.shmget(key, 0, 0), 0, None)  # IPC_RMID is 0
    libc.msgctl(libc.msgget(key, 0), 0, None)
    libc.semctl(libc.semget(key, 0, 0), 0, 0)


def _listen(stage: Stage, stack: contextlib.ExitStack) -> None:
    path = str(stage.folder / "s")
    places = {
        "tcp": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        "udp": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        "unix": (socket.AF_UNIX, socket.SOCK_STREAM, path),
        "abstract": (socket.AF_UNIX, socket.SOCK_STREAM, "\0" + stage.words["token"]),
    }
    for name, (family, kind, address) in places.items():
        listener = stack.enter_context(socket.socket(family, kind))
        listener.bind(address)
        listener.settimeout(0)
        if kind == socket.SOCK_STREAM:
            listener.listen()
        stage.sockets[name] = listener
        stage.words[name] = path if name == "unix" else str(listener.getsockname()[1])
    Path(path).chmod(0o777)


def perform(name: str, without: Sequence[str], capabilities: int | None = None) -> dict[str, Any]:
    """Grade one attack and look around; to be run in a throw-away world.

    Args:
        name: the folder of the attack.
        without: layers that are left out.
        capabilities: those that root has, as in a container; None for all.

    Returns:
        Plain values: `outcomes` (id, status, message, score, points), `breaches`, `megabytes` by
        which the grader's memory grew, `text` as a terminal shows it, `printed`, `layers`.
    """
    attack = EXPECTED[name]
    if capabilities is not None:
        _keep(capabilities)
    # A sleeper is a sleeper after a second, and a template that does not answer after six.
    deadline.IDLE_SECONDS = 1.0
    process.START_SECONDS = 6.0
    with _printed() as printed, _stage() as stage:
        report, grown = _grade(attack, stage, stage.cast(name), without)
        text = terminal.render(report)
        found = _breaches(report, stage, as_json.render(report) + text)
    return {
        "outcomes": [
            [o.check.id, o.status.value, o.message, o.score, o.check.points]
            for o in report.outcomes
        ],
        "breaches": found,
        "megabytes": grown,
        "text": text,
        "printed": printed[0],
        "layers": list(report.isolation.layers),
    }


def _grade(
    attack: Attack, stage: Stage, cast: dict[str, bytes], without: Sequence[str]
) -> tuple[Report, float]:
    wanted = (*attack.checks, *attack.honest, *attack.beside)
    roster = assignment.load()
    checks = [one for one in roster.checks if any(fnmatchcase(one.id, p) for p in wanted)]
    part = replace(roster, checks=tuple(checks), limits=attack.limits)
    files = (solved() if attack.solved else {}) | cast
    submission = Submission("attack", "0" * 64, files, {})
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with _layers_left_out(without):
        report = grading.grade(submission, part, SECRET)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024
    return report, grown


def _breaches(report: Report, stage: Stage, text: str) -> list[str]:
    """What an attack got out, left behind or destroyed."""
    found = re.findall(r"RuntimeError: BREACH[^\"]{0,80}", text)
    found += ["the canary is in the report"] * (stage.canary in text)
    found += [f"survives: {line}" for line in stage.survivors()]
    found += [f"left: {what}" for what in stage.leftovers()]
    found += [f"broken: {o.message}" for o in report.outcomes if o.status is Status.BROKEN]
    return found


@contextlib.contextmanager
def _stage() -> Iterator[Stage]:
    # A short path, for a socket's may not be long; and one that every user may enter.
    with open_stage(Path(tempfile.mkdtemp(prefix="stage-"))) as found:
        yield found


@contextlib.contextmanager
def _printed() -> Iterator[list[str]]:
    """What this process or any below it writes to its standard output and error."""
    found = [""]
    kept = os.dup(1), os.dup(2)
    with tempfile.TemporaryFile() as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
        try:
            yield found
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, before in zip((1, 2), kept, strict=True):
                os.dup2(before, number)
                os.close(before)
            file.seek(0)
            found[0] = file.read().decode(errors="replace")


def _keep(capabilities: int) -> None:
    """Hold these capabilities alone, for good, as the root of a container does."""
    drop_from_bounding_set = 24
    for number in range(41):
        if not capabilities >> number & 1:
            with contextlib.suppress(OSError):
                kernel.prctl(drop_from_bounding_set, number)
    kernel.set_capabilities(capabilities)


@contextlib.contextmanager
def _layers_left_out(names: Sequence[str]) -> Iterator[None]:
    """Let `grading.grade` make sandboxes without some layers."""
    grading.Sandbox = functools.partial(Sandbox, without=tuple(names))  # type: ignore[misc]
    try:
        yield
    finally:
        grading.Sandbox = Sandbox  # type: ignore[misc]
