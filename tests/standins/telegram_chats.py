"""The chats of the stand-in Bot API, and what was sent into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.standins.multipart import FormFile
from tests.standins.telegram_html import Entity

GROUP_CHAT_ID = -1001234567890
PRIVATE_CHAT_ID = 987654321
TOPIC_ID = 42


@dataclass
class Chat:
    """``refuses`` answers every send; ``moved_to`` is the supergroup a group became."""

    id: int
    kind: str = "supergroup"
    title: str = "stand-in"
    user_name: str = ""
    topics: set[int] = field(default_factory=set)
    refuses: tuple[int, str] | None = None
    moved_to: int | None = None


@dataclass(frozen=True)
class SentMessage:
    """What one call put into a chat: ``shown_text`` and ``entities`` are after parsing."""

    message_ids: tuple[int, ...]
    method: str
    chat_id: int
    thread_id: int | None
    source_text: str
    shown_text: str
    entities: tuple[Entity, ...]
    files: tuple[tuple[str, FormFile], ...]
    arguments: Mapping[str, Any]
    arrived_at: float


def default_chats() -> list[Chat]:
    return [
        Chat(GROUP_CHAT_ID, user_name="standin_group", topics={TOPIC_ID}),
        Chat(PRIVATE_CHAT_ID, kind="private"),
    ]
