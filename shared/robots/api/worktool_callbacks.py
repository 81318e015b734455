"""Whom a WorkTool robot's owner has told of what, by WorkTool's numbers of its callbacks (worktool.apifox.cn:
robotInfo/callBack/bind). The robot's id in the query is the only credential, as in shared.robots.api.worktool.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from flask import Blueprint, Response
from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticKnownError

from shared.robots.api.requests import CallbackUrl
from shared.robots.api.worktool_answers import WorkToolRequest, robot_of_the_query, worktool_success
from shared.robots.third_party import ThirdParties, ThirdParty
from shared.robots.worktool_socket import WorkToolRobots
from shared.web.authentication import open_route
from shared.web.request_json import json_object
from shared.web.validation import validated

CallbackType = Literal[0, 1, 5, 6, 11]
_FIELDS: dict[CallbackType, str] = {
    0: "group_qr_callback_url",
    1: "result_callback_url",
    5: "online_callback_url",
    6: "offline_callback_url",
    11: "message_callback_url",
}
_NAMES: dict[CallbackType, str] = {
    0: "群二维码回调",
    1: "指令执行结果回调",
    5: "机器人上线回调",
    6: "机器人下线回调",
    11: "消息回调",
}


def _no_truth_value(value: Any) -> Any:
    """A literal compares: false would pass for 0 and true for 1."""
    if isinstance(value, bool):
        raise PydanticKnownError("int_type")
    return value


RequiredUrl = Annotated[CallbackUrl, StringConstraints(min_length=1)]


class DeleteCallback(WorkToolRequest):
    """0: QR codes of groups, 1: what became of commands, 5: the robot came online, 6: it went, 11: messages."""

    type: Annotated[CallbackType, BeforeValidator(_no_truth_value)]


class BindCallback(DeleteCallback):
    call_back_url: RequiredUrl = Field(repr=False)


class WorkToolCallbackViews:
    def __init__(self, robots: WorkToolRobots, third_parties: Callable[[], ThirdParties]) -> None:
        self._robots = robots
        self._third_parties = third_parties

    def add_to(self, blueprint: Blueprint) -> None:
        blueprint.post("/robot/robotInfo/callBack/bind")(self.bind)
        blueprint.get("/robot/robotInfo/callBack/get")(self.list_all)
        blueprint.post("/robot/robotInfo/callBack/deleteByType")(self.delete)

    @open_route
    def bind(self) -> Response:
        robot, wanted = robot_of_the_query(self._robots), validated(BindCallback, json_object())
        self._third_parties().configure(robot.robot_id, {_FIELDS[wanted.type]: wanted.call_back_url})
        return worktool_success()

    @open_route
    def list_all(self) -> Response:
        return worktool_success(_shown(self._third_parties().of(robot_of_the_query(self._robots).robot_id)))

    @open_route
    def delete(self) -> Response:
        """``data`` is what is left."""
        robot, wanted = robot_of_the_query(self._robots), validated(DeleteCallback, json_object())
        return worktool_success(_shown(self._third_parties().configure(robot.robot_id, {_FIELDS[wanted.type]: ""})))


def _shown(told: ThirdParty) -> list[dict[str, Any]]:
    return [
        {"type": kind, "typeName": _NAMES[kind], "callBackUrl": getattr(told, name)}
        for kind, name in _FIELDS.items()
        if getattr(told, name)
    ]
