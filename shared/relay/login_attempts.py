"""How often a password may be tried: per client address and over all of them, in fixed windows."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

WINDOW_SECONDS = 900
PER_ADDRESS = 10
# What bounds guessing by many addresses, or by one that makes its address up, and the time spent on hashing.
OVERALL = 100


class TooManyAttempts(Exception):
    """Try again after ``retry_after_seconds``."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"too many attempts; again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class AttemptCounters(Protocol):
    """Shared by all processes. Every method may raise StoreUnavailable."""

    def count_attempt(self, scope: str, expires_at: int, by: int = 1) -> int:
        """Add to the scope's counter and give back its new value. It may be forgotten after ``expires_at`` (epoch
        seconds)."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One that was counted, and may be given back."""

    scopes: tuple[str, ...]
    expires_at: int


class LoginAttempts:
    """Counts an attempt before it is made, so that attempts side by side count as well. ``clock``: epoch seconds."""

    def __init__(self, counters: AttemptCounters, clock: Callable[[], float]) -> None:
        self._counters = counters
        self._clock = clock

    def take(self, client_address: str) -> Attempt:
        """Raises TooManyAttempts."""
        now = int(self._clock())
        window = now // WINDOW_SECONDS
        window_end = (window + 1) * WINDOW_SECONDS
        own, overall = f"{_network(client_address)}#{window}", f"all#{window}"
        if self._counters.count_attempt(own, window_end) > PER_ADDRESS:
            raise TooManyAttempts(window_end - now)
        if self._counters.count_attempt(overall, window_end) > OVERALL:
            raise TooManyAttempts(window_end - now)
        return Attempt((own, overall), window_end)

    def give_back(self, attempt: Attempt) -> None:
        """For an attempt that succeeded: only failures use attempts up."""
        for scope in attempt.scopes:
            self._counters.count_attempt(scope, attempt.expires_at, -1)


def _network(client_address: str) -> str:
    """An IPv6 client owns a /64 of addresses; what is no address is one client."""
    try:
        address = ipaddress.ip_address(client_address)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)
