"""Update rules, in place on copies of their own."""

from __future__ import annotations

import numpy as np


def sgd(w, dw, config=None):
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)
    return w - config["learning_rate"] * dw, config


def sgd_momentum(w, dw, config=None):
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    v = config.get("velocity", np.zeros(w.shape)).copy()
    v *= config["momentum"]
    v -= config["learning_rate"] * dw
    next_w = w.copy()
    next_w += v
    config["velocity"] = v
    return next_w, config


def rmsprop(w, dw, config=None):
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("decay_rate", 0.99)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("cache", np.zeros(w.shape))
    cache = config["cache"].copy()
    cache *= config["decay_rate"]
    cache += (1 - config["decay_rate"]) * dw * dw
    config["cache"] = cache
    next_w = w.copy()
    next_w -= config["learning_rate"] * dw / (np.sqrt(cache) + config["epsilon"])
    return next_w, config


def adam(w, dw, config=None):
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-3)
    config.setdefault("beta1", 0.9)
    config.setdefault("beta2", 0.999)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("m", np.zeros(w.shape))
    config.setdefault("v", np.zeros(w.shape))
    config.setdefault("t", 0)
    config["t"] += 1
    m, v = config["m"].copy(), config["v"].copy()
    m *= config["beta1"]
    m += (1 - config["beta1"]) * dw
    v *= config["beta2"]
    v += (1 - config["beta2"]) * np.square(dw)
    config["m"], config["v"] = m, v
    step = m / (1 - config["beta1"] ** config["t"])
    root = np.sqrt(v / (1 - config["beta2"] ** config["t"]))
    root += config["epsilon"]
    step /= root
    step *= config["learning_rate"]
    next_w = w.copy()
    next_w -= step
    return next_w, config
