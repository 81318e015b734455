"""/api/robots/{robotId}/records: what a robot's owner had it do of late, and what it heard."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from flask import Blueprint, Response

from shared.robots.api import texts
from shared.robots.api.access import current_user, only
from shared.robots.api.answers import shown_exactly, success
from shared.robots.commands import Asked
from shared.robots.messages import Messages
from shared.robots.models import Command
from shared.robots.robots import Robots
from shared.web.parameters import query_integer

MAX_RECORDS = 100
_DEFAULT_RECORDS = 30


class CommandRecords(Protocol):
    def asked_commands(self, robot_id: str, limit: int, asked: Asked) -> Iterable[Command]:
        """By time. May raise StoreUnavailable."""


class RobotRecordViews:
    """``commands`` is asked for with the first request. A list costs what it holds: both are read newest first."""

    def __init__(self, robots: Robots, messages: Messages, commands: Callable[[], CommandRecords]) -> None:
        self._robots = robots
        self._messages = messages
        self._commands = commands

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("robots_records", __name__, url_prefix="/api/robots")
        blueprint.get("/<robot_id>/records")(self.list_records)
        return only("user", blueprint)

    def list_records(self, robot_id: str) -> Response:
        limit = query_integer("limit", minimum=1, maximum=MAX_RECORDS) or _DEFAULT_RECORDS
        known_id = self._robots.owned(current_user().user_id, robot_id).robot_id
        commands = self._commands().asked_commands(known_id, limit, Asked())
        messages = self._messages.latest(known_id, limit)
        return success(
            texts.OK,
            {
                "commands": [_shown_command(command) for command in commands],
                "messages": [
                    {
                        "messageId": message.message_id,
                        "spoken": message.spoken,
                        "receivedName": message.received_name,
                        "groupName": message.group_name,
                        "roomType": message.room_type,
                        "atMe": message.at_me,
                        "textType": message.text_type,
                        "receivedAt": shown_exactly(message.received_at_ms),
                    }
                    for message in messages
                ],
            },
        )


def _shown_command(command: Command) -> dict[str, Any]:
    return {
        "commandId": command.command_id,
        "commandType": command.command_type,
        "commandParams": dict(command.params),
        "priority": command.priority,
        "status": command.state,
        "attempts": command.attempts,
        "createdAt": shown_exactly(command.created_at_ms),
        "finishedAt": None if command.finished_at_ms is None else shown_exactly(command.finished_at_ms),
        "errorCode": command.error_code,
        "errorReason": command.error_reason,
        "executionTimeMs": command.execution_time_ms,
    }
