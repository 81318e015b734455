"""What devices call: activation and token refresh without a token, messages and commands with the robot's."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request

from shared.robots.activation import Activations
from shared.robots.api import texts
from shared.robots.api.access import current_robot, only
from shared.robots.api.answers import shown_exactly, shown_moment, success
from shared.robots.api.requests import RefreshToken
from shared.robots.commands import Commands
from shared.robots.device_requests import Activate, ReportMessage, ReportResult
from shared.robots.messages import Messages
from shared.robots.tokens import Bearer, RobotTokens
from shared.web.authentication import open_route
from shared.web.errors import ApiError, FieldProblem
from shared.web.parameters import query_text
from shared.web.request_json import json_object
from shared.web.validation import validated

# A picture of 4 MiB is 5.6 million characters of base64; Lambda takes 6 MB in all.
MAX_REPORT_BYTES = 6_000_000


class ActivationViews:
    def __init__(self, activations: Activations, tokens: RobotTokens) -> None:
        self._activations = activations
        self._tokens = tokens

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("robots_activation", __name__)
        blueprint.post("/api/robot-ids/activate")(self.activate)
        blueprint.post("/api/robot/refresh-token")(self.refresh)
        return blueprint

    @open_route
    def activate(self) -> Response:
        wanted = validated(Activate, json_object())
        done = self._activations.activate(wanted.code, wanted.device_info.as_device())
        pair = self._tokens.for_robot(done.robot)
        return success(
            texts.ACTIVATED if done.is_new else texts.ACTIVATED_AGAIN,
            {
                "robotId": done.robot.robot_id,
                "robotUuid": done.robot.robot_uuid,
                "token": pair.access,
                "refreshToken": pair.refresh,
                "expiresAt": shown_exactly(pair.expires_at * 1000),
                "isNewActivation": done.is_new,
            },
            201 if done.is_new else 200,
        )

    @open_route
    def refresh(self) -> Response:
        token = self._tokens.refreshed(validated(RefreshToken, json_object()).refresh_token)
        return success(texts.OK, {"token": token.text, "expiresAt": shown_exactly(token.expires_at * 1000)})


class DeviceViews:
    """``seen`` is told of every request that a robot's token lets in: its device is there."""

    def __init__(self, messages: Messages, commands: Commands, seen: Callable[[str], None]) -> None:
        self._messages = messages
        self._commands = commands
        self._seen = seen

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("robots_device", __name__, url_prefix="/api/robot")
        blueprint.post("/messages")(self.report_message)
        blueprint.get("/commands")(self.hand_out_commands)
        blueprint.post("/command-result")(self.record_result)
        return only("robot", blueprint, self._note_presence)

    def report_message(self) -> Response:
        request.max_content_length = MAX_REPORT_BYTES
        report = validated(ReportMessage, json_object())
        message = self._messages.report(current_robot(report.robot_id), report)
        return success(texts.MESSAGE_RECEIVED, {"messageId": message.message_id})

    def hand_out_commands(self) -> Response:
        robot_id = query_text("robotId")
        if robot_id is None:
            raise ApiError("MISSING_PARAMETER", problems=[FieldProblem("robotId", "missing")])
        commands = self._commands.hand_out(current_robot(robot_id).robot_id)
        shown = [
            {
                "commandId": command.command_id,
                "commandType": command.command_type,
                "commandParams": dict(command.params),
                "createdAt": shown_moment(command.created_at_ms),
            }
            for command in commands
        ]
        return success(texts.OK, {"commands": shown})

    def record_result(self) -> Response:
        report = validated(ReportResult, json_object())
        robot = current_robot(report.robot_id)
        self._commands.record_result(robot.robot_id, report.command_id, report.result())
        return success(texts.RESULT_RECORDED)

    def _note_presence(self, bearer: Bearer) -> None:
        if bearer.robot is not None:
            self._seen(bearer.robot.robot_id)
