"""Trying failed deliveries again, on a real engine: what arrived stays, totals stay exact, crashes do no harm."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

from shared.aws.tables import bind
from shared.platforms.base import Part
from shared.relay.configuration_rows import BOT, MAPPING, BotRow, ConfigRow, MappingRow, record_key
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.counters import CounterRow, DeliveryCounters
from shared.relay.deliveries import QUOTED_NOTE, AlreadyClosed, Claimed, Closing, NewDelivery, new_log_id
from shared.relay.delivery_listing import DeliveryFilter, list_deliveries
from shared.relay.delivery_replay import (
    REPLAY_NOTE,
    NotFailed,
    ReplayDelivery,
    ReplayFilter,
    ReplayMany,
    Replays,
    delivery_id,
    parse_delivery_id,
)
from shared.relay.delivery_replay_requests import RetryDeliveries
from shared.relay.delivery_replay_store import DynamoReplayStore
from shared.relay.delivery_rows import DeliveryRow
from shared.relay.delivery_store import DeliveryStore
from shared.relay.errors import Refusal, RelayError
from shared.relay.log_reader import DynamoLogReader
from shared.relay.logs import DeliveryLog
from shared.relay.overdue import OverdueDeliveries
from shared.relay.queue_messages import DeliveryOrder, Outgoing
from shared.relay.statistics import DeliveryStatistics
from shared.tasks.orders import TaskOrder
from tests.fakes.clock import FakeClock
from tests.fakes.task_queue import FakeTaskQueue

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


class FakeQueues:
    """Implements OrderQueues."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, DeliveryOrder]] = []
        self.broken = False

    def send(self, platform: str, messages: Sequence[Outgoing]) -> None:
        if self.broken:
            raise ConnectionError("fake")
        self.sent += [(platform, DeliveryOrder.from_body(message.body)) for message in messages]


class Scene:
    def __init__(self, engine: DynamoEngine) -> None:
        bind(ConfigRow, engine.create_table("ConfigTable"))
        bind(DeliveryRow, engine.create_table("DeliveriesTable"))
        bind(CounterRow, engine.create_table("CountersTable"))
        self.clock = FakeClock()
        counters = DeliveryCounters(
            time_zone="Asia/Shanghai", retention_days=30, pick_shard=lambda: random.randrange(8)
        )
        self.counters = counters
        self.deliveries = DeliveryStore(counters=counters, clock_ms=self.clock.ms, retention_days=30)
        self.log = DeliveryLog(DynamoLogReader(counters, self.clock.ms))
        self.store = DynamoReplayStore(ConfigurationTable(), counters)
        self.queues = FakeQueues()
        self.tasks = FakeTaskQueue()
        self.one = ReplayDelivery(self.store, self.queues)
        self.replays = Replays(self.store, self.one, self.tasks, self.clock.ms)
        self.task = ReplayMany(self.store, self.one, self.clock.ms)
        for bot_id in (3, 4):
            self.bot(bot_id)

    def bot(self, bot_id: int, status: str = "active", reason: str = "") -> None:
        BotRow(BOT, record_key(bot_id), id=bot_id, status=status, disabled_reason=reason).save()

    def fail(self, message_id: str = "m", *, sent: int = 0, code: str = "gave_up", **changes: Any) -> str:
        """A delivery of two parts, failed after ``sent`` of them; its id."""
        fields: dict[str, Any] = {
            "message_id": message_id, "mapping_id": 1, "platform": "discord", "bot_id": 3,
            "destination_key": "discord:3",
            "target_channel_id": "t", "parts": [Part("text", "one", "one"), Part("text", "two", "two")],
            "kook_channel_id": "c", "kook_channel_name": "n", "content": "x", "message_kind": "text",
            "sender_name": "s",
            "account_id": 1, "received_at_ms": self.clock.ms(), "created_at_ms": self.clock.ms(),
            "log_id": new_log_id(self.clock.ms(), random.getrandbits(11)),
        } | changes  # fmt: skip
        new = NewDelivery(**fields)
        assert self.deliveries.create(new)
        claimed = self.deliveries.claim(DeliveryOrder(message_id, new.mapping_id, 1))
        assert isinstance(claimed, Claimed)
        for number in range(sent):
            self.deliveries.part_sent(claimed.delivery, (f"p{number}",))
        self.deliveries.close(claimed.delivery, Closing("failed", code, "it would not"))
        self.clock.seconds += 1
        return delivery_id(message_id, new.mapping_id)

    def refusal(self, shown_id: str) -> Refusal:
        with pytest.raises(RelayError) as refused:
            self.replays.retry(shown_id)
        assert self.queues.sent == []
        return refused.value.refusal

    def totals(self) -> tuple[int, int, int]:
        """(pending, failed, success) of the log; each the number of rows it shows."""
        found = []
        for status in ("pending", "failed", "success"):
            page = self.log.page(status=status, limit=500)
            assert page.total == len(page.rows), status
            found.append(page.total)
        return (found[0], found[1], found[2])


@pytest.fixture
def scene(dynamodb: DynamoEngine) -> Scene:
    return Scene(dynamodb)


@pytest.mark.parametrize("message_id", ["a", "6e5bb0f0-1d2c-4c83-a8a1-000000000001", "odd/+?#%id", "消息"])
def test_an_id_leads_back_to_its_delivery(message_id: str) -> None:
    shown = delivery_id(message_id, 7)
    assert parse_delivery_id(shown) == (message_id, 7)
    assert shown.isascii()
    assert "/" not in shown


@pytest.mark.parametrize(
    "text", ["", "7", "7-", "0-YQ", "-YQ", "7-YQ==", "7-YR", "x-YQ", "7-Y", "7-" + "A" * 300, "7-_w"]
)
def test_what_is_no_id_is_none(text: str) -> None:
    assert parse_delivery_id(text) is None


def test_a_retry_goes_on_behind_the_parts_that_arrived(scene: Scene) -> None:
    shown_id = scene.fail(sent=1)

    details = scene.replays.retry(shown_id)

    assert (details.row.status, details.generation, details.parts_sent, details.parts_total) == ("pending", 2, 1, 2)
    assert details.row.notes == (REPLAY_NOTE,)
    assert (details.attempts, details.closed_at_ms, details.first_attempt_ms) == (0, None, None)
    [(platform, order)] = scene.queues.sent
    assert (platform, order) == ("discord", DeliveryOrder("m", 1, 2))
    claimed = scene.deliveries.claim(order)
    assert isinstance(claimed, Claimed)
    assert claimed.delivery.sent_parts == 1
    assert claimed.delivery.platform_message_ids == [["p0"]]


def test_a_reply_that_failed_behind_its_quoted_line_can_be_tried_again(scene: Scene) -> None:
    quoting = [Part("text", "> question"), Part("text", "answer")]
    shown_id = scene.fail(
        sent=1, parts=[Part("text", "answer")], note_parts=quoting, subject_id="question", notes=(QUOTED_NOTE,)
    )
    details = scene.replays.retry(shown_id)
    assert (details.row.status, details.parts_sent, details.parts_total) == ("pending", 1, 2)


def test_an_order_of_the_round_before_does_nothing(scene: Scene) -> None:
    scene.replays.retry(scene.fail())
    assert scene.deliveries.claim(DeliveryOrder("m", 1, 1)) == AlreadyClosed()


def test_totals_and_statistics_follow_through_every_round(scene: Scene) -> None:
    shown_id = scene.fail()
    assert scene.totals() == (0, 1, 0)
    scene.replays.retry(shown_id)
    assert scene.totals() == (1, 0, 0)
    claimed = scene.deliveries.claim(DeliveryOrder("m", 1, 2))
    assert isinstance(claimed, Claimed)
    scene.deliveries.close(claimed.delivery, Closing("success", latency_ms=40))
    assert scene.totals() == (0, 0, 1)
    today = DeliveryStatistics(scene.counters, ("discord",), scene.clock.ms).of_period("today")
    assert (today.total, today.success, today.failed, today.avg_latency_ms) == (1, 1, 0, 40)


def test_only_what_failed_is_tried_again(scene: Scene) -> None:
    shown_id = scene.fail()
    details = scene.replays.details(shown_id)
    scene.replays.retry(shown_id)
    scene.queues.sent.clear()
    assert scene.refusal(shown_id) is Refusal.DELIVERY_NOT_FAILED
    with pytest.raises(NotFailed):
        scene.store.reopen(details, "a second operator at the same moment")
    assert scene.totals() == (1, 0, 0)


def test_what_is_not_there_is_refused(scene: Scene) -> None:
    assert scene.refusal(delivery_id("gone", 1)) is Refusal.DELIVERY_NOT_FOUND
    assert scene.refusal("nonsense") is Refusal.DELIVERY_NOT_FOUND
    with pytest.raises(RelayError):
        scene.replays.details("nonsense")


def test_a_delivery_nothing_was_kept_of_is_refused(scene: Scene) -> None:
    shown_id = scene.fail(parts=[])
    assert scene.refusal(shown_id) is Refusal.DELIVERY_WITHOUT_CONTENT


def test_a_destination_that_is_off_is_refused_and_says_why(scene: Scene) -> None:
    shown_id = scene.fail()
    scene.bot(3, "disabled", "bot_unauthorized: 401")
    with pytest.raises(RelayError) as refused:
        scene.replays.retry(shown_id)
    assert refused.value.refusal is Refusal.DESTINATION_SWITCHED_OFF
    assert refused.value.params["reason"] == "bot_unauthorized: 401"
    scene.bot(3)
    MappingRow(MAPPING, record_key(1), id=1, enabled=0, disabled_reason="chat_not_found").save()
    assert scene.refusal(shown_id) is Refusal.DESTINATION_SWITCHED_OFF
    BotRow(BOT, record_key(3)).delete()
    assert scene.refusal(shown_id) is Refusal.DESTINATION_SWITCHED_OFF
    assert scene.totals() == (0, 1, 0)


def test_a_retry_whose_order_was_lost_is_ordered_by_maintenance(scene: Scene) -> None:
    shown_id = scene.fail()
    scene.queues.broken = True
    assert scene.replays.retry(shown_id).row.status == "pending"
    scene.clock.seconds += 3700
    orders = FakeQueues()
    overdue = OverdueDeliveries(
        deliveries=scene.deliveries, queues=orders, platforms=("discord",), clock_ms=scene.clock.ms
    )
    assert overdue.order_again() == 1
    assert orders.sent == [("discord", DeliveryOrder("m", 1, 2))]


def test_a_dry_run_counts_and_shows_and_changes_nothing(scene: Scene) -> None:
    for number in range(12):
        scene.fail(f"d{number}", code="gave_up" if number < 11 else "forbidden")
    scene.fail("t", platform="telegram", bot_id=4)
    found = scene.replays.dry_run(ReplayFilter(error_code="gave_up", bot_id=3))
    assert (found.matched, found.complete) == (11, True)
    assert [row.kook_message_id for row in found.samples] == [f"d{number}" for number in range(10)]
    assert scene.totals() == (0, 13, 0)
    assert scene.queues.sent == []


def test_a_dry_run_says_what_a_replay_would_skip(scene: Scene) -> None:
    scene.fail("a")
    scene.fail("b", bot_id=4)
    scene.fail("c", bot_id=4)
    scene.bot(4, "disabled", "webhook_deleted: gone")
    found = scene.replays.dry_run(ReplayFilter())
    assert (found.matched, found.skipped, found.complete) == (3, 2, True)


def run(scene: Scene, wanted: ReplayFilter, seconds_left: list[float] | None = None) -> Any:
    job = scene.replays.start(wanted)
    order = scene.tasks.orders[-1]
    budget = iter(seconds_left or [])
    for _ in range(100):
        continued = scene.task(order.payload, lambda: next(budget, 60.0))
        if continued is None:
            return scene.replays.job(job.job_id)
        order = TaskOrder.from_body(continued.order.to_body())
    raise AssertionError("the task never ends")


def test_a_replay_of_many_goes_oldest_first_and_reports(scene: Scene) -> None:
    for number in range(5):
        scene.fail(f"d{number}")
    scene.fail("other channel", kook_channel_id="elsewhere")
    scene.fail("off", bot_id=9)
    scene.fail("t", platform="telegram", bot_id=4)

    job = run(scene, ReplayFilter(platform="discord", channel_id="c"))

    assert (job.status, job.retried, job.skipped) == ("done", 5, 1)
    assert job.finished_at_ms is not None
    assert [order.message_id for _, order in scene.queues.sent] == [f"d{number}" for number in range(5)]
    assert scene.totals() == (5, 3, 0)


def test_a_replay_whose_time_runs_out_goes_on_where_it_was(scene: Scene) -> None:
    for number in range(6):
        scene.fail(f"d{number}")
    job = run(scene, ReplayFilter(), seconds_left=[60, 60, 0, 60, 0, 60])
    assert (job.status, job.retried) == ("done", 6)
    assert [order.message_id for _, order in scene.queues.sent] == [f"d{number}" for number in range(6)]


def test_what_fails_again_is_not_tried_for_ever(scene: Scene) -> None:
    scene.fail("m")
    job = scene.replays.start(ReplayFilter())
    continued = scene.task({"job_id": job.job_id}, iter([60.0, 60.0]).__next__)
    assert continued is None
    claimed = scene.deliveries.claim(DeliveryOrder("m", 1, 2))
    assert isinstance(claimed, Claimed)
    scene.deliveries.close(claimed.delivery, Closing("failed", "gave_up", "again"))
    assert scene.task({"job_id": job.job_id}, lambda: 60.0) is None
    assert scene.replays.job(job.job_id).retried == 1


def test_time_bounds_hold(scene: Scene) -> None:
    start = scene.clock.ms()
    for number in range(4):
        scene.fail(f"d{number}")  # one second apart
    run(scene, ReplayFilter(since_ms=start + 1000, until_ms=start + 3000))
    assert [order.message_id for _, order in scene.queues.sent] == ["d1", "d2"]


def test_without_a_queue_no_job_is_left_behind(scene: Scene) -> None:
    scene.tasks.broken = True
    with pytest.raises(RelayError) as refused:
        scene.replays.start(ReplayFilter())
    assert refused.value.refusal is Refusal.QUEUE_UNAVAILABLE
    assert list(ConfigRow.query("delivery_retry")) == []


@pytest.mark.parametrize("job_id", ["", "retry_", "retry_0123456789abcdef", "clear_0123456789abcdef"])
def test_an_unknown_job_is_refused(scene: Scene, job_id: str) -> None:
    with pytest.raises(RelayError) as refused:
        scene.replays.job(job_id)
    assert refused.value.refusal is Refusal.REPLAY_NOT_FOUND


def test_the_list_finds_what_has_no_index_and_goes_on_by_cursor(scene: Scene) -> None:
    for number in range(9):
        scene.fail(f"d{number}", bot_id=3 + number % 2, mapping_id=1 + number % 3)
    first = list_deliveries(scene.log, DeliveryFilter(bot_id=3), limit=3, cursor=None)
    assert [row.kook_message_id for row in first.rows] == ["d8", "d6", "d4"]
    assert first.total is None
    rest = list_deliveries(scene.log, DeliveryFilter(bot_id=3), limit=3, cursor=first.next_cursor)
    assert [row.kook_message_id for row in rest.rows] == ["d2", "d0"]
    assert rest.next_cursor is None
    both = list_deliveries(
        scene.log, DeliveryFilter(bot_id=3, mapping_id=1, error_code="gave_up"), limit=9, cursor=None
    )
    assert [row.kook_message_id for row in both.rows] == ["d6", "d0"]
    indexed = list_deliveries(scene.log, DeliveryFilter(status="failed"), limit=4, cursor=None)
    assert (len(indexed.rows), indexed.total) == (4, 9)


def test_times_without_an_offset_are_the_operators() -> None:
    zone = dt.timezone(dt.timedelta(hours=8))
    wanted = RetryDeliveries.model_validate({"since": "2026-03-20T08:00:00", "until": "2026-03-20T01:00:00Z"})
    chosen = wanted.to_filter(zone)
    midnight = int(dt.datetime(2026, 3, 20, tzinfo=dt.UTC).timestamp() * 1000)
    assert (chosen.since_ms, chosen.until_ms) == (midnight, midnight + 3_600_000)
