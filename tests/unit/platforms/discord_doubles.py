"""Fakes and builders for the tests of the Discord platform."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.message.model import Author, MediaItem, RelayMessage
from shared.message.tree import Document, plain_document
from shared.platforms.base import Destination, Part, SendContext
from shared.platforms.discord import DiscordPlatform
from shared.platforms.http import HttpResponse
from shared.platforms.media import FetchedMedia, MediaUnavailable
from shared.platforms.outcomes import Outcome

TOKEN = "aVery-Secret_Token.0123456789"
URL = f"https://discord.com/api/webhooks/123456789012345678/{TOKEN}"
API_BASE = "https://discord.com/api/v10"
POSTED = {"id": "1300000000000000001", "channel_id": "1200000000000000001"}


class FakeHttp:
    """Answers in the given order (the last answer again and again) and keeps the requests."""

    def __init__(self, *answers: HttpResponse | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[tuple[str, str, dict[str, Any]]] = []

    def request(self, method: str, url: str, **options: Any) -> HttpResponse:
        self.requests.append((method, url, options))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def payload(self, number: int = -1) -> dict[str, Any]:
        """The JSON of a request, sent by itself or as payload_json."""
        options = self.requests[number][2]
        if "json" in options:
            return dict(options["json"])
        (name, (file_name, body, mime_type)) = options["files"][0]
        assert (name, file_name, mime_type) == ("payload_json", None, "application/json")
        return dict(json.loads(body))

    def files(self, number: int = -1) -> list[tuple[str, str]]:
        """Field name and file name of each file of a request."""
        return [(name, part[0]) for name, part in self.requests[number][2].get("files", ())[1:]]


class FakeMedia:
    """Has every file, of the size KOOK told (or 10 bytes), unless its name begins with ``gone``."""

    def fetch(self, item: MediaItem, *, max_bytes: int) -> FetchedMedia:
        if item.name.startswith("gone"):
            raise MediaUnavailable("http_404", "the media host answered 404")
        size_bytes = item.size_bytes or 10
        if size_bytes > max_bytes:
            raise MediaUnavailable("too_large", f"larger than {max_bytes} bytes")
        return FetchedMedia(bytes(size_bytes), "image/png", item.name)


def answer(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> HttpResponse:
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return HttpResponse(status, dict(headers or {}), raw)


def error(status: int, code: int, **more: Any) -> HttpResponse:
    return answer(status, {"message": "what Discord says", "code": code, **more})


def field_error(field: str, code: str) -> HttpResponse:
    return error(400, 50035, errors={field: {"_errors": [{"code": code, "message": "bad"}]}})


def platform(*answers: HttpResponse | Exception) -> tuple[DiscordPlatform, FakeHttp]:
    http = FakeHttp(*(answers or (answer(200, POSTED),)))
    return DiscordPlatform(http, FakeMedia(), API_BASE + "/"), http


def destination(target: str = "", **config: Any) -> Destination:
    discord, _ = platform()
    return discord.destination(3, discord.validate_config({"webhook_url": URL, **config}), target)


def message(text: str | Document = "hello", media: tuple[MediaItem, ...] = (), **more: Any) -> RelayMessage:
    body = plain_document(text) if isinstance(text, str) else text
    author = Author("1", "小明", more.pop("avatar_url", "https://img.kookapp.cn/avatars/a.png"))
    return RelayMessage(
        "m1", "c1", more.pop("kind", "text"), author, body, more.pop("plain", ""), 0, media=media, **more
    )


def picture(name: str = "a.png", **known: Any) -> MediaItem:
    return MediaItem("image", f"https://img.kookapp.cn/assets/{name}", name, **known)


def send(discord: DiscordPlatform, to: Destination, *parts: Part) -> Outcome:
    for part in parts or (Part("message", "hello", "hello"),):
        outcome = discord.send(part, to, SendContext("key"))
    return outcome
