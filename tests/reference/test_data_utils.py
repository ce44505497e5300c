"""The embedded data set is fixed to the bit; CIFAR-10 is read, and nothing else is."""

import hashlib
import io
import os
import pickle
import struct
import tarfile

import numpy as np
import pytest

from reference import data_utils
from reference.data_utils import get_CIFAR10_data, load_cifar10, make_shapes


@pytest.fixture(autouse=True)
def no_data_here(monkeypatch, tmp_path):
    """Neither a real CIFAR-10 of this checkout nor a limit of this machine decides a test."""
    monkeypatch.setattr(data_utils, "DATASETS", tmp_path / "datasets")
    monkeypatch.delenv(data_utils.LIMIT, raising=False)


# Drawn shapes --------------------------------------------------------------------------------


def test_shapes_have_the_form_of_cifar10():
    X, y = make_shapes(23, seed=5)
    assert (X.shape, X.dtype) == ((23, 3, 32, 32), np.float32)
    assert (y.shape, y.dtype) == ((23,), np.int64)
    assert 0.25 < X.mean() < 0.45
    assert np.mean((X > -0.5) & (X < 1.5)) > 0.99


def test_shapes_are_the_same_bytes_on_every_machine():
    X, y = make_shapes(300, seed=7)
    digest = hashlib.sha256(X.astype("<f4").tobytes() + y.astype("<i8").tobytes()).hexdigest()
    assert digest[:16] == "80099afc4540b44f"


def test_shapes_of_a_longer_set_begin_with_the_shorter_one():
    # 300 and 513 cut the chunks at other places.
    X, y = make_shapes(513, seed=3)
    X_short, y_short = make_shapes(300, seed=3)
    assert np.array_equal(X[:300], X_short)
    assert np.array_equal(y[:300], y_short)


def test_other_seeds_give_other_sets():
    (X, y), (X_other, y_other) = make_shapes(50, seed=0), make_shapes(50, seed=1)
    assert not np.array_equal(y, y_other)
    assert abs(np.corrcoef(X[0].ravel(), X_other[0].ravel())[0, 1]) < 0.9
    # The noise itself is independent.
    flat, flat_other = (make_shapes(20, seed, contrast=0, tint=0)[0].ravel() for seed in (0, 1))
    assert abs(np.corrcoef(flat, flat_other)[0, 1]) < 0.02


def test_every_ten_images_hold_each_label_once():
    _, y = make_shapes(200, seed=11)
    blocks = y.reshape(20, 10)
    assert np.array_equal(np.sort(blocks, axis=1), np.tile(np.arange(10), (20, 1)))
    assert len({tuple(block) for block in blocks}) > 15


def test_noise_has_the_stated_mean_and_deviation():
    X, _ = make_shapes(100, seed=1, contrast=0, tint=0, noise=0.3)
    assert X.mean() == pytest.approx(0.5, abs=3e-3)
    assert X.std() == pytest.approx(0.3, rel=1e-2)
    neighbours = np.corrcoef(X[..., :-1].ravel(), X[..., 1:].ravel())[0, 1]
    assert abs(neighbours) < 0.01


def test_tint_has_the_stated_deviation_and_is_one_color_per_image():
    X, _ = make_shapes(1000, seed=1, contrast=0, tint=0.1, noise=0)
    assert np.all(X[:, :, :1, :1] == X)
    assert X[:, :, 0, 0].std() == pytest.approx(0.1, rel=0.1)


def test_without_noise_a_shape_is_brighter_than_its_ground():
    X, _ = make_shapes(40, seed=2, noise=0, tint=0)
    assert np.all(X.max(axis=(1, 2, 3)) - X.min(axis=(1, 2, 3)) > 0.3)
    assert np.all(np.mean(X > 0.5, axis=(1, 2, 3)) < 0.5)  # and smaller


def test_centers_move_by_at_most_the_jitter_and_not_without():
    def centers(jitter):
        X, y = make_shapes(600, seed=4, noise=0, tint=0, jitter=jitter)
        ink = (X - X.min(axis=(1, 2, 3), keepdims=True))[y <= 1, 0]  # discs and rings
        place = np.arange(32) - 15.5
        mass = ink.sum(axis=(1, 2))
        return (ink.sum(axis=1) @ place) / mass, (ink.sum(axis=2) @ place) / mass

    for still in centers(0):
        assert np.abs(still).max() < 0.01
    for moved in centers(5):  # at 5 even the largest disc stays on the image
        assert 3 < np.abs(moved).max() < 5.1


def test_each_kind_is_nearest_to_its_own_picture():
    # Drawn in the middle and without noise the ten kinds differ: their mean pictures tell them.
    X, y = make_shapes(400, seed=6, noise=0, tint=0, jitter=0)
    pictures = np.stack([X[y == label].mean(axis=0).ravel() for label in range(10)])
    X_new, y_new = make_shapes(100, seed=8, noise=0, tint=0, jitter=0)
    distances = ((X_new.reshape(100, 1, -1) - pictures) ** 2).sum(axis=2)
    assert np.mean(distances.argmin(axis=1) == y_new) > 0.85


def test_color_and_mean_alone_do_not_tell_the_kinds():
    # With the default noise and jitter, nearest mean pictures do little better than chance.
    X, y = make_shapes(1000, seed=6)
    pictures = np.stack([X[y == label].mean(axis=0).ravel() for label in range(10)])
    X_new, y_new = make_shapes(500, seed=8)
    distances = (pictures**2).sum(axis=1) - 2 * X_new.reshape(500, -1) @ pictures.T
    assert 0.15 < np.mean(distances.argmin(axis=1) == y_new) < 0.5


def test_dtype_is_as_asked_for():
    X, _ = make_shapes(5, seed=0, dtype=np.float64)
    assert X.dtype == np.float64
    assert np.array_equal(X, make_shapes(5, seed=0)[0])


def test_an_empty_set_is_empty():
    X, y = make_shapes(0, seed=0)
    assert (X.shape, y.shape) == ((0, 3, 32, 32), (0,))


@pytest.mark.parametrize(("num", "seed"), [(-1, 0), (1, -1)])
def test_negative_arguments_are_refused(num, seed):
    with pytest.raises(ValueError, match="must not be negative"):
        make_shapes(num, seed)


# CIFAR-10 ------------------------------------------------------------------------------------


def python2_pickle(pixels, labels):
    """The bytes that Python 2's pickle wrote for {"data": pixels, "labels": labels}."""

    def text(s):
        return b"U" + bytes([len(s)]) + s

    def integer(i):
        return b"J" + struct.pack("<i", i)

    dtype = b"cnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xff"
    dtype += b"J\xff\xff\xff\xffK\x00tb"
    raw = pixels.tobytes()
    shape = b"(" + b"".join(integer(n) for n in pixels.shape) + b"t"
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR"
    array += b"(K\x01" + shape + dtype + b"\x89T" + struct.pack("<i", len(raw)) + raw + b"tb"
    items = text(b"data") + array + text(b"labels") + b"](" + b"".join(map(integer, labels)) + b"e"
    return b"\x80\x02}(" + items + b"u."


def cifar_files(size=4):
    """Small batches: name -> bytes, and what they hold: name -> (pixels, labels)."""
    rng = np.random.default_rng(0)
    files, held = {}, {}
    for name in (*data_utils.TRAIN_FILES, data_utils.TEST_FILE):
        pixels = rng.integers(0, 256, (size, 3072), dtype=np.uint8)
        labels = rng.integers(0, 10, size).tolist()
        files[name], held[name] = python2_pickle(pixels, labels), (pixels, labels)
    return files, held


def write_folder(where, files):
    folder = where / data_utils.FOLDER
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def write_archive(where, files):
    archive = where / data_utils.ARCHIVE
    with tarfile.open(archive, "w:gz") as tar:
        # As in the real one, the order is not ours, and there is more in it.
        for name in [*reversed(files), "readme.html"]:
            content = files.get(name, b"<p>")
            info = tarfile.TarInfo(f"{data_utils.FOLDER}/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return archive


@pytest.mark.parametrize("write", [write_folder, write_archive])
@pytest.mark.parametrize("parent", [True, False])
def test_cifar10_is_read_from_folder_and_archive(tmp_path, write, parent):
    files, held = cifar_files()
    path = write(tmp_path, files)
    X_train, y_train, X_test, y_test = load_cifar10(tmp_path if parent else str(path))
    assert X_train.shape == (20, 3, 32, 32)
    assert X_train.dtype == np.float32
    assert y_train.dtype == np.int64
    # The fifth batch comes last, and a row holds the red plane first, row by row.
    pixels, labels = held["data_batch_5"]
    assert X_train[17, 2, 31, 30] == pixels[1, 2 * 1024 + 31 * 32 + 30]
    assert y_train[16:].tolist() == labels
    pixels, labels = held["test_batch"]
    assert np.array_equal(X_test.reshape(4, -1), pixels)
    assert y_test.tolist() == labels


def test_batches_of_newer_tools_are_read_too(tmp_path):
    files, held = cifar_files()
    for name, (pixels, labels) in held.items():
        files[name] = pickle.dumps({b"data": pixels, b"labels": labels}, protocol=4)
    X_train, _, _, _ = load_cifar10(write_folder(tmp_path, files))
    assert np.array_equal(X_train[:4].reshape(4, -1), held["data_batch_1"][0])


def test_a_missing_path_is_a_file_not_found(tmp_path):
    for path in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(FileNotFoundError, match="There is no CIFAR-10 at"):
            load_cifar10(path)
    with pytest.raises(FileNotFoundError, match="There is no CIFAR-10 at"):
        get_CIFAR10_data(tmp_path)


@pytest.mark.parametrize("write", [write_folder, write_archive])
def test_a_missing_batch_is_named(tmp_path, write):
    files, _ = cifar_files()
    del files["data_batch_3"]
    with pytest.raises(ValueError, match="lacks data_batch_3"):
        load_cifar10(write(tmp_path, files))


def pixels_of(rows=4, dtype=np.uint8, width=3072):
    return np.zeros((rows, width), dtype=dtype)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a pickle",
        python2_pickle(pixels_of(), [1, 2, 3, 4])[:200],
        pickle.dumps([1, 2]),
        pickle.dumps({b"labels": [0]}),
        python2_pickle(pixels_of(), [1, 2, 3]),
        python2_pickle(pixels_of(), [1, 2, 3, 10]),
        python2_pickle(pixels_of(width=3071), [1, 2, 3, 4]),
        pickle.dumps({b"data": pixels_of(dtype=np.float64), b"labels": [0] * 4}, protocol=4),
        pickle.dumps({b"data": pixels_of(), b"labels": [0.5] * 4}, protocol=4),
        pickle.dumps({b"data": b"x" * 4 * 3072, b"labels": [0] * 4}, protocol=4),
    ],
)
def test_a_damaged_batch_is_named(tmp_path, content):
    files, _ = cifar_files()
    with pytest.raises(ValueError, match=r"data_batch_2 is (damaged or )?not a batch of CIFAR-10"):
        load_cifar10(write_folder(tmp_path, files | {"data_batch_2": content}))


@pytest.mark.parametrize("keep", [0, 10, 2000, 40000])
def test_a_damaged_archive_is_named(tmp_path, keep):
    archive = write_archive(tmp_path, cifar_files()[0])
    archive.write_bytes(archive.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"is damaged or not a \.tar\.gz archive"):
        load_cifar10(archive)


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_batch_cannot_run_code(tmp_path, protocol):
    files, _ = cifar_files()
    trap = pickle.dumps({"data": Trap(tmp_path / "sprung")}, protocol=protocol)
    folder = write_folder(tmp_path, files | {"data_batch_1": trap})
    with pytest.raises(ValueError, match=r"it names \w+\.mkdir"):
        load_cifar10(folder)
    assert not (tmp_path / "sprung").exists()
    pickle.loads(trap)  # the trap works where nobody looks
    assert (tmp_path / "sprung").exists()


# What notebooks call -------------------------------------------------------------------------


def test_notebooks_get_drawn_shapes_where_cifar10_is_not(capsys):
    data = get_CIFAR10_data(num_training=40, num_validation=30, num_test=20)
    shapes = {name: array.shape for name, array in data.items()}
    assert shapes == {
        "X_train": (40, 3, 32, 32),
        "y_train": (40,),
        "X_val": (30, 3, 32, 32),
        "y_val": (30,),
        "X_test": (20, 3, 32, 32),
        "y_test": (20,),
    }
    assert list(shapes) == ["X_train", "y_train", "X_val", "y_val", "X_test", "y_test"]
    line = "CIFAR-10 not found: using 40 + 30 + 20 drawn shapes instead.\n"
    assert capsys.readouterr().out == line
    assert not np.array_equal(data["X_train"][:20], data["X_test"])


def test_drawn_shapes_are_at_most_seven_thousand(capsys, monkeypatch):
    monkeypatch.setattr(data_utils, "EMBEDDED", (60, 20, 10))
    data = get_CIFAR10_data()
    assert [len(data[f"X_{part}"]) for part in ("train", "val", "test")] == [60, 20, 10]
    assert "60 + 20 + 10" in capsys.readouterr().out


def test_pixels_are_those_of_images_before_the_mean_is_subtracted():
    raw = get_CIFAR10_data(None, 200, 50, 50, subtract_mean=False)
    assert raw["X_train"].min() == 0
    assert raw["X_train"].max() == 255
    data = get_CIFAR10_data(None, 200, 50, 50)
    mean = raw["X_train"].mean(axis=0)
    for part in ("X_train", "X_val", "X_test"):
        assert data[part].dtype == np.float32
        np.testing.assert_allclose(data[part], raw[part] - mean, atol=1e-3)
    assert 60 < data["X_train"].std() < 90


@pytest.mark.parametrize("default", [True, False])
def test_cifar10_is_used_where_it_is(tmp_path, capsys, default):
    files, _ = cifar_files()
    folder = write_folder(tmp_path / "datasets", files)
    data = get_CIFAR10_data(None if default else folder, 12, 5, 3, subtract_mean=False)
    assert capsys.readouterr().out == f"Using CIFAR-10 from {folder}.\n"
    X_train, y_train, X_test, y_test = load_cifar10(folder)
    assert np.array_equal(data["X_train"], X_train[:12])
    assert np.array_equal(data["X_val"], X_train[12:17])
    assert np.array_equal(data["y_val"], y_train[12:17])
    assert np.array_equal(data["X_test"], X_test[:3])
    assert np.array_equal(data["y_test"], y_test[:3])


def test_the_mean_image_is_that_of_the_training_images_alone(tmp_path):
    folder = write_folder(tmp_path, cifar_files()[0])
    data = get_CIFAR10_data(folder, 12, 5, 3)
    X_train, _, X_test, _ = load_cifar10(folder)
    mean = X_train[:12].mean(axis=0)
    np.testing.assert_allclose(data["X_train"], X_train[:12] - mean, atol=1e-3)
    np.testing.assert_allclose(data["X_val"], X_train[12:17] - mean, atol=1e-3)
    np.testing.assert_allclose(data["X_test"], X_test[:3] - mean, atol=1e-3)


@pytest.mark.parametrize(
    ("counts", "message"), [((18, 3, 1), "20 training .* 21 are"), ((1, 1, 5), "4 test .* 5 are")]
)
def test_too_many_images_are_refused(tmp_path, counts, message):
    folder = write_folder(tmp_path, cifar_files()[0])
    with pytest.raises(ValueError, match=message):
        get_CIFAR10_data(folder, *counts)


def test_a_limit_caps_the_training_images_and_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("AUTOGRADER_DATA_LIMIT", "8")
    data = get_CIFAR10_data(None, 20, 10, 10)
    assert [len(data[f"X_{part}"]) for part in ("train", "val", "test")] == [8, 10, 10]
    assert "AUTOGRADER_DATA_LIMIT limits the training images to 8 of 20." in capsys.readouterr().out
    folder = write_folder(tmp_path, cifar_files()[0])
    assert len(get_CIFAR10_data(folder, 16, 4, 4)["X_train"]) == 8


def test_a_limit_above_the_number_changes_nothing(monkeypatch, capsys):
    monkeypatch.setenv("AUTOGRADER_DATA_LIMIT", "800")
    assert len(get_CIFAR10_data(None, 20, 10, 10)["X_train"]) == 20
    assert "limits" not in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "0", "-5", "many", "1.5"])
def test_a_limit_that_is_no_number_is_refused(monkeypatch, text):
    monkeypatch.setenv("AUTOGRADER_DATA_LIMIT", text)
    with pytest.raises(ValueError, match="AUTOGRADER_DATA_LIMIT must be a positive integer"):
        get_CIFAR10_data(None, 20, 10, 10)
