"""Edits and deletions of messages: what KOOK's system events say of them (event/channel.md, direct-message.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from shared.kook.events import PRIVATE_CHANNEL_TYPE, EventType, KookEvent, parse_event, text_of
from shared.kook.messages import relay_message
from shared.message.model import Author, RelayMessage

ChangeKind: TypeAlias = Literal["edit", "delete"]

_KINDS: Mapping[str, ChangeKind] = {
    "updated_message": "edit",
    "updated_private_message": "edit",
    "deleted_message": "delete",
    "deleted_private_message": "delete",
}
# What an updated message tells of itself in its body, and a message in its extra.
_KEPT_FIELDS = ("kmarkdown", "mention", "mention_all", "mention_here", "quote", "attachments")


@dataclass(frozen=True, slots=True)
class MessageChange:
    """A message was changed. ``subject_id`` is the msg_id it was sent under."""

    kind: ChangeKind
    subject_id: str


def message_change(event: KookEvent) -> MessageChange | None:
    """None for every other event, and for one that does not say which message it is about."""
    kind = _KINDS.get(event.system_type)
    subject_id = text_of(event.system_body.get("msg_id"))
    return MessageChange(kind, subject_id) if kind is not None and subject_id else None


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
