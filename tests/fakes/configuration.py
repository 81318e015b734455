"""The relay's configuration in memory, with the refusals of the real store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from shared.aws.store_failures import StoreUnavailable
from shared.relay.errors import ConditionUnmet, EmailTaken, RecordNotFound, TargetTaken
from shared.relay.mappings import target_of
from shared.relay.models import Account, Bot
from shared.relay.models import Mapping as ChannelMapping


class FakeConfiguration:
    """Stands in for ConfigurationStore. With ``broken`` set every call raises StoreUnavailable."""

    def __init__(self) -> None:
        self.sequences: Counter[str] = Counter()
        self.kept_accounts: dict[int, Account] = {}
        self.kept_bots: dict[int, Bot] = {}
        self.kept_mappings: dict[int, ChannelMapping] = {}
        self.broken = False

    def _alive(self) -> None:
        if self.broken:
            raise StoreUnavailable("fake")

    def next_id(self, kind: str, count: int = 1) -> int:
        self._alive()
        self.sequences[kind] += count
        return self.sequences[kind] - count + 1

    # accounts

    def add_account(self, account: Account) -> None:
        self._alive()
        self._claim_email(account.id, account.email)
        self.kept_accounts[account.id] = account

    def account(self, account_id: int) -> Account | None:
        self._alive()
        return self.kept_accounts.get(account_id)

    def accounts(self) -> list[Account]:
        self._alive()
        return list(self.kept_accounts.values())

    def update_account(
        self, account_id: int, changes: Mapping[str, Any], *, only_if: Mapping[str, Any] | None = None
    ) -> Account:
        self._alive()
        account = self.kept_accounts.get(account_id)
        if account is None:
            raise RecordNotFound("account", account_id)
        if any(getattr(account, name) != value for name, value in (only_if or {}).items()):
            raise ConditionUnmet
        if "email" in changes:
            self._claim_email(account_id, changes["email"])
        self.kept_accounts[account_id] = account.model_copy(update=dict(changes))
        return self.kept_accounts[account_id]

    def delete_account(self, account_id: int) -> None:
        self._alive()
        if self.kept_accounts.pop(account_id, None) is None:
            raise RecordNotFound("account", account_id)

    def _claim_email(self, account_id: int, email: str) -> None:
        if any(other.email == email and other.id != account_id for other in self.kept_accounts.values()):
            raise EmailTaken

    # bots

    def add_bot(self, bot: Bot) -> None:
        self._alive()
        self.kept_bots[bot.id] = bot

    def bot(self, bot_id: int) -> Bot | None:
        self._alive()
        return self.kept_bots.get(bot_id)

    def bots(self) -> list[Bot]:
        self._alive()
        return list(self.kept_bots.values())

    def update_bot(self, bot_id: int, changes: Mapping[str, Any]) -> Bot:
        self._alive()
        if bot_id not in self.kept_bots:
            raise RecordNotFound("bot", bot_id)
        self.kept_bots[bot_id] = self.kept_bots[bot_id].model_copy(update=dict(changes))
        return self.kept_bots[bot_id]

    def delete_bot(self, bot_id: int) -> None:
        self._alive()
        if self.kept_bots.pop(bot_id, None) is None:
            raise RecordNotFound("bot", bot_id)

    # mappings

    def add_mappings(self, mappings: Sequence[ChannelMapping]) -> list[TargetTaken | RecordNotFound | None]:
        self._alive()
        return [self._add_mapping(mapping) for mapping in mappings]

    def _add_mapping(self, mapping: ChannelMapping) -> TargetTaken | RecordNotFound | None:
        bot = self.kept_bots.get(mapping.target_bot_id)
        if bot is None or bot.platform != mapping.target_platform:
            return RecordNotFound("bot", mapping.target_bot_id)
        for other in self.kept_mappings.values():
            if target_of(other) == target_of(mapping):
                return TargetTaken(other.id)
        self.kept_mappings[mapping.id] = mapping
        return None

    def mapping(self, mapping_id: int) -> ChannelMapping | None:
        self._alive()
        return self.kept_mappings.get(mapping_id)

    def mappings(self) -> list[ChannelMapping]:
        self._alive()
        return list(self.kept_mappings.values())

    def mappings_for_channel(self, kook_channel_id: str) -> list[ChannelMapping]:
        return [mapping for mapping in self.mappings() if mapping.kook_channel_id == kook_channel_id]

    def mappings_of_bot(self, bot_id: int) -> list[ChannelMapping]:
        return [mapping for mapping in self.mappings() if mapping.target_bot_id == bot_id]

    def update_mapping(self, mapping_id: int, changes: Mapping[str, Any]) -> ChannelMapping:
        self._alive()
        if mapping_id not in self.kept_mappings:
            raise RecordNotFound("mapping", mapping_id)
        changed = self.kept_mappings[mapping_id].model_copy(update=dict(changes))
        if changed.enabled and changed.target_bot_id not in self.kept_bots:
            raise RecordNotFound("bot", changed.target_bot_id)
        for other in self.kept_mappings.values():
            if other.id != mapping_id and target_of(other) == target_of(changed):
                raise TargetTaken(other.id)
        self.kept_mappings[mapping_id] = changed
        return changed

    def disable_mapping(self, mapping_id: int, reason: str) -> None:
        self._alive()
        if mapping_id in self.kept_mappings:
            changes = {"enabled": 0, "disabled_reason": reason}
            self.kept_mappings[mapping_id] = self.kept_mappings[mapping_id].model_copy(update=changes)

    def delete_mapping(self, mapping_id: int) -> None:
        self._alive()
        if self.kept_mappings.pop(mapping_id, None) is None:
            raise RecordNotFound("mapping", mapping_id)
