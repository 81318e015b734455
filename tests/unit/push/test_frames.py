from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.push.frames import MAX_FRAME_BYTES, encode_frame

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=10), inner, max_size=6),
    max_leaves=25,
)


def test_a_message_that_fits_goes_as_it_is() -> None:
    message = {"type": "log", "data": {"content": "héllo 你好", "latency_ms": 12}}
    assert json.loads(encode_frame(message)) == message
    assert "你好".encode() in encode_frame(message)


def test_the_limit_is_exact() -> None:
    empty = len(encode_frame({"type": "log", "content": ""}))
    fits = {"type": "log", "content": "x" * (MAX_FRAME_BYTES - empty)}
    assert len(encode_frame(fits)) == MAX_FRAME_BYTES
    assert "truncated" not in json.loads(encode_frame(fits))
    over = json.loads(encode_frame({**fits, "content": fits["content"] + "x"}))
    assert over["truncated"] is True


@pytest.mark.parametrize("unit", ["x", "你", "🙂", "\x00", '"', "e\u0301"])
def test_the_longest_text_is_cut_and_the_rest_stays(unit: str) -> None:
    message = {"type": "log", "data": {"content": unit * 200_000, "status": "success", "notes": ["kept"]}}
    frame = encode_frame(message)
    assert len(frame) <= MAX_FRAME_BYTES
    sent = json.loads(frame)
    assert sent["truncated"] is True
    assert (sent["data"]["status"], sent["data"]["notes"]) == ("success", ["kept"])
    assert sent["data"]["content"].endswith("…")
    # Not cut to nothing: most of the room is used, however the JSON writes the characters.
    assert len(sent["data"]["content"]) > 100 or unit in ("\x00", '"')


def test_several_long_texts_are_cut_one_after_another() -> None:
    message = {"type": "log", "data": [{"content": "x" * 60_000} for _ in range(10)]}
    assert len(encode_frame(message)) <= MAX_FRAME_BYTES


def test_what_cannot_be_cut_is_announced_without_its_content() -> None:
    message = {"type": "log", "data": list(range(50_000))}
    assert json.loads(encode_frame(message)) == {"type": "log", "truncated": True}


def test_the_message_itself_is_not_changed() -> None:
    message = {"type": "log", "data": {"content": "x" * 200_000}}
    encode_frame(message)
    assert len(message["data"]["content"]) == 200_000  # type: ignore[index]
    assert "truncated" not in message


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert json.loads(encode_frame({"type": "log", "content": "a\ud83d"})) == {"type": "log", "content": "a?"}


def test_numbers_that_json_does_not_have_are_refused() -> None:
    with pytest.raises(ValueError):
        encode_frame({"type": "log", "latency_ms": float("nan")})


@given(st.dictionaries(st.text(max_size=10), values, max_size=6), st.integers(min_value=40, max_value=2000))
def test_every_frame_is_json_within_the_limit(message: dict[str, Any], max_bytes: int) -> None:
    message = {**message, "type": "log"}
    frame = encode_frame(message, max_bytes)
    assert len(frame) <= max_bytes
    assert json.loads(frame)["type"] == "log"
