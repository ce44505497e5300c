"""First-order update rules.

Each rule has the signature `rule(w, dw, config=None) -> (next_w, config)`: weights and their
gradient (arrays of one shape), and a dictionary that holds hyper-parameters and what the rule
remembers between steps. A missing entry is set to its default. The dictionary passed in is
updated and returned; hand it to the next call. `w`, `dw` and the arrays in the dictionary are not
changed in place: a step replaces them.

To add a rule, write a function here: the `Solver` finds it by its name.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Config: TypeAlias = dict[str, Any]


def sgd(w: Array, dw: Array, config: Config | None = None) -> tuple[Array, Config]:
    """Plain stochastic gradient descent: w - learning_rate * dw.

    Config:
        learning_rate: step size, 1e-2.
    """
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)
    return w - config["learning_rate"] * dw, config


def sgd_momentum(w: Array, dw: Array, config: Config | None = None) -> tuple[Array, Config]:
    """Stochastic gradient descent with (classical, not Nesterov) momentum.

    Source: Sutskever et al. 2013, equations 1 and 2.

    Config:
        learning_rate: step size, 1e-2.
        momentum: share of the velocity that is kept, 0.9; 0 gives plain descent.
        velocity: the last step, of the shape of w; starts at 0.
    """
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    v = config.get("velocity", np.zeros_like(w))
    ############################  START OF YOUR CODE  ############################
    # TODO: Compute the new velocity v, and next_w with it.
    raise NotImplementedError("sgd_momentum is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    config["velocity"] = v
    return next_w, config


def rmsprop(w: Array, dw: Array, config: Config | None = None) -> tuple[Array, Config]:
    """RMSProp: divide each step by a running root mean square of the gradient.

    Source: Tieleman and Hinton 2012, lecture 6.5.

    Config:
        learning_rate: step size, 1e-2.
        decay_rate: share of the cache that is kept, 0.99.
        epsilon: added to the root, against division by 0, 1e-8.
        cache: running mean of dw ** 2, of the shape of w; starts at 0.
    """
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("decay_rate", 0.99)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("cache", np.zeros_like(w))
    ############################  START OF YOUR CODE  ############################
    # TODO: Update config["cache"] first, then compute next_w with the new cache.
    raise NotImplementedError("rmsprop is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    return next_w, config


def adam(w: Array, dw: Array, config: Config | None = None) -> tuple[Array, Config]:
    """Adam: running means of the gradient and of its square, both corrected for starting at 0.

    Source: Kingma and Ba 2015, algorithm 1.

    Config:
        learning_rate: step size, 1e-3.
        beta1: share of m that is kept, 0.9.
        beta2: share of v that is kept, 0.999.
        epsilon: added to the root, against division by 0, 1e-8.
        m: running mean of dw, of the shape of w; starts at 0.
        v: running mean of dw ** 2, of the shape of w; starts at 0.
        t: steps done so far, 0; the first step computes with t = 1.
    """
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-3)
    config.setdefault("beta1", 0.9)
    config.setdefault("beta2", 0.999)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("m", np.zeros_like(w))
    config.setdefault("v", np.zeros_like(w))
    config.setdefault("t", 0)
    ############################  START OF YOUR CODE  ############################
    # TODO: Update config["t"], config["m"] and config["v"], then compute next_w with the bias
    # correction. Increase t before you use it.
    raise NotImplementedError("adam is not implemented yet")
    #############################  END OF YOUR CODE  #############################
    return next_w, config
