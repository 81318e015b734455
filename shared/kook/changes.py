"""Edits and deletions of messages: what KOOK's system events say of them (event/channel.md, direct-message.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from shared.kook.events import PRIVATE_CHANNEL_TYPE, EventType, KookEvent, object_of, parse_event, text_of
from shared.kook.messages import relay_message
from shared.message.model import Author, RelayMessage
from shared.message.text import one_line

ChangeKind: TypeAlias = Literal["edit", "delete", "pin", "unpin", "react", "unreact"]

_KINDS: Mapping[str, ChangeKind] = {
    "updated_message": "edit",
    "updated_private_message": "edit",
    "deleted_message": "delete",
    "deleted_private_message": "delete",
    "pinned_message": "pin",
    "unpinned_message": "unpin",
    "added_reaction": "react",
    "private_added_reaction": "react",
    "deleted_reaction": "unreact",
    "private_deleted_reaction": "unreact",
}
_CODE_POINTS = re.compile(r"\[#(\d{1,7});\]")
_LAST_CODE_POINT = 0x10FFFF
_MAX_CODE_POINTS = 10
_MAX_NAME_CHARACTERS = 32
# What an updated message tells of itself in its body, and a message in its extra.
_KEPT_FIELDS = ("kmarkdown", "mention", "mention_all", "mention_here", "quote", "attachments")


@dataclass(frozen=True, slots=True)
class MessageChange:
    """A message was changed. ``subject_id`` is the msg_id it was sent under; ``emoji`` is that of a reaction, a name
    in colons where it is a server's own."""

    kind: ChangeKind
    subject_id: str
    emoji: str = ""


def message_change(event: KookEvent) -> MessageChange | None:
    """None for every other event, and for one that does not say which message it is about."""
    kind = _KINDS.get(event.system_type)
    subject_id = text_of(event.system_body.get("msg_id"))
    if kind is None or not subject_id:
        return None
    emoji = _emoji(event) if kind in ("react", "unreact") else ""
    return MessageChange(kind, subject_id, emoji)


def _emoji(event: KookEvent) -> str:
    """KOOK writes characters as decimal code points, ``[#128226;]``; a server's own emoji has an id with a slash."""
    emoji = object_of(event.system_body.get("emoji"))
    points = _CODE_POINTS.findall(text_of(emoji.get("id")))
    if points:
        return "".join(chr(int(point)) for point in points[:_MAX_CODE_POINTS] if _is_character(int(point)))
    name = one_line(text_of(emoji.get("name")))[:_MAX_NAME_CHARACTERS]
    return f":{name}:" if name.isascii() or not name else name


def _is_character(code_point: int) -> bool:
    """A half of a surrogate pair is none: no record and no request can hold it."""
    return code_point <= _LAST_CODE_POINT and not 0xD800 <= code_point <= 0xDFFF


def edited_message(event: KookEvent, *, author: Author, channel_name: str, was_card: bool) -> RelayMessage:
    """The message as it reads now.

    KOOK names neither the author nor the type of what was edited: only KMarkdown and cards can be (http/message.md),
    and the author is known from the message itself.
    """
    body = event.system_body
    content = text_of(body.get("content"))
    extra = {name: body[name] for name in _KEPT_FIELDS if name in body}
    d: dict[str, Any] = {
        "channel_type": event.channel_type,
        "type": EventType.CARD if was_card or _holds_cards(content) else EventType.KMARKDOWN,
        "target_id": event.channel_key,
        "author_id": author.id,
        "content": content,
        "msg_id": text_of(body.get("msg_id")),
        "msg_timestamp": event.sent_at_ms,
        "extra": {**extra, "channel_name": channel_name, "guild_id": event.guild_id},
    }
    if event.channel_type == PRIVATE_CHANNEL_TYPE:
        d["extra"]["code"] = event.channel_key
    return replace(relay_message(parse_event(d)), author=author)


def _holds_cards(content: str) -> bool:
    if not content.lstrip().startswith("["):
        return False
    try:
        cards = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(cards, list) and any(isinstance(card, dict) and card.get("type") == "card" for card in cards)
