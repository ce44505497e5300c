"""The starter: complete, free of solutions, up to date."""

import ast
import re
from pathlib import Path

import pytest

from autograder import template
from autograder.errors import GraderError

ROOT = Path(__file__).parents[2]

SOLVED = '''"""Layers; the reference for students."""
# ruff: noqa: F403  star imports

import numpy as np  # noqa: F401  students need it


def affine_forward(x, w, b):
    """Affine layer."""
    ### BEGIN SOLUTION
    # TODO: compute the output of the affine layer.
    # Flatten x first.

    # The flattening is a view.
    out = x.reshape(len(x), -1) @ w + b
    ### END SOLUTION
    return out, (x, w, b)


def dropout(x, mode):
    """Dropout."""
    if mode == "train":
        ### BEGIN SOLUTION
        out = x * secret_of_training
        ### END SOLUTION
    else:
        ### BEGIN SOLUTION
        # TODO: the test-time pass
        out = x
        ### END SOLUTION
    return out


class Net:
    """A net."""

    def __init__(self, sizes):
        self.params = {}
        ### BEGIN SOLUTION
        # TODO: initialise
        self.params["W1"] = np.zeros(sizes)
        ### END SOLUTION

    def loss(self, X):
        """Loss."""
        ### BEGIN SOLUTION
        # TODO: forward
        def helper(value):
            return value + 1

        return helper(X)
        ### END SOLUTION


### BEGIN SOLUTION
# TODO: place helpers of your own here.
def _private_helper_of_the_solution(x):
    return x
### END SOLUTION


### BEGIN SOLUTION
_TABLE_OF_THE_SOLUTION = {1: 2}
### END SOLUTION

### BEGIN STUDENT
# from ..layers import *
#
# if True:
#     GIVEN = 1
### END STUDENT
'''


@pytest.fixture
def made():
    return template.student_source(SOLVED, "reference/layers.py")


def stub(name, *task, indent="    "):
    lines = [
        "############################  START OF YOUR CODE  ############################",
        *task,
        f'raise NotImplementedError("{name} is not implemented yet")',
        "#############################  END OF YOUR CODE  #############################",
    ]
    return "".join(f"{indent}{line}\n" for line in lines)


def test_a_region_in_a_function_becomes_a_stub_with_its_task(made):
    task = ("# TODO: compute the output of the affine layer.", "# Flatten x first.")
    assert stub("affine_forward", *task) + "    return out, (x, w, b)\n" in made


def test_a_region_keeps_the_indentation_of_its_branch(made):
    assert '    if mode == "train":\n' + stub("dropout", indent=" " * 8) in made
    assert "    else:\n" + stub("dropout", "# TODO: the test-time pass", indent=" " * 8) in made


def test_a_constructor_is_named_after_its_class(made):
    assert "self.params = {}\n" + stub("Net", "# TODO: initialise", indent=" " * 8) in made


def test_a_method_is_named_with_its_class_even_around_nested_functions(made):
    assert stub("Net.loss", "# TODO: forward", indent=" " * 8) in made
    assert "helper(value)" not in made


def test_a_region_at_module_level_leaves_only_a_place_for_its_task(made):
    place = stub("x", "# TODO: place helpers of your own here.", indent="").splitlines()
    del place[2]
    assert "\n".join(place) in made
    assert "THE_SOLUTION" not in made.upper()
    assert "\n\n\n\n" not in made


def test_student_lines_are_uncommented(made):
    assert made.endswith("from ..layers import *\n\nif True:\n    GIVEN = 1\n")


def test_remarks_to_linters_are_removed(made):
    assert made.startswith('"""Layers; the reference for students."""\n\nimport numpy as np\n')


def test_no_marker_survives(made):
    assert "BEGIN SOLUTION" not in made
    assert "### END" not in made
    assert "STUDENT" not in made


def test_the_result_is_python_and_stubs_raise(made):
    scope = {}
    exec(compile(made[: made.index("from ..layers")], "layers.py", "exec"), scope)
    with pytest.raises(NotImplementedError, match="affine_forward is not implemented yet"):
        scope["affine_forward"](1, 2, 3)
    with pytest.raises(NotImplementedError, match="Net is not implemented yet"):
        scope["Net"]((1,))


def test_a_file_without_regions_is_unchanged():
    given = '"""Given."""\n\nX = 1\n'
    assert template.student_source(given, "reference/solver.py") == given


def test_an_empty_file_stays_empty():
    assert template.student_source("", "reference/__init__.py") == ""


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("x = 1\n### BEGIN SOLUTION\n", 2, "has no END"),
        ("### END SOLUTION\n", 1, "without its BEGIN"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION\n", 2, "inside of BEGIN"),
        ("### BEGIN STUDENT\n### END SOLUTION\n", 2, "END SOLUTION without its BEGIN"),
        ("### BEGIN SOLUTION\n### END SOLUTION\n### END SOLUTION\n", 3, "without its BEGIN"),
        ("x = (\n", 1, "never closed"),
        ("def f():\n    pass\n### BEGIN STUDENT\n# )\n### END STUDENT\n", 3, "unmatched"),
    ],
    ids="open close nested mixed twice syntax student-syntax".split(),
)
def test_broken_markers_name_file_and_line(source, line, said):
    with pytest.raises(GraderError, match=rf"reference/layers\.py, line {line}:.*{said}"):
        template.student_source(source, "reference/layers.py")


def test_code_in_a_student_region_is_refused():
    source = "### BEGIN STUDENT\nx = 1\n### END STUDENT\n"
    with pytest.raises(GraderError, match="is not a comment"):
        template.student_source(source, "reference/layers.py")


def solved_course(folder):
    for name in template.FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(SOLVED if name == "layers.py" else f"# {name}\n")
    return folder


def test_the_starter_mirrors_the_reference_path_for_path(tmp_path):
    reference = solved_course(tmp_path / "reference")
    built = template.build(reference)
    assert built["cs231n/classifiers/fc_net.py"] == b"# classifiers/fc_net.py\n"
    assert built["cs231n/layers.py"] == template.student_source(SOLVED, "layers.py").encode()
    assert set(built) == {f"cs231n/{name}" for name in template.FILES}
    assert template.build(reference) == built


def test_a_missing_reference_file_is_named(tmp_path):
    reference = solved_course(tmp_path / "reference")
    (reference / "optim.py").unlink()
    with pytest.raises(GraderError, match=r"no optim\.py"):
        template.build(reference)


def test_stale_names_changed_missing_and_surplus_files(tmp_path):
    reference, folder = solved_course(tmp_path / "reference"), tmp_path / "student"
    template.write(folder, reference)
    assert template.stale(folder, reference) == []
    (folder / "cs231n/layers.py").write_text("changed\n")
    (folder / "cs231n/optim.py").unlink()
    (folder / "cs231n/surplus.py").write_text("")
    crlf = (folder / "cs231n/solver.py").read_bytes().replace(b"\n", b"\r\n")
    (folder / "cs231n/solver.py").write_bytes(crlf)
    expected = ["cs231n/layers.py", "cs231n/optim.py", "cs231n/surplus.py"]
    assert template.stale(folder, reference) == expected


# The real thing.


def test_the_committed_starter_is_up_to_date():
    assert template.stale(ROOT / "student_template") == []


@pytest.mark.parametrize("name", template.FILES)
def test_the_starter_imports_nothing_of_the_reference(name):
    tree = ast.parse(template.build()[f"cs231n/{name}"])
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level or not (node.module or "").startswith("reference")
        if isinstance(node, ast.Import):
            assert not any(alias.name.startswith("reference") for alias in node.names)


@pytest.mark.parametrize("name", template.FILES)
def test_no_line_of_a_solution_survives(name):
    source = (ROOT / "reference" / name).read_text()
    regions = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", source, re.DOTALL)
    given = re.sub(r"### BEGIN SOLUTION\n.*?### END SOLUTION", "", source, flags=re.DOTALL)
    given = given.replace("# ", "")  # STUDENT regions are given, too
    made = {line.strip() for line in template.build()[f"cs231n/{name}"].decode().splitlines()}
    survivors = []
    for region in regions:
        task = re.match(r"\s*# TODO.*\n(\s*#.*\n)*", region)
        solution = region[task.end() if task else 0 :].splitlines()
        survivors += [line for line in map(str.strip, solution) if len(line) > 20 and line in made]
    assert [line for line in survivors if line not in given] == []


def test_every_function_of_the_assignment_is_a_stub():
    built = template.build()
    stubs = re.findall(
        r'raise NotImplementedError\("([\w.]+) is not',
        "".join(built[f"cs231n/{name}"].decode() for name in template.FILES),
    )
    expected = """
        affine_forward affine_backward relu_forward relu_backward softmax_loss
        batchnorm_forward batchnorm_backward batchnorm_backward_alt
        layernorm_forward layernorm_backward dropout_forward dropout_backward
        conv_forward_naive conv_backward_naive max_pool_forward_naive max_pool_backward_naive
        spatial_batchnorm_forward spatial_batchnorm_backward
        spatial_groupnorm_forward spatial_groupnorm_backward
        sgd_momentum rmsprop adam
        FullyConnectedNet FullyConnectedNet.loss ThreeLayerConvNet ThreeLayerConvNet.loss
    """
    assert set(stubs) == set(expected.split())
