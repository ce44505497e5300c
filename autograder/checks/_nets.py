"""What the checks of both nets have in common: parameters, losses, gradients, training."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import expect
from autograder.sandbox import Remote

__all__ = [
    "added",
    "compare",
    "first_loss",
    "initial",
    "keeps_dtype",
    "looks_at_labels",
    "randomize",
    "regularization",
    "same_gradients",
    "same_parameters",
    "same_reg",
    "shaped",
]

Array = NDArray[Any]


def net_parameters(net: Remote) -> MutableMapping[str, Any]:
    """The student's parameters, as a dict."""
    expect.that(hasattr(type(net), "params"), "calling the class does not make a net")
    return net.params


def shaped(value: Any, shape: tuple[int, ...], name: str) -> Array:
    """Demand an array of a parameter's shape; (1, D) passes for (D,)."""
    return expect.array(value, shape, name, tolerate=expect.as_row(shape))


def keeps_dtype(net: Remote, right: Mapping[str, Array], dtype: Any) -> None:
    """Every parameter is an array of the dtype asked for."""
    params = net_parameters(net)
    for name in right:
        expect.that(name in params, f"params has no {name}", sorted(map(str, params)))
        # Its shape is judged elsewhere.
        found = params[name]
        said = f"params[{name!r}]"
        expect.that(isinstance(found, np.ndarray), f"{said} is not an array of numbers", found)
        same = found.dtype == dtype
        expect.that(same, f"{said} has dtype {found.dtype}", found.dtype, np.dtype(dtype))


def looks_at_labels(net: Remote, X: Array) -> None:
    """The loss is another for other labels: what a net of constants keeps is no merit."""
    # Labels, not images: scores may hardly depend on X where most hidden units happen to be dead.
    labels = [np.full(len(X), label) for label in (0, 1)]
    losses = [expect.scalar(loss_and_gradients(net, X, y)[0], "the loss") for y in labels]
    expect.that(losses[0] != losses[1], "the loss does not depend on the labels at all", losses[0])


def same_parameters(net: Remote, right: Mapping[str, Array], weight_scale: float) -> None:
    """Names and shapes are those of the assignment; weights random, the rest 0 or 1."""
    params = net_parameters(net)
    missing = sorted(right.keys() - params.keys())
    expect.that(
        not missing,
        f"params has no {', '.join(missing)}",
        sorted(map(str, params)),
        sorted(right),
    )
    extra = sorted(str(key) for key in params.keys() - right.keys())
    expect.that(
        not extra,
        f"params has {', '.join(extra)}, which this net does not need",
        sorted(map(str, params)),
        sorted(right),
    )
    for name, value in right.items():
        found = shaped(params[name], value.shape, f"params[{name!r}]")
        if name.startswith("W"):
            initial(found, weight_scale, name)
        else:
            fill = 1.0 if name.startswith("gamma") else 0.0
            said = f"params[{name!r}] does not start as {fill:.0f}"
            expect.that(bool((found == fill).all()), said, found, fill)


def initial(weights: Array, scale: float, name: str) -> None:
    """Mean 0 and standard deviation `scale`, within 6.5 standard errors (chance below 1e-9)."""
    count = weights.size
    mean, deviation = float(weights.mean()), float(weights.std())
    right_mean = abs(mean) <= 6.5 * scale / np.sqrt(count)
    # The standard deviation of n normal numbers has a standard error of scale / sqrt(2 n).
    right_scale = abs(deviation - scale) <= 6.5 * scale / np.sqrt(2 * count)
    # Of 400 normal numbers one at least exceeds 1.8 (but with a chance below 1e-12); of evenly
    # drawn ones of the same deviation none does.
    wide = count < 400 or float(np.abs(weights).max()) > 1.8 * scale
    expect.that(
        bool(right_mean and right_scale and wide),
        f"params[{name!r}] is not drawn from a normal distribution of scale weight_scale",
        f"mean {mean:.4g}, standard deviation {deviation:.4g}",
        f"mean 0, standard deviation {scale:.4g}",
    )


def randomize(net: Remote, right: Any, draw: Any) -> None:
    """Give the student's net and the reference's the same parameters, all of them telling."""
    params = net_parameters(net)
    for name, value in right.params.items():
        if name.startswith("W"):
            fan_in = value.size / value.shape[0] if value.ndim == 4 else value.shape[0]
            drawn = draw.normal(*value.shape, scale=1.0 / np.sqrt(fan_in))
        else:
            drawn = draw.away_from_zero(*value.shape)
        params[name] = drawn
        right.params[name] = drawn.copy()


def first_loss(net: Remote, right: Any, X: Array, y: Array, classes: int) -> None:
    """The loss of a net that knows nothing: about log(C) if its weights are small.

    Weights that are not are charged elsewhere: what is demanded is the loss of these parameters.
    """
    for name, value in right.params.items():
        own = net_parameters(net).get(name)
        right.params[name] = shaped(own, value.shape, f"params[{name!r}]").astype(np.float64)
    loss = expect.scalar(loss_and_gradients(net, X, y)[0], "the first loss")
    wanted = float(right.loss(X, y)[0])
    told = f"the first loss should be about log({classes}) = {np.log(classes):.3f}, a blind guess's"
    expect.that(abs(loss - wanted) <= 1e-4 * wanted, told, loss, wanted)


def loss_and_gradients(net: Remote, X: Array, y: Array) -> tuple[Any, dict[str, Any]]:
    """What `loss(X, y)` returned, taken apart."""
    loss, grads = expect.pair(net.loss(X, y), "loss(X, y)", ("loss", "grads"))
    return loss, expect.mapping(grads, "grads")


def compare(net: Remote, right: Any, X: Array, y: Array) -> None:
    """Loss and gradients equal the reference's on the same parameters."""
    loss, grads = loss_and_gradients(net, X, y)
    right_loss, right_grads = right.loss(X.copy(), y.copy())
    expect.number(loss, float(right_loss), "loss")
    same_gradients(grads, right_grads)


def regularization(
    plain: Remote, regularized: Remote, params: Mapping[str, Array], reg: float, X: Array, y: Array
) -> None:
    """What reg adds to the loss and to each gradient, and nothing else.

    The same net without reg is subtracted, so that a fault elsewhere is not charged here again.
    """
    more, changes = added(plain, regularized, params, X, y)
    right = 0.5 * reg * sum(float((params[name] ** 2).sum()) for name in changes)
    expect.number(more, right, "what reg adds to the loss")
    for name, change in changes.items():
        said = f"what reg adds to grads[{name!r}]"
        expect.close(change, reg * params[name], said, tolerance=1e-6)


def added(
    plain: Remote, regularized: Remote, params: Mapping[str, Array], X: Array, y: Array
) -> tuple[float, dict[str, Array]]:
    """What the second net adds to the loss of the first, and to the gradient of each weight."""
    for name, value in params.items():
        plain.params[name] = regularized.params[name] = value
    loss, grads = loss_and_gradients(plain, X, y)
    new_loss, new_grads = loss_and_gradients(regularized, X, y)
    changes = {}
    for name, value in params.items():
        if name.startswith("W"):
            before = shaped(grads.get(name), value.shape, f"grads[{name!r}] without reg")
            after = shaped(new_grads.get(name), value.shape, f"grads[{name!r}] with reg")
            changes[name] = after - before
    return expect.scalar(new_loss, "the loss with reg") - expect.scalar(loss, "the loss"), changes


def same_reg(
    built: Remote, changed: Remote, params: Mapping[str, Array], reg: float, X: Array, y: Array
) -> None:
    """A net whose reg was set later does what the student's own net built with it does."""
    for name, value in params.items():
        built.params[name] = changed.params[name] = value
    looks_at_labels(built, X)
    changed.reg = reg
    loss, grads = loss_and_gradients(built, X, y)
    new_loss, new_grads = loss_and_gradients(changed, X, y)
    said = "the value of model.reg when loss is called counts, not the one at construction"
    old_loss = expect.scalar(loss, "the loss")
    same = abs(expect.scalar(new_loss, "the loss") - old_loss) <= 1e-9 * abs(old_loss)
    expect.that(same, said, new_loss, loss)
    for name in params:
        shape = params[name].shape
        old = shaped(grads.get(name), shape, f"grads[{name!r}]")
        new = shaped(new_grads.get(name), shape, f"grads[{name!r}]")
        same = bool((np.abs(new - old) <= 1e-9 * np.abs(old).max()).all())
        expect.that(same, f"grads[{name!r}]: {said}", new, old)


def same_gradients(
    grads: Mapping[str, Any], right: Mapping[str, Array], tolerance: float = 1e-7
) -> None:
    """Each parameter's gradient, measured against the largest of its own entries."""
    missing = sorted(right.keys() - grads.keys())
    expect.that(not missing, f"grads has no {', '.join(missing)}", sorted(map(str, grads)))
    largest = max(float(np.abs(value).max()) for value in right.values())
    for name in sorted(right, reverse=True):
        value = right[name]
        # A gradient that is zero in theory (a bias before batch norm) is rounding in practice.
        if float(np.abs(value).max()) < 1e-9 * largest:
            found = shaped(grads[name], value.shape, f"grads[{name!r}]")
            small = bool((np.abs(found) <= 1e-6 * largest).all())
            expect.that(small, f"grads[{name!r}] should be zero here", found, 0.0)
        else:
            wide = expect.as_row(value.shape)
            expect.close(grads[name], value, f"grads[{name!r}]", tolerate=wide, tolerance=tolerance)
