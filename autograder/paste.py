"""A counterexample as Python that a student can paste beside their own `cs231n` folder.

Arrays are printed exactly: the inputs of checks are drawn with few digits for that. What is too
large to print is drawn by NumPy instead, and the code says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.lend import parameters
from autograder.sandbox.proxy import Call, Remote

__all__ = ["code"]

Array = NDArray[Any]
MOST_ENTRIES = 150  # of one array
MOST_CHARACTERS = 6000
LAYER, NORM = "dx, dw, db", "dx, dgamma, dbeta"
# What a backward pass returns, where that is more than one array.
GRADIENTS = {
    "affine_backward": LAYER,
    "conv_backward_naive": LAYER,
    "affine_relu_backward": LAYER,
    "conv_relu_backward": LAYER,
    "conv_relu_pool_backward": LAYER,
    "conv_bn_relu_backward": "dx, dw, db, dgamma, dbeta",
    "batchnorm_backward": NORM,
    "batchnorm_backward_alt": NORM,
    "layernorm_backward": NORM,
    "spatial_batchnorm_backward": NORM,
    "spatial_groupnorm_backward": NORM,
    "softmax_loss": "loss, dx",
}
INSTEAD = "# The check used other numbers, too many to print."


def code(calls: Sequence[Call], home: Callable[[str], str]) -> str:
    """Imports, inputs and the calls that led to the last one; "" where that is too long.

    Args:
        calls: the history, the judged call at the end.
        home: function or class name -> the module in which students write it.
    """
    needed = _needed(calls)
    if not needed:
        return ""
    lines = ["import numpy as np", *_imports(needed, home), ""]
    if home(needed[-1].function) == "optim":
        lines += _updates([call for call in calls if call.function == needed[-1].function])
    elif len(calls) > 1 and all(_is_batch(call, calls[0]) for call in calls):
        lines += _batches(calls)
    else:
        names: dict[int, str] = {}
        for call in needed:
            lines += _call(call, names, last=call is needed[-1])
    text = "\n".join(lines) + "\n"
    return text if len(text) <= MOST_CHARACTERS else ""


def _updates(calls: Sequence[Call]) -> list[str]:
    """Every step from the first: each goes on from the config that the last one returned."""
    first, rule = calls[0], calls[0].function
    lines = [f"w = {_literal(first.args[0])}"]
    if len(first.args) > 2:
        lines.append(f"config = {_literal(first.args[2])}")
    for number, call in enumerate(calls):
        given = ", config" if number or len(first.args) > 2 else ""
        last = number == len(calls) - 1
        lines.append(f"dw = {_literal(call.args[1])}")
        lines += ["before = w.copy()"] if last else []
        lines.append(f"{'next_w' if last else 'w'}, config = {rule}(w, dw{given})")
    return [*lines, 'print("change of w", next_w - before)', 'print("config", config)']


def _is_batch(call: Call, first: Call) -> bool:
    """Whether a call is one of several on which running averages depend."""
    batchnorm = "batchnorm_forward" in call.function and call.function == first.function
    return batchnorm and len(call.args) == 4 and isinstance(call.args[3], dict)


def _batches(calls: Sequence[Call]) -> list[str]:
    """All batches in their order, with the averages after each."""
    _, gamma, beta, bn_param = calls[0].args
    lines = [f"gamma = {_literal(gamma)}", f"beta = {_literal(beta)}"]
    lines.append(f"bn_param = {_literal(bn_param)}")
    for call in calls:
        lines.append(f"x = {_literal(call.args[0])}")
        lines.append(f"out, cache = {call.function}(x, gamma, beta, bn_param)")
        lines.append("print(bn_param)")
    return lines


def _needed(calls: Sequence[Call]) -> list[Call]:
    """The last call, what made the objects it was given, and earlier calls of the same net."""
    if not calls:
        return []
    found = [calls[-1]]
    wanted = _numbers(calls[-1])
    for call in reversed(calls[:-1]):
        if call.made in wanted or (call.target is not None and call.target in wanted):
            found.append(call)
            wanted |= _numbers(call)
    # A cache or net from before what is remembered cannot be made again.
    return found[::-1] if wanted <= {call.made for call in found} else []


def _numbers(call: Call) -> set[int]:
    values = [*call.args, *call.kwargs.values()]
    numbers = {value.number for value in values if isinstance(value, Remote)}
    return numbers | ({call.target} if call.target is not None else set())


def _imports(calls: Sequence[Call], home: Callable[[str], str]) -> list[str]:
    modules: dict[str, list[str]] = {}
    for call in calls:
        if call.target is None:
            names = modules.setdefault(home(call.function), [])
            names += [call.function] if call.function not in names else []
    return [
        f"from cs231n.{'classifiers.' if module in ('fc_net', 'cnn') else ''}{module} "
        f"import {', '.join(names)}"
        for module, names in modules.items()
    ]


def _call(call: Call, names: dict[int, str], *, last: bool) -> list[str]:
    lines = []
    if call.target is not None:
        lines += [
            f'{names[call.target]}.params["{name}"] = {_literal(value)}'
            for name, value in sorted(call.assigned.items())
        ]
    known = parameters(call.function)
    arguments = []
    for index, value in enumerate(call.args):
        name = known[index] if index < len(known) else f"argument_{index + 1}"
        if isinstance(value, Remote):
            arguments.append(names[value.number])
        elif isinstance(value, np.ndarray | dict):
            lines += [*_remark(value), f"{name} = {_literal(value)}"]
            arguments.append(name)
        else:
            arguments.append(_literal(value))
    arguments += [f"{name}={_literal(value)}" for name, value in call.kwargs.items()]
    function = call.function
    if call.target is not None:
        function = f"{names[call.target]}.{function.rpartition('.')[2]}"
    text = f"{function}({', '.join(arguments)})"
    if call.made is None and function in GRADIENTS:
        names_of = GRADIENTS[function]
        return [*lines, f"{names_of} = {text}", f'print({names_of}, sep="\\n")']
    if call.made is None:
        return [*lines, f"print({text})"]
    if "_forward" in call.function:
        names[call.made] = "cache"
        return [*lines, f"out, cache = {text}", *(["print(out)"] if last else [])]
    names[call.made] = "net"
    return [*lines, f"net = {text}"]


def _literal(value: Any) -> str:
    """Python that makes the value again."""
    if isinstance(value, np.ndarray):
        dtype = "" if value.dtype in (np.float64, np.int64) else f", dtype=np.{value.dtype}"
        if value.size > MOST_ENTRIES:
            drawn = f"np.random.default_rng(0).normal(size={value.shape})"
            return f"{drawn}.astype(np.{value.dtype})" if dtype else drawn
        return f"np.array({_rows(value)}{dtype})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k!r}: {_literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, type):
        return f"np.{value.__name__}" if issubclass(value, np.generic) else value.__name__
    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, list | tuple):
        inside = ", ".join(map(_literal, value))
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return repr(value)


def _rows(value: Array) -> str:
    """The entries as nested lists; of a long one, each item of the first axis on its own line."""
    text = _nested(value)
    if len(text) <= 80 or value.ndim < 2:
        return text
    return "[" + "".join(f"\n    {_nested(row)}," for row in value) + "\n]"


def _nested(value: Array) -> str:
    if value.ndim == 0:
        return str(value[()])  # the shortest text that reads back as the same number
    return "[" + ", ".join(_nested(np.asarray(row)) for row in value) + "]"


def _remark(value: Any) -> list[str]:
    parts = value.values() if isinstance(value, dict) else [value]
    large = any(isinstance(part, np.ndarray) and part.size > MOST_ENTRIES for part in parts)
    return [INSTEAD] if large else []
