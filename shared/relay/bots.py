"""Bots: the credentials and settings of destinations. Use cases; no HTTP and no database in here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.platforms.base import InvalidConfig, Platform
from shared.platforms.outcomes import Delivered, Permanent, RetryAfter
from shared.platforms.registry import PlatformRegistry
from shared.relay.errors import RecordNotFound, Refusal, RelayError
from shared.relay.masking import keep_masked_secrets, masked_config
from shared.relay.models import Bot
from shared.relay.models import Mapping as ChannelMapping
from shared.relay.requests import BotChanges, NewBot
from shared.relay.times import iso_utc

MAX_CONFIG_BYTES = 32 * 1024
MAPPING_DISABLED_BOT_DELETED = "bot_deleted"
BOT_DISABLED_BY_OPERATOR = "operator"


class BotStore(Protocol):
    """Where bots are kept. Every method may raise StoreUnavailable."""

    def next_id(self, kind: str, count: int = 1) -> int: ...

    def add_bot(self, bot: Bot) -> None: ...

    def bot(self, bot_id: int) -> Bot | None: ...

    def bots(self) -> Sequence[Bot]: ...

    def update_bot(self, bot_id: int, changes: Mapping[str, Any]) -> Bot:
        """Raises RecordNotFound."""

    def delete_bot(self, bot_id: int) -> None:
        """Raises RecordNotFound."""

    def mappings_of_bot(self, bot_id: int) -> Sequence[ChannelMapping]: ...

    def disable_mapping(self, mapping_id: int, reason: str) -> None:
        """Does nothing for a mapping that is gone."""


@dataclass(frozen=True, slots=True)
class BotTestResult:
    """A test message arrived. ``notes`` say what the platform degraded."""

    latency_ms: int
    notes: tuple[str, ...] = ()


class Bots:
    def __init__(self, store: BotStore, platforms: PlatformRegistry, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._platforms = platforms
        self._clock_ms = clock_ms

    @property
    def platform_names(self) -> tuple[str, ...]:
        return self._platforms.names

    def all(self, platform: str | None = None) -> list[Bot]:
        """By id, all or those of one platform."""
        bots = sorted(self._store.bots(), key=lambda bot: bot.id)
        return [bot for bot in bots if platform in (None, bot.platform)]

    def get(self, bot_id: int) -> Bot:
        """Raises RelayError (BOT_NOT_FOUND)."""
        bot = self._store.bot(bot_id)
        if bot is None:
            raise _not_found(bot_id)
        return bot

    def shown_config(self, bot: Bot) -> dict[str, Any]:
        """The bot's configuration with its secrets masked. Of a platform that is gone, only the settings' names."""
        if bot.platform not in self._platforms:
            return masked_config(bot.config, bot.config.keys())
        return masked_config(bot.config, self._platforms.get(bot.platform).secret_fields)

    def create(self, new: NewBot) -> Bot:
        """Keep a new bot whose configuration can work as far as can be told without sending.

        Raises:
            RelayError: UNSUPPORTED_PLATFORM, INVALID_BOT_CONFIG, BOT_CONFIG_TOO_LARGE
        """
        config = _checked_config(self._platform(new.platform), new.config)
        bot = Bot(
            id=self._store.next_id("bot"),
            platform=new.platform,
            name=new.name,
            config=config,
            created_at=iso_utc(self._clock_ms()),
        )
        self._store.add_bot(bot)
        return bot

    def made_secrets(self, bot: Bot, given: Mapping[str, Any]) -> dict[str, Any]:
        """The secrets that were made for a new bot because none was given: shown once, for the other side to keep."""
        made_fields = self._platform(bot.platform).made_fields
        return {name: bot.config[name] for name in made_fields if name in bot.config and not given.get(name)}

    def update(self, bot_id: int, changes: BotChanges) -> Bot:
        """Change what was sent. A bot that was switched off comes back on when its configuration is changed, unless
        the caller says otherwise.

        Raises:
            RelayError: BOT_NOT_FOUND, PLATFORM_FIXED, INVALID_BOT_CONFIG, BOT_CONFIG_TOO_LARGE
        """
        bot = self.get(bot_id)
        if changes.platform not in (None, bot.platform):
            raise RelayError(Refusal.PLATFORM_FIXED, field="platform", platform=bot.platform)
        wanted: dict[str, Any] = {}
        if changes.name is not None:
            wanted["name"] = changes.name
        if changes.config is not None:
            wanted |= {"config": self._merged_config(bot, changes.config), "status": "active", "disabled_reason": ""}
        if changes.status is not None:
            reason = BOT_DISABLED_BY_OPERATOR if changes.status == "disabled" else ""
            wanted |= {"status": changes.status, "disabled_reason": reason}
        if not wanted:
            return bot
        try:
            return self._store.update_bot(bot_id, wanted)
        except RecordNotFound:
            raise _not_found(bot_id) from None

    def delete(self, bot_id: int) -> list[ChannelMapping]:
        """Delete a bot; give back the mappings that were switched off because they led to it.

        Raises:
            RelayError: BOT_NOT_FOUND
        """
        self.get(bot_id)
        disabled = self._disable_mappings(bot_id)
        try:
            self._store.delete_bot(bot_id)
        except RecordNotFound:
            raise _not_found(bot_id) from None
        # A mapping made between the two steps above; none can be made any more.
        disabled |= self._disable_mappings(bot_id)
        return [disabled[mapping_id] for mapping_id in sorted(disabled)]

    def test(self, bot_id: int, target_channel_id: str = "") -> BotTestResult:
        """Really send a short message, to the bot's own destination or to the one given.

        Raises:
            RelayError: BOT_NOT_FOUND, UNSUPPORTED_PLATFORM, INVALID_BOT_CONFIG, INVALID_TARGET_CHANNEL;
                BOT_TEST_REFUSED when the platform says it can never work, BOT_TEST_INCONCLUSIVE when it may later
        """
        bot = self.get(bot_id)
        platform = self._platform(bot.platform)
        try:
            destination = platform.destination(bot.id, bot.config, target_channel_id)
        except InvalidConfig as problem:
            raise _unusable(problem, bool(target_channel_id)) from None
        started_ms = self._clock_ms()
        outcome = platform.test(destination)
        latency_ms = max(0, self._clock_ms() - started_ms)
        if isinstance(outcome, Delivered):
            return BotTestResult(latency_ms, outcome.notes)
        if isinstance(outcome, Permanent):
            raise RelayError(
                Refusal.BOT_TEST_REFUSED, reason=outcome.detail, reason_code=outcome.code, latency_ms=latency_ms
            )
        seconds = outcome.seconds if isinstance(outcome, RetryAfter) else None
        raise RelayError(
            Refusal.BOT_TEST_INCONCLUSIVE,
            reason=outcome.detail,
            reason_code=outcome.code,
            latency_ms=latency_ms,
            retry_after_seconds=seconds,
        )

    def _platform(self, name: str) -> Platform:
        if name not in self._platforms:
            raise RelayError(Refusal.UNSUPPORTED_PLATFORM, field="platform", expected=", ".join(self._platforms.names))
        return self._platforms.get(name)

    def _merged_config(self, bot: Bot, changes: Mapping[str, Any]) -> dict[str, Any]:
        platform = self._platform(bot.platform)
        kept = keep_masked_secrets(changes, bot.config, platform.secret_fields)
        merged = {name: value for name, value in {**bot.config, **kept}.items() if value is not None}
        return _checked_config(platform, merged)

    def _disable_mappings(self, bot_id: int) -> dict[int, ChannelMapping]:
        enabled = {mapping.id: mapping for mapping in self._store.mappings_of_bot(bot_id) if mapping.enabled}
        for mapping_id in enabled:
            self._store.disable_mapping(mapping_id, MAPPING_DISABLED_BOT_DELETED)
        return enabled


def _checked_config(platform: Platform, config: Mapping[str, Any]) -> dict[str, Any]:
    if len(json.dumps(config).encode()) > MAX_CONFIG_BYTES:
        raise RelayError(Refusal.BOT_CONFIG_TOO_LARGE, field="config", limit_bytes=MAX_CONFIG_BYTES)
    try:
        return platform.validate_config(config)
    except InvalidConfig as problem:
        raise _unusable(problem, False) from None


def _unusable(problem: InvalidConfig, blames_target: bool) -> RelayError:
    if blames_target:
        return invalid_target(problem)
    return RelayError(
        Refusal.INVALID_BOT_CONFIG, field=f"config.{problem.field}", reason_code=problem.reason, reason=problem.detail
    )


def invalid_target(problem: InvalidConfig) -> RelayError:
    """A target channel the platform cannot make sense of."""
    return RelayError(
        Refusal.INVALID_TARGET_CHANNEL, field="target_channel_id", reason_code=problem.reason, reason=problem.detail
    )


def _not_found(bot_id: int) -> RelayError:
    return RelayError(Refusal.BOT_NOT_FOUND, id=bot_id)
