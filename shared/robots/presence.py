"""When a robot was last heard of. Online is worked out from that when read; nothing has to switch it off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shared.robots.table import Item, RobotsTable

# A client pings every 30 seconds: two of those may be lost.
OFFLINE_AFTER_MS = 60 * 1000
# A robot that talks all the time is written down four times a minute.
NOTED_EVERY_MS = 15 * 1000

_PRESENCE = "presence"


@dataclass(frozen=True, slots=True)
class Sighting:
    """``version`` as for the other records of the area."""

    robot_id: str
    last_seen_ms: int
    version: int = 0


class SightingStore(Protocol):
    """Both methods may raise StoreUnavailable."""

    def sighting(self, robot_id: str) -> Sighting | None: ...

    def replace_sighting(self, sighting: Sighting) -> bool:
        """False when somebody noted the robot since it was read."""


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
        # Whoever was faster noted the same moment.
        return self._store.replace_sighting(Sighting(robot_id, now_ms, 0 if before is None else before.version))

    def last_seen_ms(self, robot_id: str) -> int | None:
        sighting = self._store.sighting(robot_id)
        return None if sighting is None else sighting.last_seen_ms

    def is_online(self, robot_id: str) -> bool:
        seen_ms = self.last_seen_ms(robot_id)
        return seen_ms is not None and self._clock_ms() - seen_ms < OFFLINE_AFTER_MS


class DynamoSightings:
    """Implements SightingStore in the robots table, beside the robot's record and not in it: a robot is heard of far
    more often than it is changed."""

    def __init__(self, table: RobotsTable) -> None:
        self._table = table

    def sighting(self, robot_id: str) -> Sighting | None:
        item = self._table.get(f"robot#{robot_id}", _PRESENCE)
        return None if item is None else Sighting(robot_id, int(item.body["last_seen_ms"]), item.version)

    def replace_sighting(self, sighting: Sighting) -> bool:
        body = {"last_seen_ms": sighting.last_seen_ms}
        return self._table.write(Item(f"robot#{sighting.robot_id}", _PRESENCE, body, sighting.version))
