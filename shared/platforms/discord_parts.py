"""Cutting a message into webhook requests. Pure.

Limits (developers/resources/webhook and message): content of 2000 code points, 10 files per request. Room is kept so
that every file of a part can become a link in its text without any of the text being lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from shared.message.cut import split_document
from shared.message.model import MediaItem, RelayMessage
from shared.message.render_discord import render_discord
from shared.message.segments import message_segments
from shared.message.tree import Document, Paragraph, Strong, Text
from shared.platforms.base import Part
from shared.platforms.discord_names import FALLBACK_USERNAME, discord_username
from shared.platforms.discord_settings import is_web_address
from shared.platforms.heading import document_with_heading
from shared.platforms.unicode_text import one_line, well_formed

MAX_CONTENT_CHARACTERS = 2000
MAX_FILES = 10
# Discord limits each file; this bounds what one request holds in memory.
MAX_REQUEST_FILE_BYTES = 25 * 1024 * 1024

# Discord keeps showing the last override when a message has none, so there always is one.
DEFAULT_AVATAR_URL = "https://cdn.discordapp.com/embed/avatars/0.png"

_MAX_LABEL_CHARACTERS = 60
_MAX_LINK_CHARACTERS = 1_700
_MAX_NAME_IN_TEXT_CHARACTERS = 80
_ICONS = {"image": "🖼", "video": "🎬", "audio": "🎵", "file": "📎"}


def compose_discord(message: RelayMessage, config: Mapping[str, Any], author_label: str) -> list[Part]:
    """The author as the webhook's name and picture, the text in pieces, the files with the last piece of the text
    above them where they fit and after it otherwise."""
    shown_name = one_line(well_formed(author_label), _MAX_NAME_IN_TEXT_CHARACTERS)
    fixed_name = config.get("username")
    options = {
        "username": discord_username(fixed_name or shown_name),
        "avatar_url": config.get("avatar_url") or _avatar_url(message),
    }
    if not fixed_name and shown_name and options["username"] != FALLBACK_USERNAME:
        options["author"] = shown_name
    parts: list[Part] = []
    for segment in message_segments(message):
        # A fixed name hides the author, who is then named in the text.
        heading = shown_name if fixed_name and not parts else ""
        parts += _segment_parts(segment, heading, options)
    return parts or [Part("message", f"[{message.kind}]", f"[{message.kind}]", options=options)]


def _segment_parts(segment: RelayMessage, heading: str, options: Mapping[str, Any]) -> list[Part]:
    texts = _texts(document_with_heading(segment, heading))
    groups = list(_groups(segment.media))
    parts = [Part("message", text, text, options=options) for text in texts]
    if parts and groups and _joined_length(texts[-1], groups[0]) <= MAX_CONTENT_CHARACTERS:
        parts[-1] = Part("message", texts[-1], texts[-1], groups.pop(0), options)
    return parts + [Part("message", media=group, options=options) for group in groups]


def name_line(author: str) -> str:
    """The author's name in bold, for the text."""
    return well_formed(render_discord(Document((Paragraph((Strong((Text(author),)),)),))))


def link_line(item: MediaItem) -> str:
    """A link standing in for a file. Discord shows what is behind it when it can reach it."""
    label = f"{_ICONS[item.kind]} {one_line(well_formed(item.name), _MAX_LABEL_CHARACTERS) or item.kind}"
    url = _in_ascii(item.url)
    if len(url) > _MAX_LINK_CHARACTERS:
        url = ""
    escaped = render_discord(Document((Paragraph((Text(label),)),)))
    return f"{escaped} {url}".rstrip()


def _texts(document: Document) -> list[str]:
    pieces = split_document(document, lambda piece: len(_rendered(piece)) <= MAX_CONTENT_CHARACTERS)
    return [text for text in map(_rendered, pieces) if text.strip()]


def _rendered(document: Document) -> str:
    return well_formed(render_discord(document))


def _groups(media: Sequence[MediaItem]) -> Iterator[tuple[MediaItem, ...]]:
    """Neighbours that share a request: as many as Discord takes, as much as is known to fit in memory, and no more
    than can be shown as links in one text."""
    group: tuple[MediaItem, ...] = ()
    for item in media:
        extended = (*group, item)
        if group and (
            len(extended) > MAX_FILES
            or sum(entry.size_bytes or 0 for entry in extended) > MAX_REQUEST_FILE_BYTES
            or _joined_length("", extended) > MAX_CONTENT_CHARACTERS
        ):
            yield group
            extended = (item,)
        group = extended
    if group:
        yield group


def _joined_length(text: str, media: Sequence[MediaItem]) -> int:
    return len("\n".join([text, *map(link_line, media)]))


def _avatar_url(message: RelayMessage) -> str:
    url = _in_ascii(message.author.avatar_url)
    return url if is_web_address(url) else DEFAULT_AVATAR_URL


def _in_ascii(url: str) -> str:
    """The URL with what may not stand in one percent-encoded, and what is encoded already left as it is."""
    return quote(well_formed(url), safe="!#$%&'()*+,/:;=?@[]~")
