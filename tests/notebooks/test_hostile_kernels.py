"""Notebooks that turn on the grader: what it holds, where it writes, and whom it listens to."""

import asyncio
import os
import socket
import textwrap
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest

from autograder import intake
from autograder.models import CellStatus, NotebookLimits, Submission
from autograder.notebooks import run
from autograder.notebooks.desk import Desk
from autograder.notebooks.probe import probe
from autograder.notebooks.results import RESULTS, Images
from autograder.notebooks.run import execute

RAN, ERRORED, TIMED_OUT, DIED, SKIPPED = CellStatus
LIMITS = NotebookLimits(cell_seconds=3, notebook_seconds=20, memory_mb=700, output_kb=64)
FILES = intake.workspace_files(Submission("starter", "", {}, {}), everything=True)
RESULT = next(result for result in RESULTS if result.name == "best_model")
IMAGES = Images(np.zeros((2, 3, 32, 32), np.float32), np.zeros(2, int))
SCRATCH = "import os; scratch = os.path.dirname(os.environ['HOME'])\n"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(run, "IDLE_SECONDS", 2.0)
    monkeypatch.setattr(run, "START_SECONDS", 2.5)
    monkeypatch.setattr(run, "GRACE_SECONDS", 0.3)
    monkeypatch.setattr(run, "HELD_MB", 200)


def ran(*sources, limits=LIMITS, without=(), after=None):
    """The code cells after a run, each with its status and message; and the cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    with Desk(FILES, limits, without=without) as desk:
        done = asyncio.run(execute(notebook, desk, after=after))
    return [(cell.status, cell.message) for cell in done.cells], notebook.cells


# Where the grader writes.


def test_the_grader_writes_through_no_link_that_a_notebook_has_planted(tmp_path):
    target = tmp_path / "written"
    found = {}
    link = f"os.symlink({str(target)!r}, scratch + '/images-best_model.npy')"
    cells, _ = ran(SCRATCH + link, after={0: probe([(RESULT, IMAGES)], found)})
    assert cells[0][0] is RAN
    assert "best_model" in found["best_model"]["best_model"].trouble  # it was asked all the same
    assert not target.exists()


def test_what_the_grader_sent_cannot_be_changed():
    after = {0: probe([(RESULT, IMAGES)], {})}
    name = "scratch + '/../sent/images-best_model.npy'"
    cells, _ = ran("x = 1", f"{SCRATCH}open({name}, 'rb'); open({name}, 'r+b')", after=after)
    assert cells[1][0] is ERRORED
    assert "Errno" in cells[1][1]


@pytest.mark.parametrize(
    "plant",
    [
        "os.mkfifo(scratch + '/log')",
        "os.makedirs(scratch + '/kernel.json/full')",
    ],
)
def test_nothing_in_scratch_keeps_the_next_kernel_from_starting(plant):
    cells, _ = ran(f"{SCRATCH}{plant}\nos._exit(1)", "x = 1")
    assert [status for status, _ in cells] == [DIED, RAN]


FLOOD = """
import os
folder = os.environ['IPYTHONDIR'] + '/profile_default/startup'
os.makedirs(folder, exist_ok=True)
open(folder + '/a.py', 'w').write('''
import threading, time
def flood(kernel=get_ipython().kernel):
    while True:
        kernel.session.send(kernel.iopub_socket, "status", {"execution_state": "busy"})
        time.sleep(.01)
threading.Thread(target=flood, daemon=True).start()
''')
os._exit(1)
"""


@pytest.mark.parametrize(
    "sabotage", ["import os, shutil; shutil.rmtree(os.getcwd()); os._exit(1)", FLOOD]
)
def test_a_notebook_that_lets_no_further_kernel_start_costs_itself_alone(sabotage):
    cells, _ = ran(sabotage, "x = 1")
    assert [status for status, _ in cells] == [DIED, SKIPPED]
    assert cells[1][1] == "not run: after what ran before, no new kernel would start"


# What the grader is told.

# In a cell: becomes a program that speaks for the kernel, on sockets of the same names, and says
# what SAYS says about the cell that was running.
SPEAKER = r"""
import json, os, sys
import ipykernel
program = r'''
import hashlib, hmac, json, os, socket, struct, sys, threading, time
info, parent = json.load(open(sys.argv[1])), json.loads(sys.argv[2])

def read(peer, count):
    data = b""
    while len(data) < count:
        piece = peer.recv(count - len(data))
        if not piece:
            raise SystemExit
        data += piece
    return data

def frame(data, more):
    return bytes([2 | more]) + struct.pack(">Q", len(data)) + data

def message(kind, content, raw=None):
    header = {"msg_id": os.urandom(8).hex(), "msg_type": kind, "session": "s", "username": "u",
              "date": "2026-01-01T00:00:00Z", "version": "5.3"}
    parts = [json.dumps(part).encode() for part in (header, parent, {}, content)]
    if raw is not None:
        parts[3] = raw
    sign = hmac.new(info["key"].encode(), b"".join(parts), hashlib.sha256).hexdigest()
    parts = [b"x", b"<IDS|MSG>", sign.encode(), *parts]
    return b"".join(frame(part, i < len(parts) - 1) for i, part in enumerate(parts))

peers = {}

def serve(name, kind):
    path = info["ip"] + "-" + str(info[name + "_port"])
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(9)
    while True:
        peer, _ = listener.accept()
        peer.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x01" + b"NULL".ljust(20, b"\0") + bytes(32))
        read(peer, 64)
        ready = b"\x05READY\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind
        ready += b"\x08Identity" + bytes(4)
        peer.sendall(b"\x04" + bytes([len(ready)]) + ready)
        peers[name] = peer

for name, kind in (("shell", b"ROUTER"), ("iopub", b"PUB"), ("control", b"ROUTER"),
                   ("stdin", b"ROUTER"), ("hb", b"REP")):
    threading.Thread(target=serve, args=(name, kind), daemon=True).start()
while not {"shell", "iopub"} <= set(peers):
    time.sleep(.02)
time.sleep(.5)
say = peers["iopub"].sendall
SAYS
say(message("status", {"execution_state": "idle"}))
peers["shell"].sendall(message("execute_reply", {"status": "ok", "execution_count": 1}))
time.sleep(60)
'''
path = os.environ["TMPDIR"] + "/speaker.py"
open(path, "w").write(program)
asked = json.dumps(get_ipython().kernel.get_parent("shell")["header"], default=str)
os.execv(sys.executable, [sys.executable, "-S", "-B", path, ipykernel.get_connection_file(), asked])
"""


def speaker(says):
    return SPEAKER.replace("SAYS", textwrap.dedent(says))


def test_the_speaker_of_these_tests_can_speak():
    says = 'say(message("stream", {"name": "stdout", "text": "forged"}))'
    cells, (cell,) = ran(speaker(says))
    assert cells == [(RAN, "")]
    assert cell.outputs[0].text == "forged"


MALFORMED = {
    "deep": 'say(message("stream", 0, raw=b"[" * 100_000 + b"]" * 100_000))',
    "no-object": 'say(message("stream", 5))',
    "twice": 'same = message("status", {"execution_state": "busy"}); say(same + same)',
    "unasked": 'same = message("execute_reply", {}); peers["shell"].sendall(same + same)',
}


@pytest.mark.parametrize("defect", sorted(MALFORMED))
def test_messages_that_are_none_cost_their_cell(defect):
    cells, _ = ran(speaker(MALFORMED[defect]), "x = 1")
    assert cells[0][0] in (DIED, TIMED_OUT, RAN)
    assert cells[1] == (RAN, "")


LARGE = {
    "a-message-without-an-end": """
        piece = frame(bytes(1 << 20), 1)
        while True: say(piece)""",
    "a-large-message": """
        large = message("stream", {"name": "stdout", "text": "x" * (40 << 20)})
        while True: say(large)""",
    "large-keys": """
        for i in range(1 << 20):
            data = {str(i) + "k" * (4 << 20): ""}
            say(message("display_data", {"data": data, "metadata": {}}))""",
    "empty-outputs": """
        while True: say(message("display_data", {"data": {}, "metadata": {}}))""",
    "widgets": """
        for i in range(1 << 20):
            say(message("comm_open", {"comm_id": str(i), "data": "x" * (4 << 20)}))""",
    "outputs-that-grow": """
        def show(kind, text):
            shown = {"data": {"text/plain": text}, "metadata": {}, "transient": {"display_id": "d"}}
            say(message(kind, shown))
        for i in range(50): show("display_data", "x")
        while True: show("update_display_data", "x" * (60 << 10))""",
}


@pytest.mark.parametrize("how", sorted(LARGE))
def test_what_is_too_much_is_not_kept(how):
    before = run._held()
    cells, notebook = ran(speaker(LARGE[how]), "x = 1")
    assert cells[0][0] in (TIMED_OUT, DIED)
    assert cells[1] == (RAN, "")
    assert len(str(notebook[0].outputs)) < 300_000
    assert run._held() - before < 200


def test_a_display_is_updated_in_its_own_cell_and_forgotten_in_the_next():
    first = "shown = display(1, display_id=True); shown.update(2)"
    cells, notebook = ran(first, "x = 1", "shown.update(3)")
    assert [status for status, _ in cells] == [RAN] * 3
    assert notebook[0].outputs[0].data["text/plain"] == "2"


# Time and room.


def test_a_cell_that_waits_in_small_steps_ends(monkeypatch):
    monkeypatch.setattr(run, "WALL_FACTOR", 1.0)
    started = time.monotonic()
    steps = "import time\nwhile True: sum(range(200_000)); time.sleep(.1)"
    cells, _ = ran(steps, "x = 1")
    assert cells == [(TIMED_OUT, "stopped: it waited for most of 3 seconds"), (RAN, "")]
    assert time.monotonic() - started < 8


def test_many_waiting_cells_end_with_the_time_of_their_notebook(monkeypatch):
    monkeypatch.setattr(run, "WALL_FACTOR", 1.0)
    limits = NotebookLimits(cell_seconds=3, notebook_seconds=2)
    cells, _ = ran(*["import time; time.sleep(.8)"] * 9, limits=limits)
    assert cells[-1] == (SKIPPED, "not run: the notebook had taken 2 seconds")


def test_files_count_however_small_deep_or_deleted(tmp_path, monkeypatch):
    assert not run._beyond(tmp_path, 1 << 20)
    for number in range(70):
        (tmp_path / str(number)).touch()
    assert run._beyond(tmp_path, 1 << 20)
    monkeypatch.setattr(run, "UNSEEN_MB", 300)
    monkeypatch.setattr(run, "DISK_POLL_SECONDS", 0.3)
    fill = """
import os
f = open('big', 'wb'); os.unlink('big'); os.posix_fallocate(f.fileno(), 0, 400 << 20)
while True: pass"""
    cells, _ = ran(fill, "x = 1")
    assert cells == [(TIMED_OUT, "stopped: the disk lost more than 300 MB while it ran"), (RAN, "")]


def test_a_folder_as_deep_as_can_be_is_looked_through(monkeypatch):
    monkeypatch.setattr(run, "DISK_POLL_SECONDS", 0.1)
    deep = "import os, time\nfor _ in range(1500): os.mkdir('d'); os.chdir('d')\n"
    cells, _ = ran(deep + "end = time.time() + .5\nwhile time.time() < end: pass", "x = 1")
    assert [status for status, _ in cells] == [RAN, RAN]


# Whom a notebook reaches where it has no view of its own.


@pytest.mark.parametrize("without", [(), ("namespaces",)], ids=["fenced", "without-namespaces"])
def test_sockets_of_others_are_out_of_reach(without):
    # Not below pytest's own folder, which is closed: the layers shall stop it, not the path.
    paths = [Path(f"/var/tmp/attacks-{os.getpid()}-{kind}") for kind in (1, 2)]
    try:
        with socket.socket(socket.AF_UNIX) as stream, socket.socket(socket.AF_UNIX, 2) as datagram:
            for one, path in ((stream, paths[0]), (datagram, paths[1])):
                one.bind(str(path))
                path.chmod(0o777)
            stream.listen()
            cells, _ = ran(
                f"import socket; socket.socket(1, 1).connect({str(paths[0])!r})",
                f"socket.socket(1, 2).sendto(b'', {str(paths[1])!r})",
                f"socket.socketpair(1, 2)[0].sendto(b'', {str(paths[1])!r})",
                without=without,
            )
    finally:
        for path in paths:
            path.unlink(missing_ok=True)
    assert [status for status, _ in cells] == [ERRORED] * 3


def test_with_nothing_else_around_it_a_notebook_signals_itself_alone():
    cells, _ = ran(
        f"import os; os.kill({os.getpid()}, 0)",
        "os.kill(-1, 0)",
        "os.kill(os.getppid(), 0)",
        "while True: pass",  # the interrupt is its own signal
        "x = 1",
        without=("namespaces", "landlock", "user"),
    )
    assert [status for status, _ in cells] == [ERRORED] * 3 + [TIMED_OUT, RAN]
