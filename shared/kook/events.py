"""KOOK's event envelope, read leniently.

KOOK adds and retypes fields without notice, so nothing here raises: a field that is missing or of another type than
documented reads as its safe default, and a number where an id is expected reads as its decimal string. Shapes follow
KOOK's event documentation and captures of 2026 traffic.

Standard library only: the webhook function imports this.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

PRIVATE_CHANNEL_TYPE = "PERSON"

_MAX_SAFE_INTEGER = 2**53
_USABLE_MESSAGE_ID = re.compile(r"[\x21-\x7e]{1,128}\Z")
_INTEGER_TEXT = re.compile(r"-?[0-9]{1,16}\Z")


class EventType(IntEnum):
    """The documented values of ``d.type``; any other number is reserved by KOOK."""

    TEXT = 1
    IMAGE = 2
    VIDEO = 3
    FILE = 4
    AUDIO = 8
    KMARKDOWN = 9
    CARD = 10
    ITEM = 12
    SYSTEM = 255


@dataclass(frozen=True, slots=True)
class EventAuthor:
    """Who wrote a message; ``id`` is "1" for KOOK itself. ``name`` is what the guild shows."""

    id: str
    username: str = ""
    nickname: str = ""
    avatar_url: str = ""
    is_bot: bool = False

    @property
    def name(self) -> str:
        return self.nickname.strip() or self.username.strip() or self.id


@dataclass(frozen=True, slots=True)
class Attachment:
    """``extra.attachments`` of a picture, video, file or sound. Unknown sizes and lengths are None."""

    type: str
    url: str
    name: str = ""
    file_type: str = ""
    size_bytes: int | None = None
    width: int | None = None
    height: int | None = None
    duration_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class QuotedEvent:
    """The message replied to. ``message_id`` is its msg_id (KOOK's rong_id; its ``id`` is an internal one)."""

    message_id: str
    type: int
    content: str
    author: EventAuthor
    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KookEvent:
    """The ``d`` of an event frame.

    ``content`` is text, KMarkdown, a URL or a card's JSON by type; ``content_object`` is set instead when KOOK sends
    an object (type 12). ``target_id`` is the channel of a guild message, the guild of a system event, and a user in a
    private chat. ``sent_at_ms`` is 0 when unknown. ``extra`` is as received, ``{}`` when it is no object.
    """

    event_id: str
    channel_type: str
    type: int
    target_id: str
    author_id: str
    content: str
    content_object: Mapping[str, Any]
    msg_id: str
    sent_at_ms: int
    nonce: str
    author: EventAuthor
    attachments: tuple[Attachment, ...]
    quote: QuotedEvent | None
    extra: Mapping[str, Any]

    @property
    def is_system(self) -> bool:
        return self.type == EventType.SYSTEM

    @property
    def is_private(self) -> bool:
        return self.channel_type == PRIVATE_CHANNEL_TYPE

    @property
    def system_type(self) -> str:
        """``extra.type`` of a system event, for instance updated_message; empty for messages."""
        return text_of(self.extra.get("type")) if self.is_system else ""

    @property
    def system_body(self) -> Mapping[str, Any]:
        """``extra.body`` of a system event; empty for messages."""
        return object_of(self.extra.get("body")) if self.is_system else {}

    @property
    def guild_id(self) -> str:
        return text_of(self.extra.get("guild_id")) or (self.target_id if self.is_system and not self.is_private else "")

    @property
    def channel_name(self) -> str:
        return text_of(self.extra.get("channel_name"))

    @property
    def kmarkdown(self) -> Mapping[str, Any]:
        """``extra.kmarkdown``: names of what is mentioned, and the text without markup."""
        return object_of(self.extra.get("kmarkdown"))

    @property
    def channel_key(self) -> str:
        """What keeps a channel's events in order: its id, or the chat code of a private chat.

        An event that names neither stands alone under its own id and holds up nothing else.
        """
        if self.is_private:
            code = self.system_body.get("chat_code") if self.is_system else self.extra.get("code")
            return text_of(code) or self.target_id or self.event_id
        channel_id = text_of(self.system_body.get("channel_id"))
        return channel_id or self.target_id or self.event_id


def parse_event(d: Mapping[str, Any]) -> KookEvent:
    """Read the ``d`` of a frame. Never raises, whatever its fields hold."""
    extra = object_of(d.get("extra"))
    author_id = text_of(d.get("author_id"))
    content = d.get("content")
    event_type = integer_of(d.get("type"))
    # Only an item's content is an object by design; elsewhere it is JSON that somebody forgot to encode.
    is_object = isinstance(content, dict) and event_type != EventType.CARD
    return KookEvent(
        event_id=event_id_of(d),
        channel_type=text_of(d.get("channel_type")),
        type=event_type,
        target_id=text_of(d.get("target_id")),
        author_id=author_id,
        content="" if is_object else _content_text(content),
        content_object=object_of(content) if is_object else {},
        msg_id=text_of(d.get("msg_id")),
        sent_at_ms=max(0, integer_of(d.get("msg_timestamp"))),
        nonce=text_of(d.get("nonce")),
        author=_author(extra.get("author"), author_id),
        attachments=_attachments(extra.get("attachments")),
        quote=_quote(extra.get("quote")),
        extra=extra,
    )


def event_id_of(d: Mapping[str, Any]) -> str:
    """What makes an event the same event again: its msg_id, unique for system events too.

    KOOK's sequence number is no help, it starts over after 65535. A msg_id that is too long or not printable ASCII is
    hashed; without any, the event's whole content is (its verify token apart, which is not part of it).
    """
    message_id = text_of(d.get("msg_id"))
    if _USABLE_MESSAGE_ID.match(message_id):
        return message_id
    if message_id:
        return _sha256(message_id)
    return _sha256(json.dumps({key: value for key, value in d.items() if key != "verify_token"}, sort_keys=True))


def text_of(value: Any) -> str:
    """A string as it is, a whole number as its digits (ids arrive as either), anything else as empty text."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**40 else ""
    return ""


def integer_of(value: Any) -> int:
    """A whole number, also as text; 0 for anything else and beyond 2^53."""
    if isinstance(value, str) and _INTEGER_TEXT.match(value):
        value = int(value)
    if isinstance(value, float) and abs(value) <= _MAX_SAFE_INTEGER:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MAX_SAFE_INTEGER:
        return value
    return 0


def object_of(value: Any) -> Mapping[str, Any]:
    """An object, or an empty one for anything else (KOOK's PHP writes an empty object as ``[]``)."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """A list, or an empty one for anything else."""
    return value if isinstance(value, list) else []


def flag_of(value: Any) -> bool:
    """True for true and 1."""
    return value is True or (isinstance(value, int) and value == 1)


def _content_text(content: Any) -> str:
    if isinstance(content, dict | list) and content:
        return json.dumps(content, ensure_ascii=False)
    return text_of(content)


def _author(value: Any, author_id: str) -> EventAuthor:
    author = object_of(value)
    return EventAuthor(
        id=text_of(author.get("id")) or author_id,
        username=text_of(author.get("username")),
        nickname=text_of(author.get("nickname")),
        avatar_url=text_of(author.get("avatar")),
        is_bot=flag_of(author.get("bot")),
    )


def _attachments(value: Any) -> tuple[Attachment, ...]:
    """One object by the documentation; none is null, [] or false. A list of objects is read as several."""
    candidates = [value] if isinstance(value, dict) else list_of(value)
    return tuple(_attachment(item) for item in candidates if isinstance(item, dict) and text_of(item.get("url")))


def _attachment(item: Mapping[str, Any]) -> Attachment:
    return Attachment(
        type=text_of(item.get("type")),
        url=text_of(item.get("url")),
        name=text_of(item.get("name")),
        file_type=text_of(item.get("file_type")),
        size_bytes=_positive_integer(item.get("size")),
        width=_positive_integer(item.get("width")),
        height=_positive_integer(item.get("height")),
        duration_seconds=_positive_number(item.get("duration")),
    )


def _positive_integer(value: Any) -> int | None:
    number = integer_of(value)
    return number if number > 0 else None


def _positive_number(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _MAX_SAFE_INTEGER:
        return float(value)
    return None


def _quote(value: Any) -> QuotedEvent | None:
    quote = object_of(value)
    message_id = text_of(quote.get("rong_id")) or text_of(quote.get("id"))
    if not message_id:
        return None
    return QuotedEvent(
        message_id=message_id,
        type=integer_of(quote.get("type")),
        content=_content_text(quote.get("content")),
        author=_author(quote.get("author"), text_of(quote.get("author_id"))),
        extra=quote,
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
