from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.intrinsics import TemplateError
from local.invoke import InvocationFailed
from local.schedules import Cron, ScheduleRunner, parse_schedule, schedule_event
from local.template import ScheduleSource

EVENTS = Path(__file__).resolve().parents[2] / "data/aws-events"
NOON = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)  # a Friday


class Clock:
    """Time that passes only when someone sleeps; sleeping past ``end`` cancels the sleeper."""

    def __init__(self, end: datetime) -> None:
        self.now = NOON
        self._end = end

    def read(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        if self.now > self._end:
            raise asyncio.CancelledError


def run(expression: str, minutes: float, takes_seconds: float = 0, error: Exception | None = None) -> list[datetime]:
    """The moments at which a schedule ran within so many minutes."""
    clock = Clock(NOON + timedelta(minutes=minutes))
    moments: list[datetime] = []

    async def invoke(event: Any) -> None:
        moments.append(clock.now)
        clock.now += timedelta(seconds=takes_seconds)
        if error is not None:
            raise error

    runner = ScheduleRunner(ScheduleSource("s", expression), invoke, clock.read, clock.sleep)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(runner.run())
    return moments


def seconds_after_noon(moments: list[datetime]) -> list[float]:
    return [(moment - NOON).total_seconds() for moment in moments]


def test_a_rate_runs_soon_after_the_start_and_then_every_period() -> None:
    assert seconds_after_noon(run("rate(1 minute)", 3)) == [2, 62, 122]
    assert seconds_after_noon(run("rate(5 minutes)", 11)) == [2, 302, 602]


def test_a_run_longer_than_the_period_makes_the_covered_ones_fall_out() -> None:
    assert seconds_after_noon(run("rate(1 minute)", 6, takes_seconds=130)) == [2, 182]


def test_a_failed_run_is_followed_by_the_next() -> None:
    assert len(run("rate(1 minute)", 3, error=InvocationFailed("f", "KeyError"))) == 3


def test_a_cron_runs_at_its_minutes() -> None:
    assert seconds_after_noon(run("cron(0/15 * * * ? *)", 60)) == [870, 1770, 2670, 3570]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(30 12 * * ? *)", "2026-11-20T12:30"),
        ("cron(0 12 * * ? *)", "2026-11-21T12:00"),
        ("cron(0 8 1 * ? *)", "2026-12-01T08:00"),
        ("cron(0 8 ? * MON-WED *)", "2026-11-23T08:00"),
        ("cron(0 8 ? * 1 *)", "2026-11-22T08:00"),
        ("cron(0 8 L * ? *)", "2026-11-30T08:00"),
        ("cron(0 0 29 FEB ? *)", "2028-02-29T00:00"),
        ("cron(5,10 0 1 1 ? 2030-2031)", "2030-01-01T00:05"),
    ],
)
def test_cron_fields_mean_what_eventbridge_says(expression: str, expected: str) -> None:
    timetable = parse_schedule(expression)
    assert isinstance(timetable, Cron)
    following = timetable.next_after(NOON)
    assert following is not None
    assert following.isoformat(timespec="minutes").startswith(expected)


def test_a_cron_in_the_past_never_runs() -> None:
    assert parse_schedule("cron(0 0 1 1 ? 2020)").first(NOON) is None


@pytest.mark.parametrize(
    "expression",
    [
        "every minute",
        "rate(0 minutes)",
        "rate(1 second)",
        "cron(* * * * *)",
        "cron(* * * * * *)",
        "cron(60 * * * ? *)",
        "cron(a * * * ? *)",
        "cron(*/0 * * * ? *)",
        "cron(0 0 1W * ? *)",
    ],
)
def test_a_bad_expression_is_refused_by_name(expression: str) -> None:
    with pytest.raises(TemplateError) as refused:
        parse_schedule(expression)
    assert expression in str(refused.value)


def test_a_schedule_of_seconds_runs_by_the_second() -> None:
    clock = Clock(NOON + timedelta(seconds=14))
    moments: list[datetime] = []

    async def invoke(event: Any) -> None:
        assert event == {"a": 1}
        moments.append(clock.now)

    runner = ScheduleRunner(ScheduleSource("s", "", True, '{"a": 1}', 5), invoke, clock.read, clock.sleep)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(runner.run())
    assert seconds_after_noon(moments) == [2, 7, 12]


def test_the_event_has_the_shape_of_a_recorded_one() -> None:
    recorded = json.loads((EVENTS / "cloudwatch_scheduled_event.json").read_text("utf-8"))
    event = schedule_event(ScheduleSource("ExampleRule", "rate(1 minute)"), NOON)
    assert {key: type(value) for key, value in event.items() if key != "version"} == {
        key: type(value) for key, value in recorded.items()
    }
    assert event["time"] == "2026-11-20T12:00:30Z"
    assert event["resources"][0].endswith("rule/ExampleRule")


def test_an_input_takes_the_events_place_and_must_be_json() -> None:
    assert schedule_event(ScheduleSource("s", "rate(1 day)", True, '{"a": 1}'), NOON) == {"a": 1}

    async def invoke(event: Any) -> None: ...

    with pytest.raises(TemplateError, match="not JSON"):
        ScheduleRunner(ScheduleSource("s", "rate(1 day)", True, "{"), invoke)
