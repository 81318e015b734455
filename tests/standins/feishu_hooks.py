"""A group's custom bot (bot/v2/hook)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.standins.feishu_content import BadContent, Shown, read_content
from tests.standins.server import RecordedRequest

MAX_BODY_BYTES = 20 * 1024
SIGNATURE_SECONDS = 3600


class HookRefused(Exception):
    """An answer whose ``code`` is not 0; the status is 200 for what concerns the bot's settings."""

    def __init__(self, code: int, msg: str, status: int = 200) -> None:
        super().__init__(msg)
        self.code = code
        self.msg = msg
        self.status = status


@dataclass(frozen=True)
class CustomBot:
    """``secret`` switches signatures on, ``keywords`` demands one of them in every message."""

    secret: str = ""
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True)
class HookPost:
    msg_type: str
    content: Mapping[str, Any]
    shown: Shown


def read_hook_post(request: RecordedRequest, bot: CustomBot | None, now_seconds: float) -> HookPost:
    """Check a post as the platform does. Raises HookRefused."""
    if bot is None:
        raise HookRefused(19001, "param invalid: incoming webhook access token invalid")
    if len(request.body) > MAX_BODY_BYTES:
        raise HookRefused(19036, "the message body exceeds the size limit", 400)
    try:
        body = request.json()
    except ValueError:
        raise HookRefused(9499, "Bad Request", 400) from None
    if not isinstance(body, dict) or not set(body) <= {"timestamp", "sign", "msg_type", "content", "card"}:
        raise HookRefused(9499, "Bad Request", 400)
    if bot.secret and not _is_signed(body, bot.secret, now_seconds):
        raise HookRefused(19021, "sign match fail or timestamp is not within one hour from current time")
    msg_type, content = body.get("msg_type"), body.get("content")
    if not isinstance(content, dict) or msg_type not in ("text", "post"):
        raise HookRefused(9499, "Bad Request", 400)
    try:
        # A post has one more level here than in an app's message.
        shown = read_content(msg_type, content.get("post") if msg_type == "post" else content)
    except BadContent:
        raise HookRefused(9499, "Bad Request", 400) from None
    if shown.image_keys or shown.file_keys:
        raise HookRefused(9499, "Bad Request", 400)
    if bot.keywords and not any(keyword in shown.text for keyword in bot.keywords):
        raise HookRefused(19024, "Key Words Not Found")
    return HookPost(msg_type, content, shown)


def _is_signed(body: Mapping[str, Any], secret: str, now_seconds: float) -> bool:
    timestamp, signature = body.get("timestamp"), body.get("sign")
    if not isinstance(timestamp, str) or not timestamp.isdigit() or not isinstance(signature, str):
        return False
    expected = base64.b64encode(hmac.digest(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256)).decode()
    return abs(now_seconds - int(timestamp)) <= SIGNATURE_SECONDS and hmac.compare_digest(expected, signature)
