"""Bots as deliveries see them: read from memory, switched off and moved in the store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from shared.platforms.circuit import CircuitChange
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

    def __init__(
        self, reader: CachedBots, writer: BotWriter, changed: Callable[[int, str, str], None] = lambda *_: None
    ) -> None:
        """``changed`` tells those who watch: bot id, state, reason."""
        self._reader = reader
        self._writer = writer
        self._changed = changed

    def bot(self, bot_id: int) -> Bot | None:
        return self._reader.bot(bot_id)

    def mapping(self, mapping_id: int) -> ChannelMapping | None:
        return self._reader.mapping(mapping_id)

    def was_changed(self, bot_id: int, config: Mapping[str, Any]) -> bool:
        """Whether the bot's settings, read afresh, are others than these: what a platform said of these is no longer
        about the bot. Raises StoreUnavailable."""
        self._reader.forget()
        bot = self._reader.bot(bot_id)
        return bot is not None and dict(bot.config) != dict(config)

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

    def circuit_changed(self, bot_id: int, target_channel_id: str, change: CircuitChange, reason: str) -> None:
        log = logger.error if change == "opened" else logger.info
        fields = {"bot_id": bot_id, "target_channel": target_channel_id, "change": change, "reason": reason}
        log("circuit of a destination", extra=fields)
        self._changed(bot_id, f"circuit_{change}", f"{target_channel_id}: {reason}" if reason else target_channel_id)

    def move_target(self, bot_id: int, old_target_id: str, new_target_id: str) -> None:
        logger.warning("destination moved", extra={"bot_id": bot_id})
        self._writer.move_target(bot_id, old_target_id, new_target_id)
        self._reader.forget()
