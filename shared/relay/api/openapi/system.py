"""/api/system, /api/cache and /api/updates in the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from shared.relay.api.openapi.shapes import Confirmed
from shared.relay.errors import Refusal
from shared.relay.service_switch import ServiceWord
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation


class Backend(BaseModel):
    name: str
    reachable: bool


class Backends(BaseModel):
    state_store: Backend
    queue: Backend


class SystemStatus(BaseModel):
    """The names are older than the backends behind them; ``backend`` says what those are."""

    service_running: bool
    service_state: ServiceWord | Literal["unknown"]
    redis_connected: bool = Field(description="Whether the state store answers")
    queue_size: int = Field(description="Messages in all queues, those being handled among them")
    account_count: int
    active_accounts: int
    bot_count: int
    mapping_count: int
    offline_at_kook: list[int] = Field(
        description="Accounts that run and that KOOK has offline, or whose token it refuses"
    )
    uptime_seconds: int
    version: str
    backend: Backends


class ServiceSwitched(Confirmed):
    service_running: bool
    service_state: ServiceWord


class CacheStatistics(BaseModel):
    """Of the configuration cache of the process that answered."""

    cache_size: int
    hit_rate: float = Field(ge=0, le=1)
    miss_rate: float = Field(ge=0, le=1)
    total_hits: int
    total_misses: int
    scope: Literal["process"]


class UpdateCheck(BaseModel):
    current_version: str
    latest_version: str
    update_available: bool
    release_notes: str
    download_url: str
    note: str = Field("", description="Why nothing was learnt")


_SWITCHED = (Answer(200, Text("已切换", "Switched"), ServiceSwitched),)
_SWITCH_REFUSALS = (Refusal.SERVICE_SWITCH_FAILED,)

OPERATIONS = (
    Operation(
        id="system.status",
        methods=("GET",),
        path="/api/system/status",
        summary=Text("系统状态", "The system's state"),
        answers=(Answer(200, Text("系统状态", "The system's state"), SystemStatus),),
    ),
    Operation(
        id="system.start",
        methods=("POST",),
        path="/api/system/start",
        summary=Text("启动服务", "Start the service"),
        description=Text("等待中的消息按顺序发出。", "What waited is sent in order."),
        answers=_SWITCHED,
        errors=_SWITCH_REFUSALS,
    ),
    Operation(
        id="system.stop",
        methods=("POST",),
        path="/api/system/stop",
        summary=Text("停止服务", "Stop the service"),
        description=Text(
            "消息继续接收并在队列中等待，不会丢失。",
            "Messages are still taken in and wait in the queues; nothing is lost.",
        ),
        answers=_SWITCHED,
        errors=_SWITCH_REFUSALS,
    ),
    Operation(
        id="system.restart",
        methods=("POST",),
        path="/api/system/restart",
        summary=Text("重启服务", "Restart the service"),
        description=Text("停止后再启动，并清空缓存。", "Stops, starts and empties the caches."),
        answers=_SWITCHED,
        errors=_SWITCH_REFUSALS,
    ),
    Operation(
        id="cache.stats",
        methods=("GET",),
        path="/api/cache/stats",
        summary=Text("配置缓存的统计", "The configuration cache's figures"),
        answers=(Answer(200, Text("统计", "The figures"), CacheStatistics),),
    ),
    Operation(
        id="updates.check",
        methods=("GET",),
        path="/api/updates/check",
        summary=Text("检查更新", "Whether there is a newer version"),
        answers=(
            Answer(
                200, Text("版本；无法检查时为当前版本", "Versions; the present one when none can be asked"), UpdateCheck
            ),
        ),
    ),
)
