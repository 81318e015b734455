"""The WorkTool client's calls in the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from shared.robots.api.openapi.shapes import answered
from shared.robots.api.worktool import RawCommands, RobotUpdate
from shared.web.catalogue import Text
from shared.web.operations import Operation, QueryParameter, QueryText, RequestBody

_LIMITED = ("TOO_MANY_REQUESTS", "STORE_UNAVAILABLE")
_OF_A_ROBOT = (*_LIMITED, "ROBOT_UNKNOWN")
_ROBOT = (
    QueryParameter("robotId", QueryText, Text("机器人，也是凭据", "The robot, and the credential"), required=True),
)


class WorkToolDone(BaseModel):
    code: Literal[200]
    message: str
    data: None


class WorkToolUpdate(BaseModel):
    code: Literal[200]
    message: str
    data: dict[str, str] = Field(description="Empty: there is never a newer client here")


class WorkToolRobot(BaseModel):
    robotId: str
    name: str
    openCallback: Literal[0, 1]
    callbackUrl: str
    replyAll: int
    robotKeyCheck: int
    encryptType: int
    createTime: str = Field(examples=["2024-12-01T10:30:00"])


class WorkToolRobotShown(BaseModel):
    code: Literal[200]
    message: str
    data: WorkToolRobot


class WorkToolOnline(BaseModel):
    code: Literal[200]
    message: str
    data: bool


class WorkToolSent(BaseModel):
    code: Literal[200]
    message: str
    data: str = Field(description="The id of the first command")
    ids: list[str]


OPERATIONS = (
    Operation(
        id="worktool.test",
        methods=("GET",),
        path="/test",
        summary=Text("测试连接", "Whether the server is there"),
        answers=answered(WorkToolDone),
        errors=_LIMITED,
    ),
    Operation(
        id="worktool.check_update",
        methods=("GET",),
        path="/appUpdate/checkUpdate",
        summary=Text("检查客户端更新", "Whether there is a newer client"),
        answers=answered(WorkToolUpdate),
        errors=_LIMITED,
    ),
    Operation(
        id="worktool.show",
        methods=("GET",),
        path="/robot/robotInfo/get",
        summary=Text("机器人的设置", "The robot's settings"),
        query=_ROBOT,
        answers=answered(WorkToolRobotShown),
        errors=(*_OF_A_ROBOT, "SECRETS_UNREADABLE"),
    ),
    Operation(
        id="worktool.online",
        methods=("GET",),
        path="/robot/robotInfo/online",
        summary=Text("机器人是否在线", "Whether the robot is online"),
        query=_ROBOT,
        answers=answered(WorkToolOnline),
        errors=_OF_A_ROBOT,
    ),
    Operation(
        id="worktool.update",
        methods=("POST",),
        path="/robot/robotInfo/update",
        summary=Text("修改消息回调", "Change the callback for messages"),
        query=_ROBOT,
        body=RequestBody(RobotUpdate, examples={"off": {"openCallback": 0}}),
        answers=answered(WorkToolDone),
        errors=(*_OF_A_ROBOT, "SECRETS_UNREADABLE", "BUSY"),
    ),
    Operation(
        id="worktool.send",
        methods=("POST",),
        path="/wework/sendRawMessage",
        summary=Text("下发指令", "Have the robot send messages"),
        query=_ROBOT,
        body=RequestBody(
            RawCommands,
            examples={
                "text": {
                    "socketType": 2,
                    "list": [{"type": 203, "titleList": ["测试群1"], "receivedContent": "你好"}],
                }
            },
        ),
        answers=answered(WorkToolSent),
        errors=_OF_A_ROBOT,
    ),
)
