"""Figures from aggregates on a real engine: periods, rounding, costs, presence."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from shared.aws.tables import bind
from shared.robots.activity_log import ActivityLog
from shared.robots.activity_log_store import DynamoActivityLog
from shared.robots.command_states import CommandResult
from shared.robots.commands import Commands
from shared.robots.counting import day_in
from shared.robots.device_requests import ReportMessage
from shared.robots.errors import PeriodInvalid
from shared.robots.message_store import DynamoMessages
from shared.robots.messages import Messages
from shared.robots.models import Robot
from shared.robots.pages import Wanted
from shared.robots.rows import RobotsRow
from shared.robots.statistics import ONLINE_WITHIN_MS, Period, Statistics
from shared.robots.statistics_store import DynamoStatistics
from shared.robots.store import DynamoRobots
from shared.robots.table import RobotsTable
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

ZONE = dt.timezone(dt.timedelta(hours=8))
ROBOT = Robot("robot_1", "uuid", "one", created_at_ms=0, owner_id=7)
FIRST = dt.date(2024, 12, 1)
# 23:59 of the first of December in the operator's zone.
LATE = dt.datetime(2024, 12, 1, 23, 59, tzinfo=ZONE).timestamp()
WHOLE = Period(FIRST, FIRST + dt.timedelta(days=1))


class NoPictures:
    def save(self, name: str, content: bytes) -> None:
        raise AssertionError("no picture was reported")

    def load(self, name: str) -> bytes:
        raise AssertionError("no picture was reported")


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock(LATE)
        self.table, day = RobotsTable(self.clock), day_in(ZONE)
        self.messages = Messages(DynamoMessages(self.table, day), NoPictures(), self.clock.ms)
        self.statistics = Statistics(DynamoStatistics(self.table, day), ZONE, self.clock.ms)
        self.commands = Commands(DynamoRobots(self.table, day), self.clock.ms)
        self.log = ActivityLog(DynamoActivityLog(self.table, day, self.clock.ms), self.clock.ms)

    def report(self, sender: str, robot: Robot = ROBOT) -> None:
        report = {"robotId": robot.robot_id, "spoken": "x", "rawSpoken": "x", "receivedName": sender, "roomType": 2}
        more = {"atMe": False, "textType": 1, "timestamp": "2024-12-01T00:00:00Z"}
        self.messages.report(robot, ReportMessage.model_validate(report | more))


@pytest.fixture
def scene(dynamodb: DynamoEngine) -> Scene:
    bind(RobotsRow, dynamodb.create_table("RobotsTable"))
    return Scene()


def test_days_are_the_operators_and_both_ends_count(scene: Scene) -> None:
    scene.report("a")
    scene.clock.advance(120)
    scene.report("b")
    scene.report("b")
    counted = {
        days: scene.statistics.of_robot("robot_1", Period(FIRST + dt.timedelta(days[0]), FIRST + dt.timedelta(days[1])))
        for days in ((0, 0), (1, 1), (0, 1), (2, 3))
    }
    assert {days: found.messages for days, found in counted.items()} == {(0, 0): 1, (1, 1): 2, (0, 1): 3, (2, 3): 0}
    assert [(named.name, named.messages) for named in counted[(0, 1)].contacts] == [("b", 2), ("a", 1)]


def test_rates_and_times_have_one_decimal_and_costs_two(scene: Scene) -> None:
    for code, took_ms in ((0, 1000), (0, 2000), (5, 2150)):
        command = scene.commands.enqueue("robot_1", "send_message", {})
        for _ in range(3 if code else 1):
            scene.commands.hand_out("robot_1")
            scene.commands.record_result("robot_1", command.command_id, CommandResult(code, "", took_ms))
            scene.clock.advance(1)
    scene.statistics.ai_called(ROBOT, 1_234_999)
    scene.statistics.ai_called(ROBOT, 2)
    found = scene.statistics.of_robot("robot_1", WHOLE)
    assert (found.success_percent, found.average_seconds, found.ai_calls) == (66.7, 1.7, 2)
    mine = scene.statistics.of_user(7, WHOLE)
    assert (mine.ai_calls, mine.ai_cost_yuan, mine.active_robots) == (2, Decimal("1.24"), 1)
    assert scene.statistics.activities(["robot_1"])["robot_1"].ai_calls_today == 2
    scene.clock.advance(86_400)
    assert scene.statistics.activities(["robot_1"])["robot_1"].ai_calls_today == 0


def test_a_users_figures_are_the_sum_of_their_robots(scene: Scene) -> None:
    scene.report("a")
    scene.report("a", replace(ROBOT, robot_id="robot_2"))
    scene.report("a", replace(ROBOT, robot_id="robot_3", owner_id=8))
    mine = scene.statistics.of_user(7, WHOLE)
    assert (mine.messages, mine.active_robots) == (2, 2)


def test_a_device_is_online_for_sixty_seconds(scene: Scene) -> None:
    scene.statistics.heard_of("robot_1")
    found = scene.statistics.activities(["robot_1", "robot_2"])
    now_ms = scene.clock.ms()
    assert found["robot_1"].is_online(now_ms + ONLINE_WITHIN_MS - 1)
    assert not found["robot_1"].is_online(now_ms + ONLINE_WITHIN_MS)
    assert not found["robot_2"].is_online(now_ms)


@pytest.mark.parametrize("days", [-1, 366])
def test_a_period_runs_forward_and_for_a_year_at_most(days: int) -> None:
    with pytest.raises(PeriodInvalid):
        Period(FIRST, FIRST + dt.timedelta(days=days))


def test_the_log_is_paged_filtered_and_forgotten(scene: Scene) -> None:
    for number in range(3):
        scene.log.note("api", "error", f"no. {number}", {"code": "X"}, "203.0.113.9")
        scene.clock.advance(1)
    scene.log.note("audit", "info", "done")
    whole = scene.log.page(Wanted(1, 2))
    assert (whole.total, [entry.message for entry in whole.entries]) == (4, ["done", "no. 2"])
    errors = scene.log.page(Wanted(2, 2), "api", "error")
    assert (errors.total, [entry.message for entry in errors.entries]) == (3, ["no. 0"])
    assert all(entry.entry_id < 2**53 for entry in whole.entries)
    scene.clock.advance(8 * 86_400)
    left = scene.log.page(Wanted(1, 10))
    assert (left.total, [entry.message for entry in left.entries]) == (1, ["done"])
