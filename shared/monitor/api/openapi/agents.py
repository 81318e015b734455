"""What agents call, with the token of their node in the query."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from shared.monitor.api.openapi import agent_shapes as shapes
from shared.monitor.api.openapi.operations import body, operation, query
from shared.web.operations import Operation, RequestBody

_TOKEN = query("token", str, "机器的令牌", "The node's token", required=True)
_ERRORS = ("UNAUTHORIZED", "STORE_UNAVAILABLE")
_PING = {"task_id": 1, "value": 23}


def _agent(
    name: str,
    method: str,
    path: str,
    zh: str,
    en: str,
    answer: type[BaseModel] = shapes.AgentDone,
    error: type[BaseModel] = shapes.AgentError,
    **more: Any,
) -> Operation:
    more.setdefault("query", (_TOKEN,))
    more.setdefault("error_shapes", {400: error, 413: error, 503: error} if method == "POST" else {})
    return operation(f"agents.{name}", method, f"/api/clients{path}", zh, en, answer, errors=_ERRORS, **more)


OPERATIONS = (
    _agent(
        "register",
        "POST",
        "/register",
        "自动注册",
        "Register by the auto-discovery key",
        shapes.RegisteredAnswer,
        query=(query("name", str, "主机名", "The host's name"),),
        body=body(shapes.Registration, required=False),
        error_shapes={403: shapes.AgentError},
    ),
    _agent(
        "basic_info",
        "POST",
        "/uploadBasicInfo",
        "上报机器信息",
        "What the machine is",
        body=RequestBody(
            shapes.BasicInfo, examples={"machine": {"arch": "amd64", "cpu_cores": 4, "os": "Debian 12", "ipv4": ""}}
        ),
    ),
    _agent(
        "report",
        "POST",
        "/report",
        "上报",
        "A report",
        body=RequestBody(shapes.AgentReport, examples={"report": {"cpu": {"usage": 12.5}, "uptime": 3600}}),
    ),
    _agent("ping_tasks", "GET", "/ping/tasks", "要执行的延迟任务", "What the node is to ping", shapes.PingTasksOfAgent),
    _agent(
        "ping_result",
        "POST",
        "/ping/result",
        "延迟结果",
        "An answer to a ping",
        body=RequestBody(shapes.PingAnswer, examples={"answered": _PING}),
    ),
    _agent(
        "command_result",
        "POST",
        "/task/result",
        "命令的结果",
        "What a command came to",
        body=RequestBody(
            shapes.CommandAnswer, examples={"done": {"task_id": "c-1", "result": "Linux 6.1", "exit_code": 0}}
        ),
        error_shapes={400: shapes.AgentError, 404: shapes.AgentError, 413: shapes.AgentError, 503: shapes.AgentError},
    ),
    _agent(
        "rpc",
        "POST",
        "/v2/rpc",
        "探针协议第二版",
        "Version 2 of the agents' protocol (JSON-RPC 2.0)",
        shapes.RpcAnswer,
        shapes.RpcRefused,
        body=RequestBody(
            shapes.AgentRpcRequest,
            examples={
                name: {"jsonrpc": "2.0", "id": 1, "method": f"agent.{name}", "params": params}
                for name, params in (
                    ("report", {"report": {"cpu": {"usage": 12.5}}}),
                    ("basicInfo", {"info": {"arch": "amd64"}}),
                    ("pingResult", _PING),
                    ("pull", {}),
                )
            },
        ),
    ),
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
