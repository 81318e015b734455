"""The configuration as routing reads it: bots from memory, but the account and the channel's mappings as they are now.

These two decide whether an event is relayed or dropped for good, so a few seconds of staleness, harmless elsewhere,
would lose the first messages after an account was started or a mapping was made, and leak some after a stop. It costs
one read for each event, and another for each one of a mapped channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shared.relay.models import Account, Bot, Mapping


class CachedConfiguration(Protocol):
    def accounts(self) -> Sequence[Account]: ...

    def bot(self, bot_id: int) -> Bot | None: ...


class ConfigurationSource(Protocol):
    def account(self, account_id: int) -> Account | None: ...

    def mappings_for_channel(self, kook_channel_id: str) -> Sequence[Mapping]: ...


class RoutingConfiguration:
    """Implements shared.relay.routing_ports.Configuration."""

    def __init__(self, cached: CachedConfiguration, source: ConfigurationSource) -> None:
        self._cached = cached
        self._source = source

    def account(self, account_id: int) -> Account | None:
        return self._source.account(account_id)

    def accounts(self) -> Sequence[Account]:
        return self._cached.accounts()

    def bot(self, bot_id: int) -> Bot | None:
        return self._cached.bot(bot_id)

    def mappings_for_channel(self, channel_id: str) -> Sequence[Mapping]:
        return self._source.mappings_for_channel(channel_id)
