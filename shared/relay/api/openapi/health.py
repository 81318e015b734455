"""/health and /api/health/check in the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from shared.relay.api.openapi.shapes import RecordId, ShownTime
from shared.relay.destination_states import State as DestinationWord
from shared.relay.health import Overall, StoreStatus, WorkerStatus
from shared.relay.kook_presence import Presence
from shared.relay.machine_health import MachineKind
from shared.relay.models import AccountStatus
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation

_HINT = "What to do about it; only where something is amiss"


class Healthy(BaseModel):
    status: Literal["healthy"]


class StoreHealth(BaseModel):
    status: StoreStatus
    latency_ms: int | None = Field(description="Of one read; null without an answer")
    backend: Literal["dynamodb"]
    table: str
    hint: str = Field("", description=_HINT)


class QueueHealth(BaseModel):
    name: str
    waiting: int
    in_flight: int
    delayed: int
    dead_letters: int
    oldest_at: ShownTime | None = Field(description="When the oldest open delivery was created")


class WorkerHealth(BaseModel):
    status: WorkerStatus
    backend: Literal["sqs"]
    queues: list[QueueHealth]
    hint: str = Field("", description=_HINT)


class AccountHealth(BaseModel):
    id: RecordId
    status: AccountStatus = Field(description="What the operator wants")
    kook: Presence = Field(description="What KOOK says")


class ScrapersHealth(BaseModel):
    total: int
    active: int
    last_event_at: ShownTime | None
    accounts: list[AccountHealth]
    hint: str = Field("", description=_HINT)


class TroubledDestination(BaseModel):
    bot_id: RecordId
    bot_name: str
    platform: str
    target_channel_id: str | None = Field(description="Null for the bot's own destination")
    state: DestinationWord = Field(description="off: dead, switched off for good; open, half_open: probed by itself")
    since: ShownTime | None
    reason: str | None
    solution: str | None = Field(description="What to do about it")
    next_probe_at: ShownTime | None


class DestinationsHealth(BaseModel):
    total: int = Field(description="Without those that an operator switched off")
    working: int
    troubled: list[TroubledDestination] = Field(description="Those that take nothing now, 50 at most")
    hint: str = Field("", description=_HINT)


class SilentMachine(BaseModel):
    kind: MachineKind
    id: str
    name: str
    last_seen_at: ShownTime | None = Field(description="Null when that is more than a day ago")


class MachinesHealth(BaseModel):
    total: int
    online: int
    silent: list[SilentMachine] = Field(description="Those that reported once and do not now, 50 at most")
    hint: str = Field("", description=_HINT)


class Components(BaseModel):
    """The names are older than the backends behind them."""

    redis: StoreHealth = Field(description="The configuration's table")
    database: StoreHealth = Field(description="The deliveries' table")
    worker: WorkerHealth
    scrapers: ScrapersHealth = Field(description="The KOOK accounts")
    destinations: DestinationsHealth
    machines: MachinesHealth = Field(description="Monitored machines and robots; they do not change the status")


class HealthReport(BaseModel):
    status: Overall
    components: Components
    timestamp: ShownTime


OPERATIONS = (
    Operation(
        id="health.basic",
        methods=("GET",),
        path="/health",
        summary=Text("服务是否在运行", "Whether the service answers"),
        answers=(Answer(200, Text("正在运行", "It does"), Healthy),),
    ),
    Operation(
        id="health.check",
        methods=("GET",),
        path="/api/health/check",
        summary=Text("详细健康检查", "Everything the relay needs, measured"),
        answers=(Answer(200, Text("检查结果，无论好坏", "What was found, good or bad"), HealthReport),),
    ),
)
