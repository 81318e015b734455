"""Bots as deliveries see them: read from memory, switched off and moved in the store."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Protocol

from shared.relay.errors import RecordNotFound
from shared.relay.models import Bot
from shared.relay.models import Mapping as ChannelMapping

logger = logging.getLogger("kook_relay.bots")


class CachedBots(Protocol):
    def bot(self, bot_id: int) -> Bot | None: ...

    def mapping(self, mapping_id: int) -> ChannelMapping | None: ...

    def forget(self) -> None: ...


class BotWriter(Protocol):
    def update_bot(self, bot_id: int, changes: Mapping[str, Any]) -> Bot:
        """Raises RecordNotFound."""

    def disable_mapping(self, mapping_id: int, reason: str) -> object:
        """Raises RecordNotFound."""

    def move_target(self, bot_id: int, old_target_id: str, new_target_id: str) -> None: ...


class BotSwitch:
    """Implements shared.relay.delivering.Bots."""

    def __init__(self, reader: CachedBots, writer: BotWriter) -> None:
        self._reader = reader
        self._writer = writer

    def bot(self, bot_id: int) -> Bot | None:
        return self._reader.bot(bot_id)

    def mapping(self, mapping_id: int) -> ChannelMapping | None:
        return self._reader.mapping(mapping_id)

    def disable_mapping(self, mapping_id: int, reason: str) -> None:
        """Switch off one mapping whose destination is dead, with the reason the operator sees."""
        logger.error("mapping switched off", extra={"mapping_id": mapping_id, "reason": reason})
        try:
            self._writer.disable_mapping(mapping_id, reason)
        except RecordNotFound:
            logger.info("the mapping was deleted meanwhile", extra={"mapping_id": mapping_id})
        self._reader.forget()

    def disable_bot(self, bot_id: int, reason: str) -> None:
        """Switch a dead destination off, with the reason the operator sees."""
        logger.error("destination switched off", extra={"bot_id": bot_id, "reason": reason})
        try:
            self._writer.update_bot(bot_id, {"status": "disabled", "disabled_reason": reason})
        except RecordNotFound:
            logger.info("the destination was deleted meanwhile", extra={"bot_id": bot_id})
        self._reader.forget()

    def move_target(self, bot_id: int, old_target_id: str, new_target_id: str) -> None:
        logger.warning("destination moved", extra={"bot_id": bot_id})
        self._writer.move_target(bot_id, old_target_id, new_target_id)
        self._reader.forget()
