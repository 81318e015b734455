"""What the relay's use cases ask of KOOK, and how they hear that it failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KookIdentity:
    """Who a bot token belongs to (user/me)."""

    user_id: str
    user_name: str


class KookTokenRefused(Exception):
    """KOOK does not know the bot token. ``code`` and ``reason`` are KOOK's own."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"KOOK refused the bot token: {reason} ({code})")
        self.code = code
        self.reason = reason


class KookCallFailed(Exception):
    """KOOK could not be reached, or did not do what it was asked. ``detail`` says what it answered."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class KookAccess(Protocol):
    """The calls of a bot about itself. Each raises KookTokenRefused or KookCallFailed."""

    def identify(self, bot_token: str) -> KookIdentity: ...

    def go_online(self, bot_token: str) -> None: ...

    def go_offline(self, bot_token: str) -> None: ...
