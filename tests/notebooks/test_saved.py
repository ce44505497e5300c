"""Saved outputs beside those of a new run: a note where they differ, and only there."""

import time

import nbformat
import pytest

from autograder.notebooks.saved import differences


def printing(text, source="print(x)", name="stdout"):
    output = nbformat.v4.new_output("stream", name=name, text=text)
    return nbformat.v4.new_code_cell(source, outputs=[output] if text else [])


def notebook(*cells):
    made = nbformat.v4.new_notebook()
    made.cells = list(cells)
    return made


def noted(before, now, source="print(x)"):
    return differences(notebook(printing(before, source)), notebook(printing(now, source)))


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("loss: 2.3025850\n", "loss: 2.3025861\n"),
        ("train acc: 0.50\n", "train acc: 0.509\n"),
        ("error: 3.1e-09\n", "error: 8.8e-12\n"),
        ("error: 0.0\n", "error: 1.1e-16\n"),
        ("means: [ 1.1e-17 -2.0e-17]\n", "means: [-3.0e-17  4.4e-17]\n"),
        ("means: [1. 2. 3.]\n", "means: [1. 2.\n 3.]\n"),
        ("inf nan -inf\n", "inf nan -inf\n"),
        (f"{'9' * 400}\n", f"{'9' * 400}\n"),
        ("# 1 of 2\n", "# 1 of 2\n"),
        ("a  \n\n", "a\n"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("Naive: 4.31 s\nspeedup 200x\ndone\n", "Naive: 9.87 s\nspeedup 90x\ndone\n"),
        ("took 12.1 ms\n", "took 99 ms\n"),
        ("epoch 1: 3.5s\n", "epoch 1: 7.1s\n"),
        ("<function f at 0x7f3a5c1d>\n", "<function f at 0x7fffabcd>\n"),
        ("1 of 9\r5 of 9\r9 of 9\n", "1 of 9\r9 of 9\n"),
        (" 50%|##  | 5/10 [00:01, 4.8it/s]\nend\n", "100%|####| 10/10 [00:09]\nend\n"),
        ("nothing is printed by a cell that fails here\n", ""),
        ("", "a cell that was not run before\n"),
    ],
)  # fmt: skip
def test_what_chance_and_machine_move_is_no_difference(before, now):
    assert noted(before, now) == noted(before, before)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("train acc: 0.50\n", "train acc: 0.60\n"),
        ("error: 3.1e-09\n", "error: 0.31\n"),
        ("loss: 2.3\n", "loss: nan\n"),
        ("loss: 2.3\n", "loss: -2.3\n"),
        ("(4, 5)\n", "(4, 5, 1)\n"),
        ("same: True\n", "same: False\n"),
        ("#\n", "1\n"),
        ("1 of 9\r9 of 9\n", "1 of 9\r8 of 9\n"),
        ("done\n", "Traceback: <x at 0x1>\n"),
    ],
)
def test_another_result_is_noted_with_its_cell(before, now):
    assert noted(before, now) == ["the saved outputs of 1 cell differ from this run: print(x)"]


def test_many_cells_are_counted_and_the_first_are_named():
    before = notebook(*(printing("1\n", f"# number {n}\nprint(1)") for n in range(8)))
    now = notebook(*(printing("2\n", f"# number {n}\nprint(1)") for n in range(8)))
    (note,) = differences(before, now)
    assert note.startswith(
        "the saved outputs of 8 cells differ from this run: # number 0; # number 1;"
    )
    assert note.endswith("# number 4; …")


def test_a_long_first_line_is_cut():
    assert len(noted("1\n", "2\n", "\n\n  " + "x" * 1_000)[0]) < 130


def test_cells_are_compared_by_what_they_say_wherever_they_stand():
    before = notebook(printing("1\n", "one()"), printing("2\n", "two()"))
    now = notebook(
        printing("2\n", "two()\n"), nbformat.v4.new_markdown_cell("one()"), printing("1\n", "one()")
    )
    assert differences(before, now) == []


def test_cells_that_say_the_same_are_compared_in_order():
    before = notebook(printing("1\n"), printing("2\n"))
    assert differences(before, notebook(printing("1\n"), printing("2\n"))) == []
    assert len(differences(before, notebook(printing("2\n"), printing("1\n")))) == 1


def test_a_cell_that_was_put_right_is_not_compared():
    assert differences(notebook(printing("1\n", "a = 1")), notebook(printing("2\n", "a = 2"))) == []


@pytest.mark.parametrize("source", ["!ls data", "x = 1\n  %cd /content", "%%bash\nls"])
def test_what_a_shell_prints_is_not_compared(source):
    assert noted("Mounted at /content/drive\n", "here\n", source) == []


def test_pictures_warnings_and_errors_are_not_compared():
    def cell(*outputs):
        return nbformat.v4.new_code_cell("plot()", outputs=list(outputs))

    shown = [
        nbformat.v4.new_output("display_data", {"image/png": "aGk=", "text/plain": "<Figure 1>"}),
        nbformat.v4.new_output("stream", name="stderr", text="UserWarning: x"),
        nbformat.v4.new_output("error", ename="E", evalue="v", traceback=["at line 3"]),
    ]
    for output in shown:
        assert differences(notebook(cell(output)), notebook(cell())) == []


def test_a_notebook_saved_without_outputs_is_noted():
    assert noted("", "1\n") == ["no cell has a saved output"]
    assert differences(notebook(), notebook()) == []
    text = notebook(nbformat.v4.new_markdown_cell("Only text."))
    assert differences(text, text) == []


@pytest.mark.parametrize(
    "text", ["1" * 10**5, "1e" * 10**5, "-" * 10**5, "\r" * 10**5, "9" + " " * 10**5]
)
def test_monstrous_outputs_take_no_time(text):
    started = time.process_time()
    assert noted(text, text) == []
    assert time.process_time() - started < 2
