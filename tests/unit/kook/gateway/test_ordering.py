"""Order by sn, the buffer's bounds, and the backlog before the queue."""

from __future__ import annotations

import random

import pytest

from shared.kook.gateway.backlog import MAX_WAITING_BYTES, MAX_WAITING_EVENTS, Backlog
from shared.kook.gateway.frames import GatewayFrame
from shared.kook.gateway.ordering import MAX_BUFFERED_BYTES, MAX_BUFFERED_EVENTS, BufferFull, EventOrder


def event(sn: int | None, size_bytes: int = 10) -> GatewayFrame:
    return GatewayFrame(0, {}, sn, 0, size_bytes)


def numbers(events: list[GatewayFrame]) -> list[int | None]:
    return [one.sn for one in events]


def test_events_in_order_pass_at_once() -> None:
    order = EventOrder(0)
    assert [numbers(order.offer(event(sn))) for sn in (1, 2, 3)] == [[1], [2], [3]]
    assert (order.received, order.missing_sn) == (3, None)


def test_an_early_event_waits_for_those_before_it() -> None:
    order = EventOrder(4)
    assert order.offer(event(7)) == []
    assert order.offer(event(6)) == []
    assert order.missing_sn == 5
    assert numbers(order.offer(event(5))) == [5, 6, 7]
    assert order.missing_sn is None


def test_repeats_are_dropped_processed_or_waiting() -> None:
    order = EventOrder(4)
    assert order.offer(event(4)) == []
    assert order.missing_sn is None
    order.offer(event(6))
    assert order.offer(event(6)) == []
    assert numbers(order.offer(event(5))) == [5, 6]
    assert order.offer(event(6)) == []


def test_an_event_without_a_number_is_not_held() -> None:
    order = EventOrder(4)
    assert numbers(order.offer(event(None))) == [None]
    assert order.received == 4


@pytest.mark.parametrize("seed", range(5))
def test_any_arrival_with_repeats_comes_out_once_and_in_order(seed: int) -> None:
    dice = random.Random(seed)
    arrivals = [sn for sn in range(1, 301) for _ in range(dice.randint(1, 3))]
    dice.shuffle(arrivals)
    order = EventOrder(0)
    assert [one.sn for sn in arrivals for one in order.offer(event(sn))] == list(range(1, 301))


def test_too_many_waiting_events_empty_the_buffer() -> None:
    order = EventOrder(0)
    for sn in range(2, MAX_BUFFERED_EVENTS + 2):
        order.offer(event(sn))
    with pytest.raises(BufferFull):
        order.offer(event(MAX_BUFFERED_EVENTS + 2))
    assert (order.received, order.missing_sn) == (0, None)
    assert numbers(order.offer(event(1))) == [1]


def test_too_large_waiting_events_empty_the_buffer() -> None:
    order = EventOrder(0)
    order.offer(event(2, MAX_BUFFERED_BYTES))
    with pytest.raises(BufferFull):
        order.offer(event(3, 1))


def test_bytes_are_given_back_when_events_leave_the_buffer() -> None:
    order = EventOrder(0)
    for first in range(1, 9, 2):
        order.offer(event(first + 1, MAX_BUFFERED_BYTES - 1))
        assert numbers(order.offer(event(first, 1))) == [first, first + 1]


def test_a_gap_can_be_skipped() -> None:
    order = EventOrder(3)
    for sn in (6, 7, 9):
        order.offer(event(sn))
    assert numbers(order.skip_missing()) == [6, 7]
    assert order.missing_sn == 8
    assert order.offer(event(5)) == []


def test_the_backlog_gives_one_event_at_a_time() -> None:
    backlog = Backlog()
    backlog.add([event(1), event(2)])
    first = backlog.begin()
    assert first is not None and first.sn == 1
    assert backlog.begin() is None
    assert backlog.done() == 1
    second = backlog.begin()
    assert second is not None and second.sn == 2


def test_an_event_that_was_not_stored_stays_first() -> None:
    backlog = Backlog()
    backlog.add([event(1), event(2)])
    backlog.begin()
    backlog.failed()
    again = backlog.begin()
    assert again is not None and again.sn == 1


def test_an_event_of_an_earlier_session_says_nothing_about_this_one() -> None:
    backlog = Backlog()
    backlog.add([event(8)])
    backlog.session_number += 1
    backlog.add([event(1)])
    backlog.begin()
    assert backlog.done() is None
    backlog.begin()
    assert backlog.done() == 1


def test_the_backlog_has_room_for_so_many_events_and_bytes() -> None:
    backlog = Backlog()
    backlog.add([event(1)] * (MAX_WAITING_EVENTS - 1))
    assert backlog.has_room
    backlog.add([event(1)])
    assert not backlog.has_room
    large = Backlog()
    large.add([event(1, MAX_WAITING_BYTES)])
    assert not large.has_room
    large.begin()
    large.done()
    assert large.has_room
