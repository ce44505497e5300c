"""The student's package, made from the solved assignment and nothing else.

`reference/X` becomes `student_template/cs231n/X`, path for path, without its solutions
(`regions`); `reference/notebooks/X.py` becomes `X.ipynb` at the root (`cells`); what lies in
`reference/handout/` is copied as it is. A test holds the committed package to this, so it cannot
drift from what is graded.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from autograder.errors import GraderError
from autograder.template import cells
from autograder.template.regions import student_source

__all__ = ["FILES", "build", "release", "stale", "student_source", "write"]

REFERENCE = Path(__file__).parents[2] / "reference"
PACKAGE = "cs231n"
# What students get. The Cython and GPU paths of the reference stay with the course.
FILES = (
    "__init__.py",
    "classifiers/__init__.py",
    "classifiers/cnn.py",
    "classifiers/fc_net.py",
    "data_utils.py",
    "devices.py",
    "fast_layers.py",
    "gradient_check.py",
    "layer_utils.py",
    "layers.py",
    "optim.py",
    "solver.py",
    "vis_utils.py",
)
# The reference says of itself that it is the solution; the starter is something else.
OWN = {
    "__init__.py": '"""The assignment: layers, optimizers, nets to write, and what runs them."""\n'
}
# What running the package leaves in it, and the data that it fetches.
LEFT_BEHIND = ("__pycache__", ".ipynb_checkpoints", "datasets/cifar-10")
RELEASED = (2026, 1, 1, 0, 0, 0)  # a fixed date, so that the same package is the same archive


def build(reference: Path = REFERENCE) -> dict[str, bytes]:
    """The whole package, path -> content; the same bytes every time.

    Raises:
        GraderError: a file is missing, its markers do not pair up, or the result is no Python.
    """
    built = {}
    for name in FILES:
        try:
            source = (reference / name).read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise GraderError(f"the reference has no {name}, which the starter needs") from error
        made = student_source(source, f"{reference.name}/{name}")
        built[f"{PACKAGE}/{name}"] = OWN.get(name, made).encode()
    for path in sorted((reference / "notebooks").glob("*.py")):
        where = f"{reference.name}/notebooks/{path.name}"
        built[f"{path.stem}.ipynb"] = cells.student_notebook(path.read_text("utf-8"), where)
    built |= _files(reference / "handout")
    if reference == REFERENCE:  # the numbers of right code, where this is the code that is right
        from autograder.template import cases  # noqa: PLC0415  runs the reference

        built["public_cases.json"] = cases.public_cases()
    return dict(sorted(built.items()))


def write(folder: Path, reference: Path = REFERENCE) -> None:
    """Write the package below a folder; files that do not belong to it are left alone."""
    for name, content in build(reference).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def stale(folder: Path, reference: Path = REFERENCE) -> list[str]:
    """The paths below a folder that differ from what `write` would put there, sorted."""
    fresh = build(reference)
    present = _files(folder)
    return sorted(n for n in fresh.keys() | present.keys() if fresh.get(n) != present.get(n))


def release(reference: Path = REFERENCE, top: str = "assignment") -> bytes:
    """The hand-out: a zip with the package in one folder; the same bytes every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in build(reference).items():
            entry = zipfile.ZipInfo(f"{top}/{name}", RELEASED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def _files(folder: Path) -> Mapping[str, bytes]:
    """Every file below a folder but what running it leaves there; line ends as Unix has them."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not any(part in name for part in LEFT_BEHIND):
            found[name] = path.read_bytes().replace(b"\r\n", b"\n")
    return found
