"""Stand-in for Discord's webhook API: refuses what Discord refuses and answers as it does.

``DISCORD_API_BASE`` is ``{base_url}/api/v10``; the webhook of ``DEFAULT_WEBHOOK_URL`` is there from the start.
"""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.standins.discord_rules import Refused, check_payload, error_answer, invalid_form
from tests.standins.multipart import FormFile, MalformedForm, is_multipart, read_form
from tests.standins.server import (
    Answer,
    ReceivedFile,
    ReceivedMessage,
    RecordedRequest,
    StandInServer,
    run_stand_in,
)

DEFAULT_WEBHOOK_ID = "1287654321098765432"
DEFAULT_WEBHOOK_TOKEN = "stand-in-token_mZ4qk8sW2xVt0pLr7aBc9dEf"
DEFAULT_WEBHOOK_URL = f"https://discord.com/api/webhooks/{DEFAULT_WEBHOOK_ID}/{DEFAULT_WEBHOOK_TOKEN}"
DEFAULT_CHANNEL_ID = "1287000000000000001"
DEFAULT_GUILD_ID = "1287000000000000000"

_PATH = re.compile(r"(?:/api(?:/v\d+)?)?/webhooks/(?P<webhook>\d+)/(?P<token>[^/]+)(?:/messages/(?P<message>\d+))?")
_WEBHOOK_WINDOW = (5, 2.0)
_CHANNEL_WINDOW = (30, 60.0)


@dataclass
class StandInWebhook:
    """``is_forum`` channels take messages in threads only; ``threads`` are the ids of those that exist. ``name`` is
    the webhook's: Discord never tells it the channel's."""

    id: str
    token: str
    channel_id: str
    name: str = "relay"
    guild_id: str = DEFAULT_GUILD_ID
    is_forum: bool = False
    threads: set[str] = field(default_factory=set)
    requests: deque[float] = field(default_factory=deque)


@dataclass
class StandInMessage:
    """``payload`` is the JSON as it was sent, ``channel_id`` the thread's id in a thread."""

    id: str
    channel_id: str
    payload: dict[str, Any]
    files: tuple[FormFile, ...]
    arrived_at: float


class DiscordStandIn(StandInServer):
    """``enforce_rate_limits`` answers 429 beyond 5 requests in 2 s per webhook and 30 in 60 s per channel."""

    name: ClassVar[str] = "discord"

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        max_file_bytes: int = 10 * 1024 * 1024,
        enforce_rate_limits: bool = False,
    ) -> None:
        super().__init__(host, port)
        self._max_file_bytes = max_file_bytes
        self._enforce_rate_limits = enforce_rate_limits
        self._webhooks: dict[str, StandInWebhook] = {}
        self._messages: dict[str, StandInMessage] = {}
        self._channel_requests: dict[str, deque[float]] = {}
        self._next_id = 1_300_000_000_000_000_000
        self.add_webhook(StandInWebhook(DEFAULT_WEBHOOK_ID, DEFAULT_WEBHOOK_TOKEN, DEFAULT_CHANNEL_ID))

    @property
    def api_base(self) -> str:
        return f"{self.base_url}/api/v10"

    @property
    def messages(self) -> list[StandInMessage]:
        """The messages that exist, oldest first."""
        with self.lock:
            return list(self._messages.values())

    def add_webhook(self, webhook: StandInWebhook) -> None:
        with self.lock:
            self._webhooks[webhook.id] = webhook

    def delete_webhook(self, webhook_id: str) -> None:
        with self.lock:
            del self._webhooks[webhook_id]

    def received(self) -> list[ReceivedMessage]:
        return [
            ReceivedMessage(
                message_id=message.id,
                target=message.channel_id,
                author=message.payload.get("username", ""),
                text=message.payload.get("content") or "",
                files=tuple(ReceivedFile(file.file_name, file.mime_type, len(file.content)) for file in message.files),
                arrived_at=message.arrived_at,
            )
            for message in self.messages
        ]

    def respond(self, request: RecordedRequest) -> Answer:
        with self.lock:
            try:
                return self._respond(request)
            except Refused as refused:
                return refused.answer

    def _respond(self, request: RecordedRequest) -> Answer:
        if not request.headers.get("User-Agent", "").startswith("DiscordBot ("):
            return error_answer(403, 40333, "internal network error")
        match = _PATH.fullmatch(request.path)
        if match is None:
            return error_answer(404, 0, "404: Not Found")
        webhook = self._webhooks.get(match["webhook"])
        if webhook is None:
            return error_answer(404, 10015, "Unknown Webhook")
        if webhook.token != match["token"]:
            return error_answer(401, 50027, "Invalid Webhook Token")
        limited, headers = self._count(webhook, request.monotonic_at)
        if limited is not None:
            return limited
        answer = self._act(request, webhook, match["message"])
        return Answer(answer.status, answer.body, {**answer.headers, **headers})

    def _act(self, request: RecordedRequest, webhook: StandInWebhook, message_id: str | None) -> Answer:
        if message_id is None:
            if request.method == "POST":
                return self._execute(request, webhook)
            if request.method == "GET":
                return Answer.of_json(_webhook_object(webhook))
            return error_answer(405, 0, "405: Method Not Allowed")
        message = self._messages.get(message_id)
        if message is None or message.channel_id not in {webhook.channel_id, *webhook.threads}:
            return error_answer(404, 10008, "Unknown Message")
        if request.method == "DELETE":
            del self._messages[message_id]
            return Answer(204)
        if request.method == "PATCH":
            payload, files = self._read(request)
            check_payload(payload, files, is_edit=True)
            message.payload |= payload
            message.files = tuple(files.values()) or message.files
        return Answer.of_json(self._message_object(message, webhook))

    def _execute(self, request: RecordedRequest, webhook: StandInWebhook) -> Answer:
        payload, files = self._read(request)
        checked = check_payload(payload, files)
        channel_id = self._channel(request, webhook, checked)
        message = StandInMessage(self._new_id(), channel_id, payload, tuple(files.values()), request.arrived_at)
        self._messages[message.id] = message
        self.lock.notify_all()
        if request.query.get("wait", ["false"])[0] not in ("true", "1"):
            return Answer(204)
        return Answer.of_json(self._message_object(message, webhook))

    def _read(self, request: RecordedRequest) -> tuple[Any, Mapping[str, FormFile]]:
        files: Mapping[str, FormFile] = {}
        body: str | bytes = request.body
        if is_multipart(request):
            try:
                form = read_form(request)
            except MalformedForm:
                raise Refused(400, 50109, "The request body is not a valid form") from None
            for name in form.fields.keys() - {"payload_json"}:
                raise invalid_form((name,), "UNKNOWN_FIELD", "only payload_json and files[n] are parts of a message")
            files, body = form.files, form.fields.get("payload_json", "")
        elif request.headers.get_content_type() != "application/json":
            raise Refused(400, 50035, "Expected application/json or multipart/form-data")
        if any(len(file.content) > self._max_file_bytes for file in files.values()):
            raise Refused(413, 40005, "Request entity too large")
        try:
            return json.loads(body), files
        except ValueError:
            raise Refused(400, 50109, "The request body contains invalid JSON.") from None

    def _channel(self, request: RecordedRequest, webhook: StandInWebhook, payload: Mapping[str, Any]) -> str:
        thread_id = request.query.get("thread_id", [""])[0]
        thread_name = payload.get("thread_name")
        if thread_id and thread_name:
            raise Refused(400, 220002, "Webhooks posted to forum channels cannot have both a thread_name and thread_id")
        if thread_id:
            if thread_id not in webhook.threads:
                raise Refused(404, 10003, "Unknown Channel")
            return thread_id
        if thread_name and not webhook.is_forum:
            raise Refused(400, 220003, "Webhooks can only create threads in forum channels")
        if not webhook.is_forum:
            return webhook.channel_id
        if not thread_name:
            raise Refused(400, 220001, "Webhooks posted to forum channels must have a thread_name or thread_id")
        thread_id = self._new_id()
        webhook.threads.add(thread_id)
        return thread_id

    def _new_id(self) -> str:
        self._next_id += 1
        return str(self._next_id)

    def _message_object(self, message: StandInMessage, webhook: StandInWebhook) -> dict[str, Any]:
        sent_at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(message.arrived_at))
        return {
            "id": message.id,
            "type": 0,
            "channel_id": message.channel_id,
            "webhook_id": webhook.id,
            "content": message.payload.get("content") or "",
            "author": {"id": webhook.id, "username": message.payload.get("username", "relay"), "bot": True},
            "attachments": [
                {
                    "id": str(int(message.id) + 1 + number),
                    "filename": file.file_name,
                    "size": len(file.content),
                    "url": f"https://cdn.discordapp.com/attachments/{message.channel_id}/{message.id}/{number}",
                }
                for number, file in enumerate(message.files)
            ],
            "embeds": message.payload.get("embeds") or [],
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "flags": message.payload.get("flags") or 0,
            "timestamp": sent_at,
            "edited_timestamp": None,
            "pinned": False,
            "tts": False,
        }

    def _count(self, webhook: StandInWebhook, now: float) -> tuple[Answer | None, dict[str, str]]:
        """The 429 that a request beyond a limit gets, and the headers that every answer carries."""
        channel = self._channel_requests.setdefault(webhook.channel_id, deque())
        used = [_in_window(webhook.requests, now, _WEBHOOK_WINDOW[1]), _in_window(channel, now, _CHANNEL_WINDOW[1])]
        limit, span = _WEBHOOK_WINDOW
        remaining = max(0, limit - used[0] - 1)
        headers = rate_limit_headers(limit, remaining, span)
        if self._enforce_rate_limits:
            if used[0] >= limit:
                return rate_limited_answer(webhook.requests[0] + span - now), headers
            if used[1] >= _CHANNEL_WINDOW[0]:
                return rate_limited_answer(channel[0] + _CHANNEL_WINDOW[1] - now, remaining=remaining), headers
        webhook.requests.append(now)
        channel.append(now)
        return None, headers


def _webhook_object(webhook: StandInWebhook) -> dict[str, Any]:
    """Get Webhook with Token: without the user who made it, and with the token."""
    return {
        "id": webhook.id,
        "type": 1,
        "guild_id": webhook.guild_id,
        "channel_id": webhook.channel_id,
        "name": webhook.name,
        "avatar": None,
        "application_id": None,
        "token": webhook.token,
    }


def _in_window(times: deque[float], now: float, span_seconds: float) -> int:
    while times and times[0] <= now - span_seconds:
        times.popleft()
    return len(times)


def rate_limit_headers(limit: int, remaining: int, reset_after_seconds: float) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": f"{time.time() + reset_after_seconds:.3f}",
        "X-RateLimit-Reset-After": f"{reset_after_seconds:.3f}",
        "X-RateLimit-Bucket": "stand-in-bucket",
        "Via": "1.1 stand-in",
    }


def rate_limited_answer(retry_after_seconds: float, remaining: int = 0, is_global: bool = False) -> Answer:
    """A 429 of Discord's own. ``remaining`` above 0 is how the channel's limit shows."""
    headers = {
        **rate_limit_headers(5, remaining, retry_after_seconds),
        "Retry-After": str(int(retry_after_seconds) + 1),
        "X-RateLimit-Scope": "global" if is_global else "user",
    }
    body = {"message": "You are being rate limited.", "retry_after": retry_after_seconds, "global": is_global}
    return Answer.of_json(body, 429, headers | ({"X-RateLimit-Global": "true"} if is_global else {}))


def cloudflare_answer(status: int) -> Answer:
    """What Cloudflare answers in Discord's place."""
    return Answer(status, b"<!doctype html><title>Access denied</title>error code: 1015", {"Content-Type": "text/html"})


if __name__ == "__main__":
    run_stand_in(DiscordStandIn)
