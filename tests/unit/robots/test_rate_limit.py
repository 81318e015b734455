"""Requests a minute, counted on a real DynamoDB engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from shared.aws.tables import bind
from shared.robots.errors import TooManyRequests
from shared.robots.rate_limit import RateLimit
from shared.robots.rows import RobotsRow
from shared.robots.table import RobotsTable
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


def test_sixty_requests_a_minute_pass_and_the_next_is_told_when_to_come_back(dynamodb: DynamoEngine) -> None:
    bind(RobotsRow, dynamodb.create_table("RobotsTable"))
    clock = FakeClock(1_790_000_000.0 // 60 * 60 + 15)
    limit = RateLimit(RobotsTable(), 60, clock)
    for _ in range(60):
        limit.admit("203.0.113.7")
    with pytest.raises(TooManyRequests) as refused:
        limit.admit("203.0.113.7")
    assert refused.value.retry_after_seconds == 45
    limit.admit("203.0.113.8")
    clock.advance(45)
    limit.admit("203.0.113.7")


def test_requests_at_once_share_one_count(dynamodb: DynamoEngine) -> None:
    bind(RobotsRow, dynamodb.create_table("RobotsTable"))
    limit = RateLimit(RobotsTable(), 5, FakeClock())

    def admitted(_: int) -> bool:
        try:
            limit.admit("robot:robot_1")
        except TooManyRequests:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(admitted, range(12))) == 5
