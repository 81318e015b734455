"""Reports and commands with what follows from them: the records of the HTTP API, joined to pushes and callbacks."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from pydantic import ValidationError

from shared.robots.callbacks import CallbackKind, result_payload
from shared.robots.command_states import CommandResult
from shared.robots.commands import Commands, CommandStore, Ended
from shared.robots.device_requests import IMAGE_TEXT_TYPE, ReportMessage
from shared.robots.dispatch import CommandDispatch
from shared.robots.errors import PictureMissing
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


class RobotRecords(Protocol):
    def robot(self, robot_id: str) -> Robot | None: ...

    def command(self, robot_id: str, command_id: str) -> Command | None: ...


class MessageRecords(Protocol):
    def message(self, robot_id: str, message_id: str) -> Message | None: ...


class RecordPayloads:
    """Implements shared.robots.callbacks.CallbackPayloads."""

    def __init__(self, robots: RobotRecords, messages: MessageRecords, pictures: PictureStore) -> None:
        self._robots = robots
        self._messages = messages
        self._pictures = pictures

    def payload(self, kind: CallbackKind, robot_id: str, record_id: str) -> Mapping[str, Any] | None:
        if kind == "result":
            command = self._robots.command(robot_id, record_id)
            return None if command is None else result_payload(command)
        robot, message = self._robots.robot(robot_id), self._messages.message(robot_id, record_id)
        if robot is None or robot.deleted_at_ms is not None or message is None:
            return None
        return self._message_payload(robot, message)

    def _message_payload(self, robot: Robot, message: Message) -> dict[str, Any]:
        payload: dict[str, Any] = {
            "robotId": robot.robot_id,
            "robotUuid": robot.robot_uuid,
            "messageId": message.message_id,
            "spoken": message.spoken,
            "rawSpoken": message.raw_spoken,
            "receivedName": message.received_name,
            "groupName": message.group_name,
            "groupRemark": message.group_remark,
            "roomType": message.room_type,
            "atMe": message.at_me,
            "textType": message.text_type,
            "timestamp": _iso(message.said_at_ms),
        }
        if message.text_type == IMAGE_TEXT_TYPE and message.picture:
            try:
                content = self._pictures.load(message.picture)
            except PictureMissing:  # it has expired: the message is told without it
                return payload
            payload["fileBase64"] = base64.b64encode(content).decode("ascii")
        return payload


def _iso(epoch_ms: int) -> str:
    moment = datetime.fromtimestamp(epoch_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
