"""What devices call, in the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from shared.robots.api.openapi.shapes import ExactMoment, Jwt, Moment, answered
from shared.robots.api.requests import RefreshToken
from shared.robots.device_requests import Activate, ReportMessage, ReportResult
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation, QueryParameter, QueryText, RequestBody

_OF_ITS_OWN = ("FORBIDDEN", "OTHER_ROBOT", "TOO_MANY_REQUESTS")


class Activation(BaseModel):
    robotId: str
    robotUuid: str
    token: Jwt
    refreshToken: Jwt
    expiresAt: ExactMoment
    isNewActivation: bool


class DeviceActivated(BaseModel):
    code: Literal[200, 201]
    message: str
    data: Activation


class FreshToken(BaseModel):
    token: Jwt
    expiresAt: ExactMoment


class TokenRefreshed(BaseModel):
    code: Literal[0]
    message: str
    data: FreshToken


class MessageId(BaseModel):
    messageId: str


class MessageReceived(BaseModel):
    code: Literal[0]
    message: str
    data: MessageId


class HandedCommand(BaseModel):
    commandId: str
    commandType: str = Field(examples=["send_message"])
    commandParams: dict[str, Any]
    createdAt: Moment


class CommandList(BaseModel):
    commands: list[HandedCommand]


class CommandsHanded(BaseModel):
    code: Literal[0]
    message: str
    data: CommandList


OPERATIONS = (
    Operation(
        id="devices.activate",
        methods=("POST",),
        path="/api/robot-ids/activate",
        summary=Text("用激活码激活设备", "Activate a device with a code"),
        body=RequestBody(
            Activate,
            examples={
                "device": {
                    "code": "3CQ4Z9LE",
                    "deviceInfo": {
                        "deviceId": "9774d56d682e549c",
                        "brand": "Xiaomi",
                        "model": "Mi 10",
                        "os": "Android",
                        "osVersion": "13",
                    },
                }
            },
        ),
        answers=(
            Answer(201, Text("该设备首次激活", "The device is activated"), DeviceActivated),
            Answer(
                200, Text("同一设备再次激活，得到新令牌", "The same device again, with new tokens"), DeviceActivated
            ),
        ),
        errors=(
            "CODE_UNKNOWN",
            "CODE_DISABLED",
            "CODE_EXPIRED",
            "CODE_BOUND_ELSEWHERE",
            "TOO_MANY_REQUESTS",
            "BUSY",
            "STORE_UNAVAILABLE",
        ),
    ),
    Operation(
        id="devices.refresh",
        methods=("POST",),
        path="/api/robot/refresh-token",
        summary=Text("用刷新令牌换取新令牌", "Get another access token with the refresh token"),
        description=Text("用户的刷新令牌同样可用。", "Users' refresh tokens are taken too."),
        body=RequestBody(RefreshToken, examples={"token": {"refreshToken": "eyJhbGciOiJIUzI1NiJ9.EXAMPLE.EXAMPLE"}}),
        answers=answered(TokenRefreshed),
        errors=("INVALID_TOKEN", "CODE_DISABLED", "CODE_EXPIRED", "TOO_MANY_REQUESTS", "STORE_UNAVAILABLE"),
    ),
    Operation(
        id="devices.report_message",
        methods=("POST",),
        path="/api/robot/messages",
        summary=Text("上报收到的消息", "Report a message that was seen"),
        description=Text(
            "fileBase64 只在 textType 为 2 时读取，图片最大 4 MiB，保存在对象存储中。",
            "fileBase64 is read only where textType is 2: a picture of at most 4 MiB, kept outside the database.",
        ),
        body=RequestBody(
            ReportMessage,
            examples={
                "text": {
                    "robotId": "robot_1703123456789_abc123",
                    "spoken": "你好啊",
                    "rawSpoken": "@机器人 你好啊",
                    "receivedName": "张三",
                    "groupName": "测试群1",
                    "roomType": 1,
                    "atMe": True,
                    "textType": 1,
                    "timestamp": "2024-12-01T10:30:00Z",
                }
            },
        ),
        answers=answered(MessageReceived),
        errors=(*_OF_ITS_OWN, "PICTURES_UNAVAILABLE", "BUSY"),
    ),
    Operation(
        id="devices.commands",
        methods=("GET",),
        path="/api/robot/commands",
        summary=Text("取得待执行指令，每条只下发一次", "Get the commands to execute, each handed out once"),
        query=(QueryParameter("robotId", QueryText, Text("令牌所属的机器人", "The token's own robot"), required=True),),
        answers=answered(CommandsHanded),
        errors=_OF_ITS_OWN,
    ),
    Operation(
        id="devices.command_result",
        methods=("POST",),
        path="/api/robot/command-result",
        summary=Text("上报指令执行结果，可重复", "Report what became of a command; safe to repeat"),
        body=RequestBody(
            ReportResult,
            examples={
                "success": {
                    "robotId": "robot_1703123456789_abc123",
                    "commandId": "cmd_1703123456789_abc123",
                    "errorCode": 0,
                    "executionTimeMs": 2500,
                    "successList": ["张三"],
                }
            },
        ),
        answers=answered(),
        errors=(*_OF_ITS_OWN, "COMMAND_UNKNOWN", "COMMAND_NOT_DELIVERED", "BUSY"),
    ),
)
