"""The audit trail: who had the relay do what, on what, and how it ended. Kept for 90 days."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.relay.logs import InvalidCursor

RETENTION_DAYS = 90
# What an action was done with is there to recognise it by, not to repeat it.
MAX_VALUE_CHARACTERS = 200
STARTED, SUCCEEDED = "started", "ok"

_ID = re.compile(r"[0-9]{13}-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Actor:
    """``credential`` is the kind of token (``api_token``, ``session``), ``address`` the client's as far as known."""

    name: str
    credential: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """``id`` grows with time. ``outcome`` is "started" until the action ended (and for good when the process died),
    then "ok" or an error code. Times are UTC, ISO 8601 with Z."""

    id: str
    actor: Actor
    action: str
    account_id: int
    arguments: Mapping[str, Any]
    started_at: str
    outcome: str = STARTED
    reason: str = ""
    finished_at: str = ""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Newest first; ``next_cursor`` gives the next page, None on the last."""

    entries: Sequence[AuditEntry]
    next_cursor: str | None


class AuditTrail(Protocol):
    """Every method may raise StoreUnavailable."""

    def begin(self, actor: Actor, action: str, account_id: int, arguments: Mapping[str, Any]) -> str:
        """Record that something is about to be done; gives the entry's id."""

    def finish(self, entry_id: str, outcome: str, reason: str = "") -> None:
        """Record how it ended."""

    def page(self, limit: int, before: str | None) -> AuditPage: ...


def checked_cursor(cursor: str) -> str:
    """Raises InvalidCursor."""
    if not _ID.fullmatch(cursor):
        raise InvalidCursor
    return cursor


def summarised(arguments: Mapping[str, Any], secret_fields: Collection[str]) -> dict[str, Any]:
    """The arguments as they are recorded: secrets as ``***``, files as their size, long values cut with their length
    behind."""
    return {name: "***" if name in secret_fields else _short(name, value) for name, value in arguments.items()}


def _short(name: str, value: Any) -> Any:
    if name.endswith("_base64"):
        return f"{len(value) * 3 // 4} bytes"
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_VALUE_CHARACTERS else f"{text[:MAX_VALUE_CHARACTERS]}… ({len(text)} characters)"
