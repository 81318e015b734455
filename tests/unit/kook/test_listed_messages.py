"""A message that was listed relays as the event would have that announced it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.kook.client.results import read_message
from shared.kook.events import EventType, parse_event
from shared.kook.listed_messages import event_of_listed, is_chat_code, is_relayable
from shared.kook.messages import relay_message
from shared.message.model import RelayMessage
from shared.message.render_plain import render_plain

CHANNEL, CHAT = "5823400000000001", "0123456789abcdef0123456789abcdef"
LISTED: dict[str, Any] = {
    "id": "m-1",
    "type": EventType.KMARKDOWN,
    "content": "(met)2862900002(met) **看这里**",
    "author": {"id": "2862900001", "username": "米拉", "nickname": "Mira", "bot": False},
    "create_at": 1_700_000_000_003,
    "mention": ["2862900002"],
    "mention_all": True,
    "mention_roles": [],
    "attachments": None,
    "quote": {
        "id": "651",
        "type": EventType.KMARKDOWN,
        "content": "原话",
        "rong_id": "m-0",
        "author": {"id": "2862900003", "username": "小红"},
    },
    "mention_info": {"mention_part": [{"id": "2862900002", "username": "小明"}]},
}


def relayed(listed: dict[str, Any], channel_id: str, guild_id: str = "") -> RelayMessage:
    return relay_message(parse_event(event_of_listed(read_message(listed), channel_id, guild_id)))


def test_a_message_of_a_channel_has_everything_its_event_had() -> None:
    message = relayed(LISTED, CHANNEL, "900")
    assert (message.message_id, message.channel_id, message.guild_id) == ("m-1", CHANNEL, "900")
    assert (message.author.id, message.author.name) == ("2862900001", "Mira")
    assert render_plain(message.body) == "@小明 看这里"
    assert (message.sent_at_ms, message.kind) == (1_700_000_000_003, "kmarkdown")
    assert (message.mentions_everyone, message.mentioned_user_ids) == (True, ("2862900002",))
    assert not message.is_private
    assert message.quote is not None
    assert (message.quote.message_id, message.quote.author_name) == ("m-0", "小红")


def test_a_picture_of_a_channel_is_still_a_picture() -> None:
    url = "https://img.kookapp.cn/assets/2026-01/a.png"
    attachments = {"type": "image", "url": url, "name": "a.png"}
    picture = {**LISTED, "type": EventType.IMAGE, "content": url, "attachments": attachments, "quote": None}
    message = relayed(picture, CHANNEL, "900")
    assert [(item.kind, item.url, item.name) for item in message.media] == [("image", url, "a.png")]


def test_a_message_of_a_private_chat_belongs_to_the_chat_and_has_its_author_by_id() -> None:
    private = {name: value for name, value in LISTED.items() if name != "author"} | {"author_id": "2862900001"}
    message = relayed(private, CHAT)
    assert (message.channel_id, message.is_private, message.author.id) == (CHAT, True, "2862900001")


@pytest.mark.parametrize(("channel_id", "expected"), [(CHANNEL, False), (CHAT, True), ("1" * 32, True), ("code", True)])
def test_chats_are_told_from_channels_by_their_codes(channel_id: str, expected: bool) -> None:
    assert is_chat_code(channel_id) is expected


@pytest.mark.parametrize("kind", list(EventType))
def test_only_what_kook_itself_wrote_is_left_out(kind: EventType) -> None:
    assert is_relayable(read_message({**LISTED, "type": int(kind)})) is (kind != EventType.SYSTEM)
