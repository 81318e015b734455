"""What routing needs from the world around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shared.message.model import RelayMessage
from shared.relay.deliveries import Closing, NewDelivery
from shared.relay.models import Account, Bot, Mapping
from shared.relay.queue_messages import Outgoing


class Configuration(Protocol):
    """What routing reads; bots at most a few seconds old."""

    def account(self, account_id: int, received_at_ms: int) -> Account | None:
        """As it was when the event came in, or later."""

    def accounts(self) -> Sequence[Account]: ...

    def bot(self, bot_id: int) -> Bot | None: ...

    def mappings_for_channel(self, channel_id: str, received_at_ms: int) -> Sequence[Mapping]:
        """As they were when the event came in, or later."""


class NewDeliveries(Protocol):
    def create(self, new: NewDelivery) -> bool: ...

    def create_failed(self, new: NewDelivery, closing: Closing) -> bool: ...

    def is_pending(self, message_id: str, mapping_id: int) -> bool: ...


class PlatformQueues(Protocol):
    def send(self, platform: str, messages: Sequence[Outgoing]) -> None:
        """Raises EnqueueFailed."""


class IdentityLookup(Protocol):
    """Finds out which KOOK user an account's bot is, when that is not known yet."""

    def kook_user_id(self, account: Account) -> str:
        """The id, or "" when it cannot be had now. Never raises for what the network does."""


class LoopJudge(Protocol):
    """The part of shared.relay.loop_guard.LoopGuard that routing asks."""

    def judge(self, message: RelayMessage, mappings: Sequence[Mapping]) -> dict[int, Closing]:
        """By mapping id, how the delivery of a message ends that is held back. Raises StoreUnavailable."""
