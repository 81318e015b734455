"""Bodies of agents: bounded, strict, and never quoted."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from shared.monitor.agent_bodies import MAX_BODY_BYTES, MAX_INFLATED_BYTES, UnreadableBody, inflated, json_object


def test_a_gzip_body_is_inflated_and_a_plain_one_is_left_alone() -> None:
    assert inflated(gzip.compress(b'{"a":1}', mtime=0), "gzip") == b'{"a":1}'
    assert inflated(b'{"a":1}', "") == b'{"a":1}'
    assert inflated(b'{"a":1}', " Identity ") == b'{"a":1}'


def test_a_body_may_inflate_to_the_bound_and_not_beyond_it() -> None:
    assert len(inflated(gzip.compress(b"x" * MAX_INFLATED_BYTES, mtime=0), "gzip")) == MAX_INFLATED_BYTES
    with pytest.raises(UnreadableBody) as caught:
        inflated(gzip.compress(b"x" * (MAX_INFLATED_BYTES + 1), mtime=0), "gzip")
    assert caught.value.too_large


def test_a_bomb_is_refused() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000, mtime=0)
    assert len(bomb) < MAX_BODY_BYTES
    with pytest.raises(UnreadableBody) as caught:
        inflated(bomb, "gzip")
    assert caught.value.too_large


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"not gzip", "gzip"),
        (gzip.compress(b'{"a":1}', mtime=0)[:-4], "gzip"),
        (gzip.compress(b"{}", mtime=0) + b"more", "gzip"),
        (zlib.compress(b"{}"), "gzip"),
        (b"{}", "br"),
        (b"", "gzip"),
        (b"x" * (MAX_BODY_BYTES + 1), ""),
    ],
    ids=["not gzip", "cut off", "followed by more", "zlib", "another encoding", "nothing", "too large"],
)
def test_what_cannot_be_read_is_refused(body: bytes, encoding: str) -> None:
    with pytest.raises(UnreadableBody):
        inflated(body, encoding)


@pytest.mark.parametrize(
    "text", ["", "get", "[1]", "null", '{"a":NaN}', '{"a":"\\ud800"}', '{"a":1', "[" * 100_000, b"\xff\xfe{"]
)
def test_only_a_json_object_is_read_and_nothing_of_it_is_quoted(text: str | bytes) -> None:
    with pytest.raises(UnreadableBody) as caught:
        json_object(text)
    assert str(caught.value) in ("the body is not valid JSON", "the body is not a JSON object")
    assert json_object(json.dumps({"a": "中"})) == {"a": "中"}
