"""What robots did in a period, from the aggregates of its days; and what the lists show of each robot."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from shared.robots.aggregates import Aggregate
from shared.robots.errors import PeriodInvalid
from shared.robots.models import Robot

ONLINE_WITHIN_MS = 60_000
MAX_PERIOD_DAYS = 366
TOP_NAMES = 10
_MICROS_PER_YUAN = 1_000_000


@dataclass(frozen=True, slots=True)
class Period:
    """Both days are part of it."""

    first: dt.date
    last: dt.date

    def __post_init__(self) -> None:
        if not 0 <= (self.last - self.first).days < MAX_PERIOD_DAYS:
            raise PeriodInvalid


@dataclass(frozen=True, slots=True)
class Named:
    name: str
    messages: int


@dataclass(frozen=True, slots=True)
class RobotStatistics:
    """``average_seconds`` is how long commands took to execute, ``success_percent`` how many of those that ended
    succeeded; both to one decimal, 0 without any."""

    messages: int
    ai_calls: int
    average_seconds: float
    success_percent: float
    contacts: tuple[Named, ...]
    groups: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class UserStatistics:
    """``active_robots``: those that reported a message or answered in the period. ``ai_cost_yuan``: to the fen."""

    messages: int
    ai_calls: int
    ai_cost_yuan: Decimal
    active_robots: int
    robots: int
    codes: int


@dataclass(frozen=True, slots=True)
class Activity:
    """What a list shows of a robot. ``last_seen_ms`` is None until its device was heard of."""

    messages: int = 0
    ai_calls_today: int = 0
    last_seen_ms: int | None = None

    def is_online(self, now_ms: int) -> bool:
        return self.last_seen_ms is not None and now_ms - self.last_seen_ms < ONLINE_WITHIN_MS


@dataclass(frozen=True, slots=True)
class UserSums:
    """Of a user: the aggregates of the period by robot, and what they own now."""

    by_robot: Sequence[Aggregate] = field(default_factory=tuple)
    owned: Aggregate | None = None


class StatisticsStore(Protocol):
    def days_of(self, robot_id: str, first: dt.date, last: dt.date) -> Sequence[Aggregate]: ...

    def names_of(self, robot_id: str, kind: str, first: dt.date, last: dt.date) -> Sequence[Aggregate]:
        """``kind`` is contact or group; one aggregate for each name and day."""

    def of_user(self, user_id: int, first: dt.date, last: dt.date) -> UserSums: ...

    def activities(self, robot_ids: Sequence[str], today: dt.date) -> Mapping[str, Activity]: ...

    def heard_of(self, robot_id: str, now_ms: int) -> None: ...

    def add_ai_call(self, robot: Robot, cost_micros: int, now_ms: int) -> None: ...


class Statistics:
    """Every method may raise StoreUnavailable. ``zone`` is the operator's: its days are counted."""

    def __init__(self, store: StatisticsStore, zone: dt.tzinfo, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._zone = zone
        self._clock_ms = clock_ms

    def of_robot(self, robot_id: str, period: Period) -> RobotStatistics:
        days = self._store.days_of(robot_id, period.first, period.last)
        successes, ended = _sum(days, "successes"), _sum(days, "successes") + _sum(days, "failures")
        timed = _sum(days, "timed_results")
        return RobotStatistics(
            messages=_sum(days, "messages"),
            ai_calls=_sum(days, "ai_calls"),
            average_seconds=_one_decimal(Decimal(_sum(days, "execution_ms")) / 1000 / timed) if timed else 0.0,
            success_percent=_one_decimal(Decimal(100 * successes) / ended) if ended else 0.0,
            contacts=_top(self._store.names_of(robot_id, "contact", period.first, period.last)),
            groups=_top(self._store.names_of(robot_id, "group", period.first, period.last)),
        )

    def of_user(self, user_id: int, period: Period) -> UserStatistics:
        sums = self._store.of_user(user_id, period.first, period.last)
        cost = Decimal(_sum(sums.by_robot, "ai_cost_micros")) / _MICROS_PER_YUAN
        return UserStatistics(
            messages=_sum(sums.by_robot, "messages"),
            ai_calls=_sum(sums.by_robot, "ai_calls"),
            ai_cost_yuan=cost.quantize(Decimal("0.01"), ROUND_HALF_UP),
            active_robots=len({sum_.sk.rpartition("#")[2] for sum_ in sums.by_robot}),
            robots=0 if sums.owned is None else sums.owned["robots"],
            codes=0 if sums.owned is None else sums.owned["codes"],
        )

    def activities(self, robot_ids: Sequence[str]) -> dict[str, Activity]:
        """By robot id, one for each."""
        today = dt.datetime.fromtimestamp(self._clock_ms() / 1000, self._zone).date()
        found = self._store.activities(robot_ids, today) if robot_ids else {}
        return {robot_id: found.get(robot_id, Activity()) for robot_id in robot_ids}

    def heard_of(self, robot_id: str) -> None:
        """The robot's device has just been in touch."""
        self._store.heard_of(robot_id, self._clock_ms())

    def ai_called(self, robot: Robot, cost_micros: int) -> None:
        """A language model was called for the robot. ``cost_micros``: millionths of a yuan."""
        self._store.add_ai_call(robot, cost_micros, self._clock_ms())


def _sum(aggregates: Iterable[Aggregate], name: str) -> int:
    return sum(aggregate[name] for aggregate in aggregates)


def _one_decimal(value: Decimal) -> float:
    return float(value.quantize(Decimal("0.1"), ROUND_HALF_UP))


def _top(aggregates: Iterable[Aggregate]) -> tuple[Named, ...]:
    """The names with the most messages, the same number in order of the name."""
    messages: Counter[str] = Counter()
    for aggregate in aggregates:
        messages[aggregate.label] += aggregate["messages"]
    ranked = sorted(messages.items(), key=lambda entry: (-entry[1], entry[0]))
    return tuple(Named(name, count) for name, count in ranked[:TOP_NAMES])
