"""/api/logs: what was relayed, newest first."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from flask import Blueprint, Response

from shared.relay.api.answers import ShownTimes, success
from shared.relay.api.delivery_texts import shown_failure
from shared.relay.deliveries import DELIVERY_STATUSES
from shared.relay.delivery_replay import delivery_id
from shared.relay.logs import MAX_LIMIT, LogPage, LogRow
from shared.web.parameters import exclusive, query_choice, query_integer, query_text

DEFAULT_LIMIT = 100
MAX_PAGE = 1_000_000
MAX_CURSOR_CHARACTERS = 1000


class DeliveryLogPages(Protocol):
    """The part of shared.relay.logs.DeliveryLog that the API reads."""

    def page(
        self,
        *,
        status: str | None = None,
        platform: str | None = None,
        channel_id: str | None = None,
        limit: int = DEFAULT_LIMIT,
        page: int | None = None,
        cursor: str | None = None,
    ) -> LogPage:
        """Raises InvalidCursor, PageTooFar."""


def logs_blueprint(log: DeliveryLogPages, platform_names: Collection[str], times: ShownTimes) -> Blueprint:
    blueprint = Blueprint("logs", __name__, url_prefix="/api/logs")

    @blueprint.get("")
    def list_logs() -> Response:
        number = query_integer("page", minimum=1, maximum=MAX_PAGE)
        cursor = query_text("cursor", max_length=MAX_CURSOR_CHARACTERS)
        if number is not None and cursor is not None:
            raise exclusive("page", "cursor")
        limit = query_integer("limit", minimum=1, maximum=MAX_LIMIT)
        found = log.page(
            status=query_choice("status", DELIVERY_STATUSES),
            platform=query_choice("platform", platform_names),
            channel_id=query_text("channel_id"),
            limit=limit if limit is not None else DEFAULT_LIMIT,
            page=number,
            cursor=cursor,
        )
        return success(
            data=[shown_log_row(row, times) for row in found.rows],
            total=found.total,
            page=found.page,
            next_cursor=found.next_cursor,
        )

    return blueprint


def shown_log_row(row: LogRow, times: ShownTimes) -> dict[str, Any]:
    """A delivery as the log and the list of deliveries show it."""
    return {
        "id": row.id,
        "delivery_id": delivery_id(row.kook_message_id, row.mapping_id),
        "kook_message_id": row.kook_message_id,
        "kook_channel_id": row.kook_channel_id,
        "kook_channel_name": row.kook_channel_name,
        "content": row.content,
        "message_type": row.message_type,
        "sender_name": row.sender_name,
        "target_platform": row.platform,
        "target_channel": row.target_channel,
        "target_bot_id": row.bot_id,
        "mapping_id": row.mapping_id,
        "status": row.status,
        "error_code": row.error_code,
        "error_message": row.error_message,
        **shown_failure(row.error_code, row.error_message),
        "latency_ms": row.latency_ms,
        "created_at": times.of_iso(row.created_at),
        "notes": list(row.notes),
    }
