"""What agents call, with the token of their node in the query."""

from __future__ import annotations

from typing import Any

from shared.monitor.api.openapi import shapes
from shared.monitor.api.openapi.operations import body, operation, query
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation

_TOKEN = query("token", str, "机器的令牌", "The node's token", required=True)


def _agent(name: str, method: str, path: str, zh: str, en: str, **more: Any) -> Operation:
    more.setdefault("query", (_TOKEN,))
    if method == "POST":
        more["body"] = body(shapes.AnyObject)
    more.setdefault("errors", ("UNAUTHORIZED", "STORE_UNAVAILABLE"))
    return operation(f"agents.{name}", method, f"/api/clients{path}", zh, en, shapes.AnyObject, **more)


_NAME = (query("name", str, "主机名", "The host's name"),)
_REGISTERED = (
    Answer(200, Text("新机器的 uuid 与令牌", "The new node's uuid and token"), shapes.AnyObject),
    Answer(403, Text("自动发现密钥不对", "The auto-discovery key is wrong"), shapes.AnyObject),
)
OPERATIONS = (
    _agent(
        "register",
        "POST",
        "/register",
        "自动注册",
        "Register by the auto-discovery key",
        query=_NAME,
        answers=_REGISTERED,
        errors=("STORE_UNAVAILABLE",),
    ),
    _agent("basic_info", "POST", "/uploadBasicInfo", "上报机器信息", "What the machine is"),
    _agent("report", "POST", "/report", "上报", "A report"),
    _agent("ping_tasks", "GET", "/ping/tasks", "要执行的延迟任务", "What the node is to ping"),
    _agent("ping_result", "POST", "/ping/result", "延迟结果", "An answer to a ping"),
    _agent("command_result", "POST", "/task/result", "命令的结果", "What a command came to"),
    _agent("rpc", "POST", "/v2/rpc", "探针协议第二版", "Version 2 of the agents' protocol (JSON-RPC 2.0)"),
    *(
        operation(
            f"agents.socket{number}",
            "GET",
            path,
            "需要 WebSocket",
            "Is a WebSocket",
            None,
            # A private site shuts its page, never its agents.
            errors=("UPGRADE_REQUIRED", "PRIVATE_SITE") if path == "/api/clients" else ("UPGRADE_REQUIRED",),
        )
        for number, path in enumerate(("/api/clients", "/api/clients/report", "/api/clients/v2/rpc"), 1)
    ),
)
