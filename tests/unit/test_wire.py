"""Values survive the wire; whatever else arrives is a ProtocolError and nothing worse."""

from __future__ import annotations

import contextlib
import json
import math
import tracemalloc
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.sandbox.worker import wire
from autograder.sandbox.worker.wire import ProtocolError

quick = settings(max_examples=200, deadline=None, derandomize=True, database=None)


def encode(value: Any) -> tuple[Any, bytearray, list[Any]]:
    """The tree after a trip through JSON, the payload, and what was kept."""
    kept: list[Any] = []

    def keep(item: Any) -> int:
        kept.append(item)
        return len(kept) - 1

    encoder = wire.Encoder(keep)
    tree = encoder.tree(value)
    data = bytearray(b"".join(bytes(p) for p in wire.pack({"value": tree}, encoder.buffers)))
    header, payload = wire.parse_lengths(bytes(data[: wire.HEADER.size]))
    body = data[wire.HEADER.size :]
    assert len(body) == header + payload
    return wire.parse_header(bytes(body[:header]))["value"], body[header:], kept


def refuse(_kind: str, _body: Any) -> Any:
    raise ProtocolError("nothing is kept here")


def round_trip(value: Any) -> Any:
    tree, payload, kept = encode(value)
    assert kept == []
    return wire.decode(tree, payload, refuse)


def same(got: Any, sent: Any) -> bool:
    """Equal in value, in type, and in the type of every part."""
    if isinstance(sent, np.ndarray | np.generic):
        little = np.asarray(sent, dtype=sent.dtype.newbyteorder("<"), order="C")
        return (
            type(got) is (type(sent) if isinstance(sent, np.generic) else np.ndarray)
            and got.dtype == little.dtype
            and got.shape == sent.shape
            and got.tobytes() == little.tobytes()
        )
    if type(got) is not type(sent):
        return False
    if isinstance(sent, list | tuple):
        return len(got) == len(sent) and all(map(same, got, sent))
    if isinstance(sent, dict):
        return list(got) == list(sent) and all(same(got[key], sent[key]) for key in sent)
    if isinstance(sent, float) and math.isnan(sent):
        return math.isnan(got)
    if isinstance(sent, float):
        return got == sent and math.copysign(1, got) == math.copysign(1, sent)
    return bool(got == sent)


DTYPES = [order + name for name in "i2 i4 i8 u2 u4 u8 f2 f4 f8".split() for order in "<>"]
DTYPES += ["|b1", "|i1", "|u1"]
LAYOUTS = {
    "as it is": lambda a: a,
    "Fortran order": np.asfortranarray,
    "transposed": lambda a: a.T,
    "reversed": lambda a: a[::-1] if a.ndim else a,
    "every second": lambda a: a[..., ::2] if a.ndim else a,
    "broadcast": lambda a: np.broadcast_to(a, (2, *a.shape)),
    "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape) if a.size else a,
}
arrays = st.builds(
    lambda array, layout: LAYOUTS[layout](array),
    st.sampled_from(DTYPES).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0))
    ),
    st.sampled_from(sorted(LAYOUTS)),
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**30, 10**300)
    | st.floats()
    | st.text(st.characters())  # surrogates too
    | st.sampled_from([np.float32, np.float64])
    | arrays
    | arrays.filter(lambda array: array.size > 0).map(lambda array: array.reshape(-1)[0])
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(st.characters(), max_size=5) | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


# What travels. ------------------------------------------------------------------------------


@quick
@given(values)
def test_every_value_survives(value: Any) -> None:
    assert same(round_trip(value), value)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_dtype_and_layout_survives(dtype: str, layout: str) -> None:
    for shape in [(), (0,), (3,), (2, 0, 3), (3, 4), (2, 3, 4, 2)]:
        array = np.arange(math.prod(shape)).reshape(shape).astype(dtype)
        sent = LAYOUTS[layout](array)
        assert same(round_trip([sent, "between", sent]), [sent, "between", sent])


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), -float("inf"), -0.0, 5e-324, 2**64, -(10**4000), "\ud800\x00é𝄞"],
    ids=lambda value: repr(value)[:12],
)
def test_odd_plain_values_survive(value: Any) -> None:
    assert same(round_trip({"key": [value]}), {"key": [value]})


def test_nan_payloads_and_infinities_in_arrays_survive() -> None:
    bits = np.array([0x7FF8000000000001, 0xFFF0000000000000, 0x8000000000000000], dtype="u8")
    assert same(round_trip(bits.view("f8")), bits.view("f8"))


def test_what_arrives_owns_writable_memory() -> None:
    got = round_trip([np.arange(3), np.arange(3)])
    got[0][0] = 7
    assert got[1].tolist() == [0, 1, 2]
    assert got[0].flags.owndata


def test_extended_precision_travels_as_float64() -> None:
    got = round_trip(np.array([1, 2], dtype=np.longdouble) / 3)
    assert same(got, np.array([1, 2]) / 3)


def test_a_masked_array_travels_as_its_data() -> None:
    got = round_trip(np.ma.masked_array([1.0, 2.0], [False, True]))
    assert same(got, np.array([1.0, 2.0]))


class Lying(dict):  # type: ignore[type-arg]
    def items(self) -> Any:
        raise AssertionError("a student's class was asked")


@pytest.mark.parametrize(
    "value",
    [
        object(),
        Lying(a=1),
        {1, 2},
        b"bytes",
        1j,
        {(1, 2): 3},
        {True: 1},
        {1.5: 1},
        {None: 1},
        np.array([None]),
        np.array(["text"]),
        np.array([1j]),
        np.zeros(2, "M8[s]"),
        np.zeros(2, "i4,f8"),
        np.zeros((1,) * 17),
        np.int64,
        np.str_("text"),
        np.sin,
    ],
    ids=lambda value: type(value).__name__ + str(getattr(value, "dtype", "")),
)
def test_what_cannot_travel_is_kept_whole(value: Any) -> None:
    tree, payload, kept = encode([1, value])
    assert kept[0] is value
    assert payload == b""
    resolved = wire.decode(tree, payload, lambda kind, body: (kind, body[0]))
    assert resolved == [1, ("r", 0)]


def test_an_array_of_numpys_strings_is_kept_whole() -> None:
    sent = np.array(["text"], dtype=np.dtypes.StringDType())
    assert encode(sent)[2][0] is sent


def test_an_integer_too_long_to_write_is_kept_whole() -> None:
    assert encode(10**5000)[2] == [10**5000]


def test_a_kept_cache_stays_although_it_could_travel() -> None:
    cache = (np.ones(3), 1.0)
    tree, payload, kept = encode((np.zeros(2), wire.Kept(cache)))
    assert kept[0] is cache
    assert len(payload) == 16
    assert wire.decode(tree, payload, lambda kind, _: kind)[1] == "r"


def test_a_lent_object_goes_back_as_its_number() -> None:
    tree, payload, kept = encode([wire.Lent(5)])
    assert kept == []
    assert wire.decode(tree, payload, lambda kind, body: (kind, body)) == [("g", 5)]


@pytest.mark.parametrize("depth", range(wire.MAX_DEPTH - 2, wire.MAX_DEPTH + 4))
def test_nesting_travels_up_to_the_limit_and_is_kept_below_it(depth: int) -> None:
    value: Any = [np.ones(2)]
    for _ in range(depth):
        value = [value]
    tree, payload, kept = encode(value)
    got = wire.decode(tree, payload, lambda kind, _: kind)
    assert bool(kept) == (depth >= wire.MAX_DEPTH)  # the array is one level further down
    if not kept:
        assert same(got, value)


def test_a_list_that_holds_itself_is_kept() -> None:
    ring: list[Any] = []
    ring.append(ring)
    tree, payload, kept = encode(ring)
    assert kept[0] is ring
    wire.decode(tree, payload, lambda kind, _: kind)


@pytest.mark.parametrize("depth", [2, 30])
def test_a_description_names_the_type_in_a_few_words(depth: int) -> None:
    assert wire.describe(np.zeros(2, complex)) == "array of dtype complex128"
    assert wire.describe(object()) == "object"
    wide = np.dtype([(f"field{i}", "f8") for i in range(depth * 10)])
    assert len(wire.describe(np.zeros(1, wide))) < 80


# What is no frame. --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prefix",
    [
        wire.HEADER.pack(b"AGW0", 2, 0),
        wire.HEADER.pack(b"\0\0\0\0", 0, 0),
        wire.HEADER.pack(b"AGW1", wire.MAX_HEADER + 1, 0),
        wire.HEADER.pack(b"AGW1", 2**32 - 1, 0),
        wire.HEADER.pack(b"AGW1", 2, wire.MAX_PAYLOAD + 1),
        wire.HEADER.pack(b"AGW1", 2, 2**64 - 1),
        b"HTTP/1.1 200 OK\r",
    ],
)
def test_a_wrong_prefix_is_refused(prefix: bytes) -> None:
    with pytest.raises(ProtocolError):
        wire.parse_lengths(prefix)


def test_lengths_up_to_the_limits_are_taken() -> None:
    limits = wire.MAX_HEADER, wire.MAX_PAYLOAD
    assert wire.parse_lengths(wire.HEADER.pack(b"AGW1", *limits)) == limits


@quick
@given(st.binary(min_size=wire.HEADER.size, max_size=wire.HEADER.size))
def test_any_prefix_is_read_or_refused(prefix: bytes) -> None:
    try:
        header, payload = wire.parse_lengths(prefix)
    except ProtocolError:
        return
    assert header <= wire.MAX_HEADER
    assert payload <= wire.MAX_PAYLOAD


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"1",
        b"null",
        b"{",
        b"{'a': 1}",
        b'{"a": 1} x',
        b"\xff\xfe",
        b'{"a": "\xff"}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_a_header_that_is_no_object_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        wire.parse_header(text)


@quick
@given(st.binary(max_size=40))
def test_any_header_is_read_or_refused(text: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        assert isinstance(wire.parse_header(text), dict)


F8 = "<f8"


@pytest.mark.parametrize(
    "tree",
    [
        {"a": [F8, [2]]},  # two numbers, but the payload has one
        {"a": [F8, []], "n": [F8, []]},
        {"a": [F8, [0]]},  # bytes left over
        None,  # bytes left over
        {"a": [F8, [-1]]},
        {"a": [F8, [-1, -1]]},
        {"a": [F8, [1 << 28]]},
        {"a": [F8, [1 << 28] * 16]},
        {"a": [F8, [(1 << 28) + 1]]},
        {"a": [F8, [10**30]]},
        {"a": [F8, [1] * 17]},
        {"a": [F8, [True]]},
        {"a": [F8, [1.0]]},
        {"a": [F8, ["1"]]},
        {"a": [F8, [None]]},
        {"a": [F8, 1]},
        {"a": [F8, {"l": []}]},
        {"a": [F8]},
        {"a": [F8, [1], 0]},
        {"a": {F8: [1]}},
        {"a": F8},
        {"a": ["|O", [1]]},
        {"a": ["O", [1]]},
        {"a": ["<c16", [1]]},
        {"a": [">f8", [1]]},
        {"a": ["<U2", [1]]},
        {"a": ["|V8", [1]]},
        {"a": ["<M8[s]", [1]]},
        {"a": ["f8", [1]]},
        {"a": ["nonsense", [1]]},
        {"a": [None, [1]]},
        {"a": [[F8], [1]]},
        {"n": [F8, [2]]},
        {"y": "int8"},
        {"y": "__class__"},
        {"y": ["float32"]},
        {"y": None},
        {"l": None},
        {"l": {}},
        {"t": "ab"},
        {"d": {}},
        {"d": [1]},
        {"d": [[1]]},
        {"d": [[1, 2, 3]]},
        {"d": [[None, 1]]},
        {"d": [[True, 1]]},
        {"d": [[1.5, 1]]},
        {"d": [[[], 1]]},
        {"d": [[{"l": []}, 1]]},
        {"r": [0, "cache"]},
        {"g": 0},
        {"x": []},
        {"": []},
        {},
        [],
        [1],
        {"l": [[]]},
        {"l": [{"t": [{"d": [["k", {}]]}]}]},
    ],
    ids=lambda tree: json.dumps(tree)[:40],
)
def test_a_malformed_tree_is_refused(tree: Any) -> None:
    payload = bytearray(np.float64(1.0).tobytes())
    with pytest.raises(ProtocolError):
        wire.decode(tree, payload, refuse)


@pytest.mark.parametrize("shape", [[0] + [1 << 28] * 8, [1 << 28] * 8 + [0]])
def test_an_empty_array_of_absurd_shape_is_refused(shape: list[int]) -> None:
    with pytest.raises(ProtocolError):
        wire.decode({"a": [F8, shape]}, bytearray(), refuse)


def test_deep_nesting_is_refused() -> None:
    for key in "lt":
        tree: Any = None
        for _ in range(5000):
            tree = {key: [tree]}
        with pytest.raises(ProtocolError):
            wire.decode(tree, bytearray(), refuse)


@pytest.mark.parametrize("cut", [-1, 1])
def test_a_payload_too_short_or_too_long_is_refused(cut: int) -> None:
    tree, payload, _ = encode([np.arange(4), np.ones((2, 2), "f4")])
    changed = payload[:cut] if cut < 0 else payload + bytes(cut)
    with pytest.raises(ProtocolError):
        wire.decode(tree, changed, refuse)


# Trees that look right at first: the keys and bodies of the protocol in the wrong places.
lengths = st.sampled_from([0, 1, 2, 3, -1, 1 << 28, (1 << 28) + 1, 1 << 63, 10**30, True, 1.5, "3"])
bodies = st.tuples(
    st.sampled_from([*sorted(wire.DTYPES), "O", "<c16", "f8", None, 3]),
    st.lists(lengths, max_size=3),
).map(list)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | bodies,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(list("ltdanyrgx")), inner, max_size=2)
        | st.tuples(st.sampled_from("an"), bodies).map(lambda pair: {pair[0]: pair[1]})
        | st.tuples(st.sampled_from("ltd"), st.lists(inner, max_size=3)).map(
            lambda pair: {pair[0]: pair[1]}
        )
        | st.lists(st.tuples(st.text(max_size=2) | inner, inner).map(list), max_size=3).map(
            lambda pairs: {"d": pairs}
        )
    ),
    max_leaves=10,
)


@settings(quick, max_examples=600)
@given(junk, st.binary(max_size=24))
def test_any_tree_gives_a_value_or_a_protocol_error(tree: Any, payload: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        wire.decode(tree, bytearray(payload), lambda kind, _: kind)


def test_a_lie_about_a_size_allocates_nothing() -> None:
    trees: list[Any] = [{"a": [F8, [1 << 28] * n]} for n in (1, 2, 16)]
    trees += [{"l": [{"a": ["|u1", [1 << 28]]}] * 100}]
    tracemalloc.start()
    try:
        for tree in trees:
            with pytest.raises(ProtocolError):
                wire.decode(tree, bytearray(8), refuse)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000
