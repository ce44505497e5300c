"""What tells right inputs from wrong ones is said if it is one property, and only then."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.patterns import difference, features
from autograder.secret import PUBLIC
from autograder.strategies import Case, Draw, conv, norm_2d, pool, spatial_norm


def strides(*values: int) -> list[dict[str, Any]]:
    return [{"stride": value, "pad": number % 2} for number, value in enumerate(values)]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (strides(1, 1), strides(2, 2), "right where stride is 1, wrong where it is 2"),
        (strides(1, 1, 1), strides(3, 2), "right where stride is 1, wrong where it is 2 or 3"),
        (strides(1, 1), strides(2, 1), ""),  # stride 1 is wrong as well
        (strides(1), strides(2, 2), ""),  # one case is no pattern
        (strides(1, 1), [], ""),
        ([{"square image": True}] * 2, [{"square image": False}] * 2, "right where the images"),
        ([{"square image": False}] * 2, [{"square image": True}] * 2, "wrong where the images"),
        ([{"stride": 1}] * 2, [{"pad": 1}] * 2, ""),  # nothing to compare
    ],
)
def test_one_property_that_tells_them_apart(right: Any, wrong: Any, said: str) -> None:
    found = difference(right, wrong)
    assert found == said if "where it is" in said or not said else found.startswith(said)


def fill(inputs: Any, **structure: Any) -> Case:
    made: Case = inputs.fill(Draw(PUBLIC.generator("test")), structure)
    return made


def test_features_of_a_convolution() -> None:
    case = fill(conv(general=True), N=1, C=1, F=2, KH=3, KW=4, stride=2, pad=0, out_h=2, out_w=4)
    found = features(case.inputs)
    assert found["stride"] == 2
    assert found["pad"] == 0
    assert found["windows overlap"]
    assert not found["square window"]
    assert not found["square image"]
    assert found["batch of one"]
    assert found["one channel"]


def test_features_of_a_pool_and_of_norms() -> None:
    case = fill(pool(general=False), N=2, C=2, PH=2, stride=2, out_h=2, out_w=2, center=0.0)
    found = features(case.inputs)
    assert found["square window"]
    assert not found["windows overlap"]
    case = fill(norm_2d("ln_param", eps=0.1), N=3, D=5, scale=0.003, center=0.0)
    assert features(case.inputs)["variance near eps"]
    assert features(case.inputs)["eps"] == 0.1
    norm = spatial_norm("gn_param", groups=True)
    case = fill(norm, N=2, C=6, G=3, H=2, W=3, scale=1.0, center=0.0)
    assert features(case.inputs)["G"] == 3
    assert features({}) == {}
    assert features({"x": np.array(1.0)}) == {}


STRIDE_ONE = """

_right = conv_forward_naive
def conv_forward_naive(x, w, b, conv_param):
    out, cache = _right(x, w, b, conv_param)
    if conv_param["stride"] == 1:
        return out, cache
    return out * np.arange(2, out.shape[-1] + 2), cache
"""


def test_a_report_says_where_a_function_is_right(grade_files: Any) -> None:
    from pathlib import Path

    text = (Path(__file__).parents[2] / "reference" / "layers.py").read_bytes()
    files = {"cs231n/layers.py": text + STRIDE_ONE.encode()}
    report = grade_files(files, only="conv_forward_naive")
    (told, *_) = [o for o in report.outcomes if o.score < o.check.points]
    assert told.diagnosis == ""
    assert "; right where stride is 1, wrong where it is 2 or 3" in told.message
