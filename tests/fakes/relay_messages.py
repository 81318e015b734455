"""Messages for tests of platforms."""

from __future__ import annotations

from typing import Any

from shared.message.model import Author, MediaItem, MediaKind, RelayMessage
from shared.message.tree import Document, plain_document


def media_item(kind: MediaKind, name: str, **known: Any) -> MediaItem:
    return MediaItem(kind, f"https://img.kookapp.cn/attachments/{name}", name, **known)


def relay_message(body: Document | str = "", *media: MediaItem, **fields: Any) -> RelayMessage:
    document = plain_document(body) if isinstance(body, str) else body
    plain = body if isinstance(body, str) else fields.pop("plain_text", "")
    defaults: dict[str, Any] = {
        "message_id": "2b1c-message",
        "channel_id": "7480000000000000",
        "kind": "kmarkdown",
        "author": Author("2418200001", "小明"),
        "sent_at_ms": 1_790_000_000_000,
    }
    return RelayMessage(**(defaults | {"body": document, "plain_text": plain, "media": media} | fields))
