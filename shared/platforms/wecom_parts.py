"""A message as send-message commands for a robot. Pure.

The text goes first, in pieces; every picture and file is a command of its own with its address, which the device
fetches by itself. WeCom shows plain text only, so links carry their address.
"""

from __future__ import annotations

from shared.message.cut import split_document
from shared.message.model import MediaItem, RelayMessage
from shared.message.render_plain import render_plain
from shared.message.text import clean_text, is_web_url
from shared.message.tree import Document, Paragraph, Text, plain_document
from shared.platforms.base import Part
from shared.platforms.heading import document_with_heading
from shared.platforms.media_names import safe_file_name
from shared.platforms.unicode_text import one_line, utf16_units

# WeCom names no limit for what is typed; the contract takes ten times as much. A phone shows this much well.
MAX_TEXT_UNITS = 2_000
MAX_URL_CHARACTERS = 2_048

_MAX_LABEL_CHARACTERS = 60
_ICONS = {"image": "🖼", "video": "🎬", "audio": "🎵", "file": "📎"}
_FILE_TYPES = {"image": "image", "video": "video", "audio": "audio", "file": "*"}


def compose_wecom(message: RelayMessage, author_label: str) -> list[Part]:
    document = document_with_heading(message, author_label)
    links = [item for item in message.media if not _can_be_fetched(item)]
    if links:
        lines = tuple(Paragraph((Text(_label(item)),)) for item in links)
        document = Document((*document.blocks, *lines))
    pieces = split_document(document, lambda piece: utf16_units(_rendered(piece)) <= MAX_TEXT_UNITS)
    parts = [Part("text", text, text) for text in map(_rendered, pieces) if text.strip()]
    parts += [_media_part(item) for item in message.media if _can_be_fetched(item)]
    return parts or [text_part(f"[{message.kind}]")]


def text_part(text: str) -> Part:
    rendered = _rendered(plain_document(text))
    return Part("text", rendered, rendered)


def _media_part(item: MediaItem) -> Part:
    name = safe_file_name(item, item.mime_type)
    options = {"fileUrl": item.url, "fileType": _FILE_TYPES[item.kind], "objectName": name}
    label = _label(item)
    return Part("image" if item.kind == "image" else "file", label, label, (item,), options)


def _can_be_fetched(item: MediaItem) -> bool:
    return len(item.url) <= MAX_URL_CHARACTERS and is_web_url(item.url) and not any(map(str.isspace, item.url))


def _label(item: MediaItem) -> str:
    return f"{_ICONS[item.kind]} {one_line(clean_text(item.name), _MAX_LABEL_CHARACTERS) or item.kind}"


def _rendered(document: Document) -> str:
    return clean_text(render_plain(document))
