"""How a delivery's parts are kept: small, and readable for as long as the record lives."""

from __future__ import annotations

import json
import zlib

import pytest

from shared.platforms.base import Part
from shared.relay.delivery_rows import pack_parts, unpack_parts

KEPT = "78bb22be94a8c3e3828cd49c9c7c20173d96b03b2b11d9e44490d1006be11dfe"
ORDINARY = [
    Part(
        "message",
        "大家晚上好，活动八点开始，别忘了带上**道具**。",
        options={
            "username": "小明",
            "avatar_url": "https://img.kookapp.cn/avatars/2024-01/abc.jpg?x-oss-process=style/icon",
            "author": "小明",
        },
    )
]


@pytest.mark.parametrize("parts", [ORDINARY, [Part("text", "a" * 5000)], [Part("post", "[[]]", "plain"), *ORDINARY]])
def test_parts_come_back_as_they_were(parts: list[Part]) -> None:
    assert unpack_parts(pack_parts(parts)) == parts


def test_parts_kept_before_there_was_a_common_text_are_read() -> None:
    stored = zlib.compress(json.dumps([part.to_dict() for part in ORDINARY]).encode(), 6)
    assert unpack_parts(stored) == ORDINARY


def test_parts_kept_with_the_common_text_of_the_first_release_are_read() -> None:
    # Written by that release: should this fail, the common text was changed and every kept record is unreadable.
    assert unpack_parts(bytes.fromhex(KEPT)) == [Part("message", "hello", options={"username": "a", "author": "a"})]


def test_the_common_text_halves_an_ordinary_message() -> None:
    alone = zlib.compress(json.dumps([part.to_dict() for part in ORDINARY], ensure_ascii=False).encode(), 6)
    assert len(pack_parts(ORDINARY)) < 0.65 * len(alone)
