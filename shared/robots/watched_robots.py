"""Robots with open commands, by when to look at them again: what the sweep reads instead of the whole table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from shared.robots.errors import RobotBusy
from shared.robots.rows import RECORD
from shared.robots.table import Item, RobotsTable

WATCHED_LISTING = "watched"
WRITE_ATTEMPTS = 6


class WatchedRobots(Protocol):
    """Every method may raise StoreUnavailable and RobotBusy."""

    def watch(self, robot_id: str, look_at_ms: int) -> None:
        """Look at the robot at ``look_at_ms`` (epoch milliseconds), or earlier where that was planned already."""

    def due(self, now_ms: int, limit: int) -> Sequence[str]:
        """The robots to look at by now, the longest overdue first."""

    def looked_at(self, robot_id: str, look_again_ms: int | None) -> None:
        """Plan the next look, None for none."""


class DynamoWatchedRobots:
    """Implements WatchedRobots in the robots table: pk "watch#<robotId>", listed under "watched" by time."""

    def __init__(self, table: RobotsTable) -> None:
        self._table = table

    def watch(self, robot_id: str, look_at_ms: int) -> None:
        for _ in range(WRITE_ATTEMPTS):
            before = self._table.get(f"watch#{robot_id}")
            planned = None if before is None else before.listing_order
            if planned is not None and int(planned[:15]) <= look_at_ms:
                return
            if self._table.write(_item(robot_id, look_at_ms, 0 if before is None else before.version)):
                return
        raise RobotBusy

    def due(self, now_ms: int, limit: int) -> list[str]:
        found = self._table.listed(WATCHED_LISTING, limit)
        return [str(item.body["robot_id"]) for item in found if int((item.listing_order or "0")[:15]) <= now_ms]

    def looked_at(self, robot_id: str, look_again_ms: int | None) -> None:
        before = self._table.get(f"watch#{robot_id}")
        version = 0 if before is None else before.version
        # Somebody who planned an earlier look in between wins: that look then decides.
        self._table.write(_item(robot_id, look_again_ms, version))


def _item(robot_id: str, look_at_ms: int | None, version: int) -> Item:
    item = Item(f"watch#{robot_id}", RECORD, {"robot_id": robot_id}, version)
    if look_at_ms is None:
        return item
    return replace(item, listing_key=WATCHED_LISTING, listing_order=f"{look_at_ms:015d}#{robot_id}")
