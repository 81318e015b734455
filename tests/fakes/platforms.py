"""A destination platform that sends nothing and answers its test as scripted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.message.model import RelayMessage
from shared.platforms.base import Ability, Destination, InvalidConfig, Limits, Part, RateLimit, SendContext
from shared.platforms.outcomes import Delivered, Outcome


class FakePlatform:
    """Configured by ``webhook_url`` (secret, must start with https://) and an optional ``thread``. A target channel
    that starts with ``bad`` leads nowhere. With ``makes_key`` a missing ``key`` is made."""

    secret_fields = frozenset({"webhook_url", "key"})
    made_fields = frozenset({"key"})

    def __init__(self, name: str = "discord") -> None:
        self.name = name  # type: ignore[misc]
        self.outcome: Outcome = Delivered(("m1",))
        self.tested: list[Destination] = []
        self.while_testing: Callable[[], None] = lambda: None

    def validate_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        url = config.get("webhook_url")
        if not url:
            raise InvalidConfig("webhook_url", "missing", "the webhook URL is required")
        if not isinstance(url, str) or not url.startswith("https://"):
            raise InvalidConfig("webhook_url", "malformed", "must start with https://")
        known = {name: config[name] for name in ("webhook_url", "thread", "key") if config.get(name) is not None}
        return known | ({"key": "made-key"} if config.get("makes_key") and "key" not in known else {})

    def destination(self, bot_id: int, config: Mapping[str, Any], target_channel_id: str) -> Destination:
        if target_channel_id.startswith("bad"):
            raise InvalidConfig("target_channel_id", "malformed", "is no channel")
        key = f"{self.name}:{bot_id}:{target_channel_id}"
        return Destination(self.name, bot_id, dict(config), target_channel_id, key, str(bot_id))

    def limits(self, destination: Destination) -> Limits:
        return Limits((RateLimit(5, 1),))

    def compose(self, message: RelayMessage, destination: Destination, author_label: str) -> Sequence[Part]:
        return [Part("text", f"{author_label}: {message.plain_text}")]

    def abilities(self, destination: Destination) -> frozenset[Ability]:
        return frozenset()

    def send(self, part: Part, destination: Destination, context: SendContext) -> Outcome:
        return self.outcome

    def test(self, destination: Destination) -> Outcome:
        self.tested.append(destination)
        self.while_testing()
        return self.outcome
