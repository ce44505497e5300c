"""Each layer stops what it claims to stop, alone; with none, the same code gets through."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import hypothesis
import numpy as np
import pytest

import reference.layers
from autograder import cli, doctor
from autograder.errors import GraderError
from autograder.models import Limits
from autograder.sandbox import Died, Sandbox, Student, StudentFault, TimedOut, leases
from autograder.sandbox.process import HIDDEN_MEMORY
from autograder.sandbox.worker import allowed, fences, kernel, landlock, limits, uid

ROOT = os.geteuid() == 0
PROJECT = Path(__file__).parents[2]
LAYERS = (*(layer.name for layer in fences.LAYERS), HIDDEN_MEMORY)
PROBES = (PROJECT / "tests" / "submissions" / "isolation" / "layers.py").read_bytes()
LIMITS = Limits(call_seconds=2.0, memory_mb=512, file_mb=1, processes=8)
FILES = {"cs231n/__init__.py": b"", "cs231n/layers.py": PROBES}
PR_GET_DUMPABLE, PR_SET_DUMPABLE = 3, 4
LANDLOCK = landlock.abi() if not landlock.available({}) else 0
# What a plain container leaves to its root.
CONTAINER = (
    "chown dac_override fsetid fowner mknod net_raw setgid setuid setfcap setpcap "
    "net_bind_service sys_chroot kill audit_write"
).split()

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")
pytestmark = linux


@dataclass
class World:
    """What lies outside a worker, for it to reach at."""

    folder: Path
    victim: int
    port: int
    name: str


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    # Not below pytest's own folder, which is closed: the layers shall stop it, not the path.
    folder = Path(f"/var/tmp/isolation-{os.getpid()}")
    folder.mkdir(mode=0o755)
    (folder / "secret").write_text("secret")
    (folder / "secret").chmod(0o600)
    name = f"isolation-{os.getpid()}"
    with ExitStack() as stack:
        stack.callback(lambda: subprocess.run(["rm", "-rf", str(folder)], check=True))
        victim = stack.enter_context(subprocess.Popen(["sleep", "600"]))
        stack.callback(victim.kill)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = tcp.getsockname()[1]
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", port))
        for address in (str(folder / "socket"), "\0" + name):
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(address)
            listener.listen(64)
        yield World(folder, victim.pid, port, name)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Callable[..., Sandbox]]:
    """sandbox(*layers) -> a Sandbox with these layers alone, started once."""
    made: dict[tuple[str, ...], Sandbox] = {}
    with ExitStack() as stack:

        def make(*layers: str) -> Sandbox:
            if layers not in made:
                without = [name for name in LAYERS if name not in layers]
                made[layers] = stack.enter_context(
                    Sandbox({"workspace": FILES}, LIMITS, without=without)
                )
            return made[layers]

        yield make


def call(sandbox: Sandbox, function: str, *arguments: object) -> object:
    with sandbox.worker("workspace", {}) as worker:
        student = Student(worker, lambda _name: LIMITS.call_seconds)
        return getattr(student.layers, function)(*arguments)


def breaches(sandbox: Sandbox, function: str, *arguments: object) -> bool:
    try:
        return call(sandbox, function, *arguments) == "breached"
    except StudentFault:
        return False


# function, its arguments, the layers that stop it. `user` and `no-new-privileges` matter to
# root alone; what depends on the kernel's Landlock carries its version.
STRONG = ("namespaces", "landlock", "user")
CASES: dict[str, tuple[str, Callable[[World], tuple[object, ...]], tuple[str, ...]]] = {
    "file-outside": ("read_file", lambda w: (str(w.folder / "secret"),), STRONG),
    "write-outside": ("write_file", lambda w: (str(w.folder / "secret"),), STRONG),
    "create-outside": ("write_file", lambda w: (str(w.folder / "new"),), STRONG),
    "list-outside": ("list_folder", lambda w: (str(w.folder),), ("namespaces", "landlock")),
    "reference": (
        "read_file",
        lambda _w: (reference.layers.__file__,),
        ("namespaces", "landlock"),
    ),
    "package-beside-numpy": (
        "read_file",
        lambda _w: (hypothesis.__file__,),
        ("namespaces", "landlock"),
    ),
    "passwords": ("read_file", lambda _w: ("/etc/passwd",), ("namespaces", "landlock")),
    "processes": ("list_folder", lambda _w: ("/proc",), ("namespaces", "landlock")),
    "own-status": ("read_file", lambda _w: ("/proc/self/status",), ("namespaces", "landlock")),
    "grader-environment": (
        "read_file",
        lambda _w: (f"/proc/{os.getpid()}/environ",),
        (*STRONG, HIDDEN_MEMORY),
    ),
    "grader-memory": (
        "read_file",
        lambda _w: (f"/proc/{os.getpid()}/maps",),
        (*STRONG, HIDDEN_MEMORY),
    ),
    "change-workspace": ("change_workspace", lambda _w: (), STRONG),
    "change-mode": (
        "change_mode",
        lambda w: (str(w.folder / "secret"),),
        ("namespaces", "user", "seccomp"),
    ),
    "tcp": ("tcp", lambda w: (w.port,), ("namespaces", "landlock-4", "seccomp")),
    "udp": ("udp", lambda w: (w.port,), ("namespaces", "seccomp")),
    "unix-socket": (
        "unix_socket",
        lambda w: (str(w.folder / "socket"),),
        ("namespaces", "seccomp"),
    ),
    "abstract-socket": (
        "abstract_socket",
        lambda w: (w.name,),
        ("namespaces", "landlock-6", "seccomp"),
    ),
    "signal": (
        "send_signal",
        lambda w: (w.victim,),
        ("namespaces", "landlock-6", "user", "seccomp"),
    ),
    "signal-to-the-grader": (
        "send_signal",
        lambda _w: (os.getpid(),),
        ("namespaces", "landlock-6", "user", "seccomp"),
    ),
    "limits-of-others": ("lower_limits", lambda w: (w.victim,), ("namespaces", "user", "seccomp")),
    "trace": ("trace", lambda w: (w.victim,), (*STRONG, "seccomp")),
    "program": ("run_program", lambda _w: (), ("namespaces", "landlock", "seccomp")),
    "memory": ("take_memory", lambda _w: (800,), ("rlimits",)),
    "big-file": ("big_file", lambda _w: (4,), ("rlimits",)),
    "change-root": ("change_root", lambda _w: (), ("user", "no-new-privileges", "seccomp")),
    "many-processes": ("many_processes", lambda _w: (12,), ("rlimits",)),
}
FOR_ROOT = {"change-root"}
FOR_OTHERS = {"many-processes"}  # RLIMIT_NPROC does not bind root


def claims() -> list[tuple[str, str]]:
    found = []
    for name, (_, _, layers) in CASES.items():
        if name in (FOR_OTHERS if ROOT else FOR_ROOT):
            continue
        for layer in layers:
            base, _, version = layer.partition("-")
            if base == "landlock" and version:
                if int(version) > LANDLOCK:
                    continue
                layer = base  # noqa: PLW2901  the version has done its work
            if layer == HIDDEN_MEMORY and ROOT:
                continue  # root reads everybody's memory: its workers have another user
            found.append((name, layer))
    return found


def test_one_layer_alone_stops_it_and_none_does_not(world, sandbox) -> None:
    """One test for all, so that a machine's missing layers are told once."""
    through, held = [], []
    tried: set[str] = set()
    for name, layer in claims():
        function, arguments, _ = CASES[name]
        if sandbox(layer).layers()[layer]:
            continue
        kernel.prctl(PR_SET_DUMPABLE, int(layer != HIDDEN_MEMORY))
        if breaches(sandbox(layer), function, *arguments(world)):
            through.append(f"{name} despite {layer}")
        kernel.prctl(PR_SET_DUMPABLE, 1)
        if name not in tried:
            tried.add(name)
            if not breaches(sandbox(), function, *arguments(world)):
                held.append(name)
    limits.hide_memory()
    assert through == []
    # With no layer at all everything gets through, or the test above shows nothing.
    assert sorted(set(held)) == []


@pytest.mark.parametrize("name", CASES)
def test_all_layers_together_stop_everything(name, world, sandbox) -> None:
    function, arguments, _ = CASES[name]
    assert not breaches(sandbox(*LAYERS), function, *arguments(world))


@pytest.mark.parametrize("mode", ["all", "no-namespaces", "weak"])
def test_honest_code_does_not_notice(mode, sandbox) -> None:
    layers = {
        "all": LAYERS,
        "no-namespaces": tuple(name for name in LAYERS if name != "namespaces"),
        "weak": ("no-new-privileges", "rlimits"),
    }[mode]
    assert call(sandbox(*layers), "standard_library") == 3
    assert call(sandbox(*layers), "forked_sum") == 42


def test_the_grader_hides_its_memory() -> None:
    kernel.prctl(PR_SET_DUMPABLE, 1)
    with Sandbox({}, LIMITS, without=[HIDDEN_MEMORY]) as sandbox:
        assert HIDDEN_MEMORY in sandbox.isolation.missing
        assert kernel.prctl(PR_GET_DUMPABLE) == 1
    with Sandbox({}, LIMITS) as sandbox:
        assert HIDDEN_MEMORY in sandbox.isolation.layers
        assert kernel.prctl(PR_GET_DUMPABLE) == 0


def test_kernel_calls_that_a_student_never_needs(sandbox) -> None:
    if sandbox(*LAYERS).layers()["seccomp"]:
        pytest.skip("no seccomp here")
    numbers = kernel.CALLS | {"io_uring_setup": 425}
    tried = {
        "personality": (0xFFFFFFFF,),
        "memfd_create": (0, 0),
        "io_uring_setup": (1, 0),
        "keyctl": (0, -3, 0),
        "unshare": (0x10000000,),
        "clone3": (0, 0),
        "kill": (-1, 0),
        "setresuid": (-1, -1, -1),
    }
    refused = "not permitted|not implemented"
    for name, arguments in tried.items():
        with pytest.raises(StudentFault, match=refused):
            call(sandbox("seccomp"), "syscall", numbers[name], *arguments)
    for name in ("personality", "memfd_create"):
        try:
            assert call(sandbox(), "syscall", numbers[name], *tried[name]) == "breached"
        except StudentFault as fault:
            assert not re.search(refused, fault.message)  # noqa: PT017  the kernel looked at it


def test_shared_memory_does_not_outlive_its_worker(sandbox) -> None:
    libc = ctypes.CDLL(None, use_errno=True)

    def left(*layers: str) -> bool:
        key = 0x5EED0000 + os.getpid()
        breaches(sandbox(*layers), "shared_memory", key)
        identity = libc.shmget(key, 0, 0)
        return identity >= 0 and libc.shmctl(identity, 0, None) == 0

    assert left()
    for layer in ("namespaces", "seccomp"):
        assert sandbox(layer).layers()[layer] or not left(layer)


@pytest.mark.parametrize("attack", ["daemon", "fork_chain"])
def test_nothing_outlives_a_worker(attack, sandbox) -> None:
    ways = [(), ("no-new-privileges", "rlimits"), ("namespaces",), ("user",), LAYERS]
    for layers in ways:
        home = sandbox(*layers)
        name = f"left-{os.getpid()}"
        with home.worker("workspace", {}) as worker:
            student = Student(worker, lambda _name: LIMITS.call_seconds)
            assert getattr(student.layers, attack)(name) == "breached"
            assert running(name), "the attack did not even start"
        assert not running(name), f"something outlived {layers}"
        assert list((home._folder / "scratch").iterdir()) == []


def running(name: str) -> bool:
    """Whether a process of this name lives; a process in the middle of a fork counts later."""
    for _ in range(5):
        for path in Path("/proc").glob("[0-9]*/comm"):
            try:
                if path.read_text().strip() == name:
                    return True
            except OSError:
                continue
        time.sleep(0.05)
    return False


def test_what_a_student_leaves_is_removed_however_deep(tmp_path) -> None:
    with Sandbox({"workspace": FILES}, LIMITS) as sandbox:
        folder = sandbox._folder
        assert call(sandbox, "leave_deep_folders", 1500) == "done"
        assert list((folder / "scratch").iterdir()) == []
    assert not folder.exists()


def test_a_scratch_folder_in_memory_has_a_size(sandbox) -> None:
    if sandbox("namespaces").layers()["namespaces"]:
        pytest.skip("no namespaces here")
    with pytest.raises(StudentFault, match="your files may have 4 MB together"):
        call(sandbox("namespaces"), "many_files", 8)


# Budgets. --------------------------------------------------------------------------------------


def test_a_check_has_a_budget_over_its_calls() -> None:
    budget = replace(LIMITS, check_seconds=0.5)
    with (
        Sandbox({"workspace": FILES}, budget) as sandbox,
        sandbox.worker("workspace", {}) as worker,
    ):
        student = Student(worker, lambda _name: 10.0)
        for _ in range(2):
            assert student.layers.spin(0.2) == "done"
        with pytest.raises(TimedOut, match=r"spin was stopped: its check had used"):
            student.layers.spin(0.5)


def test_a_submission_never_takes_a_second_more_than_its_budget() -> None:
    budget = replace(LIMITS, submission_seconds=0.6)
    with Sandbox({"workspace": FILES}, budget) as sandbox:
        assert call(sandbox, "spin", 0.1) == "done"
        with pytest.raises(TimedOut, match="the whole submission had used"):
            call(sandbox, "spin", 10.0)
        assert 0.6 < sandbox.cpu_used < 1.6
        before = sandbox.cpu_used
        with pytest.raises(TimedOut, match="spin was not called"):
            call(sandbox, "spin", 10.0)
        assert sandbox.cpu_used == before


def test_children_count_towards_a_calls_time() -> None:
    with (
        Sandbox({"workspace": FILES}, LIMITS) as sandbox,
        pytest.raises(TimedOut, match="still computing after 2 seconds"),
    ):
        call(sandbox, "spin_in_children", 2)


def test_children_count_towards_memory() -> None:
    with (
        Sandbox({"workspace": FILES}, LIMITS) as sandbox,
        pytest.raises(Died, match=r"memory_in_children used more than 512 MB of memory, in 4"),
    ):
        call(sandbox, "memory_in_children", 3, 230)


@pytest.mark.parametrize(
    ("function", "arguments", "sentence"),
    [
        ("take_memory", (4000,), "your code may use 512 MB of memory"),
        ("big_file", (3,), "a file may have 1 MB"),
        ("many_processes", (30,), "your code may run 8 processes"),
        ("read_file", ("/etc/passwd",), "your code may only use its own folder"),
        ("tcp", (1,), "no network"),
        ("run_program", (), "no other program"),
        ("use", ("reference.layers",), "reference is not available here"),
        ("use", ("autograder.checks",), "autograder is not available here"),
        ("use", ("hypothesis",), "hypothesis is not available here"),
    ],
)
def test_a_refusal_says_what_is_allowed(function, arguments, sentence, sandbox) -> None:
    with pytest.raises(StudentFault) as caught:
        call(sandbox(*LAYERS), function, *arguments)
    assert sentence in caught.value.message
    assert "\n" not in caught.value.message


# What is said about it. ------------------------------------------------------------------------


def test_a_report_names_what_is_there_and_what_is_not() -> None:
    with Sandbox({}, LIMITS, without=["seccomp"]) as sandbox:
        found = sandbox.isolation
        assert "seccomp" in found.missing
        assert "no-new-privileges" in found.layers
    with Sandbox({}, LIMITS, without=["user", "landlock", "namespaces"]) as sandbox:
        assert sandbox.isolation.level == "reduced"
    for layer in ("user", "landlock", "namespaces"):
        others = {"user", "landlock", "namespaces"} - {layer}
        with Sandbox({}, LIMITS, without=sorted(others)) as sandbox:
            there = layer in sandbox.isolation.layers
            assert sandbox.isolation.level == ("isolated" if there else "reduced")


def test_a_layer_that_fails_stops_the_worker(monkeypatch, sandbox) -> None:
    home = sandbox(*LAYERS)
    if home.layers()["landlock"]:
        pytest.skip("no Landlock here")
    with pytest.raises(GraderError, match="landlock"), home.worker("no-such-workspace", {}):
        pass


@pytest.mark.skipif(not ROOT, reason="only root gives workers a user")
def test_a_worker_has_a_user_of_its_own(sandbox, monkeypatch) -> None:
    home = sandbox(*LAYERS)
    if home.layers()["user"]:
        pytest.skip(home.layers()["user"])
    with home.worker("workspace", {}) as worker:
        number, _, secret = Student(worker, lambda _name: 2.0).layers.who()
        assert uid.FIRST <= number <= uid.LAST
        assert secret == 0
        with leases.lease() as other:
            assert other != number
    assert not any((folder / str(number)).exists() for folder in leases.FOLDERS)


@pytest.mark.parametrize("number", [0, -1, 1000, uid.FIRST - 1, uid.LAST + 1, 65534])
def test_no_other_user_is_ever_killed(number) -> None:
    with pytest.raises(ValueError, match="not a worker's"):
        uid.kill_all(number)


def test_stale_leases_are_not_used_again(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(leases, "_folder", lambda: tmp_path)
    monkeypatch.setattr(uid, "LAST", uid.FIRST + 2)
    (tmp_path / str(uid.FIRST)).touch()
    with leases.lease() as one, leases.lease() as two:
        assert {one, two} == {uid.FIRST + 1, uid.FIRST + 2}
        with pytest.raises(GraderError, match="no user number is free"), leases.lease():
            pass
    assert [path.name for path in tmp_path.iterdir()] == [str(uid.FIRST)]


def test_the_allow_list_leaves_out_packages_beside_the_standard_library(tmp_path) -> None:
    for name in ("os.py", "site-packages/torch.py", "json/decoder.py", "dist-packages/x.py"):
        (tmp_path / "lib/python3.11" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "lib/python3.11" / name).touch()
    (tmp_path / "lib/libz.so").touch()
    whole, listed = allowed.parts(tmp_path / "lib")
    names = {str(path.relative_to(tmp_path)) for path in whole}
    assert names == {"lib/libz.so", "lib/python3.11/os.py", "lib/python3.11/json"}
    assert listed == [tmp_path / "lib", tmp_path / "lib/python3.11"]


def test_doctor_prints_every_layer_and_a_verdict(capsys) -> None:
    assert cli.main(["doctor"]) == 0
    printed = capsys.readouterr().out
    for layer in LAYERS:
        assert layer in printed
    assert printed.splitlines()[-1].startswith(doctor.examine()[1].level)


def test_require_isolation_refuses_where_it_is_reduced(monkeypatch, capsys) -> None:
    example = str(PROJECT / "examples" / "submission.zip")
    arguments = ["grade", example, "-q", "--only", "relu_forward", "--require-isolation"]
    monkeypatch.setattr(Sandbox, "isolation", property(lambda _self: reduced))
    reduced = doctor.Isolation("reduced", (), ("landlock",))
    assert cli.main(arguments) == 2
    assert "isolation is reduced" in capsys.readouterr().err
    reduced = doctor.Isolation("isolated", ("landlock",), ())
    assert cli.main(arguments) == 0


# The same tests elsewhere. ---------------------------------------------------------------------


def again(*prefix: str, python: str = sys.executable, only: str = "") -> None:
    """Run this file in another process, behind a program that changes who that process is."""
    packages = Path(np.__file__).parents[1]
    done = subprocess.run(
        [*prefix, python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", only, __file__],
        cwd=PROJECT,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": f"{PROJECT}:{packages}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "ISOLATION_AGAIN": "1",
            "HOME": "/nonexistent",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert " passed" in done.stdout


elsewhere = pytest.mark.skipif(
    not ROOT or "ISOLATION_AGAIN" in os.environ, reason="only root can become somebody else"
)


@elsewhere
def test_as_an_ordinary_user() -> None:
    again("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", python=public_python())


@elsewhere
def test_as_root_of_a_plain_container() -> None:
    kept = ",".join(f"+{name}" for name in sorted(CONTAINER))
    again("setpriv", f"--bounding-set=-all,{kept}")


@elsewhere
def test_as_root_with_a_python_that_everybody_may_run() -> None:
    again(python=public_python(), only="one_layer or outlive or all_layers")


def public_python() -> str:
    """A Python that an ordinary user may run, of the version that the packages are for."""
    version = "{}.{}".format(*sys.version_info)
    for python in (Path(sys.executable), Path(f"/usr/bin/python{version}")):
        places = (python.resolve(), Path(np.__file__), PROJECT)
        if python.exists() and not allowed.closed_to_others(places):
            return str(python)
    pytest.skip(f"no Python {version} that an ordinary user may run")
