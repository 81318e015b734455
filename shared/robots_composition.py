"""The part of the composition root that joins the robots area. Kept apart from shared/composition.py for its length."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from shared import composition
from shared.aws.settings import settings
from shared.once import once

if TYPE_CHECKING:
    from shared.robots.activation import Activations
    from shared.robots.commands import Commands
    from shared.robots.login_store import DynamoUsers
    from shared.robots.robots import Robots
    from shared.robots.store import DynamoRobots
    from shared.robots.table import RobotsTable
    from shared.robots.tokens import RobotTokens

_JWT_KEY_PURPOSE = "robots tokens"


@once
def robots_table() -> RobotsTable:
    from shared.aws.tables import bind
    from shared.robots.rows import RobotsRow
    from shared.robots.table import RobotsTable

    bind(RobotsRow, settings().robots_table, composition.dynamodb_connection())
    return RobotsTable()


@once
def robot_store() -> DynamoRobots:
    from shared.robots.store import DynamoRobots

    return DynamoRobots(robots_table())


@once
def user_store() -> DynamoUsers:
    from shared.robots.login_store import DynamoUsers

    return DynamoUsers(robots_table())


@once
def robots() -> Robots:
    from shared.robots.robots import Robots

    return Robots(robot_store(), composition.clock_ms)


@once
def activations() -> Activations:
    from shared.robots.activation import Activations

    return Activations(robot_store(), composition.clock_ms)


@once
def commands() -> Commands:
    from shared.robots.commands import Commands

    return Commands(robot_store(), composition.clock_ms)


@once
def robot_tokens() -> RobotTokens:
    from shared.control_composition import administrator
    from shared.robots.tokens import RobotTokens
    from shared.security.jwt_tokens import JwtTokens

    return RobotTokens(
        JwtTokens(composition.vault().derived_key(_JWT_KEY_PURPOSE), time.time),
        robot_store(),
        user_store(),
        time.time,
        control_plane_version=lambda: administrator().password_generation(),
    )
