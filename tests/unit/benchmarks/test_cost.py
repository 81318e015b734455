"""The bill of the cost benchmark."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.cost import Load, bill, billed_gb_seconds
from benchmarks.counting_proxy import Traffic
from benchmarks.relayed_messages import Spent


def test_processor_time_is_stretched_to_what_the_memory_buys_and_waiting_is_not() -> None:
    spent = Spent(calls=1, wall_seconds=0.3, cpu_seconds=0.1)
    assert billed_gb_seconds(spent, 1769) == pytest.approx(0.3 * 1769 / 1024)
    half_a_core = 1769 / 2
    assert billed_gb_seconds(spent, int(half_a_core)) == pytest.approx(0.4 * half_a_core / 1024, rel=0.01)


def test_more_processor_time_than_clock_time_is_no_negative_waiting() -> None:
    assert billed_gb_seconds(Spent(1, wall_seconds=0.1, cpu_seconds=0.2), 1769) == pytest.approx(0.2 * 1769 / 1024)


def load(batch: int) -> Load:
    return Load(
        "any",
        batch,
        messages=10,
        dynamodb=Traffic(write_units=Counter({"kook-relay-A": 20}), read_units=Counter({"kook-relay-A": 5})),
        sqs=Traffic(requests=Counter({"SendMessage": 10, "ReceiveMessage": 5, "DeleteMessageBatch": 5})),
        spent={"OneFunction": Spent(calls=10, wall_seconds=1.0, cpu_seconds=0.0)},
    )


def test_a_bill_prices_what_was_counted_for_a_message() -> None:
    lines = {line.item: line for line in bill(load(batch=10), {"OneFunction": 1024})}
    assert (lines["DynamoDB write units, A"].count, lines["DynamoDB write units, A"].usd) == (2.0, 1.25)
    assert (lines["DynamoDB read units, A"].count, lines["DynamoDB read units, A"].usd) == (0.5, 0.0625)
    assert (lines["SQS sends"].usd, lines["SQS receives and deletes"].usd) == (0.5, 0.5)
    assert (lines["Lambda requests, One"].usd, lines["Lambda GB-s, One"].usd) == (0.2, pytest.approx(1.667))
    assert "SQS empty receives, a month" not in lines


def test_a_quiet_queue_is_polled_in_vain() -> None:
    lines = {line.item: line for line in bill(load(batch=1), {"OneFunction": 1024})}
    assert lines["SQS empty receives, a month"].count == pytest.approx(1.296)


def test_traffic_survives_its_way_as_json() -> None:
    traffic = Traffic(Counter(PutItem=2), Counter(a=1.5), Counter())
    assert Traffic.from_json(traffic.to_json()) == traffic
