"""Messages by the bot of a Feishu app (open.feishu.cn, im/v1)."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from shared.message.model import MediaItem
from shared.platforms.answer_text import presentable
from shared.platforms.base import Part, SentPart
from shared.platforms.feishu_answers import (
    MESSAGE_GONE,
    SCOPE_CODES,
    TOKEN_CODES,
    UNCHANGEABLE,
    WRONG_FILE_TYPE,
    FeishuAnswer,
    feishu_outcome,
    read_feishu_answer,
    takes_plainer_content,
)
from shared.platforms.feishu_parts import (
    MAX_FILE_BYTES,
    MAX_IMAGE_BYTES,
    inert,
    link_line,
    link_row,
    picture_rows,
    post_content,
    serialised,
)
from shared.platforms.feishu_settings import Receiver
from shared.platforms.feishu_token import AppCredentials, TenantTokens, TokenUnavailable, nothing_sent
from shared.platforms.http import HttpClient, NoAnswer, NotSent
from shared.platforms.media import FetchedMedia, MediaFetcher
from shared.platforms.media_batch import fetch_together
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
from shared.platforms.unicode_text import well_formed

PINS_PATH = "/open-apis/im/v1/pins"
MESSAGES_PATH = "/open-apis/im/v1/messages"
IMAGES_PATH = "/open-apis/im/v1/images"
FILES_PATH = "/open-apis/im/v1/files"
MAX_UUID_CHARACTERS = 50

_REQUEST_SECONDS = 10.0
_UPLOAD_BYTES_PER_SECOND = 2 * 1024 * 1024
_JSON_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
# Upload refusals that concern the right to upload: the text can still be sent, with a link.
_NO_UPLOAD_CODES = SCOPE_CODES | {234007}
_FILE_TYPES = {
    ".pdf": "pdf",
    ".doc": "doc",
    ".docx": "doc",
    ".xls": "xls",
    ".xlsx": "xls",
    ".ppt": "ppt",
    ".pptx": "ppt",
    ".mp4": "mp4",
    ".opus": "opus",
}
_MESSAGE_TYPES = {"mp4": "media", "opus": "audio"}


class _Stopped(Exception):
    """Sending cannot go on; nothing of the part has been shown."""

    def __init__(self, outcome: Permanent | RetryAfter) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class _Content:
    """One message as the API takes it, before it is serialised."""

    msg_type: str
    content: Mapping[str, Any]


@dataclass(slots=True)
class _Session:
    """One part on its way: for whom, under which key, and what was degraded so far."""

    app: AppCredentials
    receiver: Receiver
    idempotency_key: str
    secrets: list[str]
    notes: list[str] = field(default_factory=list)
    reply_to: str = ""
    # Addresses of pictures whose keys are from earlier uploads; with ``uploads_all`` there are to be none.
    reused: set[str] = field(default_factory=set)
    uploads_all: bool = False


class FeishuAppSender:
    """Sends parts composed by ``compose_for_app``."""

    def __init__(self, http: HttpClient, media: MediaFetcher, tokens: TenantTokens, media_keys: MediaKeys) -> None:
        self._http = http
        self._media = media
        self._tokens = tokens
        self._media_keys = media_keys

    def send(
        self, part: Part, app: AppCredentials, receiver: Receiver, idempotency_key: str, reply_to: str = ""
    ) -> Outcome:
        """``idempotency_key`` becomes the request's ``uuid``: within an hour Feishu shows one message per uuid."""
        session = _Session(app, receiver, idempotency_key, [app.app_secret], reply_to=reply_to)
        try:
            if part.kind == "file":
                return self._send_file(part.media[0], session)
            return self._send_post(part, session)
        except (_Stopped, TokenUnavailable) as stopped:
            return stopped.outcome
        except NotSent as failure:
            return _not_sent(failure, session)
        except NoAnswer as failure:
            return Unknown(failure.code, presentable(failure.detail, session.secrets))

    def edit(self, sent: SentPart, part: Part, app: AppCredentials, idempotency_key: str) -> ChangeOutcome:
        """Change a text or post; pictures in it are uploaded anew. A file cannot be changed."""
        if part.kind == "file":
            return Unchangeable("file_message", "Feishu changes texts and posts only")
        session = _Session(app, Receiver("", ""), idempotency_key, [app.app_secret])

        def change() -> FeishuAnswer:
            answer = self._put(sent.message_ids[0], self._post_of(part, session), session)
            if takes_plainer_content(answer):
                session.notes.append(f"plain_text: post refused with {answer.code}")
                answer = self._put(sent.message_ids[0], _plain_text_of(part), session)
            return answer

        return self._changed(change, session, sent.message_ids, gone_is_done=False)

    def delete(self, sent: SentPart, app: AppCredentials) -> ChangeOutcome:
        session = _Session(app, Receiver("", ""), "", [app.app_secret])
        path = f"{MESSAGES_PATH}/{quote(sent.message_ids[0], safe='')}"

        def change() -> FeishuAnswer:
            return self._authorised(session, path, method="DELETE", timeout_seconds=_REQUEST_SECONDS)

        return self._changed(change, session, (), gone_is_done=True)

    def pin(self, sent: SentPart, app: AppCredentials, *, is_on: bool) -> ChangeOutcome:
        """Pin a message in its chat, or unpin it. What is refused here is about the pin, never about the chat."""
        session = _Session(app, Receiver("", ""), "", [app.app_secret])
        message_id = sent.message_ids[0]

        def change() -> FeishuAnswer:
            if not is_on:
                path = f"{PINS_PATH}/{quote(message_id, safe='')}"
                return self._authorised(session, path, method="DELETE", timeout_seconds=_REQUEST_SECONDS)
            return self._authorised(
                session,
                PINS_PATH,
                data=serialised({"message_id": message_id}).encode(),
                headers=_JSON_HEADERS,
                timeout_seconds=_REQUEST_SECONDS,
            )

        outcome = self._changed(change, session, (), gone_is_done=True)
        if isinstance(outcome, Permanent):
            return Unchangeable(outcome.code, outcome.detail)
        return outcome

    def _changed(
        self, change: Callable[[], FeishuAnswer], session: _Session, ids: tuple[str, ...], *, gone_is_done: bool
    ) -> ChangeOutcome:
        try:
            answer = change()
        except (_Stopped, TokenUnavailable) as stopped:
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

    def _put(self, message_id: str, message: _Content, session: _Session) -> FeishuAnswer:
        body = {"msg_type": message.msg_type, "content": serialised(message.content)}
        return self._authorised(
            session,
            f"{MESSAGES_PATH}/{quote(message_id, safe='')}",
            method="PUT",
            data=serialised(body).encode(),
            headers=_JSON_HEADERS,
            timeout_seconds=_REQUEST_SECONDS,
        )

    def _post_of(self, part: Part, session: _Session) -> _Content:
        rows = json.loads(part.text) if part.kind == "post" else [[{"tag": "text", "text": inert(part.text)}]]
        keys = self._image_keys(part.media, session)
        for number, (item, rows_before) in enumerate(zip(part.media, picture_rows(part), strict=True)):
            key = keys[item.url]
            row = link_row(item) if key is None else [{"tag": "img", "image_key": key}]
            rows.insert(rows_before + number, row)
        return _Content("post", post_content(rows))

    def _image_keys(self, items: Sequence[MediaItem], session: _Session) -> dict[str, str | None]:
        """By address: what Feishu calls each picture, uploaded where it has not been lately; None for one that cannot
        be had or is not taken."""
        keys: dict[str, str | None] = {**self._known(items, session)}
        session.reused |= keys.keys()
        missing = [item for item in items if item.url not in keys]
        fetched = fetch_together(self._media, [(item, MAX_IMAGE_BYTES) for item in missing])
        uploaded: dict[str, str] = {}
        for item, found in zip(missing, fetched, strict=True):
            if item.url not in keys:  # the same picture twice in one message
                key = keys[item.url] = self._image_key(item, found, session)
                if key is not None:
                    uploaded[item.url] = key
        if uploaded:
            self._media_keys.keep(_credential(session.app), uploaded)
        return keys

    def _known(self, items: Sequence[MediaItem], session: _Session) -> Mapping[str, str]:
        if not items or session.uploads_all:
            return {}
        return self._media_keys.find(_credential(session.app), [item.url for item in items])

    def _forget_reused(self, session: _Session) -> bool:
        """After a refusal: whether it may be because of keys from earlier uploads, which are now forgotten."""
        if not session.reused:
            return False
        self._media_keys.keep(_credential(session.app), dict.fromkeys(session.reused, ""))
        session.reused, session.uploads_all = set(), True
        return True

    def _send_post(self, part: Part, session: _Session) -> Outcome:
        answer = self._create(self._post_of(part, session), session, "")
        if takes_plainer_content(answer) and self._forget_reused(session):
            answer = self._create(self._post_of(part, session), session, "-anew")
        if takes_plainer_content(answer):
            session.notes.append(f"plain_text: post refused with {answer.code}")
            answer = self._create(_plain_text_of(part), session, "-text")
        return _outcome(answer, session)

    def _image_key(self, item: MediaItem, fetched: FetchedMedia | Exception, session: _Session) -> str | None:
        media = self._usable(item, fetched, session)
        if media is None:
            return None
        upload = {"image": (well_formed(media.file_name), media.content, media.mime_type)}
        return self._upload(IMAGES_PATH, {"image_type": "message"}, upload, "image", session)

    def _send_file(self, item: MediaItem, session: _Session) -> Outcome:
        known = self._known([item], session).get(item.url, "")
        if known:
            file_type, _, key = known.partition(":")
            answer = self._create(_file_message(file_type, key), session, "-known")
            if answer.ok or not (takes_plainer_content(answer) or answer.code == WRONG_FILE_TYPE):
                return _outcome(answer, session)
            self._media_keys.keep(_credential(session.app), {item.url: ""})
        return self._upload_file(item, session)

    def _upload_file(self, item: MediaItem, session: _Session) -> Outcome:
        media = self._usable(item, fetch_together(self._media, [(item, MAX_FILE_BYTES)])[0], session)
        file_type = "" if media is None else file_type_of(item, media)
        key = None if media is None else self._file_key(item, media, file_type, session)
        if media is None or key is None:
            return _outcome(self._create(_link_message(item), session, ""), session)
        answer = self._create(_file_message(file_type, key), session, "")
        if answer.code == WRONG_FILE_TYPE and file_type != "stream":
            session.notes.append(f"{item.kind}_as_file: refused as {file_type}")
            key = self._file_key(item, media, "stream", session)
            content = _link_message(item) if key is None else _file_message("stream", key)
            answer = self._create(content, session, "-stream")
        return _outcome(answer, session)

    def _file_key(self, item: MediaItem, media: FetchedMedia, file_type: str, session: _Session) -> str | None:
        name = well_formed(media.file_name)
        form = {"file_type": file_type, "file_name": name}
        if file_type in _MESSAGE_TYPES and item.duration_seconds:
            form["duration"] = str(round(item.duration_seconds * 1000))
        file = {"file": (name, media.content, media.mime_type)}
        key = self._upload(FILES_PATH, form, file, item.kind, session)
        if key is not None:
            self._media_keys.keep(_credential(session.app), {item.url: f"{file_type}:{key}"})
        return key

    def _usable(self, item: MediaItem, fetched: FetchedMedia | Exception, session: _Session) -> FetchedMedia | None:
        if isinstance(fetched, FetchedMedia) and fetched.content:
            return fetched
        reason = "empty" if isinstance(fetched, FetchedMedia) else getattr(fetched, "code", "unavailable")
        session.notes.append(f"{item.kind}_as_link: {reason}")
        return None

    def _upload(
        self, path: str, form: Mapping[str, str], files: Mapping[str, Any], kind: str, session: _Session
    ) -> str | None:
        """The key of the uploaded file, or None (with a note) when the file is refused. Raises _Stopped."""
        size_bytes = sum(len(content) for _, content, _ in files.values())
        timeout_seconds = _REQUEST_SECONDS + size_bytes / _UPLOAD_BYTES_PER_SECOND
        try:
            answer = self._authorised(
                session, path, data=dict(form), files=dict(files), timeout_seconds=timeout_seconds
            )
        except NoAnswer as failure:
            # An upload shows nothing in the chat.
            raise _Stopped(RetryAfter(failure.code, presentable(failure.detail, session.secrets))) from None
        key = answer.data.get("image_key") or answer.data.get("file_key")
        if answer.ok and isinstance(key, str):
            return key
        if not answer.ok and answer.code not in _NO_UPLOAD_CODES:
            outcome = nothing_sent(feishu_outcome(answer, tuple(session.secrets)))
            if isinstance(outcome, RetryAfter) or outcome.disables_destination or answer.code in TOKEN_CODES:
                raise _Stopped(outcome)
        session.notes.append(f"{kind}_as_link: upload refused with {answer.code}")
        return None

    def _create(self, message: _Content, session: _Session, variant: str) -> FeishuAnswer:
        path = f"{MESSAGES_PATH}?receive_id_type={session.receiver.id_type}"
        if session.reply_to:
            path = f"{MESSAGES_PATH}/{quote(session.reply_to, safe='')}/reply"
        body = {
            **({} if session.reply_to else {"receive_id": session.receiver.id}),
            "msg_type": message.msg_type,
            "content": serialised(message.content),
            "uuid": message_uuid(session.idempotency_key, variant),
        }
        # Serialised here: the limits are on these very bytes, and \\u escapes would double those of Chinese text.
        return self._authorised(
            session,
            path,
            data=serialised(body).encode(),
            headers=_JSON_HEADERS,
            timeout_seconds=_REQUEST_SECONDS,
        )

    def _authorised(
        self,
        session: _Session,
        path: str,
        *,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> FeishuAnswer:
        """Send with the app's token; once more with a fresh one when it is refused."""
        for is_last_try in (False, True):
            token = self._tokens.token(session.app)
            session.secrets.append(token)
            answer = read_feishu_answer(
                self._http.request(
                    method,
                    session.app.api_base + path,
                    headers={**(headers or {}), "Authorization": f"Bearer {token}"},
                    **request,
                )
            )
            if answer.code not in TOKEN_CODES or is_last_try:
                break
            self._tokens.drop(session.app, token)
        return answer


def _credential(app: AppCredentials) -> str:
    return f"feishu:app:{app.app_id}"


def message_uuid(idempotency_key: str, variant: str) -> str:
    """At most 50 characters; changed content needs a uuid of its own, so ``variant`` tells fallbacks apart."""
    uuid = idempotency_key + variant
    return uuid if len(uuid) <= MAX_UUID_CHARACTERS else hashlib.sha256(uuid.encode()).hexdigest()[:40]


def file_type_of(item: MediaItem, media: FetchedMedia) -> str:
    """The upload's ``file_type``: only opus is a sound and only mp4 a video, anything unknown is a ``stream``."""
    if media.mime_type == "audio/opus":
        return "opus"
    if media.mime_type == "video/mp4":
        return "mp4"
    return _FILE_TYPES.get(posixpath.splitext(media.file_name)[1].lower(), "stream")


def _plain_text_of(part: Part) -> _Content:
    return _Content("text", {"text": "\n".join(filter(None, [inert(part.plain_text), *map(link_line, part.media)]))})


def _file_message(file_type: str, key: str) -> _Content:
    return _Content(_MESSAGE_TYPES.get(file_type, "file"), {"file_key": key})


def _link_message(item: MediaItem) -> _Content:
    return _Content("post", post_content([link_row(item)]))


def _outcome(answer: FeishuAnswer, session: _Session) -> Outcome:
    if session.reply_to and answer.code in MESSAGE_GONE:
        return Permanent(REPLY_NOT_FOUND, f"Feishu refused the reply with {answer.code}")
    if not answer.ok:
        return feishu_outcome(answer, tuple(session.secrets))
    message_id = answer.data.get("message_id")
    return Delivered((message_id,) if isinstance(message_id, str) else (), tuple(session.notes))


def _not_sent(failure: NotSent, session: _Session) -> Permanent | RetryAfter:
    detail = presentable(failure.detail, session.secrets)
    return Permanent(failure.code, detail) if failure.permanent else RetryAfter(failure.code, detail)
