"""Pages, periods and moments of WorkTool's lists.

A page is ``{pageNum, pageSize, totalPage, total, list}``, as the published clients of its own server read it. Nothing
is counted for it: ``total`` and ``totalPage`` say what is known after the page was read, which is whether there is one
more. Whoever asks for pages until ``totalPage`` gets all of them. Moments name no zone: they are the operator's.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.robots.commands import LAST_MS
from shared.web.errors import invalid_parameter
from shared.web.parameters import query_integer, query_text

Row = TypeVar("Row")

MAX_PAGE_SIZE = 200
DEFAULT_PAGE_SIZE = 10
# Records read for one answer.
MAX_WALKED = 1000


@dataclass(frozen=True, slots=True)
class WantedRows:
    number: int
    size: int

    def of(self, rows: Iterable[Row]) -> tuple[list[Row], bool]:
        """The page's rows, and whether another one follows; reads no further."""
        begin = (self.number - 1) * self.size
        found = list(itertools.islice(rows, begin, begin + self.size + 1))
        return found[: self.size], len(found) > self.size

    def envelope(self, shown: list[dict[str, Any]], more: bool) -> dict[str, Any]:
        known = (self.number - 1) * self.size + len(shown) if shown else 0
        return {
            "pageNum": self.number,
            "pageSize": self.size,
            "totalPage": self.number + more if shown else 0,
            "total": known + more,
            "list": shown,
        }


def wanted_rows(default_size: int = DEFAULT_PAGE_SIZE) -> WantedRows:
    """``page`` and ``size`` of the query."""
    size = query_integer("size", minimum=1, maximum=MAX_PAGE_SIZE) or default_size
    return WantedRows(query_integer("page", minimum=1, maximum=MAX_WALKED // size) or 1, size)


@dataclass(frozen=True, slots=True)
class WantedPeriod:
    """Milliseconds since the epoch, both included."""

    first_ms: int
    last_ms: int


def wanted_period(zone: dt.tzinfo) -> WantedPeriod:
    """``startTime`` and ``endTime`` of the query, the whole of their last second."""
    first_ms, last_ms = _moment_ms("startTime", zone), _moment_ms("endTime", zone)
    return WantedPeriod(
        0 if first_ms is None else min(LAST_MS, first_ms),
        LAST_MS if last_ms is None else min(LAST_MS, last_ms + 999),
    )


def wanted_day(zone: dt.tzinfo) -> WantedPeriod:
    """``date`` of the query, as 2024-12-01; all days without it."""
    text = query_text("date")
    if text is None:
        return WantedPeriod(0, LAST_MS)
    try:
        day = dt.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone)
        first_ms, next_ms = (_epoch_ms(moment) for moment in (day, day + dt.timedelta(days=1)))
    except (ValueError, OverflowError):
        raise invalid_parameter("date", "date") from None
    return WantedPeriod(min(LAST_MS, first_ms), min(LAST_MS, max(0, next_ms - 1)))


def newest_first() -> bool:
    """``sort`` of the query: whatever column it names, it can only be turned round."""
    return not (query_text("sort") or "").endswith(",asc")


def shown_moment(epoch_ms: int, zone: dt.tzinfo) -> str:
    """``2024-12-01T10:30:00``."""
    return dt.datetime.fromtimestamp(epoch_ms / 1000, zone).strftime("%Y-%m-%dT%H:%M:%S")


def matching(rows: Iterable[Row], keyword: str | None, texts: Callable[[Row], Iterable[str]]) -> Iterator[Row]:
    """Those of the rows one of whose ``texts`` has the keyword in it, whatever its case."""
    wanted = (keyword or "").casefold()
    return (row for row in rows if any(wanted in text.casefold() for text in texts(row)))


def _moment_ms(name: str, zone: dt.tzinfo) -> int | None:
    text = query_text(name)
    if text is None:
        return None
    try:
        return _epoch_ms(dt.datetime.strptime(text.replace("T", " "), "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone))
    except (ValueError, OverflowError):
        raise invalid_parameter(name, "moment") from None


def _epoch_ms(moment: dt.datetime) -> int:
    return max(0, int(moment.timestamp() * 1000))
