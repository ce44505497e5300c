"""Check your functions at home: python check.py, or python check.py -k conv for some of them.

Each case calls a function of yours with the numbers of public_cases.json and compares what comes
back with what right code returns. These are not the inputs that you are graded on, and the grader
looks at more: other shapes, other modes, training. A gradient that is wrong here but fits your own
forward pass is told as such: then look at the forward pass.
"""

import argparse
import importlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
HOMES = {
    "layers": "cs231n.layers",
    "optim": "cs231n.optim",
    "fc_net": "cs231n.classifiers.fc_net",
    "cnn": "cs231n.classifiers.cnn",
}
TOLERANCE = 1e-5  # of the largest number that is expected
STEP = 1e-5


def main():
    """Run the cases; the exit code is 1 if one is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-k", default="", metavar="WORD", help="only functions with this in the name")
    wanted = parser.parse_args().k
    sys.path.insert(0, str(HERE))
    wrong = {}
    for case in json.loads((HERE / "public_cases.json").read_text()):
        if wanted in case["function"] or wanted in case["id"]:
            said = judge(case)
            known = wrong.setdefault((case["function"], case["title"]), said)
            wrong[case["function"], case["title"]] = known or said
    for (_, title), said in wrong.items():
        print(f"{'!' if said else 'ok':2} {title}")
        if said:
            print(f"   {said}")
    right = sum(not said for said in wrong.values())
    print(f"{right} of {len(wrong)} are right.")
    return int(right < len(wrong))


def judge(case):
    """What is wrong with one case; empty if nothing."""
    try:
        function = getattr(importlib.import_module(HOMES[case["module"]]), case["function"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if "params" in case:
                return net(function, case)
            if "p" in case:
                return dropout(function, case["p"])
            return backward(function, case) if "forward" in case else plain(function, case)
    except NotImplementedError as error:
        return str(error)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def plain(function, case):
    """A function that is compared with the stored results."""
    args = values(case["args"])
    got = function(*args)
    state = values(case.get("state", {}))
    if state:
        config = got[1]
        for key, expected in state.items():
            said = differs(config.get(key), expected, f'config["{key}"]')
            if said:
                return said
    return compared(got, case)


def backward(function, case):
    """A backward pass behind your own forward pass."""
    forward = getattr(importlib.import_module(HOMES[case["module"]]), case["forward"])
    args, dout = values(case["args"]), values(case["dout"])
    _, cache = forward(*values(case["args"]))
    got = function(dout.copy(), cache)
    said = compared(got, case)
    if said and fits(got, forward, args, dout):
        return f"fits your own {case['forward']}, but that is wrong: look there first ({said})"
    return said


def fits(got, forward, args, dout):
    """Whether gradients are those of your own forward pass, by central differences."""
    got = list(got) if isinstance(got, (tuple, list)) else [got]
    places = [i for i, value in enumerate(args) if isinstance(value, np.ndarray)]
    for gradient, place in zip(got, places):
        array = args[place]
        numeric = np.zeros(array.shape)
        for index in np.ndindex(*array.shape):
            sides = []
            for sign in (1, -1):
                changed = values_copied(args)
                changed[place][index] += sign * STEP
                sides.append(np.sum(forward(*changed)[0] * dout))
            numeric[index] = (sides[0] - sides[1]) / (2 * STEP)
        if differs(gradient, numeric, "", tolerance=1e-4):
            return False
    return True


def net(make, case):
    """A net with given parameters: its loss and gradients."""
    model = make(dtype=np.float64, **case["options"])
    for name, value in case["params"].items():
        if name not in model.params:
            return f"params has no {name}"
        model.params[name] = values(value)
    loss, grads = model.loss(values(case["X"]), values(case["y"]))
    said = differs(loss, case["loss"], "the loss")
    for name, value in case["grads"].items():
        if not said and name not in grads:
            return f"grads has no {name}"
        said = said or differs(grads[name], values(value), f'grads["{name}"]')
    return said


def dropout(function, p):
    """Dropout is random: entries are 0 or x / p, the share p is kept, test time changes nothing."""
    x = np.linspace(1, 2, 40_000).reshape(200, 200)
    out = np.asarray(function(x.copy(), {"mode": "train", "p": p, "seed": 1})[0])
    if out.shape != x.shape:
        return f"out has shape {out.shape}, but {x.shape} is right"
    kept = out != 0
    if not np.allclose(out[kept], x[kept] / p):
        return f"with p = {p}, an entry that is kept should be x / p"
    if abs(kept.mean() - p) > 0.02:
        return f"with p = {p}, the share {kept.mean():.3f} of the entries is kept"
    same = function(x.copy(), {"mode": "test", "p": p})[0]
    return differs(same, x, "out in test mode")


def compared(got, case):
    """The first of a function's results that differs from the stored ones."""
    expected = values(case["expected"])
    got = list(got) if isinstance(got, (tuple, list)) else [got]
    if len(got) < len(expected):
        return f"{case['function']} returns {len(got)} values, not {len(expected)}"
    for found, wanted, name in zip(got, expected, case["names"]):
        said = differs(found, wanted, name)
        if said:
            return said
    return ""


def differs(found, wanted, name, tolerance=TOLERANCE):
    """How a value differs from the right one, in a sentence; empty if it does not."""
    if found is None:
        return f"{name} is None: was it computed and returned?"
    try:
        found, wanted = np.asarray(found, dtype=float), np.asarray(wanted, dtype=float)
    except (TypeError, ValueError):
        return f"{name} is not an array of numbers"
    if found.shape != wanted.shape and found.size == wanted.size and found.shape[:1] == (1,):
        found = found.reshape(wanted.shape)
    if found.shape != wanted.shape:
        return f"{name} has shape {found.shape}, but {wanted.shape} is right"
    scale = np.max(np.abs(wanted), initial=0.0) or 1.0
    bad = ~(np.abs(found - wanted) <= tolerance * scale)
    if not bad.any():
        return ""
    first = tuple(int(i) for i in np.argwhere(bad)[0])
    where = f" in {bad.sum()} of {bad.size} entries, first at {list(first)}" if bad.ndim else ""
    return f"{name} is wrong{where}: yours {found[first]:.6g}, right {wanted[first]:.6g}"


def values(value):
    """A value of public_cases.json with its arrays."""
    if isinstance(value, dict):
        if set(value) == {"array"}:
            return np.array(value["array"])
        return {key: values(inner) for key, inner in value.items()}
    return [values(inner) for inner in value] if isinstance(value, list) else value


def values_copied(args):
    """Fresh copies, for functions that work in place or keep averages."""
    return [
        dict(value) if isinstance(value, dict) else np.array(value, dtype=float)
        if isinstance(value, np.ndarray)
        else value
        for value in args
    ]


if __name__ == "__main__":
    sys.exit(main())
