"""Running notebooks: every cell gets its turn, whatever the one before it did."""

import asyncio
import sys
from pathlib import Path

import nbformat
import pytest

from autograder import intake
from autograder.models import CellStatus, NotebookLimits, Submission
from autograder.notebooks.desk import Desk, drive_folder
from autograder.notebooks.run import execute

LIMITS = NotebookLimits(cell_seconds=2, notebook_seconds=30, memory_mb=700, output_kb=64)
RAN, ERRORED, TIMED_OUT, DIED, SKIPPED = CellStatus
FILES = intake.workspace_files(Submission("starter", "", {}, {}), everything=True)


def ran(*sources, limits=LIMITS, folder="assignment", data=None, without=()):
    """The code cells after a run, each with its status, message and printed text."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    with Desk(FILES, limits, folder, data, without) as desk:
        done = asyncio.run(execute(notebook, desk))
        for cell in done.cells:
            assert cell.index < len(cells)
    assert not desk.root.exists()
    return [(cell.status, cell.message, printed(cells[cell.index])) for cell in done.cells]


def printed(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


def test_cells_share_their_variables_and_keep_what_they_print():
    assert ran("x = 20", "print(x + 1)") == [(RAN, "", ""), (RAN, "", "21\n")]


def test_what_one_cell_does_costs_that_cell():
    cells = ran(
        "x = 5",
        "1 / 0",
        "input('name?')",
        "while True: pass",
        "import os; os._exit(1)",
        "print('a' * 100)\nimport time\nwhile True: print('b' * 10_000); time.sleep(.001)",
        "hog = bytearray(900_000_000)\nhog[::4096] = b'1' * len(hog[::4096])\nwhile True: pass",
        "import sys; sys.exit()",
        "print(x)",
    )
    statuses, messages, texts = zip(*cells, strict=True)
    assert statuses == (
        *(RAN, ERRORED, ERRORED, TIMED_OUT, DIED, TIMED_OUT, TIMED_OUT, ERRORED, RAN),
    )
    assert messages[1] == "ZeroDivisionError: division by zero"
    assert messages[2] == "it asks for input, and nobody is there to give any"
    assert messages[3] == "stopped after 2 seconds of processor time"
    assert messages[4] == "the kernel ended in this cell"
    assert messages[5] == "stopped: it printed more than 1 MB"
    assert texts[5].startswith("a" * 100)
    assert len(texts[5]) < 70_000
    assert messages[6] == "stopped: it used more than 700 MB of memory"
    assert texts[8] == "5\n"


def test_a_cell_that_ignores_the_interrupt_loses_its_kernel():
    stubborn = "while True:\n    try:\n        while True: pass\n    except KeyboardInterrupt: pass"
    cells = ran("x = 5", stubborn, "print(x)")
    assert [status for status, *_ in cells] == [RAN, TIMED_OUT, RAN]


def test_a_notebook_has_so_much_time_and_no_more():
    limits = NotebookLimits(cell_seconds=2, notebook_seconds=3)
    busy = "while True: pass"
    statuses, messages, _ = zip(*ran(busy, busy, busy, limits=limits), strict=True)
    assert statuses == (TIMED_OUT, TIMED_OUT, SKIPPED)
    assert messages[1] == "stopped: the notebook had used 3 seconds in all"
    assert messages[2] == "not run: the notebook had used its 3 seconds of processor time"


def test_a_kernel_that_ends_again_and_again_is_given_up():
    statuses = [status for status, *_ in ran(*["import os; os._exit(1)"] * 7)]
    assert statuses == [DIED] * 5 + [SKIPPED] * 2


COLAB = """\
from google.colab import drive
drive.mount('/content/drive')
FOLDERNAME = 'cs231n/assignments/mine'
import sys
sys.path.append('/content/drive/My Drive/{}'.format(FOLDERNAME))
%cd /content/drive/My\\ Drive/$FOLDERNAME/cs231n/datasets/
!bash get_datasets.sh
%cd /content/drive/My\\ Drive/$FOLDERNAME"""
COMPILE = """\
%cd /content/drive/My\\ Drive/$FOLDERNAME/cs231n
!python setup.py build_ext --inplace
%cd /content/drive/My\\ Drive/$FOLDERNAME"""
IMPORTS = """\
%matplotlib inline
%load_ext autoreload
%autoreload 2
import numpy as np
from cs231n.layers import *
print(np.float, callable(help))"""


@pytest.mark.parametrize("without", [(), ("namespaces",)], ids=["fenced", "without-namespaces"])
def test_the_lines_that_colab_needs_work_unchanged(without):
    assert drive_folder([COLAB]) == "cs231n/assignments/mine"
    cells = ran(COLAB, COMPILE, IMPORTS, folder="cs231n/assignments/mine", without=without)
    assert [status for status, *_ in cells] == [RAN] * 3
    mounted, compiled, imported = (text for *_, text in cells)
    assert mounted.startswith("Mounted at /content/drive\n" if not without else "Mounted at /")
    assert "cs231n/assignments/mine/cs231n/datasets" in mounted
    assert "the embedded set of drawn shapes will be used" in mounted
    if not (without and Path("/root") in Path(sys.base_prefix).parents):
        assert "Nothing to compile here" in compiled
    assert imported == "<class 'float'> True\n"


@pytest.mark.parametrize(
    ("line", "folder"),
    [
        ("FOLDERNAME = 'a/b c'", "a/b c"),
        ('  FOLDERNAME = "/a/"  # mine', "a"),
        ("FOLDERNAME = None", "assignment"),
        ("FOLDERNAME = '../../etc'", "assignment"),
        ("FOLDERNAME = 'a/./../b'", "assignment"),
        ("FOLDERNAME = ''", "assignment"),
        (f"FOLDERNAME = '{'a' * 500}'", "assignment"),
        ("FOLDERNAME = 'a\\x00b'", "assignment"),
    ],
)
def test_the_folder_of_the_drive_is_a_plain_path(line, folder):
    assert drive_folder(["import sys", line]) == folder


def test_a_shell_and_a_compiler_are_there_and_the_rest_of_the_machine_is_not(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the answers")
    secret.chmod(0o644)
    reference = Path(__file__).parents[2] / "reference" / "layers.py"
    cells = ran(
        "!echo 'int main() { return 3; }' > a.c; (cc a.c -o a.out && ./a.out; echo compiled: $?)",
        f"print(open({str(reference)!r}).read())",
        f"print(open({str(secret)!r}).read())",
        "import reference",
        "import autograder",
        "import socket; socket.create_connection(('127.0.0.1', 80), 1)",
        "import os; print(sorted(os.environ.keys() & {'AUTOGRADER_SECRET'}))",
        "!cat /etc/shadow /proc/1/environ | wc -c",
    )
    statuses, messages, texts = zip(*cells, strict=True)
    assert statuses == (RAN, *[ERRORED] * 5, RAN, RAN)
    assert "compiled:" in texts[0]
    assert all("Errno" in message for message in (messages[1], messages[2], messages[5]))
    assert messages[3] == "ModuleNotFoundError: No module named 'reference'"
    assert messages[4] == "ModuleNotFoundError: No module named 'autograder'"
    assert texts[6] == "[]\n"


def test_nothing_outlives_a_run(tmp_path):
    mark = "a-mark-to-find-a-process-by"
    cells = ran(
        f"import subprocess; subprocess.Popen(['setsid', 'sh', '-c', 'sleep 300 # {mark}'])"
    )
    assert cells[0][0] is RAN
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert mark.encode() not in path.read_bytes()
        except OSError:
            continue


def test_the_loader_honours_the_limit_of_images():
    limits = NotebookLimits(cell_seconds=20, notebook_seconds=30, data_limit=70)
    load = "from cs231n.data_utils import get_CIFAR10_data\ndata = get_CIFAR10_data()"
    cells = ran(load, "print(len(data['X_train']))", limits=limits)
    assert cells[1][2] == "70\n"
