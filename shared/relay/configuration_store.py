"""Accounts, bots and mappings in DynamoDB: the store behind the relay's services."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from shared.relay.account_records import AccountRecords
from shared.relay.bot_records import BotRecords
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.errors import RecordNotFound, TargetTaken
from shared.relay.mapping_records import MappingRecords
from shared.security.sealing import Sealer


class ConfigurationStore(AccountRecords, BotRecords, MappingRecords):
    """The whole configuration. Secrets are sealed on the way in and opened on the way out; a field whose seal does
    not open is named in the record's ``unreadable``. Safe to use from several threads at once.

    ``shared.aws.tables.bind(ConfigRow, table_name)`` comes first.
    """

    def __init__(
        self,
        sealer: Sealer,
        secret_fields: Callable[[str], Collection[str]],
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """``secret_fields`` names a platform's secret settings, none for an unknown one. ``pause`` waits between two
        tries of a transaction that met another writer."""
        table = ConfigurationTable(pause)
        AccountRecords.__init__(self, table, sealer)
        BotRecords.__init__(self, table, sealer, secret_fields)
        MappingRecords.__init__(self, table)

    def move_target(self, bot_id: int, old_target_id: str, new_target_id: str) -> None:
        """The platform moved a chat: point the bot and its mappings from the old id to the new one.

        Raises:
            StoreUnavailable
        """
        bot = self.bot(bot_id)
        if bot is None:
            return
        if bot.config.get("chat_id") == old_target_id and not bot.unreadable:
            self.update_bot(bot_id, {"config": {**bot.config, "chat_id": new_target_id}})
        for mapping in self.mappings_of_bot(bot_id):
            if mapping.target_channel_id == old_target_id:
                self._move_mapping(mapping.id, new_target_id)

    def _move_mapping(self, mapping_id: int, new_target_id: str) -> None:
        try:
            self.update_mapping(mapping_id, {"target_channel_id": new_target_id})
        except TargetTaken:
            # There is one to the new id already: two would post everything twice.
            self.disable_mapping(mapping_id, "target_moved_to_mapped_channel")
        except RecordNotFound:
            return
