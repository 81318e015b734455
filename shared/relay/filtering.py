"""Which messages a mapping lets through, and what of them. Pure."""

from __future__ import annotations

from dataclasses import replace

from shared.message.model import MediaItem, RelayMessage
from shared.message.text import is_web_url
from shared.message.tree import Document, Link, Paragraph, Text, plain_document
from shared.relay.models import Filters, MediaPolicy


def passes(message: RelayMessage, filters: Filters) -> bool:
    """Exclusions win over inclusions; keywords are looked for in the plain text, ignoring case."""
    if message.author.is_bot and not filters.relay_bots:
        return False
    if filters.message_kinds and message.kind not in filters.message_kinds:
        return False
    if message.author.id in filters.exclude_users:
        return False
    if filters.include_users and message.author.id not in filters.include_users:
        return False
    text = message.plain_text.casefold()
    if any(keyword.casefold() in text for keyword in filters.exclude_keywords if keyword):
        return False
    wanted = [keyword.casefold() for keyword in filters.include_keywords if keyword]
    return not wanted or any(keyword in text for keyword in wanted)


def with_media_policy(message: RelayMessage, policy: MediaPolicy) -> RelayMessage:
    """The message with its pictures and files as they are, as links behind its text, or without them. A message that
    would have nothing left keeps the words KOOK shows for it, such as [图片]."""
    if policy == "upload" or not message.media:
        return message
    links = [Paragraph((_linked(item),)) for item in message.media] if policy == "link" else []
    body = (
        Document((*message.body.blocks, *links)) if message.body.blocks or links else plain_document(message.plain_text)
    )
    return replace(message, body=body, media=(), cuts=())


def _linked(item: MediaItem) -> Link | Text:
    name = item.name or item.kind
    return Link(item.url, (Text(name),)) if is_web_url(item.url) else Text(name)


def author_label(message: RelayMessage, name_format: str) -> str:
    """The author as the destination shows it. Known fields: {name}, {id}, {channel}; anything else stays as it is."""
    label = name_format
    # One pass a field over the operator's format only: a display name holding "{id}" is not expanded.
    pieces = {"{name}": message.author.name, "{id}": message.author.id, "{channel}": message.channel_name}
    result = ""
    while label:
        field = next((field for field in pieces if label.startswith(field)), None)
        result += pieces[field] if field else label[0]
        label = label[len(field) if field else 1 :]
    return result.strip() or message.author.name or message.author.id
