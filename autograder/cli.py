"""The command line: verbs only. What a verb needs is imported when it runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from autograder import __version__
from autograder.errors import AutograderError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0 for a graded submission, whatever its score.

    Others: 1 below --min-score, 2 usage, 3 the submission cannot be read, 4 our own fault.
    """
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except AutograderError as error:
        print(f"autograder: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("autograder: interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        if options.debug:
            raise
        said = f"{type(error).__name__}: {error}"
        print(
            f"autograder: a fault of its own, not of the submission ({said}); "
            "run again with --debug and report what it prints",
            file=sys.stderr,
        )
        return 4


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograder",
        description="Grade work from a course that teaches neural networks from scratch.",
    )
    parser.add_argument("--version", action="version", version=f"autograder {__version__}")
    parser.add_argument("--debug", action="store_true", help="show tracebacks of our own faults")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    grade = verbs.add_parser("grade", help="grade one submission", description=_grade.__doc__)
    grade.add_argument(
        "submission",
        nargs="*",
        type=Path,
        help="a zip, a tar.gz, a folder, or the files layers.py optim.py fc_net.py [cnn.py …]",
    )
    grade.add_argument("--out", type=Path, metavar="DIR", help="also write DIR/report.json")
    grade.add_argument("--assignment", type=Path, metavar="FILE", help="an assignment.toml")
    grade.add_argument("--data", type=Path, metavar="PATH", help="real CIFAR-10: folder or archive")
    grade.add_argument(
        "--notebooks",
        choices=["skip", "saved", "run"],
        help="run them (as happens where there are any), only collect what is saved in them, "
        "or leave them out",
    )
    grade.add_argument(
        "--notebook-seconds",
        type=float,
        metavar="N",
        help="processor time for each notebook, in place of the assignment's",
    )
    grade.add_argument(
        "--format",
        action="append",
        choices=["terminal", "json", "html", "md", "junit", "gradescope"],
        help="print it so, or with --out write it; may be given several times",
    )
    grade.add_argument(
        "--audience",
        choices=["staff", "student"],
        default="staff",
        help="for students, hidden checks show no values",
    )
    grade.add_argument("--only", metavar="PATTERN", help="only checks whose name has this")
    grade.add_argument("--list", action="store_true", help="list the checks and their points")
    grade.add_argument("--min-score", type=float, metavar="POINTS", help="exit with 1 below this")
    grade.add_argument(
        "--require-isolation", action="store_true", help="refuse where protection is reduced"
    )
    grade.add_argument("-q", "--quiet", action="store_true", help="print the score alone")
    grade.set_defaults(run=_grade)

    doctor = verbs.add_parser(
        "doctor", help="the isolation of this machine", description=_doctor.__doc__
    )
    doctor.set_defaults(run=_doctor)

    audit = verbs.add_parser("audit", help="how good the checks are", description=_audit.__doc__)
    audit.add_argument("--only", default="", metavar="PATTERN", help="only entries that match")
    audit.add_argument("--assignment", type=Path, metavar="FILE", help="an assignment.toml")
    audit.add_argument(
        "--right",
        type=Path,
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="folders of right solutions, which must keep full marks",
    )
    audit.add_argument(
        "--all", action="store_true", help="every check on every entry, not its function's alone"
    )
    audit.add_argument("--json", type=Path, metavar="FILE", help="also write the result as JSON")
    audit.add_argument("--html", type=Path, metavar="FILE", help="also write it as a page")
    audit.add_argument("--jobs", type=int, default=0, metavar="N", help="processes; one per core")
    audit.set_defaults(run=_audit)

    init = verbs.add_parser("init", help="a course secret, points", description=_init.__doc__)
    init.add_argument("folder", nargs="?", type=Path, default=Path())
    init.set_defaults(run=_init)

    template = verbs.add_parser(
        "template", help="the student package", description=_template.__doc__
    )
    template.add_argument("action", choices=["build", "check"])
    template.add_argument("folder", nargs="?", type=Path, default=Path("student_template"))
    template.add_argument(
        "--release", type=Path, metavar="FILE.zip", help="with build: also write the hand-out"
    )
    template.set_defaults(run=_template)

    notebook = verbs.add_parser(
        "notebook", help="run notebooks, mark answers", description=_notebook.__doc__
    )
    actions = notebook.add_subparsers(required=True, metavar="ACTION", dest="action")
    run = actions.add_parser("run", help="run notebooks headless, as they are")
    run.add_argument("notebooks", nargs="+", type=Path, metavar="NB")
    run.add_argument("--out", type=Path, metavar="DIR", help="keep them as run: .ipynb and .html")
    run.add_argument("--files", type=Path, metavar="PATH", help="a submission to run them with")
    run.add_argument("--assignment", type=Path, metavar="FILE", help="an assignment.toml")
    run.add_argument("--data", type=Path, metavar="PATH", help="real CIFAR-10: folder or archive")
    answers = actions.add_parser("answers", help="collect answers of graded submissions")
    answers.add_argument("reports", nargs="+", type=Path, metavar="DIR", help="holds report.json")
    answers.add_argument("--out", type=Path, default=Path("answers"), metavar="DIR")
    marks = actions.add_parser("marks", help="enter the points of a filled-in marks.csv")
    marks.add_argument("marks", type=Path, metavar="CSV")
    marks.add_argument("reports", nargs="+", type=Path, metavar="DIR", help="holds report.json")
    notebook.set_defaults(run=_notebook)

    gradescope = verbs.add_parser(
        "gradescope", help="build, run, rehearse", description=_gradescope.__doc__
    )
    deeds = gradescope.add_subparsers(required=True, metavar="ACTION", dest="action")
    build = deeds.add_parser("build", help="make the zip to upload")
    build.add_argument("--assignment", type=Path, metavar="FILE", help="an assignment.toml")
    build.add_argument("-o", "--out", type=Path, default=Path("autograder.zip"), metavar="FILE.zip")
    build.add_argument(
        "--vendor-wheels", action="store_true", help="put all packages in: setup needs no network"
    )
    inside = deeds.add_parser("run", help="grade inside of the platform's container")
    inside.add_argument("--root", type=Path, default=Path("/autograder"), metavar="DIR")
    inside.add_argument("--seconds", type=float, default=600.0, help="the platform's time limit")
    rehearse = deeds.add_parser("rehearse", help="play the platform on this machine")
    rehearse.add_argument("bundle", type=Path, metavar="autograder.zip")
    rehearse.add_argument("submission", type=Path)
    rehearse.add_argument("--system", type=Path, metavar="DIR", help="a Debian root to run it in")
    rehearse.add_argument("--seconds", type=float, default=600.0, help="the platform's time limit")
    gradescope.set_defaults(run=_gradescope)
    return parser


def _grade(options: argparse.Namespace) -> int:
    """Run every check against one submission and say where points were lost."""
    from autograder.commands import grade  # noqa: PLC0415  --help does not pay for it

    return grade.run(options)


def _doctor(options: argparse.Namespace) -> int:
    """Say which layers keep student code away from everything else here, and what is missing."""
    from autograder.commands import doctor  # noqa: PLC0415  --help does not pay for it

    return doctor.run(options)


def _audit(options: argparse.Namespace) -> int:
    """Grade every known mistake, and right solutions, to see what the checks miss."""
    from autograder.commands import audit  # noqa: PLC0415  --help does not pay for it

    return audit.run(options)


def _init(options: argparse.Namespace) -> int:
    """Write the secret that seeds hidden inputs, and an assignment.toml to change."""
    from autograder.commands import init  # noqa: PLC0415  --help does not pay for it

    return init.run(options)


def _template(options: argparse.Namespace) -> int:
    """Generate the student package from the reference, or say whether a copy is stale."""
    from autograder.commands import template  # noqa: PLC0415  --help does not pay for it

    return template.run(options)


def _notebook(options: argparse.Namespace) -> int:
    """Run notebooks behind the fences, collect answers for marking, or enter their points."""
    from autograder.commands import notebook  # noqa: PLC0415  --help does not pay for it

    return notebook.run(options)


def _gradescope(options: argparse.Namespace) -> int:
    """Make the zip that Gradescope takes, run inside of it, or rehearse it here."""
    from autograder.commands import gradescope  # noqa: PLC0415  --help does not pay for it

    return gradescope.run(options)
