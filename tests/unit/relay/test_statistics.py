"""Figures over closed deliveries: periods, rates, platforms, days."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping

import pytest

from shared.relay.statistics import DeliveryStatistics, Period
from tests.fakes.clock import FakeClock

ZONE = zoneinfo.ZoneInfo("Asia/Shanghai")
# 2025-10-19 00:30 in Shanghai, still the 18th in UTC.
NOW = dt.datetime(2025, 10, 18, 16, 30, tzinfo=dt.UTC).timestamp()


class FakeCounters:
    """Days with their counters; ``retention_days`` back are kept."""

    def __init__(self, days: Mapping[str, Mapping[str, int]], retention_days: int = 90) -> None:
        self.days = days
        self.retention_days = retention_days
        self.asked: list[str] = []

    def day_of(self, moment_ms: int) -> str:
        return dt.datetime.fromtimestamp(moment_ms / 1000, ZONE).date().isoformat()

    def oldest_kept_day(self, now_ms: int) -> str:
        return self.day_of(now_ms - self.retention_days * 86_400_000)

    def summed_by_day(self, *, since_day: str) -> Mapping[str, Mapping[str, int]]:
        self.asked.append(since_day)
        return {day: counts for day, counts in self.days.items() if day >= since_day}


def statistics(counters: FakeCounters, *platforms: str) -> DeliveryStatistics:
    return DeliveryStatistics(counters, platforms or ("discord", "telegram", "feishu"), FakeClock(NOW).ms)


def test_the_contracts_own_figures() -> None:
    counters = FakeCounters(
        {
            "2025-10-19": {
                "success_discord": 590,
                "failed_discord": 10,
                "success_telegram": 390,
                "failed_telegram": 10,
                "success_feishu": 220,
                "failed_feishu": 14,
                "latency_ms_sum": 1200 * 1234,
            }
        }
    )
    found = statistics(counters).of_period("today")
    assert (found.total, found.success, found.failed) == (1234, 1200, 34)
    assert (found.success_rate, found.avg_latency_ms) == (97.2, 1234)
    assert found.by_platform == {"discord": 600, "telegram": 400, "feishu": 234}


def test_without_deliveries_everything_is_zero_and_every_platform_is_there() -> None:
    found = statistics(FakeCounters({})).of_period("month")
    assert (found.total, found.success, found.failed, found.success_rate, found.avg_latency_ms) == (0, 0, 0, 0.0, 0)
    assert found.by_platform == {"discord": 0, "telegram": 0, "feishu": 0}


def test_failures_alone_have_no_latency() -> None:
    found = statistics(FakeCounters({"2025-10-19": {"failed_discord": 2}})).of_period("today")
    assert (found.success_rate, found.avg_latency_ms, found.total) == (0.0, 0, 2)


@pytest.mark.parametrize(
    ("period", "first_day"), [("today", "2025-10-19"), ("week", "2025-10-13"), ("month", "2025-09-20")]
)
def test_periods_are_whole_days_of_the_operator(period: Period, first_day: str) -> None:
    counters = FakeCounters({})
    statistics(counters).of_period(period)
    assert counters.asked == [first_day]


def test_a_period_reaches_no_further_than_the_log() -> None:
    counters = FakeCounters({"2025-10-10": {"success_discord": 9}}, retention_days=3)
    assert statistics(counters).of_period("month").total == 0
    assert counters.asked == ["2025-10-16"]


def test_a_platform_that_is_gone_shows_what_it_has() -> None:
    found = statistics(FakeCounters({"2025-10-19": {"success_wecom": 3}}), "discord").of_period("today")
    assert found.by_platform == {"discord": 0, "wecom": 3}


def test_the_trend_has_every_day_of_the_period() -> None:
    counters = FakeCounters({"2025-10-14": {"success_discord": 2}, "2025-10-19": {"failed_feishu": 1}})
    days = statistics(counters).trend("week")
    assert [day.day for day in days] == [f"2025-10-{number}" for number in range(13, 20)]
    assert [day.statistics.total for day in days] == [0, 2, 0, 0, 0, 0, 1]
