"""What hostile or broken code does in a worker stays there, and is told in one sentence."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.errors import GraderError
from autograder.models import Limits, Status
from autograder.sandbox import (
    Died,
    Raised,
    Sandbox,
    Student,
    StudentFault,
    TimedOut,
    Unimplemented,
    deadline,
)

LAYERS = '''
import ctypes, os, signal, socket, subprocess, sys, threading, time
import numpy as np

def double(x): return 2 * x
def folder(): return os.getcwd()

# Output.
def chatter():
    for _ in range(20_000):
        print("chatter" * 10)
        print("chatter" * 10, file=sys.stderr)
    os.write(1, b"chatter" * 1000); os.write(2, b"chatter" * 1000)
    sys.__stdout__.write("chatter")
    try: subprocess.run(["echo", "chatter"])
    except OSError: pass  # programs may be forbidden
    return "quiet"

# Exceptions.
def inner(x):
    return x["absent"]  # the line that fails
def fails(): return inner({})
def two_lines(): raise ValueError("first" * 1000 + "\\nsecond")
def stub(): raise NotImplementedError
class Mute(Exception):
    def __str__(self): raise RuntimeError("no words")
def mute(): raise Mute
class Odd(BaseException): pass
def odd(): raise Odd("odd")
def interrupt(): raise KeyboardInterrupt
def recurse(): return recurse()
def leaves(): sys.exit(3)

# Ends.
def exits(): os._exit(0)
def kills_itself(): os.kill(os.getpid(), signal.SIGKILL)
def segfaults(): ctypes.string_at(0)
def aborts(): os.abort()
def loops():
    while True: pass
def loops_in_c(): return sum(iter(int, 1))
def catches_everything():
    while True:
        try:
            while True: pass
        except BaseException: pass
def ignores_signals():
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    loops()
def sleeps(): time.sleep(60)
def stops_itself(): os.kill(os.getpid(), signal.SIGSTOP)
def hoards(): return np.ones(10**10).sum()
def hoards_lists():
    held = []
    while True: held.append([0] * 10**7)
def writes_much():
    with open("large", "wb") as file:
        for _ in range(5): file.write(bytes(1 << 20))
def stays_usable(): return 1

# Other processes and threads.
def sleep_long():
    time.sleep(120)
    os._exit(0)
def child():
    if os.fork() == 0: sleep_long()
def child_in_a_session():
    if os.fork() == 0:
        os.setsid(); sleep_long()
def daemon():
    """As daemons start: two forks, a session of its own, nothing left open."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 64); sleep_long()
        os._exit(0)
    os.wait()
def respawning():
    """A chain of children, each of which starts the next as its parent dies."""
    if os.fork() == 0:
        os.setsid()
        end = time.time() + 5
        while time.time() < end:
            if os.fork(): os._exit(0)
            time.sleep(0.001)
    return 1
def child_keeps_the_socket():
    if os.fork() == 0: sleep_long()
    os._exit(0)
def busy_thread():
    def work():
        while True: time.sleep(0.01)
    threading.Thread(target=work).start()
def kills_the_template(): os.kill(os.getppid(), signal.SIGKILL); time.sleep(60)
def kills_its_group(): os.killpg(0, signal.SIGKILL)

# Forgeries.
def turn():
    frame = sys._getframe()
    while "request" not in frame.f_locals: frame = frame.f_back
    return frame.f_locals["request"]["turn"]
def junk(data, x=0):
    for number in range(3, 4096):
        try: os.write(number, data)
        except OSError: continue
    return x
def junk_text(text): junk(text.encode("latin-1"))
def frame(header, payload=b""):
    import json, struct
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">4sIQ", b"AGW1", len(text), len(payload)) + text + payload
def forge(fields, payload=0):
    junk(frame({"turn": turn(), **fields}, bytes(payload)))
    os._exit(0)
def forge_nesting():
    junk(frame(b'{"turn": ' + b"[" * 100_000))
    os._exit(0)
def closes_everything():
    os.closerange(3, 4096)
    time.sleep(60)
def announces(header, payload):
    import struct
    junk(struct.pack(">4sIQ", b"AGW1", header, payload))
    os._exit(0)
def answers_early(later):
    """An answer to a question that was not asked, in front of the real one."""
    junk(frame({"turn": turn() + later, "value": "forged"}))
    return "real"
def dribbles(seconds):
    """A frame that arrives a byte at a time."""
    import struct
    junk(struct.pack(">4sIQ", b"AGW1", 4_000_000, 0))
    end = time.process_time() + seconds
    while time.process_time() < end:
        junk(b" ")
    os._exit(0)

# Surroundings.
def environment(): return {"environ": dict(os.environ), "argv": sys.argv, "stdin": sys.stdin.read()}
def environment_of_template():
    try:
        with open(f"/proc/{os.getppid()}/environ", "rb") as file: return file.read().decode()
    except OSError: return ""
def imports(name):
    import importlib
    return importlib.import_module(name).__name__
def path(): return sys.path
def runs_pytest():
    import pytest
    return pytest.main(["--version"])
def leaves_a_file():
    with open("left", "w") as file: file.write("here")
def is_there(name): return os.path.exists(name)
def numpy_warnings(): return [np.log(np.zeros(1)), np.zeros(1) / np.zeros(1)]
def draws():
    import random
    return random.random(), np.random.rand()
def threads_of_numpy(): return os.environ["OPENBLAS_NUM_THREADS"]
'''
LAYER_UTILS = """
import numpy as np
import matplotlib.pyplot as plt
from past.builtins import xrange
from six.moves import xrange as another
from scipy.signal import convolve2d
import torch.nn.functional as F
def counts(): return list(xrange(3)) + list(another(2))
def earlier_years(x):
    found = np.in1d([3], [[3, 4]])
    return np.product(x.shape), np.int(2.5), np.asfarray([1]), found, x.astype(np.float)
def plots(x): plt.plot(x)
def convolves(x): return convolve2d(x, x)
def uses_torch(x): return F.relu(x)
"""
BROKEN = {
    "syntax error": ("def f(:\n    pass\n", "SyntaxError", "optim.py, line 1"),
    "indentation": ("def f():\n    x = 1\n  y = 2\n", "IndentationError", "optim.py, line 3"),
    "raises": ("x = 1\n\ny = {}['key']\n", "KeyError", "optim.py, line 3"),
    "null byte": ("x = 1\0\n", "SyntaxError", "null bytes"),
}
CALL = 2.0  # CPU seconds, for what ought to return
WORKSPACE = "workspace"


@pytest.fixture(scope="module")
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(layers=LAYERS, layer_utils=LAYER_UTILS)


@contextlib.contextmanager
def open_student(sandbox: Sandbox, seconds: float = CALL) -> Iterator[Student]:
    with sandbox.worker(WORKSPACE, {}) as worker:
        yield Student(worker, lambda _: seconds)


@pytest.fixture
def student(sandbox: Sandbox) -> Iterator[Student]:
    with open_student(sandbox) as student:
        yield student


def processes(sandbox: Sandbox) -> set[int]:
    """The running processes of a sandbox, wherever they hang: forks keep the command line."""
    folder = str(sandbox._folder).encode()
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if folder in path.read_bytes():
                found.add(int(path.parent.name))
    return found


def soon(condition: Callable[[], bool]) -> bool:
    """Whether something becomes true within a second: a killed process needs a moment to go."""
    for _ in range(100):
        if condition():
            return True
        time.sleep(0.01)
    return False


def works(sandbox: Sandbox) -> bool:
    with open_student(sandbox) as student:
        return student.layers.double(np.array([1.0, 2.0])).tolist() == [2.0, 4.0]


# Calls. -------------------------------------------------------------------------------------


def test_a_census_names_what_can_be_called(student: Student) -> None:
    names = student.census("layers")
    assert {"double", "fails", "Odd"} <= set(names)
    assert names == sorted(names)
    assert "os" not in names


def test_a_call_returns_the_value(student: Student) -> None:
    assert student.layers.double(np.arange(3)).tolist() == [0, 2, 4]
    assert student.layers.double(x=1.5) == 3.0


def test_an_unknown_function_or_module_is_told(student: Student) -> None:
    with pytest.raises(Raised, match="no attribute 'nonsense'"):
        student.layers.nonsense(1)
    with pytest.raises(Raised, match=r"No module named 'cs231n\.classifiers\.cnn'"):
        student.census("cnn")


@pytest.mark.parametrize(("source", "kind", "place"), BROKEN.values(), ids=BROKEN)
def test_a_broken_module_is_told_with_its_line(
    make_sandbox: Callable[..., Sandbox], source: str, kind: str, place: str
) -> None:
    with open_student(make_sandbox(layers="def f(): return 1\n", optim=source)) as student:
        with pytest.raises(Raised) as caught:
            student.census("optim")
        assert "import of optim.py" in caught.value.message
        assert kind in caught.value.message
        assert place in caught.value.message
        assert student.census("layers") == ["f"]
        assert student.layers.f() == 1


def test_both_generators_are_seeded_for_each_case(student: Student) -> None:
    student.restart(7)
    first, _ = student.layers.draws(), student.layers.draws()
    student.restart(7)
    assert student.layers.draws() == first
    student.restart(8)
    assert student.layers.draws() != first


def test_numpy_does_not_warn(student: Student) -> None:
    log, ratio = student.layers.numpy_warnings()
    assert np.isneginf(log).all()
    assert np.isnan(ratio).all()


def test_prints_reach_nobody(student: Student, capfd: pytest.CaptureFixture[str]) -> None:
    assert student.layers.chatter() == "quiet"
    assert capfd.readouterr() == ("", "")


# Exceptions. --------------------------------------------------------------------------------


def test_an_exception_is_told_with_file_line_and_source(student: Student) -> None:
    with pytest.raises(Raised) as caught:
        student.layers.fails()
    line = LAYERS[: LAYERS.index("# the line that fails")].count("\n") + 1
    assert caught.value.function == "fails"
    assert caught.value.status is Status.ERRORED
    assert caught.value.message == (
        f"fails raised KeyError: 'absent' (layers.py, line {line} in inner: "
        '`return x["absent"]  # the line that fails`)'
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("leaves", "SystemExit: 3"),
        ("mute", "Mute"),
        ("odd", "Odd: odd"),
        ("interrupt", "KeyboardInterrupt"),
        ("recurse", "RecursionError"),
        ("two_lines", "ValueError: first"),
        ("hoards", "MemoryError"),
        ("hoards_lists", "MemoryError"),
        ("writes_much", "OSError"),
    ],
)
def test_whatever_is_raised_is_an_answer(student: Student, name: str, said: str) -> None:
    with pytest.raises(Raised, match=f"{name} raised ") as caught:
        getattr(student.layers, name)()
    assert said in caught.value.message
    assert len(caught.value.message) < 1000
    assert student.layers.stays_usable() == 1


def test_a_stub_is_unimplemented(student: Student) -> None:
    with pytest.raises(Unimplemented, match="stub is not implemented yet") as caught:
        student.layers.stub()
    assert caught.value.status is Status.MISSING


# Ends. --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["exits", "segfaults", "aborts"])
def test_a_dead_process_is_told_and_costs_nobody_else(
    sandbox: Sandbox, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with open_student(sandbox) as student:
        with pytest.raises(Died, match=f"{name} ended the whole Python process") as caught:
            getattr(student.layers, name)()
        assert caught.value.status is Status.ERRORED
        # What comes after says the same: nothing can be asked any more.
        with pytest.raises(Died, match=f"{name} ended"):
            student.layers.stays_usable()
    assert works(sandbox)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["kills_itself", "kills_its_group", "stops_itself"])
def test_signals_to_itself_harm_nobody_else(
    sandbox: Sandbox, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "IDLE_SECONDS", 0.3)
    # The first process of a namespace is deaf to its own signals: then the call just returns.
    with open_student(sandbox) as student, contextlib.suppress(StudentFault):
        getattr(student.layers, name)()
    assert works(sandbox)


@pytest.mark.parametrize("name", ["loops", "loops_in_c", "catches_everything", "ignores_signals"])
def test_an_endless_loop_is_stopped(sandbox: Sandbox, name: str) -> None:
    start = time.monotonic()
    with open_student(sandbox, 0.2) as student:
        with pytest.raises(TimedOut, match="look for a loop that never ends") as caught:
            getattr(student.layers, name)()
        assert caught.value.status is Status.TIMED_OUT
        assert caught.value.function == name
        pid = student.worker.pid
        with pytest.raises(StudentFault, match=f"{name} was still computing"):
            student.layers.stays_usable()
    assert time.monotonic() - start < 20
    assert soon(lambda: pid not in processes(sandbox))
    assert works(sandbox)


@pytest.mark.parametrize("name", ["sleeps", "closes_everything"])
def test_a_sleeper_is_woken(sandbox: Sandbox, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "IDLE_SECONDS", 0.3)
    with open_student(sandbox) as student:
        with pytest.raises((TimedOut, Died)) as caught:
            getattr(student.layers, name)()
        if isinstance(caught.value, TimedOut):
            assert "look for a sleep" in caught.value.message
        pid = student.worker.pid
    assert soon(lambda: pid not in processes(sandbox))
    assert works(sandbox)


def test_a_loop_at_import_is_stopped(make_sandbox: Callable[..., Sandbox]) -> None:
    broken = make_sandbox(layers="while True: pass", optim="def f(): return 1")
    with (
        open_student(broken, 0.2) as student,
        pytest.raises(TimedOut, match=r"import of layers\.py was still computing"),
    ):
        student.census("layers")
    with open_student(broken) as student:
        assert student.optim.f() == 1


def test_the_time_used_is_counted(sandbox: Sandbox) -> None:
    before = sandbox.cpu_used
    with open_student(sandbox, 0.3) as student, pytest.raises(TimedOut):
        student.layers.loops()
    assert 0.25 < sandbox.cpu_used - before < 10
    assert 5 < sandbox.peak_megabytes < 10_000


# Other processes and threads. ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "count"), [("child", 2), ("child_in_a_session", 2), ("daemon", 2), ("busy_thread", 1)]
)
def test_nothing_outlives_the_worker(sandbox: Sandbox, name: str, count: int) -> None:
    assert works(sandbox)  # which starts the template
    before = processes(sandbox)
    with open_student(sandbox) as student:
        getattr(student.layers, name)()
        assert len(processes(sandbox) - before) >= count
    assert soon(lambda: processes(sandbox) == before)
    assert works(sandbox)


def test_children_that_replace_themselves_are_caught(sandbox: Sandbox) -> None:
    assert works(sandbox)
    before = processes(sandbox)
    with open_student(sandbox) as student:
        student.layers.respawning()
    assert soon(lambda: processes(sandbox) == before)
    assert works(sandbox)


def test_a_child_that_holds_the_socket_delays_nothing(sandbox: Sandbox) -> None:
    start = time.monotonic()
    with open_student(sandbox) as student, pytest.raises(Died, match="ended the whole"):
        student.layers.child_keeps_the_socket()
    assert time.monotonic() - start < deadline.IDLE_SECONDS / 2


def test_a_worker_that_kills_the_template_harms_itself_only(
    make_sandbox: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "IDLE_SECONDS", 0.5)
    own = make_sandbox(layers=LAYERS)
    for _ in range(2):
        with open_student(own) as student, pytest.raises(StudentFault, match="kills_the_template"):
            student.layers.kills_the_template()
    assert works(own)


def test_nothing_is_left_when_the_sandbox_closes() -> None:
    files = {WORKSPACE: {"cs231n/layers.py": LAYERS.encode()}}
    # With namespaces the scratch folder is in memory and never to be seen from here.
    with Sandbox(files, Limits(), without=["namespaces"]) as sandbox:
        with open_student(sandbox) as student:
            student.layers.leaves_a_file()
            assert list(sandbox._folder.rglob("left"))
            student.layers.child()
        assert not list(sandbox._folder.rglob("left"))
        assert processes(sandbox)
    assert soon(lambda: not processes(sandbox))
    assert not sandbox._folder.exists()


def test_a_sandbox_can_be_closed_while_a_worker_runs() -> None:
    sandbox = Sandbox({WORKSPACE: {"cs231n/layers.py": LAYERS.encode()}}, Limits())
    with open_student(sandbox) as student:
        student.layers.daemon()
        assert len(processes(sandbox)) >= 3
        sandbox.close()
        assert soon(lambda: not processes(sandbox))
    sandbox.close()


def test_a_package_that_is_not_installed_is_our_fault() -> None:
    with pytest.raises(GraderError, match="no_such_package"):
        Sandbox({}, Limits(), packages=("numpy", "no_such_package"))


# Forgeries. ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["junk" * 9, "\0" * 1000, "AGW1" + "\xff" * 12, "{}\n" * 9])
def test_junk_on_every_descriptor_is_no_answer(sandbox: Sandbox, text: str) -> None:
    with open_student(sandbox) as student:
        with pytest.raises(Died, match="junk_text sent something that is no answer"):
            student.layers.junk_text(text)
        with pytest.raises(Died, match="junk_text"):
            student.layers.stays_usable()
    assert works(sandbox)


@pytest.mark.parametrize(
    ("fields", "payload"),
    [
        ({"value": {"a": ["<f8", [1 << 28]]}}, 8),
        ({"value": {"a": ["<f8", [-1]]}}, 8),
        ({"value": {"a": ["|O", [1]]}}, 8),
        ({"value": {"a": ["<f8", [1]]}}, 4),
        ({"value": {"a": ["<f8", [1]]}}, 800),
        ({"value": {"x": 1}}, 0),
        ({"value": {"r": [0]}}, 0),
        ({"value": {"r": ["0", 0]}}, 0),
        ({"value": {"g": 0}}, 0),
        ({"value": [], "changed": None, "dicts": None}, 0),
        ({"changed": {"l": None}}, 0),
        ({"dicts": {"d": [[[], 1]]}}, 0),
        ({"error": None}, 0),
        ({"error": "a word"}, 0),
        ({"error": {"type": ["x"], "message": {"y": 1}, "frames": [1, [2], "abcd", None]}}, 0),
        ({"turn": None, "value": 1}, 0),
        ({"turn": "1", "value": 1}, 0),
        ({"turn": 10**20, "value": 1}, 0),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_forged_frame_is_the_students_fault(
    sandbox: Sandbox, fields: dict[str, Any], payload: int
) -> None:
    with open_student(sandbox) as student:
        with pytest.raises(StudentFault, match="forge"):
            student.layers.forge(fields, payload)
        with pytest.raises(Died):
            student.layers.stays_usable()
    assert works(sandbox)


@pytest.mark.parametrize(
    ("fields", "payload"),
    [
        ({"error": {"frames": 5}}, 0),
        ({"error": {"frames": [["layers.py", float("inf"), "f", "x"]]}}, 0),
        ({"changed": {"a": ["<f8", [2]]}}, 16),  # an ambiguous truth value
    ],
    ids=["frames", "infinite line", "changed"],
)
def test_a_forged_frame_of_wrong_types_does_not_crash_us(
    sandbox: Sandbox, fields: dict[str, Any], payload: int
) -> None:
    with open_student(sandbox) as student, contextlib.suppress(StudentFault):
        student.layers.forge(fields, payload)


def test_dict_updates_that_fit_nothing_are_ignored(sandbox: Sandbox) -> None:
    updates = {"d": [[0, 1], [5, {"d": [["a", 1]]}], [-1, {"d": []}], ["x", {"d": []}]]}
    with open_student(sandbox) as student:
        sent = {"value": 1, "dicts": updates}
        assert student.layers.forge(sent, 0) == 1
        assert sent == {"value": 1, "dicts": updates}


def test_a_forged_answer_is_a_value_like_any_other(sandbox: Sandbox) -> None:
    with open_student(sandbox) as student:
        assert student.layers.forge({"value": {"l": [1, 2]}}) == [1, 2]
        with pytest.raises(Died):
            student.layers.stays_usable()


@pytest.mark.parametrize("later", [-1, 1])
def test_an_answer_to_another_question_is_none(sandbox: Sandbox, later: int) -> None:
    with (
        open_student(sandbox) as student,
        pytest.raises(Died, match="an answer to a question that was not asked"),
    ):
        student.layers.answers_early(later)


def test_two_answers_to_one_question_are_noticed(sandbox: Sandbox) -> None:
    with open_student(sandbox) as student:
        assert student.layers.answers_early(0) == "forged"
        with pytest.raises(Died, match="a question that was not asked"):
            student.layers.stays_usable()


@pytest.mark.parametrize("lengths", [(2**32 - 1, 0), (2, 2**63), (4 << 20, 0), (100, 1 << 20)])
def test_a_frame_that_never_comes_is_no_answer(sandbox: Sandbox, lengths: tuple[int, int]) -> None:
    with open_student(sandbox) as student, pytest.raises(Died, match="announces"):
        student.layers.announces(*lengths)
    assert works(sandbox)


def test_a_header_of_deep_nesting_is_no_answer(sandbox: Sandbox) -> None:
    with open_student(sandbox) as student, pytest.raises(Died, match="no answer"):
        student.layers.forge_nesting()


def test_an_answer_that_dribbles_in_has_the_same_deadline(sandbox: Sandbox) -> None:
    with open_student(sandbox, 0.2) as student, pytest.raises(TimedOut):
        student.layers.dribbles(1.0)


# Surroundings. ------------------------------------------------------------------------------


def test_the_worker_knows_nothing_of_our_environment(
    make_sandbox: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AUTOGRADER_SECRET", "PYTHONPATH", "LD_PRELOAD_CANARY", "HOME", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "canary-4711")
    with open_student(make_sandbox(layers=LAYERS)) as student:
        seen = student.layers.environment()
        assert "canary-4711" not in str(seen)
        assert "AUTOGRADER_SECRET" not in seen["environ"]
        assert seen["environ"]["HOME"] == student.layers.folder()
        assert seen["environ"]["OMP_NUM_THREADS"] == "1"
        assert seen["stdin"] == ""
        assert "canary-4711" not in student.layers.environment_of_template()


@pytest.mark.parametrize(
    "name",
    [
        *("autograder", "autograder.engine", "autograder.secret", "reference", "reference.layers"),
        *("student_template", "conftest", "hypothesis", "rich", "msgspec", "_pytest", "mypy"),
    ],
)
def test_nothing_of_ours_can_be_imported(student: Student, name: str) -> None:
    top = name.partition(".")[0]
    with pytest.raises(Raised, match=f"ModuleNotFoundError: No module named '{top}"):
        student.layers.imports(name)


def test_the_search_path_leads_to_nothing_of_ours(student: Student) -> None:
    for folder in student.layers.path():
        for name in ("autograder", "reference", "pytest", "hypothesis"):
            assert not (Path(folder) / name).exists()
    assert student.layers.imports("numpy") == "numpy"
    assert student.layers.imports("decimal") == "decimal"


def test_every_worker_has_a_folder_of_its_own(sandbox: Sandbox) -> None:
    with open_student(sandbox) as student, open_student(sandbox) as other:
        student.layers.leaves_a_file()
        assert student.layers.is_there("left")
        assert not other.layers.is_there("left")


def test_what_a_worker_writes_into_its_workspace_is_gone_for_the_next(
    make_sandbox: Callable[..., Sandbox],
) -> None:
    source = (
        "def f(): return 'mine'\n"
        "def spoil():\n"
        "    with open(__file__, 'w') as file: file.write('def f(): return \"spoilt\"')\n"
    )
    own = make_sandbox(layers=source)
    with open_student(own) as student, contextlib.suppress(Raised):  # refused: as good
        student.layers.spoil()
    with open_student(own) as student:
        assert student.layers.f() == "mine"


def test_a_sandbox_says_how_well_it_isolates(sandbox: Sandbox) -> None:
    isolation = sandbox.isolation
    assert isolation.level in ("isolated", "reduced")
    assert "process" in isolation.layers
    assert not set(isolation.layers) & set(isolation.missing)
    if isolation.level == "reduced":
        assert isolation.missing


# Libraries that are not there. --------------------------------------------------------------


def test_unused_imports_of_absent_libraries_do_no_harm(student: Student) -> None:
    assert student.layer_utils.counts() == [0, 1, 2, 0, 1]


def test_names_that_numpy_has_dropped_still_work(student: Student) -> None:
    size, whole, array, found, x = student.layer_utils.earlier_years(np.ones((2, 3), np.float32))
    assert (size, whole) == (6, 2)
    assert array.dtype == x.dtype == np.float64
    assert found.tolist() == [True]


@pytest.mark.parametrize(
    ("name", "library"),
    [("plots", "matplotlib"), ("convolves", "scipy"), ("uses_torch", "torch")],
)
def test_using_an_absent_library_says_so(student: Student, name: str, library: str) -> None:
    with pytest.raises(Raised) as caught:
        getattr(student.layer_utils, name)(1)
    assert f"so write this without {library}" in caught.value.message
    assert "layer_utils.py, line" in caught.value.message


def test_pytest_in_a_worker_is_a_placeholder(student: Student) -> None:
    with pytest.raises(Raised, match="without pytest"):
        student.layers.runs_pytest()
