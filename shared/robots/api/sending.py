"""What a robot's owner has it do and whom it tells: send-message and the third-party callbacks."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from pydantic import ValidationError

from shared.robots.api import texts
from shared.robots.api.access import current_user, only
from shared.robots.api.answers import shown_moment, success
from shared.robots.api.requests import ConfigureThirdParty
from shared.robots.callback_failures import LastFailures
from shared.robots.callbacks import CallbackFailure
from shared.robots.commands import Commands
from shared.robots.robots import Robots
from shared.robots.send_requests import send_request
from shared.robots.third_party import ThirdParties
from shared.web.request_json import json_object
from shared.web.validation import api_error, validated

SEND_MESSAGE = "send_message"


class SendingViews:
    def __init__(
        self, robots: Robots, commands: Commands, third_parties: ThirdParties, last_failures: LastFailures
    ) -> None:
        self._robots = robots
        self._commands = commands
        self._third_parties = third_parties
        self._last_failures = last_failures

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("robots_sending", __name__, url_prefix="/api/robot")
        blueprint.post("/send-message")(self.send_message)
        blueprint.post("/third-party/config")(self.configure_third_party)
        blueprint.get("/third-party/config/<robot_id>")(self.show_third_party)
        return only("user", blueprint)

    def send_message(self) -> Response:
        try:
            wanted = send_request(json_object())
        except ValidationError as error:
            raise api_error(error) from None
        robot = self._robots.owned(current_user().user_id, wanted.robot_id)
        command = self._commands.enqueue(robot.robot_id, SEND_MESSAGE, wanted.command_params(), wanted.urgency)
        return success(texts.COMMAND_ISSUED, {"commandId": command.command_id, "status": command.state})

    def configure_third_party(self) -> Response:
        wanted = validated(ConfigureThirdParty, json_object())
        robot = self._robots.owned(current_user().user_id, wanted.robot_id)
        self._third_parties.configure(robot.robot_id, wanted.changes())
        return success(texts.CONFIGURED)

    def show_third_party(self, robot_id: str) -> Response:
        found = self._third_parties.of(self._robots.owned(current_user().user_id, robot_id).robot_id)
        return success(
            texts.OK,
            {
                "robotId": robot_id,
                "messageCallbackUrl": found.message_callback_url,
                "resultCallbackUrl": found.result_callback_url,
                "enableSignature": found.enable_signature,
                "isActive": found.is_active,
                "signatureForm": found.signature_form,
                "lastFailure": _shown_failure(self._last_failures.of(robot_id)),
            },
        )


def _shown_failure(failure: CallbackFailure | None) -> dict[str, Any] | None:
    if failure is None:
        return None
    return {
        "callback": failure.kind,
        "recordId": failure.record_id,
        "reason": failure.reason,
        "failedAt": shown_moment(failure.failed_at_ms),
    }
