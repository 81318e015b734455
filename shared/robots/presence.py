"""When a robot was last heard of. Online is worked out from that when read; nothing has to switch it off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from shared.robots.counting import TOTAL, robot_sums
from shared.robots.rows import HEARD_OF
from shared.robots.table import RobotsTable

# A client pings every 30 seconds: two of those may be lost.
OFFLINE_AFTER_MS = 60 * 1000
# A robot that talks all the time is written down four times a minute.
NOTED_EVERY_MS = 15 * 1000


@dataclass(frozen=True, slots=True)
class Sighting:
    robot_id: str
    last_seen_ms: int


class SightingStore(Protocol):
    """Both methods may raise StoreUnavailable."""

    def sighting(self, robot_id: str) -> Sighting | None: ...

    def note_sighting(self, sighting: Sighting) -> None: ...


class Presence:
    """Both methods may raise StoreUnavailable."""

    def __init__(self, store: SightingStore, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._clock_ms = clock_ms

    def note(self, robot_id: str) -> bool:
        """The robot was heard of now. True when that was news, and not a repeat within some seconds."""
        now_ms = self._clock_ms()
        before = self._store.sighting(robot_id)
        if before is not None and now_ms - before.last_seen_ms < NOTED_EVERY_MS:
            return False
        self._store.note_sighting(Sighting(robot_id, now_ms))
        return True

    def last_seen_ms(self, robot_id: str) -> int | None:
        sighting = self._store.sighting(robot_id)
        return None if sighting is None else sighting.last_seen_ms

    def is_online(self, robot_id: str) -> bool:
        seen_ms = self.last_seen_ms(robot_id)
        return seen_ms is not None and self._clock_ms() - seen_ms < OFFLINE_AFTER_MS


class DynamoSightings:
    """Implements SightingStore over the robot's aggregates, where the HTTP API notes and shows it too: a robot is heard
    of far more often than its record changes."""

    def __init__(self, table: RobotsTable) -> None:
        self._table = table

    def sighting(self, robot_id: str) -> Sighting | None:
        key = (robot_sums(robot_id), TOTAL)
        found = self._table.aggregates([key]).get(key)
        seen_ms = 0 if found is None else found["last_seen_ms"]
        return Sighting(robot_id, seen_ms) if seen_ms else None

    def newest(self, limit: int) -> Iterator[Sighting]:
        """Those heard of last, of all owners, the last one first."""
        for item in self._table.newest(HEARD_OF, limit):
            yield Sighting(item.pk.removeprefix(robot_sums("")), int(item.listing_order or 0))

    def note_sighting(self, sighting: Sighting) -> None:
        self._table.heard_of(robot_sums(sighting.robot_id), TOTAL, sighting.last_seen_ms)
