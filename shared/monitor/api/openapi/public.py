"""What visitors and browsers call."""

from __future__ import annotations

from typing import Literal

from shared.monitor.api.openapi import agent_shapes, shapes
from shared.monitor.api.openapi.operations import body, operation, query, redirect
from shared.monitor.api.sign_in import LoginRequest
from shared.web.operations import RequestBody

_PRIVATE = ("PRIVATE_SITE", "STORE_UNAVAILABLE")
_STORE = ("STORE_UNAVAILABLE",)
_OAUTH = ("OAUTH_DISABLED", "OAUTH_NOT_CONFIGURED", *_STORE)
_UUID = query("uuid", str, "机器", "The node")
_HOURS = query("hours", int, "最近多少小时", "The last hours", default=4)
# As the real server reads it (shared/monitor/public_queries.py).
_LENIENT_HOURS = query(
    "hours",
    int | str,
    "最近多少小时；不是整数时按 4 小时",
    "The last hours; what is no integer counts as 4",
    default=4,
)
_LOAD_TYPE = query(
    "load_type",
    Literal["cpu", "ram", "swap", "load", "temp", "disk", "network", "process", "connections"],
    "只要这一类",
    "Only this kind",
)

OPERATIONS = (
    operation("site.me", "GET", "/api/me", "当前用户", "Who is signed in", shapes.Me, errors=_STORE),
    operation("site.public", "GET", "/api/public", "站点信息", "The site", shapes.SiteAnswer, errors=_STORE),
    operation("site.version", "GET", "/api/version", "版本", "The version", shapes.VersionAnswer, errors=_STORE),
    operation(
        "sign_in.login",
        "POST",
        "/api/login",
        "登录",
        "Sign in",
        shapes.LoginAnswer,
        body=body(LoginRequest),
        errors=(
            "LOGIN_FIELDS_REQUIRED",
            "INVALID_CREDENTIALS",
            "SECOND_FACTOR_REQUIRED",
            "SECOND_FACTOR_WRONG",
            "PASSWORD_LOGIN_DISABLED",
            "TOO_MANY_ATTEMPTS",
            *_STORE,
        ),
    ),
    operation("sign_in.logout", "GET", "/api/logout", "退出", "Sign out", answers=redirect(), errors=_PRIVATE),
    operation("sign_in.oauth", "GET", "/api/oauth", "外部登录", "To the provider", answers=redirect(), errors=_OAUTH),
    operation(
        "sign_in.oauth_callback",
        "GET",
        "/api/oauth_callback",
        "外部登录返回",
        "Back from the provider",
        answers=redirect(),
        query=(query("state", str, "状态", "The state"), query("code", str, "授权码", "The code")),
        errors=(
            "OAUTH_INVALID_STATE",
            "OAUTH_NO_CODE",
            "OAUTH_NOT_BOUND",
            "OAUTH_REFUSED",
            "OAUTH_UNREACHABLE",
            "BUSY",
            *_OAUTH,
        ),
    ),
    operation("nodes.list", "GET", "/api/nodes", "机器列表", "The nodes", shapes.NodesAnswer, errors=_PRIVATE),
    operation(
        "nodes.recent",
        "GET",
        "/api/recent/{uuid}",
        "最近一分钟的上报",
        "Reports of the last minute",
        shapes.ReportsAnswer,
        path_kinds={"uuid": str},
        errors=("UUID_REQUIRED", *_STORE),
    ),
    operation(
        "records.load",
        "GET",
        "/api/records/load",
        "负载记录",
        "Load records",
        shapes.LoadRecordsAnswer,
        query=(_UUID, _HOURS, _LOAD_TYPE),
        errors=("UUID_REQUIRED", "INVALID_HOURS", "INVALID_LOAD_TYPE", *_PRIVATE),
    ),
    operation(
        "records.ping",
        "GET",
        "/api/records/ping",
        "延迟记录",
        "Ping records",
        shapes.PingRecordsAnswer,
        query=(_UUID, query("task_id", int, "延迟任务", "The ping task"), _LENIENT_HOURS),
        errors=("UUID_OR_TASK_REQUIRED", "INVALID_TASK_ID", *_PRIVATE),
    ),
    operation(
        "records.ping_tasks",
        "GET",
        "/api/task/ping",
        "延迟任务",
        "Ping tasks",
        shapes.PublicPingTasksAnswer,
        errors=_PRIVATE,
    ),
    operation(
        "rpc.call",
        "POST",
        "/api/rpc2",
        "JSON-RPC 2.0",
        "JSON-RPC 2.0: rpc.* and common:*, also batches",
        agent_shapes.RpcAnswers,
        body=RequestBody(
            agent_shapes.RpcRequests, examples={"methods": {"jsonrpc": "2.0", "id": 1, "method": "rpc.methods"}}
        ),
        errors=_PRIVATE,
        error_shapes={400: agent_shapes.RpcRefused},
    ),
    operation(
        "rpc.socket",
        "GET",
        "/api/rpc2",
        "需要 WebSocket",
        "Is a WebSocket",
        None,
        errors=("UPGRADE_REQUIRED", "PRIVATE_SITE"),
    ),
)
