"""A message as the bodies of signed webhooks. Pure.

Standard Webhooks asks for ``{type, timestamp, data}`` of less than 20 kB with links in place of media. A longer message
becomes several events, each complete in itself, with ``part`` saying which of how many; nothing of its text is lost.
``Part.text`` is the very body that is sent and signed, the same at every attempt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from shared.message.cut import split_document
from shared.message.model import MediaItem, RelayMessage
from shared.message.render_discord import render_discord
from shared.message.render_plain import render_plain
from shared.message.text import clean_text
from shared.message.tree import Document, plain_document
from shared.platforms.base import MarkKind, Part
from shared.platforms.unicode_text import one_line, utf8_bytes, well_formed

MESSAGE_CREATED = "message.created"
MESSAGE_UPDATED = "message.updated"
MESSAGE_DELETED = "message.deleted"
MARKS: dict[MarkKind, str] = {
    "pin": "message.pinned",
    "unpin": "message.unpinned",
    "react": "message.reaction_added",
    "unreact": "message.reaction_removed",
}
# What is said of a message that is gone: which one it was, and nothing of what it held.
_TOLD_OF_DELETED = ("message_id", "target", "channel", "guild", "part")
MAX_BODY_BYTES = 20_000
# Instead of the numbers of a message's parts, which are not known before it is cut; they are never longer.
_UNKNOWN_PART = {"number": 99_999, "count": 99_999}

_MAX_ID_CHARACTERS = 128
_MAX_NAME_CHARACTERS = 200
_MAX_EXCERPT_CHARACTERS = 300
_MAX_URL_BYTES = 2_000

Envelope: TypeAlias = dict[str, Any]


def compose_webhook(message: RelayMessage, target: str, author_label: str) -> list[Part]:
    """The text in as many events as it takes, the media with the last of them where they fit and after it otherwise.

    ``target`` is the mapping's target as the operator wrote it: it tells the receiver of several mappings them apart.
    """
    common = _common_data(message, target, author_label)

    def fits(document: Document, media: Sequence[MediaItem] = ()) -> bool:
        return utf8_bytes(_body(message, common, document, media, _UNKNOWN_PART)) < MAX_BODY_BYTES

    contents = [(piece, _no_media()) for piece in split_document(_shown_body(message), fits)] or [
        (Document(), _no_media())
    ]
    for item in message.media:
        document, media = contents[-1]
        if fits(document, (*media, item)):
            contents[-1] = (document, (*media, item))
        else:
            contents.append((Document(), (item,)))
    count = len(contents)
    bodies = (
        _body(message, common, document, media, {"number": number, "count": count})
        for number, (document, media) in enumerate(contents, 1)
    )
    return [Part("event", body, body) for body in bodies]


def envelope(event_type: str, timestamp_ms: int, data: Mapping[str, Any]) -> str:
    """An event's body, compact and without halves of surrogate pairs."""
    value: Envelope = {"type": event_type, "timestamp": iso_timestamp(timestamp_ms), "data": data}
    return well_formed(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def event_of(part: Part, event_type: str, message_id: str, emoji: str = "") -> Part:
    """The event that tells of a change of the message: an updated one in full, one that is deleted or marked by its
    ids, with the ``emoji`` of a reaction."""
    body = json.loads(part.text)
    data = {**body["data"], "message_id": _identity(message_id)}
    if emoji:
        data = {name: data[name] for name in _TOLD_OF_DELETED if name in data} | {"emoji": emoji}
    elif event_type != MESSAGE_UPDATED:
        data = {name: data[name] for name in _TOLD_OF_DELETED if name in data}
    changed: Envelope = {"type": event_type, "timestamp": body["timestamp"], "data": data}
    text = well_formed(json.dumps(changed, ensure_ascii=False, separators=(",", ":")))
    return Part(part.kind, text, text)


def iso_timestamp(timestamp_ms: int) -> str:
    return datetime.fromtimestamp(timestamp_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _no_media() -> tuple[MediaItem, ...]:
    return ()


def _shown_body(message: RelayMessage) -> Document:
    """Never blank: a message with neither text nor media is shown by its plain text, else by its kind."""
    if message.media or render_plain(message.body).strip():
        return message.body
    return plain_document(message.plain_text.strip() or f"[{message.kind}]")


def _body(
    message: RelayMessage,
    common: Mapping[str, Any],
    document: Document,
    media: Sequence[MediaItem],
    part: Mapping[str, int],
) -> str:
    data = {
        **common,
        "text": render_plain(document),
        "markdown": render_discord(document),
        "media": [_media_data(item) for item in media],
        "part": part,
    }
    return envelope(MESSAGE_CREATED, message.sent_at_ms, data)


def _common_data(message: RelayMessage, target: str, author_label: str) -> dict[str, Any]:
    """What every part of a message says. Bounded, so that room for text always remains."""
    quote = message.quote
    return {
        "message_id": _identity(message.message_id),
        "target": _name(target),
        "channel": {
            "id": _identity(message.channel_id),
            "name": _name(message.channel_name),
            "is_private": message.is_private,
        },
        "guild": {"id": _identity(message.guild_id)} if message.guild_id else None,
        "author": {
            "id": _identity(message.author.id),
            "name": _name(message.author.name),
            "display_name": _name(author_label),
            "avatar_url": _address(message.author.avatar_url),
            "is_bot": message.author.is_bot,
        },
        "kind": message.kind,
        "quote": None
        if quote is None
        else {
            "message_id": _identity(quote.message_id),
            "author_name": _name(quote.author_name),
            "excerpt": _name(quote.excerpt, _MAX_EXCERPT_CHARACTERS),
        },
        "sent_at": iso_timestamp(message.sent_at_ms),
    }


def _media_data(item: MediaItem) -> dict[str, Any]:
    known = item.to_dict()
    data = {
        **known,
        "name": _name(item.name),
        "mime_type": _name(item.mime_type),
        "url": _address(item.url),
    }
    if data["url"] is None:
        data["note"] = f"left out: an address of more than {_MAX_URL_BYTES} bytes"
    return data


def _identity(value: str) -> str:
    return clean_text(value)[:_MAX_ID_CHARACTERS]


def _name(value: str, max_characters: int = _MAX_NAME_CHARACTERS) -> str:
    return one_line(clean_text(value), max_characters)


def _address(url: str) -> str | None:
    return url if url and utf8_bytes(url) <= _MAX_URL_BYTES else None
