"""Intake: every honest upload is read, every hostile one is a sentence, nothing is written."""

import gzip
import hashlib
import io
import os
import random
import socket
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from autograder import intake
from autograder.errors import SubmissionError
from autograder.intake import EDITABLE, read_submission, starter_files, workspace_files

MEGABYTE = 1 << 20
LAYERS = b"def affine_forward(x, w, b):\n    return x @ w + b, None\n"
OPTIM = b"def sgd(w, dw, config=None):\n    return w, config\n"
WORK = {
    "cs231n/layers.py": LAYERS,
    "cs231n/optim.py": OPTIM,
    "cs231n/layer_utils.py": b"# utils\n",
    "cs231n/classifiers/fc_net.py": b"# fc_net\n",
    "cs231n/classifiers/cnn.py": b"# cnn\n",
}


def zipped(path, files):
    """A zip with the files, in their order; names may repeat."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, content)
    return path


def tarred(path, files, mode="w:gz"):
    """A tar with the files; in place of content there may be a TarInfo's fields."""
    with tarfile.open(path, mode) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            info = tarfile.TarInfo(name)
            if isinstance(content, dict):
                for field, value in content.items():
                    setattr(info, field, value)
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return path


def folder(path, files):
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    path.mkdir(exist_ok=True)
    return path


def nested(files):
    buffer = io.BytesIO()
    zipped(buffer, files)
    return buffer.getvalue()


def notes(submission):
    return "\n".join(submission.notes)


def read(*paths, **options):
    return read_submission(paths, **options)


def refusal(*paths):
    with pytest.raises(SubmissionError) as caught:
        read(*paths)
    message = str(caught.value)
    assert "\n" not in message
    assert message == message.encode("utf-8", "replace").decode()
    return message


@pytest.fixture(autouse=True)
def _nothing_is_written(tmp_path, monkeypatch):
    """Whatever a test lets intake read, the world looks the same afterwards."""
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    yield
    assert list(elsewhere.iterdir()) == []
    assert not (tmp_path.parent / "layers.py").exists()


# What honest students hand in.


@pytest.mark.parametrize("prefix", ["", "a2/", "hw/My Assignment 2/", "übung 2/"])
@pytest.mark.parametrize("pack", [zipped, tarred, folder])
def test_files_are_found_under_wrapping_folders(tmp_path, pack, prefix):
    files = {prefix + home: content for home, content in WORK.items()}
    name = {zipped: "hw.zip", tarred: "hw.tar.gz", folder: "hw"}[pack]
    submission = read(pack(tmp_path / name, files))
    assert submission.files == WORK
    assert submission.origins["cs231n/layers.py"] == prefix + "cs231n/layers.py"
    assert submission.name == "hw"
    assert submission.notes == ()


@pytest.mark.parametrize(
    ("name", "mode"), [("a.tar", "w:"), ("a.tgz", "w:gz"), ("a.zip", "w:gz"), ("a", "w:")]
)
def test_a_tar_is_recognised_by_its_content(tmp_path, name, mode):
    assert read(tarred(tmp_path / name, WORK, mode)).files == WORK


@pytest.mark.parametrize("style", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_style_of_tar_is_read(tmp_path, style):
    deep = "a rather long folder name for an assignment/" * 3 + "cs231n/layers.py"
    with tarfile.open(tmp_path / "a.tar", "w", format=style) as archive:
        info = tarfile.TarInfo(deep)
        info.size = len(LAYERS)
        archive.addfile(info, io.BytesIO(LAYERS))
    assert read(tmp_path / "a.tar").origins == {"cs231n/layers.py": deep}


def test_bare_files(tmp_path):
    files = {home.rpartition("/")[2]: content for home, content in WORK.items()}
    alice = folder(tmp_path / "alice", files)
    submission = read(*(alice / name for name in files))
    assert submission.files == WORK
    assert submission.name == "alice"


def test_one_bare_file_in_a_hidden_folder_is_meant(tmp_path):
    folder(tmp_path / ".hidden", {"layers.py": LAYERS})
    assert read(tmp_path / ".hidden" / "layers.py").files == {"cs231n/layers.py": LAYERS}


def test_bare_files_of_the_same_name_tell_their_places(tmp_path):
    folder(tmp_path, {"a/cs231n/layers.py": LAYERS, "old/layers.py": b"old"})
    submission = read(tmp_path / "old/layers.py", tmp_path / "a/cs231n/layers.py")
    assert submission.files["cs231n/layers.py"] == LAYERS
    assert "a/cs231n/layers.py was used and not" in notes(submission)


def test_a_name_can_be_given(tmp_path):
    assert read(zipped(tmp_path / "a.zip", WORK), name="alice").name == "alice"


@pytest.mark.parametrize(
    "noise",
    [
        "__MACOSX/cs231n/._layers.py",
        "__MACOSX/cs231n/layers.py",
        "cs231n/._layers.py",
        "cs231n/__pycache__/layers.py",
        "cs231n/.ipynb_checkpoints/layers.py",
        ".git/layers.py",
        ".venv/lib/layers.py",
        "env/lib/python3.11/site-packages/keras/layers.py",
    ],
)
@pytest.mark.parametrize("pack", [zipped, tarred, folder])
def test_noise_is_no_candidate(tmp_path, pack, noise):
    submission = read(pack(tmp_path / "upload", {noise: b"noise", **WORK}))
    assert submission.files == WORK
    assert submission.notes == ()


def test_noise_folders_on_disk_are_not_even_listed(tmp_path, monkeypatch):
    monkeypatch.setattr("autograder.intake.scan.MAX_ENTRIES", 10)
    objects = {f".git/objects/{i}": b"" for i in range(20)}
    assert read(folder(tmp_path / "hw", WORK | objects)).files == WORK


def test_missing_files_are_noted_and_come_from_the_starter(tmp_path):
    submission = read(zipped(tmp_path / "a.zip", {"layers.py": LAYERS}))
    assert list(submission.files) == ["cs231n/layers.py"]
    assert "cnn.py is not in the upload: the starter's copy is used instead" in submission.notes
    workspace = workspace_files(submission)
    assert workspace["cs231n/layers.py"] == LAYERS
    cnn = "cs231n/classifiers/cnn.py"
    assert workspace[cnn] == starter_files()[cnn]


def test_notebooks_are_collected_by_name(tmp_path):
    files = {
        "Dropout.ipynb": b"{}",
        "sub/BatchNormalization.ipynb": b"{1}",
        ".ipynb_checkpoints/Dropout-checkpoint.ipynb": b"{2}",
        "backup/Dropout.ipynb": b"{3}",
    }
    submission = read(zipped(tmp_path / "a.zip", WORK | files))
    assert submission.notebooks == {"Dropout.ipynb": b"{}", "BatchNormalization.ipynb": b"{1}"}
    assert "Dropout.ipynb was used and not backup/Dropout.ipynb" in notes(submission)


def test_crlf_and_odd_bytes_are_kept(tmp_path):
    content = b"# \xe9\r\nx = 1\r\n"
    submission = read(zipped(tmp_path / "a.zip", {"layers.py": content}))
    assert submission.files["cs231n/layers.py"] == content


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_and_32_become_utf_8(tmp_path, encoding):
    text = "\ufeff# µ\n" if encoding[-2:] in ("le", "be") else "# µ\n"
    submission = read(zipped(tmp_path / "a.zip", {"layers.py": text.encode(encoding)}))
    assert submission.files["cs231n/layers.py"] == "# µ\n".encode()
    assert "layers.py was saved as UTF-16" in notes(submission)


def test_broken_utf_16_is_kept_and_nul_bytes_are_told(tmp_path):
    content = b"\xff\xfex\0\0"
    submission = read(zipped(tmp_path / "a.zip", {"layers.py": content}))
    assert submission.files["cs231n/layers.py"] == content
    assert "NUL bytes" in notes(submission)


# Which of several files is taken.


@pytest.mark.parametrize(
    ("taken", "left", "why"),
    [
        ("cs231n/layers.py", "layers.py", "where the starter has it"),
        ("z/hw/cs231n/layers.py", "hw/layers.py", "where the starter has it"),
        ("a2/cs231n/layers.py", "x/a2/cs231n/layers.py", "further up"),
        ("a2/cs231n/layers.py", "a1/a2/cs231n/layers.py", "further up"),
        ("hw/v2/cs231n/layers.py", "backup/cs231n/layers.py", "old copy"),
        ("hw/layers.py", "hw copy/cs231n/layers.py", "old copy"),
        ("v1/layers.py", "v2/layers.py", "alphabet"),
        ("deep/er/layers.py", "cs231n/Layers.py", "exact name"),
        ("deep/er/layers.py", "cs231n/layers (1).py", "exact name"),
        ("bold/holder/layers.py", "old/layers.py", "old copy"),
    ],
)
@pytest.mark.parametrize("swap", [False, True])
def test_the_better_candidate_is_taken_and_the_reason_told(tmp_path, taken, left, why, swap):
    files = [(taken, LAYERS), (left, b"another")]
    submission = read(zipped(tmp_path / "a.zip", files[::-1] if swap else files))
    assert submission.origins["cs231n/layers.py"] == taken
    assert submission.files["cs231n/layers.py"] == LAYERS
    [note] = [note for note in submission.notes if "was used and not" in note]
    assert note.startswith(f"{taken} was used and not {left}, because")
    assert why in note


def test_identical_candidates_are_not_worth_a_note(tmp_path):
    submission = read(zipped(tmp_path / "a.zip", WORK | {"layers.py": LAYERS}))
    assert submission.notes == ()


def test_an_untouched_starter_file_comes_after_the_students_work(tmp_path):
    pristine = starter_files()["cs231n/layers.py"]
    files = {"cs231n/layers.py": pristine, "done/layers.py": LAYERS}
    submission = read(zipped(tmp_path / "a.zip", files))
    assert submission.files["cs231n/layers.py"] == LAYERS
    assert "changed since the starter" in notes(submission)


@pytest.mark.parametrize(
    "name",
    [
        "layers (1).py",
        "layers(2).py",
        "Layers.py",
        "LAYERS.PY",
        "layers - Copy.py",
        "layers copy 2.py",
        "Copy of layers.py",
        "layers-1.py",
        "layers.py.txt",
        "layers.py ",
    ],
)
def test_a_renamed_file_is_a_last_resort(tmp_path, name):
    submission = read(zipped(tmp_path / "a.zip", {name: LAYERS}))
    assert submission.files["cs231n/layers.py"] == LAYERS
    assert f"{name} was taken as layers.py" in submission.notes


@pytest.mark.parametrize("name", ["layers_old.py", "mylayers.py", "layers.pyc", "layers.ipynb"])
def test_other_names_are_no_candidates(tmp_path, name):
    assert "none of layers.py" in refusal(zipped(tmp_path / "a.zip", {name: LAYERS}))


def test_many_candidates_make_one_note(tmp_path):
    files = {f"v{i}/layers.py": b"# %d\n" % i for i in range(9)}
    submission = read(zipped(tmp_path / "a.zip", files))
    [note] = [note for note in submission.notes if "was used and not" in note]
    assert "v1/layers.py, v2/layers.py, v3/layers.py and 5 more" in note


# Given files and helpers.


def test_a_changed_given_file_is_noted_and_not_used(tmp_path):
    files = WORK | {"cs231n/solver.py": b"print('mine')\n"}
    submission = read(zipped(tmp_path / "a.zip", files))
    assert "solver.py is a given file; yours differs and ours was used" in submission.notes
    assert workspace_files(submission)["cs231n/solver.py"] == starter_files()["cs231n/solver.py"]


def test_several_changed_given_files_share_a_note(tmp_path):
    files = WORK | {"cs231n/solver.py": b"1", "cs231n/data_utils.py": b"2"}
    submission = read(zipped(tmp_path / "a.zip", files))
    assert submission.notes == (
        "data_utils.py and solver.py are given files; yours differ and ours were used",
    )


def test_given_files_may_have_other_line_ends(tmp_path):
    given = {name: text.replace(b"\n", b"\r\n") for name, text in starter_files().items()}
    assert read(zipped(tmp_path / "a.zip", given | WORK)).notes == ()


def test_an_init_file_of_another_package_is_not_compared(tmp_path):
    files = WORK | {"mine/__init__.py": b"x = 1\n"}
    assert read(zipped(tmp_path / "a.zip", files)).notes == ()
    files = WORK | {"cs231n/__init__.py": b"x = 1\n"}
    assert "cs231n/__init__.py is a given file" in notes(read(zipped(tmp_path / "b.zip", files)))


def test_a_helper_that_is_imported_is_named_as_missing(tmp_path):
    layers = b"from cs231n.my_utils import *\nimport os\n"
    files = {"cs231n/layers.py": layers, "cs231n/my_utils.py": b"", "os_stuff.py": b""}
    submission = read(zipped(tmp_path / "a.zip", files))
    assert "my_utils.py is imported by layers.py, but is not a file" in notes(submission)
    assert "os_stuff.py is not a file of the assignment and had no effect" in submission.notes
    assert "cs231n/my_utils.py" not in workspace_files(submission)


def test_many_helpers_are_counted(tmp_path):
    files = WORK | {f"helper{i}.py": b"" for i in range(9)}
    submission = read(zipped(tmp_path / "a.zip", files))
    said = "helper0.py, helper1.py, helper2.py and 6 more are not files of the assignment"
    assert said in notes(submission)


# Archives in archives.


@pytest.mark.parametrize("inner", ["inner.zip", "a2/inner.zip", "Inner.ZIP"])
def test_a_lone_zip_in_a_zip_is_opened(tmp_path, inner):
    upload = zipped(tmp_path / "a.zip", {inner: nested(WORK), "__MACOSX/._x": b""})
    submission = read(upload)
    assert submission.files == WORK
    assert submission.origins["cs231n/layers.py"] == f"{inner}/cs231n/layers.py"


def test_a_zip_beside_a_report_is_opened(tmp_path):
    upload = zipped(tmp_path / "a.zip", {"code.zip": nested(WORK), "report.pdf": b"%PDF"})
    assert read(upload).files == WORK


def test_a_tar_in_a_folder_is_opened(tmp_path):
    home = folder(tmp_path / "alice", {})
    tarred(home / "code.tar.gz", WORK)
    assert read(home).files == WORK


def test_a_zip_beside_the_files_is_left_alone_and_noted(tmp_path):
    upload = zipped(tmp_path / "a.zip", WORK | {"old.zip": nested({"layers.py": b"old"})})
    submission = read(upload)
    assert submission.files == WORK
    assert submission.notes == ("old.zip: an archive inside the upload was not opened",)


def test_two_zips_in_a_zip_are_refused(tmp_path):
    upload = zipped(tmp_path / "a.zip", {"1.zip": nested(WORK), "2.zip": nested(WORK)})
    assert "2 archives (1.zip and 2.zip)" in refusal(upload)


def test_a_zip_in_a_zip_in_a_zip_is_refused(tmp_path):
    upload = zipped(tmp_path / "a.zip", {"b.zip": nested({"c.zip": nested(WORK)})})
    assert "holds another archive" in refusal(upload)


def test_a_broken_zip_in_a_zip_is_refused(tmp_path):
    upload = zipped(tmp_path / "a.zip", {"b.zip": nested(WORK)[:-30]})
    assert "b.zip is damaged or cut off" in refusal(upload)


# Hostile names.


@pytest.mark.parametrize(
    "name",
    [
        "../layers.py",
        "../../../../layers.py",
        "cs231n/../../layers.py",
        "..\\layers.py",
        "cs231n\\..\\..\\layers.py",
        "/../layers.py",
        "C:\\..\\layers.py",
    ],
)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_path_that_climbs_out_is_ignored_with_a_note(tmp_path, pack, name):
    upload = pack(tmp_path / "a", {name: b"evil", "cs231n/optim.py": OPTIM})
    submission = read(upload)
    assert submission.files == {"cs231n/optim.py": OPTIM}
    assert "leads out of the upload and was ignored" in notes(submission)


def test_an_upload_of_nothing_but_climbing_paths_says_so(tmp_path):
    upload = zipped(tmp_path / "a.zip", {"../layers.py": b"evil"})
    assert "leads out of the upload" in refusal(upload)


@pytest.mark.parametrize(
    "name",
    ["/cs231n/layers.py", "//x/cs231n/layers.py", "C:\\hw\\cs231n\\layers.py", "c:layers.py"],
)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_absolute_path_is_taken_as_relative(tmp_path, pack, name):
    submission = read(pack(tmp_path / "a", {name: LAYERS}))
    assert submission.files["cs231n/layers.py"] == LAYERS
    assert not submission.origins["cs231n/layers.py"].startswith(("/", "C:", "c:"))
    assert "the path is absolute" in notes(submission)


def test_backslashes_are_separators(tmp_path):
    files = {home.replace("/", "\\"): content for home, content in WORK.items()}
    submission = read(zipped(tmp_path / "a.zip", files))
    assert submission.files == WORK
    assert submission.origins["cs231n/layers.py"] == "cs231n/layers.py"
    assert submission.notes == ()


@pytest.mark.parametrize(
    "name", ["layers.py\0.exe", "layers\n.py", "\x1b[2Jlayers.py", "\u202e.py"]
)
def test_control_characters_never_reach_a_message(tmp_path, name):
    files = {"layers.py___": LAYERS} if "\0" in name else {name: LAYERS}
    upload = zipped(tmp_path / "a.zip", files)
    if "\0" in name:
        upload.write_bytes(upload.read_bytes().replace(b"layers.py___", b"layers.py\0.e"))
    assert refusal(upload).isprintable()


def test_names_that_are_not_utf_8_in_a_tar(tmp_path):
    upload = tarred(tmp_path / "a.tar", {"\udce9t\udce9/cs231n/layers.py": LAYERS}, "w")
    submission = read(upload)
    assert submission.origins["cs231n/layers.py"].encode().endswith(b"/cs231n/layers.py")


def test_names_that_are_not_utf_8_in_a_zip(tmp_path):
    upload = zipped(tmp_path / "a.zip", {"xyz/cs231n/layers.py": LAYERS})
    upload.write_bytes(upload.read_bytes().replace(b"xyz/", b"\xe9t\xe9/"))
    submission = read(upload)
    assert submission.files == {"cs231n/layers.py": LAYERS}


def test_names_that_lie_about_being_utf_8_in_a_zip(tmp_path):
    upload = zipped(tmp_path / "a.zip", {"é/cs231n/layers.py": LAYERS})
    upload.write_bytes(upload.read_bytes().replace("é".encode(), b"\xff\xff"))
    assert "damaged" in refusal(upload)


def test_an_endless_name_is_ignored(tmp_path):
    upload = zipped(tmp_path / "a.zip", WORK | {"x" * 60_000 + "/layers.py": b"evil"})
    submission = read(upload)
    assert submission.files == WORK
    [note] = submission.notes
    assert "the name is too long" in note
    assert len(note) < 200


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_entries_with_one_name_the_last_counts(tmp_path, pack):
    files = [("layers.py", b"first"), ("layers.py", LAYERS)]
    submission = read(pack(tmp_path / "a", files))
    assert submission.files["cs231n/layers.py"] == LAYERS
    assert "layers.py: is in the archive more than once; the last was used" in notes(submission)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_damaged_second_entry_does_not_hide_a_good_first(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("layers.py", LAYERS)
        archive.writestr("layers.py", b"BROKEN")
    patched(tmp_path / "a.zip", b"BROKEN", b"DAMAGE")
    assert read(tmp_path / "a.zip").files == {"cs231n/layers.py": LAYERS}


def test_names_that_differ_in_case_are_candidates(tmp_path):
    upload = zipped(tmp_path / "a.zip", {"CS231N/LAYERS.PY": b"other", "x/layers.py": LAYERS})
    submission = read(upload)
    assert submission.files["cs231n/layers.py"] == LAYERS
    assert "x/layers.py was used and not CS231N/LAYERS.PY" in notes(submission)


def test_a_folder_named_like_a_file(tmp_path):
    upload = zipped(tmp_path / "a.zip", [("layers.py/", b""), ("layers.py/optim.py", OPTIM)])
    assert read(upload).files == {"cs231n/optim.py": OPTIM}


# Entries that are no files.


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (tarfile.SYMTYPE, "symbolic link"),
        (tarfile.LNKTYPE, "hard link"),
        (tarfile.CHRTYPE, "special file"),
        (tarfile.BLKTYPE, "special file"),
        (tarfile.FIFOTYPE, "special file"),
    ],
)
@pytest.mark.parametrize("target", ["/etc/passwd", "cs231n/optim.py"])
def test_links_and_devices_in_a_tar_are_ignored(tmp_path, kind, said, target):
    link = {"type": kind, "linkname": target}
    upload = tarred(tmp_path / "a.tgz", [("cs231n/optim.py", OPTIM), ("cs231n/layers.py", link)])
    submission = read(upload)
    assert submission.files == {"cs231n/optim.py": OPTIM}
    assert f"cs231n/layers.py: a {said} is no file and was ignored" in submission.notes


def test_a_link_in_a_tar_does_not_redirect_what_follows(tmp_path):
    link = {"type": tarfile.SYMTYPE, "linkname": str(tmp_path.parent)}
    upload = tarred(tmp_path / "a.tar", [("cs231n", link), ("cs231n/layers.py", LAYERS)], "w")
    assert read(upload).files == {"cs231n/layers.py": LAYERS}


@pytest.mark.parametrize(
    ("mode", "said"), [(0o120777, "symbolic link"), (0o010644, "special file")]
)
def test_links_and_pipes_in_a_zip_are_ignored(tmp_path, mode, said):
    info = zipfile.ZipInfo("cs231n/layers.py")
    info.external_attr = mode << 16
    upload = zipped(tmp_path / "a.zip", [(info, b"/etc/passwd"), ("optim.py", OPTIM)])
    submission = read(upload)
    assert submission.files == {"cs231n/optim.py": OPTIM}
    assert f"a {said} is no file" in notes(submission)


def test_links_in_a_folder_are_never_followed(tmp_path):
    secret = folder(tmp_path / "secret", {"layers.py": b"secret", "cs231n/cnn.py": b"secret"})
    home = folder(tmp_path / "hw", {"cs231n/optim.py": OPTIM})
    (home / "cs231n/layers.py").symlink_to(secret / "layers.py")
    (home / "more").symlink_to(secret)
    (home / "self").symlink_to(home)
    submission = read(home)
    assert submission.files == {"cs231n/optim.py": OPTIM}
    assert "cs231n/layers.py, more and self: a symbolic link is no file" in notes(submission)


def test_a_pipe_or_socket_in_a_folder_does_not_hang(tmp_path, monkeypatch):
    home = folder(tmp_path / "hw", {"cs231n/optim.py": OPTIM})
    os.mkfifo(home / "layers.py")
    monkeypatch.chdir(home)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("cnn.py")
        submission = read(home)
    assert submission.files == {"cs231n/optim.py": OPTIM}
    assert "cnn.py and layers.py: a special file is no file" in notes(submission)


def test_a_pipe_given_as_an_archive_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "hw.zip")
    assert "no regular file" in refusal(tmp_path / "hw.zip")


# Sizes.


@pytest.mark.parametrize("pack", [zipped, tarred, folder])
def test_a_huge_source_is_not_used_but_the_rest_is(tmp_path, pack):
    files = {"layers.py": b"\0" * (2 * MEGABYTE), "optim.py": OPTIM}
    submission = read(pack(tmp_path / "a", files))
    assert submission.files == {"cs231n/optim.py": OPTIM}
    assert "layers.py is larger than 1 MB: not used" in submission.notes


def test_a_zip_bomb_in_a_source_is_not_unpacked(tmp_path):
    upload = zipped(tmp_path / "a.zip", {"layers.py": b"\0" * (300 * MEGABYTE)})
    assert "layers.py is larger than 1 MB" in refusal(upload)


def test_a_zip_bomb_in_an_irrelevant_file_does_no_harm(tmp_path):
    upload = zipped(tmp_path / "a.zip", WORK | {"data.bin": b"\0" * (300 * MEGABYTE)})
    assert read(upload).files == WORK


def test_many_small_bombs_are_refused_together(tmp_path):
    bomb = b"\0" * MEGABYTE
    upload = zipped(tmp_path / "a.zip", WORK | {f"{i}/layers.py": bomb for i in range(220)})
    assert "far more data than a submission can" in refusal(upload)


def test_a_folder_of_more_than_memory_holds_is_refused(tmp_path):
    for i in range(9):
        path = tmp_path / "hw" / f"{i}.ipynb"
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            file.truncate(32 * MEGABYTE)
    assert "far more data than a submission can" in refusal(tmp_path / "hw")


def test_a_nested_bomb_is_refused(tmp_path):
    inner = nested({f"{i}/layers.py": b"\0" * MEGABYTE for i in range(220)})
    assert "far more data" in refusal(zipped(tmp_path / "a.zip", {"in.zip": inner}))


def test_a_tar_bomb_is_refused(tmp_path):
    with gzip.open(tmp_path / "a.tgz", "wb", compresslevel=9) as file:
        info = tarfile.TarInfo("data.bin")
        info.size = 1 << 40
        file.write(info.tobuf())
        for _ in range(220):
            file.write(b"\0" * MEGABYTE)
    assert "far more data than a submission can" in refusal(tmp_path / "a.tgz")


def test_a_tar_of_nothing_but_headers_is_refused(tmp_path):
    with gzip.open(tmp_path / "a.tgz", "wb", compresslevel=1) as file:
        file.write(tarfile.TarInfo("x.txt").tobuf(tarfile.USTAR_FORMAT) * 60_000)
    assert "more than 50,000 files" in refusal(tmp_path / "a.tgz")


def test_a_tar_of_nothing_but_folders_is_refused(tmp_path):
    info = tarfile.TarInfo("x")
    info.type = tarfile.DIRTYPE
    with gzip.open(tmp_path / "a.tgz", "wb", compresslevel=1) as file:
        file.write(info.tobuf(tarfile.USTAR_FORMAT) * 60_000)
    assert "more than 50,000 files" in refusal(tmp_path / "a.tgz")


def central_directory(path, count):
    """A zip whose table of contents lists entries that are not there."""
    name = b"x.txt"
    entry = struct.pack(
        "<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 33, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0
    )
    table = (entry + name) * count
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, len(table), 0, 0)
    path.write_bytes(table + end)
    return path


def test_a_hundred_thousand_entries_are_refused(tmp_path):
    assert "more than 50,000 files" in refusal(central_directory(tmp_path / "a.zip", 100_000))


def test_a_million_entries_are_refused_before_they_are_listed(tmp_path):
    upload = central_directory(tmp_path / "a.zip", 1_000_000)
    assert "lists far too many files" in refusal(upload)


def test_headers_without_end_in_a_tar_are_refused(tmp_path):
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 8 * MEGABYTE
    start = info.tobuf(tarfile.GNU_FORMAT) + b"x" * info.size
    tarred(tmp_path / "a.tar", WORK, "w")
    (tmp_path / "a.tar").write_bytes(start + (tmp_path / "a.tar").read_bytes())
    assert "damaged" in refusal(tmp_path / "a.tar")


def test_a_tar_that_goes_back_does_not_hang(tmp_path):
    good = tarfile.TarInfo("layers.py")
    good.size = len(LAYERS)
    evil = bytearray(tarfile.TarInfo("x.txt").tobuf())
    evil[124:136] = tarfile.itn(-2048, 12, tarfile.GNU_FORMAT)
    evil[148:156] = b" " * 8
    evil[148:156] = b"%06o\0 " % (sum(evil))
    data = good.tobuf() + LAYERS.ljust(512, b"\0") + bytes(evil) + b"\0" * 1024
    (tmp_path / "a.tar").write_bytes(data)
    submission = read(tmp_path / "a.tar")
    assert submission.files == {"cs231n/layers.py": LAYERS}
    assert "damaged or cut off, and was used up to there" in notes(submission)


def test_a_sparse_file_of_a_terabyte_is_not_read(tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("GNUSparseFile.0/layers.py")
        info.pax_headers = {
            "GNU.sparse.major": "0",
            "GNU.sparse.minor": "1",
            "GNU.sparse.name": "layers.py",
            "GNU.sparse.realsize": str(1 << 40),
            "GNU.sparse.map": "0,0",
        }
        archive.addfile(info)
        other = tarfile.TarInfo("optim.py")
        other.size = len(OPTIM)
        archive.addfile(other, io.BytesIO(OPTIM))
    (tmp_path / "a.tar").write_bytes(buffer.getvalue())
    submission = read(tmp_path / "a.tar")
    assert submission.files == {"cs231n/optim.py": OPTIM}
    assert "layers.py is larger than 1 MB" in notes(submission)


# Damage and oddities of format.


def patched(path, old, new, *, count=-1):
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, count))
    return path


def stored(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_bad_crc_in_an_irrelevant_file_loses_nothing(tmp_path):
    upload = patched(stored(tmp_path / "a.zip", {"data.txt": b"AAAA", **WORK}), b"AAAA", b"BBBB")
    assert read(upload).files == WORK


def test_a_bad_crc_in_one_source_loses_only_that(tmp_path):
    upload = patched(stored(tmp_path / "a.zip", WORK), LAYERS, LAYERS[::-1])
    submission = read(upload)
    assert "cs231n/layers.py is damaged in the upload: not used" in submission.notes
    assert set(submission.files) == set(WORK) - {"cs231n/layers.py"}


def test_an_undamaged_copy_replaces_a_damaged_file(tmp_path):
    files = {"cs231n/layers.py": b"BROKEN", "layers.py": LAYERS}
    upload = patched(stored(tmp_path / "a.zip", files), b"BROKEN", b"DAMAGE")
    assert read(upload).origins["cs231n/layers.py"] == "layers.py"


@pytest.mark.parametrize("lie", [1, 1 << 31])
def test_a_lying_size_is_not_believed(tmp_path, lie):
    upload = stored(tmp_path / "a.zip", {"layers.py": LAYERS, "optim.py": OPTIM})
    patched(upload, struct.pack("<LL", len(LAYERS), len(LAYERS)), struct.pack("<LL", lie, lie))
    submission = read(upload)
    assert submission.files == {"cs231n/optim.py": OPTIM}
    assert "layers.py is damaged in the upload" in notes(submission)


def set_in_headers(path, field, value):
    """Set a 16-bit field (its offset in the local header) of every entry, in both its headers."""
    data = bytearray(path.read_bytes())
    for magic, shift in ((b"PK\3\4", 0), (b"PK\1\2", 2)):
        at = data.find(magic)
        while at >= 0:
            data[at + field + shift : at + field + shift + 2] = struct.pack("<H", value)
            at = data.find(magic, at + 4)
    path.write_bytes(data)
    return path


def test_an_encrypted_zip_is_refused(tmp_path):
    upload = set_in_headers(zipped(tmp_path / "a.zip", WORK), 6, 1)
    assert "is encrypted (hand it in without a password)" in refusal(upload)


@pytest.mark.parametrize("method", [9, 12, 14, 93, 95, 99, 65535])
def test_an_unusual_compression_is_refused(tmp_path, method):
    upload = set_in_headers(zipped(tmp_path / "a.zip", WORK), 8, method)
    assert "is packed in an unusual way" in refusal(upload)


def test_a_zip_of_the_future_is_refused(tmp_path):
    upload = set_in_headers(zipped(tmp_path / "a.zip", WORK), 4, 99)
    assert "damaged" in refusal(upload)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_zip_is_refused(tmp_path, keep):
    upload = zipped(tmp_path / "a.zip", WORK)
    upload.write_bytes(upload.read_bytes()[: int(upload.stat().st_size * keep)])
    assert "damaged or cut off" in refusal(upload)


@pytest.mark.parametrize("mode", ["w:gz", "w:"])
def test_a_truncated_tar_is_used_up_to_where_it_breaks(tmp_path, mode):
    bulk = random.Random(1).randbytes(20_000)
    upload = tarred(tmp_path / "a", [("layers.py", LAYERS), ("data.bin", bulk)], mode)
    upload.write_bytes(upload.read_bytes()[:9_000])
    submission = read(upload)
    assert submission.files == {"cs231n/layers.py": LAYERS}
    assert "damaged or cut off, and was used up to there" in notes(submission)


def test_a_zip_with_something_before_it_is_read(tmp_path):
    upload = zipped(tmp_path / "a.zip", WORK)
    upload.write_bytes(b"#!/bin/sh\n" + upload.read_bytes())
    assert read(upload).files == WORK


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"Rar!\x1a\x07\x00rest", "a RAR archive"),
        (b"7z\xbc\xaf\x27\x1crest", "a 7z archive"),
        (b"BZh91AY", "packed with bzip2"),
        (b"\xfd7zXZ\x00", "packed with xz"),
        (b"%PDF-1.4", "a PDF document"),
        (b"\n <!DOCTYPE html><html>", "a web page"),
        (b"<HTML><body>login", "a web page"),
        (b"hello", "no archive that can be read"),
        (b"PK\x03\x04", "damaged or cut off"),
        (b"\x1f\x8b\x08\x00", "no tar archive"),
        (gzip.compress(b"x = 1\n"), "no tar archive"),
        (b"\0" * 5000, "no archive that can be read"),
        (nested({}), "holds no files"),
        (nested({"a.txt": b"", "b.txt": b"", "c/d.txt": b""}), "it holds a.txt, b.txt and c/d.txt"),
    ],
)
def test_what_is_no_submission_is_described(tmp_path, content, said):
    (tmp_path / "hw.zip").write_bytes(content)
    message = refusal(tmp_path / "hw.zip")
    assert message.startswith("hw.zip ")
    assert said in message
    assert "hand" in message


def test_a_missing_path_is_named(tmp_path):
    assert "nowhere.zip cannot be read (No such file" in refusal(tmp_path / "nowhere.zip")


def test_a_path_through_a_file_is_named(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    assert "cannot be read (Not a directory)" in refusal(tmp_path / "a" / "b.zip")


def test_nothing_at_all():
    assert "nothing was handed in" in refusal()


def test_an_empty_folder_lists_what_was_looked_for(tmp_path):
    message = refusal(folder(tmp_path / "hw", {}))
    assert "hw has none of layers.py, optim.py, layer_utils.py, fc_net.py, cnn.py" in message


def test_an_unreadable_folder_or_file_is_told(tmp_path):
    home = folder(tmp_path / "hw", {"layers.py": LAYERS, "optim.py": OPTIM, "sub/x.py": b""})
    (home / "layers.py").chmod(0)
    if os.access(home / "layers.py", os.R_OK):
        pytest.skip("root may read everything")
    (home / "sub").chmod(0)
    submission = read(home)
    assert "layers.py cannot be read by the grader: not used" in submission.notes
    assert "sub: the folder cannot be read and was ignored" in submission.notes
    (home / "sub").chmod(0o700)
    home.chmod(0)
    assert "the folder hw cannot be read (Permission denied)" in refusal(home)
    home.chmod(0o700)


def test_archives_and_files_do_not_mix(tmp_path):
    upload = zipped(tmp_path / "a.zip", WORK)
    folder(tmp_path, {"layers.py": LAYERS})
    said = "is one of 2 things handed in together"
    assert said in refusal(upload, tmp_path / "layers.py")
    assert said in refusal(tmp_path / "layers.py", tmp_path)


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_random_damage_is_never_worse_than_a_refusal(tmp_path, pack):
    pristine = pack(tmp_path / "a", WORK).read_bytes()
    draw = random.Random(2024)
    outcomes = {"read": 0, "refused": 0}
    for _ in range(300):
        data = bytearray(pristine)
        for _ in range(draw.randint(1, 8)):
            data[draw.randrange(len(data))] = draw.choice([0, 255, draw.randrange(256)])
        (tmp_path / "a").write_bytes(data)
        try:
            read(tmp_path / "a")
            outcomes["read"] += 1
        except SubmissionError:
            outcomes["refused"] += 1
    assert outcomes["read"] > 0
    assert outcomes["refused"] > 0


def test_random_damage_of_an_unpacked_tar(tmp_path):
    pristine = tarred(tmp_path / "a", WORK, "w").read_bytes()
    draw = random.Random(2025)
    headers = [
        at for at in range(0, len(pristine), 512) if pristine[at + 257 : at + 262] == b"ustar"
    ]
    for _ in range(300):
        data = bytearray(pristine)
        start = draw.choice(headers)
        data[start + draw.choice([124, 135, 156, draw.randrange(512)])] = draw.randrange(256)
        header = data[start : start + 512]
        header[148:156] = b" " * 8
        data[start + 148 : start + 156] = b"%06o\0 " % sum(header)
        (tmp_path / "a").write_bytes(data)
        try:
            read(tmp_path / "a")
        except SubmissionError as error:
            assert str(error).isprintable()  # noqa: PT017  either outcome is right


def test_an_odd_upload_does_not_flood_the_report(tmp_path):
    files = {f"{i}.ipynb": b"A" * 9 for i in range(300)}
    upload = patched(stored(tmp_path / "a.zip", files | WORK), b"A" * 9, b"B" * 9)
    submission = read(upload)
    assert submission.files == WORK
    assert len(submission.notes) < 50
    assert "260 more notes were left out" in submission.notes


# The digest, the starter, the workspace.


def test_the_digest_follows_content_and_place_not_the_packaging(tmp_path):
    plain = read(zipped(tmp_path / "a.zip", WORK))
    wrapped = read(tarred(tmp_path / "b.tgz", {f"hw/{n}": c for n, c in WORK.items()}))
    changed = read(zipped(tmp_path / "c.zip", WORK | {"cs231n/optim.py": b"other"}))
    swapped = dict(zip(WORK, reversed(WORK.values()), strict=True))
    assert plain.digest == wrapped.digest
    assert (
        len({plain.digest, changed.digest, read(zipped(tmp_path / "d.zip", swapped)).digest}) == 3
    )


def test_the_digest_is_what_it_says(tmp_path):
    digest = read(zipped(tmp_path / "a.zip", {"layers.py": LAYERS, "cnn.py": b"12"})).digest
    by_hand = b"cs231n/classifiers/cnn.py\x002\x0012"  # sorted by path
    by_hand += b"cs231n/layers.py\x00" + str(len(LAYERS)).encode() + b"\x00" + LAYERS
    assert digest == hashlib.sha256(by_hand).hexdigest()


def test_the_starter_holds_every_editable_and_given_file():
    names = set(starter_files())
    assert set(EDITABLE.values()) < names
    assert {"cs231n/solver.py", "cs231n/__init__.py", "cs231n/classifiers/__init__.py"} < names


def test_the_starter_cannot_be_changed_by_a_caller():
    starter_files()["cs231n/layers.py"] = b"evil"
    assert starter_files()["cs231n/layers.py"] != b"evil"


def test_the_untouched_starter_is_a_submission_without_notes(tmp_path):
    submission = read(folder(tmp_path / "hw", starter_files()))
    assert submission.notes == ()
    assert workspace_files(submission) == starter_files()


def test_the_starter_lies_beside_the_package():
    assert (Path(intake.__file__).parents[2] / "student_template" / "cs231n").is_dir()
