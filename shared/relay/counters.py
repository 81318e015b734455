"""Counters of closed deliveries: moved in the very transaction that closes one, read as a handful of rows.

Two rows are touched per delivery: one of several shards of its day (``pk`` "day", ``sk`` "<day>#<shard>"), and the day
of its KOOK channel (``pk`` "channel#<id>", ``sk`` "<day>"). Days are the operator's, by the time the delivery was
created, so that a day's rows and its counters expire together.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

COUNTED_PLATFORMS = ("discord", "telegram", "feishu", "wecom", "webhook", "kook")
COUNTED_STATUSES = ("success", "failed")
DAY_SHARDS = 8


def _counter_name(status: str, platform: str) -> str:
    return f"{status}_{platform}"


class _CounterRowBase(Model):
    class Meta:
        table_name = "unbound"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    expires_at = NumberAttribute(null=True)
    latency_ms_sum = NumberAttribute(null=True)


# One numeric attribute for each status and platform: ADD needs a declared attribute each.
CounterRow: Any = type(
    "CounterRow",
    (_CounterRowBase,),
    {
        _counter_name(status, platform): NumberAttribute(null=True)
        for status in COUNTED_STATUSES
        for platform in COUNTED_PLATFORMS
    },
)


@dataclass(frozen=True, slots=True)
class CountedDelivery:
    """What of a closed delivery the counters hold."""

    channel_id: str
    platform: str
    status: str
    created_at_ms: int
    latency_ms: int


class DeliveryCounters:
    """Adds closed deliveries and sums them up again."""

    def __init__(self, *, time_zone: str, retention_days: int, pick_shard: Callable[[], int]) -> None:
        self._zone = zoneinfo.ZoneInfo(time_zone)
        self._retention_days = retention_days
        self._pick_shard = pick_shard

    def day_of(self, moment_ms: int) -> str:
        """The operator's calendar day, YYYY-MM-DD."""
        return dt.datetime.fromtimestamp(moment_ms / 1000, self._zone).date().isoformat()

    def add_to(self, transaction: TransactWrite, deliveries: Sequence[CountedDelivery]) -> None:
        """Put the updates that count deliveries into the transaction that closes them: one for each of ``keys_of``."""
        for row, numbers, expires_at in self._sums(deliveries):
            actions = [getattr(CounterRow, name).add(number) for name, number in numbers.items() if number]
            transaction.update(row, actions=[*actions, CounterRow.expires_at.set(expires_at)])

    def totals(self, *, channel_id: str | None, status: str | None, platform: str | None, since_day: str) -> int:
        """Closed deliveries since that day, narrowed by whatever is given."""
        summed = self.summed(channel_id=channel_id, since_day=since_day)
        return sum(
            summed[_counter_name(one_status, one_platform)]
            for one_status in ([status] if status else COUNTED_STATUSES)
            for one_platform in ([platform] if platform else COUNTED_PLATFORMS)
        )

    def summed(self, *, channel_id: str | None, since_day: str) -> Counter[str]:
        """All counters since that day, by attribute name, with ``latency_ms_sum`` among them."""
        pk = "day" if channel_id is None else f"channel#{channel_id}"
        rows = CounterRow.query(pk, CounterRow.sk >= since_day)
        return _sum(row.attribute_values for row in rows)

    def summed_by_day(self, *, since_day: str) -> dict[str, Counter[str]]:
        """All counters of each day since that one, over all channels, by attribute name."""
        days: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for row in CounterRow.query("day", CounterRow.sk >= since_day):
            days[row.sk.partition("#")[0]].update(_sum([row.attribute_values]))
        return dict(days)

    def keys_of(self, delivery: CountedDelivery) -> tuple[tuple[str, str], tuple[str, str]]:
        """The day, and the channel's day, that a closed delivery is counted in."""
        day = self.day_of(delivery.created_at_ms)
        return ("day", day), (f"channel#{delivery.channel_id}", day)

    def move(self, transaction: TransactWrite, delivery: CountedDelivery, status: str) -> None:
        """Put the updates into a transaction that count a closed delivery under another status."""
        shard = self._pick_shard() % DAY_SHARDS
        before, after = _counter_name(delivery.status, delivery.platform), _counter_name(status, delivery.platform)
        latency_ms = delivery.latency_ms * ((status == "success") - (delivery.status == "success"))
        for pk, sk in self.keys_of(delivery):
            actions = [getattr(CounterRow, before).add(-1), getattr(CounterRow, after).add(1)]
            if latency_ms:
                actions.append(CounterRow.latency_ms_sum.add(latency_ms))
            expires_at = delivery.created_at_ms // 1000 + (self._retention_days + 2) * 86_400
            actions.append(CounterRow.expires_at.set(CounterRow.expires_at | expires_at))
            transaction.update(CounterRow(pk, f"{sk}#{shard}" if pk == "day" else sk), actions=actions)

    def take_from(self, transaction: TransactWrite, deliveries: Sequence[CountedDelivery]) -> None:
        """Put the updates that uncount closed deliveries into the transaction that removes them: one for each of
        ``keys_of``."""
        for row, numbers, expires_at in self._sums(deliveries):
            actions = [getattr(CounterRow, name).add(-number) for name, number in numbers.items() if number]
            actions.append(CounterRow.expires_at.set(CounterRow.expires_at | expires_at))
            transaction.update(row, actions=actions)

    def _sums(self, deliveries: Sequence[CountedDelivery]) -> Iterator[tuple[Any, Counter[str], int]]:
        """Counter rows, what of the deliveries belongs into each, and when it expires. Any shard of a day will do,
        because only their sum is read."""
        shard = self._pick_shard() % DAY_SHARDS
        sums: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        newest_ms: dict[tuple[str, str], int] = {}
        for delivery in deliveries:
            for key in self.keys_of(delivery):
                sums[key][_counter_name(delivery.status, delivery.platform)] += 1
                if delivery.status == "success":
                    sums[key]["latency_ms_sum"] += delivery.latency_ms
                newest_ms[key] = max(newest_ms.get(key, 0), delivery.created_at_ms)
        for (pk, sk), numbers in sums.items():
            row = CounterRow(pk, f"{sk}#{shard}" if pk == "day" else sk)
            yield row, numbers, newest_ms[pk, sk] // 1000 + (self._retention_days + 2) * 86_400

    def oldest_kept_day(self, now_ms: int) -> str:
        return self.day_of(now_ms - self._retention_days * 86_400_000)

    def start_of_day_ms(self, day: str) -> int:
        """Midnight of an operator's day, in milliseconds since the epoch."""
        return int(dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), self._zone).timestamp() * 1000)


def _sum(rows: Iterable[Mapping[str, Any]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for row in rows:
        for name, value in row.items():
            if name not in ("pk", "sk", "expires_at") and value is not None:
                total[name] += int(value)
    return total
