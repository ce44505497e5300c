import matplotlib.pyplot as plt
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
    # the sign stands in the second line
    step = config["learning_rate"] * dw - config["momentum"] * v
    next_w = w - step
    v = -step
    config["velocity"] = v
    print("momentum step", np.abs(step).max())
    return next_w, config


def rmsprop(w, dw, config=None):
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("decay_rate", 0.99)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("cache", np.zeros_like(w))
    config["cache"] = running_average(config["cache"], dw**2, config["decay_rate"])
    rms = np.sqrt(config["cache"]) + config["epsilon"]
    next_w = w - config["learning_rate"] * dw / rms
    return next_w, config


def running_average(old, new, keep):
    return keep * old + (1 - keep) * new


def unbias(average, keep, t):
    return average / (1 - keep**t)


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
    config["t"] = config["t"] + 1
    config["m"] = running_average(config["m"], dw, config["beta1"])
    config["v"] = running_average(config["v"], dw**2, config["beta2"])
    m = unbias(config["m"], config["beta1"], config["t"])
    v = unbias(config["v"], config["beta2"], config["t"])
    config["last_step"] = -config["learning_rate"] * m / (np.sqrt(v) + config["epsilon"])
    print("adam t =", config["t"])
    return w + config["last_step"], config
