"""The HTTP calls of the WorkTool client and of those who used its own server, answered as that server does.

``{"code": 200, "message", "data"}`` with the robot's id in the query as the only credential, as for its socket
(shared.robots.worktool_socket): a robot with an activated device is unknown here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, Protocol

from flask import Blueprint, Response, jsonify
from pydantic import Field, ValidationError

from shared.robots.api.requests import CallbackUrl
from shared.robots.api.worktool_answers import WorkToolRequest, robot_of_the_query, worktool_success
from shared.robots.commands import Commands
from shared.robots.models import Robot
from shared.robots.online_watch import OnlineWatch
from shared.robots.send_requests import send_request
from shared.robots.third_party import ThirdParties
from shared.robots.worktool_frames import SEND_TEXT
from shared.robots.worktool_socket import WorkToolRobots
from shared.web.authentication import open_route
from shared.web.request_json import json_object
from shared.web.validation import api_error, validated

MAX_COMMANDS = 100
SEND_MESSAGE = "send_message"


class RawCommand(WorkToolRequest):
    """203 sends a text, 218 a picture or a file; nothing else can be asked for."""

    type: Literal[203, 218]
    title_list: list[str]
    received_content: str | None = None
    at_list: list[str] | None = None
    object_name: str | None = None
    file_url: str | None = None
    file_type: str | None = None
    extra_text: str | None = None

    def as_send_message(self, robot_id: str) -> dict[str, Any]:
        """The body of POST /api/robot/send-message that asks for the same."""
        if self.type == SEND_TEXT:
            kind, fields = "text", {"content": self.received_content, "atList": self.at_list}
        else:
            kind = "image" if self.file_type == "image" else "file"
            fields = {"objectName": self.object_name, "fileUrl": self.file_url, "fileType": self.file_type}
            fields |= {"extraText": self.extra_text} if kind == "image" else {}
        wanted = {"robotId": robot_id, "type": kind, "titleList": self.title_list, **fields}
        return {name: value for name, value in wanted.items() if value is not None}


class RawCommands(WorkToolRequest):
    socket_type: Literal[2]
    commands: Annotated[list[RawCommand], Field(min_length=1, max_length=MAX_COMMANDS, alias="list")]


class RobotUpdate(WorkToolRequest):
    """``replyAll`` is the client's own affair (which messages it reports), and only kept for it."""

    reply_all: Annotated[int, Field(ge=0, le=9)] | None = None
    open_callback: Annotated[int, Field(ge=0, le=1)] | None = None
    callback_url: CallbackUrl | None = None


class MoreViews(Protocol):
    """The calls that have modules of their own."""

    def add_to(self, blueprint: Blueprint) -> None: ...


class WorkToolViews:
    def __init__(
        self,
        robots: WorkToolRobots,
        commands: Commands,
        third_parties: Callable[[], ThirdParties],
        views: Sequence[MoreViews],
        watch: OnlineWatch,
    ) -> None:
        self._robots = robots
        self._commands = commands
        self._third_parties = third_parties
        self._views = views
        self._watch = watch

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("worktool", __name__)
        blueprint.get("/test")(self.test)
        blueprint.get("/appUpdate/checkUpdate")(self.check_update)
        blueprint.get("/robot/robotInfo/get")(self.show)
        blueprint.get("/robot/robotInfo/online")(self.online)
        blueprint.post("/robot/robotInfo/update")(self.update)
        blueprint.post("/wework/sendRawMessage")(self.send)
        for views in self._views:
            views.add_to(blueprint)
        return blueprint

    @open_route
    def test(self) -> Response:
        return worktool_success()

    @open_route
    def check_update(self) -> Response:
        """There is never a newer client here."""
        return worktool_success({})

    @open_route
    def show(self) -> Response:
        robot = self._robot()
        told = self._third_parties().of(robot.robot_id).message_callback_url
        created = dt.datetime.fromtimestamp(robot.created_at_ms / 1000, dt.UTC)
        data = {
            "robotId": robot.robot_id,
            "name": robot.name,
            "openCallback": 1 if told else 0,
            "callbackUrl": told,
            "replyAll": robot.settings.reply_all,
            "robotKeyCheck": 0,
            "encryptType": 0,
            "createTime": created.strftime("%Y-%m-%dT%H:%M:%S"),
        }
        return worktool_success(data)

    @open_route
    def online(self) -> Response:
        return worktool_success(self._watch.is_online(self._robot().robot_id))

    @open_route
    def update(self) -> Response:
        robot, wanted = self._robot(), validated(RobotUpdate, json_object())
        if wanted.open_callback == 0:
            self._third_parties().configure(robot.robot_id, {"message_callback_url": ""})
        elif wanted.callback_url is not None:
            self._third_parties().configure(robot.robot_id, {"message_callback_url": wanted.callback_url})
        if wanted.reply_all is not None:
            self._robots.set_reply_all(robot.robot_id, wanted.reply_all)
        return worktool_success()

    @open_route
    def send(self) -> Response:
        """``data`` is the id of the first command; a list of several gives ``ids`` too."""
        robot = self._robot()
        asked = validated(RawCommands, json_object()).commands
        # All are checked before the first is written.
        wanted = [_checked(one, robot.robot_id) for one in asked]
        self._commands.require_room(robot.robot_id, len(wanted))
        ids = [self._commands.enqueue(robot.robot_id, SEND_MESSAGE, params).command_id for params in wanted]
        return jsonify({"code": 200, "message": "success", "data": ids[0], "ids": ids})

    def _robot(self) -> Robot:
        return robot_of_the_query(self._robots)


def _checked(command: RawCommand, robot_id: str) -> dict[str, Any]:
    try:
        return send_request(command.as_send_message(robot_id)).command_params()
    except ValidationError as error:
        raise api_error(error) from None
