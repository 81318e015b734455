"""Mappings in the configuration table: found by channel, unique by channel and target, never to a bot that is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from pynamodb.transactions import TransactWrite

from shared.aws.database import TransactionRefused, conditional, database
from shared.aws.store_failures import StoreUnavailable
from shared.relay.configuration_rows import (
    BOT,
    MAPPING,
    MAPPING_TARGET,
    BotRow,
    ClaimRow,
    MappingRow,
    plain_attributes,
    record_key,
    target_key,
)
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.errors import RecordNotFound, TargetTaken
from shared.relay.models import Filters
from shared.relay.models import Mapping as ChannelMapping

AddFailure: TypeAlias = TargetTaken | RecordNotFound

# A transaction takes 100 items: two for each mapping, one for each bot they lead to.
_MAPPINGS_PER_TRANSACTION = 33
_MOVES = 3
_TARGET_FIELDS = frozenset({"kook_channel_id", "target_bot_id", "target_channel_id", "target_platform"})


class MappingRecords:
    """Implements shared.relay.mappings.MappingStore's part about mappings."""

    def __init__(self, table: ConfigurationTable) -> None:
        self._table = table

    def add_mappings(self, mappings: Sequence[ChannelMapping]) -> list[AddFailure | None]:
        """Add each that can be added: None for it, else TargetTaken or RecordNotFound (its bot). Every single one is
        written whole or not at all. Raises StoreUnavailable."""
        failures: list[AddFailure | None] = []
        for start in range(0, len(mappings), _MAPPINGS_PER_TRANSACTION):
            chunk = mappings[start : start + _MAPPINGS_PER_TRANSACTION]
            try:
                self._add(chunk)
                failures += [None] * len(chunk)
            except TransactionRefused:
                failures += [self._add_one(mapping) for mapping in chunk]
        return failures

    def mapping(self, mapping_id: int) -> ChannelMapping | None:
        """Raises StoreUnavailable."""
        row = self._table.get(MappingRow, MAPPING, record_key(mapping_id))
        return None if row is None else _mapping(row)

    def mappings(self) -> list[ChannelMapping]:
        """All, by id. Raises StoreUnavailable."""
        return [_mapping(row) for row in self._table.query(MappingRow, MAPPING)]

    def mappings_for_channel(self, kook_channel_id: str) -> list[ChannelMapping]:
        """Those of one KOOK channel, by id, from the index: a change shows within moments, not at once.

        Raises:
            StoreUnavailable
        """
        with database("mappings of a channel"):
            return [_mapping(row) for row in MappingRow.by_channel.query(kook_channel_id)]

    def mappings_of_bot(self, bot_id: int) -> list[ChannelMapping]:
        """Raises StoreUnavailable."""
        return [mapping for mapping in self.mappings() if mapping.target_bot_id == bot_id]

    def update_mapping(self, mapping_id: int, changes: Mapping[str, Any]) -> ChannelMapping:
        """Write the changed fields and no others. Where it leads changes in one transaction with the claim to it.

        Raises:
            RecordNotFound (kind "mapping", or "bot" for a bot that is gone), TargetTaken, StoreUnavailable
        """
        values = _stored(changes)
        if not values.keys() & _TARGET_FIELDS and values.get("enabled") != 1:
            return self._update_mapping_row(mapping_id, values)
        for _ in range(_MOVES):
            before = self.mapping(mapping_id)
            if before is None:
                raise RecordNotFound(MAPPING, mapping_id)
            after = before.model_copy(update=dict(changes))
            try:
                self._move(before, after, values)
            except TransactionRefused:
                self._explain(after)  # raises when the target is taken or the bot is gone
                continue  # the mapping itself was changed meanwhile: look again
            return self.mapping(mapping_id) or after
        raise StoreUnavailable("update mapping")

    def disable_mapping(self, mapping_id: int, reason: str) -> None:
        """Switch a mapping off; one that is gone needs nothing. Raises StoreUnavailable."""
        try:
            self._update_mapping_row(mapping_id, {"enabled": 0, "disabled_reason": reason})
        except RecordNotFound:
            return

    def delete_mapping(self, mapping_id: int) -> None:
        """Raises RecordNotFound, StoreUnavailable."""
        for _ in range(_MOVES):
            mapping = self.mapping(mapping_id)
            if mapping is None:
                raise RecordNotFound(MAPPING, mapping_id)

            def build(transaction: TransactWrite, mapping: ChannelMapping = mapping) -> None:
                row = MappingRow(MAPPING, record_key(mapping.id))
                transaction.delete(row, condition=_unmoved(mapping))
                transaction.delete(_claim(mapping), condition=_free_or_own(mapping))

            try:
                self._table.transact("delete mapping", build)
                return
            except TransactionRefused:  # it was pointed elsewhere meanwhile: look again
                continue
        raise StoreUnavailable("delete mapping")

    def _add(self, mappings: Sequence[ChannelMapping]) -> None:
        bots = {mapping.target_bot_id: mapping.target_platform for mapping in mappings}

        def build(transaction: TransactWrite) -> None:
            for bot_id, platform in bots.items():
                transaction.condition_check(BotRow, BOT, record_key(bot_id), condition=BotRow.platform == platform)
            for mapping in mappings:
                row, claim = rows_of_mapping(mapping)
                transaction.save(row, condition=MappingRow.pk.does_not_exist())
                transaction.save(claim, condition=ClaimRow.pk.does_not_exist())

        self._table.transact("add mapping", build)

    def _add_one(self, mapping: ChannelMapping) -> AddFailure | None:
        for _ in range(_MOVES):
            try:
                self._add([mapping])
                return None
            except TransactionRefused:
                try:
                    self._explain(mapping)
                except (TargetTaken, RecordNotFound) as failure:
                    return failure
        raise StoreUnavailable("add mapping")

    def _move(self, before: ChannelMapping, after: ChannelMapping, values: Mapping[str, Any]) -> None:
        moves = _claim_key(before) != _claim_key(after)

        def build(transaction: TransactWrite) -> None:
            transaction.condition_check(
                BotRow, BOT, record_key(after.target_bot_id), condition=BotRow.platform == after.target_platform
            )
            row = MappingRow(MAPPING, record_key(before.id))
            actions = [getattr(MappingRow, name).set(value) for name, value in values.items()]
            transaction.update(row, actions=actions, condition=_unmoved(before))
            if moves:
                transaction.delete(_claim(before), condition=_free_or_own(before))
                transaction.save(_claim(after), condition=ClaimRow.pk.does_not_exist())

        self._table.transact("update mapping", build)

    def _explain(self, wanted: ChannelMapping) -> None:
        """Why a transaction for this mapping was refused, if it is not for a change of the mapping itself."""
        bot = self._table.get(BotRow, BOT, record_key(wanted.target_bot_id))
        if bot is None or bot.platform != wanted.target_platform:
            raise RecordNotFound(BOT, wanted.target_bot_id)
        claim = self._table.get(ClaimRow, MAPPING_TARGET, _claim_key(wanted))
        if claim is not None and claim.owner_id != wanted.id:
            raise TargetTaken(int(claim.owner_id))

    def _update_mapping_row(self, mapping_id: int, values: Mapping[str, Any]) -> ChannelMapping:
        row = MappingRow(MAPPING, record_key(mapping_id))
        actions = [getattr(MappingRow, name).set(value) for name, value in values.items()]
        with conditional("update mapping", RecordNotFound(MAPPING, mapping_id)):
            row.update(actions=actions, condition=MappingRow.pk.exists())
        return _mapping(row)


def rows_of_mapping(mapping: ChannelMapping) -> tuple[MappingRow, ClaimRow]:
    """The items that keep a mapping: itself, and the claim to its target."""
    return MappingRow(MAPPING, record_key(mapping.id), **_stored(mapping.model_dump())), _claim(mapping)


def _claim_key(mapping: ChannelMapping) -> str:
    return target_key(mapping.kook_channel_id, mapping.target_bot_id, mapping.target_channel_id)


def _claim(mapping: ChannelMapping) -> ClaimRow:
    return ClaimRow(MAPPING_TARGET, _claim_key(mapping), owner_id=mapping.id)


def _free_or_own(mapping: ChannelMapping) -> Any:
    return ClaimRow.pk.does_not_exist() | (ClaimRow.owner_id == mapping.id)


def _unmoved(mapping: ChannelMapping) -> Any:
    """The mapping still leads where it did when it was read."""
    return (
        (MappingRow.kook_channel_id == mapping.kook_channel_id)
        & (MappingRow.target_bot_id == mapping.target_bot_id)
        & (MappingRow.target_channel_id == mapping.target_channel_id)
    )


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    stored = dict(values)
    if isinstance(stored.get("filters"), Filters):
        stored["filters"] = stored["filters"].model_dump(mode="json")
    return stored


def _mapping(row: MappingRow) -> ChannelMapping:
    return ChannelMapping(**plain_attributes(row))
