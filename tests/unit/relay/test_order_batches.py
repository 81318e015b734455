"""A batch of delivery orders: deferrals hold back their group, what is no order is put aside, who listens is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.platforms.pacing import Pacer
from shared.relay.deliveries import Closing
from shared.relay.delivery_results import Deferred, DeliveryResult, Done, EndedDelivery
from shared.relay.order_batches import OrderBatches
from shared.relay.queue_messages import DeliveryOrder
from tests.fakes.clock import FakeClock
from tests.unit.aws.test_batches import RecordingQueue, failed_ids, sqs_event
from tests.unit.platforms.test_pacing import MemoryPacingStore
from tests.unit.relay.delivery_scene import Scene as DeliveryScene


class ScriptedDelivering:
    """Stands in for DeliverMessages: a result by message id, Done without one."""

    def __init__(self) -> None:
        self.results: dict[str, DeliveryResult] = {}
        self.delivered: list[str] = []

    def deliver(self, order: DeliveryOrder, pacing: object, seconds_left: Callable[[], float]) -> DeliveryResult:
        assert seconds_left() == 7.5
        result = self.results.get(order.message_id, Done())
        if isinstance(result, Done):
            self.delivered.append(order.message_id)
        return result


class RecordingListener:
    def __init__(self) -> None:
        self.told: list[EndedDelivery] = []
        self.sizes: list[int] = []

    @contextmanager
    def batch(self, size: int) -> Iterator[Callable[[EndedDelivery], None]]:
        self.sizes.append(size)
        yield self.told.append


class Scene:
    def __init__(self) -> None:
        self.delivering = ScriptedDelivering()
        self.queue = RecordingQueue()
        self.listener = RecordingListener()

    def process(self, *records: tuple[str, str]) -> list[str]:
        pacer = Pacer(MemoryPacingStore(), FakeClock())
        batches = OrderBatches(self.delivering, pacer, self.queue, self.listener)  # type: ignore[arg-type]
        return failed_ids(batches.process(sqs_event(*records), lambda: 7500))


def order(message_id: str) -> str:
    return DeliveryOrder(message_id, 1, 1).to_body()


def test_a_deferred_order_comes_back_with_its_group_and_holds_up_no_other() -> None:
    scene = Scene()
    scene.delivering.results["two"] = Deferred(12.3)
    failed = scene.process((order("one"), "a"), (order("two"), "a"), (order("three"), "a"), (order("other"), "b"))
    assert failed == ["m1", "m2"]
    assert scene.delivering.delivered == ["one", "other"]
    assert scene.queue.visibility == {"r1": 13, "r2": 13}


def test_what_is_no_order_is_put_aside_and_its_neighbours_go_on() -> None:
    scene = Scene()
    assert scene.process((order("one"), "a"), ("[]", "a"), (order("two"), "a")) == []
    assert scene.delivering.delivered == ["one", "two"]
    assert [body for body, _, _ in scene.queue.aside] == ["[]"]


def test_the_listener_is_told_of_what_this_batch_closed_and_of_nothing_else() -> None:
    scene = Scene()
    ended = EndedDelivery(DeliveryScene().delivery, Closing("success"))
    scene.delivering.results["one"] = Done(ended)
    scene.process((order("one"), "a"), (order("already closed"), "a"))
    assert scene.listener.told == [ended]
    assert scene.listener.sizes == [2]
