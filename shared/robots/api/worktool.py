"""The HTTP calls of the WorkTool client and of those who used its own server, answered as that server does.

``{"code": 200, "message", "data"}`` with the robot's id in the query as the only credential, as for its socket
(shared.robots.worktool_socket): a robot with an activated device is unknown here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Protocol

from flask import Blueprint, Response, jsonify
from pydantic import BeforeValidator, Field

from shared.robots.api.requests import CallbackUrl
from shared.robots.api.worktool_answers import WorkToolRequest, robot_of_the_query, worktool_success
from shared.robots.api.worktool_commands import wanted_commands
from shared.robots.commands import Commands
from shared.robots.models import Robot
from shared.robots.online_watch import OnlineWatch
from shared.robots.third_party import ThirdParties
from shared.robots.worktool_socket import WorkToolRobots
from shared.web.authentication import open_route
from shared.web.request_json import json_object
from shared.web.validation import validated

_DIGITS = frozenset("0123456789")


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value in _DIGITS else value


ReplyAll = Annotated[int, BeforeValidator(_number), Field(ge=0, le=9)]


class RobotUpdate(WorkToolRequest):
    """``replyAll`` and ``encryptType`` are the client's own affair (which messages it reports, whether it encrypts its
    frames), and only kept for it. WorkTool's documents have ``replyAll`` as a text and as a number."""

    reply_all: ReplyAll | None = None
    encrypt_type: Annotated[int, Field(ge=0, le=1)] | None = None
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
            "encryptType": robot.settings.encrypt_type,
            "createTime": created.strftime("%Y-%m-%dT%H:%M:%S"),
            "enableAdd": True,
            "callBackRequestType": 2,
            "robotType": 0,
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
        self._robots.keep_settings(robot.robot_id, reply_all=wanted.reply_all, encrypt_type=wanted.encrypt_type)
        return worktool_success()

    @open_route
    def send(self) -> Response:
        """``data`` is the id of the first command; a list of several gives ``ids`` too."""
        robot = self._robot()
        # All are checked before the first is written.
        wanted = wanted_commands(json_object(), robot.robot_id)
        self._commands.require_room(robot.robot_id, len(wanted))
        ids = [self._commands.enqueue(robot.robot_id, *one).command_id for one in wanted]
        return jsonify({"code": 200, "message": "success", "data": ids[0], "ids": ids})

    def _robot(self) -> Robot:
        return robot_of_the_query(self._robots)
