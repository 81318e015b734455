"""What follows when a command has come to its end: its third party is told, and a failure is in the activity log.

A command ends by its device's report, or by time alone: a third try without a result, a day without its device. Whoever
notices (the robot's socket, the HTTP API, a push, the sweep), the same follows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from shared.robots.activity_log import Level, LogType
from shared.robots.command_states import EXPIRED_REASON, NO_LATE_RESULT_REASON, NO_RESULT_REASON, CommandResult
from shared.robots.models import Command
from shared.robots.relay_commands import COMMAND_ID_PREFIX
from shared.stack_traces import failure_fields
from shared.tasks.orders import TaskOrder

logger = logging.getLogger("kook_relay.robots")

# What the relay's log says of a message whose command failed.
RELAY_ERROR_CODE = "robot_command_failed"
FAILED_MESSAGE = "a command failed for good"
# Reasons of our own. What a device wrote stays with the command.
_REASONS: Mapping[str, str] = {
    EXPIRED_REASON: "not_collected",
    NO_RESULT_REASON: "no_result",
    NO_LATE_RESULT_REASON: "no_result",
}


class Log(Protocol):
    """The part of shared.robots.activity_log.ActivityLog that is written to. May raise StoreUnavailable."""

    def note(self, log_type: LogType, level: Level, message: str, details: Mapping[str, Any] | None = None) -> None: ...


class Orders(Protocol):
    def order(self, task: TaskOrder, *, delay_seconds: int = 0) -> None: ...


class CommandEndings:
    """Implements shared.robots.dispatch.Finished (``reported``) and shared.robots.commands.Ended (``timed_out``).

    ``callback`` makes the task that tells a command's third party, ``relayed`` the one that tells the relay what became
    of its message (its reference, an error code and a text); ``log`` is asked for when the first one fails.
    """

    def __init__(
        self,
        reported: Callable[[Command, CommandResult], None],
        callback: Callable[[Command], TaskOrder],
        tasks: Orders,
        log: Callable[[], Log],
        relayed: Callable[[str, str, str], TaskOrder],
    ) -> None:
        self._relayed = relayed
        self._reported = reported
        self._callback = callback
        self._tasks = tasks
        self._log = log

    def reported(self, command: Command, result: CommandResult) -> None:
        """Its device reported. Never raises."""
        self._reported(command, result)
        self._note(command)

    def timed_out(self, command: Command) -> None:
        """Nobody reported. Never raises. Whether there is anybody to tell is looked up by the task: the function that
        notices this may open no secrets."""
        try:
            self._tasks.order(self._callback(command))
        except Exception as error:  # noqa: BLE001 - the ending itself is written down; this is only its announcement
            logger.error("a callback was not ordered", extra=failure_fields(error, callback="result"))
        self._note(command)

    def _note(self, command: Command) -> None:
        if command.state != "failed":
            return
        if command.reference:
            self._tell_the_relay(command)
        details = {
            "robotId": command.robot_id,
            "commandId": command.command_id,
            "fromRelay": command.command_id.startswith(COMMAND_ID_PREFIX),
            "reason": _REASONS.get(command.error_reason, "reported"),
            "errorCode": command.error_code,
            "attempts": command.attempts,
        }
        try:
            self._log().note("error", "warn", FAILED_MESSAGE, details)
        except Exception as error:  # noqa: BLE001 - as above
            logger.error("a failed command was not noted", extra=failure_fields(error))

    def _tell_the_relay(self, command: Command) -> None:
        """A reason of ours, or the device's number: what it wrote stays with the command."""
        reason = _REASONS.get(command.error_reason, f"reported error {command.error_code}")
        text = f"{reason} (command {command.command_id}, {command.attempts} tries)"
        try:
            self._tasks.order(self._relayed(command.reference, RELAY_ERROR_CODE, text))
        except Exception as error:  # noqa: BLE001 - the log of the robots has it
            logger.error("the relay was not told of a failed command", extra=failure_fields(error))
