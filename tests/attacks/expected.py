"""Every attack with what must become of it: folder -> `Attack`.

Unless an entry says otherwise, an attack goes for `affine_forward`, must earn nothing, and
`relu_forward` and `relu_backward` beside it in the same file must keep their points.
"""

from __future__ import annotations

from dataclasses import dataclass

from autograder.models import Limits, Status

__all__ = ["EXPECTED", "HONEST", "LAYERS", "LIMITS", "Attack"]

LAYERS = ("namespaces", "landlock", "user", "no-new-privileges", "rlimits", "seccomp")
LIMITS = Limits(
    call_seconds=0.5,
    check_seconds=3.0,
    submission_seconds=30.0,
    memory_mb=640,
    processes=60,
    file_mb=1,
)
LOST = frozenset({Status.FAILED, Status.ERRORED, Status.TIMED_OUT, Status.MISSING, Status.SKIPPED})
FAILED, ERRORED, TIMED_OUT = (
    frozenset({status}) for status in (Status.FAILED, Status.ERRORED, Status.TIMED_OUT)
)
WRONG = FAILED | ERRORED
DEAD = ERRORED | frozenset({Status.SKIPPED})  # the first call's death, told by the checks after it
RIGHT = frozenset({Status.PASSED})
AFFINE = ("fully_connected.affine_forward.values",)
HONEST = ("fully_connected.relu_*",)
NET = "nets.FullyConnectedNet."
TRAINING = "training.FullyConnectedNet."


@dataclass(frozen=True)
class Attack:
    """What one attack goes for, and what must become of it.

    Attributes:
        kind: forging, values, gaming, process or snooping.
        statuses: of the checks attacked.
        says: part of the message of the first of them.
        checks: ids, as patterns, of the checks attacked.
        honest: ids of checks that must pass beside them.
        beside: ids of further checks, on which the judge's path depends.
        solved: whether the other files are the reference's, not the starter's.
        earns: the points that are earned by right.
        stopped_by: layers of which each alone stops it; empty if it fails without any.
        bug: why it gets through although it should not.
    """

    kind: str
    statuses: frozenset[Status] = LOST
    says: str = ""
    checks: tuple[str, ...] = AFFINE
    honest: tuple[str, ...] = HONEST
    beside: tuple[str, ...] = ()
    solved: bool = False
    earns: float = 0.0
    stopped_by: tuple[str, ...] = ()
    bug: str = ""
    limits: Limits = LIMITS
    seconds: float = 25.0


def forging(statuses: frozenset[Status] = ERRORED, says: str = "", **more) -> Attack:
    return Attack("forging", statuses, says, **more)


def values(statuses: frozenset[Status] = FAILED, says: str = "", **more) -> Attack:
    return Attack("values", statuses, says, **more)


def gaming(*checks: str, statuses: frozenset[Status] = LOST, **more) -> Attack:
    return Attack("gaming", statuses, checks=checks or AFFINE, **more)


def process(statuses: frozenset[Status] = LOST, says: str = "", **more) -> Attack:
    return Attack("process", statuses, says, **more)


def snooping(*stopped_by: str, says: str = "", **more) -> Attack:
    return Attack("snooping", ERRORED, says, stopped_by=stopped_by, **more)


def a_net(*checks: str, kind: str = "gaming", statuses: frozenset[Status] = LOST, **more) -> Attack:
    """A net among the reference's layers."""
    return Attack(kind, statuses, checks=checks, honest=(), solved=True, **more)


def borrower(statuses: frozenset[Status] = WRONG, says: str = "", **more) -> Attack:
    """A net to which a right affine layer is lent, because its own is wrong."""
    return Attack(
        "forging",
        statuses,
        says,
        checks=(NET + "scores",),
        beside=("fully_connected.affine_*",),
        solved=True,
        **more,
    )


NO_ANSWER = "sent something that is no answer"
NOT_ASKED = "sent an answer to a question that was not asked"
UNREADABLE = "returned what cannot be read"
ENDED = "ended the whole Python process"
NOT_AN_ARRAY = "is not an array of numbers"
EVERYWHERE = "is wrong everywhere"


FORGING = {
    # Frames.
    "frames-for-every-turn": forging(says=NOT_ASKED),
    "frames-of-another-turn": forging(says=NOT_ASKED),
    "extra-replies": forging(LOST),
    "answers-before-the-question": forging(says=NOT_ASKED, honest=()),
    "partial-frame": forging(says=ENDED),
    "partial-frame-then-silence": forging(TIMED_OUT, "did nothing"),
    "huge-lengths": forging(says=NO_ANSWER),
    "largest-allowed-lengths": forging(says=ENDED),
    "deep-json": forging(says=NO_ANSWER),
    "deep-value-tree": forging(says=UNREADABLE),
    "drip-feed": forging(TIMED_OUT, "had not returned"),
    "trailing-bytes": forging(LOST, UNREADABLE),
    "array-beyond-its-frame": forging(says=UNREADABLE),
    "empty-array-of-huge-shape": forging(says=UNREADABLE),
    "odd-dtypes-on-the-wire": forging(says=UNREADABLE),
    "odd-turns": forging(says=NOT_ASKED),
    "no-json-object": forging(says=NO_ANSWER),
    "forged-changed": forging(LOST),
    "forged-dicts": forging(LOST),
    "forged-error-frames": forging(says="raised Passed"),
    "forged-error-line": forging(says="raised Passed"),
    "forged-error-types": forging(says="raised"),
    "borrows-what-is-not-lent": forging(LOST),
    "names-a-lent-object": forging(says=UNREADABLE),
    "odd-references": forging(WRONG),
    # The shim's own memory.
    "patches-the-shim": forging(LOST, "import of layers.py", honest=()),
    "own-serving-loop": forging(FAILED, "should return (out, cache)"),
    "traceback-walk": forging(FAILED, EVERYWHERE),
    "hunts-with-gc": forging(),
    "patches-numpy": forging(FAILED, EVERYWHERE),
    "patches-json": forging(FAILED, EVERYWHERE),
    # Who answers, and when.
    "answers-at-exit": forging(says=NOT_ASKED),
    "thread-answers": forging(LOST),
    "child-answers": forging(says=ENDED),
    "two-processes-answer": forging(LOST),
    "dup2-games": forging(LOST),
    "closes-every-descriptor": forging(says=ENDED),
    "shuts-the-channel": forging(says=ENDED),
    "reads-the-channel": forging(LOST),
    # Names and dicts.
    "every-name-is-there": forging(LOST, honest=()),
    "census-of-junk": forging(says="import of layers.py", honest=()),
    "odd-dict-keys": forging(WRONG, checks=("optimizers.sgd_momentum.*",), honest=()),
    "int-dict-keys": forging(FAILED, checks=("optimizers.sgd_momentum.*",), honest=()),
    # Right all the same: surplus keys of a config are a student's own affair.
    "deep-config": forging(
        RIGHT,
        checks=("optimizers.sgd_momentum.steps", "optimizers.sgd_momentum.state"),
        honest=(),
        earns=1.8,
    ),
    "config-of-objects": forging(FAILED, checks=("optimizers.sgd_momentum.*",), honest=()),
    "numbered-bn-param": forging(
        FAILED,
        checks=("normalization.batchnorm_forward.*",),
    ),
    "clears-bn-param": forging(FAILED, checks=("normalization.batchnorm_forward.*",)),
    # Lent functions.
    "borrows-other-functions": borrower(),
    "borrows-for-ever": borrower(LOST),
    "borrows-an-enormous-result": borrower(),
    "borrows-caches-by-the-thousand": borrower(LOST),
    "returns-the-graders-cache": borrower(),
    "borrows-with-odd-arguments": borrower(),
    "keeps-what-it-borrowed": borrower(),
    "half-a-request-to-borrow": borrower(),
}

SOFTMAX = ("fully_connected.softmax_loss.*",)
DROPOUT = ("dropout.dropout_forward.*", "dropout.dropout_backward.*")
VALUES = {
    "array-subclass": values(says=EVERYWHERE),
    "array-protocol": values(says=NOT_AN_ARRAY),
    "equal-to-everything": values(says=NOT_AN_ARRAY),
    "remote-with-a-lot-to-say": values(says=NOT_AN_ARRAY),
    "none-for-out": values(says="out is None"),
    "lying-tuple": values(WRONG),
    "generator-for-a-pair": values(says="should return (out, cache)"),
    "float-subclass": values(says="loss is not a number", checks=SOFTMAX),
    "string-loss": values(says="loss is not a number", checks=SOFTMAX),
    "nan-loss": values(says="not a finite number", checks=SOFTMAX),
    "huge-integer": values(WRONG, checks=SOFTMAX),
    "zero-dimensional": values(says="out has shape ()"),
    "structured-array": values(says=NOT_AN_ARRAY),
    "string-array": values(says=NOT_AN_ARRAY),
    "date-array": values(says=NOT_AN_ARRAY),
    "bool-array": values(says="dtype bool"),
    "integer-array": values(says="dtype int64"),
    "infinite-array": values(says="not finite"),
    "empty-array": values(says="out has shape (0, 1)"),
    "broadcastable-array": values(),
    "extra-axis": values(says="out has shape (1, 1, 1)"),
    "stride-zero": values(LOST),
    "negative-strides": values(LOST),
    "memory-mapped": values(WRONG),
    "recursive-list": values(WRONG),
    "exponential-list": values(TIMED_OUT),
    "million-arrays": values(LOST),
    "huge-string": values(WRONG),
    "surrogates": values(says=NOT_AN_ARRAY),
    "huge-values": values(says=EVERYWHERE),
    "half-precision": values(says=EVERYWHERE),
    "huge-gradients": values(checks=("fully_connected.affine_backward.*",)),
    "huge-dropout": values(checks=DROPOUT),
    "exception-with-escapes": values(ERRORED, "raised Hostile"),
    "exception-of-ten-megabytes": values(ERRORED, "raised Hostile"),
    "exception-slices-to-a-dict": values(ERRORED, "raised Hostile"),
    "exception-raises": values(ERRORED, "raised Hostile"),
    "exception-never-ends": values(TIMED_OUT, "look for a loop that never ends"),
    "exception-exits": values(ERRORED),
    "exception-class-of-markup": values(ERRORED, "raised"),
    "exception-with-lying-class": values(ERRORED),
    "exception-group-of-thousands": values(ERRORED, "raised ExceptionGroup"),
    "net-as-a-tuple": a_net(NET + "scores", kind="values"),
    "net-of-attributes": a_net(NET + "scores", NET + "dtype", kind="values"),
    "parameters-that-lie": a_net(NET + "scores", NET + "dtype", kind="values"),
    "parameters-of-a-dict-subclass": a_net(NET + "scores", NET + "dtype", kind="values"),
    "parameters-with-a-dtype": a_net(NET + "dtype", kind="values"),
    "parameters-with-many-dtypes": a_net(NET + "dtype", kind="values"),
    "surplus-parameters": a_net(TRAINING + "overfit_three", NET + "parameters", kind="values"),
    "huge-loss-gradients": a_net(
        NET + "batchnorm_test", NET + "regularization", TRAINING + "*", kind="values"
    ),
}

CONV = "convolution.conv_forward_naive.values"
GAMING = {
    "zero-layers": gaming(*AFFINE, "normalization.*norm_*", "fully_connected.affine_backward.*"),
    "identity-layers": gaming("normalization.*norm_*", "convolution.max_pool_*_naive.*"),
    "bent-identity-layers": gaming("normalization.*norm_backward*"),
    "convolution-of-means": gaming("convolution.conv_*_naive.*", "convolution.max_pool_*_naive.*"),
    "square-for-relu": gaming("fully_connected.relu_*", honest=AFFINE),
    # Allowed: whoever differentiates a right forward pass numerically has the right gradient.
    "numeric-backward": gaming("fully_connected.affine_backward.*", statuses=RIGHT, earns=0.5),
    "right-once": gaming(),
    "right-for-one-shape": gaming(),
    "table-of-answers": gaming(),
    "answers-from-the-shim": gaming(),
    "fast-by-import": gaming(CONV, statuses=ERRORED, says="cannot be used while"),
    "fast-by-importlib": gaming(CONV, statuses=ERRORED, says="cannot be used while"),
    "fast-by-sys-modules": gaming(CONV, statuses=ERRORED, says="cannot be used while"),
    "fast-by-reading": gaming(CONV, statuses=ERRORED, says="cannot be used while"),
    "fast-from-the-other-workspace": gaming(CONV, statuses=ERRORED, stopped_by=("landlock",)),
    "fast-from-the-starter": gaming(CONV, statuses=ERRORED, stopped_by=("namespaces", "landlock")),
    "fast-from-cache": gaming(CONV, statuses=ERRORED, says="no compiled files"),
    "batchnorm-by-torch": gaming(
        "normalization.batchnorm_forward.*", statuses=ERRORED, says="without torch"
    ),
    "fixed-mask": gaming("dropout.dropout_forward.fresh"),
    "coins-for-dropout": gaming("dropout.dropout_forward.*"),
    "scaling-for-dropout": gaming("dropout.*"),
    "sgd-for-everything": gaming(
        "optimizers.adam.*",
        "optimizers.rmsprop.*",
        "optimizers.sgd_momentum.*",
        honest=(),
    ),
    "sign-for-adam": gaming("optimizers.adam.steps", "optimizers.adam.state", honest=()),
    "net-of-nothing": a_net(NET + "scores", NET + "dtype", NET + "parameters"),
    "net-of-constants": a_net(
        NET + "scores", NET + "gradients", NET + "new_reg", NET + "norm_regularization"
    ),
    "net-that-only-regularizes": a_net(NET + "gradients", NET + "images", TRAINING + "overfit_*"),
    "learns-by-heart": a_net(TRAINING + "*"),
    "learns-by-heart-convolution": a_net("training.ThreeLayerConvNet.*", seconds=60.0),
    "ignores-its-parameters": a_net(TRAINING + "*"),
}

TIGHT = Limits(
    call_seconds=0.5,
    check_seconds=1.0,
    submission_seconds=2.0,
    wall_factor=2.0,
    memory_mb=640,
    processes=60,
    file_mb=1,
)
BUSY = ("fully_connected.affine_*", "fully_connected.softmax_loss.*")
PROCESS = {
    "fork-crowd": process(),
    "fork-tree": process(),
    "double-fork-daemon": process(),
    "daemon-at-import": process(),
    "respawning-daemons": process(),
    "other-program": process(),
    "child-spins": process(),
    "waits-for-spinning-child": process(TIMED_OUT),
    "threads-spin": process(LOST | RIGHT, earns=0.45),
    "catches-every-signal": process(TIMED_OUT),
    "stops-itself": process(),
    "sleeps": process(TIMED_OUT, "did nothing"),
    "deadlock": process(TIMED_OUT, "did nothing"),
    "alarm-kills": process(),
    "aborts": process(ERRORED, ENDED),
    "exits-in-del": process(ERRORED, ENDED),
    "raises-keyboard-interrupt": process(ERRORED, "raised KeyboardInterrupt"),
    "generator-exit": process(ERRORED, "raised GeneratorExit"),
    "settrace": process(),
    "audit-hook": process(),
    "faulthandler": process(),
    "output-flood": process(RIGHT, earns=0.45),
    "file-flood": process(LOST | RIGHT, earns=0.45),
    "one-huge-file": process(ERRORED, "File too large"),
    "many-open-files": process(),
    "recursion-in-c": process(),
    "recursion-limit-1": process(),
    "collector-bomb": process(),
    "memory-in-children": process(),
    "removes-its-folder": process(LOST | RIGHT, earns=0.45),
    "locks-its-folder": process(LOST | RIGHT, earns=0.45),
    "folder-of-odd-names": process(LOST | RIGHT, earns=0.45),
    "seccomp-of-its-own": process(),
    "process-name": process(),
    "clears-its-death-signal": process(),
    "spends-the-whole-budget": process(LOST, checks=BUSY, honest=(), limits=TIGHT, seconds=20.0),
    "naps-in-every-call": process(
        LOST | RIGHT, checks=("fully_connected.affine_*",), earns=1.0, honest=(), limits=TIGHT
    ),
    "kills-the-template": process(ERRORED),
    "stops-the-template": process(ERRORED),
}

# What Landlock says about TCP, signals and abstract sockets depends on the kernel: not claimed. An
# entry without layers fails in a throw-away world by itself, whatever is switched off.
SNOOPING = {
    "own-environment": snooping(),
    "lifts-its-limits": snooping(),
    "reference-by-name": snooping(says="nothing to borrow"),
    "other-environments": snooping("namespaces", "landlock"),
    "other-command-lines": snooping("namespaces", "landlock"),
    "grader-memory": snooping("namespaces", "landlock"),
    "grader-memory-by-call": snooping("namespaces", "landlock", "seccomp"),
    "ptrace": snooping("namespaces", "landlock", "seccomp"),
    "steals-descriptors": snooping("namespaces", "landlock", "seccomp"),
    "signals-others": snooping("namespaces", "seccomp"),
    "priorities-of-others": snooping("namespaces", "seccomp"),
    "reads-a-planted-file": snooping("namespaces", "landlock"),
    "reads-the-earlier-report": snooping("namespaces", "landlock"),
    "other-submissions": snooping("namespaces", "landlock"),
    "lists-folders": snooping("landlock"),
    "password-files": snooping("namespaces", "landlock"),
    "by-roundabout-paths": snooping("namespaces", "landlock"),
    "opens-by-handle": snooping(),
    "chroot-and-back": snooping("namespaces", "landlock", "seccomp"),
    "reference-beside-the-shim": snooping("namespaces", "landlock"),
    "reference-by-path": snooping("namespaces", "landlock"),
    "reference-by-links": snooping("namespaces", "landlock"),
    "other-packages": snooping("namespaces", "landlock"),
    "reads-the-checks": snooping("namespaces", "landlock"),
    "writes-outside": snooping("namespaces", "landlock"),
    "writes-into-its-workspace": snooping("namespaces", "landlock"),
    "writes-into-the-packages": snooping(),
    "changes-file-attributes": snooping("namespaces", "seccomp"),
    "links-outside": snooping("namespaces", "landlock"),
    "deletes-a-planted-file": snooping("namespaces", "landlock"),
    "tcp-connect": snooping("namespaces", "seccomp"),
    "tcp-listen": snooping("seccomp"),
    "udp-send": snooping("namespaces", "seccomp"),
    "unix-socket": snooping("namespaces", "seccomp"),
    "abstract-socket": snooping("namespaces", "seccomp"),
    "netlink-and-raw": snooping("seccomp"),
    "shared-memory": snooping("seccomp"),
    "message-queue": snooping("seccomp"),
    "posix-queue": snooping("landlock", "seccomp", "rlimits"),
    "keyring": snooping("seccomp"),
    "io-uring": snooping("seccomp"),
    "new-namespaces": snooping("seccomp"),
    "mounts": snooping("landlock", "seccomp"),
    "back-to-root": snooping("seccomp"),
    "core-dump": snooping(),
    "runs-programs": snooping("namespaces", "landlock", "seccomp"),
    "program-in-memory": snooping("namespaces", "landlock", "seccomp"),
    "kernel-log": snooping("namespaces", "landlock"),
    "terminals": snooping(),
}


EXPECTED = FORGING | VALUES | GAMING | PROCESS | SNOOPING
