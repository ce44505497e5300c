"""Notebooks in a graded submission: what they earn, what they cost, and whom they cannot fool."""

import functools
import json
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from autograder import grading, intake
from autograder.models import CellStatus, NotebookLimits, Status, Submission
from autograder.notebooks import grade as notebooks
from autograder.reports import as_json, terminal
from autograder.secret import PUBLIC
from autograder.template import cells

ROOT = Path(__file__).parents[2]
NAMES = "FullyConnectedNets BatchNormalization Dropout ConvolutionalNetworks".split()
SPOILED = ROOT / "tests" / "submissions" / "notebooks"
BRIEF = NotebookLimits(cell_seconds=3, notebook_seconds=20, memory_mb=700, output_kb=64)


@functools.cache
def source(name, *, solved):
    """A notebook as a student who has solved everything hands it in, or as it is handed out."""
    text = (ROOT / "reference" / "notebooks" / f"{name}.py").read_text()
    make = cells.solved_notebook if solved else cells.student_notebook
    return make(text, name)


def submission(files, **notebooks):
    named = {f"{name}.ipynb": content for name, content in notebooks.items()}
    return Submission("jo", "0" * 64, files, {}, named)


@pytest.fixture(scope="session")
def solved_files():
    homes = intake.EDITABLE.values()
    return {home: (ROOT / home.replace("cs231n", "reference")).read_bytes() for home in homes}


@pytest.fixture
def judged(roster):
    """judged(submission, limits=…, changed=…) -> Report of its notebooks and of one check."""

    def judge(handed_in, mode="run", limits=BRIEF, **settings):
        settings = replace(roster.notebooks, limits=limits, **settings)
        return grading.grade(
            handed_in,
            replace(roster, notebooks=settings),
            PUBLIC,
            only="relu_forward.values",
            notebooks=mode,
        )

    return judge


def edited(content, edit):
    """A notebook's bytes after edit(its cells)."""
    notebook = nbformat.reads(content.decode(), as_version=4)
    edit(notebook.cells)
    return nbformat.writes(notebook).encode()


def earned(report):
    return {
        o.check.id.rpartition(".")[2]: o for o in report.outcomes if ".ipynb" in o.check.function
    }


# The whole of it.


@pytest.fixture(scope="session")
def whole(roster, solved_files):
    """The solved assignment with its four notebooks, as it is graded by default."""
    kept = {}
    report = grading.grade(
        submission(solved_files, **{name: source(name, solved=True) for name in NAMES}),
        roster,
        PUBLIC,
        only="relu_forward.values",
        notebooks="run",
        keep=lambda name, notebook, runs: kept.update({name: (notebook, runs)}),
    )
    return report, kept


def test_the_solved_notebooks_earn_everything(whole):
    report, kept = whole
    assert [o.message for o in report.outcomes if o.status is not Status.PASSED] == []
    assert sum(o.score for o in earned(report).values()) == pytest.approx(10)
    assert [n.name for n in report.notebooks] == [f"{name}.ipynb" for name in NAMES]
    for notebook in report.notebooks:
        assert [cell for cell in notebook.cells if cell.status is not CellStatus.RAN] == []
        assert notebook.changes == ()
        assert notebook.review == ()
    assert sorted(kept) == sorted(NAMES)
    assert any("image/png" in str(c.get("outputs")) for c in kept["Dropout"][0].cells)


def test_every_bar_has_room_below_the_solved_notebooks(whole, roster):
    report, _ = whole
    for name, outcome in earned(report).items():
        least = min(v for key, v in outcome.measures.items() if key.startswith("accuracy"))
        assert least >= roster.notebooks.accuracy[name] + 0.02


def test_written_answers_are_collected_and_await_marking(whole, roster):
    report, _ = whole
    assert [(a.notebook, a.number) for a in report.answers] == [
        *(("FullyConnectedNets.ipynb", i) for i in (1, 2)),
        *(("BatchNormalization.ipynb", i) for i in (1, 2, 3, 4)),
        *(("Dropout.ipynb", i) for i in (1, 2, 3)),
    ]
    assert all(len(answer.text) > 50 for answer in report.answers)
    by_id = {question.id: question for question in roster.questions}
    assert report.pending(by_id["normalization"]) == 3
    told = as_json.to_dict(report)["questions"]
    assert [q["awaiting_marking"] for q in told] == [2, 3, 1, 0, 0]
    assert [q["not_run"] for q in told] == [0, 0, 0, 0, 10]


def test_the_report_tells_of_notebooks(whole):
    text = terminal.render(whole[0])
    assert "Written answers: 9 of 9; 6 points await marking." in text
    assert "BatchNormalization.ipynb: 20 of 20 cells ran" in text


def test_the_notebooks_as_handed_out_earn_nothing_and_break_nothing(judged):
    report = judged(
        submission({}, **{name: source(name, solved=False) for name in NAMES}),
        limits=NotebookLimits(),
    )
    outcomes = earned(report)
    assert len(outcomes) == 10
    assert {o.credit for o in outcomes.values()} == {0}
    assert {o.status for o in outcomes.values()} <= {Status.MISSING, Status.FAILED}
    assert outcomes["deep_batchnorm"].message == "FullyConnectedNet is not implemented yet"
    assert not report.needs_regrade
    assert not any(answer.text for answer in report.answers)
    assert all(notebook.changes == () for notebook in report.notebooks)


# Modes.


def test_saved_notebooks_are_collected_and_not_run(judged, solved_files):
    content = source("Dropout", solved=True)
    report = judged(submission(solved_files, Dropout=content), mode="saved")
    dropout = report.notebooks[2]
    assert dropout.cells == ()
    assert len(dropout.answers) == 3
    assert dropout.answers[0].text
    assert earned(report) == {}
    told = as_json.to_dict(report)["questions"][2]
    assert (told["pending"], told["not_run"], told["awaiting_marking"]) == (2, 1, 1)


def test_skipped_notebooks_stay_pending(judged, solved_files):
    report = judged(submission(solved_files, Dropout=b"not even read"), mode="skip")
    assert report.notebooks == ()
    assert as_json.to_dict(report)["questions"][2]["pending"] == 2


def test_a_notebook_that_is_not_there_is_missing(judged):
    report = judged(submission({}))
    assert {o.status for o in earned(report).values()} == {Status.MISSING}
    assert report.notebooks[0].trouble == "FullyConnectedNets.ipynb is not in the upload"


@pytest.mark.parametrize(
    "name", ["Dropout (1).ipynb", "Copy of Dropout.ipynb", "dropout.ipynb", "Dropout-Copy1.ipynb"]
)
def test_a_renamed_notebook_is_found(judged, name):
    content = source("Dropout", solved=False)
    report = judged(Submission("jo", "0" * 64, {}, {}, {name: content}), mode="saved")
    assert report.notebooks[2].trouble == ""
    assert f"{name} was taken as Dropout.ipynb" in report.notebooks[2].notes


# Given cells.


def change_the_learning_rate(cells):
    cell = next(c for c in cells if "5e-4" in c.source and c.cell_type == "code")
    cell.source = cell.source.replace("5e-4", "8e-6")


def test_a_changed_learning_rate_is_shown_put_back_and_costs_what_the_course_says(
    judged, solved_files
):
    content = edited(source("Dropout", solved=True), change_the_learning_rate)
    report = judged(
        submission(solved_files, Dropout=content),
        limits=NotebookLimits(),
        changed="lose",
        changed_loss=0.25,
    )
    (change,) = report.notebooks[2].changes
    assert change.kind == "changed"
    minus, plus = (line for line in change.diff.splitlines() if line[0] in "-+")
    assert "5e-4" in minus
    assert "8e-6" in plus
    outcome = earned(report)["without_dropout"]
    assert outcome.measures["accuracy"] > 0.9  # with 8e-6 it would be far below
    assert (outcome.status, outcome.credit) == (Status.PARTIAL, 0.75)
    assert "1 given cell was changed" in outcome.message
    assert "8e-6" in terminal.render(report)


def test_a_course_may_ask_for_a_review_of_changed_cells(judged):
    content = edited(source("Dropout", solved=False), change_the_learning_rate)
    report = judged(submission({}, Dropout=content), changed="review")
    assert report.review == ("Dropout.ipynb: given cells were changed or deleted",)


def test_where_putting_back_breaks_a_notebook_both_runs_are_kept_and_a_human_is_asked(
    roster, judged
):
    def edit(cells):
        setup = next(c for c in cells if c.source.startswith("# Setup"))
        setup.source += "\nfavourite = 7"
        cells.insert(cells.index(setup) + 1, nbformat.v4.new_code_cell("print(favourite)"))

    kept = {}
    content = edited(source("Dropout", solved=False), edit)
    settings = replace(roster.notebooks, limits=BRIEF)
    report = grading.grade(
        submission({}, Dropout=content),
        replace(roster, notebooks=settings),
        PUBLIC,
        only="relu_forward.values",
        notebooks="run",
        keep=lambda name, notebook, _runs: kept.update({name: notebook}),
    )
    assert set(kept) == {"Dropout", "Dropout.as-handed-in"}
    (why,) = report.review
    assert "with its given cells put back" in why
    assert "as handed in" in why


def test_a_best_model_trained_in_an_own_cell_below_its_place_counts(judged, solved_files):
    def edit(cells):
        place = next(c for c in cells if c.source.startswith("best_model = None"))
        cells.insert(cells.index(place) + 1, nbformat.v4.new_code_cell("best_model = model"))
        place.source = next(
            c.source for c in handed_out.cells if c.source.startswith("best_model = None")
        )
        for cell in list(cells):  # what trains otherwise takes its time
            if "sgd_momentum" in cell.source or "rmsprop" in cell.source:
                cells.remove(cell)

    handed_out = nbformat.reads(source("FullyConnectedNets", solved=False).decode(), as_version=4)
    content = edited(source("FullyConnectedNets", solved=True), edit)
    report = judged(submission(solved_files, FullyConnectedNets=content))
    message = earned(report)["best_model"].message
    assert "is right on" in message  # a net was read back, though a poor one


# Spoiled notebooks: small folders, each with a Dropout.ipynb of a few cells.

EXPECTED = {
    "asks-for-input": "it asks for input, and nobody is there to give any",
    "ends-its-kernel": "the kernel ended in this cell",
    "endless-loop": "stopped after 3 seconds of processor time",
    "endless-print": "stopped: it printed more than 1 MB",
    "fills-memory": "stopped: it used more than 700 MB of memory",
    "interactive-widgets": "ModuleNotFoundError: No module named 'ipywidgets'",
}


@pytest.mark.parametrize("defect", sorted(EXPECTED))
def test_a_spoiled_cell_costs_itself_and_is_named(judged, defect):
    handed_in = intake.read_submission([SPOILED / defect])
    report = judged(handed_in)
    dropout = report.notebooks[2]
    bad = [cell.message for cell in dropout.cells if cell.status is not CellStatus.RAN]
    assert bad == [EXPECTED[defect]]
    assert dropout.cells[-1].status is CellStatus.RAN
    assert not report.needs_regrade
    assert report.outcomes[0].status is Status.MISSING  # the code is judged all the same


UNREADABLE = {
    "empty-file": "Dropout.ipynb is empty",
    "invalid-json": "Dropout.ipynb is not valid JSON",
    "marks-of-a-merge": "it holds the marks of a merge",
}


@pytest.mark.parametrize("defect", sorted(UNREADABLE))
def test_an_unreadable_notebook_gets_one_sentence_and_a_report(judged, defect):
    report = judged(intake.read_submission([SPOILED / defect]))
    assert UNREADABLE[defect] in report.notebooks[2].trouble
    assert "\n" not in report.notebooks[2].trouble
    assert earned(report)["with_dropout"].status is Status.FAILED
    assert json.loads(as_json.render(report))["notebooks"][2]["trouble"]


@pytest.mark.parametrize("defect", ["no-kernel", "renamed-kernel", "old-format"])
def test_odd_but_readable_notebooks_run(judged, defect):
    report = judged(intake.read_submission([SPOILED / defect]))
    assert [cell.status for cell in report.notebooks[2].cells] == [CellStatus.RAN] * 2


# Results are what the nets can do.

FORGED = {
    "claims-to-be-right": "could not be read back",
    "scores-of-another-net": "are not those of its parameters",
    "not-a-net": "not one of FullyConnectedNet, ThreeLayerConvNet",
    "parameters-of-any-shape": "params",
    "writes-the-file-itself": "could not be read back",
    "answers-with-a-link": "could not be read back",
}


@pytest.mark.parametrize("defect", sorted(FORGED))
def test_a_forged_result_earns_nothing(judged, defect):
    report = judged(intake.read_submission([SPOILED / defect]))
    outcome = earned(report)["best_model"]
    assert outcome.credit == 0
    assert outcome.status is not Status.BROKEN
    assert FORGED[defect] in outcome.message


@pytest.mark.parametrize("place", ["execute", "match"])
def test_our_own_fault_is_no_zero_and_costs_the_code_nothing(judged, monkeypatch, place):
    def fails(*_args, **_options):
        raise OSError("no more processes")

    monkeypatch.setattr(notebooks, place, fails)
    report = judged(submission({}, Dropout=source("Dropout", solved=False)))
    assert earned(report)["with_dropout"].status is Status.BROKEN
    assert report.needs_regrade
    assert report.outcomes[0].status is Status.MISSING
