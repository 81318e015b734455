"""``/ws?robotId&token``: a robot's own socket. Pings, commands to it, results from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import ValidationError

from shared.push.connections import CONNECTION_LIFETIME_SECONDS, Connection
from shared.push.handshake import Handshake, presented_credential
from shared.push.sockets import Admission, Refusal, Reply
from shared.push.subscriber_socket import MAX_TOKEN_CHARACTERS
from shared.robots.command_states import CommandResult
from shared.robots.device_requests import ReportResult
from shared.robots.dispatch import AFTER_CONNECT_SECONDS, RobotBell, robot_topic
from shared.robots.errors import CommandNotDelivered, CommandUnknown
from shared.robots.models import Command, Robot
from shared.robots.presence import Presence

SOCKET_NAME = "robot"
MAX_MESSAGE_CHARACTERS = 64 * 1024


class RobotTokens(Protocol):
    """Robot access tokens."""

    def robot_of(self, token: str) -> Robot | None:
        """The living robot a valid token speaks for. None for any other token; raises when it cannot tell."""


class Reports(Protocol):
    """The part of shared.robots.dispatch.CommandDispatch that takes results."""

    def report(self, robot_id: str, command_id: str, result: CommandResult) -> Command: ...


class RobotRecords(Protocol):
    def robot(self, robot_id: str) -> Robot | None: ...


def principal_of(robot: Robot) -> str:
    """Names the robot together with its token version: counting that up ends the connection's rights too."""
    return f"{robot.robot_id}@{robot.token_version}"


class LiveRobots:
    """Implements shared.robots.command_push.RobotAccess: a connection holds while its robot lives and the tokens it
    was opened with have not been revoked. May raise StoreUnavailable."""

    def __init__(self, records: RobotRecords) -> None:
        self._records = records

    def holds(self, principal: str, robot_id: str) -> bool:
        robot = self._records.robot(robot_id)
        return robot is not None and robot.deleted_at_ms is None and principal_of(robot) == principal


@dataclass(frozen=True, slots=True)
class Problem:
    """What is answered to a message that cannot be taken: an HTTP-like code, and the text in both languages."""

    code: int
    zh: str
    en: str


_NOT_JSON = Problem(
    400,
    '消息必须是带有 type 的 JSON 对象，例如 {"type":"ping"}',
    'Send a JSON object with a type, such as {"type":"ping"}',
)
_TOO_LARGE = Problem(
    413, f"消息超过 {MAX_MESSAGE_CHARACTERS} 个字符", f"The message is longer than {MAX_MESSAGE_CHARACTERS} characters"
)
_UNKNOWN_TYPE = Problem(400, "不支持这种消息类型；可用：ping、result", "Unknown type; use one of: ping, result")
_BAD_RESULT = Problem(
    400,
    "result 需要 data.commandId 与整数 data.errorCode（0 表示成功）",
    "A result needs data.commandId and a whole data.errorCode (0 is success)",
)
_UNKNOWN_COMMAND = Problem(404, "没有这条指令", "There is no such command")
_NOT_DELIVERED = Problem(409, "这条指令尚未下发", "The command has not been handed out")
REVOKED = Problem(401, "令牌已失效，请重新激活", "The token is no longer valid; activate again")


class RobotSocket:
    """Implements shared.push.sockets.SocketKind. ``tokens`` gives what knows tokens, which takes a key; ``clock_ms``
    gives epoch milliseconds."""

    name = SOCKET_NAME

    def __init__(
        self,
        tokens: Callable[[], RobotTokens],
        access: LiveRobots,
        presence: Presence,
        reports: Reports,
        bell: RobotBell,
        clock_ms: Callable[[], int],
    ) -> None:
        self._tokens = tokens
        self._access = access
        self._presence = presence
        self._reports = reports
        self._bell = bell
        self._clock_ms = clock_ms

    def serves(self, handshake: Handshake) -> bool:
        return handshake.path == "/ws" and "robotId" in handshake.query

    def connect(self, handshake: Handshake) -> Admission | Refusal:
        """The token is in the query, as the contract has it, or in a header, where no log of URLs ever sees it."""
        robot_id = handshake.query["robotId"]
        credential = presented_credential(handshake)
        tokens = credential.values if credential is not None else (handshake.query.get("token", ""),)
        for token in tokens:
            robot = self._tokens().robot_of(token) if 0 < len(token) <= MAX_TOKEN_CHARACTERS else None
            if robot is not None and robot.robot_id == robot_id:
                self._presence.note(robot_id)
                self._bell.ring_later(robot_id, AFTER_CONNECT_SECONDS)
                return Admission(
                    CONNECTION_LIFETIME_SECONDS,
                    robot_topic(robot_id),
                    principal_of(robot),
                    handshake.answered_subprotocol,
                )
        return Refusal(401)

    def receive(self, connection: Connection, text: str) -> Reply:
        robot_id = connection.principal.rpartition("@")[0]
        if not self._access.holds(connection.principal, robot_id):
            return Reply(self._error(connection, REVOKED), forget=True)
        if self._presence.note(robot_id):
            self._bell.ring(robot_id)
        if len(text) > MAX_MESSAGE_CHARACTERS:
            return Reply(self._error(connection, _TOO_LARGE))
        message = _object(text)
        if message is None:
            return Reply(self._error(connection, _NOT_JSON))
        if message["type"] == "ping":
            return Reply({"type": "pong", "timestamp": self._clock_ms()})
        if message["type"] in ("result", "command_result"):
            return self._result(connection, robot_id, message)
        return Reply(self._error(connection, _UNKNOWN_TYPE))

    def _result(self, connection: Connection, robot_id: str, message: Mapping[str, Any]) -> Reply:
        data = message.get("data")
        try:
            report = ReportResult.model_validate({**_as_report(data), "robotId": robot_id})
        except ValidationError:
            return Reply(self._error(connection, _BAD_RESULT))
        try:
            command = self._reports.report(robot_id, report.command_id, report.result())
        except CommandUnknown:
            return Reply(self._error(connection, _UNKNOWN_COMMAND, report.command_id))
        except CommandNotDelivered:
            return Reply(self._error(connection, _NOT_DELIVERED, report.command_id))
        data = {"commandId": command.command_id, "status": command.state}
        return Reply({"type": "result", "success": True, "data": data, "timestamp": self._clock_ms()})

    def _error(self, connection: Connection, problem: Problem, command_id: str = "") -> dict[str, Any]:
        message = problem.en if connection.language == "en" else problem.zh
        answer = {"type": "error", "code": problem.code, "message": message, "timestamp": self._clock_ms()}
        return {**answer, "data": {"commandId": command_id}} if command_id else answer


def _object(text: str) -> dict[str, Any] | None:
    if text.strip() == "ping":
        return {"type": "ping"}
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) and isinstance(message.get("type"), str) else None


def _as_report(data: Any) -> dict[str, Any]:
    """The report as POST command-result takes it. ``status`` may stand for the code: clients of this protocol say
    either."""
    if not isinstance(data, dict):
        return {}
    if "errorCode" not in data and data.get("status") in ("success", "failed"):
        return {**data, "errorCode": 0 if data["status"] == "success" else -1}
    return data
