"""The images that the notebooks train on.

`get_CIFAR10_data` is what the notebooks call. It takes CIFAR-10 (Krizhevsky 2009, "Learning
Multiple Layers of Features from Tiny Images") when its files are there, and otherwise a set of
the same form that `make_shapes` draws: ten kinds of shapes, so that everything runs without a
download. Accuracies on the two sets are not comparable.
"""

from __future__ import annotations

import io
import math
import os
import pickle
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

# ---------------------------------------------------------------------------------------------
# The embedded set: drawn shapes
# ---------------------------------------------------------------------------------------------
# A shape is a distance field (u, v, r) -> d: how far, in pixels, a point lies outside the shape
# (negative: inside). u runs to the right and v down from the shape's center, r is its radius.
# Only + - * / abs, min, max and sqrt are used, here and below: IEEE 754 fixes their results to
# the last bit, so every machine draws the same images. (sin, cos and exp differ by machine.)


def _box(u: Array, v: Array, width: Array, height: Array) -> Array:
    outside: Array = np.maximum(np.abs(u) - width, np.abs(v) - height)
    return outside


def _cross(u: Array, v: Array, r: Array) -> Array:
    return np.minimum(_box(u, v, r, r * 0.25), _box(u, v, r * 0.25, r))


def _bars(u: Array, v: Array, r: Array) -> Array:
    w = np.abs(v)  # one bar through the center, one above it, one below
    return np.maximum(np.minimum(w, np.abs(w - r * 0.75)) - r * 0.2, np.abs(u) - r * 0.9)


def _checker(u: Array, v: Array, r: Array) -> Array:
    a = r * 0.42
    return np.minimum(_box(u - a, v - a, a, a), _box(u + a, v + a, a, a))


# The label of a shape is its place in this table.
SHAPES: dict[str, Callable[[Array, Array, Array], Array]] = {
    "disc": lambda u, v, r: np.sqrt(u * u + v * v) - r * 0.9,
    "ring": lambda u, v, r: np.abs(np.sqrt(u * u + v * v) - r * 0.8) - r * 0.2,
    "square": lambda u, v, r: _box(u, v, r * 0.8, r * 0.8),
    "frame": lambda u, v, r: np.abs(_box(u, v, r * 0.75, r * 0.75)) - r * 0.2,
    "triangle": lambda u, v, r: np.maximum(v - r * 0.6, np.abs(u) * 0.875 - (v + r) * 0.5),
    "cross": _cross,
    "saltire": lambda u, v, r: _cross((u + v) * 0.70710678, (u - v) * 0.70710678, r),
    "bars": _bars,
    "stripes": lambda u, v, r: _bars(v, u, r),
    "checker": _checker,
}
SIZE = 32  # pixels of a side
CHUNK = 256  # images drawn at a time: bounds the memory of the intermediate arrays


def make_shapes(
    num: int,
    seed: int,
    dtype: type[np.floating[Any]] = np.float32,
    jitter: float = 7.0,
    noise: float = 0.3,
    tint: float = 0.1,
    contrast: float = 0.5,
) -> tuple[Array, Array]:
    """Draw images of ten kinds of shapes (see `SHAPES`), each with its label.

    A bright shape stands on a dark ground, somewhere near the center, a little turned, with noise
    on every pixel. A linear model learns where ink tends to be; telling the kinds apart wherever
    they stand takes hidden layers, and convolutions do it best.

    The same arguments give the same bytes on every machine and with every NumPy. The first images
    of a longer set are those of a shorter one. Every ten images in a row hold each label once.

    Args:
        num: number of images, N.
        seed: non-negative integer; other seeds give independent sets.
        dtype: float type of the images; they are computed in float32.
        jitter: how far, in pixels, a shape's center is at most from the image's, along each axis.
        noise: standard deviation of each pixel's noise.
        tint: standard deviation of the color, per image and channel, that is added to all pixels.
        contrast: mean difference between a shape and its ground.

    Returns:
        X: images (N, 3, 32, 32). Values lie about 0.5, most of them between 0 and 1.
        y: labels (N,), int64, 0 to 9.

    Raises:
        ValueError: num or seed is negative.
    """
    if num < 0 or seed < 0:
        raise ValueError(f"num and seed must not be negative, got num={num} and seed={seed}")
    # One stream each, so that the first images do not depend on how many follow. Raw bits of
    # PCG64 are guaranteed never to change; NumPy's distributions are not.
    streams = [np.random.PCG64(s) for s in np.random.SeedSequence(seed).spawn(3)]
    y = _labels(streams[0], num)
    X = np.empty((num, 3, SIZE, SIZE), dtype=dtype)
    for start in range(0, num, CHUNK):
        part = slice(start, min(start + CHUNK, num))
        images = _noise(streams[2], part.stop - start) * np.float32(noise)
        light, color = _draw(streams[1], y[part], jitter, tint, contrast)
        images += light[:, None]
        images += color[:, :, None, None] + np.float32(0.5)
        X[part] = images
    return X, y


def _labels(bits: np.random.PCG64, num: int) -> Array:
    """Blocks of ten labels, each block in an order of its own: (num,) int64."""
    blocks = -(-num // len(SHAPES))
    keys = bits.random_raw(blocks * len(SHAPES)).reshape(blocks, len(SHAPES))
    return np.argsort(keys, axis=1, kind="stable").reshape(-1)[:num].astype(np.int64)


def _noise(bits: np.random.PCG64, num: int) -> Array:
    """Nearly normal noise of mean 0 and standard deviation 1: (num, 3, 32, 32) float32.

    Each value is the sum of four random bytes (Irwin-Hall, within 3.46 standard deviations), which
    is exact and cheap: four sums at once in the 16-bit lanes of a 64-bit word.
    """
    raw = bits.random_raw(num * 3 * SIZE * SIZE // 2)
    low = np.uint64(0x00FF00FF00FF00FF)
    pairs = (raw & low) + ((raw >> np.uint64(8)) & low)
    sums = pairs[0::2] + pairs[1::2]
    lanes = sums.astype("<u8", copy=False).view("<u2")
    variance = 4 * (256**2 - 1) / 12
    scaled = (lanes.astype(np.float32) - np.float32(510)) * np.float32(1 / math.sqrt(variance))
    return scaled.reshape(num, 3, SIZE, SIZE)


def _draw(
    bits: np.random.PCG64, y: Array, jitter: float, tint: float, contrast: float
) -> tuple[Array, Array]:
    """Shapes without noise, light about 0 (n, 32, 32), and the color to add (n, 3)."""
    # Uniform in [-1, 1), exact: the upper 24 bits of each word.
    words = bits.random_raw(len(y) * 10).reshape(len(y), 10) >> np.uint64(40)
    uniform = words.astype(np.float32) * np.float32(2**-23) - np.float32(1)
    color = uniform[:, 7:] * np.float32(tint * math.sqrt(3))
    x1, x2, y1, y2, size, turn, strength = uniform[:, :7].T[:, :, None, None]
    # The sum of two makes places near the center likelier than those at the rim.
    shift_x, shift_y = (np.float32(jitter / 2) * (a + b) for a, b in ((x1, x2), (y1, y2)))

    grid = np.arange(SIZE, dtype=np.float32) - np.float32((SIZE - 1) / 2)
    right, down = grid - shift_x, grid[:, None] - shift_y
    # A rotation by 2 atan(t), in rational form; |t| up to 0.1 is about 11 degrees.
    t = np.float32(0.1) * turn
    sin, cos = 2 * t / (1 + t * t), (1 - t * t) / (1 + t * t)
    u, v = cos * right + sin * down, cos * down - sin * right
    r = np.float32(9) + np.float32(1.5) * size

    ink = np.empty((len(y), SIZE, SIZE), dtype=np.float32)
    for label, field in enumerate(SHAPES.values()):
        i = np.flatnonzero(y == label)
        # Shapes end softly, over one pixel.
        ink[i] = np.clip(np.float32(0.5) - field(u[i], v[i], r[i]), 0, 1)
    ink -= np.float32(0.5)  # so that the ground is as far below the mean as a shape is above it
    ink *= np.float32(contrast) * (1 + np.float32(0.3) * strength)
    return ink, color


# ---------------------------------------------------------------------------------------------
# CIFAR-10
# ---------------------------------------------------------------------------------------------

FOLDER = "cifar-10-batches-py"
ARCHIVE = "cifar-10-python.tar.gz"
TRAIN_FILES = tuple(f"data_batch_{i}" for i in range(1, 6))
TEST_FILE = "test_batch"
DATASETS = Path(__file__).parent / "datasets"
EMBEDDED = (5000, 1000, 1000)  # at most so many training, validation and test images
LIMIT = "AUTOGRADER_DATA_LIMIT"


def get_CIFAR10_data(
    cifar10_dir: str | Path | None = None,
    num_training: int = 49000,
    num_validation: int = 1000,
    num_test: int = 1000,
    subtract_mean: bool = True,
) -> dict[str, Array]:
    """The data of the notebooks: training, validation and test images with their labels.

    CIFAR-10 is used when `cifar10_dir` names it or when it lies in the folder `datasets` beside
    this file. Otherwise the images are drawn shapes (`make_shapes` times 255, clipped to 0 to 255,
    which gives about the spread of CIFAR-10's pixels), at most 5,000, 1,000 and 1,000 of them.
    A printed line says which. The environment variable
    AUTOGRADER_DATA_LIMIT, a positive integer, caps `num_training`.

    Args:
        cifar10_dir: a path as for `load_cifar10`, or None.
        num_training: number of training images.
        num_validation: number of images taken from behind the training images for validation.
        num_test: number of test images.
        subtract_mean: subtract the mean training image from all images.

    Returns:
        X_train, X_val, X_test: float32 images (N, 3, 32, 32), pixels 0 to 255 before the mean
            is subtracted; y_train, y_val, y_test: labels (N,), 0 to 9.

    Raises:
        FileNotFoundError: cifar10_dir is given, and CIFAR-10 is not there.
        ValueError: a file is damaged, fewer images are there than asked for, or
            AUTOGRADER_DATA_LIMIT is not a positive integer.
    """
    num_training = _limited(num_training)
    where = _find(Path(cifar10_dir)) if cifar10_dir is not None else _find_default()
    if where is None:
        wanted = (num_training, num_validation, num_test)
        counts = [min(num, most) for num, most in zip(wanted, EMBEDDED, strict=True)]
        print("CIFAR-10 not found: using {} + {} + {} drawn shapes instead.".format(*counts))
        sets = [make_shapes(num, seed) for seed, num in enumerate(counts)]
        for X, _ in sets:
            np.multiply(X, 255, out=X)
            np.clip(X, 0, 255, out=X)
        (X_train, y_train), (X_val, y_val), (X_test, y_test) = sets
    else:
        print(f"Using CIFAR-10 from {where}.")
        X_train, y_train, X_test, y_test = load_cifar10(where)
        end = num_training + num_validation
        _enough("training and validation", end, len(X_train))
        _enough("test", num_test, len(X_test))
        X_val, y_val = X_train[num_training:end], y_train[num_training:end]
        X_train, y_train = X_train[:num_training], y_train[:num_training]
        X_test, y_test = X_test[:num_test], y_test[:num_test]

    if subtract_mean and len(X_train):
        mean_image = X_train.mean(axis=0, dtype=np.float64).astype(np.float32)
        for X in (X_train, X_val, X_test):
            np.subtract(X, mean_image, out=X)  # parts of one array, or our own: no copies
    return {
        "X_train": X_train,
        "y_train": y_train,
        "X_val": X_val,
        "y_val": y_val,
        "X_test": X_test,
        "y_test": y_test,
    }


def load_cifar10(path: str | Path) -> tuple[Array, Array, Array, Array]:
    """Read CIFAR-10's "python version", as its authors distribute it.

    Args:
        path: the folder `cifar-10-batches-py`, the archive `cifar-10-python.tar.gz`, or a folder
            that holds one of them. An archive is read in place, not unpacked.

    Returns:
        X_train (50000, 3, 32, 32) float32, pixels 0 to 255; y_train (50000,) int64;
        X_test (10000, 3, 32, 32); y_test (10000,).

    Raises:
        FileNotFoundError: there is no CIFAR-10 at `path`.
        ValueError: a file is damaged, is missing, or holds something else.
    """
    found = _find(Path(path))
    batches = dict(_folder_batches(found) if found.is_dir() else _archive_batches(found))
    missing = [name for name in (*TRAIN_FILES, TEST_FILE) if name not in batches]
    if missing:
        raise ValueError(f"{found} is not complete: it lacks {', '.join(missing)}.")
    X_train, y_train = _join([batches.pop(name) for name in TRAIN_FILES])
    return X_train, y_train, *_join([batches.pop(TEST_FILE)])


def _join(batches: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    pixels = np.concatenate([pixels for pixels, _ in batches], dtype=np.float32)
    return pixels.reshape(-1, 3, SIZE, SIZE), np.concatenate([labels for _, labels in batches])


def _find(path: Path) -> Path:
    """The folder of batches, or the archive, that `path` means."""
    for candidate in (path / FOLDER, path / ARCHIVE, path):
        if candidate.is_file() or (candidate / TEST_FILE).is_file():
            return candidate
    raise FileNotFoundError(
        f"There is no CIFAR-10 at {path}: give the folder {FOLDER}, the file {ARCHIVE}, "
        "or the folder that holds one of them."
    )


def _find_default() -> Path | None:
    try:
        return _find(DATASETS)
    except FileNotFoundError:
        return None


def _limited(num_training: int) -> int:
    text = os.environ.get(LIMIT)
    if text is None:
        return num_training
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"{LIMIT} must be a positive integer, but it is {text!r}.")
    if int(text) < num_training:
        print(f"{LIMIT} limits the training images to {int(text)} of {num_training}.")
    return min(num_training, int(text))


def _enough(what: str, wanted: int, there: int) -> None:
    if wanted > there:
        raise ValueError(f"CIFAR-10 has {there} {what} images here, but {wanted} are asked for.")


def _folder_batches(folder: Path) -> Iterator[tuple[str, tuple[Array, Array]]]:
    for name in (*TRAIN_FILES, TEST_FILE):
        if (folder / name).is_file():
            yield name, _read_batch((folder / name).read_bytes(), f"{folder / name}")


def _archive_batches(archive: Path) -> Iterator[tuple[str, tuple[Array, Array]]]:
    wanted = {f"{FOLDER}/{name}": name for name in (*TRAIN_FILES, TEST_FILE)}
    try:
        # From front to back: seeking in a compressed file would unpack it again and again.
        with tarfile.open(archive, "r|gz") as tar:
            for member in tar:
                file = tar.extractfile(member) if member.name in wanted else None
                if file is not None:
                    yield (
                        wanted[member.name],
                        _read_batch(file.read(), f"{member.name} in {archive}"),
                    )
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{archive} is damaged or not a .tar.gz archive ({error}).") from error


_reconstruct = np.empty(0).__reduce__()[0]
# NumPy 2 renamed its module; the files were written long before.
ADMITTED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
}


class _BatchUnpickler(pickle.Unpickler):
    """Reads what the batches are made of, and refuses all else.

    The files are pickles, and a pickle may name any function, which loading then calls: a changed
    download could run commands. These need dicts, lists, numbers and bytes, which name nothing,
    and NumPy arrays, which name what `ADMITTED` lists.
    """

    def find_class(self, module: str, name: str) -> Any:
        try:
            return ADMITTED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it names {module}.{name}") from None


def _read_batch(content: bytes, name: str) -> tuple[Array, Array]:
    """One batch: uint8 pixels (n, 3072) and int64 labels (n,).

    Raises:
        ValueError: the file is not one of CIFAR-10's batches.
    """
    try:
        batch = _BatchUnpickler(io.BytesIO(content), encoding="bytes").load()
        pixels, labels = batch[b"data"], np.asarray(batch[b"labels"])
        good = (
            isinstance(pixels, np.ndarray)
            and pixels.dtype == np.uint8
            and pixels.shape == (len(labels), 3 * SIZE * SIZE)
            and labels.dtype.kind in "iu"
            and bool(((labels >= 0) & (labels < 10)).all())
        )
    # A damaged pickle can raise nearly anything: it is a program that lost its way.
    except Exception as error:
        raise ValueError(f"{name} is damaged or not a batch of CIFAR-10 ({error}).") from error
    if not good:
        raise ValueError(f"{name} is not a batch of CIFAR-10: wrong shapes, types or labels.")
    return pixels, labels.astype(np.int64)
