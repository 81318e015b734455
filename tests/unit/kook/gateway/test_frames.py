"""Frames of the gateway: what they may look like, and what is refused."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest

from shared.kook.codec import MAX_INFLATED_BYTES, Malformed, Oversized
from shared.kook.gateway.frames import ping, read_frame, resend_after
from shared.kook.gateway.session import GatewaySession

EVENT = {"s": 0, "sn": 7, "d": {"msg_id": "m"}, "extra": {"verifyToken": "vt-SECRET"}}


@pytest.mark.parametrize(
    "message",
    [json.dumps(EVENT), json.dumps(EVENT).encode(), zlib.compress(json.dumps(EVENT).encode())],
    ids=["text", "bytes", "zlib"],
)
def test_a_frame_is_read_compressed_or_not(message: bytes | str) -> None:
    frame = read_frame(message, 5)
    assert (frame.signal, frame.sn, frame.data, frame.received_at_ms) == (0, 7, {"msg_id": "m"}, 5)


def test_a_frame_shows_nothing_of_what_is_in_it() -> None:
    assert "SECRET" not in repr(read_frame(json.dumps(EVENT), 5))
    assert "msg_id" not in repr(read_frame(json.dumps(EVENT), 5))


@pytest.mark.parametrize(
    ("changes", "signal", "sn"),
    [
        ({"s": 99}, 99, 7),
        ({"s": "0"}, 0, 7),
        ({"s": "x"}, None, 7),
        ({"s": True}, None, 7),
        ({"s": None}, None, 7),
        ({"sn": "12"}, 0, 12),
        ({"sn": 0}, 0, None),
        ({"sn": -3}, 0, None),
        ({"sn": 2**60}, 0, None),
        ({"sn": "٣"}, 0, None),
        ({"sn": 1.5}, 0, None),
        ({"sn": [1]}, 0, None),
    ],
)
def test_numbers_are_read_leniently(changes: dict[str, Any], signal: int | None, sn: int | None) -> None:
    frame = read_frame(json.dumps({**EVENT, **changes}), 0)
    assert (frame.signal, frame.sn) == (signal, sn)


@pytest.mark.parametrize("data", [None, [], "text", 5])
def test_data_that_is_no_object_is_none(data: Any) -> None:
    frame = read_frame(json.dumps({"s": 5, "d": data}), 0)
    assert (frame.data, frame.code, frame.session_id) == (None, 0, "")


def test_both_spellings_of_the_session_id_are_known() -> None:
    assert read_frame('{"s":1,"d":{"code":0,"session_id":"a"}}', 0).session_id == "a"
    assert read_frame('{"s":1,"d":{"code":"40103","sessionId":"b"}}', 0).session_id == "b"
    assert read_frame('{"s":1,"d":{"code":"40103","sessionId":"b"}}', 0).code == 40103
    assert read_frame('{"s":1,"d":{"session_id":7}}', 0).session_id == ""


@pytest.mark.parametrize("message", [b"", "", b"\x00\x01", "[]", "nonsense", zlib.compress(b"{}")[:-3], '{"s":NaN}'])
def test_what_is_no_frame_is_malformed(message: bytes | str) -> None:
    with pytest.raises(Malformed):
        read_frame(message, 0)


def test_a_bomb_is_not_inflated() -> None:
    with pytest.raises(Oversized):
        read_frame(zlib.compress(b" " * (50 * MAX_INFLATED_BYTES)), 0)


def test_a_message_beyond_the_limit_is_oversized() -> None:
    with pytest.raises(Oversized):
        read_frame(b"{" + b" " * MAX_INFLATED_BYTES, 0)


def test_what_the_client_sends() -> None:
    assert json.loads(ping(6)) == {"s": 2, "sn": 6}
    assert json.loads(resend_after(0)) == {"s": 4, "sn": 0}


def test_the_address_of_a_resume_keeps_the_gateways_own_query() -> None:
    session = GatewaySession("wss://g.example/gateway?compress=1&token=a%2Bb%3D", "s id", 5)
    expected = "wss://g.example/gateway?compress=1&token=a%2Bb%3D&resume=1&sn=5&session_id=s+id&sessionId=s+id"
    assert session.resume_url() == expected
    assert session.resume_url("wss://other").startswith("wss://other?resume=1&sn=5&")


def test_a_session_does_not_show_its_token() -> None:
    assert repr(GatewaySession("wss://g.example?token=SECRET", "SECRET-id", 5)) == "GatewaySession(sn=5)"
