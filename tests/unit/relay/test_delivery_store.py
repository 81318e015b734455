"""Deliveries on a real DynamoDB engine: claims, crashes, closings counted once, the log and its totals."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.aws.tables import bind
from shared.platforms.base import Part
from shared.relay.counters import CounterRow, DeliveryCounters
from shared.relay.deliveries import (
    AlreadyClosed,
    Claimed,
    ClaimLost,
    Closing,
    Delivery,
    HeldElsewhere,
    NewDelivery,
    NoSuchDelivery,
    PartsTooLarge,
    new_log_id,
)
from shared.relay.delivery_rows import DeliveryRow
from shared.relay.delivery_store import LEASE_SECONDS, DeliveryStore
from shared.relay.log_reader import DynamoLogReader
from shared.relay.logs import DeliveryLog
from shared.relay.queue_messages import DeliveryOrder
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


class Scene:
    def __init__(self, engine: DynamoEngine) -> None:
        self.engine = engine
        bind(DeliveryRow, engine.create_table("DeliveriesTable"))
        bind(CounterRow, engine.create_table("CountersTable"))
        self.clock = FakeClock()
        self.counters = DeliveryCounters(
            time_zone="Asia/Shanghai", retention_days=30, pick_shard=lambda: random.randrange(8)
        )
        self.store = DeliveryStore(counters=self.counters, clock_ms=self.clock.ms, retention_days=30)
        self.log = DeliveryLog(DynamoLogReader(self.counters, self.clock.ms))

    def new(self, message_id: str = "m", mapping_id: int = 1, **changes: Any) -> NewDelivery:
        fields: dict[str, Any] = {
            "message_id": message_id,
            "mapping_id": mapping_id,
            "platform": "discord",
            "bot_id": 3,
            "destination_key": "discord:3",
            "target_channel_id": "t",
            "parts": [Part("text", "一", "one"), Part("text", "two", options={"deep": {"n": 1}})],
            "kook_channel_id": "c",
            "kook_channel_name": "大厅",
            "content": "text",
            "message_kind": "text",
            "sender_name": "小明",
            "account_id": 1,
            "received_at_ms": self.clock.ms(),
            "created_at_ms": self.clock.ms(),
            "log_id": new_log_id(self.clock.ms(), random.getrandbits(11)),
        }
        return NewDelivery(**{**fields, **changes})

    def claim(self, message_id: str = "m", mapping_id: int = 1) -> Delivery:
        claimed = self.store.claim(DeliveryOrder(message_id, mapping_id, 1))
        assert isinstance(claimed, Claimed), claimed
        return claimed.delivery

    def deliver(self, message_id: str, mapping_id: int = 1) -> None:
        self.store.close(self.claim(message_id, mapping_id), Closing("success", latency_ms=40))


@pytest.fixture
def scene(dynamodb: DynamoEngine) -> Scene:
    return Scene(dynamodb)


def test_a_delivery_is_written_once_and_read_back_as_it_was(scene: Scene) -> None:
    new = scene.new()
    assert scene.store.create(new)
    assert not scene.store.create(new)
    delivery = scene.claim()
    assert list(delivery.parts) == list(new.parts)
    assert (delivery.sent_parts, delivery.attempts, delivery.possible_duplicate) == (0, 0, False)
    assert delivery.first_attempt_ms == scene.clock.ms()


def test_a_claimed_record_is_held_and_comes_free_with_its_release(scene: Scene) -> None:
    scene.store.create(scene.new())
    delivery = scene.claim()
    held = scene.store.claim(DeliveryOrder("m", 1, 1))
    assert isinstance(held, HeldElsewhere)
    assert 0 < held.seconds <= LEASE_SECONDS
    delivery.attempts = 2
    scene.store.release(delivery, next_attempt_ms=5, error_code="server_error", error_message="HTTP 502")
    scene.clock.advance(10)
    again = scene.claim()
    assert (again.attempts, again.possible_duplicate) == (2, False)
    assert again.first_attempt_ms == delivery.first_attempt_ms
    assert scene.log.page().rows[0].error_message == "HTTP 502"


def test_a_holder_that_died_is_taken_over_after_its_lease_and_marked(scene: Scene) -> None:
    scene.store.create(scene.new())
    dead = scene.claim()
    scene.store.part_sent(dead, ["id-1"])
    scene.clock.advance(LEASE_SECONDS + 1)
    alive = scene.claim()
    assert (alive.sent_parts, alive.platform_message_ids, alive.possible_duplicate) == (1, [["id-1"]], True)
    for write in (
        lambda: scene.store.part_sent(dead, ["id-2"]),
        lambda: scene.store.close(dead, Closing("success")),
        lambda: scene.store.release(dead, next_attempt_ms=1, error_code="", error_message=""),
    ):
        with pytest.raises(ClaimLost):
            write()


def test_every_part_that_arrived_prolongs_the_lease(scene: Scene) -> None:
    scene.store.create(scene.new())
    delivery = scene.claim()
    scene.clock.advance(LEASE_SECONDS - 1)
    scene.store.part_sent(delivery, ["id-1"])
    scene.clock.advance(LEASE_SECONDS - 1)
    assert isinstance(scene.store.claim(DeliveryOrder("m", 1, 1)), HeldElsewhere)


def test_every_death_of_a_holder_counts_as_an_attempt_with_unknown_end(scene: Scene) -> None:
    scene.store.create(scene.new())
    for deaths in range(3):
        assert scene.claim().unknown_attempts == deaths
        scene.clock.advance(LEASE_SECONDS + 1)


def test_a_record_released_while_another_order_looks_at_it_is_not_taken_for_a_dead_holders(scene: Scene) -> None:
    scene.store.create(scene.new())
    holder = scene.claim()
    scene.clock.advance(LEASE_SECONDS + 1)
    events: Any = DeliveryRow._get_connection().connection.client.meta.events

    def release(**_answer: Any) -> None:
        scene.store.release(holder, next_attempt_ms=1, error_code="", error_message="")

    events.register("after-call.dynamodb.GetItem", release)  # between the look and the take-over
    try:
        assert isinstance(scene.store.claim(DeliveryOrder("m", 1, 1)), HeldElsewhere)
    finally:
        events.unregister("after-call.dynamodb.GetItem", release)
    assert not scene.claim().possible_duplicate


def test_what_is_closed_or_of_an_older_round_or_gone_is_not_claimed(scene: Scene) -> None:
    scene.store.create(scene.new())
    assert scene.store.claim(DeliveryOrder("m", 1, 2)) == AlreadyClosed()
    assert scene.store.claim(DeliveryOrder("nothing", 1, 1)) == NoSuchDelivery()
    assert scene.store.is_pending("m", 1)
    scene.deliver("m")
    assert scene.store.claim(DeliveryOrder("m", 1, 1)) == AlreadyClosed()
    assert not scene.store.is_pending("m", 1)
    assert not scene.store.is_pending("nothing", 1)


def test_a_delivery_is_closed_and_counted_once(scene: Scene) -> None:
    scene.store.create(scene.new())
    delivery = scene.claim()
    scene.store.close(delivery, Closing("success", latency_ms=40))
    with pytest.raises(ClaimLost):
        scene.store.close(delivery, Closing("failed", "again", "again"))
    assert scene.log.page().total == 1
    assert scene.log.page(status="success").rows[0].latency_ms == 40


def test_one_that_cannot_be_tried_is_written_failed_and_counted_once(scene: Scene) -> None:
    closing = Closing("failed", "bot_deleted", "bot 3 does not exist")
    assert scene.store.create_failed(scene.new(parts=[]), closing)
    assert not scene.store.create_failed(scene.new(parts=[]), closing)
    page = scene.log.page(status="failed")
    assert (page.total, page.rows[0].error_code) == (1, "bot_deleted")


def test_parts_no_record_can_hold_are_refused_before_anything_is_written(scene: Scene) -> None:
    noise = "".join(chr(random.randrange(0x4E00, 0x9FFF)) for _ in range(300_000))
    with pytest.raises(PartsTooLarge):
        scene.store.create(scene.new(parts=[Part("text", noise)]))
    assert scene.log.page().total == 0


def test_forty_claims_at_once_give_one_holder(scene: Scene) -> None:
    scene.store.create(scene.new())
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: scene.store.claim(DeliveryOrder("m", 1, 1)), range(40)))
    assert sum(isinstance(result, Claimed) for result in results) == 1
    assert all(isinstance(result, Claimed | HeldElsewhere) for result in results)


def test_totals_are_exact_after_deliveries_side_by_side(scene: Scene) -> None:
    def one(number: int) -> None:
        platform = ("discord", "telegram")[number % 2]
        scene.store.create(scene.new(f"m{number}", platform=platform, kook_channel_id=f"c{number % 3}"))
        delivery = scene.claim(f"m{number}")
        closing = Closing("success", latency_ms=10) if number % 5 else Closing("failed", "x", "y")
        scene.store.close(delivery, closing)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(120)))
    assert scene.log.page().total == 120
    assert scene.log.page(status="failed").total == 24
    assert scene.log.page(platform="discord", channel_id="c0").total == sum(
        number % 2 == 0 and number % 3 == 0 for number in range(120)
    )
    ids = [row.kook_message_id for row in walk(lambda cursor: scene.log.page(limit=17, cursor=cursor))]
    assert len(ids) == len(set(ids)) == 120


def test_the_open_deliveries_of_a_channel_are_picked_out_of_the_backlog(scene: Scene) -> None:
    for number in range(12):
        scene.clock.advance(1)
        scene.store.create(scene.new(f"m{number}", kook_channel_id=f"c{number % 3}"))
    # Under an earlier version what was open had an entry in the channel's index, too.
    DeliveryRow("m3", 1).update(actions=[DeliveryRow.log_channel_scope.set("c0|pending|discord")])
    scene.deliver("m0")
    scene.deliver("m3")
    for status, expected in ((None, ["m9", "m6", "m3", "m0"]), ("pending", ["m9", "m6"]), ("success", ["m3", "m0"])):
        rows = walk(
            lambda cursor, status=status: scene.log.page(channel_id="c0", status=status, limit=1, cursor=cursor)
        )
        assert [row.kook_message_id for row in rows] == expected
        assert scene.log.page(channel_id="c0", status=status).total == len(expected)


def test_a_table_that_cannot_be_reached_is_said_to_be_unavailable(scene: Scene) -> None:
    bind(DeliveryRow, "no-such-table")
    with pytest.raises(StoreUnavailable):
        scene.log.page()
    with pytest.raises(StoreUnavailable):
        scene.log.page(channel_id="c", status="pending")
    scene = Scene(scene.engine)
    bind(CounterRow, "no-such-table")
    with pytest.raises(StoreUnavailable):
        scene.log.page(status="success")


def walk(page_at: Callable[[str | None], Any]) -> list[Any]:
    rows, cursor = [], None
    while True:
        page = page_at(cursor)
        rows += page.rows
        cursor = page.next_cursor
        if cursor is None:
            return rows


def test_rows_past_their_retention_are_neither_shown_nor_counted(scene: Scene) -> None:
    scene.store.create(scene.new("old"))
    scene.deliver("old")
    scene.clock.advance(32 * 86_400)
    scene.store.create(scene.new("new"))
    scene.deliver("new")
    page = scene.log.page()
    assert ([row.kook_message_id for row in page.rows], page.total) == (["new"], 1)


@pytest.mark.parametrize("retention_days", [1, 90])
def test_an_open_delivery_outlives_its_order_and_a_closed_one_the_log(scene: Scene, retention_days: int) -> None:
    def days_left() -> float:
        row = DeliveryRow.get("m", 1)
        return (int(row.expires_at) - scene.clock()) / 86_400

    store = DeliveryStore(counters=scene.counters, clock_ms=scene.clock.ms, retention_days=retention_days)
    store.create(scene.new())
    # The queues keep an order for 14 days: without its record it would be dropped undelivered.
    assert days_left() == pytest.approx(max(retention_days + 2, 16))
    claimed = store.claim(DeliveryOrder("m", 1, 1))
    assert isinstance(claimed, Claimed)
    store.close(claimed.delivery, Closing("success"))
    assert days_left() == pytest.approx(retention_days + 2)


def test_what_is_open_and_held_by_nobody_is_found_and_marked_when_ordered_again(scene: Scene) -> None:
    for name in ("first", "second", "held", "closed"):
        scene.store.create(scene.new(name, log_id=new_log_id(scene.clock.ms(), 0)))
        scene.clock.advance(1)
    scene.claim("held")
    scene.deliver("closed")
    found = scene.store.oldest_open("discord", 10, after_log_id=0).deliveries
    assert [one.order.message_id for one in found] == ["first", "second"]
    assert scene.store.mark_ordered_again(found[0].order, scene.clock.ms() + 99_000)
    again = scene.store.oldest_open("discord", 10, after_log_id=0).deliveries[0]
    assert (again.order.message_id, again.due_ms) == ("first", scene.clock.ms() + 99_000)
    assert not scene.store.mark_ordered_again(DeliveryOrder("closed", 1, 1), 1)


def test_open_deliveries_come_oldest_first_and_page_by_page(scene: Scene) -> None:
    # DynamoDB gives a batch of items back in any order, and orders of one destination must keep theirs.
    names = [f"m{random.getrandbits(64):x}" for _ in range(45)]
    for name in names:
        scene.store.create(scene.new(name, log_id=new_log_id(scene.clock.ms(), 0)))
        scene.clock.advance(0.001)
    walked: list[str] = []
    after: int | None = 0
    while after is not None:
        page = scene.store.oldest_open("discord", 20, after_log_id=after)
        walked += [one.order.message_id for one in page.deliveries]
        after = page.next_after_log_id
    assert walked == names
