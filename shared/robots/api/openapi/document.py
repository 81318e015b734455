"""The robots' API as one OpenAPI document."""

from __future__ import annotations

from typing import Any

from flask import Flask

from shared.robots.api.openapi import administration, devices, robots, users, worktool
from shared.robots.api.texts import ERRORS
from shared.web.catalogue import Catalogue, Text
from shared.web.error_bodies import CodeErrorBody
from shared.web.openapi import DocumentInfo, openapi_document

OPERATIONS = (
    *users.OPERATIONS,
    *devices.OPERATIONS,
    *robots.OPERATIONS,
    *administration.OPERATIONS,
    *worktool.OPERATIONS,
)
TAGS = {
    "users": Text("用户", "Users"),
    "devices": Text(
        '设备。`WS /ws?robotId=…&token=…`（或 `Authorization: Bearer`）把 `{"type":"command","data":…}` 发给机器人，'
        '接收 `{"type":"result","data":{"commandId","errorCode"}}`；`{"type":"ping"}` 得到 `pong`。'
        "令牌错误时，升级之前就是 401。详见 docs/robots-live.zh-CN.md。",
        'Devices. `WS /ws?robotId=…&token=…` (or `Authorization: Bearer`) carries `{"type":"command","data":…}` to the '
        'robot and `{"type":"result","data":{"commandId","errorCode"}}` from it; `{"type":"ping"}` is answered `pong`. '
        "A wrong token is 401 before the upgrade. See docs/robots-live.md.",
    ),
    "robots": Text("机器人", "Robots"),
    "third_party": Text("第三方回调", "Third parties"),
    "codes": Text("激活码（管理员）", "Activation codes, for administrators"),
    "users_administration": Text("用户管理（管理员）", "Users, for administrators"),
    "logs": Text("活动日志（管理员）", "The activity log, for administrators"),
    "worktool": Text("WorkTool 客户端", "The WorkTool client"),
}
_DESCRIPTION = Text(
    "KOOK Relay 的企业微信机器人接口。用户、管理员、机器人的令牌各不相同，每个接口只接受自己的一种。"
    "答案都是 {code, message, data}；失败时 code 等于 HTTP 状态码。",
    "KOOK Relay's API for WeCom robots. Users, administrators and robots have tokens of different kinds; each route "
    "takes its own. Every answer is {code, message, data}; in a failure, code is the HTTP status.",
)
_SECURITY_SCHEMES = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}


def robots_document(app: Flask, version: str) -> dict[str, Any]:
    """The document of the application that build_robots_api made. Raises DeclarationsWrong."""
    return openapi_document(
        app,
        OPERATIONS,
        info=DocumentInfo(
            title="KOOK Relay: robots",
            version=version,
            description=_DESCRIPTION,
            server_url="http://localhost:9527",
            tags=TAGS,
            security_schemes=_SECURITY_SCHEMES,
        ),
        catalogue=Catalogue(ERRORS),
        error_body=CodeErrorBody,
        guarded_errors=("STORE_UNAVAILABLE",),
        # Bodies have no code but the status itself.
        error_codes=lambda codes, status: {"properties": {"code": {"enum": [status]}}},
    )
