"""The live log: what ends is told once, in order, and never at the delivery's cost."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from shared.aws.tables import bind
from shared.platforms.base import Destination, Part, SendContext
from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter
from shared.platforms.pacing import Pacer
from shared.platforms.registry import PlatformRegistry
from shared.push.announcer import Announcer
from shared.relay.counters import CounterRow, DeliveryCounters
from shared.relay.deliveries import Claimed, ClaimResult, Closing, Delivery, NewDelivery, NoSuchDelivery
from shared.relay.delivering import DeliverMessages
from shared.relay.delivery_results import EndedDelivery
from shared.relay.delivery_rows import DeliveryRow
from shared.relay.delivery_store import DeliveryStore
from shared.relay.live_log import DeliveryKey, DeliveryTexts, LiveLog, WatchedNewDeliveries
from shared.relay.live_messages import status_message
from shared.relay.live_rows import DynamoTextLookup
from shared.relay.models import Bot
from shared.relay.order_batches import OrderBatches
from shared.relay.queue_messages import DeliveryOrder
from shared.relay.retrying import RetryPolicy
from tests.fakes.clock import FakeClock
from tests.unit.aws.test_batches import RecordingQueue, failed_ids, sqs_event
from tests.unit.platforms.test_pacing import MemoryPacingStore
from tests.unit.relay.delivery_scene import FakeBots, FakeSubjects, ScriptedPlatform

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

SHANGHAI = dt.timezone(dt.timedelta(hours=8))


class RecordingAnnouncements:
    def __init__(self) -> None:
        self.announced: list[tuple[str, list[Mapping[str, Any]]]] = []
        self.happened = threading.Event()

    def announce(self, topic: str, messages: Callable[[], Sequence[Mapping[str, Any]]]) -> None:
        self.announced.append((topic, list(messages())))
        self.happened.set()

    @property
    def ids(self) -> list[list[str]]:
        """The message ids of each announcement."""
        return [[message["data"]["message_id"] for message in messages] for _, messages in self.announced]


class FixedTexts:
    def __init__(self, *missing: str) -> None:
        self._missing = missing

    def texts(self, keys: Sequence[DeliveryKey]) -> dict[DeliveryKey, DeliveryTexts]:
        return {
            key: DeliveryTexts(77, f"content of {key[0]}", "text", "小明", "大厅", "2026-01-31T08:00:00.000Z")
            for key in keys
            if key[0] not in self._missing
        }


def delivery(message_id: str = "m1", **fields: Any) -> Delivery:
    values: dict[str, Any] = {
        "message_id": message_id,
        "mapping_id": 7,
        "generation": 1,
        "platform": "discord",
        "bot_id": 3,
        "target_channel_id": "t",
        "parts": [Part("text", "one")],
        "sent_parts": 0,
        "platform_message_ids": [],
        "kook_channel_id": "c",
        "received_at_ms": 0,
        "created_at_ms": 0,
        "first_attempt_ms": 0,
        "attempts": 0,
        "unknown_attempts": 0,
        "possible_duplicate": False,
        "claim_id": "x",
    }
    return Delivery(**{**values, **fields})


class Scene:
    def __init__(self, *missing: str) -> None:
        self.clock = FakeClock(1_769_846_400.5)  # 2026-01-31 08:00:00.5 UTC
        self.announcements = RecordingAnnouncements()
        self.log = LiveLog(self.announcements, FixedTexts(*missing), self.clock.ms, SHANGHAI)


def test_a_delivery_that_ended_is_shown_as_in_the_log() -> None:
    scene = Scene()
    with scene.log.batch(1) as tell:
        tell(EndedDelivery(delivery(notes=["shortened"]), Closing("success", latency_ms=250)))
    ((topic, (message,)),) = scene.announcements.announced
    assert topic == "relay"
    assert message == {
        "type": "log",
        "data": {
            "id": 77,
            "message_id": "m1",
            "mapping_id": 7,
            "status": "success",
            "content": "content of m1",
            "message_type": "text",
            "sender_name": "小明",
            "latency_ms": 250,
            "platform": "discord",
            "target_bot_id": 3,
            "target_channel": "t",
            "kook_channel_id": "c",
            "kook_channel_name": "大厅",
            "error_code": None,
            "error_message": None,
            "notes": ["shortened"],
            "timestamp": "2026-01-31T16:00:00",
        },
    }


def test_a_batch_is_one_announcement_in_the_order_of_the_endings() -> None:
    scene = Scene()
    with scene.log.batch(3) as tell:
        for name in ("m1", "m2", "m3"):
            tell(EndedDelivery(delivery(name), Closing("failed", "gone", "no such channel", 9)))
    assert scene.announcements.ids == [["m1", "m2", "m3"]]
    data = scene.announcements.announced[0][1][0]["data"]
    assert (data["status"], data["error_code"], data["error_message"]) == ("failed", "gone", "no such channel")


def test_a_slow_neighbour_holds_nothing_up() -> None:
    scene = Scene()
    with scene.log.batch(10) as tell:
        tell(EndedDelivery(delivery("m1"), Closing("success")))
        tell(EndedDelivery(delivery("m2"), Closing("success")))
        # The batch goes on: what has ended is told all the same.
        assert scene.announcements.happened.wait(20)
        assert [name for ids in scene.announcements.ids for name in ids] == ["m1", "m2"]
        tell(EndedDelivery(delivery("m3"), Closing("success")))
    assert [name for ids in scene.announcements.ids for name in ids] == ["m1", "m2", "m3"]


def test_a_batch_in_which_nothing_ended_tells_nothing() -> None:
    scene = Scene()
    with scene.log.batch(3):
        pass
    assert scene.announcements.announced == []


def test_what_ended_before_the_batch_broke_off_is_told() -> None:
    scene = Scene()

    def break_off() -> None:
        with scene.log.batch(2) as tell:
            tell(EndedDelivery(delivery("m1"), Closing("success")))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert scene.announcements.ids == [["m1"]]


def test_a_record_that_is_gone_is_left_out() -> None:
    scene = Scene("m1")
    with scene.log.batch(2) as tell:
        for name in ("m1", "m2"):
            tell(EndedDelivery(delivery(name), Closing("success")))
    assert scene.announcements.ids == [["m2"]]


def test_states_are_told_with_their_reason() -> None:
    assert status_message("bot", 3, "disabled", "webhook_deleted", 1_769_846_400_500, SHANGHAI) == {
        "type": "status",
        "data": {
            "kind": "bot",
            "id": 3,
            "status": "disabled",
            "reason": "webhook_deleted",
            "timestamp": "2026-01-31T16:00:00",
        },
    }
    assert status_message("service", None, "stopped", "", 0, dt.UTC)["data"]["reason"] is None


# --- through the delivery of a batch ---


class ManyDeliveries:
    """A store of claimable deliveries by message id."""

    def __init__(self, now_ms: int, *ids: str) -> None:
        self.records = {name: delivery(name, first_attempt_ms=now_ms) for name in ids}
        self.closed: list[str] = []

    def claim(self, order: DeliveryOrder) -> ClaimResult:
        found = self.records.get(order.message_id)
        return NoSuchDelivery() if found is None else Claimed(found)

    def part_sent(self, delivery: Delivery, part_ids: tuple[str, ...]) -> None:
        raise AssertionError("no delivery here has several parts")

    def release(self, delivery: Delivery, *, next_attempt_ms: int, error_code: str, error_message: str) -> None: ...

    def close(self, delivery: Delivery, closing: Closing) -> None:
        self.closed.append(delivery.message_id)


class AnswersByMessage(ScriptedPlatform):
    """Destinations are sent to side by side: which message comes first is nobody's to say."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[str, Outcome] = {}

    def send(self, part: Part, destination: Destination, context: SendContext) -> Outcome:
        return self.outcomes.get(context.message_id) or super().send(part, destination, context)


class Batch:
    def __init__(self, listener: Any, *ids: str) -> None:
        self.clock = FakeClock()
        self.platform = AnswersByMessage()
        self.deliveries = ManyDeliveries(self.clock.ms(), *ids)
        self.queue = RecordingQueue()
        messages = DeliverMessages(
            deliveries=self.deliveries,
            bots=FakeBots(Bot(id=3, platform="discord", name="b", config={}, created_at="")),
            platforms=PlatformRegistry([self.platform]),
            policy=RetryPolicy(jitter=lambda: 1.0),
            clock_ms=self.clock.ms,
            subjects=FakeSubjects(),
        )
        self.batches = OrderBatches(messages, Pacer(MemoryPacingStore(), self.clock), self.queue, listener)

    def process(self, *ids: str) -> list[str]:
        orders = [(DeliveryOrder(name, 7, 1).to_body(), f"group-{name}") for name in ids]
        return failed_ids(self.batches.process(sqs_event(*orders), lambda: 100_000))


def test_the_deliveries_of_a_batch_that_ended_are_told_and_no_others() -> None:
    scene = Scene()
    batch = Batch(scene.log, "m1", "m2", "m3")
    batch.platform.outcomes = {
        "m1": Delivered(("1",)),
        "m2": RetryAfter("server_error", "HTTP 502"),
        "m3": Permanent("refused", "no"),
    }
    assert batch.process("m1", "m2", "m3", "unknown") == ["m1"]  # the second record, m2, comes back
    [announced] = scene.announcements.announced
    told = {message["data"]["message_id"]: message["data"]["status"] for message in announced[1]}
    assert told == {"m1": "success", "m3": "failed"}


class BrokenQueue:
    def publish(self, topic: str, messages: Sequence[Mapping[str, Any]]) -> None:
        raise ConnectionError("the push queue is down")


class Somebody:
    def any_of_topic(self, topic: str) -> bool:
        return True


def test_a_failing_push_affects_no_delivery() -> None:
    clock = FakeClock()
    log = LiveLog(Announcer(Somebody(), BrokenQueue(), clock), FixedTexts(), clock.ms, SHANGHAI)
    batch = Batch(log, "m1", "m2")
    assert batch.process("m1", "m2") == []
    assert sorted(batch.deliveries.closed) == ["m1", "m2"]


class BrokenTexts:
    def texts(self, keys: Sequence[DeliveryKey]) -> dict[DeliveryKey, DeliveryTexts]:
        raise ConnectionError("the table is down")


class RefusingQueue:
    def publish(self, topic: str, messages: Sequence[Mapping[str, Any]]) -> None:
        raise AssertionError("nothing can be published without texts")


def test_texts_that_cannot_be_read_affect_no_delivery() -> None:
    clock = FakeClock()
    log = LiveLog(Announcer(Somebody(), RefusingQueue(), clock), BrokenTexts(), clock.ms, SHANGHAI)
    batch = Batch(log, "m1")
    assert batch.process("m1") == []
    assert batch.deliveries.closed == ["m1"]


# --- deliveries that fail at once, and texts, on a real engine ---


class Tables:
    def __init__(self, engine: DynamoEngine) -> None:
        bind(DeliveryRow, engine.create_table("DeliveriesTable"))
        bind(CounterRow, engine.create_table("CountersTable"))
        self.scene = Scene()
        counters = DeliveryCounters(time_zone="Asia/Shanghai", retention_days=30, pick_shard=lambda: 0)
        store = DeliveryStore(counters=counters, clock_ms=self.scene.clock.ms, retention_days=30)
        self.deliveries = WatchedNewDeliveries(store, self.scene.log)

    def new(self, message_id: str) -> NewDelivery:
        now_ms = self.scene.clock.ms()
        return NewDelivery(
            message_id=message_id,
            mapping_id=7,
            platform="discord",
            bot_id=3,
            destination_key="discord:3",
            target_channel_id="t",
            parts=[Part("text", "one")],
            kook_channel_id="c",
            kook_channel_name="大厅",
            content="what was said",
            message_kind="kmarkdown",
            sender_name="小明",
            account_id=1,
            received_at_ms=now_ms,
            created_at_ms=now_ms,
            log_id=99,
        )


@pytest.fixture
def tables(dynamodb: DynamoEngine) -> Tables:
    return Tables(dynamodb)


def test_a_delivery_that_fails_at_once_is_told_once(tables: Tables) -> None:
    closing = Closing("failed", "bot_misconfigured", "no webhook_url")
    assert tables.deliveries.create_failed(tables.new("m1"), closing)
    assert not tables.deliveries.create_failed(tables.new("m1"), closing)
    ((_, (message,)),) = tables.scene.announcements.announced
    data = message["data"]
    assert (data["id"], data["status"], data["error_code"]) == (99, "failed", "bot_misconfigured")
    assert (data["content"], data["sender_name"], data["platform"]) == ("what was said", "小明", "discord")


def test_a_new_delivery_is_not_told_before_it_ends(tables: Tables) -> None:
    assert tables.deliveries.create(tables.new("m1"))
    assert tables.deliveries.is_pending("m1", 7)
    assert tables.scene.announcements.announced == []


def test_the_texts_of_records_are_found_and_missing_ones_left_out(tables: Tables) -> None:
    for number in range(120):  # more than one batch of reads
        tables.deliveries.create(tables.new(f"m{number}"))
    keys = [(f"m{number}", 7) for number in range(120)]
    found = DynamoTextLookup().texts([*keys, ("m1", 7), ("unknown", 7)])
    assert set(found) == set(keys)
    created_at = "2026-01-31T08:00:00.500Z"
    assert found["m5", 7] == DeliveryTexts(99, "what was said", "kmarkdown", "小明", "大厅", created_at)
