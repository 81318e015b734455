"""Cutting a message into what the Telegram Bot API takes in one request each. Pure.

Limits (Bot API 10.1 and its server's source): text of 1-4096 and captions of 0-1024 characters after the markup is
parsed, counted here in UTF-16 units, which is never less than what Telegram counts; at most 32,768 bytes before;
at most 100 entities, further ones are ignored by the server; albums of 2-10 items, documents only with documents and
sounds only with sounds.
"""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from typing import Literal, TypeAlias

from shared.message.cut import split_document
from shared.message.model import MediaItem, RelayMessage
from shared.message.render_plain import render_plain
from shared.message.render_telegram import render_telegram, render_telegram_html
from shared.message.segments import message_segments
from shared.message.tree import Document
from shared.platforms.base import Part
from shared.platforms.heading import document_with_heading
from shared.platforms.unicode_text import one_line, utf8_bytes, utf16_units, well_formed

MAX_TEXT_UNITS = 4096
MAX_CAPTION_UNITS = 1024
MAX_MARKUP_BYTES = 32_768
MAX_ENTITIES = 100
MAX_ALBUM_ITEMS = 10
MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_FILE_BYTES = 50 * 1024 * 1024
MAX_PHOTO_SIDES_SUM = 10_000
MAX_PHOTO_RATIO = 20

_MAX_LABEL_CHARACTERS = 32
_MAX_LINK_BYTES = 2_000

Shape: TypeAlias = Literal["photo", "animation", "video", "audio", "document"]

_USERNAME_MENTION = re.compile(r"(?<![A-Za-z0-9_/])@(?=[A-Za-z0-9_]{2})")
_ICONS = {"image": "🖼", "video": "🎬", "audio": "🎵", "file": "📎"}
# Only what the Bot API shows as such; the rest goes out as a document. Unknown extensions are tried.
_NO_PHOTO = frozenset({".svg", ".svgz", ".tif", ".tiff", ".psd", ".ico", ".heic", ".heif", ".avif"})
_NO_VIDEO = frozenset({".avi", ".mkv", ".webm", ".wmv", ".flv", ".rmvb", ".ts", ".mpg", ".mpeg", ".ogv"})
_SOUNDS = frozenset({".mp3", ".m4a"})
_EXTENSION_OF_MIME_TYPE = {
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/svg+xml": ".svg",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/x-m4a": ".m4a",
}


def compose_telegram(message: RelayMessage, author_label: str) -> list[Part]:
    """Text and the media below it, in the order of the message; a short text is the caption of its first media."""
    parts: list[Part] = []
    for segment in message_segments(message):
        parts += _segment_parts(segment, "" if parts else author_label)
    return parts


def _segment_parts(segment: RelayMessage, author_label: str) -> list[Part]:
    document = document_with_heading(segment, author_label)
    groups = list(_groups(segment.media))
    caption: Document | None = None
    if groups and _fits_as_caption(document, groups[0]):
        caption = document
    parts = [] if caption is not None else _text_parts(document)
    for number, group in enumerate(groups):
        parts.append(_media_part(group, caption if number == 0 else None))
    return parts


def link_line(item: MediaItem) -> tuple[str, str]:
    """A link standing in for media that cannot be sent: as HTML and as plain text."""
    label, url = well_formed(_link_label(item)), well_formed(item.url)
    if utf8_bytes(url) > _MAX_LINK_BYTES:
        return html.escape(label), _inert(label)
    return f'<a href="{html.escape(url)}">{html.escape(label)}</a>', _inert(f"{label}: {url}")


def visible_text(markup: str) -> str:
    """The text of Telegram HTML as it is after parsing."""
    reader = _TextReader()
    reader.feed(markup)
    reader.close()
    return "".join(reader.texts)


class _TextReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def _inert(plain: str) -> str:
    """Telegram finds mentions in plain text too; the renderer breaks them up in markup only."""
    return _USERNAME_MENTION.sub("@\u200b", plain)


def _link_label(item: MediaItem) -> str:
    return f"{_ICONS[item.kind]} {one_line(item.name, _MAX_LABEL_CHARACTERS) or item.kind}"


def _fits(document: Document, max_units: int, max_entities: int, max_bytes: int) -> bool:
    text = render_telegram(document)
    return text.length <= max_units and text.entities <= max_entities and utf8_bytes(text.html) <= max_bytes


def _fits_as_caption(document: Document, group: Sequence[tuple[MediaItem, Shape]]) -> bool:
    """Whether the caption also has room for a link in place of each item of an album.

    A single item that cannot be sent becomes a text message, which is longer than any caption.
    """
    if len(group) == 1:
        return _fits(document, MAX_CAPTION_UNITS, MAX_ENTITIES - 1, MAX_MARKUP_BYTES - 2 * _MAX_LINK_BYTES)
    lines = [link_line(item) for item, _ in group]
    return _fits(
        document,
        MAX_CAPTION_UNITS - sum(utf16_units(_link_label(item)) + 1 for item, _ in group),
        MAX_ENTITIES - len(group),
        MAX_MARKUP_BYTES - sum(utf8_bytes(markup) + 1 for markup, _ in lines),
    )


def _text_parts(document: Document) -> list[Part]:
    pieces = split_document(document, lambda piece: _fits(piece, MAX_TEXT_UNITS, MAX_ENTITIES, MAX_MARKUP_BYTES))
    parts = []
    for piece in pieces:
        markup, plain = _texts(piece, MAX_TEXT_UNITS)
        if plain.strip():
            parts.append(Part("text", markup, plain))
    return parts


def _media_part(group: Sequence[tuple[MediaItem, Shape]], caption: Document | None) -> Part:
    markup, plain = ("", "") if caption is None else _texts(caption, MAX_CAPTION_UNITS)
    return Part(
        "media" if len(group) == 1 else "album",
        markup,
        plain,
        media=tuple(item for item, _ in group),
        options={"shapes": [shape for _, shape in group]},
    )


def _texts(document: Document, max_units: int) -> tuple[str, str]:
    """The markup, and the plain text that may replace it: with the addresses of links where there is room."""
    markup, plain = well_formed(render_telegram_html(document)), _inert(well_formed(render_plain(document)))
    return markup, plain if utf16_units(plain) <= max_units else visible_text(markup)


def _groups(media: Sequence[MediaItem]) -> Iterator[list[tuple[MediaItem, Shape]]]:
    """Neighbours that may share an album, at most 10 and at most 50 MB (of what is known) together."""
    group: list[tuple[MediaItem, Shape]] = []
    known_bytes = 0
    for item in media:
        shape = media_shape(item)
        size_bytes = item.size_bytes or 0
        if group and (
            _family(shape) != _family(group[-1][1])
            or shape == "animation"
            or len(group) == MAX_ALBUM_ITEMS
            or known_bytes + size_bytes > MAX_FILE_BYTES
        ):
            yield group
            group, known_bytes = [], 0
        group.append((item, shape))
        known_bytes += size_bytes
    if group:
        yield group


def _family(shape: Shape) -> str:
    return "visual" if shape in ("photo", "video") else shape


def media_shape(item: MediaItem) -> Shape:
    """How the Bot API takes the item as far as it is known before it is fetched."""
    extension = _extension(item)
    if item.kind == "image":
        if extension == ".gif":
            return "animation"
        return "photo" if extension not in _NO_PHOTO and _fits_as_photo(item) else "document"
    if item.kind == "video":
        return "document" if extension in _NO_VIDEO else "video"
    if item.kind == "audio":
        return "audio" if extension in _SOUNDS else "document"
    return "document"


def _fits_as_photo(item: MediaItem) -> bool:
    if (item.size_bytes or 0) > MAX_PHOTO_BYTES:
        return False
    if not item.width or not item.height:
        return True
    return item.width + item.height <= MAX_PHOTO_SIDES_SUM and max(item.width, item.height) <= MAX_PHOTO_RATIO * min(
        item.width, item.height
    )


def _extension(item: MediaItem) -> str:
    """In lower case with its dot: by the MIME type, else by the name, else by the address; empty when unknown."""
    if item.mime_type in _EXTENSION_OF_MIME_TYPE:
        return _EXTENSION_OF_MIME_TYPE[item.mime_type]
    for path in (item.name, item.url.partition("?")[0].partition("#")[0]):
        extension = posixpath.splitext(path)[1].lower()
        if 2 <= len(extension) <= 6:
            return extension
    return ""
