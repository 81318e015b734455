"""Holding an agent's agent.pull open until there is something for it: a long poll, bounded in time and in number."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from shared.monitor.agent_messages import AgentOrder

# Each held pull keeps a thread (on AWS a sandbox) busy; those beyond are held only for a moment, so that agents which
# cannot open a socket never keep the others' reports waiting.
MAX_HELD_PULLS = 4
_SHORT_HOLD_SECONDS = 0.5
_LOOK_EVERY_SECONDS = 0.5


class HeldPulls:
    """``hold_seconds`` is how long a pull without an event is held (0: not at all). ``clock`` is monotonic, in
    seconds, ``pause`` waits for so many."""

    def __init__(
        self,
        hold_seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._hold_seconds = hold_seconds
        self._clock = clock
        self._pause = pause
        self._slots = threading.BoundedSemaphore(MAX_HELD_PULLS)

    def until_due(self, look: Callable[[], Sequence[AgentOrder]]) -> tuple[AgentOrder, ...]:
        """What ``look`` finds, asked again until it finds something or the time is up. Raises what it raises."""
        has_slot = self._slots.acquire(blocking=False)
        try:
            wanted = self._hold_seconds if has_slot else min(_SHORT_HOLD_SECONDS, self._hold_seconds)
            ends_at = self._clock() + wanted
            while True:
                found = tuple(look())
                left = ends_at - self._clock()
                if found or left <= 0:
                    return found
                self._pause(min(_LOOK_EVERY_SECONDS, left))
        finally:
            if has_slot:
                self._slots.release()
