from __future__ import annotations

import json
import math
import re
import zlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kook.codec import BodyRefused, decode_body
from shared.kook.events import parse_event
from shared.kook.webhook import AccountCredentials
from shared.relay.queue_messages import IncomingEvent
from tests.standins.kook_wire import WIRES, deflate, encode, encrypt
from tests.standins.webhook_doubles import InMemoryFifoQueue, receiver_for

OUTSIDE_SQS_CHARACTER_SET = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None))
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)
objects = st.dictionaries(st.text(), values, max_size=6)
event_fields = st.sampled_from(
    ["channel_type", "type", "target_id", "author_id", "content", "msg_id", "msg_timestamp", "nonce", "extra"]
)
event_types = st.sampled_from([1, 2, 3, 4, 8, 9, 10, 12, 255, 99])
event_objects = st.builds(
    lambda fields, event_type, private: {
        "type": event_type,
        "channel_type": "PERSON" if private else "GROUP",
        **fields,
    },
    st.dictionaries(event_fields, values, max_size=9),
    event_types,
    st.booleans(),
)
frames = st.fixed_dictionaries({"d": objects}, optional={"s": values, "sn": values, "extra": objects})
keys = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=50)
initialization_vectors = st.binary(min_size=16, max_size=16)
anything = st.binary(max_size=400)


def _refused_or_a_frame(raw: bytes, key: str | None) -> None:
    try:
        frame = decode_body(raw, key)
    except BodyRefused:
        return
    assert isinstance(frame["d"], dict)


@given(anything, st.none() | keys)
def test_arbitrary_bytes_raise_nothing_but_the_typed_errors(raw: bytes, key: str | None) -> None:
    _refused_or_a_frame(raw, key)


# What decides whether JSON is JSON, thrown together: escapes, numbers, brackets, bytes that are no UTF-8.
_WORDS = r'" \ \u \ud83d \ude00 { } [ ] , : 0 1 - + . e 1e400 -0.0 9999999999999999999999 NaN Infinity true nul / a 你'
_BYTES = (b" ", b"\n", b"\x00", b"\x7f", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf")
json_pieces = st.sampled_from([*_WORDS.encode().split(), *_BYTES])


@settings(max_examples=1_000)
@given(st.lists(json_pieces, max_size=12).map(b"".join))
def test_a_body_is_read_as_the_strict_standard_library_reads_it(inner: bytes) -> None:
    body = b'{"d":{"content":' + inner + b"}}"
    try:
        expected = _strictly(body)
    except ValueError:
        expected = None
    try:
        frame = decode_body(body, None)
    except BodyRefused:
        frame = None
    assert repr(frame) == repr(expected if isinstance((expected or {}).get("d"), dict) else None)


def _strictly(body: bytes) -> Any:
    def refuse(name: str) -> Any:
        raise ValueError(name)

    def finite(digits: str) -> float:
        return float(digits) if math.isfinite(float(digits)) else refuse(digits)

    return json.loads(body.decode(), parse_constant=refuse, parse_float=finite)


@given(anything | values.map(lambda value: json.dumps(value).encode()), st.booleans(), st.none() | keys)
def test_arbitrary_compressed_bytes_raise_nothing_but_the_typed_errors(content: bytes, raw: bool, key: Any) -> None:
    _refused_or_a_frame(deflate(content) if raw else zlib.compress(content), key)


@given(anything | values.map(lambda value: json.dumps(value).encode()), keys, initialization_vectors)
def test_arbitrary_encrypted_bytes_raise_nothing_but_the_typed_errors(content: bytes, key: str, iv: bytes) -> None:
    _refused_or_a_frame(json.dumps({"encrypt": encrypt(content, key, iv)}).encode(), key)


@given(values, st.none() | keys)
def test_an_arbitrary_envelope_raises_nothing_but_the_typed_errors(encrypted: Any, key: str | None) -> None:
    _refused_or_a_frame(json.dumps({"encrypt": encrypted}).encode(), key)


@given(frames, st.sampled_from(WIRES), keys, st.booleans(), initialization_vectors)
def test_every_frame_survives_every_wire_form(frame: Any, wire: str, key: str, raw_deflate: bool, iv: bytes) -> None:
    raw = encode(frame, wire, key, raw_deflate=raw_deflate, initialization_vector=iv)
    assert decode_body(raw, key if wire.startswith("enc") else None) == frame


@given(frames, st.integers(0, 9))
def test_a_raw_deflate_stream_of_any_level_is_never_taken_for_something_else(frame: Any, level: int) -> None:
    assert decode_body(deflate(json.dumps(frame).encode(), level), None) == frame


@given(frames, keys, keys)
def test_a_frame_opens_with_no_other_key(frame: Any, key: str, other: str) -> None:
    raw = encode(frame, "enc", key)
    if other.encode()[:32] == key.encode()[:32]:
        assert decode_body(raw, other) == frame
        return
    try:
        opened = decode_body(raw, other)
    except BodyRefused:
        return
    # CBC has no integrity: garbage can in theory end in proper padding, but never in the same frame.
    assert opened != frame


@given(event_objects)
def test_events_of_any_shape_are_read_without_an_error(d: dict[str, Any]) -> None:
    event = parse_event(d)
    assert event.event_id
    assert event.channel_key
    assert parse_event({**d, "verify_token": "vt"}).event_id == event.event_id


@given(event_objects, st.sampled_from(WIRES))
def test_a_verified_event_of_any_shape_is_enqueued_once_per_identity(d: dict[str, Any], wire: str) -> None:
    key = "key" if wire.startswith("enc") else ""
    queue = InMemoryFifoQueue()
    receiver = receiver_for([AccountCredentials(1, "vt", key)], queue)
    raw = encode({"s": 0, "d": {**d, "verify_token": "vt"}, "sn": 1}, wire, key)
    assert [receiver.receive(raw, "1").status for _ in range(2)] == [200, 200]
    (message,) = queue.messages
    assert IncomingEvent.from_body(message.body).event_id == parse_event(d).event_id
    assert 1 <= len(message.group_id) <= 128
    assert not OUTSIDE_SQS_CHARACTER_SET.search(message.body)


@given(anything, st.none() | st.text())
def test_no_request_is_answered_with_a_5xx_or_verified_by_chance(raw: bytes, account_id: str | None) -> None:
    queue = InMemoryFifoQueue()
    receiver = receiver_for([AccountCredentials(1, "vt", ""), AccountCredentials(2, "vt", "key")], queue)
    assert receiver.receive(raw, account_id).status in (400, 401, 413)
    assert queue.calls == 0
