from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shared.push.broadcast import Publication
from shared.push.connections import ConnectionsUnavailable
from shared.push.orders import MAX_ORDER_CHARACTERS, PushOrder, PushOrders, PushQueue
from tests.fakes.clock import FakeClock


class RecordingSqs:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_message(self, **message: Any) -> None:
        self.sent.append(message)


class RecordingBroadcaster:
    def __init__(self) -> None:
        self.published: list[tuple[str, list[Any]]] = []
        self.failure: Exception | None = None

    def publish_all(self, topic: str, messages: Sequence[Mapping[str, Any]]) -> Publication:
        if self.failure is not None:
            raise self.failure
        self.published.append((topic, list(messages)))
        return Publication(served=1)


class RecordingQueue:
    def __init__(self) -> None:
        self.hidden: list[tuple[str, int]] = []
        self.aside: list[str] = []

    def set_visibility(self, receipt_handle: str, seconds: int) -> None:
        self.hidden.append((receipt_handle, seconds))

    def put_aside(self, body: str, group: str, message_id: str) -> None:
        self.aside.append(body)


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.broadcaster = RecordingBroadcaster()
        self.queue = RecordingQueue()
        self.orders = PushOrders(self.broadcaster, self.queue, self.clock.ms)

    def process(self, *bodies: str) -> list[str]:
        """The ids of the records that come back."""
        records = [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"r{number}",
                "body": body,
                "attributes": {"MessageGroupId": "relay"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:push.fifo",
                "awsRegion": "us-east-1",
                "md5OfBody": "",
            }
            for number, body in enumerate(bodies)
        ]
        return [item["itemIdentifier"] for item in self.orders.process({"Records": records})["batchItemFailures"]]

    def order(self, *messages: Mapping[str, Any], topic: str = "relay", age_seconds: float = 0.0) -> str:
        return PushOrder(topic, messages, self.clock.ms() - int(age_seconds * 1000)).to_body()


def test_what_is_published_is_what_arrives() -> None:
    scene, sqs = Scene(), RecordingSqs()
    messages = [{"type": "log", "data": {"content": "你好 \ud83d \x00 🙂"}}, {"type": "status"}]
    PushQueue(lambda: sqs, "https://sqs/push.fifo", scene.clock.ms).publish("relay", messages)
    (sent,) = sqs.sent
    assert (sent["QueueUrl"], sent["MessageGroupId"]) == ("https://sqs/push.fifo", "relay")
    assert sent["MessageBody"].isascii()
    assert scene.process(sent["MessageBody"]) == []
    assert scene.broadcaster.published == [("relay", messages)]


def test_the_same_messages_may_be_published_again() -> None:
    sqs = RecordingSqs()
    queue = PushQueue(lambda: sqs, "u", FakeClock().ms)
    for _ in range(2):
        queue.publish("relay", [{"type": "status"}])
    assert len({message["MessageDeduplicationId"] for message in sqs.sent}) == 2


def test_many_messages_are_split_over_orders_in_their_order() -> None:
    sqs = RecordingSqs()
    messages = [{"number": number, "content": "x" * 50_000} for number in range(9)]
    PushQueue(lambda: sqs, "u", FakeClock().ms).publish("relay", messages)
    assert len(sqs.sent) == 3
    assert all(len(message["MessageBody"]) <= MAX_ORDER_CHARACTERS + 200 for message in sqs.sent)
    numbers = [one["number"] for sent in sqs.sent for one in json.loads(sent["MessageBody"])["messages"]]
    assert numbers == list(range(9))


def test_no_client_is_made_for_nothing() -> None:
    def make() -> Any:
        raise AssertionError("made a client")

    PushQueue(make, "u", FakeClock().ms).publish("relay", [])


def test_orders_of_a_batch_are_carried_out_one_after_another() -> None:
    scene = Scene()
    assert scene.process(scene.order({"n": 1}), scene.order({"n": 2}), scene.order({"n": 3}, topic="robot:R1")) == []
    assert scene.broadcaster.published == [("relay", [{"n": 1}]), ("relay", [{"n": 2}]), ("robot:R1", [{"n": 3}])]


def test_what_is_a_minute_old_is_not_live_any_more() -> None:
    scene = Scene()
    assert scene.process(scene.order({"n": 1}, age_seconds=61), scene.order({"n": 2}, age_seconds=59)) == []
    assert scene.broadcaster.published == [("relay", [{"n": 2}])]


@pytest.mark.parametrize(
    "body",
    [
        "no json",
        "[]",
        "{}",
        '{"topic":"relay"}',
        '{"topic":"relay","ordered_at_ms":0,"messages":[1]}',
        '{"topic":"relay","ordered_at_ms":"x","messages":[]}',
        "[" * 10_000,
    ],
)
def test_what_is_no_order_is_put_aside_and_its_neighbours_go_on(body: str) -> None:
    scene = Scene()
    assert scene.process(body, scene.order({"n": 1})) == []
    assert scene.queue.aside == [body]
    assert scene.broadcaster.published == [("relay", [{"n": 1}])]


def test_a_message_that_json_cannot_hold_is_put_aside() -> None:
    scene = Scene()
    body = scene.order({"n": 1}).replace('{"n":1}', '{"n":NaN}')
    scene.broadcaster.failure = ValueError("Out of range float values are not JSON compliant")
    assert scene.process(body) == []
    assert scene.queue.aside == [body]


def test_when_nobody_can_be_found_out_the_order_comes_back() -> None:
    scene = Scene()
    scene.broadcaster.failure = ConnectionsUnavailable("list connections")
    assert scene.process(scene.order({"n": 1}), scene.order({"n": 2})) == ["m0", "m1"]
    assert [handle for handle, _ in scene.queue.hidden] == ["r1", "r0"]
