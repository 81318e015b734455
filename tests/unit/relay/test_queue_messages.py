"""Queue bodies hold only what SQS takes, and read back as what was written."""

from __future__ import annotations

import re

import pytest

from shared.relay.queue_messages import DeliveryOrder, IncomingEvent, deduplication_id, group_id

# SQS takes tab, line feed, carriage return and these; the embedded engine refuses those above U+FFFF.
TAKEN_BY_EVERY_QUEUE = re.compile("[\t\n\r\u0020-\ud7ff\ue000-\ufffd]*\\Z")


@pytest.mark.parametrize(
    ("text", "read_back"),
    [
        ("普通消息", "普通消息"),
        ("emoji 😆 and 👨‍👩‍👧", "emoji 😆 and 👨‍👩‍👧"),
        ("\ufffe\uffff", "\ufffe\uffff"),
        ("\x00\x1f", "\x00\x1f"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("\ud83d\ude06", "😆"),
    ],
)
def test_an_event_with_any_text_is_taken_by_the_queue(text: str, read_back: str) -> None:
    body = IncomingEvent(1, "id", 5, {"content": text}).to_body()
    assert TAKEN_BY_EVERY_QUEUE.match(body)
    assert IncomingEvent.from_body(body) == IncomingEvent(1, "id", 5, {"content": read_back})


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "7",
        "{}",
        '{"account_id": "x", "event_id": "e", "received_at_ms": 1, "event": {}}',
        '{"account_id": null, "event_id": "e", "received_at_ms": 1, "event": {}}',
        '{"account_id": 1, "event_id": "e", "received_at_ms": [], "event": {}}',
        '{"account_id": 1, "event_id": "e", "received_at_ms": 1, "event": []}',
        '{"account_id": 1, "event_id": "e", "received_at_ms": 1, "event": "text"}',
        '{"message_id": "m", "mapping_id": "x", "generation": 1}',
    ],
)
def test_a_body_of_another_shape_is_refused_at_once_for_quarantine(body: str) -> None:
    for read in (IncomingEvent.from_body, DeliveryOrder.from_body):
        with pytest.raises((ValueError, KeyError, TypeError)):
            read(body)


def test_an_order_reads_back_as_it_was() -> None:
    order = DeliveryOrder("消息-😆", 7, 2)
    assert DeliveryOrder.from_body(order.to_body()) == order


def test_the_deduplication_id_tells_event_mapping_and_generation_apart() -> None:
    orders = [DeliveryOrder("a", 1, 1), DeliveryOrder("a", 1, 2), DeliveryOrder("a", 11, 1), DeliveryOrder("a1", 1, 1)]
    assert len({order.deduplication_id for order in orders}) == 4
    assert deduplication_id("a", "b,c") != deduplication_id("a,b", "c")


@pytest.mark.parametrize("name", ["discord:1:9", "a" * 128, "-._~!"])
def test_a_legal_group_name_stays_itself(name: str) -> None:
    assert group_id(name) == name


@pytest.mark.parametrize("name", ["", "频道", "a b", "a" * 129, "a\n", "\ud800"])
def test_any_other_name_becomes_a_legal_group(name: str) -> None:
    assert re.fullmatch("[0-9a-f]{64}", group_id(name))
