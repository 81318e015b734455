"""What a delivery's outcome does to the circuit of its destination, and who is told of it."""

from __future__ import annotations

import logging
from typing import Protocol

from shared.platforms.base import Destination
from shared.platforms.circuit import CircuitChange
from shared.platforms.outcomes import Outcome
from shared.platforms.pacing import PacingBatch

logger = logging.getLogger("kook_relay.circuits")


class CircuitListener(Protocol):
    """Wants to know when a destination is left alone, and when it is back. It may neither raise nor take long."""

    def circuit_changed(self, bot_id: int, target_channel_id: str, change: CircuitChange) -> None: ...


class NobodyIsTold:
    """Implements CircuitListener."""

    def circuit_changed(self, bot_id: int, target_channel_id: str, change: CircuitChange) -> None:
        return None


class DestinationCircuits:
    """Notes outcomes in the pacing state of their destination, logs what changes and tells the listener."""

    def __init__(self, listener: CircuitListener | None = None) -> None:
        self._listener = listener or NobodyIsTold()

    def record(self, pacing: PacingBatch, destination: Destination, target_channel_id: str, outcome: Outcome) -> None:
        """``target_channel_id`` is what the mapping names: the resolved one may be a part of an address."""
        change = pacing.record(destination, outcome)
        if change is None:
            return
        fields = {"bot_id": destination.bot_id, "target_channel_id": target_channel_id, "reason": change.reason}
        if change.phase == "closed":
            # An error too, although it is good news: whoever was told of the first line is to be told of this one.
            logger.error("destination works again: its circuit is closed", extra=fields)
        elif change.is_repeated:
            logger.warning("destination still fails", extra={**fields, "pause_seconds": change.pause_seconds})
        else:
            logger.error(
                "destination keeps failing: its circuit is open",
                extra={**fields, "pause_seconds": change.pause_seconds},
            )
        if not change.is_repeated:
            self._listener.circuit_changed(destination.bot_id, target_channel_id, change)

    def delay_seconds(
        self, pacing: PacingBatch, destination: Destination, policy_seconds: float, asked_seconds: float | None
    ) -> float:
        """When to try a failed delivery again: an open circuit says when the probe is due, whatever the retry policy
        would say; a longer wait that the platform asked for is kept."""
        wait = pacing.circuit_wait_seconds(destination)
        return policy_seconds if wait <= 0 else max(wait, asked_seconds or 0.0)
