"""The activity log: what administrators look at when they ask what happened. No entry holds a secret or a text that
somebody wrote."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from shared.robots.pages import MAX_WALKED, Page, Wanted, page_of

LogType = Literal["application", "api", "error", "audit", "websocket", "ai"]
Level = Literal["info", "warn", "error", "debug"]
# How long entries are kept, by type. Errors and audits outlive the rest.
KEPT_DAYS: Mapping[LogType, int] = {
    "application": 30,
    "api": 7,
    "error": 365,
    "audit": 365,
    "websocket": 7,
    "ai": 30,
}
# A number that JSON carries exactly: 41 bits of milliseconds and these.
_ID_RANDOM_BITS = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """``entry_id`` grows with time and stays below 2^53."""

    entry_id: int
    log_type: LogType
    level: Level
    message: str
    created_at_ms: int
    details: Mapping[str, Any] = field(default_factory=dict)
    address: str = ""


class LogStore(Protocol):
    def add_entry(self, entry: Entry, kept_days: int) -> None: ...

    def newest_entries(self, limit: int) -> Iterator[Entry]: ...

    def number_of_entries(self, log_type: LogType | None, level: Level | None) -> int:
        """Those that have not expired, from aggregates."""


class ActivityLog:
    """Every method may raise StoreUnavailable."""

    def __init__(self, store: LogStore, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._clock_ms = clock_ms

    def note(
        self,
        log_type: LogType,
        level: Level,
        message: str,
        details: Mapping[str, Any] | None = None,
        address: str = "",
    ) -> None:
        now_ms = self._clock_ms()
        entry_id = (now_ms << _ID_RANDOM_BITS) | secrets.randbits(_ID_RANDOM_BITS)
        entry = Entry(entry_id, log_type, level, message, now_ms, dict(details or {}), address)
        self._store.add_entry(entry, KEPT_DAYS[log_type])

    def page(self, wanted: Wanted, log_type: LogType | None = None, level: Level | None = None) -> Page[Entry]:
        """The newest first. Raises PageTooFar."""

        def matches(entry: Entry) -> bool:
            return log_type in (None, entry.log_type) and level in (None, entry.level)

        return page_of(
            self._store.newest_entries(MAX_WALKED),
            wanted,
            matches=matches,
            known_total=self._store.number_of_entries(log_type, level),
        )
