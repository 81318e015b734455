"""When things are due: the heartbeat, the wait for a missing event, and backing off. Times are monotonic seconds."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

NEVER: Final = float("inf")

# --- from KOOK's WebSocket documentation ---
HELLO_SECONDS: Final = 6.0
PING_INTERVAL_SECONDS: Final = 30.0
PING_JITTER_SECONDS: Final = 5.0
PONG_SECONDS: Final = 6.0
PING_RETRY_SECONDS: Final = (2.0, 4.0)
RESUME_SECONDS: Final = (8.0, 16.0)
MAX_BACKOFF_SECONDS: Final = 60.0

# --- ours ---
CONNECT_SECONDS: Final = 10.0
FIND_SECONDS: Final = 30.0
SAVE_INTERVAL_SECONDS: Final = 1.0
# Events that were merely reordered arrive within moments of each other.
GAP_PATIENCE_SECONDS: Final = 2.0
GAP_RESEND_SECONDS: Final = 10.0


class Backoff:
    """Exponential with full jitter: nothing for the first try, then up to 2, 4, 8 … 60 seconds.

    ``random`` gives numbers from 0 up to 1.
    """

    def __init__(self, random: Callable[[], float], *, free_tries: int = 1) -> None:
        self._random = random
        self._free_tries = free_tries
        self._tries = 0

    def next_seconds(self) -> float:
        self._tries += 1
        exponent = self._tries - self._free_tries
        if exponent <= 0:
            return 0.0
        return self._random() * min(MAX_BACKOFF_SECONDS, 2.0 ** min(exponent, 10))

    def reset(self) -> None:
        self._tries = 0


class Beat(Enum):
    """What the heartbeat asks for."""

    NOTHING = "nothing"
    PING = "ping"
    LOST = "lost"


class Heartbeat:
    """A ping every 30 ± 5 s, its pong within 6 s, else two more pings 2 and 4 s apart, else the connection is lost."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self.stop()

    def start(self, now: float) -> None:
        self._ping_at = now + self._interval_seconds()
        self._pong_by = NEVER
        self._retries = 0

    def stop(self) -> None:
        self._ping_at = self._pong_by = NEVER
        self._retries = 0

    @property
    def deadline(self) -> float:
        return min(self._ping_at, self._pong_by)

    def pong(self) -> None:
        self._pong_by = NEVER
        self._retries = 0

    def postpone(self, now: float) -> None:
        """Wait for the pong anew: nothing was read meanwhile."""
        if self._pong_by != NEVER:
            self._pong_by = now + PONG_SECONDS

    def due(self, now: float) -> Beat:
        """What to do now; after PING it counts as done."""
        if now >= self._pong_by:
            if self._retries >= len(PING_RETRY_SECONDS):
                return Beat.LOST
            self._pong_by = now + PING_RETRY_SECONDS[self._retries]
            self._retries += 1
            return Beat.PING
        if now >= self._ping_at:
            self._ping_at = now + self._interval_seconds()
            if self._pong_by == NEVER:
                self._pong_by = now + PONG_SECONDS
                return Beat.PING
        return Beat.NOTHING

    def _interval_seconds(self) -> float:
        return PING_INTERVAL_SECONDS + PING_JITTER_SECONDS * (2 * self._random() - 1)


class GapStep(Enum):
    """What a missing event asks for."""

    NOTHING = "nothing"
    ASK = "ask"
    RECONNECT = "reconnect"
    SKIP = "skip"


class GapWatch:
    """An event is missing: first wait, then ask for it (signal 4), then resume on a new connection, then go on
    without it. Never waiting for ever matters more than one event, which a backfill can still find."""

    _STEPS: Final = (
        (GAP_PATIENCE_SECONDS, GapStep.ASK),
        (GAP_RESEND_SECONDS, GapStep.RECONNECT),
        (GAP_RESEND_SECONDS, GapStep.SKIP),
    )

    def __init__(self) -> None:
        self._missing_sn: int | None = None
        self._step = 0
        self.deadline = NEVER

    def observe(self, missing_sn: int | None, now: float) -> None:
        """Tell which sn is waited for, None when events are waiting for none."""
        if missing_sn != self._missing_sn:
            self._missing_sn, self._step = missing_sn, 0
            self.deadline = NEVER if missing_sn is None else now + self._STEPS[0][0]

    def pause(self) -> None:
        """There is no connection that the event could come over."""
        self.deadline = NEVER

    def go_on(self, now: float) -> None:
        """There is one again."""
        if self._missing_sn is not None:
            self.deadline = now + self._STEPS[self._step][0]

    def due(self, now: float) -> GapStep:
        """What to do now; it counts as done."""
        if now < self.deadline:
            return GapStep.NOTHING
        step = self._STEPS[self._step][1]
        self._step = min(self._step + 1, len(self._STEPS) - 1)
        self.deadline = now + self._STEPS[self._step][0]
        return step
