"""Whether the message that a message replies to went to the same places: looked up once an event, and only if asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shared.message.model import QuotedMessage
from shared.relay.deliveries import KnownDelivery
from shared.relay.models import Mapping


class DeliveredMessages(Protocol):
    """The part of shared.relay.subject_store.SubjectStore that routing reads."""

    def deliveries_of(self, message_id: str) -> Sequence[KnownDelivery]: ...


class QuotedDeliveries:
    def __init__(self, delivered: DeliveredMessages, quote: QuotedMessage | None) -> None:
        self._delivered = delivered
        self._quote = quote
        self._known: Sequence[KnownDelivery] | None = None

    @property
    def message_id(self) -> str:
        return self._quote.message_id if self._quote is not None else ""

    def went_through(self, mapping: Mapping) -> bool:
        """Whether it went, or is going, through the same mapping to the same place. Raises what the store raises."""
        if self._quote is None:
            return False
        if self._known is None:
            self._known = self._delivered.deliveries_of(self._quote.message_id)
        return any(
            known.mapping_id == mapping.id
            and known.action == "send"
            and (known.bot_id, known.target_channel_id) == (mapping.target_bot_id, mapping.target_channel_id)
            for known in self._known
        )
