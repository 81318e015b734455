"""What the relay benchmark's verify phase finds."""

from __future__ import annotations

import json
import zlib

from benchmarks.open_load import Event, make_events, percentile, verify
from benchmarks.relay_stage import Arrival

RUN = "run-1"


def event(number: int, channel: int = 0, *, is_answered: bool = True) -> Event:
    return Event(RUN, number, channel, 100.0 + number, b"", 5.0 if is_answered else None)


def arrival(number: int, at: float, channel: int = 0, run: str = RUN) -> Arrival:
    return Arrival(channel, f"event {number} of {run}: text", at)


def test_latency_counts_from_when_an_event_was_due() -> None:
    result = verify([event(0), event(1)], [arrival(0, 100.05), arrival(1, 101.2)])
    assert [round(latency) for latency in result.latencies_ms] == [50, 200]
    assert (result.lost, result.twice, result.out_of_order, result.refused) == (0, 0, 0, 0)
    assert round(result.seconds, 1) == 1.2


def test_what_was_answered_and_did_not_arrive_is_lost_and_what_was_not_answered_is_refused() -> None:
    result = verify([event(0), event(1), event(2, is_answered=False)], [arrival(0, 101)])
    assert (result.sent, result.lost, result.refused) == (3, 1, 1)


def test_repeated_arrivals_and_broken_order_are_counted_by_channel() -> None:
    events = [event(0), event(1), event(2, channel=1)]
    arrivals = [arrival(2, 103, channel=1), arrival(1, 104), arrival(0, 105), arrival(0, 106)]
    result = verify(events, arrivals)
    assert (result.twice, result.out_of_order, result.lost) == (1, 1, 0)


def test_a_latecomer_of_another_run_counts_for_nothing() -> None:
    result = verify([event(0)], [arrival(0, 101, run="run-0"), Arrival(0, "something else", 101)])
    assert (result.lost, result.latencies_ms) == (1, [])


def test_a_schedule_has_its_rate_and_every_event_another_sequence_number() -> None:
    events = make_events(RUN, 200, 5, ["1", "2"], seed=7)
    assert 800 < len(events) < 1200
    assert [one.due_at for one in events] == sorted(one.due_at for one in events)
    bodies = {json.loads(zlib.decompress(one.body))["encrypt"] for one in events}
    assert len(bodies) == len(events)


def test_a_percentile_of_one_value_is_that_value() -> None:
    assert percentile([3.0], 95) == 3.0
    assert percentile([1.0, 2.0, 3.0], 50) == 2.0
