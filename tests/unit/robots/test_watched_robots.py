"""Which robots the sweep looks at, on a real DynamoDB engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.aws.tables import bind
from shared.robots.rows import RobotsRow
from shared.robots.table import RobotsTable
from shared.robots.watched_robots import DynamoWatchedRobots

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

SOON_MS, LATER_MS, LAST_MS = 60_000, 120_000, 180_000


@pytest.fixture
def watched(dynamodb: DynamoEngine) -> DynamoWatchedRobots:
    bind(RobotsRow, dynamodb.create_table("RobotsTable"))
    return DynamoWatchedRobots(RobotsTable())


def due(watched: DynamoWatchedRobots, now_ms: int) -> list[str]:
    return [look.robot_id for look in watched.due(now_ms, 10)]


def test_the_earliest_plan_counts_and_the_longest_overdue_comes_first(watched: DynamoWatchedRobots) -> None:
    watched.watch("b", LATER_MS)
    watched.watch("a", LATER_MS)
    watched.watch("a", SOON_MS)
    watched.watch("a", LAST_MS)
    assert due(watched, SOON_MS - 1) == []
    assert due(watched, SOON_MS) == ["a"]
    assert due(watched, LATER_MS) == ["a", "b"]


def test_a_robot_is_let_go_by_the_second_look_that_finds_nothing(watched: DynamoWatchedRobots) -> None:
    watched.watch("a", SOON_MS)
    for now_ms in (SOON_MS, LATER_MS):
        (look,) = watched.due(now_ms, 10)
        watched.found_none(look, LATER_MS)
    assert due(watched, LAST_MS) == []
    watched.watch("a", LAST_MS)
    assert due(watched, LAST_MS) == ["a"]


def test_a_command_that_is_written_while_the_sweep_looks_stays_watched(watched: DynamoWatchedRobots) -> None:
    watched.watch("a", SOON_MS)
    (first,) = watched.due(SOON_MS, 10)
    watched.watch("a", LATER_MS)  # no write: the plan is early enough, and the sweep has not found anything yet
    watched.found_none(first, LATER_MS)
    (second,) = watched.due(LATER_MS, 10)
    assert second.found_none
    watched.watch("a", LAST_MS)  # a write: the next look would have let it go
    watched.found_none(second, LAST_MS)
    assert due(watched, LATER_MS) == ["a"]
    (third,) = watched.due(LATER_MS, 10)
    watched.found_open(third, LAST_MS)
    (fourth,) = watched.due(LAST_MS, 10)
    assert not fourth.found_none
