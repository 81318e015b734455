"""Closings that come together are committed together: each counted once, and none at the cost of another."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from pynamodb.exceptions import TransactWriteError

from shared.relay.counted_writes import MAX_TOGETHER
from shared.relay.deliveries import ClaimLost, Closing, Delivery
from shared.relay.delivery_rows import DeliveryRow
from tests.embedded import eventually
from tests.unit.relay.test_delivery_store import Scene
from tests.unit.relay.test_delivery_store_conflicts import refusal

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]
DEADLINE_SECONDS = 20


@pytest.fixture
def scene(dynamodb: DynamoEngine) -> Scene:
    return Scene(dynamodb)


class Transactions:
    """Of a scene, seen on their way: the first is held until told, and those after it are refused if so told."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.refused_with: tuple[str, list[str]] | None = None
        self.held = threading.Event()
        self._go_on = threading.Event()

    def go_on(self) -> None:
        self._go_on.set()

    def before_send(self, request: Any, **_more: Any) -> Any:
        self.sizes.append(request.body.count(b'"TableName"'))
        if len(self.sizes) == 1:
            self.held.set()
            assert self._go_on.wait(DEADLINE_SECONDS)
        elif self.refused_with is not None:
            return refusal(request.url, *self.refused_with)
        return None


@contextmanager
def first_transaction_held() -> Iterator[Transactions]:
    events: Any = DeliveryRow._get_connection().connection.client.meta.events
    transactions = Transactions()
    events.register("before-send.dynamodb.TransactWriteItems", transactions.before_send)
    try:
        yield transactions
    finally:
        transactions.go_on()
        events.unregister("before-send.dynamodb.TransactWriteItems", transactions.before_send)


def close_together(
    scene: Scene, deliveries: Sequence[Delivery], refused_with: tuple[str, list[str]] | None = None
) -> tuple[list[BaseException | None], list[int]]:
    """Close one delivery, and the others while its transaction is under way. What each was told, and the transactions'
    sizes."""
    with ThreadPoolExecutor(len(deliveries)) as threads, first_transaction_held() as transactions:
        transactions.refused_with = refused_with

        def close(delivery: Delivery) -> Future[None]:
            return threads.submit(scene.store.close, delivery, Closing("success", latency_ms=10))

        closings = [close(deliveries[0])]
        assert transactions.held.wait(DEADLINE_SECONDS)
        closings += [close(delivery) for delivery in deliveries[1:]]
        assert eventually(lambda: scene.store.closings_waiting == len(deliveries) - 1)
        transactions.go_on()
        return [closing.exception(DEADLINE_SECONDS) for closing in closings], transactions.sizes


def claimed(scene: Scene, count: int, channels: int = 2) -> list[Delivery]:
    for number in range(count):
        scene.store.create(scene.new(f"m{number}", kook_channel_id=f"c{number % channels}"))
    return [scene.claim(f"m{number}") for number in range(count)]


def counted(scene: Scene) -> tuple[int, int, int]:
    """Successes by the counters of the days, by those of the two channels, and by the rows."""
    log = scene.log
    channels = sum(log.page(status="success", channel_id=f"c{number}").total for number in range(2))
    return log.page(status="success").total, channels, len(log.page(status="success", limit=500).rows)


def test_closings_that_come_together_are_one_transaction(scene: Scene) -> None:
    told, sizes = close_together(scene, claimed(scene, 7))
    assert told == [None] * 7
    # A record, a day and a channel; then six records, a day and two channels.
    assert sizes == [3, 9]
    assert counted(scene) == (7, 7, 7)
    assert scene.counters.summed(channel_id=None, since_day="2000-01-01")["latency_ms_sum"] == 70


def test_more_than_a_transaction_holds_are_several(scene: Scene) -> None:
    # Of one channel: which of those that come together are the first is nobody's to say.
    told, sizes = close_together(scene, claimed(scene, MAX_TOGETHER + 3, channels=1))
    assert told == [None] * (MAX_TOGETHER + 3)
    assert sizes == [3, MAX_TOGETHER + 2, 4]
    assert counted(scene) == (MAX_TOGETHER + 3,) * 3


def test_a_lost_claim_among_them_is_told_alone(scene: Scene) -> None:
    deliveries = claimed(scene, 5)
    deliveries[2].claim_id = "somebody else's"
    told, sizes = close_together(scene, deliveries)
    assert [type(one) for one in told] == [type(None), type(None), ClaimLost, type(None), type(None)]
    assert sizes == [3, 7, 6]
    assert counted(scene) == (4, 4, 4)


def test_one_record_that_is_closed_twice_at_once_is_closed_once(scene: Scene) -> None:
    deliveries = claimed(scene, 4)
    told, _ = close_together(scene, [*deliveries, deliveries[3]])
    # DynamoDB takes no transaction that writes one item twice: they are made one by one.
    assert sorted(type(one).__name__ for one in told) == ["ClaimLost", *["NoneType"] * 4]
    assert counted(scene) == (4, 4, 4)


def test_what_is_failed_from_the_start_waits_for_no_closing(scene: Scene) -> None:
    deliveries = claimed(scene, 3)
    failed = scene.new("unroutable", kook_channel_id="c0")
    with ThreadPoolExecutor(4) as threads, first_transaction_held() as transactions:
        first = threads.submit(scene.store.close, deliveries[0], Closing("success"))
        assert transactions.held.wait(DEADLINE_SECONDS)
        more = [threads.submit(scene.store.close, delivery, Closing("success")) for delivery in deliveries[1:]]
        assert eventually(lambda: scene.store.closings_waiting == 2)
        assert scene.store.create_failed(failed, Closing("failed", "bot_deleted", "gone"))
        assert scene.store.closings_waiting == 2
        transactions.go_on()
        for one in (first, *more):
            one.result(DEADLINE_SECONDS)
    assert counted(scene) == (3, 3, 3)
    assert scene.log.page(status="failed").total == 1
    assert not scene.store.create_failed(failed, Closing("failed", "bot_deleted", "gone"))
    assert scene.log.page(status="failed").total == 1


def test_a_storage_that_refuses_is_told_to_each_and_nothing_is_counted(scene: Scene) -> None:
    told, _ = close_together(scene, claimed(scene, 4), ("ResourceNotFoundException", []))
    assert told[0] is None
    assert [type(one) for one in told[1:]] == [TransactWriteError] * 3
    assert counted(scene) == (1, 1, 1)
