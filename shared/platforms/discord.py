"""Discord: messages through a channel's webhook (https://discord.com/developers/docs/resources/webhook, API v10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlencode

from shared.message.model import RelayMessage
from shared.platforms.answer_text import presentable
from shared.platforms.base import Ability, Destination, Limits, Part, RateLimit, SendContext, SentPart
from shared.platforms.discord_answers import (
    MESSAGE_GONE,
    DiscordAnswer,
    discord_outcome,
    discord_remedy,
    read_discord_answer,
)
from shared.platforms.discord_parts import MAX_REQUEST_FILE_BYTES, compose_discord
from shared.platforms.discord_requests import Draft, Upload
from shared.platforms.discord_settings import (
    DEFAULT_MAX_FILE_BYTES,
    Webhook,
    parse_webhook_url,
    thread_of_target,
    validate_discord_config,
)
from shared.platforms.http import HttpClient, NoAnswer, NotSent
from shared.platforms.media import FetchedMedia, MediaFetcher
from shared.platforms.media_batch import fetch_together
from shared.platforms.outcomes import (
    ChangeOutcome,
    Delivered,
    Outcome,
    Permanent,
    RetryAfter,
    Unchangeable,
    Unknown,
    repeatable,
)

TEST_TEXT = "KOOK Relay: this is a test message."
TEST_USERNAME = "KOOK Relay"

# Cloudflare turns away the agents of plain HTTP libraries; Discord asks for this form.
USER_AGENT = "DiscordBot (https://github.com/kook-relay/kook-relay, 0.1.0)"

_REQUEST_SECONDS = 10.0
_UPLOAD_BYTES_PER_SECOND = 1024 * 1024
_HEADERS = {"User-Agent": USER_AGENT}


class DiscordPlatform:
    """Sends to ``{api_base}/webhooks/{id}/{token}``, whatever host the pasted webhook URL named."""

    name: ClassVar[str] = "discord"
    secret_fields: ClassVar[frozenset[str]] = frozenset({"webhook_url"})
    made_fields: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, http: HttpClient, media: MediaFetcher, api_base: str) -> None:
        self._http = http
        self._media = media
        self._api_base = api_base.rstrip("/")

    def validate_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        return validate_discord_config(config)

    def destination(self, bot_id: int, config: Mapping[str, Any], target_channel_id: str) -> Destination:
        """A webhook posts to its own channel; ``thread:<id>`` names one of the channel's threads. Raises InvalidConfig.

        All webhooks of a channel share one limit, so the channel is the credential where ``channel_id`` is known.
        """
        webhook = parse_webhook_url(config.get("webhook_url"))
        thread_id, target_id = config.get("thread_id"), str(config.get("thread_id") or webhook.id)
        mapped_thread = thread_of_target(target_channel_id)
        if mapped_thread is not None and mapped_thread != thread_id:
            thread_id, target_id = mapped_thread, f"thread:{mapped_thread}"
            config = {**config, "thread_id": thread_id}
        webhook_key = f"discord:{webhook.id}"
        channel_id = config.get("channel_id")
        return Destination(
            platform=self.name,
            bot_id=bot_id,
            config=config,
            target_id=target_id,
            key=f"{webhook_key}:{thread_id}" if thread_id else webhook_key,
            credential_key=f"discord-channel:{channel_id}" if channel_id else webhook_key,
        )

    def limits(self, destination: Destination) -> Limits:
        """5 requests in 2 seconds per webhook, and 30 messages a minute in a channel over all of its webhooks."""
        return Limits(destination=(RateLimit(5, 2.0),), credential=(RateLimit(30, 60.0),))

    def compose(self, message: RelayMessage, destination: Destination, author_label: str) -> Sequence[Part]:
        return compose_discord(message, destination.config, author_label)

    def send(self, part: Part, destination: Destination, context: SendContext) -> Outcome:
        """Send one part; a refusal that a changed request may get past is answered by one, each change once."""
        webhook = parse_webhook_url(destination.config.get("webhook_url"))
        draft = Draft(part, destination.config, is_own_thread=not destination.target_id.startswith("thread:"))
        self._load_media(draft)
        try:
            return self._send_draft(draft, webhook)
        except NotSent as failure:
            detail = presentable(failure.detail, (webhook.token,))
            return Permanent(failure.code, detail) if failure.permanent else RetryAfter(failure.code, detail)
        except NoAnswer as failure:
            return Unknown(failure.code, presentable(failure.detail, (webhook.token,)))

    def abilities(self, destination: Destination) -> frozenset[Ability]:
        return frozenset({"edit", "delete"})

    def edit(self, sent: SentPart, part: Part, destination: Destination, context: SendContext) -> ChangeOutcome:
        """Change the text; files that are not named stay as they are."""
        draft = Draft(part, destination.config)
        if sent.has_links:
            draft.links.extend(part.media)
        changed = draft.payload()
        # Names and threads cannot be changed; without allowed_mentions an edit would notify whoever is mentioned.
        kept = ("content", "embeds", "allowed_mentions")
        payload: dict[str, Any] = {name: changed[name] for name in kept if name in changed}
        return self._change("PATCH", sent, destination, payload)

    def delete(self, sent: SentPart, destination: Destination, context: SendContext) -> ChangeOutcome:
        return self._change("DELETE", sent, destination, None)

    def _change(
        self, method: str, sent: SentPart, destination: Destination, payload: Mapping[str, Any] | None
    ) -> ChangeOutcome:
        """https://discord.com/developers/docs/resources/webhook#edit-webhook-message"""
        webhook = parse_webhook_url(destination.config.get("webhook_url"))
        thread_id = destination.config.get("thread_id")
        query = f"?{urlencode({'thread_id': str(thread_id)})}" if thread_id else ""
        url = f"{self._url(webhook)}/messages/{sent.message_ids[0]}{query}"
        try:
            answer = read_discord_answer(self._http.request(method, url, json=payload, headers=_HEADERS))
        except NotSent as failure:
            detail = presentable(failure.detail, (webhook.token,))
            return Permanent(failure.code, detail) if failure.permanent else RetryAfter(failure.code, detail)
        except NoAnswer as failure:
            # Done twice it changes nothing.
            return RetryAfter(failure.code, presentable(failure.detail, (webhook.token,)))
        if answer.is_success or (method == "DELETE" and answer.code in MESSAGE_GONE):
            return Delivered(sent.message_ids if method == "PATCH" else ())
        if answer.code in MESSAGE_GONE:
            return Unchangeable("message_not_found", "the message is no longer there")
        return repeatable(discord_outcome(answer, (webhook.token,)))

    def test(self, destination: Destination) -> Outcome:
        part = Part("message", TEST_TEXT, TEST_TEXT, options={"username": TEST_USERNAME})
        return self.send(part, destination, SendContext("test"))

    def find_channel_id(self, config: Mapping[str, Any]) -> str | None:
        """Ask Discord which channel the webhook belongs to, for ``channel_id``; None when it does not say.

        Raises InvalidConfig.
        """
        webhook = parse_webhook_url(config.get("webhook_url"))
        try:
            answer = read_discord_answer(self._http.request("GET", self._url(webhook), headers=_HEADERS))
        except (NotSent, NoAnswer):
            return None
        channel_id = (answer.body or {}).get("channel_id") if answer.is_success else None
        return channel_id if isinstance(channel_id, str) and channel_id.isdigit() else None

    def _url(self, webhook: Webhook) -> str:
        return f"{self._api_base}/webhooks/{webhook.id}/{webhook.token}"

    def _send_draft(self, draft: Draft, webhook: Webhook) -> Outcome:
        tried = set()
        while True:
            answer = self._post(draft, webhook)
            remedy = discord_remedy(answer, bool(draft.uploads), draft.may_open_thread)
            if remedy == "drop_largest_file" and remedy in tried:
                remedy = "links_for_files"
            if remedy is None or remedy in tried:
                return self._outcome(answer, draft, webhook)
            tried.add(remedy)
            draft.apply(remedy)

    def _outcome(self, answer: DiscordAnswer, draft: Draft, webhook: Webhook) -> Outcome:
        outcome = discord_outcome(answer, (webhook.token,))
        if isinstance(outcome, Permanent) and outcome.code == "thread_not_found" and not draft.is_own_thread:
            return replace(outcome, disables_destination=False)
        if not isinstance(outcome, Delivered):
            return outcome
        return Delivered(outcome.message_ids, (*draft.notes, *outcome.notes), _opened_thread(answer, draft.config))

    def _post(self, draft: Draft, webhook: Webhook) -> DiscordAnswer:
        # Without wait=true Discord answers 204 at once and says nothing about a message it could not save.
        query = {"wait": "true"}
        if draft.config.get("thread_id"):
            query["thread_id"] = str(draft.config["thread_id"])
        url = f"{self._url(webhook)}?{urlencode(query)}"
        payload = draft.payload()
        timeout_seconds = _REQUEST_SECONDS + draft.upload_bytes / _UPLOAD_BYTES_PER_SECOND
        if draft.uploads:
            response = self._http.request(
                "POST", url, files=draft.multipart(payload), headers=_HEADERS, timeout_seconds=timeout_seconds
            )
        else:
            response = self._http.request("POST", url, json=payload, headers=_HEADERS, timeout_seconds=timeout_seconds)
        return read_discord_answer(response)

    def _load_media(self, draft: Draft) -> None:
        """Fetch the part's media; what cannot be had, or not be sent, becomes a link with a note of the reason."""
        max_file_bytes = draft.config.get("max_file_bytes", DEFAULT_MAX_FILE_BYTES)
        items = draft.part.media
        room_bytes = max(MAX_REQUEST_FILE_BYTES, max_file_bytes)
        fetched = fetch_together(self._media, [(item, max_file_bytes) for item in items])
        for item, media in zip(items, fetched, strict=True):
            if not isinstance(media, FetchedMedia):
                draft.link_instead(item, media.detail)
            elif len(media.content) > room_bytes:
                draft.link_instead(item, "too large together with the other files")
            else:
                room_bytes -= len(media.content)
                draft.uploads.append(Upload(item, media))


def _opened_thread(answer: DiscordAnswer, config: Mapping[str, Any]) -> str | None:
    """The forum post that this message opened: the messages after it go there."""
    channel_id = (answer.body or {}).get("channel_id")
    if config.get("thread_name") and not config.get("thread_id") and isinstance(channel_id, str) and channel_id:
        return f"thread:{channel_id}"
    return None
