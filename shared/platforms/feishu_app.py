"""Messages by the bot of a Feishu app (open.feishu.cn, im/v1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from shared.message.model import MediaItem
from shared.platforms.answer_text import presentable
from shared.platforms.base import Part, SentPart
from shared.platforms.feishu_answers import (
    MESSAGE_GONE,
    UNCHANGEABLE,
    WRONG_FILE_TYPE,
    FeishuAnswer,
    feishu_outcome,
    takes_plainer_content,
)
from shared.platforms.feishu_parts import (
    inert,
    link_line,
    link_row,
    picture_rows,
    post_content,
    serialised,
)
from shared.platforms.feishu_requests import FeishuRequests, FeishuSession, Stopped
from shared.platforms.feishu_settings import Receiver
from shared.platforms.feishu_token import AppCredentials, TenantTokens, TokenUnavailable
from shared.platforms.feishu_uploads import ANY_FILE_TYPE, FeishuUploads, file_type_of
from shared.platforms.http import HttpClient, NoAnswer, NotSent
from shared.platforms.media import MediaFetcher
from shared.platforms.media_keys import MediaKeys
from shared.platforms.outcomes import (
    REPLY_NOT_FOUND,
    ChangeOutcome,
    Delivered,
    Outcome,
    Permanent,
    RetryAfter,
    Unchangeable,
    Unknown,
    repeatable,
)

PINS_PATH = "/open-apis/im/v1/pins"
MESSAGES_PATH = "/open-apis/im/v1/messages"
MAX_UUID_CHARACTERS = 50

# A message that shows an uploaded file, by the file's type; any other is a file.
_MESSAGE_TYPES = {"mp4": "media", "opus": "audio"}


@dataclass(frozen=True, slots=True)
class _Content:
    """One message as the API takes it, before it is serialised."""

    msg_type: str
    content: Mapping[str, Any]


class FeishuAppSender:
    """Sends parts composed by ``compose_for_app``."""

    def __init__(self, http: HttpClient, media: MediaFetcher, tokens: TenantTokens, media_keys: MediaKeys) -> None:
        self._requests = FeishuRequests(http, tokens)
        self._uploads = FeishuUploads(self._requests, media, media_keys)

    def send(
        self, part: Part, app: AppCredentials, receiver: Receiver, idempotency_key: str, reply_to: str = ""
    ) -> Outcome:
        """``idempotency_key`` becomes the request's ``uuid``: within an hour Feishu shows one message per uuid."""
        session = FeishuSession(app, receiver, idempotency_key, [app.app_secret], reply_to=reply_to)
        try:
            if part.kind == "file":
                return self._send_file(part.media[0], session)
            return self._send_post(part, session)
        except (Stopped, TokenUnavailable) as stopped:
            return stopped.outcome
        except NotSent as failure:
            return _not_sent(failure, session)
        except NoAnswer as failure:
            return Unknown(failure.code, presentable(failure.detail, session.secrets))

    def edit(self, sent: SentPart, part: Part, app: AppCredentials, idempotency_key: str) -> ChangeOutcome:
        """Change a text or post; pictures in it are uploaded anew. A file cannot be changed."""
        if part.kind == "file":
            return Unchangeable("file_message", "Feishu changes texts and posts only")
        session = FeishuSession(app, Receiver("", ""), idempotency_key, [app.app_secret])

        def change() -> FeishuAnswer:
            answer = self._put(sent.message_ids[0], self._post_of(part, session), session)
            if takes_plainer_content(answer):
                session.notes.append(f"plain_text: post refused with {answer.code}")
                answer = self._put(sent.message_ids[0], _plain_text_of(part), session)
            return answer

        return self._changed(change, session, sent.message_ids, gone_is_done=False)

    def delete(self, sent: SentPart, app: AppCredentials) -> ChangeOutcome:
        session = FeishuSession(app, Receiver("", ""), "", [app.app_secret])
        path = f"{MESSAGES_PATH}/{quote(sent.message_ids[0], safe='')}"

        def change() -> FeishuAnswer:
            return self._requests.send(session, path, method="DELETE")

        return self._changed(change, session, (), gone_is_done=True)

    def pin(self, sent: SentPart, app: AppCredentials, *, is_on: bool) -> ChangeOutcome:
        """Pin a message in its chat, or unpin it. What is refused here is about the pin, never about the chat."""
        session = FeishuSession(app, Receiver("", ""), "", [app.app_secret])
        message_id = sent.message_ids[0]

        def change() -> FeishuAnswer:
            if not is_on:
                path = f"{PINS_PATH}/{quote(message_id, safe='')}"
                return self._requests.send(session, path, method="DELETE")
            return self._requests.send_json(session, PINS_PATH, {"message_id": message_id})

        outcome = self._changed(change, session, (), gone_is_done=True)
        if isinstance(outcome, Permanent):
            return Unchangeable(outcome.code, outcome.detail)
        return outcome

    def _changed(
        self, change: Callable[[], FeishuAnswer], session: FeishuSession, ids: tuple[str, ...], *, gone_is_done: bool
    ) -> ChangeOutcome:
        try:
            answer = change()
        except (Stopped, TokenUnavailable) as stopped:
            return stopped.outcome
        except NotSent as failure:
            return _not_sent(failure, session)
        except NoAnswer as failure:
            # Done twice it changes nothing.
            return RetryAfter(failure.code, presentable(failure.detail, session.secrets))
        if answer.ok or (gone_is_done and answer.code in MESSAGE_GONE):
            return Delivered(ids, tuple(session.notes))
        if answer.code in UNCHANGEABLE:
            return Unchangeable(UNCHANGEABLE[answer.code], f"Feishu refused the change with {answer.code}")
        return repeatable(feishu_outcome(answer, tuple(session.secrets)))

    def _put(self, message_id: str, message: _Content, session: FeishuSession) -> FeishuAnswer:
        body = {"msg_type": message.msg_type, "content": serialised(message.content)}
        return self._requests.send_json(session, f"{MESSAGES_PATH}/{quote(message_id, safe='')}", body, method="PUT")

    def _post_of(self, part: Part, session: FeishuSession) -> _Content:
        rows = json.loads(part.text) if part.kind == "post" else [[{"tag": "text", "text": inert(part.text)}]]
        keys = self._uploads.image_keys(part.media, session)
        for number, (item, rows_before) in enumerate(zip(part.media, picture_rows(part), strict=True)):
            key = keys[item.url]
            row = link_row(item) if key is None else [{"tag": "img", "image_key": key}]
            rows.insert(rows_before + number, row)
        return _Content("post", post_content(rows))

    def _send_post(self, part: Part, session: FeishuSession) -> Outcome:
        answer = self._create(self._post_of(part, session), session, "")
        if takes_plainer_content(answer) and self._uploads.forget_reused(session):
            answer = self._create(self._post_of(part, session), session, "-anew")
        if takes_plainer_content(answer):
            session.notes.append(f"plain_text: post refused with {answer.code}")
            answer = self._create(_plain_text_of(part), session, "-text")
        return _outcome(answer, session)

    def _send_file(self, item: MediaItem, session: FeishuSession) -> Outcome:
        known = self._uploads.known_file(item, session)
        if known is not None:
            answer = self._create(_file_message(known.file_type, known.key), session, "-known")
            if answer.ok or not (takes_plainer_content(answer) or answer.code == WRONG_FILE_TYPE):
                return _outcome(answer, session)
            self._uploads.forget_file(item, session)
        return self._upload_file(item, session)

    def _upload_file(self, item: MediaItem, session: FeishuSession) -> Outcome:
        media = self._uploads.fetched_file(item, session)
        file_type = "" if media is None else file_type_of(item, media)
        key = None if media is None else self._uploads.file_key(item, media, file_type, session)
        if media is None or key is None:
            return _outcome(self._create(_link_message(item), session, ""), session)
        answer = self._create(_file_message(file_type, key), session, "")
        if answer.code == WRONG_FILE_TYPE and file_type != ANY_FILE_TYPE:
            session.notes.append(f"{item.kind}_as_file: refused as {file_type}")
            key = self._uploads.file_key(item, media, ANY_FILE_TYPE, session)
            content = _link_message(item) if key is None else _file_message(ANY_FILE_TYPE, key)
            answer = self._create(content, session, "-stream")
        return _outcome(answer, session)

    def _create(self, message: _Content, session: FeishuSession, variant: str) -> FeishuAnswer:
        path = f"{MESSAGES_PATH}?receive_id_type={session.receiver.id_type}"
        if session.reply_to:
            path = f"{MESSAGES_PATH}/{quote(session.reply_to, safe='')}/reply"
        body = {
            **({} if session.reply_to else {"receive_id": session.receiver.id}),
            "msg_type": message.msg_type,
            "content": serialised(message.content),
            "uuid": message_uuid(session.idempotency_key, variant),
        }
        return self._requests.send_json(session, path, body)


def message_uuid(idempotency_key: str, variant: str) -> str:
    """At most 50 characters; changed content needs a uuid of its own, so ``variant`` tells fallbacks apart."""
    uuid = idempotency_key + variant
    return uuid if len(uuid) <= MAX_UUID_CHARACTERS else hashlib.sha256(uuid.encode()).hexdigest()[:40]


def _plain_text_of(part: Part) -> _Content:
    return _Content("text", {"text": "\n".join(filter(None, [inert(part.plain_text), *map(link_line, part.media)]))})


def _file_message(file_type: str, key: str) -> _Content:
    return _Content(_MESSAGE_TYPES.get(file_type, "file"), {"file_key": key})


def _link_message(item: MediaItem) -> _Content:
    return _Content("post", post_content([link_row(item)]))


def _outcome(answer: FeishuAnswer, session: FeishuSession) -> Outcome:
    if session.reply_to and answer.code in MESSAGE_GONE:
        return Permanent(REPLY_NOT_FOUND, f"Feishu refused the reply with {answer.code}")
    if not answer.ok:
        return feishu_outcome(answer, tuple(session.secrets))
    message_id = answer.data.get("message_id")
    return Delivered((message_id,) if isinstance(message_id, str) else (), tuple(session.notes))


def _not_sent(failure: NotSent, session: FeishuSession) -> Permanent | RetryAfter:
    detail = presentable(failure.detail, session.secrets)
    return Permanent(failure.code, detail) if failure.permanent else RetryAfter(failure.code, detail)
