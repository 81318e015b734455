"""Events in order that are not on the queue yet, and whose sn counts as processed once they are."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from shared.kook.gateway.frames import GatewayFrame

# Beyond this nothing more is read from the connection until the queue has caught up.
MAX_WAITING_EVENTS: Final = 200
MAX_WAITING_BYTES: Final = 16 * 1024 * 1024


class Backlog:
    """First in, first out, one being stored at a time. Sessions are numbered: an event of an earlier one is stored
    like any other, but its sn says nothing about the present session."""

    def __init__(self) -> None:
        self._events: deque[tuple[int, GatewayFrame]] = deque()
        self._bytes = 0
        self.session_number = 0
        self.is_storing = False

    def __bool__(self) -> bool:
        return bool(self._events)

    @property
    def has_room(self) -> bool:
        return len(self._events) < MAX_WAITING_EVENTS and self._bytes < MAX_WAITING_BYTES

    def add(self, events: Iterable[GatewayFrame]) -> None:
        for event in events:
            self._events.append((self.session_number, event))
            self._bytes += event.size_bytes

    def begin(self) -> GatewayFrame | None:
        """The next event to store; None when there is none or one is being stored."""
        if self.is_storing or not self._events:
            return None
        self.is_storing = True
        return self._events[0][1]

    def done(self) -> int | None:
        """The first event is stored: its sn, where that is one of the present session."""
        self.is_storing = False
        session_number, event = self._events.popleft()
        self._bytes -= event.size_bytes
        return event.sn if session_number == self.session_number else None

    def failed(self) -> None:
        """The first event is not stored and stays first."""
        self.is_storing = False
