"""The message log over a fake reader: order, pages, cursors, totals, and what a page costs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.relay.logs import (
    DeliveryLog,
    InvalidCursor,
    LogRow,
    LogScope,
    PageTooFar,
    decode_cursor,
    encode_cursor,
)


def row(
    log_id: int,
    *,
    message_id: str = "m",
    mapping_id: int = 1,
    status: str = "success",
    platform: str = "discord",
    channel_id: str = "c",
) -> LogRow:
    return LogRow(
        id=log_id,
        kook_message_id=message_id,
        mapping_id=mapping_id,
        kook_channel_id=channel_id,
        kook_channel_name="n",
        content="x",
        message_type="text",
        sender_name="s",
        platform=platform,
        bot_id=1,
        target_channel="t",
        status=status,
        error_code=None,
        error_message=None,
        latency_ms=1,
        created_at="",
    )


class FakeReader:
    """Partitions in memory; counts the rows handed out."""

    def __init__(self, rows: list[LogRow]) -> None:
        self._rows = rows
        self.rows_read = 0

    def _in(self, scope: LogScope) -> list[LogRow]:
        return [
            one
            for one in self._rows
            if (one.status, one.platform) == (scope.status, scope.platform)
            and scope.channel_id in (None, one.kook_channel_id)
        ]

    def rows(self, scope: LogScope, *, at_or_before_id: int | None, page_size: int) -> Iterator[LogRow]:
        newest = at_or_before_id if at_or_before_id is not None else 1 << 60
        # As a DynamoDB index: ordered by the id alone, ties in any order.
        for one in sorted(self._in(scope), key=lambda one: (-one.id, one.kook_message_id)):
            if one.id <= newest:
                self.rows_read += 1
                yield one

    def count_pending(self, scope: LogScope) -> int:
        assert scope.status == "pending"
        return len(self._in(scope))

    def count_closed(self, *, channel_id: str | None, status: str | None, platform: str | None) -> int:
        return sum(
            one.status != "pending"
            and status in (None, one.status)
            and platform in (None, one.platform)
            and channel_id in (None, one.kook_channel_id)
            for one in self._rows
        )


MIXED = [
    row(
        number,
        message_id=f"m{number}",
        status=("success", "failed", "pending")[number % 3],
        platform=("discord", "telegram", "feishu")[number // 3 % 3],
        channel_id=("c1", "c2")[number % 2],
    )
    for number in range(1, 61)
]


def test_pages_are_newest_first_over_every_partition_and_lose_nothing() -> None:
    log, seen, cursor = DeliveryLog(FakeReader(MIXED)), [], None
    for _ in range(20):
        page = log.page(limit=7, cursor=cursor)
        seen += [one.id for one in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == list(range(60, 0, -1))


@pytest.mark.parametrize("status", [None, "success", "failed", "pending"])
@pytest.mark.parametrize("platform", [None, "discord", "telegram"])
@pytest.mark.parametrize("channel_id", [None, "c1"])
def test_every_combination_of_filters_gives_its_rows_and_its_exact_total(
    status: str | None, platform: str | None, channel_id: str | None
) -> None:
    expected = [
        one.id
        for one in reversed(MIXED)
        if status in (None, one.status)
        and platform in (None, one.platform)
        and channel_id in (None, one.kook_channel_id)
    ]
    page = DeliveryLog(FakeReader(MIXED)).page(status=status, platform=platform, channel_id=channel_id, limit=500)
    assert [one.id for one in page.rows] == expected
    assert page.total == len(expected)
    assert page.next_cursor is None


def test_rows_of_one_millisecond_survive_a_page_boundary() -> None:
    same = [row(5, message_id="a"), row(5, message_id="b"), row(5, message_id="b", mapping_id=2)]
    log = DeliveryLog(FakeReader(same))
    first = log.page(limit=2)
    second = log.page(limit=2, cursor=first.next_cursor)
    assert [(one.kook_message_id, one.mapping_id) for one in first.rows + second.rows] == [("b", 2), ("b", 1), ("a", 1)]


def test_a_page_by_cursor_costs_the_page_however_long_the_log() -> None:
    reader = FakeReader([row(number) for number in range(1, 5001)])
    page = DeliveryLog(reader).page(
        status="success", platform="discord", limit=10, cursor=encode_cursor((4000, "m", 1))
    )
    assert [one.id for one in page.rows][:2] == [3999, 3998]
    assert reader.rows_read <= 13


def test_page_numbers_walk_to_their_page() -> None:
    page = DeliveryLog(FakeReader(MIXED)).page(limit=10, page=3)
    assert ([one.id for one in page.rows], page.page) == (list(range(40, 30, -1)), 3)


def test_a_page_behind_the_end_is_empty() -> None:
    page = DeliveryLog(FakeReader(MIXED)).page(limit=50, page=9)
    assert (page.rows, page.next_cursor, page.total) == ([], None, 60)


def test_a_page_number_beyond_the_bound_asks_for_the_cursor() -> None:
    with pytest.raises(PageTooFar, match="cursor"):
        DeliveryLog(FakeReader([])).page(limit=500, page=21)


# Each was found by the fuzzer: what follows from them is no key that the table takes.
@pytest.mark.parametrize("position", [(1, "\ud800", 1), (1, "m", 10**40), (1, "m", -1), (1, "m" * 301, 1)])
def test_a_cursor_that_leads_nowhere_is_refused(position: tuple[int, str, int]) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(encode_cursor(position))


@pytest.mark.parametrize(
    "cursor", ["", "x", "!!", "e30", encode_cursor((1, "m", 1))[:-2] + "~", "WzEsMl0", "é", "[" * 9]
)
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(cursor)


def test_a_cursor_reads_back_as_it_was() -> None:
    position = (1_790_000_000_000 << 11, "消息-1", 42)
    assert decode_cursor(encode_cursor(position)) == position
