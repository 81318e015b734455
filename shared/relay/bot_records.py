"""Bots in the configuration table: secret settings sealed one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from shared.aws.database import conditional, database
from shared.relay.configuration_rows import BOT, BotRow, plain_attributes, record_key
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.errors import RecordNotFound
from shared.relay.models import Bot
from shared.security.sealing import Sealer, opened_or_none


class BotRecords:
    """Implements shared.relay.bots.BotStore's part about bots."""

    def __init__(
        self, table: ConfigurationTable, sealer: Sealer, secret_fields: Callable[[str], Collection[str]]
    ) -> None:
        """``secret_fields`` names a platform's secret settings; of an unknown platform it should name none."""
        self._table = table
        self._sealer = sealer
        self._secret_fields = secret_fields

    def add_bot(self, bot: Bot) -> None:
        """Raises StoreUnavailable."""
        with database("add bot"):
            self.row_of_bot(bot).save(condition=BotRow.pk.does_not_exist())

    def row_of_bot(self, bot: Bot) -> BotRow:
        """The item that keeps a bot, sealed."""
        values = bot.model_dump(exclude={"unreadable", "config"})
        return BotRow(BOT, record_key(bot.id), **values, **self._split_config(bot.id, bot.platform, bot.config))

    def bot(self, bot_id: int) -> Bot | None:
        """Raises StoreUnavailable."""
        row = self._table.get(BotRow, BOT, record_key(bot_id))
        return None if row is None else self._bot(row)

    def bots(self) -> list[Bot]:
        """All, by id. Raises StoreUnavailable."""
        return [self._bot(row) for row in self._table.query(BotRow, BOT)]

    def update_bot(self, bot_id: int, changes: Mapping[str, Any]) -> Bot:
        """Write the changed fields and no others; ``config`` is replaced as a whole.

        Raises:
            RecordNotFound, StoreUnavailable
        """
        values = dict(changes)
        if "config" in values:
            row_before = self._table.get(BotRow, BOT, record_key(bot_id))
            if row_before is None:
                raise RecordNotFound(BOT, bot_id)
            values |= self._split_config(bot_id, str(row_before.platform), values["config"])
        return self._update_bot_row(bot_id, values)

    def delete_bot(self, bot_id: int) -> None:
        """Raises RecordNotFound, StoreUnavailable."""
        with conditional("delete bot", RecordNotFound(BOT, bot_id)):
            BotRow(BOT, record_key(bot_id)).delete(condition=BotRow.pk.exists())

    def _update_bot_row(self, bot_id: int, values: Mapping[str, Any]) -> Bot:
        row = BotRow(BOT, record_key(bot_id))
        actions = [getattr(BotRow, name).set(value) for name, value in values.items()]
        with conditional("update bot", RecordNotFound(BOT, bot_id)):
            row.update(actions=actions, condition=BotRow.pk.exists())
        return self._bot(row)

    def _split_config(self, bot_id: int, platform: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """``config`` and ``secrets`` as they are stored. A secret that is no text is sealed as JSON."""
        secret_names = [name for name in config if name in self._secret_fields(platform)]
        record = f"{BOT}/{bot_id}"
        return {
            "config": {name: value for name, value in config.items() if name not in secret_names},
            "secrets": {
                name: self._sealer.seal(json.dumps(config[name]), record=record, field=name) for name in secret_names
            },
        }

    def _bot(self, row: BotRow) -> Bot:
        values = plain_attributes(row)
        config = dict(values.pop("config", {}))
        unreadable = []
        for name, sealed in values.pop("secrets", {}).items():
            opened = opened_or_none(self._sealer, sealed, record=f"{BOT}/{values['id']}", field=name)
            if opened is None:
                unreadable.append(name)
            else:
                config[name] = json.loads(opened)
        return Bot(**values, config=config, unreadable=tuple(unreadable))
