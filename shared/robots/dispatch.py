"""Commands on their way: written down, watched over, and their robot woken when it is connected."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from shared.push.announcer import Announcements
from shared.push.topics import topic
from shared.robots.command_states import RETRY_DELAY_MS, CommandResult, is_finished
from shared.robots.commands import Commands
from shared.robots.models import RESULT_WITHIN_MS, Command
from shared.robots.watched_robots import WatchedRobots
from shared.stack_traces import failure_fields
from shared.tasks.orders import TaskOrder, TaskQueue

logger = logging.getLogger("kook_relay.robots")

WAKE_TASK = "robots.wake"
# A post to a connection whose $connect has not returned is refused: what is pending follows a moment later.
AFTER_CONNECT_SECONDS = 1
MAX_WATCHED_AT_ONCE = 200


def robot_topic(robot_id: str) -> str:
    return topic("robot", robot_id)


def wake_message(command_id: str = "") -> dict[str, Any]:
    """What a push order to a robot says; what is pending is looked up when it is carried out. A command is named where
    it was written just now: the listing of open commands trails by a moment."""
    return {"type": "wake", "command_id": command_id}


class Finished(Protocol):
    """Told of every command that has come to its end."""

    def __call__(self, command: Command, result: CommandResult) -> None: ...


class RobotBell:
    """Has the push function look after a robot. Best effort: the sweep rings again for whatever is left."""

    def __init__(self, announcements: Announcements, tasks: TaskQueue) -> None:
        self._announcements = announcements
        self._tasks = tasks

    def ring(self, robot_id: str, command_id: str = "") -> None:
        """Never raises; costs one index read when the robot is not connected. ``command_id``: as in wake_message."""
        self._announcements.announce(robot_topic(robot_id), lambda: [wake_message(command_id)])

    def ring_later(self, robot_id: str, seconds: int) -> None:
        """Ring after whole seconds. Never raises."""
        try:
            self._tasks.order(TaskOrder(WAKE_TASK, {"robot_id": robot_id}), delay_seconds=seconds)
        except Exception as error:  # noqa: BLE001 - a ring is never worth its caller's failure; the sweep rings too
            logger.error("a robot is not woken in time", extra=failure_fields(error))

    def wake(self, payload: Mapping[str, Any], seconds_left: Callable[[], float]) -> None:
        """The task ``robots.wake``."""
        self.ring(str(payload["robot_id"]))


class CommandDispatch:
    """The life of commands as the rest of the software starts and ends it."""

    def __init__(
        self,
        commands: Commands,
        watched: WatchedRobots,
        bell: RobotBell,
        clock_ms: Callable[[], int],
        finished: Finished | None = None,
    ) -> None:
        self._commands = commands
        self._watched = watched
        self._bell = bell
        self._clock_ms = clock_ms
        self._finished = finished

    def send(
        self,
        robot_id: str,
        command_type: str,
        params: Mapping[str, Any],
        priority: int = 1,
        *,
        command_id: str | None = None,
        reference: str = "",
    ) -> Command:
        """Accept a command: once this returns it is kept for 24 hours and reaches the robot if it connects.

        With ``command_id`` the same command may be sent again and again, and is one; ``reference``: as of a command's.
        Raises StoreUnavailable and
        RobotBusy; the command may then have been written all the same.
        """
        # Watched first: a command nobody watches over would never be found overdue.
        self._watched.watch(robot_id, self._clock_ms() + RESULT_WITHIN_MS)
        if command_id is None:
            command = self._commands.enqueue(robot_id, command_type, params, priority)
        else:
            command = self._commands.enqueue_once(command_id, robot_id, command_type, params, priority, reference)
        self._bell.ring(robot_id, command.command_id)
        return command

    def report(self, robot_id: str, command_id: str, result: CommandResult) -> Command:
        """Note a device's report; a failed try is pushed again after a second.

        Raises CommandUnknown, CommandNotDelivered, RobotBusy and StoreUnavailable.
        """
        command = self._commands.record_result(robot_id, command_id, result)
        if not is_finished(command):
            self._bell.ring_later(robot_id, max(1, RETRY_DELAY_MS // 1000))
        elif self._finished is not None:
            self._finished(command, result)
        return command

    def sweep(self) -> int:
        """Settle what is overdue and wake its robots; how many commands changed. One robot's failure costs the others
        nothing: it stays due."""
        now_ms = self._clock_ms()
        changed = 0
        for look in self._watched.due(now_ms, MAX_WATCHED_AT_ONCE):
            try:
                settlement = self._commands.settle(look.robot_id)
                if settlement.look_again_ms is not None:
                    self._watched.found_open(look, settlement.look_again_ms)
                else:
                    self._watched.found_none(look, now_ms + RESULT_WITHIN_MS)
            except Exception as error:  # noqa: BLE001 - the next sweep looks at it again
                logger.error("a robot's commands could not be looked at", extra=failure_fields(error))
                continue
            changed += settlement.changed
            if settlement.look_again_ms is not None:
                self._bell.ring(look.robot_id)
        return changed
