"""Deliveries that nobody is working on any more.

An order can leave its queue without its delivery being closed: moved to the dead letters after an outage of our own,
or expired after the queue's fourteen days. The record is the truth, so what is long overdue is ordered again. An order
too many does no harm: a record is claimed once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.relay.queue_messages import DeliveryOrder, Outgoing, group_id

logger = logging.getLogger("kook_relay.overdue")

OVERDUE_AFTER_SECONDS = 3600
# How many open deliveries of a platform one sweep looks at.
LOOKED_AT_PER_PLATFORM = 200


@dataclass(frozen=True, slots=True)
class OpenDelivery:
    """An open record. ``due_ms`` is when somebody should have tried it (or tried it again, or ordered it again)."""

    order: DeliveryOrder
    destination_key: str
    due_ms: int


@dataclass(frozen=True, slots=True)
class OpenPage:
    """Open deliveries, oldest first. ``next_after_log_id`` is where the next page begins, None behind the last one."""

    deliveries: Sequence[OpenDelivery]
    next_after_log_id: int | None


class OpenDeliveries(Protocol):
    def oldest_open(self, platform: str, limit: int, *, after_log_id: int) -> OpenPage:
        """Up to ``limit`` of the oldest open deliveries of a platform; those that somebody holds are left out."""

    def mark_ordered_again(self, order: DeliveryOrder, now_ms: int) -> bool:
        """Note the new order in the record; False when it is not open any more."""


class OrderQueues(Protocol):
    def send(self, platform: str, messages: Sequence[Outgoing]) -> None: ...


class OverdueDeliveries:
    def __init__(
        self,
        *,
        deliveries: OpenDeliveries,
        queues: OrderQueues,
        platforms: Sequence[str],
        clock_ms: Callable[[], int],
    ) -> None:
        self._deliveries = deliveries
        self._queues = queues
        self._platforms = platforms
        self._clock_ms = clock_ms
        self._after_log_id = dict.fromkeys(platforms, 0)

    def order_again(self) -> int:
        """Queue what is overdue by an hour and more; how many that were.

        One page of each platform at a time, going on where the last call ended: a long backlog at the front, which
        only waits for its turn, must not hide what is lost behind it.
        """
        ordered = 0
        latest_due_ms = self._clock_ms() - OVERDUE_AFTER_SECONDS * 1000
        for platform in self._platforms:
            page = self._deliveries.oldest_open(
                platform, LOOKED_AT_PER_PLATFORM, after_log_id=self._after_log_id[platform]
            )
            for delivery in page.deliveries:
                if delivery.due_ms > latest_due_ms:
                    continue
                order = delivery.order
                outgoing = Outgoing(order.to_body(), group_id(delivery.destination_key), order.deduplication_id)
                self._queues.send(platform, [outgoing])
                if self._deliveries.mark_ordered_again(order, self._clock_ms()):
                    ordered += 1
            self._after_log_id[platform] = page.next_after_log_id or 0
        if ordered:
            logger.warning("overdue deliveries ordered again", extra={"count": ordered})
        return ordered
