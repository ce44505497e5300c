"""The catalogue of known mistakes: each entry is what it says, and the checks agree.

Running an entry on recorded inputs shows that it is wrong and is not another entry under a new
name. Grading it shows that the checks find it, or leave it alone if it is tolerated.
"""

import warnings
from collections import Counter
from functools import partial

import numpy as np
import pytest

from autograder import audit, misconceptions
from autograder.errors import GraderError
from autograder.misconceptions import Misconception
from reference import layers, optim
from reference.classifiers import cnn, fc_net

CATALOGUE = misconceptions.catalogue()
WRONG = [entry for entry in CATALOGUE if not entry.tolerated]
TOLERATED = [entry for entry in CATALOGUE if entry.tolerated]

# Their output is right; what they left in the cache is not, which a backward pass shows.
SHOWN_BY_BACKWARD = {
    "affine_forward.cache-flattened",
    "batchnorm_forward.cache-overwritten",
    "layernorm_forward.cache-overwritten",
    "dropout_forward.mask-cached-unscaled",
    "conv_forward_naive.padded-cached",
}
# What the checks do not find yet, or find where there is nothing to find: entry -> why.
ESCAPES: dict[str, str] = {}
FALSE_ALARMS: dict[str, str] = {}


def parameters(entries, known):
    return [
        pytest.param(
            entry,
            id=entry.id,
            marks=[pytest.mark.xfail(strict=True, reason=known[entry.id])]
            if entry.id in known
            else [],
        )
        for entry in entries
    ]


# The entries themselves. --------------------------------------------------------------------


def test_ids_are_unique_and_topics_are_those_of_the_checks(roster):
    assert len({entry.id for entry in CATALOGUE}) == len(CATALOGUE)
    assert {entry.topic for entry in CATALOGUE} <= {check.topic for check in roster.checks}


def test_every_function_of_the_assignment_has_known_mistakes(roster):
    counts = Counter(entry.function for entry in WRONG)
    given = {"sgd"}
    judged = {c.function for c in roster.checks if c.points} - given
    assert {function for function in judged if counts[function] < 4} == set()


def test_sentences_are_sentences_and_say_nothing_twice():
    for entry in CATALOGUE:
        assert entry.sentence.endswith("."), entry.id
        assert len(entry.sentence) <= 100, entry.id
    repeated = Counter((entry.function, entry.sentence) for entry in CATALOGUE)
    assert [key for key, count in repeated.items() if count > 1] == []


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.id)
def test_edits_apply_and_the_result_compiles(entry):
    source = misconceptions.source_of(entry)
    assert source != misconceptions.definitions(entry.module)[entry.function]
    assert misconceptions.definition(entry).__name__ == entry.function


def test_an_edit_that_does_not_fit_the_reference_is_refused():
    absent = Misconception("relu_forward.x", "relu_forward", "", "", (("no such text", ""),))
    with pytest.raises(GraderError, match="is not there"):
        misconceptions.source_of(absent)
    twice = Misconception("relu_forward.x", "relu_forward", "", "", (("x", ""),))
    with pytest.raises(GraderError, match="occurs"):
        misconceptions.source_of(twice)


def test_two_entries_of_one_function_are_applied_together():
    picked = [e for e in WRONG if e.id in ("adam.no-correction", "adam.uphill")]
    text = misconceptions.apply(picked)["cs231n/optim.py"].decode()
    assert 'm_hat = config["m"]\n' in text
    assert "next_w = w + " in text


# What they compute. -------------------------------------------------------------------------


def numbers(*shape, seed=0, scale=1.0):
    return np.random.default_rng(seed).uniform(-2, 2, shape) * scale


def attempt(call):
    """What a call returns, or how it fails."""
    np.random.seed(5)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call()
    except Exception as error:  # noqa: BLE001  a mistake may raise anything
        return f"{type(error).__name__}: {error}"


def forward_and_back(forward, backward, *args):
    """Output, what is left in the parameter dict, and the gradients that the cache leads to."""
    *arrays, param = args
    param = dict(param) if isinstance(param, dict) else param
    result = attempt(partial(forward, *arrays, param))
    if isinstance(result, str):
        return [result]
    out, cache = result
    found = [out, param]
    if cache is not None and np.shape(out):
        found.append(attempt(partial(backward, numbers(*np.shape(out), seed=9), cache)))
    return found


def with_param(f, backward, shape, parameter_shape, *extra):
    """A normalization in all its modes."""
    backward = getattr(layers, backward)
    gamma, beta = numbers(*parameter_shape, seed=1), numbers(*parameter_shape, seed=2)
    found = []
    for scale in (1.0, 0.003):
        x = numbers(*shape, seed=3, scale=scale) + np.arange(shape[1]).reshape(
            -1, *[1] * (len(shape) - 2)
        )
        for param in ({"mode": "train"}, {"mode": "train", "eps": 0.1, "momentum": 0.6}):
            found += forward_and_back(f, backward, x, gamma, beta, *extra, param)
        channels = {"running_mean": np.ones(shape[1]), "running_var": np.full(shape[1], 4.0)}
        for mode in ("train", "test"):
            param = {"mode": mode} | channels
            found += forward_and_back(f, backward, x, gamma, beta, *extra, param)
    return found


def from_cache(f, forward, *args):
    """A backward pass on the cache of the reference's forward pass."""
    np.random.seed(4)
    out, cache = getattr(layers, forward)(*args)
    return attempt(partial(f, numbers(*np.shape(out), seed=9), cache))


AFFINE = [
    (numbers(*shape), numbers(size, outputs, seed=1), numbers(outputs, seed=2))
    for shape, size, outputs in (((3, 4), 4, 2), ((2, 3, 2), 6, 5), ((3, 3), 3, 3), ((1, 2), 2, 3))
]
CONV = [
    (
        numbers(2, 3, H, W),
        numbers(2, 3, *kernel, seed=1),
        numbers(2, seed=2),
        {"stride": s, "pad": p},
    )
    for H, W, kernel, s, p in (
        (5, 5, (3, 3), 1, 1),
        (5, 5, (3, 3), 2, 1),
        (4, 7, (2, 3), 2, 0),
        (3, 4, (3, 2), 1, 2),
    )
]
POOL = [
    (numbers(2, 3, H, W), dict(zip(("pool_height", "pool_width", "stride"), param, strict=True)))
    for H, W, param in ((4, 4, (2, 2, 2)), (5, 7, (3, 3, 2)), (4, 6, (2, 3, 1)), (7, 7, (2, 2, 5)))
]
FEATURES = (4, 5), (5,)
MAPS = (2, 4, 2, 3), (4,)
GROUPED = (2, 6, 2, 3), (1, 6, 1, 1)


def norm_cases(shape, parameter_shape, *extra):
    return [
        (
            numbers(*shape, seed=3) * scale,
            numbers(*parameter_shape, seed=1),
            numbers(*parameter_shape, seed=2),
            *extra,
            {"mode": "train", "eps": eps},
        )
        for scale, eps in ((1.0, 1e-5), (0.003, 1e-5), (1.0, 0.1))
    ]


def dropouts():
    return [
        (numbers(*shape), {"mode": mode, "p": p})
        for shape in ((6, 7), (2, 3, 4, 4))
        for mode in ("train", "test")
        for p in (0.3, 0.8)
    ]


def unseeded(f, x, param):
    """Two calls: is the second mask another?"""
    backward = layers.dropout_backward
    return [
        forward_and_back(f, backward, x, param) + forward_and_back(f, backward, x + 1, param),
        attempt(lambda: [f(x, dict(param))[0], f(x, dict(param))[0]]),
    ]


def steps(f, **state):
    """Two updates from a state, and the state after them."""
    w, config = numbers(3), dict(state)
    found = []
    for seed in (1, 2):
        dw = 9 * numbers(3, seed=seed) if not state.get("still") else np.zeros(3)
        result = attempt(partial(f, w.copy(), dw, config))
        if isinstance(result, str):
            return [*found, result]
        found += [result[0], dict(config)]
    return found


def rule(f):
    state = {key: np.abs(numbers(3, seed=7)) for key in ("velocity", "cache", "m", "v")}
    shares = {"momentum": 0.5, "decay_rate": 0.6, "beta1": 0.7, "beta2": 0.8}
    return [
        steps(f, **given)
        for given in (
            {},
            shares,
            state | shares | {"t": 4},
            {"epsilon": 0.5},
            {"still": True},
        )
    ]


def net_results(net, X, y):
    """Initial parameters; scores, loss and gradients at telling ones."""
    found = [{name: [value, str(value.dtype)] for name, value in net.params.items()}]
    for number, (name, value) in enumerate(sorted(net.params.items())):
        net.params[name] = numbers(*value.shape, seed=number).astype(np.float64)
    for reg in (None, 0.7):
        net.reg = net.reg if reg is None else reg
        found += [attempt(partial(net.loss, X)), attempt(partial(net.loss, X, y))]
        found.append(attempt(partial(net.loss, X)))
    return found


def fc_nets(cls):
    X, y = numbers(4, 3), np.array([0, 2, 1, 1])
    found = []
    for normalization in (None, "batchnorm", "layernorm"):
        for keep in (1, 0.6):
            for hidden in ((5,), (4, 6), (3, 5, 4)):
                make = partial(
                    cls,
                    list(hidden),
                    3,
                    4,
                    keep,
                    normalization,
                    0.3,
                    0.02,
                    np.float64 if len(hidden) < 3 else np.float32,
                    seed=3,
                )
                net = attempt(make)
                found.append(net if isinstance(net, str) else net_results(net, X, y))
    return found


def conv_nets(cls):
    found = []
    for dims, dtype in (((2, 4, 6), np.float64), ((3, 4, 4), np.float32)):
        net = attempt(partial(cls, dims, 3, 3, 5, 4, 0.02, 0.3, dtype))
        X = numbers(2, *dims)
        found.append(net if isinstance(net, str) else net_results(net, X, np.array([1, 3])))
    return found


def softmax(f):
    x, y = numbers(4, 3), np.array([0, 2, 1, 1])
    shifts = (0.0, 1000.0, np.array([2000.0, 0.0, 0.0]), np.arange(4)[:, None] * 1000.0)
    return [attempt(partial(f, x + shift, y)) for shift in shifts]


RUN = {
    "affine_forward": lambda f: [
        forward_and_back(f, layers.affine_backward, *args) for args in AFFINE
    ],
    "affine_backward": lambda f: [from_cache(f, "affine_forward", *args) for args in AFFINE],
    "relu_forward": lambda f: forward_and_back(
        f, layers.relu_backward, numbers(3, 4) * np.array([1, 1, 9, 9])
    ),
    "relu_backward": lambda f: from_cache(f, "relu_forward", numbers(3, 4)),
    "softmax_loss": softmax,
    "sgd_momentum": rule,
    "rmsprop": rule,
    "adam": rule,
    "batchnorm_forward": lambda f: with_param(f, "batchnorm_backward", *FEATURES),
    "batchnorm_backward": lambda f: [
        from_cache(f, "batchnorm_forward", *args) for args in norm_cases(*FEATURES)
    ],
    "batchnorm_backward_alt": lambda f: [
        from_cache(f, "batchnorm_forward", *args) for args in norm_cases(*FEATURES)
    ],
    "layernorm_forward": lambda f: [
        with_param(f, "layernorm_backward", *FEATURES),
        forward_and_back(f, layers.layernorm_backward, *norm_cases(*FEATURES)[0][:3], {}),
    ],
    "layernorm_backward": lambda f: [
        from_cache(f, "layernorm_forward", *args) for args in norm_cases(*FEATURES)
    ],
    "dropout_forward": lambda f: [unseeded(f, *args) for args in dropouts()],
    "dropout_backward": lambda f: [from_cache(f, "dropout_forward", *args) for args in dropouts()],
    "conv_forward_naive": lambda f: [
        forward_and_back(f, layers.conv_backward_naive, *args) for args in CONV
    ],
    "conv_backward_naive": lambda f: [from_cache(f, "conv_forward_naive", *args) for args in CONV],
    "max_pool_forward_naive": lambda f: [
        forward_and_back(f, layers.max_pool_backward_naive, *args) for args in POOL
    ],
    "max_pool_backward_naive": lambda f: [
        from_cache(f, "max_pool_forward_naive", *args) for args in POOL
    ],
    "spatial_batchnorm_forward": lambda f: with_param(f, "spatial_batchnorm_backward", *MAPS),
    "spatial_batchnorm_backward": lambda f: [
        from_cache(f, "spatial_batchnorm_forward", *args) for args in norm_cases(*MAPS)
    ],
    "spatial_groupnorm_forward": lambda f: with_param(f, "spatial_groupnorm_backward", *GROUPED, 3),
    "spatial_groupnorm_backward": lambda f: [
        from_cache(f, "spatial_groupnorm_forward", *args) for args in norm_cases(*GROUPED, 2)
    ],
    "FullyConnectedNet": fc_nets,
    "ThreeLayerConvNet": conv_nets,
}


def same(one, other):
    """Whether two recorded results are equal, shapes included, up to rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str) and one == other
    one, other = np.asarray(one), np.asarray(other)
    return one.shape == other.shape and np.allclose(one, other, 1e-7, 1e-12, equal_nan=True)


def right(function):
    homes = (layers, optim, fc_net, cnn)
    return next(getattr(home, function) for home in homes if hasattr(home, function))


@pytest.mark.parametrize("function", sorted({entry.function for entry in CATALOGUE}))
def test_every_wrong_entry_computes_something_of_its_own(function):
    results = {"the reference": RUN[function](right(function))}
    for entry in WRONG:
        if entry.function == function:
            results[entry.id] = RUN[function](misconceptions.definition(entry))
    names = list(results)
    alike = [
        (one, other)
        for number, one in enumerate(names)
        for other in names[:number]
        if same(results[one], results[other])
    ]
    assert alike == []


# What the checks say. -----------------------------------------------------------------------


@pytest.mark.parametrize("entry", parameters(WRONG, ESCAPES))
def test_the_checks_find_what_is_wrong(entry, roster):
    found = audit.judge(entry, roster, diagnose=False)
    assert not found.escaped
    assert {found.statuses[check] for check in found.lost} & {"failed", "errored"}
    if entry.id not in SHOWN_BY_BACKWARD:
        assert any(f".{entry.function}." in check for check in found.lost)


@pytest.mark.parametrize("entry", parameters(TOLERATED, FALSE_ALARMS))
def test_the_checks_leave_alone_what_is_tolerated(entry, roster):
    found = audit.judge(entry, roster, diagnose=False)
    assert not found.false_alarm
    assert set(found.statuses.values()) == {"passed"}
