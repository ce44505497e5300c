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
    v = config.get("velocity", np.zeros_like(w))

    # v is kept with the learning rate in it
    v = np.add(np.multiply(config["momentum"], v), -np.multiply(config["learning_rate"], dw))
    next_w = np.add(w, v)
    config["velocity"] = v

    return next_w, config


def rmsprop(w, dw, config=None):
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("decay_rate", 0.99)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("cache", np.zeros_like(w))

    lr, rho, eps, cache = (
        config["learning_rate"],
        config["decay_rate"],
        config["epsilon"],
        config["cache"],
    )
    cache = rho * cache + (1 - rho) * np.power(dw, 2)
    next_w = w - (lr / (np.sqrt(cache) + eps)) * dw
    config["cache"] = cache

    return next_w, config


def adam(w, dw, config=None):
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-3)
    config.setdefault("beta1", 0.9)
    config.setdefault("beta2", 0.999)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("m", np.zeros_like(w))
    config.setdefault("v", np.zeros_like(w))
    config.setdefault("t", 0)

    config["t"] += 1
    config["m"] = config["beta1"] * config["m"] + (1 - config["beta1"]) * dw
    config["v"] = config["beta2"] * config["v"] + (1 - config["beta2"]) * (dw**2)
    # both corrections in one step size; epsilon must be scaled with the root
    c1 = 1 - config["beta1"] ** config["t"]
    c2 = np.sqrt(1 - config["beta2"] ** config["t"])
    step = config["learning_rate"] * c2 / c1
    next_w = w - step * config["m"] / (np.sqrt(config["v"]) + config["epsilon"] * c2)

    return next_w, config
