"""Inline questions on their way from notebooks to whoever marks them, and their points back."""

import copy
import csv
import io
import re

import nbformat
import pytest

from autograder.errors import UsageError
from autograder.models import (
    Answer,
    Assignment,
    Check,
    Isolation,
    Item,
    NotebookReport,
    Outcome,
    Question,
    Report,
    Status,
    Submission,
)
from autograder.notebooks.answers import code, collect, enter, read_marks, sheet
from autograder.reports import as_json

QUESTION = Question("dropout", "Dropout", code=10, notebook=5, inline=3, file="Dropout.ipynb")
OTHER = Question("cnn", "Convolutional networks", code=20)
RESULT = Item(id="r", title="t", function="f", topic="t", question="dropout", weight=1, points=5)


def template(*cells):
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_markdown_cell(source) for source in cells]
    return made


ASKED = template(
    "# Dropout", "## One\n\nWhy?\n\n[FILL THIS IN]", "Read on.", "Two?\n[FILL THIS IN]"
)


def report(*texts, name="jo", digest="0" * 64):
    """The report of a submission whose check and whose notebook earned a part of their points."""
    check = Check(
        **{
            field: getattr(RESULT, field)
            for field in "title function topic question weight".split()
        },
        id="c",
        points=10,
        after=(),
        inputs=None,
        body=None,
    )
    made = Report(
        Assignment("a2", (QUESTION, OTHER), (check,), (RESULT,)),
        Submission(name, digest, {}, {}),
        (Outcome(check, Status.PARTIAL, 0.7), Outcome(RESULT, Status.PASSED, 1.0)),
        Isolation("isolated"),
        notebooks=(
            NotebookReport("Dropout.ipynb", "dropout", answers=collect(ASKED, texts, QUESTION)),
        ),
    )
    return as_json.to_dict(made)


def filled(lines, points, comment=""):
    """The CSV with points for some lines: (code, question) -> points."""
    rows = list(csv.DictReader(io.StringIO(lines)))
    for row in rows:
        row["points"] = points.get((row["code"], int(row["question"])), "")
        row["comment"] = comment
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


# Collecting.


def test_each_question_of_the_template_has_an_answer():
    assert collect(ASKED, ["Because.", ""], QUESTION) == (
        Answer("dropout", "Dropout.ipynb", 1, "## One\n\nWhy?", "Because.", 1.5),
        Answer("dropout", "Dropout.ipynb", 2, "Two?", "", 1.5),
    )


def test_a_notebook_that_was_not_handed_in_has_empty_answers():
    assert [answer.text for answer in collect(ASKED, [], QUESTION)] == ["", ""]


def test_a_notebook_without_questions_has_no_answers():
    assert collect(template("# Only text"), [], QUESTION) == ()


def test_a_very_long_answer_is_cut():
    (answer, _) = collect(ASKED, ["x" * 1_000_000], QUESTION)
    assert answer.text == "x" * 20_000 + "\n\n…"


# Codes.


def test_a_code_tells_no_name_and_stays_the_same():
    first = report("a", "b", name="jo")
    assert re.fullmatch(r"s[0-9a-f]{8}", code(first))
    assert code(first) == code(report("a", "b", name="jo"))
    enter(first, [])
    assert code(first) == code(report("a", "b", name="jo"))


def test_a_spreadsheet_takes_no_code_for_a_number():
    for number in range(2_000):  # some are all digits or like 1e234567 behind their first letter
        with pytest.raises(ValueError, match="could not convert"):
            float(code(report(name=str(number))))


def test_submissions_that_differ_anywhere_have_codes_of_their_own():
    reports = [
        report("a", "b"),
        report("a", "c"),
        report("ab", ""),
        report("a", "b", name="al"),
        report("a", "b", digest="1" * 64),
    ]
    assert len(set(map(code, reports))) == len(reports)


# The sheet.


def test_the_sheet_has_a_line_for_each_answer_by_question_and_code():
    reports = [report("a", "b", name=name) for name in ("jo", "al", "mo")]
    lines = sheet(reports).splitlines()
    codes = sorted(map(code, reports))
    assert lines[0] == "code,notebook,question,points,maximum,comment"
    assert lines[1:] == [f"{who},Dropout.ipynb,{n},,1.5," for n in (1, 2) for who in codes]


def test_the_sheet_leaves_out_what_is_marked():
    one = report("a", "b")
    enter(one, read_marks(filled(sheet([one]), {(code(one), 2): "1"}), "marks.csv"))
    assert sheet([one]).splitlines()[1:] == [f"{code(one)},Dropout.ipynb,1,,1.5,"]


def test_no_answer_can_become_a_formula_of_a_spreadsheet():
    assert "=" not in sheet([report("=1+1", "@SUM(A1)", name="=jo")])


# Reading marks.

HEAD = "code,notebook,question,points,maximum,comment\n"


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}s1,N.ipynb,2,0.5,1.5,well done\n",
        f"{HEAD}s1,N.ipynb,2,0.5,1.5,well done\n".replace("\n", "\r\n"),
        f"{HEAD}s1,N.ipynb,2,0.5,1.5,well done\n".replace("\n", "\r"),
        f"{HEAD}s1,N.ipynb,2,0.5,1.5,well done\n".replace(",", ";"),
        f"{HEAD}s1,N.ipynb,2,0.5,1.5,well done\n".replace(",", "\t"),
        f'{HEAD}s1,N.ipynb,2,"0,5","1,5",well done\n',
        f"{HEAD};".replace(",", ";")[:-1] + "s1;N.ipynb;2;0,5;1,5;well done\n",
        f"{HEAD} S1 , N.ipynb , 2 , 0.5 ,1.5, well done \n",
        f"{HEAD}s1,N.ipynb,2,0.5,1.5,well done\ns2,N.ipynb,1,,1.5,\ns2,N.ipynb,2, ,1.5,later\n\n",
        f"{HEAD}s1,N.ipynb,2,0.5,1.5,well done\ns1,N.ipynb,2,0.5,1.5,well done\n",
        "points,question,code,notebook,comment,who\n0.5,2,s1,N.ipynb,well done,me\n",
    ],
    ids="unix windows mac semicolons tabs decimal-comma german spaces unmarked twice-the-same "
    "other-columns".split(),
)
def test_marks_are_read_however_a_spreadsheet_saves_them(text):
    (mark,) = read_marks(text, "marks.csv")
    assert (mark.code, mark.notebook, mark.number) == ("s1", "N.ipynb", 2)
    assert (mark.points, mark.comment) == (0.5, "well done")


def test_a_mark_needs_no_comment_and_may_have_a_long_one():
    assert read_marks("code,notebook,question,points\ns1,N.ipynb,1,1\n", "m")[0].comment == ""
    assert (
        read_marks(f'{HEAD}s1,N,1,1,2,"First,\n""second""."\n', "m")[0].comment
        == 'First,\n"second".'
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "marks.csv has no column code, notebook, points, question"),
        ("code,notebook,question\ns1,N.ipynb,1\n", "marks.csv has no column points"),
        (f"{HEAD}s1,N,1,good,2,\n", "marks.csv, line 2: question and points must be numbers"),
        (f"{HEAD}s1,N,,1,2,\n", "line 2: question and points must be numbers"),
        (f"{HEAD}s1,N,one,1,2,\n", "line 2: question and points must be numbers"),
        (f'{HEAD}s1,N,1,1,2,"a\nb"\ns1,N,2,x,2,\n', "line 4: question and points must be numbers"),
        (f"{HEAD}s1,N,1,1,2,\ns1,N,1,2,2,\n", "line 3: s1 has other points for this already"),
        (f"{HEAD}s1,N,1,1,2,{'x' * 200_000}\n", "marks.csv, line 2: field larger than field limit"),
    ],
    ids="empty no-points words no-question word-question line-of-file contradiction huge".split(),
)
def test_what_cannot_be_marks_is_refused(text, said):
    with pytest.raises(UsageError, match=re.escape(said)):
        read_marks(text, "marks.csv")


# Entering marks.


def test_marks_go_into_their_reports_and_the_sums():
    reports = [report("a", "b", name=name) for name in ("jo", "al")]
    jo, al = reports
    before = copy.deepcopy(al)
    points = {(code(jo), 1): "1.5", (code(jo), 2): "0.25"}
    marks = read_marks(filled(sheet(reports), points, "fine"), "marks.csv")
    assert [enter(one, marks) for one in reports] == [2, 0]
    assert [(a["points"], a["comment"]) for a in jo["answers"]] == [(1.5, "fine"), (0.25, "fine")]
    question = jo["questions"][0]
    assert (question["score"], jo["score"]) == (13.75, 13.75)  # 7 + 5 + 1.75
    assert (question["pending"], question["awaiting_marking"], question["not_run"]) == (0, 0, 0)
    assert (jo["graded_points"], jo["max_score"]) == (18, 38)
    assert al == before


def test_marks_may_come_one_by_one_and_be_corrected():
    one = report("a", "b")
    for points, score, pending in (({1: "1"}, 13, 1.5), ({2: "0.5"}, 13.5, 0), ({1: "0"}, 12.5, 0)):
        lines = HEAD + "".join(f"{code(one)},Dropout.ipynb,{n},{p},,\n" for n, p in points.items())
        assert enter(one, read_marks(lines, "marks.csv")) == 1
        assert (one["score"], one["questions"][0]["pending"]) == (score, pending)


def test_a_report_without_marks_keeps_its_sums():
    one = report("a", "b")
    before = copy.deepcopy(one)
    assert enter(one, []) == 0
    assert one == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Dropout.ipynb,3,1", "there is no Dropout.ipynb, question 3 of "),
        ("Other.ipynb,1,1", "there is no Other.ipynb, question 1 of "),
        ("Dropout.ipynb,1,1.6", ": 1.6 points of 1.5"),
        ("Dropout.ipynb,1,-1", ": -1 points of 1.5"),
        ("Dropout.ipynb,1,nan", ": nan points of 1.5"),
        ("Dropout.ipynb,1,inf", ": inf points of 1.5"),
    ],
)
def test_marks_for_nothing_or_beyond_the_maximum_are_refused(line, said):
    one = report("a", "b")
    with pytest.raises(UsageError, match=re.escape(said)):
        enter(one, read_marks(f"{HEAD}{code(one)},{line},,\n", "marks.csv"))
