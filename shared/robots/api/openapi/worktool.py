"""The WorkTool client's calls in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from shared.robots.api.openapi.shapes import answered
from shared.robots.api.worktool import RobotUpdate
from shared.robots.api.worktool_callbacks import BindCallback, CallbackType, DeleteCallback
from shared.robots.api.worktool_commands import RawCommands
from shared.robots.api.worktool_lists import DEFAULT_PERIODS
from shared.robots.api.worktool_pages import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, MAX_WALKED
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation, QueryParameter, QueryText, RequestBody

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
    enableAdd: Literal[True]
    callBackRequestType: Literal[2] = Field(description="JSON")
    robotType: Literal[0] = Field(description="WeCom")


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


class WorkToolPage(BaseModel):
    pageNum: int
    pageSize: int
    totalPage: int = Field(description="One more than this page where another follows; 0 without any row")
    total: int = Field(description="Rows as far as they are known: up to this page, and one more where another follows")


class WorkToolCommand(BaseModel):
    messageId: str
    robotId: str
    type: int = Field(description="203: a text, 218: a picture or a file, others: operations", examples=[203])
    apiSend: Literal[1]
    rawMsg: str = Field(description="The command as JSON")
    rawSuccess: int = Field(description="0: success, else the error code")
    errorReason: str
    createTime: str = Field(description="In the operator's time zone", examples=["2024-12-01T10:30:00"])
    runTime: str = Field(description="In the operator's time zone", examples=["2024-12-01T10:30:00"])
    timeCost: float = Field(description="Seconds")
    successList: str = Field(description="Names as JSON")
    failList: str = Field(description="Names as JSON")
    metaJson: str = Field(description="What the client told beside the result, as JSON; the answer to a query")


class WorkToolCommandPage(WorkToolPage):
    list: Sequence[WorkToolCommand]


class WorkToolCommands(BaseModel):
    code: Literal[200]
    message: str
    data: WorkToolCommandPage


class WorkToolPeriod(BaseModel):
    robotId: str
    onlineTime: str = Field(description="In the operator's time zone", examples=["2024-12-01T10:30:00"])
    offline: str | None = Field(description="When it went, null while it is online", examples=["2024-12-01T11:00:00"])
    onlineTimes: float | None = Field(description="Minutes, null while it is online")
    ip: Literal[""] = Field(description="Addresses are not kept")


class WorkToolPeriods(BaseModel):
    code: Literal[200]
    message: str
    data: Sequence[WorkToolPeriod]


class WorkToolGroup(BaseModel):
    workType: Literal["external", "internal", ""] = Field(description="Empty where no message told")
    groupName: str
    groupRemark: str
    masterName: str
    robotId: str
    msgInsertTime: str = Field(description="When it was seen last")
    msgNum: int = Field(description="Reported messages")
    membersNum: int = Field(description="0 where the client has not told")
    groupAnnouncement: str
    parentId: Literal[""]
    level: Literal[0]
    createTime: str = Field(description="When it was seen first")
    updateTime: str


class WorkToolGroupPage(WorkToolPage):
    list: Sequence[WorkToolGroup]


class WorkToolGroups(BaseModel):
    code: Literal[200]
    message: str
    data: WorkToolGroupPage


class WorkToolQuestion(BaseModel):
    messageId: str
    robotId: str
    question: str
    rawSpoken: str
    answer: str = Field(description="Empty where there was none")
    receivedName: str
    groupName: str
    groupRemark: str
    roomType: int
    textType: int
    atMe: bool
    openThirdParty: Literal[0, 1] = Field(description="1: a third party was told")
    errorReason: str = Field(description="Why the callback failed")
    startTime: str = Field(description="In the operator's time zone", examples=["2024-12-01T10:30:00"])
    timeCost: float | None = Field(description="Seconds that the callback took, or else the answer")


class WorkToolQuestionPage(WorkToolPage):
    list: Sequence[WorkToolQuestion]


class WorkToolQuestions(BaseModel):
    code: Literal[200]
    message: str
    data: WorkToolQuestionPage


class WorkToolCallback(BaseModel):
    type: CallbackType
    typeName: str
    callBackUrl: str


class WorkToolCallbacks(BaseModel):
    code: Literal[200]
    message: str
    data: Sequence[WorkToolCallback]


class WorkToolUploaded(BaseModel):
    code: Literal[200]
    message: str
    data: str = Field(description="The file's address, good for thirty days")


_PAGE: Any = Annotated[int, Field(ge=1, le=MAX_WALKED)]
_SIZE: Any = Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)]
_KIND: Any = Annotated[int, Field(ge=0, le=1000)]
_PAGED = (
    QueryParameter("page", _PAGE, Text("页码，从 1 开始", "Which page, from 1"), default=1),
    QueryParameter("size", _SIZE, Text("每页条数", "Entries of a page"), default=DEFAULT_PAGE_SIZE),
)
_PERIOD = (
    QueryParameter("startTime", str, Text("起始时间，例如 2024-12-01 10:30:00", "From, as 2024-12-01 10:30:00")),
    QueryParameter("endTime", str, Text("截止时间", "Until, as startTime")),
)
_LISTED = (
    *_ROBOT,
    *_PAGED,
    QueryParameter("type", _KIND, Text("指令类型", "Commands of this type only")),
    QueryParameter("messageId", str, Text("只看这条指令", "This command only")),
    *_PERIOD,
    QueryParameter("sort", str, Text("run_time,desc 或 run_time,asc", "run_time,desc or run_time,asc")),
)

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
        errors=(*_OF_A_ROBOT, "TOO_MANY_OPEN_COMMANDS", "BUSY"),
    ),
    Operation(
        id="worktool.results",
        methods=("GET",),
        path="/robot/rawMsg/list",
        summary=Text("指令执行结果", "What became of commands"),
        query=_LISTED,
        answers=answered(WorkToolCommands),
        errors=_OF_A_ROBOT,
    ),
    Operation(
        id="worktool.commands",
        methods=("GET",),
        path="/wework/listRawMessage",
        summary=Text("下发过的指令", "Commands that were asked for"),
        query=_LISTED,
        answers=answered(WorkToolCommands),
        errors=_OF_A_ROBOT,
    ),
    Operation(
        id="worktool.periods",
        methods=("GET",),
        path="/robot/robotInfo/onlineInfos",
        summary=Text("机器人上线记录", "When the robot was online"),
        query=(
            *_ROBOT,
            QueryParameter("page", _PAGE, Text("页码，从 1 开始", "Which page, from 1"), default=1),
            QueryParameter("size", _SIZE, Text("每页条数", "Entries of a page"), default=DEFAULT_PERIODS),
            QueryParameter("date", str, Text("只看这一天，例如 2024-12-01", "This day only, as 2024-12-01")),
        ),
        answers=answered(WorkToolPeriods),
        errors=_OF_A_ROBOT,
    ),
    Operation(
        id="worktool.groups",
        methods=("GET",),
        path="/robot/wework/group/list",
        summary=Text("机器人见过的群", "The groups that the robot was seen in"),
        query=(
            *_ROBOT,
            *_PAGED,
            QueryParameter("groupName", str, Text("群名或群备注名的关键词", "Part of a group's name or remark")),
        ),
        answers=answered(WorkToolGroups),
        errors=_OF_A_ROBOT,
    ),
    Operation(
        id="worktool.questions",
        methods=("GET",),
        path="/robot/qaLog/list",
        summary=Text("消息与回答", "Messages and what they were answered"),
        query=(
            *_ROBOT,
            *_PAGED,
            QueryParameter(
                "name",
                str,
                Text("群名、群备注名或提问者的关键词", "Part of a name: a group's, its remark or a sender's"),
            ),
            QueryParameter("messageId", str, Text("只看这条消息", "This message only")),
            *_PERIOD,
            QueryParameter("sort", str, Text("start_time,desc 或 start_time,asc", "start_time,desc or start_time,asc")),
        ),
        answers=answered(WorkToolQuestions),
        errors=_OF_A_ROBOT,
    ),
    Operation(
        id="worktool.bind_callback",
        methods=("POST",),
        path="/robot/robotInfo/callBack/bind",
        summary=Text(
            "设置回调（0 群二维码，1 指令结果，5 上线，6 下线，11 消息）",
            "Set a callback (0: QR codes of groups, 1: results of commands, 5: online, 6: offline, 11: messages)",
        ),
        query=_ROBOT,
        body=RequestBody(BindCallback, examples={"results": {"type": 1, "callBackUrl": "https://example.com/result"}}),
        answers=answered(WorkToolDone),
        errors=(*_OF_A_ROBOT, "SECRETS_UNREADABLE", "BUSY"),
    ),
    Operation(
        id="worktool.callbacks",
        methods=("GET",),
        path="/robot/robotInfo/callBack/get",
        summary=Text("已设置的回调", "The callbacks that are set"),
        query=_ROBOT,
        answers=answered(WorkToolCallbacks),
        errors=(*_OF_A_ROBOT, "SECRETS_UNREADABLE"),
    ),
    Operation(
        id="worktool.delete_callback",
        methods=("POST",),
        path="/robot/robotInfo/callBack/deleteByType",
        summary=Text("删除回调", "Remove a callback"),
        query=_ROBOT,
        body=RequestBody(DeleteCallback, examples={"results": {"type": 1}}),
        answers=answered(WorkToolCallbacks),
        errors=(*_OF_A_ROBOT, "SECRETS_UNREADABLE", "BUSY"),
    ),
    Operation(
        id="worktool.upload",
        methods=("POST",),
        path="/fileUpload/upload",
        summary=Text("上传文件（表单字段 file，最大 4 MiB）", "Upload a file (form field file, 4 MiB at most)"),
        query=_ROBOT,
        body=RequestBody(None, media_type="multipart/form-data"),
        answers=answered(WorkToolUploaded),
        errors=(*_OF_A_ROBOT, "PICTURES_UNAVAILABLE", "MISSING_PARAMETER", "INVALID_PARAMETER", "BODY_TOO_LARGE"),
    ),
    Operation(
        id="worktool.download",
        methods=("GET",),
        path="/fileUpload/files/{name}",
        path_kinds={"name": str},
        summary=Text("取得上传的文件", "Get an uploaded file"),
        answers=(Answer(200, Text("文件", "The file"), media_type="application/octet-stream"),),
        errors=(*_LIMITED, "FILE_UNKNOWN", "PICTURES_UNAVAILABLE"),
    ),
)
