"""/api/robots and what owners have their robots do, in the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, RootModel

from shared.robots.api.openapi.shapes import DeviceSummary, ExactMoment, Moment, answered, paging, period
from shared.robots.api.records import MAX_RECORDS
from shared.robots.api.requests import ConfigureThirdParty, CreateRobot, UpdateRobot
from shared.robots.callbacks import CallbackKind
from shared.robots.models import AiMode, CommandState
from shared.robots.send_requests import SendFile, SendImage, SendText
from shared.robots.third_party import SignatureForm
from shared.web.catalogue import Text
from shared.web.operations import Operation, QueryParameter, RequestBody

_GUARDED = ("FORBIDDEN", "TOO_MANY_REQUESTS")
_ONES_OWN = (*_GUARDED, "ROBOT_UNKNOWN")
_ONE = {"robot_id": str}
_SINGLE = "/api/robots/{robot_id}"
_Limit: Any = Annotated[int, Field(ge=1, le=MAX_RECORDS)]


class SendMessage(RootModel[SendText | SendImage | SendFile]):
    """A text, an image or a file, by ``type``."""


class ListedRobot(BaseModel):
    robotId: str
    name: str
    status: Literal["online", "offline", "deleted"] = Field(description="offline after 60 seconds of silence")
    aiMode: AiMode
    aiProvider: str
    totalMessages: int
    aiCallsToday: int
    lastActiveAt: Moment | None
    deviceInfo: DeviceSummary | None
    createdAt: Moment


class RobotPage(BaseModel):
    total: int
    list: list[ListedRobot]


class RobotsListed(BaseModel):
    code: Literal[0]
    message: str
    data: RobotPage


class WholeDevice(DeviceSummary):
    os: str
    osVersion: str


class ActivationInfo(BaseModel):
    code: str
    firstActivatedAt: Moment | None
    lastActivatedAt: Moment | None


class WholeRobot(ListedRobot):
    deviceInfo: WholeDevice | None
    robotUuid: str
    aiModel: str
    aiTemperature: float
    aiMaxTokens: int
    aiContextLength: int
    aiScenario: str
    replyDelayMin: int = Field(description="Seconds")
    replyDelayMax: int = Field(description="Seconds")
    aiCallLimitDaily: int
    activationInfo: ActivationInfo | None


class RobotShown(BaseModel):
    code: Literal[0]
    message: str
    data: WholeRobot


class NamedRobot(BaseModel):
    robotId: str
    name: str


class RobotCreated(BaseModel):
    code: Literal[0]
    message: str
    data: NamedRobot


class CountedName(BaseModel):
    name: str
    messageCount: int


class RobotFigures(BaseModel):
    totalMessages: int
    totalAICalls: int
    avgResponseTime: float = Field(description="Seconds that commands took, to one decimal")
    successRate: float = Field(description="Percent of the commands that ended, to one decimal")
    topContacts: list[CountedName]
    topGroups: list[CountedName]


class RobotFiguresShown(BaseModel):
    code: Literal[0]
    message: str
    data: RobotFigures


class RecordedCommand(BaseModel):
    commandId: str
    commandType: str
    commandParams: dict[str, Any] = Field(description="As it was asked for")
    priority: int
    status: CommandState
    attempts: int = Field(description="How often it was handed out")
    createdAt: ExactMoment
    finishedAt: ExactMoment | None
    errorCode: int | None
    errorReason: str
    executionTimeMs: int | None


class RecordedMessage(BaseModel):
    messageId: str
    spoken: str
    receivedName: str
    groupName: str
    roomType: int
    atMe: bool
    textType: int
    receivedAt: ExactMoment


class RobotRecords(BaseModel):
    """Both newest first."""

    commands: list[RecordedCommand]
    messages: list[RecordedMessage]


class RobotRecordsShown(BaseModel):
    code: Literal[0]
    message: str
    data: RobotRecords


class IssuedCommand(BaseModel):
    commandId: str
    status: Literal["pending"]


class CommandIssued(BaseModel):
    code: Literal[0]
    message: str
    data: IssuedCommand


class CallbackFailed(BaseModel):
    """A callback that was given up after its retries."""

    callback: CallbackKind
    recordId: str = Field(description="The message's or the command's id")
    reason: str = Field(examples=["http_503", "timeout", "destination_refused"])
    failedAt: Moment


class Callbacks(BaseModel):
    robotId: str
    messageCallbackUrl: str
    resultCallbackUrl: str
    enableSignature: bool
    isActive: bool
    signatureForm: SignatureForm
    lastFailure: CallbackFailed | None = Field(description="The last one of thirty days")


class CallbacksShown(BaseModel):
    code: Literal[0]
    message: str
    data: Callbacks


OPERATIONS = (
    Operation(
        id="robots.list",
        methods=("GET",),
        path="/api/robots",
        summary=Text("列出自己的机器人", "List one's robots"),
        query=paging(
            QueryParameter("status", Literal["online", "offline", "deleted"], Text("只看该状态", "Only this status"))
        ),
        answers=answered(RobotsListed),
        errors=_GUARDED,
    ),
    Operation(
        id="robots.create",
        methods=("POST",),
        path="/api/robots",
        summary=Text("创建机器人", "Make a robot"),
        body=RequestBody(CreateRobot, examples={"robot": {"name": "客服机器人1", "aiMode": "builtin"}}),
        answers=answered(RobotCreated),
        errors=(*_GUARDED, "TOO_MANY_ROBOTS", "BUSY"),
    ),
    Operation(
        id="robots.show",
        methods=("GET",),
        path=_SINGLE,
        path_kinds=_ONE,
        summary=Text("查看一台机器人", "Show one robot"),
        answers=answered(RobotShown),
        errors=_ONES_OWN,
    ),
    Operation(
        id="robots.update",
        methods=("PUT",),
        path=_SINGLE,
        path_kinds=_ONE,
        summary=Text("修改机器人，未提交的项保持不变", "Change a robot; what is not sent stays as it is"),
        body=RequestBody(UpdateRobot, examples={"delays": {"name": "客服", "replyDelayMin": 2, "replyDelayMax": 5}}),
        answers=answered(),
        errors=(*_ONES_OWN, "BUSY"),
    ),
    Operation(
        id="robots.delete",
        methods=("DELETE",),
        path=_SINGLE,
        path_kinds=_ONE,
        summary=Text("删除机器人，30 天后清除", "Delete a robot; it is purged after 30 days"),
        description=Text("它的激活码从此不能再用。", "Its activation code is of no use any more."),
        answers=answered(),
        errors=(*_ONES_OWN, "BUSY"),
    ),
    Operation(
        id="robots.statistics",
        methods=("GET",),
        path=f"{_SINGLE}/statistics",
        path_kinds=_ONE,
        summary=Text("机器人的统计", "What a robot did"),
        query=period(),
        answers=answered(RobotFiguresShown),
        errors=_ONES_OWN,
    ),
    Operation(
        id="robots.records",
        methods=("GET",),
        path=f"{_SINGLE}/records",
        path_kinds=_ONE,
        summary=Text("机器人最近的指令与消息", "A robot's latest commands and messages"),
        description=Text(
            "主人下达的指令和机器人上报的消息，最新的在前，各最多 limit 条。",
            "Commands its owner gave and messages it reported, newest first, at most limit of each.",
        ),
        query=(QueryParameter("limit", _Limit, Text("各最多多少条", "How many of each at most"), default=30),),
        answers=answered(RobotRecordsShown),
        errors=_ONES_OWN,
    ),
    Operation(
        id="robots.send_message",
        methods=("POST",),
        path="/api/robot/send-message",
        summary=Text("发送文本、图片或文件", "Send a text, an image or a file"),
        body=RequestBody(
            SendMessage,
            examples={
                "text": {
                    "robotId": "robot_1703123456789_abc123",
                    "type": "text",
                    "titleList": ["测试群1"],
                    "content": "你好！",
                    "atList": ["张三"],
                },
                "image": {
                    "robotId": "robot_1703123456789_abc123",
                    "type": "image",
                    "titleList": ["测试群1"],
                    "fileUrl": "https://cdn.example.com/image.jpg",
                    "fileType": "image",
                    "objectName": "reply.jpg",
                },
                "file": {
                    "robotId": "robot_1703123456789_abc123",
                    "type": "file",
                    "titleList": ["张三"],
                    "fileUrl": "https://cdn.example.com/file.pdf",
                    "fileType": "*",
                    "objectName": "document.pdf",
                },
            },
        ),
        answers=answered(CommandIssued),
        errors=(*_ONES_OWN, "TOO_MANY_OPEN_COMMANDS", "BUSY"),
    ),
    Operation(
        id="third_party.configure",
        methods=("POST",),
        path="/api/robot/third-party/config",
        summary=Text("配置第三方回调", "Say whom to tell of messages and results"),
        body=RequestBody(
            ConfigureThirdParty,
            examples={
                "signed": {
                    "robotId": "robot_1703123456789_abc123",
                    "messageCallbackUrl": "https://api.example.com/callback",
                    "enableSignature": True,
                    "secretKey": "EXAMPLE",
                }
            },
        ),
        answers=answered(),
        errors=(*_ONES_OWN, "SECRETS_UNREADABLE", "BUSY"),
    ),
    Operation(
        id="third_party.show",
        methods=("GET",),
        path="/api/robot/third-party/config/{robot_id}",
        path_kinds=_ONE,
        summary=Text("查看第三方回调，不含密钥", "Show the callbacks, without the secret"),
        answers=answered(CallbacksShown),
        errors=(*_ONES_OWN, "SECRETS_UNREADABLE"),
    ),
)
