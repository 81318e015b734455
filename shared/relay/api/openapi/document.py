"""The relay's control API as one OpenAPI document."""

from __future__ import annotations

from typing import Any

from flask import Flask

from shared.relay.api.control_texts import CONTROL_ERRORS
from shared.relay.api.openapi import (
    accounts,
    auth,
    backups,
    bots,
    deliveries,
    health,
    kook,
    logs,
    mappings,
    smart_mapping,
    statistics,
    system,
    websocket,
)
from shared.relay.api.openapi.errors import Error
from shared.relay.api.texts import ERRORS
from shared.relay.errors import Refusal
from shared.web.catalogue import Catalogue, Text
from shared.web.openapi import DocumentInfo, openapi_document

OPERATIONS = (
    *auth.OPERATIONS,
    *accounts.OPERATIONS,
    *bots.OPERATIONS,
    *mappings.OPERATIONS,
    *smart_mapping.OPERATIONS,
    *logs.OPERATIONS,
    *statistics.OPERATIONS,
    *deliveries.OPERATIONS,
    *system.OPERATIONS,
    *health.OPERATIONS,
    *backups.OPERATIONS,
    *kook.OPERATIONS,
    *websocket.OPERATIONS,
)
TAGS = {
    "auth": Text("登录与密码", "Signing in"),
    "accounts": Text("KOOK 账号", "KOOK accounts"),
    "bots": Text("目标平台的 Bot", "Bots: the destinations"),
    "mappings": Text("频道映射", "Channel mappings"),
    "smart_mapping": Text("智能映射", "Smart mapping"),
    "logs": Text("消息日志与统计", "Message log and statistics"),
    "deliveries": Text("投递与重试", "Deliveries and retries"),
    "system": Text("服务的启动与停止", "The service as a whole"),
    "cache": Text("配置缓存", "The configuration cache"),
    "updates": Text("版本更新", "Updates"),
    "health": Text("健康检查", "Health"),
    "backup": Text("配置备份", "Backups of the configuration"),
    "kook": Text("代为调用 KOOK", "Calls to KOOK"),
    "audit": Text("审计记录", "The audit trail"),
    "websocket": Text(
        "实时推送。OpenAPI 无法描述 WebSocket 本身：`WS /ws` 在投递结束时推送 "
        '`{"type":"log","data":…}`，在状态变化时推送 `{"type":"status","data":…}`。'
        "凭据放在 `X-API-Token` 请求头、`?ticket=`、子协议 `kook-relay.token.TOKEN`，"
        '或十秒内的第一条消息 `{"type":"auth","token":…}` 里。`{"type":"ping"}` 得到 `pong`。'
        "详见 docs/websocket.zh-CN.md。",
        "Live push. OpenAPI has no words for the WebSocket itself: `WS /ws` pushes "
        '`{"type":"log","data":…}` when a delivery ends and `{"type":"status","data":…}` when a state changes. The '
        "credential goes into the header `X-API-Token`, `?ticket=`, the subprotocol `kook-relay.token.TOKEN`, or the "
        'first message `{"type":"auth","token":…}` within ten seconds. `{"type":"ping"}` is answered `pong`. See '
        "docs/websocket.md.",
    ),
}
_DESCRIPTION = Text(
    "KOOK Relay 的控制接口。路径带不带末尾斜杠都可以。错误的 error_code 是稳定的，文字随 Accept-Language 变化。",
    "KOOK Relay's control API. Paths work with and without a trailing slash. An error's error_code is stable; texts "
    "follow Accept-Language.",
)


def relay_document(app: Flask, version: str) -> dict[str, Any]:
    """The document of the application that build_relay_api made. Raises DeclarationsWrong."""
    return openapi_document(
        app,
        OPERATIONS,
        info=DocumentInfo(
            title="KOOK Relay",
            version=version,
            description=_DESCRIPTION,
            server_url="http://localhost:9527",
            tags=TAGS,
        ),
        catalogue=Catalogue(ERRORS, CONTROL_ERRORS),
        error_body=Error,
        guarded_errors=(Refusal.STORE_UNAVAILABLE,),
    )
