"""The wire protocol between grader and worker: frames of JSON plus raw little-endian arrays.

    frame   = magic (4 bytes) | header length (u32) | payload length (u64) | header | payload
    header  = JSON; arrays in it are `{"a": [dtype, shape]}`, their bytes follow in the payload
              in the order of appearance

A value tree holds None, bool, int, float and str as they are, and one-key objects for the rest:
`l` list, `t` tuple, `d` dict as pairs, `a` array, `n` NumPy scalar, `y` one of NumPy's real types
(`dtype=np.float32`), `r` an object that stays in the worker (the grader holds its number and the
name of its type), `g` an object lent by the grader. Nothing is ever unpickled, so a frame can
carry values and nothing else. Every length is checked against a limit before anything is
allocated.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = [
    "HEADER",
    "Encoder",
    "Kept",
    "Lent",
    "ProtocolError",
    "decode",
    "describe",
    "pack",
    "parse_header",
    "parse_lengths",
]

MAGIC = b"AGW1"
HEADER = struct.Struct(">4sIQ")
MAX_HEADER = 4 << 20
MAX_PAYLOAD = 256 << 20
MAX_DEPTH = 24  # of what a worker sends
# The grader sends back what it was sent, inside the arguments of a call.
MAX_DEPTH_OF_CALLS = MAX_DEPTH + 8
MAX_DIMENSIONS = 16
MAX_BITS = 14_000  # of an integer: Python writes at most 4,300 digits
REAL_TYPES = {"float32": np.float32, "float64": np.float64}
DTYPES = frozenset("|b1 |i1 |u1 <i2 <u2 <i4 <u4 <i8 <u8 <f2 <f4 <f8".split())


class ProtocolError(Exception):
    """The other side sent something that is no valid frame or value."""


class Lent:
    """Stands, inside the worker, for a value that lives in the grader."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __repr__(self) -> str:
        return "<a cache that belongs to the grader>"


class Kept:
    """Marks, inside the worker, a value that stays there although it could travel: a cache."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Encoder:
    """Turns values into a tree and a list of buffers.

    `keep` is called with every object that cannot travel and returns its number. What is nested
    deeper than `deepest` stays as well.
    """

    def __init__(self, keep: Callable[[Any], int], deepest: int = MAX_DEPTH) -> None:
        self._keep = keep
        self._deepest = deepest
        self.buffers: list[bytes | memoryview] = []

    def tree(self, value: Any, depth: int = 0) -> Any:
        """The JSON-able tree of `value`; its arrays are appended to `buffers`."""
        # Exact types: a subclass could lie in any of its methods.
        kind = type(value)
        if value is None or kind in (bool, str, float):
            return value
        if depth > self._deepest or (kind is int and value.bit_length() > MAX_BITS):
            return self.reference(value)
        if kind is int:
            return value
        if kind is list or kind is tuple:
            return {kind.__name__[0]: [self.tree(item, depth + 1) for item in value]}
        if kind is dict and all(type(key) in (str, int) for key in value):
            return {"d": [[key, self.tree(item, depth + 1)] for key, item in value.items()]}
        if kind is Kept:
            return self.reference(value.value)
        if kind is Lent:
            return {"g": value.number}
        if value is np.float32 or value is np.float64:
            return {"y": value.__name__}
        if isinstance(value, np.ndarray | np.generic):
            return self._array(value)
        return self.reference(value)

    def reference(self, value: Any) -> Any:
        """Keep `value` here and send its number."""
        return {"r": [self._keep(value), describe(value)]}

    def _array(self, value: np.ndarray[Any, Any] | np.generic) -> Any:
        array = np.asarray(value)
        if type(array) is not np.ndarray:
            array = array.view(np.ndarray)
        if array.dtype == np.longdouble and array.dtype != np.float64:
            array = array.astype(np.float64)
        if array.dtype.kind not in "biuf":
            return self.reference(value)
        array = np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
        if array.dtype.str not in DTYPES or array.ndim > MAX_DIMENSIONS:
            return self.reference(value)
        self.buffers.append(array.reshape(-1).view(np.uint8).data if array.size else b"")
        return {"n" if isinstance(value, np.generic) else "a": [array.dtype.str, list(array.shape)]}


def describe(value: Any) -> str:
    """The type of a value in a few words, for messages."""
    if isinstance(value, np.ndarray):
        return f"array of dtype {str(value.dtype)[:40]}"
    return str(type(value).__name__)[:60]


def pack(header: Any, buffers: list[bytes | memoryview]) -> list[bytes | memoryview]:
    """The pieces of one frame, ready for `socket.sendmsg` or a loop of `sendall`."""
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    size = sum(len(buffer) for buffer in buffers)
    return [HEADER.pack(MAGIC, len(text), size), text, *buffers]


def parse_lengths(prefix: bytes) -> tuple[int, int]:
    """Lengths of header and payload.

    Raises:
        ProtocolError: the magic is wrong or a length is over its limit.
    """
    magic, header, payload = HEADER.unpack(prefix)
    if magic != MAGIC or header > MAX_HEADER or payload > MAX_PAYLOAD:
        raise ProtocolError("the frame's first bytes are not ours")
    return header, payload


def parse_header(text: bytes) -> dict[str, Any]:
    """The JSON object of a header.

    Raises:
        ProtocolError: it is not one.
    """
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("the header is not JSON") from error
    if not isinstance(header, dict):
        raise ProtocolError("the header is not an object")
    return header


class _Reader:
    def __init__(
        self, payload: bytearray, resolve: Callable[[str, Any], Any], deepest: int
    ) -> None:
        self.payload = payload
        self.deepest = deepest
        self.offset = 0
        self.resolve = resolve

    def value(self, tree: Any, depth: int = 0) -> Any:
        if tree is None or type(tree) in (bool, int, str, float):
            return tree
        if depth > self.deepest + 1 or type(tree) is not dict or len(tree) != 1:
            raise ProtocolError("a value tree is malformed")
        ((key, body),) = tree.items()
        if key in ("a", "n"):
            return self.array(body, scalar=key == "n")
        if key in ("r", "g"):
            return self.resolve(key, body)
        if key == "y" and type(body) is str and body in REAL_TYPES:
            return REAL_TYPES[body]
        if type(body) is not list:
            raise ProtocolError("a value tree is malformed")
        if key == "l":
            return [self.value(item, depth + 1) for item in body]
        if key == "t":
            return tuple([self.value(item, depth + 1) for item in body])
        if key == "d":
            return dict(self.pair(item, depth) for item in body)
        raise ProtocolError("a value tree has an unknown kind")

    def pair(self, item: Any, depth: int) -> tuple[Any, Any]:
        if type(item) is not list or len(item) != 2 or type(item[0]) not in (str, int):
            raise ProtocolError("a dict in a value tree is malformed")
        return item[0], self.value(item[1], depth + 1)

    def array(self, body: Any, *, scalar: bool) -> Any:
        if type(body) is not list or len(body) != 2:
            raise ProtocolError("an array in a value tree is malformed")
        name, shape = body
        if type(name) is not str or name not in DTYPES:
            raise ProtocolError("an array has a dtype that cannot travel")
        if type(shape) is not list or len(shape) > MAX_DIMENSIONS:
            raise ProtocolError("an array has an impossible shape")
        if any(type(length) is not int or not 0 <= length <= MAX_PAYLOAD for length in shape):
            raise ProtocolError("an array has an impossible shape")
        if math.prod(max(length, 1) for length in shape) > MAX_PAYLOAD:
            raise ProtocolError("an array has an impossible shape")
        dtype = np.dtype(name)
        count = math.prod(shape)
        end = self.offset + count * dtype.itemsize
        if end > len(self.payload):
            raise ProtocolError("an array is longer than its frame")
        array = np.frombuffer(self.payload, dtype, count, self.offset).reshape(shape)
        self.offset = end
        # A slice of the payload may be unaligned; a copy also frees the rest of the frame.
        return array[()] if scalar and not shape else array.copy()


def decode(
    tree: Any,
    payload: bytearray,
    resolve: Callable[[str, Any], Any],
    deepest: int = MAX_DEPTH,
) -> Any:
    """The value of one tree; `resolve(kind, body)` makes the objects behind `r` and `g`.

    Raises:
        ProtocolError: the tree and the payload do not fit each other exactly.
    """
    reader = _Reader(payload, resolve, deepest)
    value = reader.value(tree)
    if reader.offset != len(payload):
        raise ProtocolError("a frame has bytes left over")
    return value
