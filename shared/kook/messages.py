"""From a KOOK event to the message the platforms render.

Nothing is dropped here: a message whose markup or card cannot be read goes out as its plain text, which KOOK sends
along (``extra.kmarkdown.raw_content``), and one without any text or media as a label naming its type.
"""

from __future__ import annotations

import logging
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.kook.cards import CardContent, parse_cards
from shared.kook.events import (
    Attachment,
    EventAuthor,
    EventType,
    KookEvent,
    QuotedEvent,
    flag_of,
    list_of,
    object_of,
    text_of,
)
from shared.kook.kmarkdown import Names, parse_kmarkdown
from shared.message.cut import take_excerpt
from shared.message.model import Author, MediaItem, MediaKind, QuotedMessage, RelayMessage
from shared.message.render_plain import render_plain
from shared.message.spoilers import without_spoilers
from shared.message.text import clean_text, is_web_url, one_line
from shared.message.tree import Document, plain_document

QUOTE_EXCERPT_CHARACTERS = 80
# KOOK takes 8,000 to 20,000. What is far longer is no message of a person, and its markup, rendered for several
# destinations, could cost more time than routing has: the event would come back for ever and hold up its channel.
MAX_MARKUP_CHARACTERS = 100_000

_log = logging.getLogger(__name__)

_KINDS: Mapping[int, str] = {
    EventType.TEXT: "text",
    EventType.IMAGE: "image",
    EventType.VIDEO: "video",
    EventType.FILE: "file",
    EventType.AUDIO: "audio",
    EventType.KMARKDOWN: "kmarkdown",
    EventType.CARD: "card",
    EventType.ITEM: "item",
}
_MEDIA_KINDS: Mapping[int, MediaKind] = {
    EventType.IMAGE: "image",
    EventType.VIDEO: "video",
    EventType.FILE: "file",
    EventType.AUDIO: "audio",
}
_ATTACHMENT_KINDS: Mapping[str, MediaKind] = {"image": "image", "video": "video", "audio": "audio", "file": "file"}
# The words KOOK's own clients show in a message list.
_MEDIA_LABELS: Mapping[MediaKind, str] = {"image": "[图片]", "video": "[视频]", "audio": "[音频]", "file": "[文件]"}
_EMPTY_LABELS: Mapping[int, str] = {
    EventType.TEXT: "[空消息]",
    EventType.IMAGE: "[图片]",
    EventType.VIDEO: "[视频]",
    EventType.FILE: "[文件]",
    EventType.AUDIO: "[音频]",
    EventType.KMARKDOWN: "[空消息]",
    EventType.CARD: "[卡片消息]",
    EventType.ITEM: "[道具]",
}


@dataclass(frozen=True, slots=True)
class Parsers:
    """How markup is read. Tests put failing ones here."""

    kmarkdown: Callable[[str, Names], Document] = parse_kmarkdown
    cards: Callable[[str, Names], CardContent] = parse_cards


@dataclass(frozen=True, slots=True)
class _Source:
    """What a message and a quoted message have in common."""

    message_id: str
    type: int
    content: str
    content_object: Mapping[str, Any]
    attachments: tuple[Attachment, ...]
    extra: Mapping[str, Any]

    @property
    def kmarkdown(self) -> Mapping[str, Any]:
        return object_of(self.extra.get("kmarkdown"))

    @property
    def raw_text(self) -> str:
        """The text without markup that KOOK sends along, empty when it sent none."""
        candidates = (self.kmarkdown.get("raw_content"), self.extra.get("preview_content"))
        return next((text for text in map(text_of, candidates) if text.strip()), "")


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A message's text as a tree and as plain text, and its media."""

    body: Document
    plain_text: str
    media: tuple[MediaItem, ...] = ()
    cuts: tuple[tuple[int, int], ...] = ()


def relay_message(event: KookEvent, parsers: Parsers = Parsers()) -> RelayMessage:
    """The message to relay. Never raises, whatever the event holds, and its body and media are never both empty."""
    source = _Source(event.event_id, event.type, event.content, event.content_object, event.attachments, event.extra)
    rendered = _rendered(source, parsers)
    return RelayMessage(
        message_id=event.event_id,
        channel_id=event.channel_key,
        kind=_KINDS.get(event.type, "unknown"),
        author=_author(event.author),
        body=rendered.body,
        plain_text=rendered.plain_text,
        sent_at_ms=event.sent_at_ms,
        channel_name=one_line(event.channel_name),
        guild_id=event.guild_id,
        media=rendered.media,
        cuts=rendered.cuts,
        quote=None if event.quote is None else _quoted(event.quote, parsers),
        is_private=event.is_private,
        mentions_everyone=flag_of(event.extra.get("mention_all")) or flag_of(event.extra.get("mention_here")),
        mentioned_user_ids=tuple(
            dict.fromkeys(user_id for user_id in map(text_of, list_of(event.extra.get("mention"))) if user_id)
        ),
    )


def names_in(kmarkdown: Mapping[str, Any]) -> Names:
    """The display names KOOK sends along with what a message mentions (``extra.kmarkdown``)."""
    return Names(
        users=_names(kmarkdown.get("mention_part"), "id", ("username", "full_name")),
        roles=_names(kmarkdown.get("mention_role_part"), "role_id", ("name",)),
        channels=_names(kmarkdown.get("channel_part"), "id", ("name",)),
    )


def _names(parts: Any, id_field: str, name_fields: tuple[str, ...]) -> dict[str, str]:
    names = {}
    for part in map(object_of, list_of(parts)):
        part_id = text_of(part.get(id_field))
        name = next((text for text in (text_of(part.get(field)) for field in name_fields) if text.strip()), "")
        if part_id and name:
            names[part_id] = name
    return names


def _rendered(source: _Source, parsers: Parsers) -> _Rendered:
    """Read the message by its type; what comes out empty is replaced by KOOK's own plain text, or else a label."""
    rendered = _by_type(source, parsers)
    if rendered.plain_text.strip():
        return rendered
    if rendered.media:
        return _Rendered(rendered.body, _media_text(rendered.media), rendered.media)
    label = _EMPTY_LABELS.get(source.type, f"[不支持的消息类型 {source.type}]")
    return _plain(source.raw_text or label)


def _by_type(source: _Source, parsers: Parsers) -> _Rendered:
    if source.type == EventType.CARD:
        return _card(source, parsers)
    if source.type in _MEDIA_KINDS:
        return _media_message(source)
    media = _attached_media(source)
    if source.type == EventType.KMARKDOWN:
        return _kmarkdown(source, media, parsers)
    if source.type == EventType.ITEM:
        return _plain(source.raw_text or source.content or _item_text(source), media)
    if source.type == EventType.TEXT:
        return _plain(source.content, media)
    return _plain(source.raw_text or source.content, media)


def _plain(text: str, media: tuple[MediaItem, ...] = ()) -> _Rendered:
    text = clean_text(text)
    return _Rendered(plain_document(text), text, media)


def _kmarkdown(source: _Source, media: tuple[MediaItem, ...], parsers: Parsers) -> _Rendered:
    if len(source.content) > MAX_MARKUP_CHARACTERS:
        return _plain(source.raw_text or source.content, media)
    try:
        body = parsers.kmarkdown(source.content, names_in(source.kmarkdown))
        return _Rendered(body, render_plain(body), media)
    except Exception as error:  # noqa: BLE001 - a fault in the parser must not cost the message
        _report_unreadable(source, error)
        return _plain(source.raw_text or source.content, media)


def _card(source: _Source, parsers: Parsers) -> _Rendered:
    try:
        card = parsers.cards(source.content, names_in(source.kmarkdown))
        return _Rendered(card.document, render_plain(card.document), card.media, card.cuts)
    except Exception as error:  # noqa: BLE001 - as above; CardsUnreadable among others
        _report_unreadable(source, error)
        return _plain(source.raw_text)


def _report_unreadable(source: _Source, error: Exception) -> None:
    """By type only: the error's text may quote the message."""
    _log.warning("message %s sent as plain text: %s", source.message_id, type(error).__name__)


def _media_message(source: _Source) -> _Rendered:
    """Type 2, 3, 4 or 8: the attachments, or the address that is the content of older messages."""
    media = _attached_media(source)
    if not media and is_web_url(source.content):
        kind = _MEDIA_KINDS[source.type]
        media = (MediaItem(kind=kind, url=source.content, name=_file_name(source.content, kind)),)
    if media:
        return _Rendered(Document(), _media_text(media), media)
    return _plain(source.raw_text or source.content)


def _attached_media(source: _Source) -> tuple[MediaItem, ...]:
    default_kind = _MEDIA_KINDS.get(source.type, "file")
    return tuple(
        _media_item(attachment, _ATTACHMENT_KINDS.get(attachment.type, default_kind))
        for attachment in source.attachments
        if is_web_url(attachment.url)
    )


def _media_item(attachment: Attachment, kind: MediaKind) -> MediaItem:
    return MediaItem(
        kind=kind,
        url=attachment.url,
        name=one_line(attachment.name) or _file_name(attachment.url, kind),
        mime_type=attachment.file_type if "/" in attachment.file_type else "",
        size_bytes=attachment.size_bytes,
        width=attachment.width,
        height=attachment.height,
        duration_seconds=attachment.duration_seconds,
    )


def _media_text(media: tuple[MediaItem, ...]) -> str:
    """One line per item, as KOOK writes it: a picture's name is only a random one, so it is left out."""
    return "\n".join(
        _MEDIA_LABELS[item.kind] if item.kind == "image" else f"{_MEDIA_LABELS[item.kind]} {item.name}".rstrip()
        for item in media
    )


def _item_text(source: _Source) -> str:
    """A poke or gift: what it is and whom it is for, as far as the event names them."""
    item_names = (text_of(object_of(part).get("name")) for part in list_of(source.kmarkdown.get("item_part")))
    target_id = text_of(object_of(source.content_object.get("data")).get("target_id"))
    target_name = names_in(source.kmarkdown).users.get(target_id, "")
    words = [_EMPTY_LABELS[EventType.ITEM], *filter(None, item_names), f"@{target_name}" if target_name else ""]
    return " ".join(filter(None, words))


def _quoted(quote: QuotedEvent, parsers: Parsers) -> QuotedMessage:
    source = _Source(quote.message_id, quote.type, quote.content, {}, (), quote.extra)
    rendered = _rendered(source, parsers)
    excerpt = take_excerpt(without_spoilers(rendered.body), QUOTE_EXCERPT_CHARACTERS)
    excerpt = excerpt or take_excerpt(rendered.plain_text, QUOTE_EXCERPT_CHARACTERS)
    return QuotedMessage(quote.message_id, one_line(quote.author.name), excerpt)


def _author(author: EventAuthor) -> Author:
    return Author(
        id=author.id,
        name=one_line(author.name),
        avatar_url=author.avatar_url if is_web_url(author.avatar_url) else "",
        is_bot=author.is_bot,
    )


def _file_name(url: str, kind: MediaKind) -> str:
    """The last part of the address's path; the kind's name when it has none."""
    return one_line(posixpath.basename(unquote(urlsplit(url).path))) or kind
