"""Activation codes, robots and commands in the robots table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from shared.robots import counting
from shared.robots.command_states import KEPT_MS, is_finished
from shared.robots.commands import Asked
from shared.robots.counting import Day, day_in
from shared.robots.errors import RobotBusy, TooManyOpenCommands
from shared.robots.models import ActivationCode, Command, Device, Robot, RobotSettings
from shared.robots.rows import RECORD
from shared.robots.table import Item, RobotsTable

CODES_LISTING = "codes"
# Without the operator's setting.
MAX_OPEN_COMMANDS = 1000
HIGHEST_PRIORITY = 3
DELETED_KEPT_SECONDS = 30 * 24 * 60 * 60
_FINISHED_KEPT_SECONDS = 30 * 24 * 60 * 60


class DynamoRobots:
    """Implements the stores of shared.robots.activation, shared.robots.robots and shared.robots.commands."""

    def __init__(
        self,
        table: RobotsTable,
        day: Day = day_in(dt.UTC),  # noqa: B008 - it holds no state
        max_open_commands: int = MAX_OPEN_COMMANDS,
    ) -> None:
        self._table = table
        self._day = day
        self._max_open_commands = max_open_commands

    def add_code(self, code: ActivationCode) -> bool:
        return self._table.write(_code_item(code), additions=counting.of_code(CODES_LISTING, code.bound_user_id))

    def newest_codes(self, limit: int) -> Iterator[ActivationCode]:
        for item in self._table.newest(CODES_LISTING, limit):
            yield ActivationCode(**item.body, version=item.version)

    def number_of_codes(self) -> int:
        key = (counting.listing_sums(CODES_LISTING), counting.TOTAL)
        found = self._table.aggregates([key]).get(key)
        return 0 if found is None else found["items"]

    def code(self, text: str) -> ActivationCode | None:
        item = self._table.get(f"code#{text}")
        return None if item is None else ActivationCode(**item.body, version=item.version)

    def robot(self, robot_id: str) -> Robot | None:
        item = self._table.get(f"robot#{robot_id}")
        return None if item is None else _robot(item)

    def robots_named(self, robot_ids: Sequence[str]) -> Sequence[Robot]:
        """Those of the robots that exist, in any order."""
        return [_robot(item) for item in self._table.get_all([f"robot#{robot_id}" for robot_id in robot_ids])]

    def robots_of(self, owner_id: int, limit: int) -> Sequence[Robot]:
        return [_robot(item) for item in self._table.listed(f"robots_of#{owner_id}", limit)]

    def replace_robot(self, robot: Robot) -> bool:
        return self._table.write(_robot_item(robot), additions=counting.of_robot(robot))

    def replace_code(self, before: ActivationCode, after: ActivationCode, robot: Robot | None) -> bool:
        if before.version != after.version:
            raise ValueError("the later code must carry the version that was read")
        code = _code_item(after)
        if robot is None:
            return self._table.write(code)
        return self._table.write(code, _robot_item(robot), additions=counting.of_robot(robot))

    def add(self, command: Command) -> None:
        beginning = counting.of_new_command(command.robot_id, self._max_open_commands)
        if not self._table.write(_command_item(replace(command, counted=True)), additions=beginning):
            self.require_room(command.robot_id, 1)
            raise RobotBusy

    def require_room(self, robot_id: str, count: int) -> None:
        """Raises TooManyOpenCommands where so many more would be too many."""
        key = (counting.robot_sums(robot_id), counting.OPEN)
        found = self._table.aggregates([key]).get(key)
        if (0 if found is None else found["items"]) + count > self._max_open_commands:
            raise TooManyOpenCommands(self._max_open_commands)

    def command(self, robot_id: str, command_id: str) -> Command | None:
        item = self._table.get(f"robot#{robot_id}", f"command#{command_id}")
        return None if item is None else _command(item)

    def commands_named(self, robot_id: str, command_ids: Sequence[str]) -> Sequence[Command]:
        """Those of the commands that exist, in any order."""
        keys = [(f"robot#{robot_id}", f"command#{command_id}") for command_id in command_ids]
        return [_command(item) for item in self._table.get_each(keys)]

    def open_commands(self, robot_id: str, limit: int) -> Sequence[Command]:
        return [_command(item) for item in self._table.listed(f"open#{robot_id}", limit)]

    def asked_commands(self, robot_id: str, limit: int, asked: Asked) -> Iterator[Command]:
        """Those that somebody asked for, finished or not, by time. The relay's and the answers', whose ids are made of
        something else, are not among them."""
        if asked.first_ms > asked.last_ms:  # DynamoDB refuses such a span
            return
        # "cmd_<milliseconds>_…": "`" is what follows "_".
        span = (f"command#cmd_{asked.first_ms:013d}", f"command#cmd_{asked.last_ms:013d}`")
        for item in self._table.between(f"robot#{robot_id}", *span, limit, newest_first=asked.newest_first):
            yield _command(item)

    def replace(self, before: Command, after: Command) -> bool:
        if before.version != after.version:
            raise ValueError("the later command must carry the version that was read")
        return self._table.write(_command_item(after), additions=counting.of_command(before, after, self._day))


def _body(record: Any) -> dict[str, Any]:
    body = asdict(record)
    del body["version"]
    return body


def _code_item(code: ActivationCode) -> Item:
    return Item(
        pk=f"code#{code.code}",
        sk=RECORD,
        body=_body(code),
        version=code.version,
        listing_key=CODES_LISTING,
        listing_order=f"{code.created_at_ms:015d}#{code.code}",
    )


def _robot_item(robot: Robot) -> Item:
    """A deleted robot leaves the table after thirty days."""
    deleted_at_ms = robot.deleted_at_ms
    return Item(
        pk=f"robot#{robot.robot_id}",
        sk=RECORD,
        body=_body(robot),
        version=robot.version,
        listing_key=None if robot.owner_id is None else f"robots_of#{robot.owner_id}",
        listing_order=None if robot.owner_id is None else f"{robot.created_at_ms:015d}#{robot.robot_id}",
        expires_at_seconds=None if deleted_at_ms is None else deleted_at_ms // 1000 + DELETED_KEPT_SECONDS,
    )


def _command_item(command: Command) -> Item:
    """A finished command leaves the listing of the open ones, and the table after thirty days."""
    finished = is_finished(command)
    order = f"{HIGHEST_PRIORITY - command.priority}#{command.created_at_ms:015d}#{command.command_id}"
    kept_until_seconds = (command.created_at_ms + KEPT_MS) // 1000 + _FINISHED_KEPT_SECONDS
    return Item(
        pk=f"robot#{command.robot_id}",
        sk=f"command#{command.command_id}",
        body=_body(command),
        version=command.version,
        listing_key=None if finished else f"open#{command.robot_id}",
        listing_order=None if finished else order,
        expires_at_seconds=kept_until_seconds,
    )


def _robot(item: Item) -> Robot:
    body = dict(item.body)
    device, settings = body.pop("device"), body.pop("settings")
    return Robot(
        **body,
        device=None if device is None else Device(**device),
        settings=RobotSettings(**settings),
        version=item.version,
    )


def _command(item: Item) -> Command:
    return Command(**item.body, version=item.version)
