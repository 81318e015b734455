"""The monitor's HTTP API as one OpenAPI document."""

from __future__ import annotations

from typing import Any

from flask import Flask

from shared.monitor.api.application import CATALOGUE
from shared.monitor.api.openapi import admin, agents, public, tasks
from shared.monitor.api.openapi.shapes import MonitorError
from shared.web.catalogue import Text
from shared.web.openapi import DocumentInfo, openapi_document

OPERATIONS = (*public.OPERATIONS, *agents.OPERATIONS, *admin.OPERATIONS, *tasks.OPERATIONS)
TAGS = {
    "site": Text("站点", "The site"),
    "sign_in": Text("登录", "Signing in"),
    "nodes": Text(
        "机器。`WS /api/clients` 对 `get` 回答全部机器的最近上报，对 `get <uuid>` 回答一台；不主动推送。",
        "Nodes. `WS /api/clients` answers `get` with what all nodes reported last, `get <uuid>` with one; nothing is "
        "pushed.",
    ),
    "records": Text("历史记录", "Records"),
    "rpc": Text(
        "RPC2。`WS /api/rpc2` 接受同样的 JSON-RPC 调用，一次一个。",
        "RPC2. `WS /api/rpc2` takes the same JSON-RPC calls, one at a time.",
    ),
    "agents": Text(
        "探针。`WS /api/clients/v2/rpc?token=` 是 JSON-RPC（`agent.report`、`agent.basicInfo`、`agent.pingResult`），"
        "下发 `agent.ping`；`WS /api/clients/report?token=` 是协议 v1 的上报和 `ping_result`。"
        "详见 docs/monitor-agents.zh-CN.md。",
        "Agents. `WS /api/clients/v2/rpc?token=` is JSON-RPC (`agent.report`, `agent.basicInfo`, `agent.pingResult`) "
        "and sends `agent.ping`; `WS /api/clients/report?token=` takes reports and `ping_result` of protocol v1. See "
        "docs/monitor-agents.md.",
    ),
    "admin": Text("机器管理", "Administration of nodes"),
    "ping": Text("延迟任务", "Ping tasks"),
    "task": Text("远程命令", "Remote commands"),
    "settings": Text("设置与记录", "Settings and log"),
    "access": Text("会话与登录方式", "Sessions and ways in"),
}
_SCHEMES = {
    "session": {"type": "apiKey", "in": "cookie", "name": "session_token", "description": "From the login"},
    "apiKey": {"type": "http", "scheme": "bearer", "description": "The setting api_key"},
}
_DESCRIPTION = Text(
    "监控接口，与 Komari 服务器 1.1.9 兼容。路径带不带末尾斜杠都可以。",
    "The monitor's API, compatible with the Komari server 1.1.9. Paths work with and without a trailing slash.",
)


def monitor_document(app: Flask, version: str) -> dict[str, Any]:
    """The document of the application that build_monitor_api made. Raises DeclarationsWrong."""
    info = DocumentInfo(
        title="KOOK Relay: monitor",
        version=version,
        description=_DESCRIPTION,
        server_url="http://localhost:9527",
        tags=TAGS,
        security_schemes=_SCHEMES,
        token_errors=("UNAUTHORIZED",),
        error_code_field="",
    )
    return openapi_document(
        app, OPERATIONS, info=info, catalogue=CATALOGUE, error_body=MonitorError, guarded_errors=("STORE_UNAVAILABLE",)
    )
