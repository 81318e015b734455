"""The message log: deliveries newest first, a page at the cost of a page.

The log is kept in index partitions of one status and one platform each, so that every combination of filters is a
merge of a few partitions read in order, and nothing is read only to be filtered away.
"""

from __future__ import annotations

import base64
import binascii
import heapq
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from shared.relay.counters import COUNTED_PLATFORMS
from shared.relay.deliveries import DELIVERY_STATUSES

MAX_LIMIT = 500
MAX_WALKED_ROWS = 10_000
# What can be in a key of the table: no lone surrogates, which JSON can spell.
_MESSAGE_ID = re.compile(r"[^\ud800-\udfff]{0,300}\Z")


class InvalidCursor(ValueError):
    """The cursor was not made by this service."""


class PageTooFar(ValueError):
    """The page number lies behind ``MAX_WALKED_ROWS`` rows: continue by cursor instead."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One delivery as the log shows it. ``created_at`` is UTC ISO 8601."""

    id: int
    kook_message_id: str
    mapping_id: int
    kook_channel_id: str
    kook_channel_name: str
    content: str
    message_type: str
    sender_name: str
    platform: str
    bot_id: int
    target_channel: str
    status: str
    error_code: str | None
    error_message: str | None
    latency_ms: int | None
    created_at: str
    notes: tuple[str, ...] = ()

    @property
    def position(self) -> tuple[int, str, int]:
        return (self.id, self.kook_message_id, self.mapping_id)


@dataclass(frozen=True, slots=True)
class LogPage:
    """``next_cursor`` is None on the last page."""

    rows: list[LogRow]
    total: int
    page: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class LogScope:
    """One partition of the log."""

    status: str
    platform: str
    channel_id: str | None


class LogReader(Protocol):
    """Where the partitions are read."""

    def rows(self, scope: LogScope, *, at_or_before_id: int | None, page_size: int) -> Iterator[LogRow]:
        """The partition newest first, read ``page_size`` rows a request, lazily."""

    def count_pending(self, scope: LogScope) -> int:
        """How many deliveries of the partition are still open (the backlog, not the history)."""

    def count_closed(self, *, channel_id: str | None, status: str | None, platform: str | None) -> int:
        """How many are closed, from the counters."""


def encode_cursor(position: tuple[int, str, int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[int, str, int]:
    """Raises InvalidCursor."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        log_id, message_id, mapping_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise InvalidCursor("not a cursor of this log") from error
    if type(log_id) is not int or type(message_id) is not str or type(mapping_id) is not int:
        raise InvalidCursor("not a cursor of this log")
    if not 0 <= log_id < 1 << 53 or not 0 <= mapping_id < 1 << 53 or not _MESSAGE_ID.match(message_id):
        raise InvalidCursor("not a cursor of this log")
    return log_id, message_id, mapping_id


class DeliveryLog:
    def __init__(self, reader: LogReader) -> None:
        self._reader = reader

    def page(
        self,
        *,
        status: str | None = None,
        platform: str | None = None,
        channel_id: str | None = None,
        limit: int = 100,
        page: int | None = None,
        cursor: str | None = None,
    ) -> LogPage:
        """One page, newest first.

        A cursor costs what the page holds. A page number walks the rows before it, at most MAX_WALKED_ROWS.

        Raises:
            InvalidCursor, PageTooFar
        """
        number = page or 1
        skipped = 0 if cursor is not None else (number - 1) * limit
        if skipped + limit > MAX_WALKED_ROWS:
            raise PageTooFar(f"page numbers reach {MAX_WALKED_ROWS} rows; continue with next_cursor")
        scopes = [
            LogScope(one_status, one_platform, channel_id)
            for one_status in ([status] if status else DELIVERY_STATUSES)
            for one_platform in ([platform] if platform else COUNTED_PLATFORMS)
        ]
        before = decode_cursor(cursor) if cursor is not None else None
        rows = self._merged(scopes, before, page_size=min(limit + 1, 100) if len(scopes) == 1 else 25)
        for _ in range(skipped):
            if next(rows, None) is None:
                break
        found = list(itertools.islice(rows, limit))
        more = len(found) == limit and next(rows, None) is not None
        return LogPage(
            rows=found,
            total=self._total(scopes, status, platform, channel_id),
            page=number,
            next_cursor=encode_cursor(found[-1].position) if more else None,
        )

    def _merged(
        self, scopes: list[LogScope], before: tuple[int, str, int] | None, *, page_size: int
    ) -> Iterator[LogRow]:
        start = before[0] if before else None
        partitions = [
            _ties_in_order(self._reader.rows(scope, at_or_before_id=start, page_size=page_size)) for scope in scopes
        ]
        for row in heapq.merge(*partitions, key=lambda row: row.position, reverse=True):
            # A row that changes partition while it is being read can show up twice; a cursor's own row is skipped.
            if before is None or row.position < before:
                before = row.position
                yield row

    def _total(self, scopes: list[LogScope], status: str | None, platform: str | None, channel_id: str | None) -> int:
        pending = sum(self._reader.count_pending(scope) for scope in scopes if scope.status == "pending")
        if status == "pending":
            return pending
        return pending + self._reader.count_closed(channel_id=channel_id, status=status, platform=platform)


def _ties_in_order(rows: Iterator[LogRow]) -> Iterator[LogRow]:
    """DynamoDB orders an index by its sort key alone: rows of one id come in any order, and a cursor needs one."""
    for _, tied in itertools.groupby(rows, key=lambda row: row.id):
        yield from sorted(tied, key=lambda row: row.position, reverse=True)
