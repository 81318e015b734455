"""Schedule events on a clock: rate() and cron() expressions, never two runs of one schedule at a time.

Expressions: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html (UTC, whole minutes).
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from local.intrinsics import ACCOUNT_ID, TemplateError
from local.invoke import InvocationFailed
from local.template import REGION, ScheduleSource

_RATE = re.compile(r"rate\(\s*(\d+)\s+(minute|hour|day)s?\s*\)\Z")
_CRON = re.compile(r"cron\(([^)]+)\)\Z")
_UNIT_SECONDS: Final = {"minute": 60, "hour": 3600, "day": 86_400}
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_CRON_HORIZON_DAYS: Final = 366 * 8
# A stack that was down has overdue work: the first run of a rate() does not wait for a whole period.
FIRST_RUN_DELAY_SECONDS: Final = 2.0

logger = logging.getLogger(__name__)


class Invoke(Protocol):
    def __call__(self, event: Any) -> Awaitable[Any]: ...


class Timetable(Protocol):
    def first(self, now: datetime) -> datetime | None:
        """The first run of a stack that starts now; None when there is none."""
        ...

    def following(self, due: datetime, now: datetime) -> datetime | None:
        """The first run after the one that was due, and not before now."""
        ...


@dataclass(frozen=True, slots=True)
class Rate:
    period: timedelta

    def first(self, now: datetime) -> datetime:
        return now + timedelta(seconds=FIRST_RUN_DELAY_SECONDS)

    def following(self, due: datetime, now: datetime) -> datetime:
        missed = max(0, (now - due) // self.period)
        return due + (missed + 1) * self.period


@dataclass(frozen=True, slots=True)
class Cron:
    """Allowed values of each field. ``last_day`` is ``L`` in the day of the month."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    years: frozenset[int]
    last_day: bool = False

    def first(self, now: datetime) -> datetime | None:
        return self.next_after(now)

    def following(self, due: datetime, now: datetime) -> datetime | None:
        return self.next_after(max(due, now))

    def next_after(self, moment: datetime) -> datetime | None:
        """The first matching minute that begins after the moment."""
        start = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        for offset in range(_CRON_HORIZON_DAYS):
            day = (start + timedelta(days=offset)).date()
            if not self._runs_on(datetime(day.year, day.month, day.day, tzinfo=UTC)):
                continue
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    candidate = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
                    if candidate >= start:
                        return candidate
        return None

    def _runs_on(self, day: datetime) -> bool:
        if day.year not in self.years or day.month not in self.months:
            return False
        if (day.weekday() + 1) % 7 not in self.weekdays:
            return False
        return day.day in self.days or (self.last_day and (day + timedelta(days=1)).month != day.month)


def parse_schedule(expression: str) -> Timetable:
    """Raises TemplateError for what EventBridge would refuse; W and # in cron fields are not supported either."""
    rate = _RATE.match(expression)
    if rate:
        count = int(rate[1])
        if count < 1:
            raise TemplateError(f"{expression!r}: a rate must be positive")
        return Rate(timedelta(seconds=count * _UNIT_SECONDS[rate[2]]))
    cron = _CRON.match(expression)
    fields = cron[1].split() if cron else []
    if len(fields) != 6:
        raise TemplateError(f"{expression!r} is neither rate(value unit) nor cron(six fields)")
    if "?" not in (fields[2], fields[4]):
        raise TemplateError(f"{expression!r}: day of month or day of week must be ?")
    try:
        return Cron(
            minutes=_field(fields[0], 0, 59),
            hours=_field(fields[1], 0, 23),
            days=frozenset() if fields[2] == "L" else _field(fields[2], 1, 31),
            months=_field(fields[3], 1, 12, _MONTHS, 1),
            # AWS counts Sunday as 1.
            weekdays=frozenset(day - 1 for day in _field(fields[4], 1, 7, _WEEKDAYS, 1)),
            years=_field(fields[5], 1970, 2199),
            last_day=fields[2] == "L",
        )
    except ValueError as error:
        raise TemplateError(f"{expression!r}: {error}") from None


def _field(text: str, lowest: int, highest: int, names: Sequence[str] = (), first: int = 0) -> frozenset[int]:
    """The values of one cron field: ``*``, ``?``, lists, ranges, steps and names."""

    def number(part: str) -> int:
        value = names.index(part.upper()) + first if part.upper() in names else int(part)
        if not lowest <= value <= highest:
            raise ValueError(f"{part} is not between {lowest} and {highest}")
        return value

    values: set[int] = set()
    for part in text.split(","):
        span, _, step_text = part.partition("/")
        step = int(step_text) if step_text else 1
        if step < 1:
            raise ValueError(f"step {step_text} is not positive")
        if span in ("*", "?"):
            start, end = lowest, highest
        elif "-" in span:
            start, end = (number(side) for side in span.split("-", 1))
        else:
            start = number(span)
            end = highest if step_text else start
        values.update(range(start, end + 1, step))
    return frozenset(values)


def schedule_event(source: ScheduleSource, moment: datetime) -> Any:
    """The event of one run, as EventBridge (Schedule) or EventBridge Scheduler (ScheduleV2) makes it."""
    if source.input_json is not None:
        return json.loads(source.input_json)
    kind, service = ("schedule", "scheduler") if source.scheduler else ("rule", "events")
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": f"aws.{service}",
        "account": ACCOUNT_ID,
        "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:{service}:{REGION}:{ACCOUNT_ID}:{kind}/{source.name}"],
        "detail": "{}" if source.scheduler else {},
    }


def _check_json(source: ScheduleSource) -> None:
    try:
        json.loads(source.input_json or "")
    except ValueError:
        raise TemplateError(f"Input of schedule {source.name} is not JSON") from None


class ScheduleRunner:
    """Runs one schedule until cancelled. ``now`` and ``sleep`` are the clock, so that a test can own it."""

    def __init__(
        self,
        source: ScheduleSource,
        invoke: Invoke,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    ) -> None:
        self._source = source
        if source.every_seconds is None:
            self._timetable = parse_schedule(source.expression)
        else:
            self._timetable = Rate(timedelta(seconds=source.every_seconds))
        if source.input_json is not None:
            _check_json(source)
        self._invoke = invoke
        self._now = now
        self._sleep = sleep

    async def run(self) -> None:
        """Invoke at every due moment; a run that takes longer than the period makes the ones it covers fall out."""
        due = self._timetable.first(self._now())
        while due is not None:
            wait_seconds = (due - self._now()).total_seconds()
            if wait_seconds > 0:
                await self._sleep(wait_seconds)
            try:
                await self._invoke(schedule_event(self._source, due))
            except InvocationFailed as error:
                logger.error("scheduled run failed: %s", error)
            due = self._timetable.following(due, self._now())
