"""Closing a delivery while other writers are at the same counters: the message has been sent, so giving up the closing
would send it again."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from pynamodb.exceptions import TransactWriteError

from shared.relay.deliveries import ClaimLost, Closing
from shared.relay.delivery_rows import DeliveryRow
from shared.relay.delivery_store import DeliveryStore
from tests.unit.relay.test_delivery_store import Scene

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


class _Body:
    """The raw stream of an answer, as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_options: Any) -> Iterator[bytes]:
        yield self._content


def refusal(url: str, code: str, reasons: list[str]) -> AWSResponse:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html"""
    body = {
        "__type": f"com.amazonaws.dynamodb.v20120810#{code}",
        "Message": "refused",
        **({"CancellationReasons": [{"Code": reason} for reason in reasons]} if reasons else {}),
    }
    return AWSResponse(url, 400, {"content-type": "application/x-amz-json-1.0"}, _Body(json.dumps(body).encode()))


@contextmanager
def transactions_refused(times: int, code: str, *reasons: str) -> Iterator[None]:
    events: Any = DeliveryRow._get_connection().connection.client.meta.events
    left = iter(range(times))

    def refuse(request: Any, **_more: Any) -> AWSResponse | None:
        return None if next(left, None) is None else refusal(request.url, code, list(reasons))

    events.register("before-send.dynamodb.TransactWriteItems", refuse)
    try:
        yield
    finally:
        events.unregister("before-send.dynamodb.TransactWriteItems", refuse)


class ContendedScene(Scene):
    def __init__(self, engine: DynamoEngine) -> None:
        super().__init__(engine)
        self.pauses: list[float] = []
        self.store = DeliveryStore(
            counters=self.counters, clock_ms=self.clock.ms, retention_days=30, pause=self.pauses.append
        )
        self.store.create(self.new())


@pytest.fixture
def scene(dynamodb: DynamoEngine) -> ContendedScene:
    return ContendedScene(dynamodb)


@pytest.mark.parametrize(
    ("code", "reasons", "pauses"),
    [
        ("TransactionCanceledException", ("None", "TransactionConflict", "None"), 7),
        ("TransactionCanceledException", ("None", "None", "ThrottlingError"), 7),
        ("TransactionCanceledException", ("None", "ProvisionedThroughputExceeded", "None"), 7),
        ("TransactionInProgressException", (), 1),  # botocore tries this one four times by itself
    ],
)
def test_a_closing_waits_its_turn_and_is_counted_once(
    scene: ContendedScene, code: str, reasons: tuple[str, ...], pauses: int
) -> None:
    delivery = scene.claim()
    with transactions_refused(7, code, *reasons):
        scene.store.close(delivery, Closing("success", latency_ms=7))
    assert scene.log.page(status="success").total == 1
    # Writers that meet must not meet again at once: each pause is drawn from a wider span.
    assert len(scene.pauses) == pauses
    assert all(0 <= pause <= 0.02 * 2**number for number, pause in enumerate(scene.pauses))
    assert sum(scene.pauses) > 0


def test_conflicts_without_end_are_an_error_after_a_bounded_time(scene: ContendedScene) -> None:
    delivery = scene.claim()
    with (
        transactions_refused(1000, "TransactionCanceledException", "TransactionConflict"),
        pytest.raises(TransactWriteError),
    ):
        scene.store.close(delivery, Closing("success"))
    assert sum(scene.pauses) < 10


def test_a_lost_claim_is_not_tried_again(scene: ContendedScene) -> None:
    delivery = scene.claim()
    scene.clock.advance(random.randrange(31, 99))
    scene.claim()
    with pytest.raises(ClaimLost):
        scene.store.close(delivery, Closing("success"))
    assert scene.pauses == []
