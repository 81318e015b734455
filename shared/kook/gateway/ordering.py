"""Events in the order of their sn: early ones wait in a bounded buffer, repeats are dropped (KOOK's WebSocket
documentation, signal 0)."""

from __future__ import annotations

from typing import Final

from shared.kook.gateway.frames import GatewayFrame

MAX_BUFFERED_EVENTS: Final = 1000
MAX_BUFFERED_BYTES: Final = 16 * 1024 * 1024


class BufferFull(Exception):
    """More events wait for a missing one than may."""


class EventOrder:
    """Puts the events of one session into order. ``received`` is the highest sn up to which none is missing."""

    def __init__(self, received: int) -> None:
        self.received = received
        self._early: dict[int, GatewayFrame] = {}
        self._early_bytes = 0

    @property
    def missing_sn(self) -> int | None:
        """The sn that buffered events wait for; None when none wait."""
        return self.received + 1 if self._early else None

    def offer(self, event: GatewayFrame) -> list[GatewayFrame]:
        """The events that are now in order, this one among them or not. One without sn has no place to wait for.

        Raises:
            BufferFull: the buffer is empty again, and the events that were in it have to come once more
        """
        if event.sn is None:
            return [event]
        if event.sn <= self.received or event.sn in self._early:
            return []
        self._early[event.sn] = event
        self._early_bytes += event.size_bytes
        ready = self._take_ready()
        if len(self._early) > MAX_BUFFERED_EVENTS or self._early_bytes > MAX_BUFFERED_BYTES:
            self.take_all()
            raise BufferFull
        return ready

    def skip_missing(self) -> list[GatewayFrame]:
        """Go on without the missing event: the events in order up to the next gap."""
        if self._early:
            self.received = min(self._early) - 1
        return self._take_ready()

    def take_all(self) -> list[GatewayFrame]:
        """Empty the buffer; what was in it, by sn."""
        early = [self._early[sn] for sn in sorted(self._early)]
        self._early.clear()
        self._early_bytes = 0
        return early

    def _take_ready(self) -> list[GatewayFrame]:
        ready = []
        while (event := self._early.pop(self.received + 1, None)) is not None:
            self.received += 1
            self._early_bytes -= event.size_bytes
            ready.append(event)
        return ready
