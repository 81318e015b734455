"""The relay's way to the robots: shared.platforms.wecom's messages become send-message commands."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Protocol

from pydantic import ValidationError

from shared.aws.store_failures import StoreUnavailable
from shared.platforms.wecom import CommandQueueFull, CommandRejected, CommandsUnavailable, RobotGone
from shared.robots.dispatch import CommandDispatch
from shared.robots.errors import RobotBusy, TooManyOpenCommands
from shared.robots.models import Robot
from shared.robots.send_requests import send_request

COMMAND_TYPE = "send_message"
COMMAND_ID_PREFIX = "cmd_relay_"


class RobotRecords(Protocol):
    def robot(self, robot_id: str) -> Robot | None: ...


class RelayCommands:
    """Implements shared.platforms.wecom.RobotCommands."""

    def __init__(self, records: RobotRecords, dispatch: CommandDispatch) -> None:
        self._records = records
        self._dispatch = dispatch

    def send(self, robot_id: str, command: Mapping[str, Any], idempotency_key: str, reference: str = "") -> str:
        try:
            robot = self._records.robot(robot_id)
            if robot is None or robot.deleted_at_ms is not None:
                raise RobotGone
            request = send_request({**command, "robotId": robot_id})
            accepted = self._dispatch.send(
                robot_id,
                COMMAND_TYPE,
                request.command_params(),
                command_id=_command_id(idempotency_key),
                reference=reference,
            )
        except ValidationError as invalid:
            problems = invalid.errors(include_input=False)
            places = sorted({".".join(map(str, problem["loc"])) or str(problem["msg"]) for problem in problems})
            raise CommandRejected(f"the command is not valid: {', '.join(places)}") from None
        except TooManyOpenCommands as refused:
            raise CommandQueueFull(refused.limit) from None
        except (StoreUnavailable, RobotBusy):
            raise CommandsUnavailable from None
        return accepted.command_id


def _command_id(idempotency_key: str) -> str:
    return f"{COMMAND_ID_PREFIX}{hashlib.sha256(idempotency_key.encode()).hexdigest()[:32]}"
