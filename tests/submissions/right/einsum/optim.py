"""Update rules; the defaults of each stand in one dict."""

from __future__ import annotations

import numpy as np


def with_defaults(config, **defaults):
    config = {} if config is None else config
    for key, value in defaults.items():
        if key not in config:
            config[key] = value
    return config


def sgd(w, dw, config=None):
    config = with_defaults(config, learning_rate=1e-2)
    return w - config["learning_rate"] * dw, config


def sgd_momentum(w, dw, config=None):
    config = with_defaults(config, learning_rate=1e-2, momentum=0.9, velocity=np.zeros_like(w))
    config["velocity"] = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    return w + config["velocity"], config


def rmsprop(w, dw, config=None):
    config = with_defaults(
        config, learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8, cache=np.zeros_like(w)
    )
    old = config["cache"]
    config["cache"] = old + (1 - config["decay_rate"]) * (np.square(dw) - old)
    step = dw / (np.sqrt(config["cache"]) + config["epsilon"])
    return w - config["learning_rate"] * step, config


def adam(w, dw, config=None):
    config = with_defaults(
        config,
        learning_rate=1e-3,
        beta1=0.9,
        beta2=0.999,
        epsilon=1e-8,
        m=np.zeros_like(w),
        v=np.zeros_like(w),
        t=0,
    )
    config["t"] += 1
    unbiased = []
    for name, beta, new in (("m", config["beta1"], dw), ("v", config["beta2"], np.square(dw))):
        config[name] = beta * config[name] + (1 - beta) * new
        unbiased.append(config[name] / (1 - beta ** config["t"]))
    first, second = unbiased
    return w - config["learning_rate"] * first / (np.sqrt(second) + config["epsilon"]), config
