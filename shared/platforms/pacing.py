"""Pacing: how fast one destination, and one credential over all its destinations, may be sent to.

Each scope (a destination key or a credential key) keeps a sliding window per limit: the times of the last sends. A
limit of N in T seconds then holds for *every* span of T seconds, which a token bucket that starts full does not
promise. Nothing here sleeps: an empty bucket answers with a Wait and the queue holds the message.

A destination's state also holds its circuit breaker: one read and one write serve both.

State is loaded at the start of a batch and stored at its end. A destination is one FIFO group, so one batch at a time
owns it; a credential may be shared by batches side by side, so its uses are merged on conflict.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol

from shared.platforms.base import Destination, InvalidConfig, Limits, RateLimit
from shared.platforms.circuit import Circuit, CircuitChange
from shared.platforms.outcomes import Wait, WaitScope

logger = logging.getLogger("kook_relay.pacing")

# Above this many sends in a window, neighbours are counted together (conservatively, at the later time).
_EXACT_SENDS = 64
MAX_RATE_LIMITS = 5
# Times are kept as float seconds since the epoch: a much shorter window would vanish in their rounding.
MIN_WINDOW_SECONDS = 0.001
MAX_WINDOW_SECONDS = 86_400.0
CIRCUIT_OPEN = "circuit_open"
_CIRCUIT_KEPT_SECONDS = 86_400.0


class InvalidRateLimits(ValueError):
    """A bot's ``rate_limits`` setting cannot be used; the text says why."""


def parse_rate_limits(value: Any) -> tuple[RateLimit, ...]:
    """Read ``[{"requests": 5, "per_seconds": 2}, …]``. Raises InvalidRateLimits."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_RATE_LIMITS:
        raise InvalidRateLimits(f"must be a list of 1 to {MAX_RATE_LIMITS} limits")
    limits = []
    for entry in value:
        if not isinstance(entry, Mapping):
            raise InvalidRateLimits("each limit must be an object with requests and per_seconds")
        requests, per_seconds = entry.get("requests"), entry.get("per_seconds")
        if not isinstance(requests, int) or isinstance(requests, bool) or not 1 <= requests <= 1_000_000:
            raise InvalidRateLimits("requests must be a whole number from 1 to 1000000")
        if isinstance(per_seconds, bool) or not isinstance(per_seconds, int | float):
            raise InvalidRateLimits("per_seconds must be a number")
        if not MIN_WINDOW_SECONDS <= per_seconds <= MAX_WINDOW_SECONDS:
            raise InvalidRateLimits("per_seconds must be from 0.001 to 86400")
        limits.append(RateLimit(requests, float(per_seconds)))
    return tuple(limits)


def rate_limits_setting(config: Mapping[str, Any]) -> dict[str, Any]:
    """The setting as a bot's configuration keeps it; empty where there is none. Raises InvalidConfig."""
    wanted = config.get("rate_limits")
    if wanted is None:
        return {}
    try:
        parse_rate_limits(wanted)
    except InvalidRateLimits as problem:
        raise InvalidConfig("rate_limits", "malformed", str(problem)) from None
    return {"rate_limits": wanted}


def effective_limits(defaults: Limits, config: Mapping[str, Any]) -> Limits:
    """The limits in force: a bot's own ``rate_limits`` replace every default of that bot, the credential's too."""
    if "rate_limits" not in config:
        return defaults
    return Limits(destination=parse_rate_limits(config["rate_limits"]))


@dataclass(slots=True)
class Window:
    """The sends of the last ``limit.per_seconds``, oldest first, as [time in seconds, count]."""

    limit: RateLimit
    sends: list[list[float]] = field(default_factory=list)

    def wait_seconds(self, now: float) -> float:
        """0.0 when one more send fits now, else how long until it does."""
        horizon = now - self.limit.per_seconds
        self.sends = [entry for entry in self.sends if entry[0] > horizon]
        excess = sum(count for _, count in self.sends) - self.limit.requests + 1
        for time, count in self.sends:
            if excess <= 0:
                break
            excess -= count
            wait = time + self.limit.per_seconds - now
            if excess <= 0:
                return max(wait, 0.001)
        return 0.0

    def add(self, now: float) -> None:
        if self.limit.requests <= _EXACT_SENDS:
            self.sends.append([now, 1])
            return
        grain = self.limit.per_seconds / _EXACT_SENDS
        grain_end = (now // grain + 1) * grain
        if self.sends and self.sends[-1][0] >= grain_end:
            self.sends[-1][1] += 1
        else:
            self.sends.append([grain_end, 1])


@dataclass(slots=True)
class ScopeState:
    """What one scope has used, by limit, until when the platform asked it to pause, and a destination's circuit."""

    windows: dict[str, list[list[float]]] = field(default_factory=dict)
    blocked_until: float = 0.0
    version: int = 0
    circuit: Circuit = field(default_factory=Circuit)

    def to_json(self) -> str:
        stored = {"windows": self.windows, "blocked_until": self.blocked_until, "circuit": self.circuit.to_json()}
        return json.dumps(stored, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str, version: int) -> ScopeState:
        stored = json.loads(text)
        circuit = Circuit.from_json(stored["circuit"]) if "circuit" in stored else Circuit()
        return cls(stored["windows"], stored["blocked_until"], version, circuit)


class PacingStore(Protocol):
    """Where scopes are kept between batches."""

    def load(self, scope: str) -> ScopeState:
        """The stored state, or an empty one."""

    def save(self, scope: str, state: ScopeState, keep_seconds: float) -> bool:
        """Store if ``state.version`` is still the stored one; False when somebody else was faster."""


class Pacer:
    """Hands out batches over a store."""

    def __init__(self, store: PacingStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    def batch(self) -> PacingBatch:
        return PacingBatch(self._store, self._clock)


class PacingBatch(AbstractContextManager["PacingBatch"]):
    """One batch's view of the scopes it touches; stored when the batch ends, whatever happened in it. Safe to use from
    several threads at once, as long as no two send to one destination."""

    def __init__(self, store: PacingStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._scopes: dict[str, ScopeState] = {}
        self._limits: dict[str, tuple[RateLimit, ...]] = {}
        self._used: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def take(self, destination: Destination, limits: Limits) -> Wait | None:
        """Use one send of both scopes, or say how long to wait and use nothing."""
        with self._lock:
            return self._take(destination, limits)

    def report(self, destination: Destination, failure: str | None) -> CircuitChange | None:
        """Tell how a request to the destination went: None for well, else what was wrong. What that changed, if it
        opened or closed the circuit."""
        with self._lock:
            circuit, now = self._load(destination.key).circuit, self._clock()
            self._used.setdefault(destination.key, [])
            return circuit.succeeded(now) if failure is None else circuit.failed(now, failure)

    def probe_in_seconds(self, destination: Destination) -> float:
        """How long nothing is sent there because its circuit is open; 0.0 while it is not."""
        with self._lock:
            return self._load(destination.key).circuit.wait_seconds(self._clock())

    def block(self, destination: Destination, scope: WaitScope, seconds: float) -> None:
        """The platform asked for a pause of a whole destination or credential."""
        key = destination.credential_key if scope == "credential" else destination.key
        with self._lock:
            state = self._load(key)
            state.blocked_until = max(state.blocked_until, self._clock() + seconds)
            self._used.setdefault(key, [])

    def _take(self, destination: Destination, limits: Limits) -> Wait | None:
        now = self._clock()
        scopes = self._scopes_of(destination, limits)
        circuit = self._load(destination.key).circuit
        if (probe_in := circuit.wait_seconds(now)) > 0:
            return Wait(probe_in, "destination", CIRCUIT_OPEN, f"{circuit.failures} failures: {circuit.reason}")
        waits = [(self._wait(scope, now), kind) for scope, kind in scopes]
        longest, kind = max(waits, default=(0.0, "destination"), key=lambda entry: entry[0])
        if longest > 0:
            return Wait(longest, kind)
        for scope, _ in scopes:
            self._record(scope, now)
        return None

    def _scopes_of(self, destination: Destination, limits: Limits) -> list[tuple[str, WaitScope]]:
        scopes: list[tuple[str, WaitScope]] = [(destination.key, "destination")]
        if destination.credential_key != destination.key:
            scopes.append((destination.credential_key, "credential"))
            self._limits[destination.key] = limits.destination
            self._limits[destination.credential_key] = limits.credential
        else:
            self._limits[destination.key] = limits.destination + limits.credential
        return scopes

    def _load(self, scope: str) -> ScopeState:
        if scope not in self._scopes:
            self._scopes[scope] = self._store.load(scope)
        return self._scopes[scope]

    def _windows(self, scope: str, state: ScopeState) -> list[tuple[str, Window]]:
        return [
            (name, Window(limit, state.windows.get(name, [])))
            for limit in self._limits.get(scope, ())
            for name in (f"{limit.requests}/{limit.per_seconds:g}",)
        ]

    def _wait(self, scope: str, now: float) -> float:
        state = self._load(scope)
        waits = [window.wait_seconds(now) for _, window in self._windows(scope, state)]
        return max([*waits, state.blocked_until - now, 0.0])

    def _record(self, scope: str, now: float) -> None:
        self._apply(scope, self._scopes[scope], now)
        self._used.setdefault(scope, []).append(now)

    def _apply(self, scope: str, state: ScopeState, now: float) -> None:
        # Only the limits in force are kept: a changed setting leaves no window of the old one behind.
        windows = self._windows(scope, state)
        for _, window in windows:
            window.wait_seconds(now)
            window.add(now)
        state.windows = {name: window.sends for name, window in windows}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for scope, used in self._used.items():
            try:
                self._store_scope(scope, used)
            except Exception as error:  # noqa: BLE001 - the messages are sent: raising would bring the batch back
                extra = {"scope": scope, "exception": type(error).__name__}
                logger.error("pacing not written down; the platform's own 429 has to do", extra=extra)

    def _store_scope(self, scope: str, used: list[float]) -> None:
        state = self._scopes[scope]
        circuit = state.circuit
        keep_seconds = max(
            [limit.per_seconds for limit in self._limits.get(scope, ())]
            + [state.blocked_until - self._clock(), 60.0]
            # Longer than it is open: when the probe comes late, it is still a probe.
            + [_CIRCUIT_KEPT_SECONDS if circuit.openings else 0.0]
        )
        for _ in range(5):
            if self._store.save(scope, state, keep_seconds):
                return
            blocked_until = state.blocked_until
            state = self._store.load(scope)
            state.blocked_until = max(state.blocked_until, blocked_until)
            state.circuit = circuit
            for time in used:
                self._apply(scope, state, time)
        # Five lost races in a row: the platform's own 429 is the last line of defence for these few sends.
