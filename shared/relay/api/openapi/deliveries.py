"""/api/deliveries in the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, RootModel

from shared.relay.api.openapi.logs import CURSOR, LISTING_FILTERS, ShownLogRow
from shared.relay.api.openapi.shapes import Confirmed, RecordId, ShownTime, Succeeded
from shared.relay.delivery_replay import ReplayStatus
from shared.relay.delivery_replay_requests import RetryDeliveries
from shared.relay.errors import Refusal
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation, QueryParameter, QueryText, RequestBody

RETRY_EXAMPLE = {"platform": "discord", "since": "2025-10-19T00:00:00", "dry_run": True}


class ShownDelivery(ShownLogRow):
    """All there is to see of a delivery."""

    generation: int = Field(ge=1, description="Grows with every retry by an operator")
    parts_total: int
    parts_sent: int = Field(description="Parts that certainly arrived: they are never sent again")
    platform_message_ids: list[list[str]] = Field(description="The platform's ids, a list for each part that arrived")
    attempts: int
    unknown_attempts: int = Field(description="Attempts that ended without an answer")
    possible_duplicate: bool
    is_being_sent: bool
    received_at: ShownTime
    first_attempt_at: ShownTime | None
    next_attempt_at: ShownTime | None
    closed_at: ShownTime | None


class DeliveryList(Succeeded):
    data: list[ShownLogRow]
    total: int | None = Field(description="Null with bot_id, mapping_id or error_code: only reading all would tell")
    next_cursor: str | None = Field(description="Goes on from here, also when this page is short; null at the end")


class DeliveryShown(Succeeded):
    data: ShownDelivery


class DeliveryRetried(Confirmed):
    data: ShownDelivery


class ReplayFigures(BaseModel):
    job_id: str
    status: ReplayStatus
    retried_count: int
    skipped_count: int = Field(description="Their destination is switched off, or nothing of them was kept")
    created_at: ShownTime
    finished_at: ShownTime | None


class ReplayShown(Succeeded, ReplayFigures):
    pass


class ReplayStarted(Confirmed, ReplayFigures):
    dry_run: Literal[False]


class ReplayTried(Confirmed):
    """What a replay would do; nothing was done."""

    dry_run: Literal[True]
    matched_count: int
    skipped_count: int = Field(description="Of these: their destination is switched off")
    is_complete: bool = Field(description="False: there are more than a dry run looks at")
    samples: list[ShownLogRow]


class ReplayAnswer(RootModel[ReplayStarted | ReplayTried]):
    pass


OPERATIONS = (
    Operation(
        id="deliveries.list",
        methods=("GET",),
        path="/api/deliveries",
        summary=Text("投递记录，最新的在前", "Deliveries, newest first"),
        query=(
            *LISTING_FILTERS,
            QueryParameter("bot_id", RecordId, Text("只要该 Bot", "Only this bot")),
            QueryParameter("mapping_id", RecordId, Text("只要该映射", "Only this mapping")),
            QueryParameter("error_code", QueryText, Text("只要该错误码", "Only this error code")),
            CURSOR,
        ),
        answers=(Answer(200, Text("一页投递", "One page"), DeliveryList),),
        errors=(Refusal.INVALID_CURSOR,),
    ),
    Operation(
        id="deliveries.show",
        methods=("GET",),
        path="/api/deliveries/{delivery_id}",
        path_kinds={"delivery_id": str},
        summary=Text("查看一条投递", "One delivery in full"),
        answers=(Answer(200, Text("这条投递", "The delivery"), DeliveryShown),),
        errors=(Refusal.DELIVERY_NOT_FOUND,),
    ),
    Operation(
        id="deliveries.retry",
        methods=("POST",),
        path="/api/deliveries/{delivery_id}/retry",
        path_kinds={"delivery_id": str},
        summary=Text("重试一条失败的投递", "Try a failed delivery again"),
        description=Text("已送达的部分不会再次发送。", "Parts that arrived are not sent again."),
        answers=(Answer(200, Text("已重新排队", "It is queued again"), DeliveryRetried),),
        errors=(
            Refusal.DELIVERY_NOT_FOUND,
            Refusal.DELIVERY_NOT_FAILED,
            Refusal.DELIVERY_WITHOUT_CONTENT,
            Refusal.MESSAGE_DELETED,
            Refusal.DESTINATION_SWITCHED_OFF,
        ),
    ),
    Operation(
        id="deliveries.retry_many",
        methods=("POST",),
        path="/api/deliveries/retry",
        summary=Text("按条件重试失败的投递", "Try all failed deliveries again that match"),
        description=Text("dry_run 为 true 时只报告会重试哪些。", "With dry_run it only says which ones that would be."),
        body=RequestBody(RetryDeliveries, required=False, examples={"one_platform": RETRY_EXAMPLE}),
        answers=(
            Answer(
                200, Text("已在后台开始，或试算结果", "Begun in the background, or what a run would do"), ReplayAnswer
            ),
        ),
        errors=(Refusal.QUEUE_UNAVAILABLE,),
    ),
    Operation(
        id="deliveries.retry_job",
        methods=("GET",),
        path="/api/deliveries/retry/{job_id}",
        path_kinds={"job_id": str},
        summary=Text("查看重试任务的进度", "How far a retry of many is"),
        answers=(Answer(200, Text("进度", "Its progress"), ReplayShown),),
        errors=(Refusal.REPLAY_NOT_FOUND,),
    ),
)
