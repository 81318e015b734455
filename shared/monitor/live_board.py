"""The last reports of all nodes, as pages see them: read once for however many pages watch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.monitor.live_page import live_answer
from shared.monitor.models import LiveReport

# However many pages watch, a process asks the table at most this often.
_REPORTS_KEPT_MS = 500
_NODES_KEPT_MS = 3_000


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
        self._lock = threading.Lock()
        self._places: Sequence[NodePlace] = ()
        self._places_until_ms = 0
        self._reports: Mapping[str, LiveReport] = {}
        self._reports_until_ms = 0

    def answer(self, *, with_hidden: bool, only_uuid: str = "") -> dict[str, Any]:
        """Raises StoreUnavailable."""
        now_ms = self._clock_ms()
        with self._lock:  # who comes while it is read gets what was read
            if now_ms >= self._places_until_ms:
                found = sorted(self._nodes.places(), key=lambda place: place.weight)
                self._places, self._places_until_ms = found, now_ms + _NODES_KEPT_MS
            if now_ms >= self._reports_until_ms:
                self._reports, self._reports_until_ms = self._live.all(), now_ms + _REPORTS_KEPT_MS
            places, reports = self._places, self._reports
        shown = [
            reports[place.uuid]
            for place in places
            if place.uuid in reports
            and (with_hidden or not place.hidden)
            and (not only_uuid or place.uuid == only_uuid)
        ]
        return live_answer(shown, now_ms)
