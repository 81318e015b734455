"""Telegram: messages by a bot of the operator's through the Bot API (https://core.telegram.org/bots/api, 10.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from shared.message.model import MediaItem, RelayMessage
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
from shared.platforms.media import FetchedMedia, MediaFetcher
from shared.platforms.media_batch import fetch_together
from shared.platforms.media_keys import MediaKeys, NoMediaKeys
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
from shared.platforms.telegram_answers import (
    Remedy,
    TelegramAnswer,
    means_already_deleted,
    means_unmodified,
    read_telegram_answer,
    telegram_outcome,
    telegram_remedy,
    unchangeable_code,
    unmarkable_code,
)
from shared.platforms.telegram_parts import MAX_FILE_BYTES, MAX_PHOTO_BYTES, Shape, compose_telegram
from shared.platforms.telegram_requests import Draft, TelegramRequest, Upload, mark_request
from shared.platforms.telegram_settings import parse_chat, resolve_chat, validate_telegram_config

TEST_TEXT = "KOOK Relay: this is a test message."

_REQUEST_SECONDS = 10.0
_UPLOAD_BYTES_PER_SECOND = 2 * 1024 * 1024
_MAX_REMEDIES = 5


class TelegramPlatform:
    """Sends through ``{api_base}/bot{token}/{method}``; ``api_base`` may be a self-hosted Bot API server or a proxy."""

    name: ClassVar[str] = "telegram"
    secret_fields: ClassVar[frozenset[str]] = frozenset({"bot_token"})
    made_fields: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self, http: HttpClient, media: MediaFetcher, api_base: str, media_keys: MediaKeys | None = None
    ) -> None:
        self._http = http
        self._media = media
        self._media_keys = media_keys or NoMediaKeys()
        self._api_base = api_base.rstrip("/")

    def validate_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        return validate_telegram_config(config)

    def destination(self, bot_id: int, config: Mapping[str, Any], target_channel_id: str) -> Destination:
        """The key is the chat's whatever the topic: Telegram limits a bot per chat. Raises InvalidConfig."""
        token = config.get("bot_token")
        if not isinstance(token, str) or ":" not in token:
            raise InvalidConfig("bot_token", "missing", "the token given by @BotFather is required")
        chat = resolve_chat(config, target_channel_id)
        bot_key = f"telegram:{token.partition(':')[0]}"
        return Destination(self.name, bot_id, config, chat.target_id, f"{bot_key}:{chat.chat_id}", bot_key)

    def limits(self, destination: Destination) -> Limits:
        """One message a second in a chat, 20 a minute in a group, 30 a second over all chats of the bot."""
        chat = parse_chat(destination.target_id)
        per_chat: tuple[RateLimit, ...] = (RateLimit(1, 1.0),)
        if chat is None or chat.is_group:
            per_chat += (RateLimit(20, 60.0),)
        return Limits(destination=per_chat, credential=(RateLimit(30, 1.0),))

    def compose(self, message: RelayMessage, destination: Destination, author_label: str) -> Sequence[Part]:
        return compose_telegram(message, author_label)

    def send(self, part: Part, destination: Destination, context: SendContext) -> Outcome:
        """Send one part; a refusal that can be answered by a changed request is, each change at most once."""
        chat = parse_chat(destination.target_id)
        if chat is None:
            return Permanent("chat_not_found", "the target is no address of a Telegram chat", disables_destination=True)
        silent = destination.config.get("disable_notification") is True
        draft = Draft(chat, part, silent=silent, reply_to=context.reply_to)
        if part.media:
            self._load_media(draft, self._media_keys.find(destination.credential_key, [one.url for one in part.media]))
        token: str = destination.config["bot_token"]
        try:
            return self._send_draft(draft, token, destination.credential_key)
        except NotSent as failure:
            detail = presentable(failure.detail, _secrets(token))
            return Permanent(failure.code, detail) if failure.permanent else RetryAfter(failure.code, detail)
        except NoAnswer as failure:
            return Unknown(failure.code, presentable(failure.detail, _secrets(token)))

    def abilities(self, destination: Destination) -> frozenset[Ability]:
        return frozenset({"edit", "delete", "reply", "pin", "react"})

    def edit(self, sent: SentPart, part: Part, destination: Destination, context: SendContext) -> ChangeOutcome:
        """Change the text or the caption; as plain text where the markup is refused."""
        chat = parse_chat(destination.target_id)
        if chat is None:
            return Permanent("chat_not_found", "the target is no address of a Telegram chat", disables_destination=True)
        draft = Draft(chat, part)
        if sent.has_links:
            draft.links.extend(part.media)
        token: str = destination.config["bot_token"]
        answer = self._change(draft.edit_request(sent.message_ids[0]), token)
        if isinstance(answer, TelegramAnswer) and telegram_remedy(answer, has_media=False) is Remedy.PLAIN_TEXT:
            draft.apply(Remedy.PLAIN_TEXT)
            answer = self._change(draft.edit_request(sent.message_ids[0]), token)
        if not isinstance(answer, TelegramAnswer):
            return answer
        if answer.ok or means_unmodified(answer):
            return Delivered(sent.message_ids, tuple(draft.notes))
        return self._not_changed(answer, token)

    def delete(self, sent: SentPart, destination: Destination, context: SendContext) -> ChangeOutcome:
        """Of an album, every item."""
        chat = parse_chat(destination.target_id)
        if chat is None:
            return Permanent("chat_not_found", "the target is no address of a Telegram chat", disables_destination=True)
        token: str = destination.config["bot_token"]
        for message_id in sent.message_ids:
            fields = {"chat_id": chat.request_chat_id, "message_id": int(message_id)}
            answer = self._change(TelegramRequest("deleteMessage", fields), token)
            if not isinstance(answer, TelegramAnswer):
                return answer
            if not answer.ok and not means_already_deleted(answer):
                return self._not_changed(answer, token)
        return Delivered()

    def mark(self, sent: SentPart, mark: Mark, destination: Destination, context: SendContext) -> ChangeOutcome:
        """Pin without a notification; a bot has one reaction a message, so the latest is shown."""
        chat = parse_chat(destination.target_id)
        if chat is None:
            return Permanent("chat_not_found", "the target is no address of a Telegram chat", disables_destination=True)
        token: str = destination.config["bot_token"]
        request = mark_request(mark, chat, sent.message_ids[0])
        answer = self._change(request, token)
        if not isinstance(answer, TelegramAnswer):
            return answer
        if answer.ok:
            return Delivered()
        code = unmarkable_code(answer)
        if code:
            return Unchangeable(code, presentable(answer.description, _secrets(token)))
        return self._not_changed(answer, token)

    def _change(self, request: TelegramRequest, token: str) -> TelegramAnswer | ChangeOutcome:
        try:
            return self._call(request, token)
        except NotSent as failure:
            detail = presentable(failure.detail, _secrets(token))
            return Permanent(failure.code, detail) if failure.permanent else RetryAfter(failure.code, detail)
        except NoAnswer as failure:
            # Done twice it changes nothing.
            return RetryAfter(failure.code, presentable(failure.detail, _secrets(token)))

    def _not_changed(self, answer: TelegramAnswer, token: str) -> ChangeOutcome:
        code = unchangeable_code(answer)
        if code:
            return Unchangeable(code, presentable(answer.description, _secrets(token)))
        return repeatable(telegram_outcome(answer, _secrets(token)))

    def test(self, destination: Destination) -> Outcome:
        return self.send(Part("text", TEST_TEXT, TEST_TEXT), destination, SendContext("test"))

    def _send_draft(self, draft: Draft, token: str, credential: str) -> Outcome:
        tried = set()
        for _ in range(_MAX_REMEDIES):
            answer = self._call(draft.request(), token)
            if answer.ok:
                self._keep_file_ids(draft, answer, credential)
                new_target_id = None if draft.new_chat_id is None else str(draft.new_chat_id)
                return Delivered(answer.message_ids, tuple(draft.notes), new_target_id)
            remedy = telegram_remedy(answer, has_media=bool(draft.uploads))
            if remedy in (Remedy.AS_DOCUMENT, Remedy.AS_LINK) and self._upload_after_all(draft, credential):
                continue
            shapes = tuple(upload.shape for upload in draft.uploads)
            if remedy is None or (remedy, shapes) in tried or not draft.apply(remedy, answer.migrate_to_chat_id):
                break
            tried.add((remedy, shapes))
        return telegram_outcome(answer, _secrets(token))

    def _call(self, request: TelegramRequest, token: str) -> TelegramAnswer:
        url = f"{self._api_base}/bot{token}/{request.method}"
        timeout_seconds = _REQUEST_SECONDS + request.upload_bytes / _UPLOAD_BYTES_PER_SECOND
        if request.files:
            response = self._http.request(
                "POST", url, data=request.form, files=request.files, timeout_seconds=timeout_seconds
            )
        else:
            response = self._http.request("POST", url, json=request.fields, timeout_seconds=timeout_seconds)
        return read_telegram_answer(response)

    def _keep_file_ids(self, draft: Draft, answer: TelegramAnswer, credential: str) -> None:
        sent = zip(draft.uploads, answer.file_ids, strict=False)
        keys = {
            upload.item.url: f"{upload.shape}:{file_id}" for upload, file_id in sent if not upload.file_id and file_id
        }
        if keys:
            self._media_keys.keep(credential, keys)

    def _upload_after_all(self, draft: Draft, credential: str) -> bool:
        """Telegram refused files, some of which it was to have already: they are fetched and uploaded. False when
        there was none of those."""
        reused = [upload.item.url for upload in draft.uploads if upload.file_id]
        if not reused:
            return False
        self._media_keys.keep(credential, dict.fromkeys(reused, ""))
        draft.uploads, draft.links = [], []
        self._load_media(draft, {})
        return True

    def _load_media(self, draft: Draft, known: Mapping[str, str]) -> None:
        """Take what Telegram has already, fetch the rest of the part's media; what cannot be had, or not be sent,
        becomes a link with a note of the reason."""
        items = draft.part.media
        shapes: list[Shape] = list(draft.part.options.get("shapes", ["document"] * len(items)))
        reused = _reused(items, shapes, known)
        if reused is not None:
            draft.uploads += reused
            return
        alone = len(items) == 1
        wanted = [
            (item, MAX_PHOTO_BYTES if shape == "photo" and not alone else MAX_FILE_BYTES)
            for item, shape in zip(items, shapes, strict=True)
        ]
        room_bytes = MAX_FILE_BYTES
        for item, shape, fetched in zip(items, shapes, fetch_together(self._media, wanted), strict=True):
            if not isinstance(fetched, FetchedMedia):
                reason = fetched.code
            elif not fetched.content:
                reason = "empty"
            elif len(fetched.content) > room_bytes:
                reason = "too_large"
            else:
                room_bytes -= len(fetched.content)
                draft.uploads.append(Upload(item, _final_shape(shape, fetched, alone), fetched))
                continue
            draft.links.append(item)
            draft.notes.append(f"{shape}_as_link: {reason}")


def _reused(items: Sequence[MediaItem], shapes: Sequence[Shape], known: Mapping[str, str]) -> list[Upload] | None:
    """All of the part's files by their ids, or None when one of them has to be uploaded: then all are, so that the
    size of the request is judged as a whole. In an album each has to be of the kind that was planned."""
    uploads = []
    for item, planned in zip(items, shapes, strict=True):
        shape, colon, file_id = known.get(item.url, "").partition(":")
        if not colon or (len(items) > 1 and shape != planned):
            return None
        uploads.append(Upload(item, cast(Shape, shape), file_id=file_id))
    return uploads


def _final_shape(shape: Shape, fetched: FetchedMedia, alone: bool) -> Shape:
    """What only the fetched bytes tell: a picture over 10 MB is a document, an animated one an animation."""
    if not alone or shape != "photo":
        return shape
    if fetched.mime_type == "image/gif":
        return "animation"
    return "document" if len(fetched.content) > MAX_PHOTO_BYTES else "photo"


def _secrets(token: str) -> tuple[str, ...]:
    return (token, token.partition(":")[2])
