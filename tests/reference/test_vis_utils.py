"""The grid shows each image once, in its place, stretched to the full range."""

import subprocess
import sys

import numpy as np
import pytest

from reference.vis_utils import visualize_grid


@pytest.mark.parametrize(
    ("num", "rows", "columns"), [(1, 1, 1), (2, 1, 2), (3, 2, 2), (5, 2, 3), (9, 3, 3), (32, 6, 6)]
)
def test_images_stand_in_rows(num, rows, columns):
    H, W, C, padding = 4, 3, 2, 2
    Xs = np.random.default_rng(0).normal(size=(num, H, W, C))
    grid = visualize_grid(Xs, ubound=10.0, padding=padding)
    assert grid.shape == (rows * (H + 2) - 2, columns * (W + 2) - 2, C)
    seen = np.zeros(grid.shape, dtype=bool)
    for i, image in enumerate(Xs):
        row, column = divmod(i, columns)
        place = np.s_[row * 6 : row * 6 + H, column * 5 : column * 5 + W]
        stretched = 10 * (image - image.min()) / (image.max() - image.min())
        np.testing.assert_allclose(grid[place], stretched)
        seen[place] = True
    assert np.all(grid[~seen] == 0)


def test_defaults_are_pixels_and_a_line_between_them():
    grid = visualize_grid(np.arange(2 * 2 * 2 * 3).reshape(2, 2, 2, 3))
    assert grid.shape == (2, 5, 3)
    assert grid.max() == 255
    assert np.all(grid[:, 2] == 0)


def test_no_padding():
    grid = visualize_grid(np.ones((4, 2, 2, 1)), padding=0)
    assert grid.shape == (4, 4, 1)
    assert np.all(grid == 127.5)


def test_an_image_of_one_value_is_half_bright_and_spoils_no_other():
    Xs = np.stack([np.full((2, 2, 1), -3.0), np.arange(4.0).reshape(2, 2, 1)])
    grid = visualize_grid(Xs, ubound=1.0)
    assert np.all(grid[:, :2] == 0.5)
    np.testing.assert_allclose(grid[:, 3:, 0], [[0, 1 / 3], [2 / 3, 1]])


def test_the_images_stay_as_they_are():
    Xs = np.random.default_rng(1).normal(size=(3, 2, 2, 3)).astype(np.float32)
    before = Xs.copy()
    visualize_grid(Xs)
    assert np.array_equal(Xs, before)


@pytest.mark.parametrize("shape", [(3, 3, 3), (0, 2, 2, 3), (2, 2)])
def test_what_is_no_stack_of_images_is_refused(shape):
    with pytest.raises(ValueError, match="must be images"):
        visualize_grid(np.zeros(shape))


def test_given_files_need_numpy_alone():
    code = (
        "import sys\n"
        "from reference import data_utils, gradient_check, solver, vis_utils\n"
        "print([m for m in ('matplotlib', 'PIL', 'scipy', 'imageio') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
