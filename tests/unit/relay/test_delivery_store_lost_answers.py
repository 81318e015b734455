"""Deliveries when DynamoDB does what it was asked and its answer is lost: botocore asks again, and meets its own write.

Without care the second try finds the condition of the first no longer true and takes its own write for somebody
else's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from shared.relay.deliveries import Claimed, ClaimLost, Closing
from shared.relay.delivery_rows import DeliveryRow
from shared.relay.queue_messages import DeliveryOrder
from tests.unit.relay.test_delivery_store import Scene

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]
ORDER = DeliveryOrder("m", 1, 1)


@pytest.fixture
def scene(dynamodb: DynamoEngine) -> Scene:
    scene = Scene(dynamodb)
    scene.store.create(scene.new())
    return scene


@contextmanager
def answer_lost_once(operation: str) -> Iterator[Callable[[], int]]:
    """The next call of that operation is carried out and its answer never arrives. Gives the number of calls seen."""
    events: Any = DeliveryRow._get_connection().connection.client.meta.events
    seen: list[str] = []

    def lose(request: Any, **_more: Any) -> None:
        seen.append(operation)
        if len(seen) == 1:
            assert URLLib3Session().send(request).status_code == 200
            raise ReadTimeoutError(endpoint_url=request.url)

    event_name = f"before-send.dynamodb.{operation}"
    events.register(event_name, lose)
    try:
        yield lambda: len(seen)
    finally:
        events.unregister(event_name, lose)


def test_a_claim_is_known_again_as_ones_own(scene: Scene) -> None:
    with answer_lost_once("UpdateItem") as calls:
        claimed = scene.store.claim(ORDER)
    assert calls() == 2
    assert isinstance(claimed, Claimed), "its own claim was taken for another holder's"
    assert not claimed.delivery.possible_duplicate
    scene.store.close(claimed.delivery, Closing("success"))


def test_a_release_that_arrived_is_no_lost_claim(scene: Scene) -> None:
    delivery = scene.claim()
    delivery.attempts = 1
    with answer_lost_once("UpdateItem") as calls:
        # ClaimLost would end the order: the delivery would be open, and no order on its way any more.
        scene.store.release(delivery, next_attempt_ms=1, error_code="server_error", error_message="HTTP 502")
    assert calls() == 2
    assert scene.claim().attempts == 1


def test_a_release_after_somebody_else_took_the_record_is_still_a_lost_claim(scene: Scene) -> None:
    delivery = scene.claim()
    scene.clock.advance(31)
    scene.claim()
    with answer_lost_once("GetItem"), pytest.raises(ClaimLost):
        scene.store.release(delivery, next_attempt_ms=1, error_code="", error_message="")


def test_a_part_is_written_down_once(scene: Scene) -> None:
    delivery = scene.claim()
    with answer_lost_once("UpdateItem") as calls:
        scene.store.part_sent(delivery, ["id-1"])
    assert calls() == 2
    scene.store.release(delivery, next_attempt_ms=1, error_code="", error_message="")
    again = scene.claim()
    assert (again.sent_parts, again.platform_message_ids) == (1, [["id-1"]])


def test_a_closing_is_counted_once_and_is_no_lost_claim(scene: Scene) -> None:
    delivery = scene.claim()
    with answer_lost_once("TransactWriteItems") as calls:
        scene.store.close(delivery, Closing("success", latency_ms=7))
    assert calls() == 2
    assert scene.log.page(status="success").total == 1
