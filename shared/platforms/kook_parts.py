"""Cutting a message into messages for KOOK. Pure.

KOOK asks for at most 8,000 characters of content, of which a card's kmarkdown element holds 5,000 (message.md,
cardmessage.md). Whether it counts code points or UTF-16 units is not said; units are never fewer. Text goes out as
KMarkdown; media go into a card, with the last of the text above them where there is room. Room is kept for each item
to become a link.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from shared.kook.card_builder_elements import MAX_KMARKDOWN_CHARACTERS
from shared.message.cut import split_document
from shared.message.model import MediaItem, RelayMessage
from shared.message.render_kmarkdown import render_kmarkdown
from shared.message.text import clean_text, is_web_url
from shared.message.tree import Document, Inline, Link, Paragraph, Text, plain_document
from shared.platforms.base import Part
from shared.platforms.heading import document_with_heading
from shared.platforms.unicode_text import one_line, utf16_units

KMARKDOWN_PART = "kmarkdown"
CARD_PART = "card"

MAX_CONTENT_UNITS = 8_000
# A container holds nine pictures.
MAX_ITEMS = 9
# What one request to KOOK's media hosts may take, and what a part holds in memory.
MAX_FILE_BYTES = 25 * 1024 * 1024
MAX_PART_BYTES = 50 * 1024 * 1024

_MAX_LINK_CHARACTERS = 1_500
_MAX_LABEL_CHARACTERS = 60
_MAX_TITLE_CHARACTERS = 100
# The JSON around one item of a card: an uploaded file's address has some 60 characters, its title at most 100.
_ITEM_UNITS = 500
_CARD_UNITS = 300
_ICONS = {"image": "🖼", "video": "🎬", "audio": "🎵", "file": "📎"}


def compose_kook(message: RelayMessage, author_label: str) -> list[Part]:
    """The author in bold, the text in pieces, the media in cards."""
    texts = _texts(document_with_heading(message, author_label))
    groups = list(_groups(message.media))
    parts = [Part(KMARKDOWN_PART, text, text) for text in texts]
    if parts and groups and _fits_card(texts[-1], groups[0]):
        parts[-1] = Part(CARD_PART, texts[-1], texts[-1], groups.pop(0))
    parts += [Part(CARD_PART, media=group) for group in groups]
    return parts or [text_part(f"[{message.kind}]")]


def text_part(text: str) -> Part:
    """A part that shows ``text`` as it is."""
    rendered = _rendered(plain_document(text))
    return Part(KMARKDOWN_PART, rendered, rendered)


def link_line(item: MediaItem) -> str:
    """A link standing in for media that cannot be sent."""
    label = f"{_ICONS[item.kind]} {one_line(clean_text(item.name), _MAX_LABEL_CHARACTERS) or item.kind}"
    url = clean_text(item.url)
    node: Inline = Text(label)
    if len(url) <= _MAX_LINK_CHARACTERS and is_web_url(url):
        node = Link(url, (node,))
    return _rendered(Document((Paragraph((node,)),)))


def file_title(name: str) -> str:
    return one_line(clean_text(name), _MAX_TITLE_CHARACTERS)


def with_links(text: str, links: Sequence[MediaItem]) -> str:
    return "\n".join([line for line in (text, *map(link_line, links)) if line.strip()])


def _texts(document: Document) -> list[str]:
    pieces = split_document(document, lambda piece: utf16_units(_rendered(piece)) <= MAX_CONTENT_UNITS)
    return [text for text in map(_rendered, pieces) if text.strip()]


def _rendered(document: Document) -> str:
    return clean_text(render_kmarkdown(document))


def _groups(media: Sequence[MediaItem]) -> Iterator[tuple[MediaItem, ...]]:
    group: tuple[MediaItem, ...] = ()
    for item in media:
        extended = (*group, item)
        size_bytes = sum(entry.size_bytes or 0 for entry in extended)
        if group and (len(extended) > MAX_ITEMS or size_bytes > MAX_PART_BYTES or not _fits_card("", extended)):
            yield group
            extended = (item,)
        group = extended
    if group:
        yield group


def _fits_card(text: str, media: Sequence[MediaItem]) -> bool:
    """Whether the card stays within both limits, each item sent as a file or shown as a link."""
    links = [link_line(item) for item in media]
    if utf16_units(text) > MAX_KMARKDOWN_CHARACTERS or utf16_units("\n".join(links)) > MAX_KMARKDOWN_CHARACTERS:
        return False
    items_units = sum(max(_json_units(link), _ITEM_UNITS) for link in links)
    return _json_units(text) + items_units + _CARD_UNITS <= MAX_CONTENT_UNITS


def _json_units(text: str) -> int:
    return utf16_units(json.dumps(text, ensure_ascii=False))
