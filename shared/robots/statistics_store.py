"""The aggregates of statistics in the robots table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from shared.robots import counting
from shared.robots.aggregates import Aggregate
from shared.robots.counting import TOTAL, Day, robot_sums, user_sums
from shared.robots.models import Robot
from shared.robots.statistics import Activity, UserSums
from shared.robots.table import RobotsTable

# Sorts behind every key that begins with the day it is put after.
_END = "$"


class DynamoStatistics:
    """Implements shared.robots.statistics.StatisticsStore."""

    def __init__(self, table: RobotsTable, day: Day) -> None:
        self._table = table
        self._day = day

    def days_of(self, robot_id: str, first: dt.date, last: dt.date) -> Sequence[Aggregate]:
        return self._between(robot_sums(robot_id), "day", first, last)

    def names_of(self, robot_id: str, kind: str, first: dt.date, last: dt.date) -> Sequence[Aggregate]:
        return self._between(robot_sums(robot_id), kind, first, last)

    def of_user(self, user_id: int, first: dt.date, last: dt.date) -> UserSums:
        key = (user_sums(user_id), TOTAL)
        return UserSums(
            by_robot=self._between(user_sums(user_id), "robot", first, last),
            owned=self._table.aggregates([key]).get(key),
        )

    def activities(self, robot_ids: Sequence[str], today: dt.date) -> Mapping[str, Activity]:
        day = f"day#{today.isoformat()}"
        keys = [(robot_sums(robot_id), sk) for robot_id in robot_ids for sk in (TOTAL, day)]
        found = self._table.aggregates(keys)
        empty = Aggregate("")
        return {
            robot_id: Activity(
                messages=found.get((robot_sums(robot_id), TOTAL), empty)["messages"],
                ai_calls_today=found.get((robot_sums(robot_id), day), empty)["ai_calls"],
                last_seen_ms=found.get((robot_sums(robot_id), TOTAL), empty)["last_seen_ms"] or None,
            )
            for robot_id in robot_ids
        }

    def heard_of(self, robot_id: str, now_ms: int) -> None:
        self._table.heard_of(robot_sums(robot_id), TOTAL, now_ms)

    def add_ai_call(self, robot: Robot, cost_micros: int, now_ms: int) -> None:
        additions = counting.of_ai_call(robot, cost_micros, now_ms, self._day(now_ms))
        self._table.write(additions=additions)

    def _between(self, pk: str, kind: str, first: dt.date, last: dt.date) -> Sequence[Aggregate]:
        return self._table.aggregates_between(pk, f"{kind}#{first.isoformat()}", f"{kind}#{last.isoformat()}{_END}")
