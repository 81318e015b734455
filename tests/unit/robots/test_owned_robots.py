"""Robots and their owners on a real DynamoDB engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.aws.tables import bind
from shared.robots.activation import Activations
from shared.robots.errors import CodeDisabled, DelaysReversed, RobotUnknown, TooManyRobots
from shared.robots.models import Device, RobotSettings
from shared.robots.robots import MAX_ROBOTS_PER_USER, Robots
from shared.robots.rows import RobotsRow
from shared.robots.store import DynamoRobots
from shared.robots.table import RobotsTable
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

OWNER, STRANGER = 1, 2


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(dynamodb: DynamoEngine) -> DynamoRobots:
    bind(RobotsRow, dynamodb.create_table("RobotsTable"))
    return DynamoRobots(RobotsTable())


@pytest.fixture
def robots(store: DynamoRobots, clock: FakeClock) -> Robots:
    return Robots(store, clock.ms)


def test_a_user_sees_only_their_own_robots_the_newest_first(robots: Robots, clock: FakeClock) -> None:
    first = robots.create(OWNER, "one", RobotSettings())
    clock.advance(1)
    second = robots.create(OWNER, "two", RobotSettings(ai_mode="third_party", ai_temperature=0.25))
    robots.create(STRANGER, "theirs", RobotSettings())
    assert [robot.robot_id for robot in robots.of(OWNER)] == [second.robot_id, first.robot_id]
    assert robots.owned(OWNER, second.robot_id).settings == second.settings


def test_a_strangers_robot_is_as_unknown_as_none_at_all(robots: Robots) -> None:
    robot = robots.create(OWNER, "one", RobotSettings())
    for owner_id, robot_id in ((STRANGER, robot.robot_id), (OWNER, "robot_0_none"), (OWNER, "x" * 3000)):
        with pytest.raises(RobotUnknown):
            robots.owned(owner_id, robot_id)
        with pytest.raises(RobotUnknown):
            robots.update(owner_id, robot_id, "mine now", {})
        with pytest.raises(RobotUnknown):
            robots.delete(owner_id, robot_id)
    assert robots.owned(OWNER, robot.robot_id).name == "one"


def test_an_update_changes_what_it_names_and_keeps_the_rest(robots: Robots) -> None:
    robot = robots.create(OWNER, "one", RobotSettings(ai_model="doubao-pro-32k"))
    robots.update(OWNER, robot.robot_id, "renamed", {"reply_delay_max": 9})
    read = robots.owned(OWNER, robot.robot_id)
    assert (read.name, read.settings) == ("renamed", RobotSettings(ai_model="doubao-pro-32k", reply_delay_max=9))
    with pytest.raises(DelaysReversed):
        robots.update(OWNER, robot.robot_id, "renamed", {"reply_delay_min": 10})


def test_deleting_revokes_the_tokens_and_ends_the_activation_code(
    robots: Robots, store: DynamoRobots, clock: FakeClock, dynamodb: DynamoEngine
) -> None:
    activations = Activations(store, clock.ms)
    code = activations.create(30, bound_user_id=OWNER).code
    robot = activations.activate(code, Device("device-a")).robot
    robots.delete(OWNER, robot.robot_id)
    assert robots.of(OWNER) == []
    [deleted] = robots.of(OWNER, deleted=True)
    assert (deleted.robot_id, deleted.token_version) == (robot.robot_id, robot.token_version + 1)
    with pytest.raises(CodeDisabled):
        activations.activate(code, Device("device-a"))
    with pytest.raises(RobotUnknown):
        robots.delete(OWNER, robot.robot_id)
    row = RobotsRow.get(f"robot#{robot.robot_id}", "record")
    assert row.expires_at == clock.ms() // 1000 + 30 * 24 * 60 * 60


def test_a_user_has_at_most_thirty_robots(robots: Robots) -> None:
    made = [robots.create(OWNER, f"robot {n}", RobotSettings()) for n in range(MAX_ROBOTS_PER_USER)]
    with pytest.raises(TooManyRobots):
        robots.create(OWNER, "one too many", RobotSettings())
    robots.delete(OWNER, made[0].robot_id)
    assert robots.create(OWNER, "in its place", RobotSettings()).owner_id == OWNER
