"""The update rules against their equations written out for one number, step by step."""

import math

import numpy as np
import pytest

from reference.optim import adam, rmsprop, sgd, sgd_momentum

RULES = [sgd, sgd_momentum, rmsprop, adam]
GRADIENTS = [0.5, -2.0, 1.5, 0.25]


def sgd_by_hand(w, learning_rate=1e-2):
    for g in GRADIENTS:
        w -= learning_rate * g
    return w


def momentum_by_hand(w, learning_rate=1e-2, momentum=0.9):
    v = 0
    for g in GRADIENTS:
        v = momentum * v - learning_rate * g
        w += v
    return w


def rmsprop_by_hand(w, learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8):
    mean_square = 0
    for g in GRADIENTS:
        mean_square = decay_rate * mean_square + (1 - decay_rate) * g * g
        w -= learning_rate * g / (math.sqrt(mean_square) + epsilon)
    return w


def adam_by_hand(w, learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    # The bias correction makes weighted means of the gradients so far, newest first.
    for t in range(1, len(GRADIENTS) + 1):
        newest_first = GRADIENTS[:t][::-1]
        share1, share2 = ([beta**k for k in range(t)] for beta in (beta1, beta2))
        m = sum(s * g for s, g in zip(share1, newest_first, strict=True)) / sum(share1)
        v = sum(s * g * g for s, g in zip(share2, newest_first, strict=True)) / sum(share2)
        w -= learning_rate * m / (math.sqrt(v) + epsilon)
    return w


BY_HAND = [
    (sgd, sgd_by_hand, {"learning_rate": 0.3}),
    (sgd_momentum, momentum_by_hand, {"learning_rate": 0.3, "momentum": 0.5}),
    (rmsprop, rmsprop_by_hand, {"learning_rate": 0.3, "decay_rate": 0.5, "epsilon": 0.1}),
    (adam, adam_by_hand, {"learning_rate": 0.3, "beta1": 0.5, "beta2": 0.7, "epsilon": 0.1}),
]


@pytest.mark.parametrize(("rule", "by_hand", "settings"), BY_HAND)
@pytest.mark.parametrize("defaults", [True, False])
def test_several_steps(rule, by_hand, settings, defaults):
    config = None if defaults else dict(settings)
    w = np.array([[3.0, -1.0]])
    for g in GRADIENTS:
        w, config = rule(w, np.full((1, 2), g), config)
    expected = [by_hand(start, **({} if defaults else settings)) for start in (3.0, -1.0)]
    np.testing.assert_allclose(w, [expected], rtol=1e-12)


def test_defaults_stand_in_the_returned_configuration():
    settings = {
        rule: {k: v for k, v in rule(np.ones(2), np.ones(2))[1].items() if np.isscalar(v)}
        for rule in RULES
    }
    assert settings == {
        sgd: {"learning_rate": 1e-2},
        sgd_momentum: {"learning_rate": 1e-2, "momentum": 0.9},
        rmsprop: {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8},
        adam: {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "t": 1},
    }


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_no_array_is_changed_in_place(rule, dtype):
    w, dw = np.ones((2, 3), dtype), np.full((2, 3), 0.5, dtype)
    w.flags.writeable = dw.flags.writeable = False
    config = None
    for _ in range(3):
        next_w, config = rule(w, dw, config)
        assert next_w.dtype == dtype
        assert next_w.shape == w.shape
        for value in config.values():
            if isinstance(value, np.ndarray):
                assert value.dtype == dtype
                value.flags.writeable = False


@pytest.mark.parametrize("rule", RULES)
def test_the_passed_configuration_is_the_returned_one(rule):
    config = {"learning_rate": 0.1}
    _, returned = rule(np.ones(2), np.ones(2), config)
    assert returned is config
