"""Where a callback that was given up is found again, on a real DynamoDB engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.aws.tables import bind
from shared.robots.activity_log import ActivityLog
from shared.robots.callback_failures import DynamoLastFailures, NotedFailures
from shared.robots.callbacks import CallbackFailure
from shared.robots.rows import RobotsRow
from shared.robots.table import RobotsTable
from tests.fakes.clock import FakeClock
from tests.unit.robots.test_ai_replies import MemoryLog

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

FIRST = CallbackFailure("robot_1", "message", "msg_1", "timeout", 1_703_000_000_000)
SECOND = CallbackFailure("robot_1", "result", "cmd_1", "http_503", 1_703_000_005_000)


class LastFailuresDown:
    def keep(self, failure: CallbackFailure) -> None:
        raise StoreUnavailable("write robot")

    def of(self, robot_id: str) -> CallbackFailure | None:
        raise AssertionError("nobody asks")


def test_the_last_failure_of_a_robot_is_kept_for_thirty_days(dynamodb: DynamoEngine) -> None:
    bind(RobotsRow, dynamodb.create_table("RobotsTable"))
    now_seconds = SECOND.failed_at_ms / 1000
    last = DynamoLastFailures(RobotsTable(), lambda: now_seconds)
    log = MemoryLog()
    noted = NotedFailures(lambda: ActivityLog(log, FakeClock().ms), last)
    for failure in (FIRST, SECOND):
        noted.note(failure)
    assert last.of("robot_1") == SECOND
    assert last.of("robot_2") is None
    assert [entry.details["recordId"] for entry in log.entries] == ["msg_1", "cmd_1"]
    now_seconds += 30 * 24 * 60 * 60
    assert last.of("robot_1") is None


def test_a_table_that_is_down_leaves_the_failure_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    log = MemoryLog()
    NotedFailures(lambda: ActivityLog(log, FakeClock().ms), LastFailuresDown()).note(FIRST)
    assert [entry.details["reason"] for entry in log.entries] == ["timeout"]
    assert "a failed callback is not shown to its owner" in caplog.text
