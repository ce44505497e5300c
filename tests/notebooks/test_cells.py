"""Notebooks made from percent text: complete for students, free of solutions, always the same."""

import functools
import json
import re
from pathlib import Path

import nbformat
import pytest

from autograder.errors import GraderError
from autograder.template.cells import PLACEHOLDER, solved_notebook, student_notebook

ROOT = Path(__file__).parents[2]
COURSE = sorted(path.stem for path in (ROOT / "reference" / "notebooks").glob("*.py"))

TEXT = '''# %% [markdown]
# # A notebook
#
# With a formula, $x \\, y$, and **words**.

# %%
# Setup.
import numpy as np

# %matplotlib inline


def error(x, y):
    """An error."""
    return np.max(np.abs(x - y))


# %% result="small"
### BEGIN SOLUTION
learning_rate = 3e-3  # Experiment with this!
### END SOLUTION
### BEGIN STUDENT
# learning_rate = 1e-4  # Experiment with this!
### END STUDENT
train(learning_rate)

# %% result="best"
best_model = None
### BEGIN SOLUTION
# TODO: Train the best model that you can.
# Store it in best_model.
for rate in [1e-3, 1e-2]:
    best_model = train(rate)
### END SOLUTION

# %%
if best_model is None:
    ### BEGIN SOLUTION
    # TODO: say so.
    complain_loudly()
    ### END SOLUTION
    pass

# %% [markdown]
# ## Inline question 1
#
# Why?
#
# ### BEGIN SOLUTION
# Because of the model answer.
# ### END SOLUTION
'''


def cells_of(made):
    return nbformat.reads(made.decode(), as_version=4).cells


def student(text=TEXT):
    return cells_of(student_notebook(text, "notebooks/X.py"))


def solved(text=TEXT):
    return cells_of(solved_notebook(text, "notebooks/X.py"))


# The student's notebook.


def test_text_and_given_code_are_as_they_were_written():
    title, setup, *_ = student()
    assert (title.cell_type, setup.cell_type) == ("markdown", "code")
    assert title.source == "# A notebook\n\nWith a formula, $x \\, y$, and **words**."
    assert setup.source.startswith(
        "# Setup.\nimport numpy as np\n\n%matplotlib inline\n\n\ndef error("
    )
    assert setup.source.endswith("return np.max(np.abs(x - y))")


def test_a_region_without_a_task_vanishes_and_a_students_line_stands_instead():
    assert (
        student()[2].source == "learning_rate = 1e-4  # Experiment with this!\ntrain(learning_rate)"
    )


def test_a_region_with_a_task_leaves_its_place():
    lines = student()[3].source.split("\n")
    assert lines[0] == "best_model = None"
    assert lines[2:5] == [
        "# TODO: Train the best model that you can.",
        "# Store it in best_model.",
        "",
    ]
    assert ["START OF YOUR CODE" in lines[1], "END OF YOUR CODE" in lines[5]] == [True, True]
    assert len(lines) == 6


def test_a_place_is_indented_as_its_region():
    lines = student()[4].source.split("\n")
    assert all(line.startswith("    ") for line in lines[1:] if line)
    assert "complain_loudly" not in student()[4].source


def test_a_model_answer_becomes_a_placeholder():
    assert student()[5].source == f"## Inline question 1\n\nWhy?\n\n{PLACEHOLDER}"


def test_names_of_results_are_kept():
    assert [cell.metadata.get("result") for cell in student()] == [
        None,
        None,
        "small",
        "best",
        None,
        None,
    ]


def test_no_marker_survives():
    for made in (student_notebook(TEXT, "x"), solved_notebook(TEXT, "x")):
        assert not re.search("### (BEGIN|END)", made.decode())


# The solved one.


def test_a_solution_stands_between_the_lines_that_mark_its_place():
    lines = solved()[3].source.split("\n")
    assert ["START OF YOUR CODE" in lines[1], "END OF YOUR CODE" in lines[-1]] == [True, True]
    assert lines[4:-1] == ["for rate in [1e-3, 1e-2]:", "    best_model = train(rate)"]


def test_the_solved_notebook_has_the_solutions_values_and_answers():
    assert (
        solved()[2].source == "learning_rate = 3e-3  # Experiment with this!\ntrain(learning_rate)"
    )
    assert solved()[5].source.endswith("Why?\n\nBecause of the model answer.")


# Stability.


def test_the_same_text_makes_the_same_bytes():
    for build in (student_notebook, solved_notebook):
        assert build(TEXT, "x") == build(TEXT, "x")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("learning_rate = 3e-3", "learning_rate = 4e-3"),
        ("for rate in [1e-3, 1e-2]:", "for rate in [1e-3]:\n    # better"),
        ("    complain_loudly()\n", ""),
        ("Because of the model answer.", "Because of another one."),
    ],
)
def test_a_changed_solution_changes_nothing_for_students(old, new):
    assert old in TEXT
    assert student_notebook(TEXT.replace(old, new), "x") == student_notebook(TEXT, "x")
    assert solved_notebook(TEXT.replace(old, new), "x") != solved_notebook(TEXT, "x")


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("**words**", "words", 0),
        ("import numpy as np", "import numpy", 1),
        ("1e-4  # Experiment", "1e-5  # Experiment", 2),
        ("# Store it in best_model.", "# Store it.", 3),
        ("# Why?", "# How?", 5),
    ],
)
def test_a_changed_given_line_changes_its_cell_only(old, new, changed):
    before, after = student(), student(TEXT.replace(old, new))
    assert [a.id == b.id for a, b in zip(before, after, strict=True)] == [
        i != changed for i in range(6)
    ]
    assert [a == b for a, b in zip(before, after, strict=True)] == [i != changed for i in range(6)]


def test_a_new_cell_leaves_the_ids_of_the_others():
    added = TEXT.replace('# %% result="best"', "# %%\nprint('new')\n\n# %% result=\"best\"")
    ids = [cell.id for cell in student(added)]
    assert [cell.id for cell in student()] == ids[:3] + ids[4:]


def test_equal_cells_have_ids_of_their_own():
    made = student("# %%\nplot()\n\n# %%\nplot()\n\n# %%\nplot()\n")
    assert len({cell.id for cell in made}) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# %%\n### BEGIN SOLUTION\nx = 1\n", "X.py, cell 1, line 1: BEGIN SOLUTION has no END"),
        ("# %%\nx\n\n# %%\n### END SOLUTION\n", "X.py, cell 2, line 1: END SOLUTION without"),
        ("# %%\n### BEGIN STUDENT\nx = 1\n### END STUDENT\n", "X.py, cell 1: 'x = 1' in a STUDENT"),
    ],
    ids="open closed code".split(),
)
def test_broken_markers_name_file_and_cell(text, said):
    for build in (student_notebook, solved_notebook):
        if build is student_notebook or "STUDENT" not in text:
            with pytest.raises(GraderError, match=re.escape(said)):
                build(text, "X.py")


# The notebooks of the course.


@functools.cache
def text_of(name):
    return (ROOT / "reference" / "notebooks" / f"{name}.py").read_text()


def lines_of(made):
    return [line.strip() for cell in cells_of(made) for line in cell.source.split("\n")]


@pytest.mark.parametrize("name", COURSE)
def test_the_committed_notebooks_are_built_from_the_reference(name):
    built = student_notebook(text_of(name), name)
    assert built == (ROOT / "student_template" / f"{name}.ipynb").read_bytes()
    assert built == student_notebook(text_of(name), name)


@pytest.mark.parametrize("name", COURSE)
def test_no_line_of_a_solution_reaches_students(name):
    region = re.compile(
        r"^(?:# )?### BEGIN SOLUTION\n(.*?)^(?:# )?### END SOLUTION\n", re.DOTALL | re.MULTILINE
    )
    given = {line.removeprefix("# ").strip() for line in region.sub("", text_of(name)).split("\n")}
    task = re.compile(r"# TODO.*\n(#.*\n)*")
    solutions = [task.sub("", found) for found in region.findall(text_of(name))]
    lines = [line.removeprefix("# ").strip() for part in solutions for line in part.split("\n")]
    lines = [line for line in lines if len(line) > 20 and line not in given]
    assert bool(lines) == ("BEGIN SOLUTION" in text_of(name))
    built = lines_of(student_notebook(text_of(name), name))
    assert [line for line in lines if line in built] == []
    built = lines_of(solved_notebook(text_of(name), name))
    assert [line for line in lines if line not in built] == []


@pytest.mark.parametrize("name", COURSE)
def test_notebooks_are_handed_out_without_outputs(name):
    made = json.loads(student_notebook(text_of(name), name))
    code = [cell for cell in made["cells"] if cell["cell_type"] == "code"]
    assert all((cell["outputs"], cell["execution_count"]) == ([], None) for cell in code)
    assert made["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
    }
