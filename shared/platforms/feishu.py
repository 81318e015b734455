"""Feishu (Lark): an app's bot in any chat it is in, or the custom bot of one group."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from uuid import uuid4

from shared.message.model import RelayMessage
from shared.platforms.base import (
    Ability,
    Destination,
    InvalidConfig,
    Limits,
    Mark,
    Part,
    RateLimit,
    SendContext,
    SentPart,
)
from shared.platforms.feishu_app import FeishuAppSender
from shared.platforms.feishu_hook import FeishuHookSender, HookCredentials
from shared.platforms.feishu_parts import compose_for_app, compose_for_custom_bot
from shared.platforms.feishu_settings import (
    DEFAULT_API_BASE,
    is_custom_bot,
    parse_hook,
    resolve_receiver,
    validate_feishu_config,
)
from shared.platforms.feishu_token import AppCredentials, TenantTokens
from shared.platforms.http import HttpClient
from shared.platforms.media import MediaFetcher
from shared.platforms.media_keys import MediaKeys, NoMediaKeys
from shared.platforms.outcomes import ChangeOutcome, Outcome

TEST_TEXT = "KOOK Relay: this is a test message."


class FeishuPlatform:
    """``api_base`` other than https://open.feishu.cn (a stand-in, a proxy) takes the place of every bot's own host.

    ``clock`` gives seconds since the epoch: it dates signatures and ends tokens.
    """

    name: ClassVar[str] = "feishu"
    secret_fields: ClassVar[frozenset[str]] = frozenset({"app_secret", "webhook_url", "secret"})
    made_fields: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self,
        http: HttpClient,
        media: MediaFetcher,
        api_base: str,
        clock: Callable[[], float] = time.time,
        media_keys: MediaKeys | None = None,
    ) -> None:
        self._api_base = api_base.rstrip("/")
        self._app_sender = FeishuAppSender(http, media, TenantTokens(http, clock), media_keys or NoMediaKeys())
        self._hook_sender = FeishuHookSender(http, clock)

    def validate_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        return validate_feishu_config(config)

    def destination(self, bot_id: int, config: Mapping[str, Any], target_channel_id: str) -> Destination:
        """A group's key is the group's alone: all bots in it share its limit. Raises InvalidConfig."""
        if is_custom_bot(config):
            key = f"feishu:hook:{parse_hook(config['webhook_url']).fingerprint}"
            return Destination(self.name, bot_id, config, "", key, key)
        if not config.get("app_id") or not config.get("app_secret"):
            raise InvalidConfig("app_id", "missing", "app_id and app_secret, or a webhook_url, are required")
        receiver = resolve_receiver(config, target_channel_id)
        app_key = f"feishu:app:{config['app_id']}"
        key = f"feishu:{receiver.id}" if receiver.id_type == "chat_id" else f"{app_key}:{receiver.id}"
        return Destination(self.name, bot_id, config, receiver.id, key, app_key)

    def limits(self, destination: Destination) -> Limits:
        """5 a second in a chat and 50 a second and 1000 a minute by an app; a custom bot 5 a second, 100 a minute."""
        if is_custom_bot(destination.config):
            return Limits(destination=(RateLimit(5, 1.0), RateLimit(100, 60.0)))
        return Limits(
            destination=(RateLimit(5, 1.0),),
            credential=(RateLimit(50, 1.0), RateLimit(1000, 60.0)),
        )

    def compose(self, message: RelayMessage, destination: Destination, author_label: str) -> Sequence[Part]:
        if is_custom_bot(destination.config):
            return compose_for_custom_bot(message, author_label, destination.config.get("keyword", ""))
        return compose_for_app(message, author_label)

    def send(self, part: Part, destination: Destination, context: SendContext) -> Outcome:
        config = destination.config
        if is_custom_bot(config):
            hook = parse_hook(config["webhook_url"])
            credentials = HookCredentials(self._base(f"https://{hook.host}"), hook.id, config.get("secret", ""))
            return self._hook_sender.send(part, credentials)
        receiver = resolve_receiver(config, destination.target_id)
        app = self._app(destination)
        return self._app_sender.send(part, app, receiver, context.idempotency_key, context.reply_to)

    def abilities(self, destination: Destination) -> frozenset[Ability]:
        """A custom bot is not told the ids of what it posts."""
        return frozenset() if is_custom_bot(destination.config) else frozenset({"edit", "delete", "reply", "pin"})

    def edit(self, sent: SentPart, part: Part, destination: Destination, context: SendContext) -> ChangeOutcome:
        return self._app_sender.edit(sent, part, self._app(destination), context.idempotency_key)

    def delete(self, sent: SentPart, destination: Destination, context: SendContext) -> ChangeOutcome:
        return self._app_sender.delete(sent, self._app(destination))

    def mark(self, sent: SentPart, mark: Mark, destination: Destination, context: SendContext) -> ChangeOutcome:
        """Pins alone: Feishu's reactions are words of its own, of which few stand for a character."""
        return self._app_sender.pin(sent, self._app(destination), is_on=mark.kind == "pin")

    def _app(self, destination: Destination) -> AppCredentials:
        config = destination.config
        base = self._base(config.get("base_url", DEFAULT_API_BASE))
        return AppCredentials(base, config["app_id"], config["app_secret"])

    def test(self, destination: Destination) -> Outcome:
        keyword = destination.config.get("keyword", "") if is_custom_bot(destination.config) else ""
        text = f"{TEST_TEXT} {keyword}".rstrip()
        return self.send(Part("text", text, text), destination, SendContext(uuid4().hex))

    def _base(self, own_base: str) -> str:
        return own_base if self._api_base == DEFAULT_API_BASE else self._api_base
