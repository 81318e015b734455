"""The activity log in the robots table, counted by day, type and level of what still can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict

from shared.robots.activity_log import Entry, Level, LogType
from shared.robots.aggregates import Addition
from shared.robots.counting import Day, listing_sums
from shared.robots.errors import RobotBusy
from shared.robots.table import Item, RobotsTable

LOGS_LISTING = "logs"
_SECONDS_PER_DAY = 24 * 60 * 60
_MS_PER_DAY = _SECONDS_PER_DAY * 1000


class DynamoActivityLog:
    """Implements shared.robots.activity_log.LogStore.

    Entries expire one by one and their counts by the day: a total may count what expired earlier today.
    """

    def __init__(self, table: RobotsTable, day: Day, clock_ms: Callable[[], int]) -> None:
        self._table = table
        self._day = day
        self._clock_ms = clock_ms

    def add_entry(self, entry: Entry, kept_days: int) -> None:
        expires_at_ms = entry.created_at_ms + kept_days * _MS_PER_DAY
        item = Item(
            pk=f"log#{entry.entry_id}",
            sk="record",
            body=asdict(entry),
            listing_key=LOGS_LISTING,
            listing_order=f"{entry.entry_id:017d}",
            expires_at_seconds=expires_at_ms // 1000,
        )
        # By the day on which they expire, so that what is gone is not counted.
        counted = Addition(
            listing_sums(LOGS_LISTING),
            f"day#{self._day(expires_at_ms)}#{entry.log_type}#{entry.level}",
            {"items": 1},
            expires_at_seconds=expires_at_ms // 1000 + _SECONDS_PER_DAY,
        )
        if not self._table.write(item, additions=[counted]):
            raise RobotBusy

    def newest_entries(self, limit: int) -> Iterator[Entry]:
        for item in self._table.newest(LOGS_LISTING, limit):
            yield Entry(**item.body)

    def number_of_entries(self, log_type: LogType | None, level: Level | None) -> int:
        today = self._day(self._clock_ms())
        total = 0
        for aggregate in self._table.aggregates_between(listing_sums(LOGS_LISTING), f"day#{today}", "day#~"):
            _, _, counted_type, counted_level = aggregate.sk.split("#")
            if log_type in (None, counted_type) and level in (None, counted_level):
                total += aggregate["items"]
        return total
