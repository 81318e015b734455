"""Which robots are there and which fell silent, of all owners: what the relay's health check asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Protocol

from shared.robots.models import Robot
from shared.robots.presence import OFFLINE_AFTER_MS, Sighting

# One answer reads no more robots than this, those heard of last first.
MAX_HEARD_ROBOTS = 200
# A robot that was silent for so long is taken for retired.
RETIRED_AFTER_MS = 30 * 86_400_000


@dataclass(frozen=True, slots=True)
class HeardRobot:
    robot_id: str
    name: str
    last_seen_ms: int
    online: bool


class Sightings(Protocol):
    """May raise StoreUnavailable."""

    def newest(self, limit: int) -> Iterator[Sighting]: ...


class RobotNames(Protocol):
    """May raise StoreUnavailable."""

    def robots_named(self, robot_ids: Sequence[str]) -> Sequence[Robot]: ...


class HeardRobots:
    """``clock_ms`` gives epoch milliseconds."""

    def __init__(self, sightings: Sightings, robots: RobotNames, clock_ms: Callable[[], int]) -> None:
        self._sightings = sightings
        self._robots = robots
        self._clock_ms = clock_ms

    def all(self) -> Sequence[HeardRobot]:
        """Robots that were heard of within RETIRED_AFTER_MS and are not deleted. Raises StoreUnavailable."""
        now_ms = self._clock_ms()
        newest = islice(self._sightings.newest(MAX_HEARD_ROBOTS), MAX_HEARD_ROBOTS)
        recent = list(takewhile(lambda sighting: now_ms - sighting.last_seen_ms < RETIRED_AFTER_MS, newest))
        robots = {robot.robot_id: robot for robot in self._robots.robots_named([each.robot_id for each in recent])}
        return [
            HeardRobot(
                robot.robot_id, robot.name, sighting.last_seen_ms, now_ms - sighting.last_seen_ms < OFFLINE_AFTER_MS
            )
            for sighting in recent
            if (robot := robots.get(sighting.robot_id)) is not None and robot.deleted_at_ms is None
        ]
