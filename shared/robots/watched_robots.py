"""Robots with open commands, by when to look at them again: what the sweep reads instead of the whole table.

A robot is watched before its command is written, and the listing of open commands trails by a moment: a look that finds
none may have come between the two. So a robot is let go by the second look in a row that finds nothing, a minute after
the first, and only if nobody asked for it in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from shared.robots.errors import RobotBusy
from shared.robots.rows import RECORD
from shared.robots.table import Item, RobotsTable

WATCHED_LISTING = "watched"
WRITE_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Look:
    """A robot to look at, as it was planned. ``found_none``: so did the look before."""

    robot_id: str
    found_none: bool = False
    version: int = 0


class WatchedRobots(Protocol):
    """Every method may raise StoreUnavailable, ``watch`` also RobotBusy. Times are epoch milliseconds."""

    def watch(self, robot_id: str, look_at_ms: int) -> None:
        """Look at the robot at ``look_at_ms``, or earlier where that was planned already."""

    def due(self, now_ms: int, limit: int) -> Sequence[Look]:
        """The robots to look at by now, the longest overdue first."""

    def found_open(self, look: Look, look_again_ms: int) -> None:
        """The robot has open commands."""

    def found_none(self, look: Look, look_again_ms: int) -> None:
        """The robot has none: look once more, or let it go if that was the second time."""


class DynamoWatchedRobots:
    """Implements WatchedRobots in the robots table: pk "watch#<robotId>", listed under "watched" by time."""

    def __init__(self, table: RobotsTable) -> None:
        self._table = table

    def watch(self, robot_id: str, look_at_ms: int) -> None:
        for _ in range(WRITE_ATTEMPTS):
            before = self._table.get(f"watch#{robot_id}")
            planned_ms = _planned_ms(before)
            asked_for = before is not None and not before.body.get("found_none")
            if asked_for and planned_ms is not None and planned_ms <= look_at_ms:
                return
            earliest_ms = look_at_ms if planned_ms is None else min(planned_ms, look_at_ms)
            if self._table.write(_item(Look(robot_id, version=_version(before)), earliest_ms)):
                return
        raise RobotBusy

    def due(self, now_ms: int, limit: int) -> list[Look]:
        found = self._table.listed(WATCHED_LISTING, limit)
        return [
            Look(str(item.body["robot_id"]), bool(item.body.get("found_none")), item.version)
            for item in found
            if (_planned_ms(item) or 0) <= now_ms
        ]

    def found_open(self, look: Look, look_again_ms: int) -> None:
        self._replan(replace(look, found_none=False), look_again_ms)

    def found_none(self, look: Look, look_again_ms: int) -> None:
        self._replan(replace(look, found_none=True), None if look.found_none else look_again_ms)

    def _replan(self, look: Look, look_again_ms: int | None) -> None:
        # Where somebody wrote in between, the robot stays due, and the next sweep decides.
        self._table.write(_item(look, look_again_ms))


def _planned_ms(item: Item | None) -> int | None:
    return None if item is None or item.listing_order is None else int(item.listing_order[:15])


def _version(item: Item | None) -> int:
    return 0 if item is None else item.version


def _item(look: Look, look_at_ms: int | None) -> Item:
    body = {"robot_id": look.robot_id, "found_none": look.found_none}
    item = Item(f"watch#{look.robot_id}", RECORD, body, look.version)
    if look_at_ms is None:
        return item
    return replace(item, listing_key=WATCHED_LISTING, listing_order=f"{look_at_ms:015d}#{look.robot_id}")
