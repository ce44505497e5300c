"""What is given in a student's notebook is found, compared and put back."""

import ast
import copy
import functools
import json
import re
import time
from pathlib import Path

import nbformat
import pytest

from autograder.notebooks.given import align, match, parts
from autograder.notebooks.read import read
from autograder.template.cells import solved_notebook

ROOT = Path(__file__).parents[2]
COURSE = ["FullyConnectedNets", "BatchNormalization", "Dropout", "ConvolutionalNetworks"]


def code(source):
    return nbformat.v4.new_code_cell(source)


def text(source):
    return nbformat.v4.new_markdown_cell(source)


def notebook(cells):
    made = nbformat.v4.new_notebook()
    made.cells = copy.deepcopy(list(cells))
    return made


def sources(made):
    return [cell.source for cell in made.cells]


# A small template. What its cells do can be watched when they are executed.

FOLDER = """FOLDERNAME = None
if FOLDERNAME is not None:
    mount(FOLDERNAME)"""

TRAIN = """num_train = 50
losses = {"first": [], "second": []}

learning_rate = 1e-4  # Experiment with this!
weight_scale = 1e-2  # Experiment with this!
model = Net(weight_scale)
train(
    model,
    learning_rate,
    num_train,
)
print("accuracy:", model)"""

QUESTION = """## Inline question 1

Which of the two was harder to train?
What shows it?

### Answer

[FILL THIS IN]"""

BEST = """best_model = None
####  START OF YOUR CODE  ####
# TODO: train your best model

####  END OF YOUR CODE  ####"""

TEST = """if best_model is None:
    print("There is no best_model yet.")
print("validation accuracy:", best_model)
print("test accuracy:", best_model)"""

CELLS = {
    "title": text("# Networks\n\nRead all of this.\nThen begin."),
    "folder": code(FOLDER),
    "train": code(TRAIN),
    "question": text(QUESTION),
    "next": text("## The next part\n\nNow train\na better one,\nas good\nas you can\nmake it."),
    "best": code(BEST),
    "test": code(TEST),
}
NAMES = list(CELLS)
TEMPLATE = notebook(CELLS.values())


def handed_in(**changes):
    """The small template with some cells replaced: by a source, by a list of cells, or by none."""
    cells = []
    for name, cell in CELLS.items():
        new = changes.get(name, cell)
        if isinstance(new, str):
            new = nbformat.from_dict(cell | {"source": new})
        cells += new if isinstance(new, list) else [new]
    return match(TEMPLATE, notebook(cells))


def put_back(matched, name):
    return matched.restored.cells[matched.places[NAMES.index(name)]].source


def executed(matched):
    """What the restored notebook does: the names it leaves, and what it trained with."""
    trained = []
    scope = {"Net": lambda scale: scale, "mount": str, "train": lambda *args: trained.append(args)}
    for cell in matched.restored.cells:
        if cell.cell_type == "code":
            exec(cell.source, scope)
    return scope | {"trained": trained}


# The stretches of a cell.


def test_a_cell_has_given_stretches_and_places_of_the_students():
    places = [(part.name, part.lines) for part in parts(TRAIN) if not part.given]
    assert places == [
        ("learning_rate", ("learning_rate = 1e-4  # Experiment with this!",)),
        ("weight_scale", ("weight_scale = 1e-2  # Experiment with this!",)),
    ]
    assert [part.name for part in parts(FOLDER) if not part.given] == ["FOLDERNAME"]
    assert [part.lines for part in parts(BEST) if not part.given] == [
        ("# TODO: train your best model", "")
    ]


@pytest.mark.parametrize("source", [FOLDER, TRAIN, BEST, TEST, QUESTION])
def test_the_stretches_of_a_cell_are_the_cell(source):
    assert "\n".join(line for part in parts(source) for line in part.lines) == source


# What students may do.


def test_a_notebook_as_it_was_handed_out_has_no_changes():
    matched = handed_in()
    assert matched.changes == ()
    assert not matched.foreign
    assert sources(matched.restored) == sources(TEMPLATE)


@pytest.mark.parametrize(
    "line",
    [
        "learning_rate = 5e-3  # Experiment with this!",
        "learning_rate = 5e-3",
        "learning_rate=5e-3",
        "learning_rate: float = 5e-3",
        "learning_rate = 5e-3 # was 1e-4; learning_rate = 2 did not work",
        "# learning_rate = 1e-4\nlearning_rate = 5e-3",
        "learning_rate = 1e-4\nlearning_rate = 5e-3",
        "learning_rate = 1e-3\nlearning_rate *= 5",
        "learning_rate, decay = 5e-3, 0.9",
    ],
)
def test_a_value_to_experiment_with_stays_the_students(line):
    matched = handed_in(train=TRAIN.replace("learning_rate = 1e-4  # Experiment with this!", line))
    assert matched.changes == ()
    assert executed(matched)["trained"] == [(1e-2, 5e-3, 50)]


def test_two_values_may_be_set_in_one_line_or_in_the_other_order():
    together = TRAIN.split("\n")
    together[3:5] = ["weight_scale, learning_rate = 7e-2, 5e-3"]
    swapped = TRAIN.split("\n")
    swapped[3:5] = ["weight_scale = 7e-2", "learning_rate = 5e-3"]
    for lines in (together, swapped):
        assert executed(handed_in(train="\n".join(lines)))["trained"] == [(7e-2, 5e-3, 50)]


def test_values_that_moved_within_their_cell_are_found():
    lines = [line for line in TRAIN.split("\n") if "Experiment" not in line]
    matched = handed_in(train="\n".join(["learning_rate = 5e-3", "weight_scale = 7e-2", *lines]))
    assert executed(matched)["trained"] == [(7e-2, 5e-3, 50)]


def test_values_that_moved_to_an_own_cell_are_not_set_back():
    rest = "\n".join(line for line in TRAIN.split("\n") if "Experiment" not in line)
    matched = handed_in(train=[code("learning_rate = 5e-3\nweight_scale = 7e-2"), code(rest)])
    assert executed(matched)["trained"] == [(7e-2, 5e-3, 50)]


def test_a_value_that_was_deleted_altogether_comes_back():
    matched = handed_in(train=TRAIN.replace("weight_scale = 1e-2  # Experiment with this!\n", ""))
    assert executed(matched)["trained"] == [(1e-2, 1e-4, 50)]
    assert [change.kind for change in matched.changes] == ["changed"]


def test_a_value_within_a_loop_does_not_break_the_indentation():
    lines = TRAIN.split("\n")
    lines[3:5] = ["for learning_rate in [1e-3]:", "    weight_scale = 7e-2"]
    matched = handed_in(train="\n".join(lines))
    assert executed(matched)["trained"] == [(7e-2, 1e-4, 50)]
    assert len(matched.changes) == 1


def test_the_folder_of_the_drive_may_be_filled_in():
    matched = handed_in(folder=FOLDER.replace("None", "'courses/a2'", 1))
    assert matched.changes == ()
    assert executed(matched)["FOLDERNAME"] == "courses/a2"


SIXTY = "\n".join(["best_model = 0", *["best_model += 1  # a step"] * 59])


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        (BEST.replace("\n\n", f"\n{SIXTY}\n"), False),
        (BEST.replace("# TODO: train your best model\n", SIXTY), False),
        (f"best_model = None\n{SIXTY}", False),
        (f"best_model = None\n####  START OF YOUR CODE  ####\n{SIXTY}", False),
        (f"best_model = None\n{SIXTY}\n####  END OF YOUR CODE  ####", False),
        (f"{BEST}\n{SIXTY}", False),
        (BEST.replace("None\n", f"None\n{SIXTY}\n"), False),
        (SIXTY, True),
        (f"# my best\n{SIXTY}\nprint(best_model)", True),
    ],
    ids="filled without-task without-markers without-end without-start behind before "
    "replaced own-cell".split(),
)
def test_a_solution_survives_wherever_it_stands_in_its_cell(source, changed):
    matched = handed_in(best=source)
    assert executed(matched)["best_model"] == 59
    assert [change.kind for change in matched.changes] == ["changed"] * changed
    assert len(matched.restored.cells) == len(CELLS)


def test_a_solution_keeps_its_lines_to_the_letter():
    odd = "best_model = 'a\u2028b\x0cc  '\n\n\tif_not = 1\n    # 日本語 — ω  "
    assert odd in put_back(handed_in(best=BEST.replace("\n\n", f"\n{odd}\n")), "best")


def test_the_last_of_several_cells_in_place_of_a_solution_is_taken_for_it():
    tried = [
        code("a = 1"),
        code("best_model = a"),
        code("best_model = a + 1"),
        text("My best_model."),
    ]
    matched = handed_in(best=tried)
    assert executed(matched)["best_model"] == 2
    assert put_back(matched, "best").split("\n")[2] == "best_model = a + 1"
    assert len(matched.restored.cells) == len(CELLS) + 3


def test_given_lines_behind_a_solution_are_put_back():
    template = notebook([code(f"{BEST}\nshow(best_model)\nsave(best_model)"), code(TRAIN)])
    cell = f"{BEST}\nshow(other)\nsave(best_model)".replace("\n\n", f"\n{SIXTY}\n")
    matched = match(template, notebook([code(cell), code(TRAIN)]))
    expected = f"{BEST}\nshow(best_model)\nsave(best_model)".replace("\n\n", f"\n{SIXTY}\n")
    assert sources(matched.restored) == [expected, TRAIN]
    assert "-show(best_model)\n+show(other)\n save(best_model)" in matched.changes[0].diff


def test_two_places_of_a_cell_keep_their_own_lines():
    two = f"{BEST}\n{BEST.replace('best_model = None', 'other = None')}"
    filled = two.replace("\n\n", "\nbest_model = 1\n", 1).replace("\n\n", "\nother = 2\n", 1)
    for source in (filled, filled.replace("other = None\n", "")):
        matched = match(notebook([code(two)]), notebook([code(source)]))
        assert sources(matched.restored) == [filled]


# What makes no difference.


@pytest.mark.parametrize(
    "source",
    [
        TRAIN.replace("num_train = 50", "# fifty are enough\nnum_train = 50  # images"),
        TRAIN.replace('"', "'"),
        TRAIN.replace("\n\n", "\n\n\n\n"),
        TRAIN.replace("\n", "  \n") + "\n\n",
        TRAIN.replace(" = ", "="),
        TRAIN.replace("\n    ", "").replace(",\n)", ")"),
        TRAIN.replace('{"first": [], "second": []}', '{\n    "first": [],\n    "second": [],\n}'),
    ],
    ids="comments quotes blank-lines trailing-spaces no-spaces joined wrapped".split(),
)
def test_style_and_comments_are_no_change(source):
    matched = handed_in(train=source)
    assert matched.changes == ()
    assert executed(matched)["trained"] == [(1e-2, 1e-4, 50)]


def test_another_escape_sequence_warns_nobody():
    given, other = code("x = '\\d'\ny = 1"), code('x = "\\d"\ny = (\n    1\n)')
    assert match(notebook([given]), notebook([other])).changes == ()


def test_comments_do_not_count_where_a_solution_is_no_python():
    template = notebook([code(f"# Read this first.\nx = 1\n{BEST}")])
    broken = f"x = 1\n{BEST}".replace("\n\n", "\nbest_model = = 1\n")
    matched = match(template, notebook([code(broken)]))
    assert matched.changes == ()
    assert sources(matched.restored) == [f"# Read this first.\n{broken}"]


def test_magics_are_compared_too():
    template = notebook([code("%load_ext autoreload\n%autoreload 2\n!ls data\nx = 1")])
    quiet = notebook([code("%load_ext autoreload\n%autoreload 2\n\n!ls data\nx = 1  # one")])
    other = notebook([code("%load_ext autoreload\n%autoreload 0\n!ls data\nx = 1")])
    assert match(template, quiet).changes == ()
    assert "-%autoreload 2\n+%autoreload 0" in match(template, other).changes[0].diff


# What is a change.


@pytest.mark.parametrize(
    ("old", "new", "diff"),
    [
        ("num_train = 50", "num_train = 500", "-num_train = 50\n+num_train = 500"),
        ("num_train = 50\n", "", "-num_train = 50"),
        ("model = ", "print(learning_rate)\nmodel = ", "+print(learning_rate)"),
        ("    num_train,\n", "    num_train,\n    seed=1,\n", "+    seed=1,"),
        (")\nprint", "\nprint", "-)"),
    ],
    ids="value deleted-line print argument syntax".split(),
)
def test_a_changed_given_line_is_shown_and_put_back(old, new, diff):
    matched = handed_in(train=TRAIN.replace(old, new))
    assert put_back(matched, "train") == TRAIN
    (change,) = matched.changes
    assert (change.kind, change.index) == ("changed", NAMES.index("train"))
    assert diff in change.diff


def test_a_change_beside_a_place_leaves_the_place():
    source = TRAIN.replace("1e-4", "5e-3").replace("= Net(", "= 2 * Net(")
    assert executed(handed_in(train=source))["trained"] == [(1e-2, 5e-3, 50)]


def test_a_long_diff_is_cut():
    matched = handed_in(test=TEST + "\nprint()" * 300)
    assert len(matched.changes[0].diff.split("\n")) == 61
    assert matched.changes[0].diff.endswith("more lines")


# Cells that come, go, move and break.


@pytest.mark.parametrize("name", ["folder", "train", "best", "test"])
def test_a_deleted_code_cell_comes_back_in_its_place(name):
    matched = handed_in(**{name: []})
    assert sources(matched.restored) == sources(TEMPLATE)
    (change,) = matched.changes
    assert (change.kind, change.index) == ("deleted", NAMES.index(name))
    assert change.diff == "\n".join(f"-{line}" for line in CELLS[name].source.split("\n"))


def test_a_deleted_cell_comes_back_before_the_own_cells_that_took_its_place():
    matched = handed_in(train=[code("trained = 'by hand'")])
    assert [put_back(matched, "train"), "trained = 'by hand'"] == sources(matched.restored)[2:4]
    assert NAMES.index("train") not in matched.found
    assert (matched.found[3], matched.places[3]) == (3, 4)


def test_deleted_cells_come_back_before_all_others_too():
    matched = handed_in(title=[], folder=[], train=[])
    assert sources(matched.restored)[:3] == [FOLDER, TRAIN, QUESTION]


def test_deleted_text_is_no_change_and_stays_away():
    matched = handed_in(title=[], next=[])
    assert matched.changes == ()
    assert sources(matched.restored) == [FOLDER, TRAIN, QUESTION, BEST, TEST]


def test_own_cells_stay_where_they_are():
    own = [code("print(1)"), text("A note."), code("")]
    matched = handed_in(train=[own[0], CELLS["train"], own[1]], test=[CELLS["test"], own[2]])
    assert matched.changes == ()
    assert sources(matched.restored)[2:5] == ["print(1)", TRAIN, "A note."]
    assert sources(matched.restored)[-1] == ""
    assert matched.places == matched.found == dict(enumerate([0, 1, 3, 5, 6, 7, 8]))


def test_a_copy_of_a_given_cell_is_an_own_cell():
    tried = TRAIN.replace("num_train = 50", "num_train = 5")
    matched = handed_in(train=[code(tried), CELLS["train"], code(TRAIN)])
    assert matched.changes == ()
    assert sources(matched.restored)[2:5] == [tried, TRAIN, TRAIN]


def test_a_moved_cell_stays_where_it_was_moved():
    matched = handed_in(train=[], test=[CELLS["test"], CELLS["train"]])
    assert matched.changes == ()
    assert sources(matched.restored)[-2:] == [TEST, TRAIN]


@pytest.mark.parametrize("line", range(1, TRAIN.count("\n") + 1))
def test_a_cell_split_at_any_line_runs_once_with_its_values(line):
    lines = TRAIN.replace("1e-4", "5e-3").split("\n")
    halves = [code("\n".join(lines[:line])), code("\n".join(lines[line:]))]
    matched = handed_in(train=halves)
    assert matched.changes == ()
    assert executed(matched)["trained"] == [(1e-2, 5e-3, 50)]
    assert len(matched.restored.cells) == len(CELLS) + 1


def test_a_cell_split_in_three_is_one_again():
    lines = TRAIN.replace("1e-4", "5e-3").split("\n")
    for a, b in ((1, 3), (3, 5), (3, 6)):
        thirds = [code("\n".join(part)) for part in (lines[:a], lines[a:b], lines[b:])]
        assert executed(handed_in(train=thirds))["trained"] == [(1e-2, 5e-3, 50)]
    assert (
        handed_in(train=[code(lines[0]), code(lines[1]), code("\n".join(lines[2:]))]).changes == ()
    )


def test_merged_cells_are_two_again():
    solution = BEST.replace("\n\n", f"\n{SIXTY}\n")
    for names in (
        {"best": f"{solution}\n{TEST}", "test": []},
        {"best": [], "test": f"{solution}\n\n{TEST}"},
    ):
        matched = handed_in(**names)
        assert executed(matched)["best_model"] == 59
        assert sources(matched.restored)[-1] == TEST
        assert put_back(matched, "best").replace("\n\n", "\n") == solution
    matched = handed_in(folder=f"{FOLDER}\n{TRAIN.replace('1e-4', '5e-3')}", train=[])
    assert executed(matched)["trained"] == [(1e-2, 5e-3, 50)]
    assert len(matched.restored.cells) == len(CELLS)


def test_a_result_is_carried_by_its_cell():
    template = notebook(CELLS.values())
    template.cells[5].metadata["result"] = "best_model"
    matched = match(template, notebook([*CELLS.values(), code("1")]))
    assert [cell.metadata for cell in matched.restored.cells[5:]] == [
        {"result": "best_model"},
        {},
        {},
    ]


def test_cells_that_are_nearly_alike_are_told_apart():
    plots = [
        code(f"plt.subplot(2, 1, 1)\nplt.plot({what}.losses)\nplt.title('{what}')\nplt.show()")
        for what in ("sgd", "momentum", "adam")
    ]
    template, first, second, third = notebook(plots), *plots
    assert align(template.cells, [second, third]) == {1: 0, 2: 1}
    assert align(template.cells, [first, third]) == {0: 0, 2: 1}
    other = [code(plot.source.replace("losses", "loss_history")) for plot in plots]
    assert align(template.cells, other) == {0: 0, 1: 1, 2: 2}
    assert align(template.cells, [code("x"), *other[:2], plots[2]]) == {0: 1, 1: 2, 2: 3}


def test_where_cells_are_equally_alike_their_order_decides():
    first, other, second = code("plot(a)\nshow(1)\n"), code("middle()"), code("plot(a)\nshow(2)\n")
    changed = code("plot(a)\nshow(3)\n")
    assert align([first, other, second], [other, changed]) == {1: 0, 2: 1}
    assert align([first, other, second], [changed, other]) == {0: 0, 1: 1}


def test_a_changed_cell_is_known_in_other_quotes_too():
    changed = TEST.replace('"', "'").replace("no best_model yet", "none")
    assert [change.kind for change in handed_in(test=changed).changes] == ["changed"]


def test_short_cells_are_known_by_their_characters():
    short = code('solvers, sizes = run_experiments("layernorm")')
    changed = code('solvers, sizes = run_experiments("batchnorm")')
    template = notebook([*CELLS.values(), short])
    matched = match(template, notebook([*CELLS.values(), code("print(sizes)"), changed]))
    assert [change.kind for change in matched.changes] == ["changed"]
    assert sources(matched.restored)[-2:] == ["print(sizes)", short.source]


# Other notebooks, and monstrous ones.


def test_another_notebook_is_left_as_it_is():
    cells = [text("# Something else"), code("import torch"), code(TEST.replace("best", "my"))]
    matched = match(TEMPLATE, notebook(cells))
    assert matched.foreign
    assert sources(matched.restored) == sources(notebook(cells))
    assert (matched.changes, matched.places, matched.answers) == ((), {}, ("",))


def test_an_empty_notebook_is_another_one():
    matched = match(TEMPLATE, notebook([]))
    assert matched.foreign
    assert matched.restored.cells == []
    assert matched.answers == ("",)


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n" * 100_000,
        ")\n" * 100_000,
        "x" * 1_000_000,
        "-" * 100_000,
        "(" * 100_000,
        "\n" * 100_000,
        "num_train = 50\n" * 1_990,
        "num_train = 50\n" * 60_000,
        f"{QUESTION}\n" * 4_000,
        "x = [" + "[0]," * 100_000 + "]",
    ],
    ids=lambda source: f"{source[:4]!r}",
)
def test_a_monstrous_cell_is_an_own_cell(source):
    cells = {"train": [CELLS["train"], code(source)], "question": [CELLS["question"], text(source)]}
    started = time.process_time()
    matched = handed_in(**cells)
    assert time.process_time() - started < 2
    assert matched.changes == ()
    assert matched.restored.cells[3].source == source


def test_a_monstrous_given_cell_is_put_back():
    matched = handed_in(train=TRAIN + "\nprint(1)" * 100_000)
    assert put_back(matched, "train") == TRAIN


# The answers to inline questions.


@pytest.mark.parametrize(
    "cells",
    [
        [text(QUESTION.replace("[FILL THIS IN]", "The deep one."))],
        [text(f"{QUESTION}\n\nThe deep one.")],
        [text(QUESTION.replace("[FILL THIS IN]", "[FILL THIS IN] The deep one."))],
        [text(QUESTION.replace("### Answer", "").replace("[FILL THIS IN]", "The deep one."))],
        [text(QUESTION.replace("What shows it?", "What shows it?\n\nThe deep one."))],
        [text(f"The deep one.\n\n{QUESTION}")],
        [CELLS["question"], text("The deep one.")],
        [CELLS["question"], text(""), code(""), text("The deep one.")],
        [CELLS["question"], nbformat.v4.new_raw_cell("The deep one.")],
        [text("The deep one.")],
        [
            text(QUESTION.split("\n\n### Answer", maxsplit=1)[0]),
            text("### Answer\n\nThe deep one."),
        ],
    ],
    ids="in-place below-placeholder beside-placeholder without-heading in-the-question above "
    "own-cell later-cell raw-cell instead split".split(),
)
def test_an_answer_is_found_wherever_it_was_written(cells):
    assert handed_in(question=cells).answers == ("The deep one.",)


@pytest.mark.parametrize(
    "cells",
    [
        [],
        [CELLS["question"]],
        [CELLS["question"], code(""), text(" \n")],
        [text(QUESTION.replace("[FILL THIS IN]", ""))],
    ],
    ids="deleted placeholder empty-cells erased".split(),
)
def test_where_nothing_was_written_there_is_no_answer(cells):
    assert handed_in(question=cells).answers == ("",)


def test_an_answer_in_a_code_cell_is_shown_as_code():
    (answer,) = handed_in(
        question=[CELLS["question"], code("# The deep one:\nprint('```')")]
    ).answers
    assert answer == "````python\n# The deep one:\nprint('```')\n````"


def test_an_answer_in_several_cells_is_one():
    answer = [text(QUESTION.replace("[FILL THIS IN]", "First.")), code("1 + 1"), text("Last.")]
    assert handed_in(question=answer).answers == ("First.\n\n```python\n1 + 1\n```\n\nLast.",)


def test_an_answer_survives_when_its_cell_is_merged_with_the_next():
    merged = QUESTION.replace("[FILL THIS IN]", "The deep one.") + "\n\n" + CELLS["next"].source
    (answer,) = handed_in(question=[text(merged)], next=[]).answers
    assert answer.startswith("The deep one.")


def test_each_question_has_its_own_answer():
    other = "## Inline question 2\n\nWho\nsays so?\n\n### Answer\n\n[FILL THIS IN]"
    questions = [QUESTION, other]
    template = notebook([*CELLS.values(), *map(text, questions)])
    template.cells[NAMES.index("question")] = text("Read on.")
    own = [*template.cells[:-2], text(questions[0]), text("One."), text(questions[1]), text("Two.")]
    assert match(template, notebook(own)).answers == ("One.", "Two.")
    own[-4:] = [text("One."), text(questions[1].replace("[FILL THIS IN]", "Two."))]
    assert match(template, notebook(own)).answers == ("One.", "Two.")


def test_the_headings_of_an_answer_and_its_code_stay():
    written = "## Because\n\n```python\nx = 1\n\n# two\ny = 2\n```\n\n1. a\n2. b"
    assert handed_in(question=QUESTION.replace("[FILL THIS IN]", written)).answers == (written,)


# The notebooks of the course.


@functools.cache
def handed_out(name):
    return nbformat.read(ROOT / "student_template" / f"{name}.ipynb", as_version=4)


@functools.cache
def solved(name):
    text_of = (ROOT / "reference" / "notebooks" / f"{name}.py").read_text()
    return nbformat.reads(solved_notebook(text_of, name).decode(), as_version=4)


@pytest.mark.parametrize("name", COURSE)
def test_a_template_restores_to_itself(name):
    matched = match(handed_out(name), handed_out(name))
    assert (matched.changes, matched.foreign) == ((), False)
    assert sources(matched.restored) == sources(handed_out(name))
    assert set(matched.answers) <= {""}


@pytest.mark.parametrize("name", COURSE)
def test_a_solved_notebook_has_no_changes_and_keeps_its_solutions(name):
    matched = match(handed_out(name), solved(name))
    assert matched.changes == ()
    assert sources(matched.restored) == sources(solved(name))
    assert all(matched.answers)
    assert all("### Answer" not in answer for answer in matched.answers)


@pytest.mark.parametrize("name", COURSE)
def test_what_colab_and_editors_make_of_a_notebook_is_no_change(name):
    cells = [
        {
            "cell_type": cell.cell_type,
            "metadata": {"id": f"aB{index}", "colab": {"base_uri": "https://colab.example"}},
            "source": cell.source.replace("\n", "\r\n"),
            **({"outputs": [], "execution_count": index} if cell.cell_type == "code" else {}),
        }
        for index, cell in enumerate(solved(name).cells)
    ]
    saved = {"cells": cells, "metadata": {"colab": {}}, "nbformat": 4, "nbformat_minor": 0}
    matched = match(handed_out(name), read(json.dumps(saved).encode(), name))
    assert matched.changes == ()
    assert sources(matched.restored) == sources(solved(name))


@pytest.mark.parametrize("name", COURSE)
def test_cells_that_were_written_anew_by_a_formatter_are_no_change(name):
    made = notebook(solved(name).cells)
    for cell in made.cells:
        if cell.cell_type == "code" and not re.search("%|Experiment", cell.source):
            cell.source = ast.unparse(ast.parse(cell.source))
    matched = match(handed_out(name), made)
    assert matched.changes == ()
    for index, place in matched.places.items():
        cell = handed_out(name).cells[index]
        if all(part.given for part in parts(cell.source)):
            assert matched.restored.cells[place].source == cell.source


@pytest.mark.parametrize("name", COURSE)
def test_each_code_cell_is_put_right_when_it_is_deleted_or_changed(name):
    cells = solved(name).cells
    places = [index for index, cell in enumerate(cells) if cell.cell_type == "code"]
    for deleted, changed in zip(places, places[1:] + places[:1], strict=True):
        made = notebook(cells)
        made.cells[changed].source = f"print('so far')\n{cells[changed].source}"
        del made.cells[deleted]
        matched = match(handed_out(name), made)
        expected = {("deleted", deleted), ("changed", changed - (changed > deleted))}
        assert {(change.kind, change.index) for change in matched.changes} == expected
        expected = sources(solved(name))
        expected[deleted] = handed_out(name).cells[deleted].source
        assert sources(matched.restored) == expected


def test_a_learning_rate_of_a_given_cell_is_put_back():
    made = notebook(solved("Dropout").cells)
    (index,) = [i for i, cell in enumerate(made.cells) if "5e-4" in cell.source]
    made.cells[index].source = made.cells[index].source.replace("5e-4", "8e-6")
    matched = match(handed_out("Dropout"), made)
    assert "5e-4" in matched.restored.cells[index].source
    assert "8e-6" not in matched.restored.cells[index].source
    (change,) = matched.changes
    assert '-        optim_config={"learning_rate": 5e-4},' in change.diff
    assert '+        optim_config={"learning_rate": 8e-6},' in change.diff


def test_the_two_nets_to_overfit_keep_their_own_values():
    values = "weight_scale = {} # Experiment with this!\nlearning_rate = {} # Experiment with this!"
    made = notebook(handed_out("FullyConnectedNets").cells)
    places = [i for i, cell in enumerate(made.cells) if "# Experiment with this!" in cell.source]
    for place, new in zip(places, [(0.11, 0.12), (0.21, 0.22)], strict=True):
        lines = made.cells[place].source.split("\n")
        first = next(i for i, line in enumerate(lines) if "Experiment" in line)
        lines[first : first + 2] = values.format(*new).split("\n")
        made.cells[place].source = "\n".join(lines).replace("num_epochs=20", "num_epochs=200")
    made.cells[places[0] : places[0]] = [code("# tries\nfor weight_scale in [1, 2]:\n    pass")]
    matched = match(handed_out("FullyConnectedNets"), made)
    assert [change.index for change in matched.changes] == [places[0] + 1, places[1] + 1]
    for place, new in zip(places, ("0.11", "0.21"), strict=True):
        restored = matched.restored.cells[place + 1].source
        assert f"weight_scale = {new}" in restored
        assert "num_epochs=20," in restored
