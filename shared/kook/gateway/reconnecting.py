"""Which way to connect next, and when (KOOK's WebSocket documentation, the flow of connecting)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from shared.kook.gateway.timing import CONNECT_SECONDS, RESUME_SECONDS, Backoff


class Way(Enum):
    RESUME = "resume at the session's own gateway"
    FIND = "find a gateway"


@dataclass(frozen=True, slots=True)
class Step:
    """Go this way ``at`` that time; a connection has to stand by ``by``."""

    way: Way
    at: float
    by: float


class ReconnectPlan:
    """Two resumes, given 8 and 16 seconds, then gateways found anew, backing off up to 60 seconds between them, until
    ``progress``: something worked, the next failure is a new one."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._backoff = Backoff(random, free_tries=1)
        self._resumes = 0
        self._resume_over_at = 0.0

    def next_step(self, now: float, *, resumable: bool) -> Step:
        at = max(now, self._resume_over_at) if resumable else now
        if resumable and self._resumes < len(RESUME_SECONDS):
            self._resume_over_at = at + RESUME_SECONDS[self._resumes]
            self._resumes += 1
            return Step(Way.RESUME, at, min(at + CONNECT_SECONDS, self._resume_over_at))
        at += self._backoff.next_seconds()
        return Step(Way.FIND, at, at + CONNECT_SECONDS)

    def find_again(self, now: float, *, at_least_seconds: float = 0.0) -> Step:
        """No gateway could be had."""
        at = now + max(self._backoff.next_seconds(), at_least_seconds)
        return Step(Way.FIND, at, at + CONNECT_SECONDS)

    def give_up_resuming(self) -> None:
        """The session's own gateway is of no use any more."""
        self._resumes = len(RESUME_SECONDS)
        self._resume_over_at = 0.0

    def progress(self) -> None:
        self._resumes = 0
        self._resume_over_at = 0.0
        self._backoff.reset()
