"""What the robots' live side talks to, without a network or a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shared.push.announcer import Messages
from shared.robots.command_states import is_finished
from shared.robots.commands import Commands
from shared.robots.dispatch import CommandDispatch, RobotBell
from shared.robots.errors import TooManyOpenCommands
from shared.robots.models import Command, Robot
from shared.robots.online_periods import OnlinePeriod, OpenSocket
from shared.robots.presence import Presence, Sighting
from shared.robots.robot_socket import LiveRobots
from shared.robots.watched_robots import Look
from shared.tasks.orders import TaskOrder, TaskQueueUnavailable
from tests.fakes.clock import FakeClock

ROBOT = Robot("robot_1_aaaaaaaaaaaaaaaa", "uuid-1", "小助手", 1, owner_id=7)


class MemoryRobots:
    """Robots, commands and sightings, with versions as the table keeps them. ``trailing_listing``: what the listing of
    open commands shows while it has not caught up."""

    def __init__(self, *robots: Robot) -> None:
        self.robots = {robot.robot_id: robot for robot in robots}
        self.commands: dict[str, Command] = {}
        self.sightings: dict[str, Sighting] = {}
        self.trailing_listing: Sequence[Command] | None = None
        self.max_open = 1000

    def robot(self, robot_id: str) -> Robot | None:
        return self.robots.get(robot_id)

    def replace_robot(self, robot: Robot) -> bool:
        if self.robots[robot.robot_id].version != robot.version:
            return False
        self.robots[robot.robot_id] = replace(robot, version=robot.version + 1)
        return True

    def require_room(self, robot_id: str, count: int) -> None:
        if len(self.open_commands(robot_id, 10_000)) + count > self.max_open:
            raise TooManyOpenCommands(self.max_open)

    def add(self, command: Command) -> None:
        self.require_room(command.robot_id, 1)
        self.commands[command.command_id] = replace(command, version=1)

    def command(self, robot_id: str, command_id: str) -> Command | None:
        found = self.commands.get(command_id)
        return found if found is not None and found.robot_id == robot_id else None

    def open_commands(self, robot_id: str, limit: int) -> Sequence[Command]:
        if self.trailing_listing is not None:
            return self.trailing_listing
        return [one for one in self.commands.values() if one.robot_id == robot_id and not is_finished(one)][:limit]

    def replace(self, before: Command, after: Command) -> bool:
        if self.commands[before.command_id].version != before.version:
            return False
        self.commands[before.command_id] = replace(after, version=before.version + 1)
        return True

    def sighting(self, robot_id: str) -> Sighting | None:
        return self.sightings.get(robot_id)

    def note_sighting(self, sighting: Sighting) -> None:
        self.sightings[sighting.robot_id] = sighting


@dataclass
class MemoryPeriods:
    """shared.robots.online_periods.OnlinePeriods, with versions as the table keeps them."""

    sockets: dict[str, OpenSocket] = field(default_factory=dict)
    periods: list[OnlinePeriod] = field(default_factory=list)

    def open_socket(self, robot_id: str) -> OpenSocket | None:
        return self.sockets.get(robot_id)

    def came(self, robot_id: str, connection_id: str, at_ms: int, look_at_ms: int) -> OnlinePeriod | None:
        known = self.sockets.get(robot_id)
        if known is not None:
            self.sockets[robot_id] = replace(known, connection_id=connection_id, version=known.version + 1)
            return None
        self.sockets[robot_id] = OpenSocket(robot_id, connection_id, at_ms, look_at_ms, 1)
        self.periods.append(OnlinePeriod(robot_id, at_ms))
        return self.periods[-1]

    def went(self, socket: OpenSocket, at_ms: int) -> OnlinePeriod | None:
        if self.sockets.get(socket.robot_id) != socket:
            return None
        del self.sockets[socket.robot_id]
        self.periods[-1] = replace(self.periods[-1], offline_at_ms=at_ms)
        return self.periods[-1]

    def look_later(self, socket: OpenSocket, look_at_ms: int) -> None:
        self.sockets[socket.robot_id] = replace(socket, look_at_ms=look_at_ms, version=socket.version + 1)

    def due(self, now_ms: int, limit: int) -> Sequence[OpenSocket]:
        return [socket for socket in self.sockets.values() if socket.look_at_ms <= now_ms][:limit]

    def period(self, robot_id: str, online_at_ms: int) -> OnlinePeriod | None:
        return next((one for one in self.periods if one.online_at_ms == online_at_ms), None)

    def between(self, robot_id: str, first_ms: int, last_ms: int, limit: int) -> Iterator[OnlinePeriod]:
        return iter(one for one in reversed(self.periods) if first_ms <= one.online_at_ms <= last_ms)


@dataclass
class MemoryWatched:
    looks: dict[str, int] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)

    def watch(self, robot_id: str, look_at_ms: int) -> None:
        self.looks[robot_id] = min(look_at_ms, self.looks.get(robot_id, look_at_ms))
        self.empty.discard(robot_id)

    def due(self, now_ms: int, limit: int) -> Sequence[Look]:
        due = [robot_id for robot_id, look_at_ms in self.looks.items() if look_at_ms <= now_ms]
        return [Look(robot_id, robot_id in self.empty) for robot_id in due[:limit]]

    def found_open(self, look: Look, look_again_ms: int) -> None:
        self.looks[look.robot_id] = look_again_ms

    def found_none(self, look: Look, look_again_ms: int) -> None:
        self.looks[look.robot_id] = look_again_ms
        if look.found_none:
            del self.looks[look.robot_id]
        self.empty.add(look.robot_id)


@dataclass
class RecordedAnnouncements:
    topics: list[str] = field(default_factory=list)
    messages: list[Mapping[str, Any]] = field(default_factory=list)

    def announce(self, topic: str, messages: Messages) -> None:
        self.messages += messages()
        self.topics.append(topic)


@dataclass
class RecordedTasks:
    ordered: list[tuple[TaskOrder, int]] = field(default_factory=list)
    down: bool = False

    def order(self, task: TaskOrder, *, delay_seconds: int = 0) -> None:
        if self.down:
            raise TaskQueueUnavailable("anything")
        self.ordered.append((TaskOrder.from_body(task.to_body()), delay_seconds))


class LiveSide:
    """The whole live side of one robot over memory."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = MemoryRobots(ROBOT)
        self.watched = MemoryWatched()
        self.announcements = RecordedAnnouncements()
        self.tasks = RecordedTasks()
        self.bell = RobotBell(self.announcements, self.tasks)
        self.commands = Commands(self.store, self.clock.ms)
        self.finished: list[Command] = []
        self.dispatch = CommandDispatch(
            self.commands,
            self.watched,
            self.bell,
            self.clock.ms,
            finished=lambda command, result: self.finished.append(command),
        )
        self.presence = Presence(self.store, self.clock.ms)
        self.access = LiveRobots(self.store)

    def state(self, command: Command) -> tuple[str, int]:
        stored = self.store.commands[command.command_id]
        return stored.state, stored.attempts
