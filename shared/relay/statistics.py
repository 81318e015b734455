"""Statistics of closed deliveries, from the counters: the same few reads however many messages there were."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from shared.relay.counters import COUNTED_PLATFORMS

Period: TypeAlias = Literal["today", "week", "month"]
PERIODS: tuple[Period, ...] = ("today", "week", "month")
# Days that a period spans, today among them.
PERIOD_DAYS: Mapping[Period, int] = {"today": 1, "week": 7, "month": 30}


class DayCounters(Protocol):
    """Implemented by shared.relay.counters.DeliveryCounters."""

    def day_of(self, moment_ms: int) -> str: ...

    def oldest_kept_day(self, now_ms: int) -> str: ...

    def summed_by_day(self, *, since_day: str) -> Mapping[str, Mapping[str, int]]:
        """Day (YYYY-MM-DD) to counters by name: ``<status>_<platform>``, ``latency_ms_sum``."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """``success_rate`` in percent with one decimal, 0 when nothing was closed; ``avg_latency_ms`` over successes."""

    total: int
    success: int
    failed: int
    success_rate: float
    avg_latency_ms: int
    by_platform: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DayStatistics:
    """``day`` is the operator's calendar day, YYYY-MM-DD."""

    day: str
    statistics: Statistics


class DeliveryStatistics:
    """``platforms`` are those shown even without a delivery."""

    def __init__(self, counters: DayCounters, platforms: Sequence[str], clock_ms: Callable[[], int]) -> None:
        self._counters = counters
        self._platforms = tuple(platforms)
        self._clock_ms = clock_ms

    def of_period(self, period: Period) -> Statistics:
        days = self._counters.summed_by_day(since_day=self._first_day(period))
        return self._statistics(list(days.values()))

    def trend(self, period: Period) -> list[DayStatistics]:
        """Every day of the period, oldest first, those without a delivery among them."""
        first = dt.date.fromisoformat(self._first_day(period))
        last = dt.date.fromisoformat(self._counters.day_of(self._clock_ms()))
        found = self._counters.summed_by_day(since_day=first.isoformat())
        days = [(first + dt.timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
        return [DayStatistics(day, self._statistics([found.get(day, {})])) for day in days]

    def _first_day(self, period: Period) -> str:
        now_ms = self._clock_ms()
        today = dt.date.fromisoformat(self._counters.day_of(now_ms))
        wanted = (today - dt.timedelta(days=PERIOD_DAYS[period] - 1)).isoformat()
        return max(wanted, self._counters.oldest_kept_day(now_ms))

    def _statistics(self, days: Sequence[Mapping[str, int]]) -> Statistics:
        def count(status: str, platform: str) -> int:
            return sum(day.get(f"{status}_{platform}", 0) for day in days)

        success = sum(count("success", platform) for platform in COUNTED_PLATFORMS)
        failed = sum(count("failed", platform) for platform in COUNTED_PLATFORMS)
        by_platform = {
            platform: count("success", platform) + count("failed", platform)
            for platform in dict.fromkeys((*self._platforms, *COUNTED_PLATFORMS))
        }
        total = success + failed
        latency_ms_sum = sum(day.get("latency_ms_sum", 0) for day in days)
        return Statistics(
            total=total,
            success=success,
            failed=failed,
            success_rate=round(success * 100 / total, 1) if total else 0.0,
            avg_latency_ms=round(latency_ms_sum / success) if success else 0,
            # A platform that is not built in (any more) shows only what it has.
            by_platform={name: number for name, number in by_platform.items() if number or name in self._platforms},
        )
