"""Changes of state, pushed to those who watch: an account started or stopped, a dead destination switched off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any

from shared.push.announcer import Announcements
from shared.relay.configuration_store import ConfigurationStore
from shared.relay.live_messages import RELAY_TOPIC, StateOwner, status_message
from shared.relay.models import Account, Bot
from shared.security.sealing import Sealer


class LiveStates:
    def __init__(self, announcements: Announcements, clock_ms: Callable[[], int], zone: dt.tzinfo) -> None:
        self._announcements = announcements
        self._clock_ms = clock_ms
        self._zone = zone

    def changed(self, owner: StateOwner, record_id: int | None, status: str, reason: str = "") -> None:
        """Push one change. ``record_id`` is None for the service. Never raises."""
        message = status_message(owner, record_id, status, reason, self._clock_ms(), self._zone)
        self._announcements.announce(RELAY_TOPIC, lambda: [message])


class WatchedConfigurationStore(ConfigurationStore):
    """The configuration; whoever changes a state through it, it is pushed once it is written."""

    def __init__(
        self, sealer: Sealer, secret_fields: Callable[[str], Collection[str]], states: LiveStates, **more: Any
    ) -> None:
        super().__init__(sealer, secret_fields, **more)
        self._states = states

    def add_account(self, account: Account) -> None:
        super().add_account(account)
        self._states.changed("account", account.id, account.status)

    def update_account(
        self, account_id: int, changes: Mapping[str, Any], *, only_if: Mapping[str, Any] | None = None
    ) -> Account:
        account = super().update_account(account_id, changes, only_if=only_if)
        if "status" in changes:
            self._states.changed("account", account_id, account.status)
        return account

    def delete_account(self, account_id: int) -> None:
        super().delete_account(account_id)
        self._states.changed("account", account_id, "deleted")

    def add_bot(self, bot: Bot) -> None:
        super().add_bot(bot)
        self._states.changed("bot", bot.id, bot.status)

    def update_bot(self, bot_id: int, changes: Mapping[str, Any]) -> Bot:
        bot = super().update_bot(bot_id, changes)
        if "status" in changes:
            self._states.changed("bot", bot_id, bot.status, bot.disabled_reason)
        return bot

    def delete_bot(self, bot_id: int) -> None:
        super().delete_bot(bot_id)
        self._states.changed("bot", bot_id, "deleted")

    def disable_mapping(self, mapping_id: int, reason: str) -> None:
        super().disable_mapping(mapping_id, reason)
        self._states.changed("mapping", mapping_id, "disabled", reason)
