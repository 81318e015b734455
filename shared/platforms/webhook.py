"""Signed webhooks: each message as an HTTP POST of its own (Standard Webhooks 1.0.0)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from uuid import uuid4

from shared.message.model import RelayMessage
from shared.platforms.answer_text import presentable
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
from shared.platforms.http import HttpClient, NoAnswer, NotSent
from shared.platforms.outcomes import ChangeOutcome, Outcome, Permanent, RetryAfter, Unknown
from shared.platforms.webhook_answers import webhook_outcome
from shared.platforms.webhook_parts import MARKS, MESSAGE_DELETED, MESSAGE_UPDATED, compose_webhook, envelope, event_of
from shared.platforms.webhook_settings import (
    secrets_to_hide,
    signing_secrets,
    url_fingerprint,
    validate_webhook_config,
)
from shared.platforms.webhook_signing import signature_header
from shared.version import VERSION

TEST_EVENT = "relay.test"
TEST_TEXT = "KOOK Relay: this is a test message."
USER_AGENT = f"KookRelay/{VERSION}"

# The specification's own advice is 15 to 30 seconds.
REQUEST_SECONDS = 20.0


class WebhookPlatform:
    """Posts to the address in each bot's configuration. ``http`` sends through the outbound guard, which judges where
    a name leads at every attempt.

    ``allowed_networks`` (CIDR) is what OUTBOUND_ALLOW opens; ``clock`` gives seconds since the epoch and dates
    signatures.
    """

    name: ClassVar[str] = "webhook"
    secret_fields: ClassVar[frozenset[str]] = frozenset({"url", "secret", "previous_secret"})
    made_fields: ClassVar[frozenset[str]] = frozenset({"secret"})

    def __init__(
        self, http: HttpClient, allowed_networks: Sequence[str] = (), clock: Callable[[], float] = time.time
    ) -> None:
        self._http = http
        self._allowed_networks = tuple(allowed_networks)
        self._clock = clock

    def validate_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """A configuration without a ``secret`` comes back with a new one."""
        return validate_webhook_config(config, self._allowed_networks)

    def destination(self, bot_id: int, config: Mapping[str, Any], target_channel_id: str) -> Destination:
        """One address is one destination; the mapping's target is a label that receivers are told. Raises
        InvalidConfig."""
        if not config.get("url") or not config.get("secret"):
            raise InvalidConfig("url", "missing", "url and secret are required")
        key = f"webhook:{url_fingerprint(config['url'])}"
        return Destination(self.name, bot_id, config, target_channel_id, key, key)

    def limits(self, destination: Destination) -> Limits:
        """The specification names none: enough for a busy channel, and little to a small receiver."""
        return Limits(destination=(RateLimit(10, 1.0),))

    def compose(self, message: RelayMessage, destination: Destination, author_label: str) -> Sequence[Part]:
        return compose_webhook(message, destination.target_id, author_label)

    def abilities(self, destination: Destination) -> frozenset[Ability]:
        return frozenset({"edit", "delete", "pin", "react"})

    def edit(self, sent: SentPart, part: Part, destination: Destination, context: SendContext) -> ChangeOutcome:
        """An event that says how the part reads now."""
        return self.send(event_of(part, MESSAGE_UPDATED, context.message_id), destination, context)

    def mark(self, sent: SentPart, mark: Mark, destination: Destination, context: SendContext) -> ChangeOutcome:
        part = event_of(sent.part, MARKS[mark.kind], context.message_id, mark.emoji)
        return self.send(part, destination, context)

    def delete(self, sent: SentPart, destination: Destination, context: SendContext) -> ChangeOutcome:
        return self.send(event_of(sent.part, MESSAGE_DELETED, context.message_id), destination, context)

    def send(self, part: Part, destination: Destination, context: SendContext) -> Outcome:
        """``webhook-id`` is the idempotency key: the same at every attempt, so that receivers can drop repeats."""
        config = destination.config
        hidden = secrets_to_hide(config)
        try:
            response = self._http.request(
                "POST",
                config["url"],
                data=part.text.encode(),
                headers=self._headers(part, config, context.idempotency_key),
                timeout_seconds=REQUEST_SECONDS,
            )
        except NotSent as failure:
            detail = presentable(failure.detail, hidden)
            return Permanent(failure.code, detail) if failure.permanent else RetryAfter(failure.code, detail)
        except NoAnswer as failure:
            return Unknown(failure.code, presentable(failure.detail, hidden))
        return webhook_outcome(response, context.idempotency_key, hidden, self._clock)

    def test(self, destination: Destination) -> Outcome:
        body = envelope(TEST_EVENT, int(self._clock() * 1000), {"target": destination.target_id, "text": TEST_TEXT})
        return self.send(Part("event", body, body), destination, SendContext(uuid4().hex))

    def _headers(self, part: Part, config: Mapping[str, Any], webhook_id: str) -> dict[str, str]:
        # Signed now and not when the message was queued: receivers refuse what is more than five minutes old.
        timestamp_seconds = int(self._clock())
        signature = signature_header(webhook_id, timestamp_seconds, part.text.encode(), signing_secrets(config))
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": USER_AGENT,
            "webhook-id": webhook_id,
            "webhook-timestamp": str(timestamp_seconds),
            "webhook-signature": signature,
        }
