"""Numeric gradients are right, and leave the point as it was."""

import re

import numpy as np
import pytest

from reference.gradient_check import (
    eval_numerical_gradient,
    eval_numerical_gradient_array,
    grad_check_sparse,
    rel_error,
)

POINTS = {
    "matrix": np.linspace(-1, 2, 12).reshape(3, 4),
    "transposed": np.linspace(-1, 2, 12).reshape(3, 4).T,
    "every second": np.linspace(-1, 2, 24).reshape(3, 8)[:, ::2],
    "backwards": np.linspace(-1, 2, 12).reshape(3, 4)[::-1],
    "number": np.array(0.7),
    "empty": np.zeros((0, 3)),
}


@pytest.mark.parametrize("name", POINTS)
def test_gradient_of_a_number(name):
    x = POINTS[name]
    before = x.copy()
    gradient = eval_numerical_gradient(lambda x: np.sum(x**3), x, verbose=False)
    assert gradient.shape == x.shape
    np.testing.assert_allclose(gradient, 3 * x**2, rtol=1e-7, atol=1e-9)
    assert np.array_equal(x, before)


@pytest.mark.parametrize("name", POINTS)
def test_gradient_of_an_array(name):
    x = POINTS[name]
    before = x.copy()
    df = np.cos(np.arange(x.size)).reshape(x.shape)
    gradient = eval_numerical_gradient_array(np.sin, x, df)
    np.testing.assert_allclose(gradient, df * np.cos(x), rtol=1e-8, atol=1e-10)
    assert np.array_equal(x, before)


def test_gradient_through_a_product_has_the_shape_of_the_point():
    x, w = np.linspace(-1, 1, 6).reshape(2, 3), np.linspace(0, 2, 12).reshape(3, 4)
    df = np.arange(8.0).reshape(2, 4)
    np.testing.assert_allclose(
        eval_numerical_gradient_array(lambda w: x @ w, w, df), x.T @ df, atol=1e-9
    )


def test_a_function_may_look_at_the_point_by_another_way():
    params = {"W1": np.array([1.0, 2.0, 3.0])}
    gradient = eval_numerical_gradient(lambda _: np.prod(params["W1"]), params["W1"], verbose=False)
    np.testing.assert_allclose(gradient, [6, 3, 2])


def test_a_function_may_return_the_same_buffer_each_time():
    buffer = np.empty(3)
    x = np.array([1.0, 2.0, 3.0])
    gradient = eval_numerical_gradient_array(lambda x: np.multiply(x, x, out=buffer), x, 1.0)
    np.testing.assert_allclose(gradient, 2 * x)
    np.testing.assert_allclose(eval_numerical_gradient_array(lambda x: x, x, np.ones(3)), 1)


def test_entries_return_exactly():
    # x + h - h would not give these back.
    x = np.array([0.1, 1e-9, 1e9, 1 / 3])
    before = x.copy()
    eval_numerical_gradient(np.sum, x, verbose=False)
    eval_numerical_gradient_array(np.sin, x, 1.0)
    assert x.tobytes() == before.tobytes()


def test_entries_return_when_the_function_raises():
    x = np.array([0.1, 0.2])
    with pytest.raises(ZeroDivisionError):
        eval_numerical_gradient(lambda _: 1 / 0, x)
    assert x.tolist() == [0.1, 0.2]


def test_the_step_is_h():
    seen = []
    x = np.array([2.0])
    eval_numerical_gradient(lambda x: seen.append(x[0]) or 0.0, x, verbose=False, h=0.5)
    assert sorted(seen) == [1.5, 2.5]


def test_float32_points_give_float64_gradients():
    x = np.array([1.0, 2.0], dtype=np.float32)
    gradient = eval_numerical_gradient(lambda x: np.sum(x * x), x, verbose=False, h=1e-2)
    assert gradient.dtype == np.float64
    np.testing.assert_allclose(gradient, [2, 4], rtol=1e-3)


def test_verbose_prints_each_entry(capsys):
    eval_numerical_gradient(np.sum, np.zeros((1, 2)))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(")")[0] for line in lines] == ["(0, 0", "(0, 1"]
    eval_numerical_gradient(np.sum, np.zeros((1, 2)), verbose=False)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("x", [np.arange(3), [1.0, 2.0], np.zeros(2, dtype=complex)])
def test_points_without_floats_are_refused(x):
    for call in (
        lambda: eval_numerical_gradient(np.sum, x),
        lambda: eval_numerical_gradient_array(np.sin, x, 1.0),
        lambda: grad_check_sparse(np.sum, x, np.ones(2)),
    ):
        with pytest.raises(TypeError, match="x must be an array of floats"):
            call()


def sparse_errors(capsys, gradient, **options):
    x = np.linspace(1, 2, 20).reshape(4, 5)
    before = x.copy()
    grad_check_sparse(lambda x: np.sum(x**2), x, gradient(x), **options)
    assert np.array_equal(x, before)
    return [float(e) for e in re.findall("relative error: (.*)", capsys.readouterr().out)]


def test_sparse_check_tells_right_from_wrong(capsys):
    right = sparse_errors(capsys, lambda x: 2 * x)
    assert len(right) == 10
    assert max(right) < 1e-8
    wrong = sparse_errors(capsys, lambda x: x, num_checks=3)
    assert wrong == pytest.approx([1 / 3] * 3, rel=1e-6)


def test_sparse_check_looks_at_entries_of_the_same_place(capsys):
    np.random.seed(0)
    places = set()
    x = np.zeros((3, 4))

    def f(x):
        places.update(map(tuple, np.argwhere(x)))
        return np.sum(x)

    grad_check_sparse(f, x, np.ones((3, 4)), num_checks=100)
    assert len(places) == 12
    assert capsys.readouterr().out.count("numerical: 1.000000 analytic: 1.000000") == 100


def test_sparse_check_refuses_a_gradient_of_another_shape():
    with pytest.raises(ValueError, match="analytic_grad has the shape"):
        grad_check_sparse(np.sum, np.ones((2, 3)), np.ones((3, 2)))


def test_rel_error():
    assert rel_error([1.0, 3.0], [1.0, 1.0]) == 0.5
    assert rel_error(2.0, -2.0) == 1
    assert rel_error(np.zeros(3), np.zeros(3)) == 0
    assert rel_error([1e-9], [0.0]) == pytest.approx(0.1)
    assert rel_error([], []) == 0
    assert np.isnan(rel_error([np.nan, 1.0], [1.0, 1.0]))


def test_rel_error_does_not_broadcast():
    with pytest.raises(ValueError, match="differ"):
        rel_error(np.ones((3, 1)), np.ones(3))
