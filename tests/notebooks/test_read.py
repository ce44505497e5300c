"""Any file that calls itself a notebook is read, or refused in one sentence."""

import json
import re
import time
from pathlib import Path

import nbformat
import pytest

from autograder.notebooks.read import NotebookError, read

ROOT = Path(__file__).parents[2]


def written(cells, **more):
    saved = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | more
    return json.dumps(saved).encode()


def code(source, outputs=()):
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": list(outputs)}
    return cell | {"source": source}


def stream(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


def cells_of(content):
    return [(cell.cell_type, cell.source) for cell in read(content, "Dropout.ipynb").cells]


def outputs_of(*outputs):
    (cell,) = read(written([code("x", outputs)]), "Dropout.ipynb").cells
    return cell.outputs


# What can be read.


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("student_template/*.ipynb")), ids=lambda p: p.stem
)
def test_the_notebooks_of_the_course_are_read_as_they_are(path):
    handed_out = nbformat.read(path, as_version=4)
    assert cells_of(path.read_bytes()) == [(c.cell_type, c.source) for c in handed_out.cells]


def test_ids_and_metadata_of_colab_do_not_matter():
    cell = code("x = 1") | {"metadata": {"id": "aBc", "outputId": 1, "result": "best_model"}}
    content = written([cell], nbformat_minor=0, metadata={"colab": {"name": "x"}})
    (found,) = read(content, "Dropout.ipynb").cells
    assert (found.source, found.metadata) == ("x = 1", {})


@pytest.mark.parametrize(
    "content",
    [
        written([code("a\nb")]),
        written([code(["a\n", "b"])]),
        written([code("a\r\nb")]),
        written([code(["a\r\n", "b"])]),
        b"\xef\xbb\xbf" + written([code("a\nb")]),
        written([code("a\nb")]).decode().encode("utf-16"),
        written([code("a\nb")], nbformat="4"),
        b"\n" + written([code("a\nb")]) + b"\r\n",
    ],
    ids="string lines crlf crlf-lines bom utf-16 odd-version blank-ends".split(),
)
def test_a_source_is_read_however_it_was_saved(content):
    assert cells_of(content) == [("code", "a\nb")]


def test_all_of_unicode_is_read_but_halves_of_characters():
    assert cells_of(written([code("ω = '日本 🎉\u2028'")])) == [("code", "ω = '日本 🎉\u2028'")]
    (found,) = cells_of(b'{"cells": [{"cell_type": "code", "source": "x\\ud83d"}]}')
    assert found == ("code", "x?")


def test_a_notebook_of_2014_is_read():
    old = [
        {"cell_type": "heading", "level": 2, "source": "Title", "metadata": {}},
        {"cell_type": "markdown", "source": ["a\n", "b"], "metadata": {}},
        {
            "cell_type": "code",
            "input": ["x = 1\n", "x"],
            "language": "python",
            "metadata": {},
            "outputs": [
                {"output_type": "stream", "stream": "stdout", "text": "hello\n"},
                {"output_type": "pyout", "prompt_number": 1, "text": "1", "metadata": {}},
            ],
            "prompt_number": 1,
        },
    ]
    saved = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}}
    content = json.dumps(saved | {"worksheets": [{"cells": old, "metadata": {}}]}).encode()
    assert cells_of(content) == [
        ("markdown", "## Title"),
        ("markdown", "a\nb"),
        ("code", "x = 1\nx"),
    ]
    outputs = read(content, "Dropout.ipynb").cells[2].outputs
    assert [outputs[0].text, outputs[1].data["text/plain"]] == ["hello\n", "1"]


def test_cells_of_odd_form_keep_their_places():
    odd = [3, None, {}, {"cell_type": "code"}, {"cell_type": ["code"], "source": "a"}]
    odd += [{"cell_type": "heading", "source": "b"}, {"cell_type": "markdown", "source": {"c": 1}}]
    odd += [{"cell_type": "code", "source": ["d", 5, None, "e"], "outputs": "f"}]
    assert cells_of(written(odd)) == [
        *[("raw", "")] * 3,
        ("code", ""),
        ("raw", "a"),
        ("raw", "b"),
        ("markdown", ""),
        ("code", "de"),
    ]


def test_an_empty_notebook_has_no_cells():
    assert cells_of(written([])) == []


def test_a_picture_within_text_leaves_the_text():
    answer = "See ![sketch.png](data:image/png;base64,iVBORw0KGgo=) above."
    cell = {"cell_type": "markdown", "metadata": {}, "source": answer}
    assert cells_of(written([cell])) == [("markdown", "See ![sketch.png](embedded picture) above.")]
    assert cells_of(written([code(answer)])) == [("code", answer)]


# Outputs.


def test_outputs_are_kept_in_plain_forms():
    found = outputs_of(
        stream(["one\n", "two\n"]),
        {"output_type": "stream", "name": "stderr", "text": "three"},
        {"output_type": "execute_result", "data": {"text/plain": ["4"], "text/html": "<b>4</b>"}},
        {"output_type": "display_data", "data": {"image/png": "aGk=\n"}, "metadata": {"x": 1}},
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["a", "b"]},
    )
    assert [dict(output) for output in found] == [
        {"output_type": "stream", "name": "stdout", "text": "one\ntwo\n"},
        {"output_type": "stream", "name": "stderr", "text": "three"},
        {"output_type": "display_data", "data": {"text/plain": "4"}, "metadata": {}},
        {"output_type": "display_data", "data": {"image/png": "aGk=\n"}, "metadata": {}},
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["a", "b"]},
    ]


@pytest.mark.parametrize(
    "output",
    [
        5,
        None,
        [],
        {},
        {"output_type": "update_display_data"},
        {"output_type": ["stream"]},
        {"output_type": "stream"},
        {"output_type": "stream", "name": {"a": 1}, "text": 7},
        {"output_type": "display_data"},
        {"output_type": "display_data", "data": ["text/plain"]},
        {"output_type": "display_data", "data": {"text/plain": {"a": float("nan")}}},
        {"output_type": "execute_result", "data": {"image/png": [1, None]}},
        {"output_type": "error"},
        {"output_type": "error", "ename": 1, "evalue": [2], "traceback": "text"},
        {"output_type": "error", "traceback": [1, {"a": 2}]},
    ],
    ids=str,
)
def test_outputs_of_odd_form_leave_a_valid_notebook(output):
    found = read(written([code("x", [output, stream("kept")])]), "Dropout.ipynb")
    nbformat.validate(found)
    assert found.cells[0].outputs[-1].text == "kept"
    json.dumps(found, allow_nan=False).encode()


def test_deeply_nested_outputs_do_no_harm():
    deep = '{"output_type": "display_data", "data": ' + "[" * 900 + "]" * 900 + "}"
    content = written([code("x", [])]).replace(b'"outputs": []', f'"outputs": [{deep}]'.encode())
    assert cells_of(content) == [("code", "x")]


def test_of_a_large_notebook_short_outputs_are_kept():
    cells = [code("a", [stream("x" * (40 << 20))]), code(["b\n", "c"], [stream("short")])]
    content = written(cells)
    started = time.process_time()
    found = read(content, "Dropout.ipynb")
    assert time.process_time() - started < 2
    assert [(cell.source, cell.outputs) for cell in found.cells] == [
        ("a", []),
        ("b\nc", [nbformat.from_dict(stream("short"))]),
    ]


def test_numbers_that_json_does_not_know_are_read_past():
    more = {"metadata": {"a": float("nan"), "b": float("-inf"), "c": "NaN"}}
    cells = [code("x = NaN  # 'NaN', \"Infinity\"", [stream("small")])]
    padding = {"padding": "x" * (17 << 20)}
    for content in (written(cells, **more), b"\xef\xbb\xbf" + written(cells, **more, **padding)):
        assert cells_of(content) == [("code", "x = NaN  # 'NaN', \"Infinity\"")]


# What cannot be read.

CONFLICT = b'<<<<<<< HEAD\n"x"\n=======\n"y"\n>>>>>>> other\n'
REFUSED = {
    "empty": (b"", "is empty: open it in Jupyter"),
    "blank": (b" \n\t\n", "is empty"),
    "python": (b"print('hello')\n", "is not valid JSON"),
    "cut": (written([code("x")])[:-20], "is not valid JSON"),
    "picture": (b"\x89PNG\r\n\x1a\n\x00\xff", "is not valid JSON"),
    "merge": (CONFLICT, "is not valid JSON: it holds the marks of a merge"),
    "merge-within": (
        written([code("x")]).replace(b'"x"', CONFLICT),
        "is not valid JSON: it holds the marks of a merge",
    ),
    "deep": (b"[" * 100_000, "is not "),
    "deep-within": (b'{"cells": [], "x": ' + b"[" * 100_000, "is not valid JSON"),
    "list": (b"[]", "is not a notebook"),
    "number": (b"42", "is not a notebook"),
    "null": (b"null", "is not a notebook"),
    "string": (b'"{}"', "is not a notebook"),
    "no-cells": (b"{}", "has no cells"),
    "null-cells": (b'{"cells": null}', "has no cells"),
    "many-cells": (written([code("x")] * 1001), "has 1,001 cells, more than the 1,000 allowed"),
    "much-code": (written([code("x" * 900_000)] * 5), "has 4,500,000 characters of code"),
}
REFUSED_WHEN_SMALL = {
    "cells-object": (b'{"cells": {"a": 1}}', "has no cells"),
    "old-odd-cell": (b'{"worksheets": [{"cells": [3]}], "nbformat": 3}', "has an old format"),
    "old-odd-sheets": (b'{"worksheets": "x", "nbformat": 3}', "has an old format"),
    "old-no-version": (b'{"worksheets": [{}]}', "has an old format"),
}
REFUSED_WHEN_LARGE = {
    **{name: REFUSED[name] for name in "blank merge-within list no-cells many-cells".split()},
    "cells-object": (b'{"cells": {"a": 1}}', "is not a notebook"),
    "odd-source": (written([code(5)]), "is not a notebook"),
    "old": (b'{"worksheets": [], "nbformat": 3}', "has no cells"),
}


def refusal(content):
    with pytest.raises(NotebookError) as refused:
        read(content, "Dropout.ipynb")
    message = str(refused.value)
    assert re.fullmatch(r"[^\n]{1,300}", message)
    return message


@pytest.mark.parametrize(
    ("content", "said"), (small := REFUSED | REFUSED_WHEN_SMALL).values(), ids=small
)
def test_what_is_no_notebook_is_refused_in_one_sentence(content, said):
    assert refusal(content).startswith(f"Dropout.ipynb {said}")


@pytest.mark.parametrize(("content", "said"), REFUSED_WHEN_LARGE.values(), ids=REFUSED_WHEN_LARGE)
def test_what_is_large_and_no_notebook_is_refused_too(content, said):
    assert refusal(content + b" " * (17 << 20)).startswith(f"Dropout.ipynb {said}".split(":")[0])


def test_a_very_long_cell_is_cut():
    ((_, source),) = cells_of(written([code("#" * (3 << 20))]))
    assert source == "#" * (1 << 20)
