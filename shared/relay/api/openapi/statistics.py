"""/api/logs/stats and /api/logs/clear in the OpenAPI document."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from shared.relay.api.log_statistics import DEFAULT_CLEAR_DAYS, ClearRequest
from shared.relay.api.openapi.shapes import Confirmed, ShownTime, Succeeded
from shared.relay.errors import Refusal
from shared.relay.log_clearing import MAX_DAYS, MIN_DAYS, ClearingStatus
from shared.relay.statistics import Period
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation, QueryParameter, RequestBody

_PERIOD = Text("时间段：今天、最近 7 天或最近 30 天", "Today, the last 7 days or the last 30")


class Statistics(BaseModel):
    """Closed deliveries, from counters."""

    total: int
    success: int
    failed: int
    success_rate: float = Field(description="Percent with one decimal; 0 when there was nothing", examples=[97.2])
    avg_latency_ms: int
    by_platform: dict[str, int]


class DayStatistics(Statistics):
    date: str = Field(description="The operator's calendar day", examples=["2025-10-19"])


class Trend(Succeeded):
    data: list[DayStatistics]


class ClearingShown(Succeeded):
    job_id: str
    status: ClearingStatus
    days: int
    removed_before: str = Field(description="Rows from before this day go", examples=["2025-09-19"])
    removed_count: int
    created_at: ShownTime
    finished_at: ShownTime | None


class ClearingStarted(ClearingShown, Confirmed):
    """Rows are being removed in the background."""


OPERATIONS = (
    Operation(
        id="logs.stats",
        methods=("GET",),
        path="/api/logs/stats",
        summary=Text("统计", "Statistics"),
        query=(QueryParameter("period", Period, _PERIOD, default="today"),),
        answers=(Answer(200, Text("该时间段的数字", "The period's figures"), Statistics),),
    ),
    Operation(
        id="logs.trend",
        methods=("GET",),
        path="/api/logs/stats/trend",
        summary=Text("每日统计", "Statistics day by day"),
        query=(QueryParameter("period", Period, _PERIOD, default="week"),),
        answers=(Answer(200, Text("每天一行，最早的在前", "One row a day, oldest first"), Trend),),
    ),
    Operation(
        id="logs.clear",
        methods=("POST",),
        path="/api/logs/clear",
        summary=Text("清除旧日志", "Remove old rows of the log"),
        query=(
            QueryParameter(
                "days",
                Annotated[int, Field(ge=MIN_DAYS, le=MAX_DAYS)],
                Text("保留最近几天", "How many days are kept"),
                default=DEFAULT_CLEAR_DAYS,
            ),
        ),
        body=RequestBody(ClearRequest, required=False, examples={"a_month": {"days": 30}}),
        answers=(Answer(200, Text("已在后台开始", "Begun in the background"), ClearingStarted),),
        errors=(Refusal.QUEUE_UNAVAILABLE,),
    ),
    Operation(
        id="logs.clearing",
        methods=("GET",),
        path="/api/logs/clear/{job_id}",
        path_kinds={"job_id": str},
        summary=Text("查看清除任务的进度", "How far a clearing is"),
        answers=(Answer(200, Text("进度", "Its progress"), ClearingShown),),
        errors=(Refusal.CLEARING_NOT_FOUND,),
    ),
)
