"""The cases of a check: the same for everyone, ordered, off kinks, and of sizes that fit."""

from __future__ import annotations

import hashlib
import itertools
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import strategies
from autograder.models import Assignment, Check
from autograder.secret import PUBLIC, Secret
from autograder.strategies import Case, Draw, Inputs, cases, structures

ROOT = Path(__file__).parents[2]
OTHER = Secret(b"another secret")
quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)

# SHA-256 over the structures of each topic's checks. They change only on purpose: with another
# number here, every student so far was graded on other cases. After a change that is meant, run
# this test and copy what it prints.
CHECKSUMS = {
    "convnet": "bc913f9a3c7eb90a",
    "convolution": "5e1f408b3c87f804",
    "dropout": "a400d031bc60506a",
    "fully_connected": "7391a3f86d79432d",
    "nets": "2b09fa33910a05a1",
    "normalization": "06df39f5b6d76d40",
    "optimizers": "24d8ab5a63d866be",
    "training": "1cbcec0274c5bc15",
}


# Wide ranges, in which constants from other code would show at once.
PROBE = "st.fixed_dictionaries({'n': st.integers(0, 10**6), 'x': st.floats(-10, 10)})"


def drawn(roster: Assignment) -> dict[str, str]:
    """check id -> all its structures, as text."""
    return {
        check.id: repr(structures(check.id, check.inputs.structure, check.examples))
        for check in roster.checks
    }


def drawn_elsewhere(prelude: str, folder: Path) -> dict[str, str]:
    """The same, and a probe, in a fresh process that runs `prelude` first."""
    script = f"""
import sys
sys.path[:0] = [{str(ROOT)!r}, {str(folder)!r}]
{prelude}
from hypothesis import strategies as st
from autograder import assignment
from autograder.strategies import structures
print("probe", repr(structures("probe", {PROBE}, 200)), sep="\t")
for check in assignment.load().checks:
    print(check.id, repr(structures(check.id, check.inputs.structure, check.examples)), sep="\t")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(line.split("\t") for line in done.stdout.splitlines())


# Steady. ------------------------------------------------------------------------------------


def test_structures_are_the_same_in_every_process_whatever_other_code_holds(
    roster: Assignment, tmp_path: Path
) -> None:
    """Hypothesis likes to draw constants that it finds in the modules around it."""
    numbers = [*range(-40, 40), *range(4711, 4731), 10**5, 2.5, 1e-3, 0.25, 0.4]
    lines = [f"c{i} = {value!r}" for i, value in enumerate(numbers)]
    lines += [f"s{i} = {text!r}" for i, text in enumerate(["train", "test", "odd", "x"])]
    (tmp_path / "oddities.py").write_text("\n".join(lines))
    alone = drawn_elsewhere("", tmp_path)
    assert drawn_elsewhere("import oddities", tmp_path) == alone
    alone.pop("probe")
    assert alone == drawn(roster)


def test_structures_change_only_on_purpose(roster: Assignment) -> None:
    found: dict[str, str] = {}
    texts = sorted(drawn(roster).items())
    for topic, group in itertools.groupby(texts, key=lambda item: item[0].partition(".")[0]):
        found[topic] = hashlib.sha256(repr(list(group)).encode()).hexdigest()[:16]
    assert found == CHECKSUMS


def test_structures_come_smallest_first_and_once(roster: Assignment) -> None:
    for check in roster.checks:
        found = structures(check.id, check.inputs.structure, check.examples)
        assert 1 <= len(found) <= check.examples
        sizes = [
            math.prod(max(v, 1) for v in structure.values() if isinstance(v, int))
            for structure in found
        ]
        assert sizes == sorted(sizes)
        assert len({repr(structure) for structure in found}) == len(found)


def test_a_check_that_draws_one_structure_has_one_case() -> None:
    assert len(cases("any.id", strategies.nothing(), 6, PUBLIC)) == 1


# Numbers. -----------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A value as something that can be compared exactly."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def content(case: Case) -> Any:
    parts = {key: value for key, value in vars(case).items() if not isinstance(value, Draw)}
    return plain(parts)


def all_cases(check: Check, secret: Secret) -> list[Case]:
    return cases(check.id, check.inputs, check.examples, secret)


def arrays_of(case: Case) -> list[np.ndarray]:
    found = [*case.inputs.values(), *vars(case).values()]
    found += [item for value in found if isinstance(value, list) for item in value]
    return [value for value in found if isinstance(value, np.ndarray)]


def test_a_secret_decides_the_numbers_and_nothing_else(roster: Assignment) -> None:
    for check in roster.checks:
        first, again, other = (all_cases(check, s) for s in (PUBLIC, PUBLIC, OTHER))
        assert list(map(content, first)) == list(map(content, again)), check.id
        assert len(other) == len(first)
        pairs = [
            pair
            for one, two in zip(first, other, strict=True)
            for pair in zip(arrays_of(one), arrays_of(two), strict=True)
        ]
        assert all(a.shape == b.shape and a.dtype == b.dtype for a, b in pairs), check.id
        # The permutation of two values may come out the same; not all of them.
        assert not pairs or not all(np.array_equal(a, b) for a, b in pairs), check.id


def test_two_checks_with_the_same_inputs_get_other_numbers() -> None:
    inputs = strategies.affine()
    one, two = (cases(name, inputs, 6, PUBLIC) for name in ("a.b.c", "a.b.d"))
    assert list(map(content, one)) != list(map(content, two))


def test_every_case_holds_finite_numbers(roster: Assignment) -> None:
    for check in roster.checks:
        for case in all_cases(check, PUBLIC):
            for array in arrays_of(case):
                assert array.size > 0, check.id
                assert np.isfinite(array).all(), check.id


@quick
@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
    st.sampled_from([0.003, 0.5, 2.0, 5.0]),
    st.integers(0, 2**32),
)
def test_a_spread_has_no_ties_and_no_zeros(shape: list[int], scale: float, seed: int) -> None:
    x = Draw(np.random.default_rng(seed)).spread(*shape, scale=scale)
    assert x.shape == tuple(shape)
    values = np.sort(x.ravel())
    assert np.abs(values).max() <= 2 * scale
    step = 2 * scale / x.size
    # Nothing comes nearer to another value or to zero than a finite difference could bridge.
    assert np.diff(values).min(initial=step) > 0.99 * step
    assert np.abs(values).min() > 0.3 * step


def test_a_spread_is_shuffled_over_all_axes() -> None:
    x = Draw(np.random.default_rng(0)).spread(4, 3, 5, 5)
    rows = x.reshape(-1, 5)
    assert not any((np.diff(row) > 0).all() for row in rows[:20])
    assert np.abs(x.mean(axis=(0, 2, 3))).max() < 0.6


@quick
@given(st.integers(0, 2**32))
def test_away_from_zero_keeps_its_bounds(seed: int) -> None:
    x = np.abs(Draw(np.random.default_rng(seed)).away_from_zero(7, 3, low=1.0, high=3.0))
    assert x.min() >= 1.0
    assert x.max() <= 3.0


def test_labels_are_classes() -> None:
    y = Draw(np.random.default_rng(0)).labels(500, 3)
    assert sorted(set(y.tolist())) == [0, 1, 2]


# Cases. -------------------------------------------------------------------------------------


def test_a_case_gives_fresh_copies() -> None:
    case = Case({"x": np.ones(2), "bn_param": {"mode": "train", "m": np.zeros(1)}}, ("x",), dout=1)
    case.x[0] = 5
    case.bn_param["m"][0] = 5
    args = case.args
    args[0][1], args[1]["mode"] = 7, "test"
    assert case.x.tolist() == [1, 1]
    assert case.bn_param == {"mode": "train", "m": np.zeros(1)}
    assert (case.dout, case.wrt) == (1, ("x",))


def test_a_case_replaces_one_input_and_keeps_the_order() -> None:
    case = Case({"x": np.ones(2), "w": np.ones(3), "b": 1.0})
    x, w, b = case.replacing("w", "new")
    assert (x.tolist(), w, b) == ([1, 1], "new", 1.0)
    w = np.zeros(3)
    case.replacing("w", w)[1][0] = 9
    assert w.tolist() == [0, 0, 0]
    assert case.inputs["w"].tolist() == [1, 1, 1]


def many(inputs: Inputs, count: int = 80) -> list[tuple[dict[str, Any], Case]]:
    """A wider choice of a strategy's cases than any check draws."""
    found = structures(f"many of {id(inputs)}", inputs.structure, count)
    return [(s, inputs.fill(Draw(np.random.default_rng(i)), s)) for i, s in enumerate(found)]


@pytest.mark.parametrize("general", [False, True])
def test_the_sizes_of_a_convolution_divide(general: bool) -> None:
    found = many(strategies.conv(general=general))
    assert len(found) > 10
    for _, case in found:
        (N, _C, H, W), (F, _, KH, KW) = case.x.shape, case.w.shape
        stride, pad = case.conv_param["stride"], case.conv_param["pad"]
        out = []
        for size, kernel in ((H, KH), (W, KW)):
            assert size >= 1
            assert (size + 2 * pad - kernel) % stride == 0
            out.append(1 + (size + 2 * pad - kernel) // stride)
        assert min(out) >= 1
        assert case.dout.shape == (N, F, *out)
        assert case.b.shape == (F,)
    if general:
        assert any(case.x.shape[2] != case.x.shape[3] for _, case in found)
        assert any(case.w.shape[2] != case.w.shape[3] for _, case in found)
        assert any(case.conv_param["pad"] == 0 for _, case in found)
        assert any(case.x.shape[:2] == (1, 1) for _, case in found)


@pytest.mark.parametrize("general", [False, True])
def test_the_windows_of_a_pooling_divide(general: bool) -> None:
    found = many(strategies.pool(general=general))
    overlaps = 0
    for _, case in found:
        N, C, H, W = case.x.shape
        PH, PW, stride = (case.pool_param[k] for k in ("pool_height", "pool_width", "stride"))
        assert (H - PH) % stride == 0
        assert (W - PW) % stride == 0
        assert case.dout.shape == (N, C, 1 + (H - PH) // stride, 1 + (W - PW) // stride)
        assert len(np.unique(case.x)) == case.x.size
        overlaps += stride < max(PH, PW)
    assert bool(overlaps) == general
    assert any((case.x < 0).all() for _, case in found)


def test_groups_divide_the_channels() -> None:
    for _, case in many(strategies.spatial_norm("gn_param", groups=True)):
        channels = case.x.shape[1]
        assert channels % case.G == 0
        assert case.gamma.shape == (1, channels, 1, 1)


def test_some_variances_are_near_eps_and_some_far_above() -> None:
    variances = [case.x.var(axis=0).mean() for _, case in many(strategies.norm_2d("bn_param"))]
    assert min(variances) < 1e-4
    assert max(variances) > 1


def test_single_precision_is_a_cast_of_every_float() -> None:
    for _, case in many(strategies.affine(dtype=np.float32), 5):
        assert {a.dtype for a in (case.x, case.w, case.b, case.dout)} == {np.dtype(np.float32)}
    mixed = strategies.cast({"x": np.ones(2), "y": np.arange(2), "p": {"a": 1.0}}, np.float32)
    assert mixed["x"].dtype == np.float32
    assert mixed["y"].dtype.kind == "i"
    assert mixed["p"] == {"a": 1.0}


def test_the_affine_layer_sees_inputs_of_several_dimensions() -> None:
    ranks = {case.x.ndim for _, case in many(strategies.affine(), 30)}
    assert {2, 3} <= ranks
    for _, case in many(strategies.affine(), 30):
        assert math.prod(case.x.shape[1:]) == case.w.shape[0]
