"""Deliveries newest first, also by what has no index of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shared.relay.logs import LogPage, LogRow, encode_cursor

# How many rows one request looks at to find those that match; the cursor goes on from there.
MAX_LOOKED_AT = 1000
_PAGE_ROWS = 200


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """What is not given does not narrow. The first three have indexes; the others are looked for row by row."""

    status: str | None = None
    platform: str | None = None
    channel_id: str | None = None
    bot_id: int | None = None
    mapping_id: int | None = None
    error_code: str | None = None

    @property
    def is_indexed(self) -> bool:
        return self.bot_id is None and self.mapping_id is None and self.error_code is None

    def matches(self, row: LogRow) -> bool:
        return row_matches(row, bot_id=self.bot_id, mapping_id=self.mapping_id, error_code=self.error_code)


def row_matches(row: LogRow, *, bot_id: int | None, mapping_id: int | None, error_code: str | None) -> bool:
    """What no index answers. None asks for nothing."""
    wanted = ((bot_id, row.bot_id), (mapping_id, row.mapping_id), (error_code, row.error_code))
    return all(asked is None or asked == found for asked, found in wanted)


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """``total`` is None where only reading them all would tell. ``next_cursor`` is None on the last page; a page can be
    short, even empty, and still have a next one."""

    rows: list[LogRow]
    total: int | None
    next_cursor: str | None


class Pages(Protocol):
    """The part of shared.relay.logs.DeliveryLog that is read."""

    def page(
        self,
        *,
        status: str | None = None,
        platform: str | None = None,
        channel_id: str | None = None,
        limit: int = 100,
        page: int | None = None,
        cursor: str | None = None,
    ) -> LogPage: ...


def list_deliveries(log: Pages, wanted: DeliveryFilter, *, limit: int, cursor: str | None) -> DeliveryPage:
    """One page. Raises InvalidCursor."""

    def page_at(start: str | None, rows: int) -> LogPage:
        return log.page(
            status=wanted.status, platform=wanted.platform, channel_id=wanted.channel_id, limit=rows, cursor=start
        )

    if wanted.is_indexed:
        page = page_at(cursor, limit)
        return DeliveryPage(page.rows, page.total, page.next_cursor)
    found: list[LogRow] = []
    looked_at = 0
    while looked_at < MAX_LOOKED_AT:
        page = page_at(cursor, _PAGE_ROWS)
        for row in page.rows:
            looked_at += 1
            if wanted.matches(row):
                found.append(row)
                if len(found) == limit:
                    is_last = row is page.rows[-1] and page.next_cursor is None
                    return DeliveryPage(found, None, None if is_last else encode_cursor(row.position))
        if page.next_cursor is None:
            return DeliveryPage(found, None, None)
        cursor = page.next_cursor
    return DeliveryPage(found, None, cursor)
