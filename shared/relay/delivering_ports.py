"""What delivering needs from the world around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from shared.platforms.circuit import CircuitChange
from shared.relay.deliveries import ClaimResult, Closing, Delivery
from shared.relay.models import Bot
from shared.relay.models import Mapping as ChannelMapping
from shared.relay.queue_messages import DeliveryOrder


class Deliveries(Protocol):
    """The part of the delivery store that delivering needs."""

    def claim(self, order: DeliveryOrder) -> ClaimResult: ...

    def part_sent(self, delivery: Delivery, part_ids: tuple[str, ...]) -> None: ...

    def release(self, delivery: Delivery, *, next_attempt_ms: int, error_code: str, error_message: str) -> None: ...

    def close(self, delivery: Delivery, closing: Closing) -> None: ...


class Bots(Protocol):
    """Where bots and mappings are read, switched off and moved."""

    def bot(self, bot_id: int) -> Bot | None: ...

    def mapping(self, mapping_id: int) -> ChannelMapping | None: ...

    def was_changed(self, bot_id: int, config: Mapping[str, Any]) -> bool:
        """Whether the bot has other settings by now than these."""

    def disable_bot(self, bot_id: int, reason: str) -> None: ...

    def disable_mapping(self, mapping_id: int, reason: str) -> None: ...

    def move_target(self, bot_id: int, old_target_id: str, new_target_id: str) -> None: ...

    def circuit_changed(self, bot_id: int, target_channel_id: str, change: CircuitChange, reason: str) -> None:
        """Make known that nothing is sent to a destination for now, or that it works again."""
