"""A message on its way from KOOK to the platforms: who said what, where, with which media."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from shared.message.tree import Document

MediaKind: TypeAlias = Literal["image", "video", "audio", "file"]


@dataclass(frozen=True, slots=True)
class MediaItem:
    """One picture, video, sound or file. ``url`` is the address on KOOK's media hosts (or any http(s) address)."""

    kind: MediaKind
    url: str
    name: str
    mime_type: str = ""
    size_bytes: int | None = None
    width: int | None = None
    height: int | None = None
    duration_seconds: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Only what is known, so that stored records stay small. Durations become integers of milliseconds."""
        stored: dict[str, Any] = {"kind": self.kind, "url": self.url, "name": self.name}
        if self.mime_type:
            stored["mime_type"] = self.mime_type
        for key in ("size_bytes", "width", "height"):
            if getattr(self, key) is not None:
                stored[key] = int(getattr(self, key))
        if self.duration_seconds is not None:
            stored["duration_ms"] = int(self.duration_seconds * 1000)
        return stored

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> MediaItem:
        duration_ms = stored.get("duration_ms")
        return cls(
            kind=stored["kind"],
            url=stored["url"],
            name=stored["name"],
            mime_type=stored.get("mime_type", ""),
            size_bytes=stored.get("size_bytes"),
            width=stored.get("width"),
            height=stored.get("height"),
            duration_seconds=None if duration_ms is None else duration_ms / 1000,
        )


@dataclass(frozen=True, slots=True)
class Author:
    """The KOOK user who wrote it. ``name`` is the nickname in the guild, else the user name."""

    id: str
    name: str
    avatar_url: str = ""
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class QuotedMessage:
    """The message replied to: its KOOK id, its author's name and a one-line plain excerpt (at most 80 characters)."""

    message_id: str
    author_name: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class RelayMessage:
    """What a platform renders.

    ``plain_text`` is the whole message without markup, the fallback wherever markup cannot be used, and the text of
    the log; ``kind`` is text, image, video, file, audio, kmarkdown, card, item or unknown. ``cuts`` are the places
    where text follows pictures or files, each as how many of the body's blocks and how many media come before it;
    without any, the media stand below the text.
    """

    message_id: str
    channel_id: str
    kind: str
    author: Author
    body: Document
    plain_text: str
    sent_at_ms: int
    channel_name: str = ""
    guild_id: str = ""
    media: tuple[MediaItem, ...] = ()
    cuts: tuple[tuple[int, int], ...] = ()
    quote: QuotedMessage | None = None
    is_private: bool = False
    mentions_everyone: bool = False
    mentioned_user_ids: tuple[str, ...] = field(default=())
