"""A circuit breaker for one destination. Pure; kept with the destination's pacing state.

It opens after five failures in a row, or when at least half of twenty or more requests of the last minute failed. While
it is open nothing is sent there, and no delivery loses an attempt to it. When its time is up the next delivery is the
probe: a destination is one FIFO group, so there is exactly one. A probe that fails opens it for twice as long.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

CONSECUTIVE_FAILURES = 5
WATCHED_SECONDS = 60.0
WATCHED_REQUESTS = 20
FAILED_SHARE = 0.5
FIRST_OPEN_SECONDS = 30.0
LAST_OPEN_SECONDS = 900.0
_SLOT_SECONDS = 10.0

CircuitState: TypeAlias = Literal["closed", "open", "half_open"]
CircuitChange: TypeAlias = Literal["opened", "closed"]


@dataclass(slots=True)
class Circuit:
    """Times are seconds since the epoch; ``slots`` counts the requests of the last minute, as [slot's start, all,
    failed]; ``openings`` counts how often it opened since it was last closed."""

    failures: int = 0
    slots: list[list[float]] = field(default_factory=list)
    opened_at: float = 0.0
    open_until: float = 0.0
    openings: int = 0
    reason: str = ""

    def state(self, now: float) -> CircuitState:
        if not self.openings:
            return "closed"
        return "open" if now < self.open_until else "half_open"

    def wait_seconds(self, now: float) -> float:
        """0.0 when a request may be made, else how long until the next probe."""
        return max(0.0, self.open_until - now) if self.openings else 0.0

    def succeeded(self, now: float) -> CircuitChange | None:
        """The destination answered as one that works."""
        was_open = bool(self.openings)
        if was_open:
            self.slots = []
        self.failures, self.openings, self.opened_at, self.open_until, self.reason = 0, 0, 0.0, 0.0, ""
        self._count(now, failed=False)
        return "closed" if was_open else None

    def failed(self, now: float, reason: str) -> CircuitChange | None:
        """It did not answer, or with an error of its own. The change is told once, not with every probe that fails."""
        self.failures += 1
        self._count(now, failed=True)
        if not self.openings and not self._is_bad():
            return None
        is_news = not self.openings
        if is_news:
            self.opened_at = now
        self.open_until = now + min(FIRST_OPEN_SECONDS * 2**self.openings, LAST_OPEN_SECONDS)
        self.openings += 1
        self.reason = reason
        return "opened" if is_news else None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Circuit:
        return cls(**stored)

    def _is_bad(self) -> bool:
        if self.failures >= CONSECUTIVE_FAILURES:
            return True
        requests = sum(slot[1] for slot in self.slots)
        return requests >= WATCHED_REQUESTS and sum(slot[2] for slot in self.slots) >= FAILED_SHARE * requests

    def _count(self, now: float, *, failed: bool) -> None:
        start = now // _SLOT_SECONDS * _SLOT_SECONDS
        self.slots = [slot for slot in self.slots if slot[0] > now - WATCHED_SECONDS]
        if not self.slots or self.slots[-1][0] < start:
            self.slots.append([start, 0, 0])
        self.slots[-1][1] += 1
        self.slots[-1][2] += failed
