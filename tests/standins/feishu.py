"""A stand-in for Feishu's open platform: tenant tokens, sending, uploads, the bot's chats, and a group's custom bot.

    with FeishuStandIn() as feishu:
        platform = FeishuPlatform(http, media, feishu.base_url)

Sends are checked against the vendor's schema (tests/data/specs/feishu_im_v1.schema.json), the content of each message
type against the vendor's documents. Live mentions, which a relay must never make, are kept in ``mentions``.
``python -m tests.standins.feishu --port 0`` runs it in a process of its own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from jsonschema import Draft202012Validator

from tests.standins.feishu_chats import CHATS_PATH, page_of_chats
from tests.standins.feishu_content import Shown, read_content
from tests.standins.feishu_hooks import CustomBot, HookRefused, read_hook_post
from tests.standins.feishu_uploads import Uploads
from tests.standins.feishu_wire import FeishuRefused, failure, success
from tests.standins.server import (
    CONTROL_PREFIX,
    Answer,
    ReceivedFile,
    ReceivedMessage,
    RecordedRequest,
    StandInServer,
    run_stand_in,
)

SPEC_FILE = Path(__file__).parent.parent / "data" / "specs" / "feishu_im_v1.schema.json"

APP_ID = "cli_standin0123456789"
APP_SECRET = "stand-in-app-secret-0123456789ab"
CHAT_ID = "oc_standin0123456789abcdef"
# The first token a new stand-in gives out.
FIRST_TOKEN = "t-standin000000001"
HOOK_ID = "0f0e0d0c-1111-2222-3333-444455556666"
HOOK_SECRET = "stand-in-sign-secret"
SIGNED_HOOK_ID = "0a0b0c0d-1111-2222-3333-444455556666"

TOKEN_PATH = "/open-apis/auth/v3/tenant_access_token/internal"
MESSAGES_PATH = "/open-apis/im/v1/messages"
PINS_PATH = "/open-apis/im/v1/pins"
IMAGES_PATH = "/open-apis/im/v1/images"
FILES_PATH = "/open-apis/im/v1/files"
HOOK_PREFIX = "/open-apis/bot/v2/hook/"

MAX_TEXT_BODY_BYTES = 150 * 1024
MAX_POST_BODY_BYTES = 30 * 1024
MAX_EDITS = 20
MAX_UUID_CHARACTERS = 50
DEDUPLICATION_SECONDS = 3600.0
TOKEN_SECONDS = 7200
# With at least this much left, asking again gives the same token.
SAME_TOKEN_SECONDS = 1800.0

_ID_PREFIXES = {"chat_id": "oc_", "open_id": "ou_", "union_id": "on_"}


@dataclass(frozen=True)
class SentMessage:
    """One message shown. ``app_id`` is empty for a custom bot's, whose ``target`` is its hook id."""

    message_id: str
    app_id: str
    target: str
    msg_type: str
    content: Mapping[str, Any]
    shown: Shown
    files: tuple[ReceivedFile, ...]
    uuid: str
    arrived_at: float


def rate_limited_answer(seconds: float, code: int = 99991400, status: int = 429) -> Answer:
    """A frequency limit, with the header that says how long to wait."""
    headers = {"x-ogw-ratelimit-limit": "100", "x-ogw-ratelimit-reset": f"{seconds:g}"}
    return failure(code, "request trigger frequency limit", status, headers)


@cache
def _validator(part: str, call: str = "im.v1.message.create") -> Draft202012Validator:
    spec = json.loads(SPEC_FILE.read_text("utf-8"))
    return Draft202012Validator(spec["tools"][call]["schema"][part])


class FeishuStandIn(StandInServer):
    """``chats`` are the chats the bot is in; every other receiver of a fitting form is refused with 230002.
    ``chat_names`` names those that have a name."""

    name: ClassVar[str] = "feishu"

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        apps: Mapping[str, str] | None = None,
        chats: tuple[str, ...] = (CHAT_ID,),
        hooks: Mapping[str, CustomBot] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(host, port)
        self.apps = dict(apps or {APP_ID: APP_SECRET})
        self.chats = set(chats)
        self.chat_names: dict[str, str] = {}
        self.hooks = dict(hooks or {HOOK_ID: CustomBot(), SIGNED_HOOK_ID: CustomBot(secret=HOOK_SECRET)})
        self.token_seconds = TOKEN_SECONDS
        self.sent: list[SentMessage] = []
        self.edits: dict[str, int] = {}
        self.replies: dict[str, str] = {}
        self.pinned: set[str] = set()
        self.uploads = Uploads()
        self._clock = clock
        self._tokens: dict[str, tuple[str, float]] = {}  # token → (app id, end)
        self._by_uuid: dict[tuple[str, str], tuple[float, dict[str, Any]]] = {}
        self._numbers = iter(range(1, 1_000_000_000))

    # --- what a test reads and does ---

    @property
    def mentions(self) -> list[str]:
        with self.lock:
            return [mention for message in self.sent for mention in message.shown.mentions]

    def received(self) -> list[ReceivedMessage]:
        with self.lock:
            return [
                ReceivedMessage(
                    message_id=message.message_id,
                    target=message.target,
                    author="",
                    text=message.shown.text,
                    files=message.files,
                    arrived_at=message.arrived_at,
                )
                for message in self.sent
            ]

    def revoke_tokens(self) -> None:
        """Every token given out so far becomes invalid."""
        with self.lock:
            self._tokens.clear()

    def control_answer(self, request: RecordedRequest) -> Answer:
        if request.path == CONTROL_PREFIX + "mentions":
            return Answer.of_json(self.mentions)
        return super().control_answer(request)

    # --- answering ---

    def respond(self, request: RecordedRequest) -> Answer:
        try:
            return self._route(request)
        except FeishuRefused as refused:
            return failure(refused.code, refused.msg, refused.status)
        except HookRefused as refused:
            return failure(refused.code, refused.msg, refused.status)

    def _route(self, request: RecordedRequest) -> Answer:
        if request.method == "GET" and request.path == CHATS_PATH:
            self._authorised_app(request)
            return success(page_of_chats(request, self.chats, self.chat_names, _validator("params", "im.v1.chat.list")))
        if request.path.startswith(PINS_PATH):
            return self._pin(request)
        if request.path.startswith(MESSAGES_PATH + "/") and request.method in ("PUT", "DELETE"):
            return self._change(request, self._authorised_app(request))
        return self._route_post(request) if request.method == "POST" else Answer(404, b"404 page not found")

    def _route_post(self, request: RecordedRequest) -> Answer:
        if request.path == TOKEN_PATH:
            return self._issue_token(request)
        if request.path.startswith(HOOK_PREFIX):
            return self._hook(request)
        if request.path == MESSAGES_PATH:
            return self._create(request, self._authorised_app(request))
        if request.path.startswith(MESSAGES_PATH + "/") and request.path.endswith("/reply"):
            return self._reply(request, self._authorised_app(request))
        if request.path == IMAGES_PATH:
            return success({"image_key": self.uploads.take_image(request, self._authorised_app(request))})
        if request.path == FILES_PATH:
            return success({"file_key": self.uploads.take_file(request, self._authorised_app(request))})
        return Answer(404, b"404 page not found")

    def _pin(self, request: RecordedRequest) -> Answer:
        """POST pins a message the app can see, DELETE unpins one."""
        self._authorised_app(request)
        is_on = request.method == "POST"
        message_id = request.json().get("message_id", "") if is_on else request.path.rpartition("/")[2]
        with self.lock:
            if message_id not in {message.message_id for message in self.received()}:
                raise FeishuRefused(230110, "The message has been deleted.")
            if is_on:
                self.pinned.add(message_id)
            else:
                self.pinned.discard(message_id)
            self.lock.notify_all()
        return success({"pin": {"message_id": message_id}} if is_on else {})

    def _issue_token(self, request: RecordedRequest) -> Answer:
        try:
            body = request.json()
            app_id, secret = body["app_id"], body["app_secret"]
        except (ValueError, KeyError, TypeError):
            raise FeishuRefused(10003, "invalid param") from None
        if app_id not in self.apps:
            raise FeishuRefused(10003, "invalid app_id")
        if self.apps[app_id] != secret:
            raise FeishuRefused(10014, "app secret invalid")
        now = self._clock()
        with self.lock:
            kept = [(end, token) for token, (owner, end) in self._tokens.items() if owner == app_id]
            end, token = max(kept, default=(0.0, ""))
            if end - now < min(SAME_TOKEN_SECONDS, self.token_seconds):
                token, end = f"t-standin{next(self._numbers):09d}", now + self.token_seconds
                self._tokens[token] = (app_id, end)
        body = {"code": 0, "msg": "ok", "tenant_access_token": token, "expire": int(end - now)}
        return Answer.of_json(body)

    def _authorised_app(self, request: RecordedRequest) -> str:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            raise FeishuRefused(99991661, "Missing access token for authorization")
        with self.lock:
            app_id, end = self._tokens.get(token, ("", 0.0))
        if not app_id or self._clock() >= end:
            raise FeishuRefused(99991663, "Invalid access token for authorization")
        return app_id

    # --- an app's messages ---

    def _create(self, request: RecordedRequest, app_id: str) -> Answer:
        query = {name: values[0] for name, values in request.query.items()}
        try:
            body = request.json()
        except ValueError:
            raise FeishuRefused(9499, "Bad Request") from None
        for part, value in (("params", query), ("data", body)):
            problem = next(iter(_validator(part).iter_errors(value)), None)
            if problem is not None:
                raise FeishuRefused(230001, f"invalid request parameter: {problem.message[:100]}")
        self._check_receiver(query["receive_id_type"], body["receive_id"])
        content, shown = self._content(request, body)
        self._check_keys(app_id, body["msg_type"], shown)
        return success(self._post_once(request, app_id, body, content, shown))

    def _check_receiver(self, id_type: str, receive_id: str) -> None:
        prefix = _ID_PREFIXES.get(id_type, "")
        if not receive_id.startswith(prefix) or (id_type == "email" and "@" not in receive_id):
            raise FeishuRefused(230034, "The receive_id is invalid")
        if receive_id not in self.chats:
            raise FeishuRefused(230002, "Bot/User can NOT be out of the chat.")

    def _content(self, request: RecordedRequest, body: Mapping[str, Any]) -> tuple[Mapping[str, Any], Shown]:
        if len(body.get("uuid", "")) > MAX_UUID_CHARACTERS:
            raise FeishuRefused(230001, "uuid is longer than 50 characters")
        limit = MAX_TEXT_BODY_BYTES if body["msg_type"] == "text" else MAX_POST_BODY_BYTES
        if len(request.body) > limit:
            raise FeishuRefused(230025, "The length of the message content reaches its limit.")
        try:
            content = json.loads(body["content"])
            return content, read_content(body["msg_type"], content)
        except ValueError as problem:
            raise FeishuRefused(230001, f"content is not valid: {problem}") from None

    def _check_keys(self, app_id: str, msg_type: str, shown: Shown) -> None:
        for key in shown.image_keys:
            self.uploads.check_image(key, app_id)
        for key in shown.file_keys:
            self.uploads.check_file(key, app_id, msg_type)

    def _post_once(
        self,
        request: RecordedRequest,
        app_id: str,
        body: Mapping[str, Any],
        content: Mapping[str, Any],
        shown: Shown,
    ) -> dict[str, Any]:
        """The same uuid within an hour answers with the first message and shows nothing."""
        now, uuid = self._clock(), body.get("uuid", "")
        with self.lock:
            posted_at, answer = self._by_uuid.get((app_id, uuid), (0.0, {}))
            if uuid and answer and now - posted_at < DEDUPLICATION_SECONDS:
                return answer
            message_id = f"om_standin{next(self._numbers):09d}"
            answer = {
                "message_id": message_id,
                "msg_type": body["msg_type"],
                "chat_id": body["receive_id"],
                "create_time": str(int(now * 1000)),
                "body": {"content": body["content"]},
            }
            self._by_uuid[(app_id, uuid)] = (now, answer)
            files = tuple(self.uploads.received(key) for key in (*shown.image_keys, *shown.file_keys))
            self.sent.append(
                SentMessage(
                    message_id,
                    app_id,
                    body["receive_id"],
                    body["msg_type"],
                    content,
                    shown,
                    files,
                    uuid,
                    request.arrived_at,
                )
            )
            self.lock.notify_all()
        return answer

    def _reply(self, request: RecordedRequest, app_id: str) -> Answer:
        message_id = request.path.removeprefix(MESSAGES_PATH + "/").removesuffix("/reply")
        with self.lock:
            original = next((one for one in self.sent if one.message_id == message_id), None)
        if original is None:
            raise FeishuRefused(230011, "The message is recalled.")
        body = request.json()
        problem = next(iter(_validator("data", "im.v1.message.reply").iter_errors(body)), None)
        if problem is not None:
            raise FeishuRefused(230001, f"invalid request parameter: {problem.message[:100]}")
        content, shown = self._content(request, body)
        self._check_keys(app_id, body["msg_type"], shown)
        answer = self._post_once(request, app_id, {**body, "receive_id": original.target}, content, shown)
        self.replies[answer["message_id"]] = message_id
        return success(answer)

    def _change(self, request: RecordedRequest, app_id: str) -> Answer:
        """PUT changes an app's own text or post, at most 20 times; DELETE recalls a message of its own."""
        message_id = request.path.removeprefix(MESSAGES_PATH + "/")
        with self.lock:
            number = next((n for n, one in enumerate(self.sent) if one.message_id == message_id), None)
            if number is None:
                raise FeishuRefused(230011, "The message is recalled.")
            old = self.sent[number]
            if old.app_id != app_id:
                raise FeishuRefused(230071, "The operator is not the sender of the message.")
            if request.method == "DELETE":
                del self.sent[number]
                self.lock.notify_all()
                return success({})
        body = request.json()
        problem = next(iter(_validator("data", "im.v1.message.update").iter_errors(body)), None)
        if problem is not None or body["msg_type"] not in ("text", "post"):
            raise FeishuRefused(230001, "invalid request parameter")
        if old.msg_type not in ("text", "post"):
            raise FeishuRefused(230054, "This operation is not supported for this message type.")
        content, shown = self._content(request, body)
        self._check_keys(app_id, body["msg_type"], shown)
        with self.lock:
            self.edits[message_id] = self.edits.get(message_id, 0) + 1
            if self.edits[message_id] > MAX_EDITS:
                raise FeishuRefused(230072, "The message has reached the number of times it can be edited.")
            files = tuple(self.uploads.received(key) for key in (*shown.image_keys, *shown.file_keys))
            number = self.sent.index(old)
            self.sent[number] = replace(old, msg_type=body["msg_type"], content=content, shown=shown, files=files)
            self.lock.notify_all()
        return success({"message_id": message_id, "msg_type": body["msg_type"], "updated": True})

    # --- a custom bot's messages ---

    def _hook(self, request: RecordedRequest) -> Answer:
        hook_id = request.path.removeprefix(HOOK_PREFIX)
        post = read_hook_post(request, self.hooks.get(hook_id), self._clock())
        with self.lock:
            number = next(self._numbers)
            self.sent.append(
                SentMessage(
                    f"hook-{number}", "", hook_id, post.msg_type, post.content, post.shown, (), "", request.arrived_at
                )
            )
            self.lock.notify_all()
        body = {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}
        return Answer.of_json(body)


if __name__ == "__main__":
    run_stand_in(FeishuStandIn)
