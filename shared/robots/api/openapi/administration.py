"""/api/admin of the robots in the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from shared.robots.activity_log import Level, LogType
from shared.robots.api.openapi.shapes import DeviceSummary, Moment, MonitorRefusal, answered, paging
from shared.robots.api.openapi.users import Person
from shared.robots.api.requests import CreateCodes, UnbindDevice
from shared.robots.models import CodeStatus, Role
from shared.web.catalogue import Text
from shared.web.operations import Operation, QueryParameter, RequestBody

_GUARDED = ("FORBIDDEN", "TOO_MANY_REQUESTS")


class _Code(BaseModel):
    code: str
    status: CodeStatus
    validityPeriod: int = Field(description="Days from the first activation")
    price: float = Field(description="Yuan")
    createdAt: Moment


class NewCode(_Code):
    """A code that was just made."""


class NewCodes(BaseModel):
    codes: list[NewCode]


class CodesCreated(BaseModel):
    code: Literal[0]
    message: str
    data: NewCodes


class CodeOwner(BaseModel):
    userId: int
    nickname: str
    phone: str


class ListedCode(_Code):
    boundUser: CodeOwner | None
    deviceInfo: DeviceSummary | None
    robotId: str | None
    firstActivatedAt: Moment | None
    expiresAt: Moment | None


class CodePage(BaseModel):
    total: int
    list: list[ListedCode]


class CodesListed(BaseModel):
    code: Literal[0]
    message: str
    data: CodePage


class Unbound(BaseModel):
    deviceId: str
    robotId: str
    unboundAt: Moment


class DeviceUnbound(BaseModel):
    code: Literal[0]
    message: str
    data: Unbound


class ListedUser(Person):
    status: Literal["active", "disabled"]
    robotCount: int
    totalActivationCodes: int
    createdAt: Moment
    lastLoginAt: Moment | None


class UserPage(BaseModel):
    total: int
    list: list[ListedUser]


class UsersListed(BaseModel):
    code: Literal[0]
    message: str
    data: UserPage


class LogEntry(BaseModel):
    id: int
    logType: LogType
    level: Level
    message: str
    details: dict[str, Any]
    ipAddress: str
    createdAt: Moment


class LogPage(BaseModel):
    total: int
    list: list[LogEntry]


class LogsListed(BaseModel):
    code: Literal[0]
    message: str
    data: LogPage


OPERATIONS = (
    Operation(
        id="codes.create",
        methods=("POST",),
        path="/api/admin/activation-codes",
        summary=Text("生成激活码", "Make activation codes"),
        body=RequestBody(CreateCodes, examples={"ten": {"count": 10, "validityPeriod": 30, "boundUserId": 1}}),
        answers=answered(CodesCreated),
        errors=(*_GUARDED, "USER_UNKNOWN", "BUSY"),
    ),
    Operation(
        id="codes.list",
        methods=("GET",),
        path="/api/admin/activation-codes",
        summary=Text("列出激活码，新的在前", "List the activation codes, the newest first"),
        query=paging(QueryParameter("status", CodeStatus, Text("只看该状态", "Only this status"))),
        answers=answered(CodesListed),
        errors=_GUARDED,
    ),
    Operation(
        id="codes.disable",
        methods=("POST",),
        path="/api/admin/activation-codes/{code}/disable",
        path_kinds={"code": str},
        summary=Text("禁用激活码，吊销设备的令牌", "Disable a code and revoke its device's tokens"),
        answers=answered(),
        errors=(*_GUARDED, "CODE_UNKNOWN", "BUSY"),
    ),
    Operation(
        id="codes.unbind",
        methods=("POST",),
        path="/api/admin/unbind-device",
        summary=Text("解绑设备", "Free a code for another device"),
        description=Text(
            "机器人保留，下一台设备接管它。adminId 会被忽略：由令牌决定是谁。",
            "The robot stays, and the next device takes it over. adminId is not read: the token says who unbinds.",
        ),
        body=RequestBody(UnbindDevice, examples={"device": {"code": "3CQ4Z9LE", "reason": "用户更换设备"}}),
        answers=answered(DeviceUnbound),
        errors=(*_GUARDED, "CODE_UNKNOWN", "CODE_NOT_BOUND", "BUSY"),
    ),
    Operation(
        id="users_administration.list",
        methods=("GET",),
        path="/api/admin/users",
        summary=Text("列出用户，新的在前", "List the users, the newest first"),
        query=paging(QueryParameter("role", Role, Text("只看该角色", "Only this role"))),
        answers=answered(UsersListed),
        errors=_GUARDED,
    ),
    Operation(
        id="users_administration.disable",
        methods=("POST",),
        path="/api/admin/users/{user_id}/disable",
        path_kinds={"user_id": int},
        summary=Text("禁用用户，吊销其令牌", "Disable a user and revoke their tokens"),
        answers=answered(),
        errors=(*_GUARDED, "USER_UNKNOWN", "OWN_ACCOUNT", "BUSY"),
    ),
    Operation(
        id="logs.list",
        methods=("GET",),
        path="/api/admin/logs",
        summary=Text("活动日志，新的在前", "The activity log, the newest first"),
        query=paging(
            QueryParameter("logType", LogType, Text("只看该类型", "Only this type")),
            QueryParameter("level", Level, Text("只看该级别", "Only this level")),
        ),
        description=Text(
            "该路径由机器人与监控共用：按凭据决定由谁应答，两者都不认识的令牌由监控按其格式拒绝。",
            "The robots and the monitor share this path: the credential decides who answers. A token that neither "
            "knows is refused by the monitor, in its form.",
        ),
        answers=answered(LogsListed),
        errors=_GUARDED,
        error_shapes={401: MonitorRefusal},
    ),
)
