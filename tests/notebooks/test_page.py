"""Pages show what students wrote and ran, and nothing on them is alive."""

import base64
import re
import time
from html.parser import HTMLParser

import nbformat
import pytest

from autograder.models import CellRun, CellStatus
from autograder.notebooks import page
from autograder.notebooks.answers import code as code_of

PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(60)).decode()
TAGS = """
    html head meta title style body section article h1 h2 h3 h4 h5 h6 p pre code span em strong br
    hr blockquote ol ul li table thead tbody tr th td img
"""
ATTRIBUTES = {
    *[("html", "lang"), ("meta", "charset"), ("meta", "name"), ("meta", "content")],
    *[("meta", "http-equiv"), ("p", "class"), ("pre", "class"), ("pre", "data-cell")],
    *[("span", "class"), ("code", "class"), ("img", "alt"), ("img", "src"), ("ol", "start")],
    *[("th", "style"), ("td", "style")],
}


class Reader(HTMLParser):
    """What a browser would make of a page: its text, its tags and its pictures."""

    def __init__(self, made):
        super().__init__(convert_charrefs=True)
        self.text, self.tags, self.pictures, self.open = "", [], [], []
        self.feed(made)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        assert tag in TAGS.split(), tag
        for name, value in attributes:
            assert (tag, name) in ATTRIBUTES, (tag, name, value)
            assert name != "style" or value.startswith("text-align:")
        self.tags.append(tag)
        if tag not in {"meta", "img", "br", "hr"}:
            self.open.append(tag)
        if tag == "img":
            self.pictures.append(dict(attributes)["src"])
            assert self.pictures[-1].startswith(
                ("data:image/png;base64,", "data:image/jpeg;base64,")
            )

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data


def shown(*cells, runs=()):
    """A notebook's page as it is read, which also asserts that nothing on it is alive."""
    return Reader(page.notebook("Dropout", cells, runs))


def code(source, *outputs):
    made = nbformat.v4.new_code_cell(source)
    made.outputs = [nbformat.from_dict(output) for output in outputs]
    return made


def text(source):
    return nbformat.v4.new_markdown_cell(source)


def stream(printed, name="stdout"):
    return {"output_type": "stream", "name": name, "text": printed}


def display(**data):
    return {
        "output_type": "display_data",
        "data": {k.replace("_", "/"): v for k, v in data.items()},
    }


# A notebook.


def test_a_notebook_is_shown_with_its_text_code_and_outputs():
    reader = shown(
        text("# Dropout\n\nIt is **regularization**."),
        code("x = [1, 2]\nprint(x)", stream("[1, 2]\n")),
        code("plot()", display(image_png=PICTURE, text_plain="<Figure>")),
        code("x", {"output_type": "execute_result", "data": {"text/plain": "[1, 2]"}}),
    )
    assert "It is regularization." in reader.text
    assert "x = [1, 2]\nprint(x)" in reader.text
    assert reader.text.count("\n[1, 2]\n") == 2
    assert reader.pictures == [f"data:image/png;base64,{PICTURE}"]
    assert "<Figure>" not in reader.text


def test_cells_have_the_numbers_that_messages_call_them_by():
    made = page.notebook("Dropout", [text("One"), code("two()"), text("Three"), code("four()")])
    assert re.findall(r"data-cell='(\d+)'>", made) == ["2", "4"]


def test_it_says_which_cells_did_not_run():
    runs = [
        CellRun(0, CellStatus.RAN),
        CellRun(1, CellStatus.ERRORED, "NameError: <b>x</b>"),
        CellRun(2, CellStatus.TIMED_OUT, "stopped after 90 seconds"),
        CellRun(3, CellStatus.DIED),
        CellRun(4, CellStatus.SKIPPED),
    ]
    found = shown(*[code(f"f({n})") for n in range(5)], runs=runs).text
    assert re.findall("This cell .*", found) == [
        "This cell ended in an error: NameError: <b>x</b>",
        "This cell was stopped: stopped after 90 seconds",
        "This cell ended the kernel",
        "This cell was not run",
    ]


def test_printing_that_came_in_pieces_is_one_output():
    pieces = [stream("a"), stream("b\n"), stream("c", "stderr"), stream("d")]
    assert shown(code("x", *pieces)).tags.count("pre") == 4


def test_a_terminals_colors_and_progress_bars_are_gone():
    traceback = [
        "\x1b[31m-----\x1b[0m",
        "\x1b[38;5;28;01mNameError\x1b[39;00m: x\x1b]8;;http://e\x07",
    ]
    reader = shown(
        code(
            "x",
            {"output_type": "error", "traceback": traceback},
            stream("1%\r50%\r100%\r\nend\r\n"),
        )
    )
    assert "-----\nNameError: x" in reader.text
    assert "100%\nend\n" in reader.text
    assert "50%" not in reader.text


def test_formulas_stay_as_they_were_written():
    formulas = [r"$\eta\, \nabla L$", r"$a_{i} * b_{i} * c_i$", "$$\na \\\\\nb < c \\{d\\}\n$$"]
    found = shown(text("\n\n".join(formulas) + "\n\nIt costs $5 *now*.")).text
    assert all(formula in found for formula in formulas)
    assert "It costs $5 now." in found


@pytest.mark.parametrize(
    "source", ["", " \n", "def f(:\n  'x", "!ls\n%cd $x", "é = '日本 🎉'", "\t\x0c", "if x:\r\n  y"]
)
def test_any_source_can_be_shown(source):
    assert "".join(source.split()) in "".join(shown(code(source)).text.split())


# Hostile content.

ALIVE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "</pre></code></p></article><script>alert(1)</script>",
    "</title><base href=//evil.example>",
    "</style><style>*{display:none}",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    '<iframe src="//evil.example">',
    "<details open ontoggle=alert(1)>",
    "\"><p onclick='x'>",
    "<b",
    "<!-- the rest is gone",
    "<![CDATA[ x ]]>",
    "<?php x ?>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](http://evil.example 'title')",
    "![x](http://evil.example/x.png)",
    "![x](data:text/html,<script>alert(1)</script>)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<http://evil.example>",
    "<javascript:alert(1)>",
    "<a@b.example>",
    "`<b>x</b>`",
    "$<b>x</b>$",
    "&lt;script&gt; &#x3c;b&#x3e;",
    "# <b>\n## [x](javascript:x)",
    "```<script>\nalert(1)\n```",
    '```" onload="x\n<b>\n```',
    "| <b> |\n|---|\n| <script> |",
]


@pytest.mark.parametrize("hostile", ALIVE)
def test_what_is_hostile_is_only_text(hostile):
    runs = [CellRun(1, CellStatus.ERRORED, hostile)]
    error = {"output_type": "error", "traceback": [hostile], "ename": hostile, "evalue": hostile}
    outputs = [stream(hostile), display(text_plain=hostile), error]
    cells = [text(hostile), code(hostile, *outputs), nbformat.v4.new_raw_cell(hostile)]
    first = hostile.partition("\n")[0]
    assert shown(*cells, runs=runs).text.count(first) >= 5
    assert Reader(page.notebook(hostile, [])).text.count(first) == 2
    Reader(page.answers("a2", [report(hostile, prompt=hostile, name=hostile)]))


def test_the_page_forbids_scripts_and_the_network_to_a_browser():
    made = page.notebook("Dropout", [])
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in made
    assert not re.search(r"https?:|//|@import|url\(", made)


def test_what_a_link_or_picture_points_to_can_be_read():
    found = shown(
        text("See [here](http://a.example) and ![this](http://b.example/x.png)\n\n[1]: c")
    ).text
    assert "[here](http://a.example) and ![this](http://b.example/x.png)" in found
    assert "[1]: c" in found


@pytest.mark.parametrize(
    "data",
    [
        {"image/svg+xml": "<svg onload='alert(1)'/>"},
        {"text/html": "<script>alert(1)</script>"},
        {"application/javascript": "alert(1)"},
        {"text/markdown": "![x](http://evil.example)"},
        {"application/vnd.plotly.v1+json": {"data": []}},
        {"image/png": "' onerror='alert(1)"},
        {"image/png": "no base64!"},
        {"image/png": "====="},
        {"image/png": "é" * 8},
        {"image/png": base64.b64encode(b"\0" * (9 << 20)).decode()},
        {"image/png": 5},
        {"image/png": None},
        {"image/png": {"a": "b"}},
        {"image/png": [1, 2]},
        {"image/gif": PICTURE},
    ],
    ids=lambda data: f"{data}"[:40],
)
def test_of_rich_outputs_that_are_no_picture_the_plain_text_is_shown(data):
    reader = shown(
        code("x", {"output_type": "display_data", "data": data | {"text/plain": "plain"}})
    )
    assert reader.pictures == []
    assert "plain" in reader.text
    assert "alert" not in reader.text


def test_base64_in_several_lines_is_a_picture():
    lines = [PICTURE[:40] + "\n", PICTURE[40:] + "\n"]
    for picture in ("".join(lines), lines):
        assert shown(code("x", display(image_png=picture))).pictures == [
            f"data:image/png;base64,{PICTURE}"
        ]


@pytest.mark.parametrize(
    "output",
    [
        {},
        {"output_type": "stream"},
        {"output_type": "stream", "text": 5},
        {"output_type": "stream", "text": [1, None, {"a": 2}]},
        {"output_type": "stream", "name": ["x"], "text": ["a"]},
        {"output_type": "error"},
        {"output_type": "error", "traceback": 3},
        {"output_type": "error", "traceback": [1, None, ["a"]]},
        {"output_type": "display_data"},
        {"output_type": "display_data", "data": "text"},
        {"output_type": "display_data", "data": {"text/plain": {"a": 1}}},
        {"output_type": "display_data", "data": {"text/plain": None}},
        {"output_type": ["x"], "data": 5},
    ],
    ids=str,
)
def test_outputs_of_odd_form_leave_a_sound_page(output):
    assert "after" in shown(code("x", output, stream("after", "stderr"))).text


def test_characters_that_html_cannot_hold_are_left_out():
    odd = "a\x00b\x08c\ud800d\x1b"
    made = page.notebook(
        odd, [text(odd), code(odd, stream(odd)), code("x", display(text_plain=odd))]
    )
    made.encode()
    assert Reader(made).text.count("abcd") == 6


# What is very long.


@pytest.mark.parametrize(
    "long",
    [
        "x" * 10_000_000,
        "<" * 10_000_000,
        "x\n" * 5_000_000,
        "\r" * 10_000_000,
        "\x1b]" * 5_000_000,
        "\x1b[" * 5_000_000,
    ],
    ids=lambda long: repr(long[:2]),
)
def test_of_ten_megabytes_of_output_the_beginning_is_shown(long):
    started = time.process_time()
    made = page.notebook("Dropout", [code("x", stream(long), display(text_plain=long))])
    assert len(made) < 2_000_000
    assert time.process_time() - started < 2


@pytest.mark.parametrize("piece", ["**a", "[", "![a](", "``a`", "> ", "$a", "a|b\n", "\n#", "f'{"])
def test_monstrous_text_and_code_take_little_time(piece):
    started = time.process_time()
    page.notebook("Dropout", [text(piece * 8_000), code(piece * 8_000)])
    assert time.process_time() - started < 3


def test_of_a_thousand_outputs_the_first_are_shown():
    reader = shown(code("x", *[display(text_plain=f"number {n}\n") for n in range(1000)]))
    assert "number 199\n" in reader.text
    assert "number 200\n" not in reader.text
    assert "… 800 more outputs" in reader.text


# The answers of a class.


def report(*texts, name="jo", prompt="Why?", points=None):
    answers = [
        {
            "question": "dropout",
            "notebook": "Dropout.ipynb",
            "number": number,
            "prompt": prompt,
            "text": written,
            "maximum": 1.5,
            "points": points,
            "comment": "",
        }
        for number, written in enumerate(texts, 1)
    ]
    return {"submission": {"name": name, "digest": "0" * 64}, "answers": answers}


def test_answers_are_shown_question_by_question_under_their_codes():
    reports = [
        report("First of jo.", "", name="jo"),
        report("First of al.", "Second of al.", name="al"),
    ]
    found = Reader(page.answers("a2: answers", reports)).text
    order = ["Dropout.ipynb, question 1", "Worth 1.5", "Why?", "Dropout.ipynb, question 2", "Why?"]
    assert re.findall("|".join(map(re.escape, order)), found) == [*order[:4], "Worth 1.5", "Why?"]
    for one in reports:
        assert found.count(code_of(one)) == 2
    assert found.index("First of jo.") < found.index("question 2") < found.index("Second of al.")
    assert found.index("Nothing was written.") > found.index("question 2")


def test_answers_tell_nobodys_name():
    made = page.answers("a2: answers", [report("Because.", name="Jo Doe")])
    assert "Jo" not in made
    assert "0" * 64 not in made


def test_points_are_shown_once_there_are_any():
    assert ": 0.5 points" in Reader(page.answers("a2", [report("x", points=0.5)])).text
    assert "points" not in Reader(page.answers("a2", [report("x")])).text


def test_headings_of_questions_and_answers_are_no_headings_of_the_page():
    made = page.answers(
        "a2", [report("# Because\n\n```python\n# a comment\n```", prompt="## Why?")]
    )
    reader = Reader(made)
    assert [tag for tag in reader.tags if re.fullmatch(r"h\d", tag)] == ["h1", "h2", "h3"]
    assert '<p class="heading">Because</p>' in made
    assert "# a comment" in reader.text


def test_reports_without_answers_make_an_empty_page():
    assert "a2" in Reader(page.answers("a2", [{"submission": {}}, {"answers": []}])).text
