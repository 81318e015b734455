"""Reports and commands with what follows from them: the records of the HTTP API, joined to pushes and callbacks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pydantic import ValidationError

from shared.robots.command_states import CommandResult
from shared.robots.commands import Commands, CommandStore, Ended
from shared.robots.device_requests import ReportMessage
from shared.robots.dispatch import CommandDispatch
from shared.robots.messages import Message, Messages, MessageStore, PictureStore
from shared.robots.models import Command, Robot

logger = logging.getLogger("kook_relay.robots")


class MessageTaken(Protocol):
    """Told of every message that was kept. Never raises."""

    def __call__(self, message: Message, robot: Robot) -> None: ...


class LiveCommands(Commands):
    """Commands whose robots are woken, and whose results are acted on."""

    def __init__(
        self,
        store: CommandStore,
        clock_ms: Callable[[], int],
        dispatch: CommandDispatch,
        ended: Ended | None = None,
    ) -> None:
        super().__init__(store, clock_ms, ended)
        self._dispatch = dispatch

    def enqueue(self, robot_id: str, command_type: str, params: Mapping[str, Any], priority: int = 1) -> Command:
        return self._dispatch.send(robot_id, command_type, params, priority)

    def record_result(self, robot_id: str, command_id: str, result: CommandResult) -> Command:
        return self._dispatch.report(robot_id, command_id, result)


class LiveMessages(Messages):
    """Messages that somebody is told of. Implements shared.robots.worktool_socket.MessageReports as well."""

    def __init__(
        self, store: MessageStore, pictures: PictureStore, clock_ms: Callable[[], int], taken: MessageTaken
    ) -> None:
        super().__init__(store, pictures, clock_ms)
        self._taken = taken

    def report(self, robot: Robot, report: ReportMessage) -> Message:
        message = super().report(robot, report)
        self._taken(message, robot)
        return message

    def take(self, robot: Robot, report: Mapping[str, Any]) -> None:
        try:
            checked = ReportMessage.model_validate(report)
        except ValidationError as invalid:
            logger.warning("a message was not taken", extra={"problems": invalid.error_count()})
            return
        self.report(robot, checked)
