"""So many requests a minute for each token or address, counted in fixed windows over all instances."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Protocol

from shared.robots.errors import TooManyRequests

WINDOW_SECONDS = 60
_KEPT_SECONDS = 2 * WINDOW_SECONDS


class RequestCounters(Protocol):
    def count(self, pk: str, sk: str, expires_at_seconds: int) -> int: ...


class RateLimit:
    def __init__(self, counters: RequestCounters, limit_per_minute: int, clock: Callable[[], float]) -> None:
        self._counters = counters
        self._limit_per_minute = limit_per_minute
        self._clock = clock

    def admit(self, caller: str) -> None:
        """Count a request of a caller: a token's subject, else the address the front door saw.

        Raises:
            TooManyRequests: with the whole seconds until the next window, at least 1
            StoreUnavailable: it could not be counted
        """
        now_seconds = int(self._clock())
        window, passed_seconds = divmod(now_seconds, WINDOW_SECONDS)
        key = f"rate#{hashlib.sha256(caller.encode('utf-8', 'surrogatepass')).hexdigest()}"
        if self._counters.count(key, str(window), now_seconds + _KEPT_SECONDS) > self._limit_per_minute:
            raise TooManyRequests(WINDOW_SECONDS - passed_seconds)
