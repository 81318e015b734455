"""What carrying out an order comes to, and who wants to know of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from shared.relay.deliveries import Closing, Delivery


@dataclass(frozen=True, slots=True)
class EndedDelivery:
    """A delivery that was closed just now, and how."""

    delivery: Delivery
    closing: Closing


@dataclass(frozen=True, slots=True)
class Done:
    """The order is finished with: delivered, failed for good, or nothing to do.

    ``ended`` is the delivery when it was this order that closed it; to the queue all finished orders are equal.
    """

    ended: EndedDelivery | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Deferred:
    """Come back in ``seconds``, and keep everything behind it in the group waiting."""

    seconds: float


DeliveryResult: TypeAlias = Done | Deferred


class DeliveryListener(Protocol):
    """Wants to know what ends. It is told after the fact and may neither raise nor take long: a delivery never
    depends on who watches it."""

    def batch(self, size: int) -> AbstractContextManager[Callable[[EndedDelivery], None]]:
        """For a batch of at most ``size`` deliveries: call what it gives for each one that ended."""


class NobodyListens:
    """Implements DeliveryListener."""

    def batch(self, size: int) -> AbstractContextManager[Callable[[EndedDelivery], None]]:
        return nullcontext(lambda ended: None)
