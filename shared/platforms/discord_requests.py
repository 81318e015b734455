"""One webhook request in the making: what it holds, and how a refusal changes it. Sends nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.message.model import MediaItem
from shared.platforms.base import Part
from shared.platforms.discord_answers import Remedy
from shared.platforms.discord_names import FALLBACK_USERNAME
from shared.platforms.discord_parts import (
    DEFAULT_AVATAR_URL,
    MAX_CONTENT_CHARACTERS,
    link_line,
    name_line,
)
from shared.platforms.media import FetchedMedia

_SUPPRESS_EMBEDS = 1 << 2
_SUPPRESS_NOTIFICATIONS = 1 << 12
# Never sent to Discord's API, which refuses a message without content: a last resort that keeps the place visible.
_NOTHING_TO_SHOW = "[empty message]"


@dataclass(frozen=True, slots=True)
class Upload:
    item: MediaItem
    media: FetchedMedia


@dataclass
class Draft:
    """A part on its way. ``links`` are the items that go out as links; ``notes`` say why. ``is_own_thread`` is False
    in a thread that a mapping names and that is not in the bot's own configuration."""

    part: Part
    config: Mapping[str, Any]
    uploads: list[Upload] = field(default_factory=list)
    links: list[MediaItem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    username: str = FALLBACK_USERNAME
    avatar_url: str = DEFAULT_AVATAR_URL
    names_author: bool = False
    is_own_thread: bool = True

    def __post_init__(self) -> None:
        self.username = self.part.options.get("username", FALLBACK_USERNAME)
        self.avatar_url = self.part.options.get("avatar_url", DEFAULT_AVATAR_URL)

    @property
    def upload_bytes(self) -> int:
        return sum(len(upload.media.content) for upload in self.uploads)

    @property
    def may_open_thread(self) -> bool:
        """Whether the message may open a new forum post when the one it was meant for is gone."""
        return not self.is_own_thread and bool(self.config.get("thread_name"))

    def link_instead(self, item: MediaItem, reason: str) -> None:
        self.links.append(item)
        self.notes.append(f"{item.kind}_as_link: {reason}")

    def apply(self, remedy: Remedy) -> None:
        """Change what the platform refused; each change makes the request smaller or plainer."""
        if remedy == "other_username":
            self.username, self.names_author = FALLBACK_USERNAME, True
            self.notes.append("author_in_text: the name was refused as a username")
        elif remedy == "other_avatar":
            self.avatar_url = DEFAULT_AVATAR_URL
            self.notes.append("default_avatar: the picture was refused")
        elif remedy == "new_thread":
            self.config = {name: value for name, value in self.config.items() if name != "thread_id"}
            self.notes.append("new_thread: the forum post is gone")
        elif remedy == "drop_largest_file":
            largest = max(self.uploads, key=lambda upload: len(upload.media.content))
            self.uploads.remove(largest)
            self.link_instead(largest.item, "too large for the platform")
        else:
            for upload in self.uploads:
                self.link_instead(upload.item, "refused by the platform")
            self.uploads.clear()

    def payload(self) -> dict[str, Any]:
        """The JSON of the request; ``attachments[].id`` is the n of the multipart field ``files[n]``, as a string."""
        content, embeds = self._content()
        payload: dict[str, Any] = {
            "username": self.username,
            "avatar_url": self.avatar_url,
            # Without it Discord notifies whoever is mentioned.
            "allowed_mentions": {"parse": []},
        }
        if content or not self.uploads:
            payload["content"] = content or _NOTHING_TO_SHOW
        if embeds:
            payload["embeds"] = embeds
        if self.uploads:
            payload["attachments"] = [
                {"id": str(number), "filename": upload.media.file_name} for number, upload in enumerate(self.uploads)
            ]
        flags = self._flags(bool(embeds))
        if flags:
            payload["flags"] = flags
        if self.config.get("thread_name") and not self.config.get("thread_id"):
            payload["thread_name"] = self.config["thread_name"]
        return payload

    def multipart(self, payload: Mapping[str, Any]) -> Sequence[tuple[str, tuple[str | None, bytes, str]]]:
        """The fields of multipart/form-data for a request with files."""
        fields: list[tuple[str, tuple[str | None, bytes, str]]] = [
            ("payload_json", (None, json.dumps(payload).encode(), "application/json"))
        ]
        for number, upload in enumerate(self.uploads):
            media = upload.media
            fields.append((f"files[{number}]", (media.file_name, media.content, media.mime_type)))
        return fields

    def _content(self) -> tuple[str, list[dict[str, Any]]]:
        """The text with its links. The author's name goes first in it, or above it where it has no room for that."""
        content = "\n".join([line for line in (self.part.text, *map(link_line, self.links)) if line.strip()])
        author = self.part.options.get("author", "") if self.names_author else ""
        if not author:
            return content, []
        named = f"{name_line(author)}\n{content}"
        if len(named) <= MAX_CONTENT_CHARACTERS:
            return named, []
        return content, [{"author": {"name": author}}]

    def _flags(self, shows_embeds: bool) -> int:
        flags = _SUPPRESS_NOTIFICATIONS if self.config.get("silent") else 0
        if self.config.get("suppress_embeds") and not shows_embeds:
            flags |= _SUPPRESS_EMBEDS
        return flags
