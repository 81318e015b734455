"""The message log in DynamoDB: index partitions for the rows, counters for the totals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pynamodb.expressions.condition import Condition

from shared.aws.database import database
from shared.relay.counters import DeliveryCounters
from shared.relay.delivery_rows import DeliveryRow, log_channel_scope, log_scope
from shared.relay.logs import LogRow, LogScope

_LOOKED_AT_A_REQUEST = 1000


class DynamoLogReader:
    """Implements shared.relay.logs.LogReader. Rows past their retention are left out: DynamoDB deletes late.

    Every method raises StoreUnavailable when DynamoDB fails.
    """

    def __init__(self, counters: DeliveryCounters, clock_ms: Callable[[], int]) -> None:
        self._counters = counters
        self._clock_ms = clock_ms

    def _oldest_kept_id(self) -> int:
        # From the start of a day, like the counters, so that the total is exactly the number of rows.
        return self._counters.start_of_day_ms(self._counters.oldest_kept_day(self._clock_ms())) << 11

    def rows(self, scope: LogScope, *, at_or_before_id: int | None, page_size: int) -> Iterator[LogRow]:
        oldest = self._oldest_kept_id()
        newest = at_or_before_id if at_or_before_id is not None else (1 << 53) - 1
        if newest < oldest:
            return
        index, partition, condition = _where(scope)
        found = index.query(
            partition,
            DeliveryRow.log_id.between(oldest, newest),
            filter_condition=condition,
            scan_index_forward=False,
            # With a condition it counts the rows that are looked at.
            page_size=page_size if condition is None else _LOOKED_AT_A_REQUEST,
        )
        with database("read the log"):
            for row in found:
                yield log_row(row)

    def count_pending(self, scope: LogScope) -> int:
        index, partition, condition = _where(scope)
        with database("count the log"):
            return int(index.count(partition, filter_condition=condition))

    def count_closed(self, *, channel_id: str | None, status: str | None, platform: str | None) -> int:
        since = self._counters.oldest_kept_day(self._clock_ms())
        with database("read the counters"):
            return self._counters.totals(channel_id=channel_id, status=status, platform=platform, since_day=since)


def _where(scope: LogScope) -> tuple[Any, str, Condition | None]:
    """The index, its partition, and what rows of that belong to the scope, None for all.

    A channel's index holds what is closed. What is open is picked out of the backlog of its platform: so it costs no
    entry that is moved a moment later.
    """
    if scope.channel_id is None:
        return DeliveryRow.log_by_status, log_scope(scope.status, scope.platform), None
    if scope.status == "pending":
        in_channel: Condition = DeliveryRow.kook_channel_id == scope.channel_id
        return DeliveryRow.log_by_status, log_scope("pending", scope.platform), in_channel
    partition = log_channel_scope(scope.channel_id, scope.status, scope.platform)
    return DeliveryRow.log_by_channel, partition, None


def log_row(row: DeliveryRow) -> LogRow:
    """What the log shows of a record, read whole or from one of its log indexes."""
    return LogRow(
        id=int(row.log_id),
        kook_message_id=row.message_id,
        mapping_id=int(row.mapping_id),
        kook_channel_id=row.kook_channel_id,
        kook_channel_name=row.kook_channel_name,
        content=row.content,
        message_type=row.message_type,
        sender_name=row.sender_name,
        platform=row.platform,
        bot_id=int(row.bot_id),
        target_channel=row.target_channel,
        status=row.status,
        error_code=row.error_code,
        error_message=row.error_message,
        latency_ms=None if row.latency_ms is None else int(row.latency_ms),
        created_at=row.created_at,
        notes=tuple(str(note) for note in row.notes or ()),
    )
