"""KOOK as a destination: messages of a bot into a guild's text channel (message/create of KOOK's REST interface)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol
from uuid import uuid4

from shared.kook.card_builder import Audio, Card, Container, File, Image, KMarkdown, Section, Video, cards_content
from shared.kook.client.errors import InvalidCall, KookApiError, KookError, KookUnreachable
from shared.kook.client.results import SentMessage
from shared.kook.echo import marked_nonce
from shared.message.model import MediaItem, RelayMessage
from shared.message.text import is_web_url
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
from shared.platforms.kook_answers import is_about_content, kook_outcome
from shared.platforms.kook_parts import MAX_FILE_BYTES, compose_kook, file_title, text_part, with_links
from shared.platforms.kook_settings import resolve_channel, token_fingerprint, validate_kook_config
from shared.platforms.media import FetchedMedia, MediaFetcher
from shared.platforms.media_batch import fetch_together
from shared.platforms.outcomes import (
    REPLY_NOT_FOUND,
    ChangeOutcome,
    Delivered,
    Outcome,
    Permanent,
    Unchangeable,
    repeatable,
)

TEST_TEXT = "KOOK Relay: this is a test message."

# An upload that gets no answer is tried with the whole message again, and from then on replaced by a link.
UPLOAD_ATTEMPTS = 2
# What cards show; other pictures and videos go out as files.
_PICTURE_TYPES = frozenset({"image/jpeg", "image/png", "image/gif"})
_VIDEO_TYPES = frozenset({"video/mp4", "video/quicktime"})

_KMARKDOWN: Literal[9] = 9
_CARD: Literal[10] = 10


class MessageSender(Protocol):
    """The part of KookClient that posting needs; each method raises InvalidCall or KookError."""

    def message_create(
        self,
        target_id: str,
        content: str,
        *,
        type: Literal[1, 2, 3, 4, 8, 9, 10] = 9,
        quote: str | None = None,
        nonce: str | None = None,
    ) -> SentMessage: ...

    def message_update(self, msg_id: str, content: str) -> None: ...

    def message_delete(self, msg_id: str) -> None: ...

    def message_add_reaction(self, msg_id: str, emoji: str) -> None: ...

    def message_delete_reaction(self, msg_id: str, emoji: str) -> None: ...

    def message_pin(self, msg_id: str, target_id: str) -> None: ...

    def message_unpin(self, msg_id: str, target_id: str) -> None: ...

    def asset_create(self, file_name: str, content: bytes, mime_type: str = "application/octet-stream") -> str: ...


@dataclass(frozen=True, slots=True)
class _Upload:
    item: MediaItem
    url: str
    media: FetchedMedia


@dataclass(slots=True)
class _Draft:
    """A part on its way: what was uploaded, what became a link, and why."""

    text: str
    uploads: list[_Upload] = field(default_factory=list)
    links: list[MediaItem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def link_instead(self, item: MediaItem, reason: str) -> None:
        self.links.append(item)
        self.notes.append(f"{item.kind}_as_link: {reason}")

    def links_for_uploads(self, reason: str) -> None:
        for upload in self.uploads:
            self.link_instead(upload.item, reason)
        self.uploads.clear()

    def content(self) -> tuple[Literal[9, 10], str]:
        """The message's type and content."""
        if not self.uploads:
            return _KMARKDOWN, with_links(self.text, self.links)
        texts = [text for text in (self.text, with_links("", self.links)) if text.strip()]
        sections = [Section(KMarkdown(text)) for text in texts]
        card = Card((*sections[:1], *_modules(self.uploads), *sections[1:]), theme="invisible")
        return _CARD, cards_content([card])


class KookPlatform:
    """``client_of`` gives the client of a bot token, the same one each time, since it remembers rate limits."""

    name: ClassVar[str] = "kook"
    secret_fields: ClassVar[frozenset[str]] = frozenset({"bot_token"})
    made_fields: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, client_of: Callable[[str], MessageSender], media: MediaFetcher) -> None:
        self._client_of = client_of
        self._media = media

    def validate_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        return validate_kook_config(config)

    def destination(self, bot_id: int, config: Mapping[str, Any], target_channel_id: str) -> Destination:
        """The mapping's ``target_channel_id`` is the channel's id; a label leads to the bot's own. Raises
        InvalidConfig."""
        if not config.get("bot_token"):
            raise InvalidConfig("bot_token", "missing", "the bot's token is required")
        channel_id = resolve_channel(config, target_channel_id)
        bot_key = f"kook-bot:{token_fingerprint(config['bot_token'])}"
        return Destination(self.name, bot_id, config, channel_id, f"kook:{channel_id}:{bot_key[-32:]}", bot_key)

    def limits(self, destination: Destination) -> Limits:
        """KOOK publishes none and tells what is left in each answer, which the client honours: these keep a bot from
        ever getting there, since whoever keeps running into limits is warned and then switched off."""
        return Limits(destination=(RateLimit(5, 5.0),), credential=(RateLimit(10, 10.0),))

    def compose(self, message: RelayMessage, destination: Destination, author_label: str) -> Sequence[Part]:
        return compose_kook(message, author_label)

    def send(self, part: Part, destination: Destination, context: SendContext) -> Outcome:
        """The nonce marks the message as the relay's own, so that its event is not relayed again."""
        bot_token = destination.config["bot_token"]
        try:
            client = self._client_of(bot_token)
            draft = self._uploaded(part, client, context.attempt)
            return self._post(draft, client, destination.target_id, context)
        except (InvalidCall, KookError) as failure:
            is_own_channel = destination.target_id == destination.config.get("channel_id")
            return kook_outcome(failure, bot_token, is_own_channel=is_own_channel)

    def abilities(self, destination: Destination) -> frozenset[Ability]:
        return frozenset({"edit", "delete", "reply", "pin", "react"})

    def edit(self, sent: SentPart, part: Part, destination: Destination, context: SendContext) -> ChangeOutcome:
        """message/update takes KMarkdown for KMarkdown and cards for cards; a card's media are uploaded anew."""
        notes: list[str] = []

        def update(client: MessageSender) -> None:
            draft = self._uploaded(part, client, context.attempt)
            notes.extend(draft.notes)
            client.message_update(sent.message_ids[0], draft.content()[1])

        outcome = self._change(update, destination)
        return Delivered(sent.message_ids, tuple(notes)) if isinstance(outcome, Delivered) else outcome

    def delete(self, sent: SentPart, destination: Destination, context: SendContext) -> ChangeOutcome:
        return self._change(lambda client: client.message_delete(sent.message_ids[0]), destination)

    def mark(self, sent: SentPart, mark: Mark, destination: Destination, context: SendContext) -> ChangeOutcome:
        """A server's own emoji is known by its name alone here, and is no emoji of another server. What is refused is
        about the mark, never about the channel; a repetition may be refused because the mark is there already."""
        if mark.emoji.startswith(":"):
            return Unchangeable("reaction_not_allowed", "another server's emoji cannot be used", answered=False)
        message_id = sent.message_ids[0]

        def put(client: MessageSender) -> None:
            if mark.kind == "pin":
                client.message_pin(message_id, destination.target_id)
            elif mark.kind == "unpin":
                client.message_unpin(message_id, destination.target_id)
            elif mark.kind == "react":
                client.message_add_reaction(message_id, mark.emoji)
            else:
                client.message_delete_reaction(message_id, mark.emoji)

        outcome = self._change(put, destination)
        if isinstance(outcome, Unchangeable) and context.attempt > 1:
            return Delivered(sent.message_ids)
        if isinstance(outcome, Permanent) and not outcome.disables_destination:
            return Unchangeable(outcome.code, outcome.detail)
        return outcome

    def _change(self, change: Callable[[MessageSender], None], destination: Destination) -> ChangeOutcome:
        bot_token = destination.config["bot_token"]
        try:
            change(self._client_of(bot_token))
        except KookApiError as refused:
            # KOOK has no code of its own for a message that is gone, or that is not this bot's.
            if is_about_content(refused):
                return Unchangeable("change_refused", f"KOOK refused the change with {refused.code}")
            return repeatable(kook_outcome(refused, bot_token, is_own_channel=False))
        except (InvalidCall, KookError) as failure:
            return repeatable(kook_outcome(failure, bot_token, is_own_channel=False))
        return Delivered()

    def test(self, destination: Destination) -> Outcome:
        return self.send(text_part(TEST_TEXT), destination, SendContext(uuid4().hex))

    def _uploaded(self, part: Part, client: MessageSender, attempt: int) -> _Draft:
        """Bring the part's media to KOOK: a message may only show what its own bot has uploaded. What cannot be had
        or is not taken becomes a link. Raises KookError for what concerns the whole message."""
        draft = _Draft(part.text)
        fetched = fetch_together(self._media, [(item, MAX_FILE_BYTES) for item in part.media])
        for item, media in zip(part.media, fetched, strict=True):
            if not isinstance(media, FetchedMedia):
                draft.link_instead(item, media.code)
                continue
            try:
                url = client.asset_create(media.file_name, media.content, media.mime_type)
                if is_web_url(url):
                    draft.uploads.append(_Upload(item, url, media))
                else:
                    draft.link_instead(item, "upload answered without an address")
            except InvalidCall as refused:
                draft.link_instead(item, refused.detail)
            except KookApiError as refused:
                if not is_about_content(refused) and not (refused.http_status >= 500 and attempt >= UPLOAD_ATTEMPTS):
                    raise
                draft.link_instead(item, f"upload refused with {refused.code}")
            except KookUnreachable as failure:
                if attempt < UPLOAD_ATTEMPTS:
                    raise
                draft.link_instead(item, f"upload failed: {failure.code}")
        return draft

    def _post(self, draft: _Draft, client: MessageSender, channel_id: str, context: SendContext) -> Outcome:
        nonce, reply_to = marked_nonce(context.idempotency_key), context.reply_to or None
        message_type, content = draft.content()
        try:
            sent = client.message_create(channel_id, content, type=message_type, quote=reply_to, nonce=nonce)
        except KookApiError as refused:
            if reply_to is not None and is_about_content(refused):
                # KOOK does not say what it refuses: without the reply the same content is judged on its own.
                return Permanent(REPLY_NOT_FOUND, f"KOOK refused the reply with {refused.code}")
            if message_type != _CARD or not is_about_content(refused):
                raise
            draft.links_for_uploads(f"card refused with {refused.code}")
            message_type, content = draft.content()
            sent = client.message_create(channel_id, content, type=message_type, quote=reply_to, nonce=nonce)
        return Delivered((sent["msg_id"],), tuple(draft.notes))


def _modules(uploads: Sequence[_Upload]) -> list[Container | File | Audio | Video]:
    """One module for each item, neighbouring pictures in one container; nothing is cropped."""
    modules: list[Container | File | Audio | Video] = []
    for upload in uploads:
        media, title = upload.media, file_title(upload.media.file_name)
        if upload.item.kind == "image" and media.mime_type in _PICTURE_TYPES:
            last = modules[-1] if modules else None
            if isinstance(last, Container):
                modules[-1] = Container((*last.images, Image(upload.url)))
            else:
                modules.append(Container((Image(upload.url),)))
        elif upload.item.kind == "video" and media.mime_type in _VIDEO_TYPES:
            modules.append(Video(upload.url, title))
        elif upload.item.kind == "audio":
            modules.append(Audio(upload.url, title))
        else:
            modules.append(File(upload.url, title, len(media.content)))
    return modules
