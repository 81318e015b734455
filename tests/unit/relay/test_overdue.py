from __future__ import annotations

from collections.abc import Sequence

from shared.relay.overdue import LOOKED_AT_PER_PLATFORM, OpenDelivery, OpenPage, OverdueDeliveries
from shared.relay.queue_messages import DeliveryOrder, Outgoing
from tests.fakes.clock import FakeClock

HOUR_MS = 3_600_000


class Records:
    def __init__(self, open_ones: dict[str, list[OpenDelivery]]) -> None:
        self.open_ones = open_ones
        self.marked: list[tuple[DeliveryOrder, int]] = []
        self.closed: set[str] = set()

    def oldest_open(self, platform: str, limit: int, *, after_log_id: int) -> OpenPage:
        rest = self.open_ones.get(platform, [])[after_log_id:]
        return OpenPage(rest[:limit], after_log_id + limit if len(rest) > limit else None)

    def mark_ordered_again(self, order: DeliveryOrder, now_ms: int) -> bool:
        self.marked.append((order, now_ms))
        return order.message_id not in self.closed


class Queues:
    def __init__(self) -> None:
        self.sent: list[tuple[str, Outgoing]] = []

    def send(self, platform: str, messages: Sequence[Outgoing]) -> None:
        self.sent += [(platform, message) for message in messages]


def delivery(message_id: str, due_ms: int) -> OpenDelivery:
    return OpenDelivery(DeliveryOrder(message_id, 1, 1), "discord:频道", due_ms)


def test_what_is_overdue_by_an_hour_is_ordered_again_and_the_rest_is_left_alone() -> None:
    clock, queues = FakeClock(), Queues()
    now = clock.ms()
    records = Records(
        {
            "discord": [delivery("lost", now - HOUR_MS), delivery("waiting", now - HOUR_MS + 1)],
            "telegram": [delivery("due in the future", now + 9 * HOUR_MS), delivery("closed meanwhile", 0)],
        }
    )
    records.closed = {"closed meanwhile"}
    ordered = OverdueDeliveries(
        deliveries=records, queues=queues, platforms=["discord", "telegram"], clock_ms=clock.ms
    ).order_again()
    assert ordered == 1
    assert [(platform, DeliveryOrder.from_body(message.body).message_id) for platform, message in queues.sent] == [
        ("discord", "lost"),
        ("telegram", "closed meanwhile"),
    ]
    assert queues.sent[0][1].group.isalnum()
    assert records.marked[0] == (DeliveryOrder("lost", 1, 1), now)


def test_a_long_backlog_that_is_in_hand_does_not_hide_what_is_overdue_behind_it() -> None:
    clock, queues = FakeClock(), Queues()
    waiting = [delivery(f"waiting {number}", clock.ms()) for number in range(2 * LOOKED_AT_PER_PLATFORM)]
    records = Records({"discord": [*waiting, delivery("lost", clock.ms() - HOUR_MS)]})
    overdue = OverdueDeliveries(deliveries=records, queues=queues, platforms=["discord"], clock_ms=clock.ms)
    assert [overdue.order_again() for _ in range(6)] == [0, 0, 1, 0, 0, 1]
    assert {DeliveryOrder.from_body(message.body).message_id for _, message in queues.sent} == {"lost"}
