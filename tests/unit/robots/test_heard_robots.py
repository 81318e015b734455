"""Which robots fell silent, read from a real DynamoDB engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shared.aws.tables import bind
from shared.robots.heard_robots import RETIRED_AFTER_MS, HeardRobots
from shared.robots.models import Robot
from shared.robots.presence import OFFLINE_AFTER_MS, DynamoSightings, Presence
from shared.robots.rows import RobotsRow
from shared.robots.store import DynamoRobots
from shared.robots.table import RobotsTable
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


class Scene:
    def __init__(self, engine: DynamoEngine) -> None:
        bind(RobotsRow, engine.create_table("RobotsTable"))
        table = RobotsTable()
        self.clock = FakeClock()
        self.robots = DynamoRobots(table)
        self.sightings = DynamoSightings(table)
        self.presence = Presence(self.sightings, self.clock.ms)
        self.heard = HeardRobots(self.sightings, self.robots, self.clock.ms)

    def add(self, *names: str) -> None:
        for owner_id, name in enumerate(names, 1):
            robot = Robot(f"robot_{name}", f"uuid-{name}", name, self.clock.ms(), owner_id=owner_id)
            assert self.robots.replace_robot(robot)

    def online(self) -> dict[str, bool]:
        return {robot.name: robot.online for robot in self.heard.all()}


@pytest.fixture
def scene(dynamodb: DynamoEngine) -> Scene:
    return Scene(dynamodb)


def test_robots_of_every_owner_are_there_once_their_device_was_heard_of(scene: Scene) -> None:
    scene.add("first", "second", "new")
    assert scene.online() == {}
    scene.presence.note("robot_first")
    seen_ms = scene.clock.ms()
    scene.clock.advance(OFFLINE_AFTER_MS / 1000)
    scene.presence.note("robot_second")
    assert scene.online() == {"second": True, "first": False}
    assert {robot.name: robot.last_seen_ms for robot in scene.heard.all()}["first"] == seen_ms
    scene.presence.note("robot_first")
    assert scene.online() == {"second": True, "first": True}


def test_a_deleted_robot_and_a_retired_one_are_nobodys_worry(scene: Scene) -> None:
    scene.add("deleted", "retired")
    for name in ("deleted", "retired"):
        scene.presence.note(f"robot_{name}")
    robot = scene.robots.robot("robot_deleted")
    assert robot is not None
    assert scene.robots.replace_robot(replace(robot, deleted_at_ms=scene.clock.ms()))
    assert scene.online() == {"retired": True}
    scene.clock.advance(RETIRED_AFTER_MS / 1000)
    assert scene.online() == {}
