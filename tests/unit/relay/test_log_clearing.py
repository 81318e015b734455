"""Clearing the log on a real engine: rows and counters go together, whatever happens in between."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from shared.aws.store_failures import StoreUnavailable
from shared.aws.tables import bind
from shared.platforms.base import Part
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.counters import CountedDelivery, CounterRow, DeliveryCounters
from shared.relay.deliveries import Claimed, Closing, NewDelivery, new_log_id
from shared.relay.delivery_rows import DeliveryRow
from shared.relay.delivery_store import DeliveryStore
from shared.relay.errors import Refusal, RelayError
from shared.relay.log_clearing import Clearing, ClearLog, ClosedRow, LogClearings
from shared.relay.log_clearing_store import DynamoClearingStore
from shared.relay.log_reader import DynamoLogReader
from shared.relay.logs import DeliveryLog
from shared.relay.queue_messages import DeliveryOrder
from shared.relay.statistics import DeliveryStatistics
from tests.fakes.clock import FakeClock
from tests.fakes.task_queue import FakeTaskQueue

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

DAY = 86_400
NOON = dt.datetime(2026, 3, 20, 4, 0, tzinfo=dt.UTC).timestamp()  # in Shanghai


class Scene:
    def __init__(self, engine: DynamoEngine) -> None:
        bind(ConfigRow, engine.create_table("ConfigTable"))
        bind(DeliveryRow, engine.create_table("DeliveriesTable"))
        bind(CounterRow, engine.create_table("CountersTable"))
        self.clock = FakeClock(NOON)
        self.counters = DeliveryCounters(
            time_zone="Asia/Shanghai", retention_days=90, pick_shard=lambda: random.randrange(8)
        )
        self.deliveries = DeliveryStore(counters=self.counters, clock_ms=self.clock.ms, retention_days=90)
        self.log = DeliveryLog(DynamoLogReader(self.counters, self.clock.ms))
        self.store = DynamoClearingStore(ConfigurationTable(), self.counters, pause=lambda seconds: None)
        self.queue = FakeTaskQueue()
        self.clearings = LogClearings(self.store, self.queue, self.counters, self.clock.ms)
        self.task = ClearLog(self.store, self.counters, self.clock.ms)

    def deliver(self, message_id: str, *, days_ago: float, outcome: str = "success", channel: str = "c") -> None:
        """A delivery of that age, closed unless ``outcome`` is "pending"."""
        now = self.clock.seconds
        self.clock.seconds = now - days_ago * DAY
        platform = "telegram" if message_id.endswith("t") else "discord"
        created_ms = self.clock.ms()
        new = NewDelivery(
            message_id=message_id, mapping_id=1, platform=platform, bot_id=1, destination_key="d",
            target_channel_id="t", parts=[Part("text", "x", "x")], kook_channel_id=channel, kook_channel_name="n",
            content="x", message_kind="text", sender_name="s", account_id=1, received_at_ms=created_ms,
            created_at_ms=created_ms, log_id=new_log_id(created_ms, random.getrandbits(11)),
        )  # fmt: skip
        assert self.deliveries.create(new)
        if outcome != "pending":
            self.close(message_id, outcome)
        self.clock.seconds = now

    def close(self, message_id: str, outcome: str) -> None:
        claimed = self.deliveries.claim(DeliveryOrder(message_id, 1, 1))
        assert isinstance(claimed, Claimed)
        code = "" if outcome == "success" else "forbidden"
        self.deliveries.close(claimed.delivery, Closing(outcome, code, code, 40))

    def shown(self) -> list[str]:
        page = self.log.page(limit=500)
        assert page.total == len(page.rows), "the total is not the number of rows"
        return sorted(row.kook_message_id for row in page.rows)

    def clear(self, days: int, seconds_left: float = 60.0) -> Clearing:
        job = self.clearings.start(days)
        rounds = 0
        payload = {"job_id": job.job_id}
        while self.task(payload, lambda: seconds_left) is not None:
            rounds += 1
            assert rounds < 50
        return self.clearings.get(job.job_id)


@pytest.fixture
def scene(dynamodb: DynamoEngine) -> Scene:
    return Scene(dynamodb)


def test_old_rows_go_with_their_counters_and_young_ones_stay(scene: Scene) -> None:
    for number, (days_ago, outcome) in enumerate([(10, "success"), (9, "failed"), (8.6, "success"), (7, "success")]):
        scene.deliver(f"m{number}", days_ago=days_ago, outcome=outcome, channel=f"c{number % 2}")
        scene.deliver(f"m{number}t", days_ago=days_ago, outcome=outcome)
    scene.deliver("open", days_ago=10, outcome="pending")
    assert len(scene.shown()) == 9

    done = scene.clear(7)

    # Whole days: the thirteenth stays, at whatever hour.
    assert done.before_day == "2026-03-13"
    assert (done.status, done.removed) == ("done", 6)
    assert done.finished_at_ms == scene.clock.ms()
    assert scene.shown() == ["m3", "m3t", "open"]
    assert scene.log.page(channel_id="c0").total == 0
    assert scene.log.page(channel_id="c1").total == 1
    month = DeliveryStatistics(scene.counters, ("discord",), scene.clock.ms).of_period("month")
    assert (month.total, month.success, month.failed, month.avg_latency_ms) == (2, 2, 0, 40)


def test_what_was_still_open_is_counted_when_it_closes(scene: Scene) -> None:
    scene.deliver("open", days_ago=10, outcome="pending")
    scene.deliver("old", days_ago=10)
    scene.clear(5)
    scene.close("open", "success")
    assert scene.shown() == ["open"]


def test_many_rows_in_many_channels_go_in_transactions_that_fit(scene: Scene) -> None:
    for number in range(130):
        scene.deliver(f"m{number}", days_ago=5 + number % 3, channel=f"channel {number}")
    assert scene.clear(2).removed == 130
    assert scene.shown() == []


def test_a_task_whose_time_is_up_goes_on_where_it_was(scene: Scene) -> None:
    for number in range(70):
        scene.deliver(f"m{number}", days_ago=5, channel=f"channel {number}")
    job = scene.clearings.start(2)
    continued = scene.task({"job_id": job.job_id}, lambda: 0.0)
    assert continued is not None
    assert continued.order == scene.queue.orders[0]
    running = scene.clearings.get(job.job_id)
    assert running.status == "running"
    assert len(scene.shown()) == 70 - running.removed > 0
    assert scene.clear(2, seconds_left=0.0).status == "done"
    assert scene.shown() == []


def test_the_same_task_twice_removes_and_counts_once(scene: Scene) -> None:
    scene.deliver("old", days_ago=5)
    rows = list(scene.store.rows_before("success", "discord", scene.clock.ms()))
    job = scene.clearings.start(2)
    assert scene.store.remove(job.job_id, rows) == 1
    scene.deliver("other", days_ago=5)
    both = [*rows, *scene.store.rows_before("success", "discord", scene.clock.ms())]
    assert scene.store.remove(job.job_id, both) == 1
    assert scene.store.remove(job.job_id, both) == 0
    assert scene.clearings.get(job.job_id).removed == 2
    assert scene.shown() == []


def test_a_finished_job_stays_finished(scene: Scene) -> None:
    scene.deliver("old", days_ago=5)
    done = scene.clear(2)
    scene.store.mark_clearing(done.job_id, "running", scene.clock.ms())
    assert scene.task({"job_id": done.job_id}, lambda: 60.0) is None
    assert scene.clearings.get(done.job_id) == done


def test_a_job_that_is_gone_needs_nothing(scene: Scene) -> None:
    assert scene.task({"job_id": "clear_0123456789abcdef"}, lambda: 60.0) is None


@pytest.mark.parametrize("job_id", ["", "clear_", "clear_0123456789abcdef", "x" * 3000, "clear_0123456789ABCDEF"])
def test_unknown_jobs_are_not_found(scene: Scene, job_id: str) -> None:
    with pytest.raises(RelayError) as caught:
        scene.clearings.get(job_id)
    assert caught.value.refusal is Refusal.CLEARING_NOT_FOUND


def test_a_job_that_could_not_be_ordered_is_not_kept(scene: Scene, dynamodb: DynamoEngine) -> None:
    scene.queue.broken = True
    with pytest.raises(RelayError) as caught:
        scene.clearings.start(7)
    assert caught.value.refusal is Refusal.QUEUE_UNAVAILABLE
    assert dynamodb.client.scan(TableName=ConfigRow.Meta.table_name)["Count"] == 0


def test_clearing_beside_closing_leaves_the_total_exact(scene: Scene) -> None:
    """Deliveries of the very days being cleared are closed between the pages."""
    for number in range(60):
        scene.deliver(f"old{number}", days_ago=5, channel=f"channel {number}")
    for number in range(10):
        scene.deliver(f"open{number}", days_ago=5, outcome="pending")
    left = [f"open{number}" for number in range(10)]

    def seconds_left() -> float:
        if left:
            scene.close(left.pop(), random.choice(["success", "failed"]))
        assert scene.log.page(limit=500).total == len(scene.log.page(limit=500).rows)
        return 60.0

    job = scene.clearings.start(2)
    scene.task({"job_id": job.job_id}, seconds_left)
    scene.shown()


# --- transactions that DynamoDB refuses as a whole ---


class PickyCounters(DeliveryCounters):
    """Makes every transaction of more than ``most`` rows fail as one that is too large does."""

    most = 2

    def take_from(self, transaction: TransactWrite, deliveries: Sequence[CountedDelivery]) -> None:
        if len(deliveries) > self.most:
            raise TransactWriteError("Transaction size exceeded", _validation_error())
        super().take_from(transaction, deliveries)


def _validation_error() -> Exception:
    from botocore.exceptions import ClientError

    return ClientError({"Error": {"Code": "ValidationException", "Message": "too large"}}, "TransactWriteItems")


def test_rows_that_are_too_large_together_go_in_halves(scene: Scene) -> None:
    for number in range(7):
        scene.deliver(f"m{number}", days_ago=5)
    picky = PickyCounters(time_zone="Asia/Shanghai", retention_days=90, pick_shard=lambda: 0)
    store = DynamoClearingStore(ConfigurationTable(), picky, pause=lambda seconds: None)
    job = scene.clearings.start(2)
    rows = list(store.rows_before("success", "discord", scene.clock.ms()))
    assert store.remove(job.job_id, rows) == 7
    assert scene.shown() == []
    picky.most = 0
    with pytest.raises(StoreUnavailable):
        store.remove(job.job_id, rows)


# --- chunks, without a database ---


class FakeDays:
    def keys_of(self, delivery: CountedDelivery) -> tuple[tuple[str, str], tuple[str, str]]:
        return ("day", str(delivery.created_at_ms)), (delivery.channel_id, str(delivery.created_at_ms))

    def day_of(self, moment_ms: int) -> str:
        raise AssertionError

    def start_of_day_ms(self, day: str) -> int:
        return 0


class OnePage:
    """A store of prepared rows that keeps the transactions it is asked for."""

    def __init__(self, rows: list[ClosedRow]) -> None:
        self.rows = rows
        self.transactions: list[list[ClosedRow]] = []

    def clearing(self, job_id: str) -> Clearing:
        return Clearing(job_id, 1, "2026-03-13", "queued", 0, 0)

    def rows_before(self, status: str, platform: str, before_ms: int) -> Iterator[ClosedRow]:
        return iter(self.rows if (status, platform) == ("success", "discord") else [])

    def remove(self, job_id: str, rows: Sequence[ClosedRow]) -> int:
        self.transactions.append(list(rows))
        return len(rows)

    def mark_clearing(self, job_id: str, status: str, now_ms: int) -> None: ...

    def add_clearing(self, clearing: Clearing) -> None: ...

    def delete_clearing(self, job_id: str) -> None: ...


@pytest.mark.parametrize("channels", [1, 7, 200])
def test_no_transaction_takes_more_than_a_hundred_items(channels: int) -> None:
    rows = [
        ClosedRow(f"m{n}", 1, CountedDelivery(f"c{n % channels}", "discord", "success", n // 150, 1))
        for n in range(600)
    ]
    store = OnePage(rows)
    ClearLog(store, FakeDays(), lambda: 0)({"job_id": "j"}, lambda: 60.0)
    for chunk in store.transactions:
        keys = {key for row in chunk for key in FakeDays().keys_of(row.counted)}
        assert len(chunk) + len(keys) + 1 <= 100
    assert Counter(row.message_id for chunk in store.transactions for row in chunk) == Counter(
        r.message_id for r in rows
    )
