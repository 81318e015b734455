"""The last reports of all nodes, as pages see them: read once for however many pages watch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.monitor.live_page import live_answer
from shared.monitor.models import LiveReport

# However many pages watch, a process asks the table at most this often; pages ask every two seconds.
_REPORTS_KEPT_MS = 1_000
_NODES_KEPT_MS = 5_000
# While one page's question is reading them anew, others get reports that are at most this old.
_STALE_MS = 2_500


@dataclass(frozen=True, slots=True)
class NodePlace:
    """Where a node stands in a list, and whether guests see it."""

    uuid: str
    weight: int
    hidden: bool


class NodePlaces(Protocol):
    def places(self) -> Sequence[NodePlace]:
        """Raises StoreUnavailable."""


class LatestReports(Protocol):
    def all(self) -> Mapping[str, LiveReport]:
        """Raises StoreUnavailable."""


class LiveBoard:
    """The reports as they are shown, in the order of the list; kept for moments. Safe to call from several threads."""

    def __init__(self, nodes: NodePlaces, live: LatestReports, clock_ms: Callable[[], int]) -> None:
        self._nodes = nodes
        self._live = live
        self._clock_ms = clock_ms
        self._reading = threading.Lock()
        self._board = _Board()

    def answer(self, *, with_hidden: bool, only_uuid: str = "") -> dict[str, Any]:
        """Raises StoreUnavailable."""
        now_ms = self._clock_ms()
        board = self._current(now_ms)
        shown = [
            board.reports[place.uuid]
            for place in board.places
            if place.uuid in board.reports
            and (with_hidden or not place.hidden)
            and (not only_uuid or place.uuid == only_uuid)
        ]
        return live_answer(shown, now_ms)

    def _current(self, now_ms: int) -> _Board:
        board = self._board
        if now_ms - board.reports_at_ms < _REPORTS_KEPT_MS:
            return board
        can_wait = now_ms - board.reports_at_ms < _STALE_MS
        if not self._reading.acquire(blocking=not can_wait):
            return board
        try:
            board = self._board  # who had to wait finds what was read meanwhile
            if now_ms - board.reports_at_ms >= _REPORTS_KEPT_MS:
                board = self._board = self._read(board, now_ms)
            return board
        finally:
            self._reading.release()

    def _read(self, before: _Board, now_ms: int) -> _Board:
        places, places_at_ms = before.places, before.places_at_ms
        if now_ms - places_at_ms >= _NODES_KEPT_MS:
            places, places_at_ms = sorted(self._nodes.places(), key=lambda place: place.weight), now_ms
        return _Board(places, places_at_ms, self._live.all(), now_ms)


@dataclass(frozen=True, slots=True)
class _Board:
    """What was read, and when (epoch milliseconds)."""

    places: Sequence[NodePlace] = ()
    places_at_ms: int = 0
    reports: Mapping[str, LiveReport] = field(default_factory=dict)
    reports_at_ms: int = 0
