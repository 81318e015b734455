"""A user's robots: made, changed, listed and deleted by their owner only."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from shared.robots.errors import DelaysReversed, RobotBusy, RobotUnknown, TooManyRobots
from shared.robots.ids import MAX_ID_CHARACTERS, stamped_id
from shared.robots.models import ActivationCode, Robot, RobotSettings

MAX_ROBOTS_PER_USER = 30
WRITE_ATTEMPTS = 6
_MAX_LISTED = 1000  # the living ones, and a month of deleted ones


class RobotStore(Protocol):
    def robot(self, robot_id: str) -> Robot | None: ...

    def robots_of(self, owner_id: int, limit: int) -> Sequence[Robot]:
        """The oldest first, the deleted ones among them."""

    def replace_robot(self, robot: Robot) -> bool:
        """False when the robot was changed since it was read."""

    def code(self, text: str) -> ActivationCode | None: ...

    def replace_code(self, before: ActivationCode, after: ActivationCode, robot: Robot | None) -> bool: ...


class Robots:
    """Every method may raise StoreUnavailable; those that write, RobotBusy."""

    def __init__(self, store: RobotStore, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._clock_ms = clock_ms

    def owned(self, owner_id: int, robot_id: str) -> Robot:
        """Raises RobotUnknown, also for a robot that is deleted or somebody else's."""
        robot = self._store.robot(robot_id) if len(robot_id) <= MAX_ID_CHARACTERS else None
        if robot is None or robot.owner_id != owner_id or robot.deleted_at_ms is not None:
            raise RobotUnknown
        return robot

    def of(self, owner_id: int, *, deleted: bool = False) -> list[Robot]:
        """The user's robots, the newest first; with ``deleted`` those deleted in the last thirty days instead."""
        found = self._store.robots_of(owner_id, _MAX_LISTED)
        return [robot for robot in reversed(found) if (robot.deleted_at_ms is not None) == deleted]

    def create(self, owner_id: int, name: str, settings: RobotSettings) -> Robot:
        """Raises TooManyRobots and DelaysReversed."""
        _check(settings)
        if len(self.of(owner_id)) >= MAX_ROBOTS_PER_USER:
            raise TooManyRobots
        now_ms = self._clock_ms()
        robot = Robot(
            robot_id=stamped_id("robot", now_ms),
            robot_uuid=str(uuid.uuid4()),
            name=name,
            created_at_ms=now_ms,
            owner_id=owner_id,
            settings=settings,
        )
        if not self._store.replace_robot(robot):
            raise RobotBusy
        return robot

    def update(self, owner_id: int, robot_id: str, name: str, changes: Mapping[str, Any]) -> Robot:
        """Change what is named in ``changes`` (fields of RobotSettings), keep the rest.

        Raises RobotUnknown and DelaysReversed.
        """
        for _ in range(WRITE_ATTEMPTS):
            robot = self.owned(owner_id, robot_id)
            settings = replace(robot.settings, **changes)
            _check(settings)
            changed = replace(robot, name=name, settings=settings)
            if self._store.replace_robot(changed):
                return changed
        raise RobotBusy

    def delete(self, owner_id: int, robot_id: str) -> None:
        """Mark the robot deleted, revoke its tokens, and end its activation code, all at once. Raises RobotUnknown."""
        for _ in range(WRITE_ATTEMPTS):
            robot = self.owned(owner_id, robot_id)
            gone = replace(robot, deleted_at_ms=self._clock_ms(), token_version=robot.token_version + 1)
            code = self._store.code(robot.activation_code) if robot.activation_code else None
            if code is None:
                done = self._store.replace_robot(gone)
            else:
                done = self._store.replace_code(code, replace(code, disabled=True), gone)
            if done:
                return
        raise RobotBusy


def _check(settings: RobotSettings) -> None:
    if settings.reply_delay_min > settings.reply_delay_max:
        raise DelaysReversed
