"""The part of the composition root that joins the robots' live side: their sockets, pushes, commands and the relay's
way to them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from shared import composition
from shared.once import once

if TYPE_CHECKING:
    from shared.push.orders import Publisher
    from shared.push.sockets import SocketKind
    from shared.robots.command_push import RobotPublisher
    from shared.robots.dispatch import CommandDispatch, RobotBell
    from shared.robots.presence import Presence
    from shared.robots.relay_commands import RelayCommands
    from shared.robots.robot_socket import LiveRobots
    from shared.robots.token_robots import TokenRobots
    from shared.tasks.batches import TaskHandler


@once
def robot_bell() -> RobotBell:
    from shared.control_composition import task_queue
    from shared.robots.dispatch import RobotBell

    return RobotBell(composition.announcements(), task_queue())


@once
def command_dispatch() -> CommandDispatch:
    from shared.robots.dispatch import CommandDispatch
    from shared.robots.watched_robots import DynamoWatchedRobots
    from shared.robots_composition import commands, robots_table

    return CommandDispatch(commands(), DynamoWatchedRobots(robots_table()), robot_bell(), composition.clock_ms)


@once
def relay_commands() -> RelayCommands:
    """For deliver_wecom, and for testing a bot."""
    from shared.robots.relay_commands import RelayCommands
    from shared.robots_composition import robot_store

    return RelayCommands(robot_store(), command_dispatch())


@once
def presence() -> Presence:
    from shared.robots.presence import DynamoSightings, Presence
    from shared.robots_composition import robots_table

    return Presence(DynamoSightings(robots_table()), composition.clock_ms)


@once
def live_robots() -> LiveRobots:
    from shared.robots.robot_socket import LiveRobots
    from shared.robots_composition import robot_store

    return LiveRobots(robot_store())


@once
def token_robots() -> TokenRobots:
    from shared.robots.token_robots import TokenRobots
    from shared.robots_composition import robot_tokens

    return TokenRobots(robot_tokens())


@once
def robot_socket() -> SocketKind:
    """For websocket. The data key is asked for when the first robot knocks."""
    from shared.robots.robot_socket import RobotSocket

    return RobotSocket(token_robots, live_robots(), presence(), command_dispatch(), robot_bell(), composition.clock_ms)


def robot_publisher(others: Publisher) -> RobotPublisher:
    """For push."""
    from shared.robots.command_push import RobotPublisher, command_frame
    from shared.robots.robot_socket import SOCKET_NAME
    from shared.robots_composition import commands

    return RobotPublisher(
        others,
        composition.connections(),
        composition.connection_poster(),
        commands,
        live_robots,
        {SOCKET_NAME: command_frame},
        time.time,
    )


def robot_tasks() -> dict[str, TaskHandler]:
    """For run_task."""
    from shared.robots.dispatch import WAKE_TASK

    return {WAKE_TASK: robot_bell().wake}
