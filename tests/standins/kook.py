"""A stand-in KOOK: its REST interface under ``/api/v3`` and its OAuth2 under the same host.

    with KookStandIn() as kook:
        kook.world.populate()
        client = KookClient(http, kook.api_base, DEFAULT_BOT_TOKEN)

It keeps a world (kook_world.py), checks each call's method, credential and parameters (kook_calls.py), sends
rate-limit headers, answers 429 when a bucket is empty, and plays the base's scripted faults. ``python -m
tests.standins.kook --port 0`` runs it in a process of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode

from tests.standins.kook_calls import CALLS, Arguments, Call
from tests.standins.kook_cards import shown_files
from tests.standins.kook_world import CLIENT_ID, CLIENT_SECRET, KookWorld, Refused
from tests.standins.server import Answer, ReceivedMessage, RecordedRequest, StandInServer, run_stand_in

API_PREFIX = "/api/v3/"
_PIPE_CALL = "message/send-pipemsg"


@dataclass(frozen=True)
class RateRule:
    """At most ``requests`` in a window of ``per_seconds`` that starts with the first of them."""

    requests: int
    per_seconds: float


@dataclass
class _Window:
    ends_at: float
    remaining: int


class KookStandIn(StandInServer):
    """``rate_rules`` maps bucket names to rules (``user/info`` is the bucket of user/me, others are called like the
    call, "" is the limit over all calls); buckets without a rule get ``default_rule``."""

    name: ClassVar[str] = "kook"

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        world: KookWorld | None = None,
        rate_rules: Mapping[str, RateRule] | None = None,
        default_rule: RateRule | None = None,
        oauth_encoding: str = "form",
    ) -> None:
        super().__init__(host, port)
        self.world = world or KookWorld()
        self.oauth_encoding = oauth_encoding
        self._rate_rules = dict(rate_rules or {})
        self._default_rule = default_rule or RateRule(10_000, 60.0)
        self._windows: dict[tuple[str, str], _Window] = {}

    @property
    def api_base(self) -> str:
        return self.base_url + "/api/v3"

    def calls(self) -> list[tuple[str, str]]:
        """(method, call) of every request so far, such as ("GET", "user/me")."""
        return [(request.method, request.path.removeprefix(API_PREFIX)) for request in self.requests]

    def received(self) -> list[ReceivedMessage]:
        """The messages bots sent; a card's text is its JSON."""
        with self.lock:
            stored = sorted(self.world.messages.values(), key=lambda message: message["create_at"])
            users = self.world.users
            return [
                ReceivedMessage(
                    message_id=message["id"],
                    target=message["place"],
                    author=users[message["author_id"]]["username"],
                    text=message["content"],
                    files=shown_files(message["content"]) if message["type"] == 10 else (),
                    arrived_at=message["create_at"] / 1000,
                )
                for message in stored
                if users[message["author_id"]]["bot"]
            ]

    # --- answering ---

    def respond(self, request: RecordedRequest) -> Answer:
        with self.lock:
            answer = self._respond(request)
            self.lock.notify_all()
            return answer

    def _respond(self, request: RecordedRequest) -> Answer:
        if request.path == "/app/oauth2/authorize":
            return self._authorize(request)
        if request.path == "/api/oauth2/token":
            return self._token(request)
        name = request.path.removeprefix(API_PREFIX)
        if not request.path.startswith(API_PREFIX) or (name not in CALLS and name != _PIPE_CALL):
            return _envelope(404, "接口不存在", [], status=404)
        try:
            return self._call(name, request)
        except Refused as refused:
            return _envelope(refused.code, refused.message, [], status=refused.status)

    def _call(self, name: str, request: RecordedRequest) -> Answer:
        if name == _PIPE_CALL:
            return self._pipe(request)
        credential = request.headers.get("Authorization", "")
        user_id = self.world.user_of_token.get(credential)
        if user_id is None:
            raise Refused(40101 if credential else 40100, "你的用户凭证不正确", 401)
        headers, refusal = self._count(credential, "user/info" if name == "user/me" else name)
        if refusal is not None:
            return refusal
        call = CALLS[name]
        try:
            arguments = call.check(_arguments(call, request))
            data = call.handle(self.world, user_id, arguments)
        except Refused as refused:
            return _envelope(refused.code, refused.message, [], status=refused.status, headers=headers)
        return _envelope(0, "操作成功", data, headers=headers)

    def _pipe(self, request: RecordedRequest) -> Answer:
        query = {key: values[-1] for key, values in request.query.items()}
        channel_id = self.world.channel_of_pipe.get(query.get("access_token", ""))
        if channel_id is None:
            raise Refused(40101, "access_token 错误", 401)
        if "Authorization" in request.headers:
            raise Refused(40000, "管道消息不需要 Authorization")
        body = _json_object(request)
        if set(query) - {"access_token", "type", "target_id"} or not isinstance(body.get("content"), str):
            raise Refused(40000, "参数错误")
        message = {"target_id": query.get("target_id", channel_id), "content": body["content"]}
        data = CALLS["message/create"].handle(
            self.world, self.world.bot["id"], {**message, "type": int(query.get("type", 9))}
        )
        return _envelope(0, "操作成功", {**data, "not_permissions_mention": []})

    def _count(self, credential: str, bucket: str) -> tuple[dict[str, str], Answer | None]:
        """Count a request against its buckets: the headers to send, and the 429 when one is empty."""
        for name in ("", bucket):
            rule = self._rate_rules.get(name, None if name == "" else self._default_rule)
            if rule is None:
                continue
            now = self.world.clock()
            window = self._windows.get((credential, name))
            if window is None or now >= window.ends_at:
                window = self._windows[credential, name] = _Window(now + rule.per_seconds, rule.requests)
            headers = {
                "X-Rate-Limit-Limit": str(rule.requests),
                "X-Rate-Limit-Remaining": str(max(window.remaining - 1, 0)),
                "X-Rate-Limit-Reset": str(max(round(window.ends_at - now), 1)),
                "X-Rate-Limit-Bucket": bucket,
            }
            if window.remaining <= 0:
                if name == "":
                    headers["X-Rate-Limit-Global"] = ""
                return headers, _envelope(429, "请求过于频繁", [], status=429, headers=headers)
            window.remaining -= 1
        return headers, None

    # --- OAuth2 ---

    def _authorize(self, request: RecordedRequest) -> Answer:
        query = {key: values[-1] for key, values in request.query.items()}
        if request.method != "GET" or query.get("response_type") != "code" or query.get("client_id") != CLIENT_ID:
            return Answer(400, b"bad authorization request")
        code = f"code-{self.world.next_number()}"
        self.world.authorization_codes[code] = query["redirect_uri"]
        answer = {"code": code, **({"state": query["state"]} if "state" in query else {})}
        return Answer(302, b"", {"Location": f"{query['redirect_uri']}?{urlencode(answer)}"})

    def _token(self, request: RecordedRequest) -> Answer:
        media_type = request.headers.get("Content-Type", "").split(";")[0]
        if media_type == "application/x-www-form-urlencoded" and self.oauth_encoding == "form":
            fields = {key: values[-1] for key, values in parse_qs(request.body.decode()).items()}
        elif media_type == "application/json" and self.oauth_encoding == "json":
            fields = request.json()
        else:
            return _envelope(40000, "参数错误", [], status=400)
        if request.method != "POST" or fields.get("grant_type") != "authorization_code":
            return Answer.of_json({"error": "unsupported_grant_type"}, status=400)
        if (fields.get("client_id"), fields.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return Answer.of_json({"error": "invalid_client", "error_description": "client 错误"}, status=401)
        redirect_uri = self.world.authorization_codes.pop(fields.get("code", ""), None)
        if redirect_uri is None or redirect_uri != fields.get("redirect_uri"):
            return Answer.of_json({"error": "invalid_grant"}, status=400)
        token = next(key for key in self.world.user_of_token if key.startswith("Bearer "))
        return Answer.of_json(
            {
                "access_token": token.removeprefix("Bearer "),
                "expires_in": 2678400,
                "token_type": "Bearer",
                "scope": "get_user_info get_user_guilds",
            }
        )


def _arguments(call: Call, request: RecordedRequest) -> Arguments:
    if request.method != call.method:
        raise Refused(40000, f"请求方式错误: {request.method}", 405)
    if call.method == "GET":
        if request.body:
            raise Refused(40000, "GET 请求不应有内容")
        return {key: values[-1] for key, values in request.query.items()}
    if request.query:
        raise Refused(40000, "POST 请求的参数不应在地址中")
    return _upload(request) if call.is_upload else _json_object(request)


def _json_object(request: RecordedRequest) -> dict[str, Any]:
    if request.headers.get("Content-Type", "").split(";")[0] != "application/json":
        raise Refused(40000, "Content-Type 必须为 application/json", 400)
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Refused(40000, "不是 JSON", 400) from None
    if not isinstance(body, dict):
        raise Refused(40000, "必须是对象", 400)
    return body


def _upload(request: RecordedRequest) -> Arguments:
    """The parts of a multipart/form-data body that are files: name → (file name, content)."""
    head = f"Content-Type: {request.headers.get('Content-Type', '')}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    if message.get_content_type() != "multipart/form-data":
        raise Refused(40000, "Content-Type 必须为 form-data", 400)
    files = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        files[str(name)] = (part.get_filename() or "", part.get_payload(decode=True))
    return files


def _envelope(
    code: int, message: str, data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    return Answer.of_json({"code": code, "message": message, "data": data}, status=status, headers=headers)


def populated(host: str = "127.0.0.1", port: int = 0) -> KookStandIn:
    """A stand-in with guilds, channels over two pages, members and messages in it."""
    stand_in = KookStandIn(host, port)
    stand_in.world.populate(guilds=3, channels=60, members=60, messages=120)
    return stand_in


if __name__ == "__main__":
    run_stand_in(populated)
