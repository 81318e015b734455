"""From a snapshot to the changes that make it the present configuration."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Protocol

from shared.aws.store_failures import StoreUnavailable
from shared.relay.configuration_generations import (
    Change,
    ConfigurationGenerations,
    GenerationConflict,
    Item,
    grouped,
)
from shared.relay.configuration_rows import (
    ACCOUNT,
    ACCOUNT_EMAIL,
    BOT,
    MAPPING,
    MAPPING_TARGET,
    AccountRow,
    BotRow,
    ClaimRow,
    ConfigRow,
    target_key,
)
from shared.relay.configuration_snapshot import Snapshot
from shared.relay.errors import Refusal, RelayError
from shared.relay.mapping_records import rows_of_mapping
from shared.relay.models import Account, Bot

logger = logging.getLogger("kook_relay.backups")

# Maintenance goes on with a restore that was cut short within a minute or two.
_HOLD_MS = 300_000
_KINDS = (ACCOUNT, ACCOUNT_EMAIL, BOT, MAPPING, MAPPING_TARGET)


class SealedRows(Protocol):
    """The part of shared.relay.configuration_store.ConfigurationStore that is used here."""

    def rows_of_account(self, account: Account) -> tuple[AccountRow, ClaimRow]: ...

    def row_of_bot(self, bot: Bot) -> BotRow: ...


class Holds(Protocol):
    """Live events of an account that wait. Every method may raise StoreUnavailable."""

    def hold(self, account_id: int, run_id: str, until_ms: int) -> None: ...

    def release(self, account_id: int, run_id: str) -> None: ...


class ConfigurationRestore:
    """``holds`` keeps events waiting while a restore is written in several transactions: accounts are written last, and
    without the hold, so that no event is ever routed by a mix of two configurations."""

    def __init__(
        self, generations: ConfigurationGenerations, rows: SealedRows, clock_ms: Callable[[], int], holds: Holds
    ) -> None:
        self._generations = generations
        self._rows = rows
        self._clock_ms = clock_ms
        self._holds = holds

    def apply(self, snapshot: Snapshot) -> bool:
        """Make the snapshot the configuration: records that are not in it go. False when it is decided and the rest
        is written within a minute.

        Raises:
            RelayError: RESTORE_CONFLICT
            StoreUnavailable: nothing was changed
        """
        # Before anything else: harmless if it comes to nothing, and an id is never given out twice.
        for kind, records in ((ACCOUNT, snapshot.accounts), (BOT, snapshot.bots), (MAPPING, snapshot.mappings)):
            highest = max((record.id for record in records), default=0)
            if highest:
                self._generations.raise_sequence(kind, highest)
        present = list(self._generations.items(_KINDS))
        changes = changes_to(self._wanted(snapshot), present)
        is_one_transaction = len(grouped(changes)) == 1
        accounts = [int(item["sk"]["S"]) for item in present if item["pk"]["S"] == ACCOUNT]
        held = [] if is_one_transaction else accounts
        run_id = f"restore-{secrets.token_hex(8)}"
        for account_id in held:
            self._holds.hold(account_id, run_id, self._clock_ms() + _HOLD_MS)
        try:
            return self._generations.replace(changes)
        except GenerationConflict:
            self._release(held, run_id)
            raise RelayError(Refusal.RESTORE_CONFLICT) from None
        except StoreUnavailable:
            self._release(held, run_id)
            raise

    def _release(self, account_ids: Sequence[int], run_id: str) -> None:
        """Nothing was changed. A hold that cannot be taken back ends by itself."""
        try:
            for account_id in account_ids:
                self._holds.release(account_id, run_id)
        except StoreUnavailable:
            logger.warning("events wait a little although nothing was restored")

    def _wanted(self, snapshot: Snapshot) -> list[Item]:
        rows: list[ConfigRow] = []
        for account in snapshot.accounts:
            rows += self._rows.rows_of_account(account.model_copy(update={"held_until_ms": 0, "held_by": ""}))
        rows += [self._rows.row_of_bot(bot) for bot in snapshot.bots]
        for mapping in snapshot.mappings:
            # The records of what it has delivered may be gone: what was said before now is not fetched for it again.
            rows += rows_of_mapping(mapping.model_copy(update={"starts_at_ms": self._clock_ms()}))
        return [row.to_dynamodb_dict() for row in rows]


def changes_to(wanted: Sequence[Item], present: Sequence[Item]) -> list[Change]:
    """What to put and what to delete. Related are the items of one mapping target: the mapping that leads there now,
    the one that will, and the claim. They change in one moment, so that a target is never left without a mapping; only
    mappings that swap their targets can lead twice to one from one transaction to the next."""
    keys = {_key(item) for item in wanted}
    gone = [item for item in present if _key(item) not in keys]
    changes = [Change(_key(item), item, _related(item)) for item in wanted]
    return changes + [Change(_key(item), None, _related(item)) for item in gone]


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _related(item: Item) -> str:
    """Bots first, so that no mapping comes before its bot; then mappings by target; then accounts."""
    pk, sk = _key(item)
    if pk == BOT:
        return "1"
    if pk == MAPPING_TARGET:
        return f"2{sk}"
    if pk == MAPPING:
        channel, bot = item.get("kook_channel_id", {}).get("S", ""), int(item.get("target_bot_id", {"N": "0"})["N"])
        return f"2{target_key(channel, bot, item.get('target_channel_id', {}).get('S', ''))}"
    return "3"
