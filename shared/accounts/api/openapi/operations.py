"""The routes, declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, create_model

from shared.accounts import requests
from shared.accounts.accounts import MAX_OFFSET, MAX_PAGE
from shared.accounts.api.openapi import shapes
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation, QueryParameter, QueryText, RequestBody

_ACCOUNT = "/api/v1/accounts/{account_id}"
_POOL = "/api/v1/pools/{pool_id}"
_ACCOUNT_ID = {"account_id": str}
_POOL_ID = {"pool_id": str}
_PLATFORM = QueryParameter("platform", QueryText, Text("平台名称", "Name of the platform"))
_REQUIRED_PLATFORM = QueryParameter("platform", QueryText, Text("平台名称", "Name of the platform"), required=True)
_SESSION = QueryParameter("session_id", QueryText, Text("要查询的登录会话", "The login to ask about"))
_RENEWED = QueryParameter(
    "account_id",
    QueryText,
    Text("要换上新 Cookie 的账号；不填则新建账号", "The account to give a new cookie; else a new one is made"),
)
_COOKIE_ERRORS = ("INVALID_PLATFORM", "INVALID_COOKIE")


def _operation(
    operation_id: str,
    method: str,
    path: str,
    summary: Text,
    data: Any,
    *,
    body: type[BaseModel] | None = None,
    query: tuple[QueryParameter, ...] = (),
    kinds: Mapping[str, Any] | None = None,
    errors: tuple[str, ...] = (),
    more_methods: tuple[str, ...] = (),
) -> Operation:
    name = "".join(word.title() for word in operation_id.replace("_", ".").split("."))
    answer = create_model(f"{name}Answer", success=(Literal[True], ...), data=(data, ...))
    return Operation(
        id=operation_id,
        methods=(method, *more_methods),
        path=path,
        summary=summary,
        answers=(Answer(200, summary, answer),),
        body=None if body is None else RequestBody(body),
        query=query,
        path_kinds=kinds or {},
        errors=errors,
    )


LOGIN = (
    _operation(
        "login.status",
        "GET",
        "/api/v1/login/status",
        Text("检查登录状态，并推进进行中的扫码登录", "Is the platform logged in; also moves open logins on"),
        shapes.LoginStatus,
        query=(_REQUIRED_PLATFORM, _SESSION),
        errors=("INVALID_PLATFORM", "LOGIN_SESSION_NOT_FOUND", "RECORD_BUSY"),
    ),
    _operation(
        "login.qrcode",
        "GET",
        "/api/v1/login/qrcode",
        Text("获取登录二维码", "Begin a login by QR code"),
        shapes.QrCode,
        query=(_REQUIRED_PLATFORM, _RENEWED),
        errors=("INVALID_PLATFORM", "ACCOUNT_NOT_FOUND", "PLATFORM_MISMATCH", "LOGIN_UNAVAILABLE"),
    ),
    _operation(
        "login.callback",
        "POST",
        "/api/v1/login/callback",
        Text("提交登录得到的 Cookie", "Hand over the cookie of a login"),
        shapes.LoginKept,
        body=requests.LoginCallback,
        errors=(*_COOKIE_ERRORS, "PLATFORM_MISMATCH"),
    ),
)
ACCOUNTS = (
    _operation(
        "accounts.create",
        "POST",
        "/api/v1/accounts",
        Text("创建账号", "Add an account"),
        shapes.Account,
        body=requests.NewAccount,
        errors=(*_COOKIE_ERRORS, "CREATE_ACCOUNT_FAILED"),
    ),
    _operation(
        "accounts.list",
        "GET",
        "/api/v1/accounts",
        Text("列出账号，优先级高者在前，新者在前", "List accounts by priority, newest first"),
        shapes.AccountPage,
        query=(
            _PLATFORM,
            QueryParameter("status", shapes.Status, Text("账号状态", "Status")),
            QueryParameter("user_id", QueryText, Text("所属用户", "Their user")),
            QueryParameter("project_id", QueryText, Text("所属项目", "Their project")),
            QueryParameter("limit", Annotated[int, Field(ge=1, le=MAX_PAGE)], Text("每页数量", "How many"), default=50),
            QueryParameter(
                "offset", Annotated[int, Field(ge=0, le=MAX_OFFSET)], Text("跳过数量", "How many to skip"), default=0
            ),
        ),
        errors=("INVALID_PLATFORM", "OFFSET_TOO_LARGE"),
    ),
    _operation(
        "accounts.batch_health",
        "POST",
        "/api/v1/accounts/batch-health-check",
        Text("检查全部账号", "Check all accounts"),
        shapes.HealthTally,
        query=(_PLATFORM,),
        errors=("INVALID_PLATFORM", "QUEUE_UNAVAILABLE"),
    ),
    _operation(
        "accounts.batch_health_progress",
        "GET",
        "/api/v1/accounts/batch-health-check/{job_id}",
        Text("批量检查的进度", "How far a batch check is"),
        shapes.HealthTally,
        kinds={"job_id": str},
        errors=("JOB_NOT_FOUND",),
    ),
    _operation(
        "accounts.get",
        "GET",
        _ACCOUNT,
        Text("查看账号", "Show one account"),
        shapes.Account,
        kinds=_ACCOUNT_ID,
        errors=("ACCOUNT_NOT_FOUND",),
    ),
    _operation(
        "accounts.update",
        "PUT",
        _ACCOUNT,
        Text("修改账号", "Change an account"),
        shapes.ChangedAccount,
        body=requests.AccountChanges,
        kinds=_ACCOUNT_ID,
        errors=("ACCOUNT_NOT_FOUND", "INVALID_COOKIE", "PLATFORM_MISMATCH", "RECORD_BUSY"),
        more_methods=("PATCH",),
    ),
    _operation(
        "accounts.delete",
        "DELETE",
        _ACCOUNT,
        Text("删除账号，并退出所有账号池", "Delete an account, also out of every pool"),
        shapes.Deleted,
        kinds=_ACCOUNT_ID,
        errors=("ACCOUNT_NOT_FOUND", "RECORD_BUSY"),
    ),
    _operation(
        "accounts.stats",
        "GET",
        f"{_ACCOUNT}/stats",
        Text("账号统计", "An account's figures"),
        shapes.Statistics,
        kinds=_ACCOUNT_ID,
        errors=("ACCOUNT_NOT_FOUND",),
    ),
    _operation(
        "accounts.cookies",
        "GET",
        f"{_ACCOUNT}/cookies",
        Text("查看 Cookie（记入审计）", "Read an account's cookies, which goes on record"),
        shapes.Cookies,
        kinds=_ACCOUNT_ID,
        errors=("ACCOUNT_NOT_FOUND", "ADMINISTRATOR_REQUIRED", "COOKIE_UNREADABLE"),
    ),
    _operation(
        "accounts.usage",
        "POST",
        f"{_ACCOUNT}/usage",
        Text("上报一次使用的结果", "Report how a use ended"),
        shapes.UsageRecorded,
        body=requests.UsageReport,
        kinds=_ACCOUNT_ID,
        errors=("ACCOUNT_NOT_FOUND", "RECORD_BUSY"),
    ),
    _operation(
        "accounts.health",
        "POST",
        f"{_ACCOUNT}/health-check",
        Text("检查账号", "Check an account"),
        shapes.Health,
        kinds=_ACCOUNT_ID,
        errors=("ACCOUNT_NOT_FOUND", "RECORD_BUSY"),
    ),
)
POOLS = (
    _operation(
        "pools.create",
        "POST",
        "/api/v1/pools",
        Text("创建账号池", "Make a pool"),
        shapes.Pool,
        body=requests.NewPool,
        errors=("INVALID_PLATFORM", "TOO_MANY_POOLS", "RECORD_BUSY"),
    ),
    _operation(
        "pools.list",
        "GET",
        "/api/v1/pools",
        Text("列出账号池", "List the pools"),
        list[shapes.Pool],
        query=(_PLATFORM,),
        errors=("INVALID_PLATFORM",),
    ),
    _operation(
        "pools.get",
        "GET",
        _POOL,
        Text("查看账号池及成员", "Show one pool and its members"),
        shapes.PoolWithMembers,
        kinds=_POOL_ID,
        errors=("POOL_NOT_FOUND",),
    ),
    _operation(
        "pools.update",
        "PUT",
        _POOL,
        Text("修改账号池", "Change a pool"),
        shapes.ChangedPool,
        body=requests.PoolChanges,
        kinds=_POOL_ID,
        errors=("POOL_NOT_FOUND", "PLATFORM_MISMATCH", "POOL_FULL", "RECORD_BUSY"),
    ),
    _operation(
        "pools.delete",
        "DELETE",
        _POOL,
        Text("删除账号池，账号保留", "Delete a pool; its accounts stay"),
        shapes.PoolDeleted,
        kinds=_POOL_ID,
        errors=("POOL_NOT_FOUND", "RECORD_BUSY"),
    ),
    _operation(
        "pools.members_add",
        "POST",
        f"{_POOL}/members",
        Text("把账号加入账号池", "Add an account to a pool"),
        shapes.MemberAdded,
        body=requests.NewMember,
        kinds=_POOL_ID,
        errors=(
            "POOL_NOT_FOUND",
            "ACCOUNT_NOT_FOUND",
            "PLATFORM_MISMATCH",
            "ALREADY_MEMBER",
            "POOL_FULL",
            "TOO_MANY_POOLS",
            "RECORD_BUSY",
        ),
    ),
    _operation(
        "pools.members_remove",
        "DELETE",
        f"{_POOL}/members/{{account_id}}",
        Text("把账号移出账号池", "Take an account out of a pool"),
        shapes.MemberRemoved,
        kinds={**_POOL_ID, **_ACCOUNT_ID},
        errors=("POOL_NOT_FOUND", "MEMBER_NOT_FOUND"),
    ),
    _operation(
        "pools.select",
        "POST",
        f"{_POOL}/select",
        Text("选出一个账号", "Choose an account"),
        shapes.Selected,
        kinds=_POOL_ID,
        errors=("POOL_NOT_FOUND", "NO_AVAILABLE_ACCOUNT", "RECORD_BUSY"),
    ),
)
OPERATIONS = (*LOGIN, *ACCOUNTS, *POOLS)
