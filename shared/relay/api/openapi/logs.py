"""/api/logs in the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from shared.relay.api.logs import DEFAULT_LIMIT, MAX_CURSOR_CHARACTERS, MAX_PAGE
from shared.relay.api.openapi.shapes import RecordId, ShownTime, Succeeded
from shared.relay.deliveries import DELIVERY_STATUSES
from shared.relay.errors import Refusal
from shared.relay.logs import MAX_LIMIT
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation, QueryParameter, QueryText

Status: Any = Literal[tuple(DELIVERY_STATUSES)]


class ShownLogRow(BaseModel):
    """One delivery of one message."""

    id: int = Field(description="Grows with time")
    delivery_id: str = Field(description="For GET /api/deliveries/{delivery_id} and its retry")
    kook_message_id: str
    kook_channel_id: str
    kook_channel_name: str
    content: str
    message_type: str
    sender_name: str
    target_platform: str
    target_channel: str
    target_bot_id: RecordId
    mapping_id: RecordId
    status: Status
    error_code: str | None
    error_message: str | None = Field(description="In the platform's own words")
    error_explanation: str | None = Field(description="What the error means, in the language of the request")
    solution: str | None = Field(description="What to do about it; null for what has not failed")
    latency_ms: int | None = Field(description="From receipt to delivery; null while it is pending")
    created_at: ShownTime
    notes: list[str] = Field(description="What was out of the ordinary, in the language of the request")


class LogList(Succeeded):
    data: list[ShownLogRow]
    total: int = Field(description="How many rows the filters match in all")
    page: int
    next_cursor: str | None = Field(description="Gives the next page; null on the last")


# What the log and the list of deliveries are asked with.
LISTING_FILTERS = (
    QueryParameter(
        "limit",
        Annotated[int, Field(ge=1, le=MAX_LIMIT)],
        Text("每页行数", "Rows of a page"),
        default=DEFAULT_LIMIT,
    ),
    QueryParameter("status", Status, Text("只要该状态", "Only this status")),
    QueryParameter("platform", QueryText, Text("只要该平台", "Only this platform")),
    QueryParameter("channel_id", QueryText, Text("只要该 KOOK 频道", "Only this KOOK channel")),
)
CURSOR = QueryParameter(
    "cursor",
    Annotated[str, Field(max_length=MAX_CURSOR_CHARACTERS)],
    Text("上一页的 next_cursor", "next_cursor of the page before"),
)

OPERATIONS = (
    Operation(
        id="logs.list",
        methods=("GET",),
        path="/api/logs",
        summary=Text("消息日志，最新的在前", "The message log, newest first"),
        description=Text(
            "用 next_cursor 翻页最省；page 只能到达前 10,000 行。",
            "Paging by next_cursor costs what the page holds; page reaches the first 10,000 rows only.",
        ),
        query=(
            *LISTING_FILTERS,
            QueryParameter(
                "page",
                Annotated[int, Field(ge=1, le=MAX_PAGE)],
                Text("页码，不能与 cursor 同用", "Page number; not together with cursor"),
            ),
            CURSOR,
        ),
        answers=(Answer(200, Text("一页日志", "One page"), LogList),),
        errors=(Refusal.INVALID_CURSOR, Refusal.PAGE_TOO_FAR),
    ),
)
