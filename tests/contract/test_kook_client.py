"""The KOOK client against a stand-in KOOK over real HTTP: every call's method, path, parameters and credential, then
paging, rate limits, refusals and broken answers."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.kook.client.client import KookClient
from shared.kook.client.errors import (
    InvalidCall,
    KookAnswerUnreadable,
    KookApiError,
    KookError,
    KookRateLimited,
    KookUnreachable,
)
from shared.kook.client.oauth import KookOAuth
from shared.kook.client.pipes import KookPipe
from shared.platforms.http import RequestsHttpClient
from shared.security.outbound import OutboundGuard, guarded_session
from tests.standins.kook import KookStandIn, RateRule
from tests.standins.kook_calls import CALLS
from tests.standins.kook_world import (
    CLIENT_ID,
    CLIENT_SECRET,
    DEFAULT_BOT_TOKEN,
    DEFAULT_PIPE_TOKEN,
    DEFAULT_USER_TOKEN,
)
from tests.standins.server import Answer, Fault


class SettableClock:
    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def http() -> RequestsHttpClient:
    return RequestsHttpClient(guarded_session(OutboundGuard(allow=("127.0.0.0/8",))))


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def kook(clock: SettableClock) -> Iterator[KookStandIn]:
    with KookStandIn() as stand_in:
        stand_in.world.clock = clock
        stand_in.world.populate()
        stand_in.world.channel_of_pipe[DEFAULT_PIPE_TOKEN] = "8002"
        yield stand_in


@pytest.fixture
def client(kook: KookStandIn, http: RequestsHttpClient, clock: SettableClock) -> KookClient:
    return KookClient(http, kook.api_base, DEFAULT_BOT_TOKEN, timeout_seconds=5.0, clock=clock)


@dataclass(frozen=True)
class Case:
    """One call: how the client makes it, and what has to arrive."""

    path: str
    make: Callable[[KookClient, dict[str, Any]], Any]
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    check: Callable[[Any], bool] = lambda result: result is None

    @property
    def method(self) -> str:
        return CALLS[self.path].method


# {msg_id}, {chat_code} and {role_id} in expected values stand for ids the world gave out.
PAGE = {"page": "2", "page_size": "1"}
CASES = [
    Case("gateway/index", lambda c, w: c.gateway_index(compress=False), {"compress": "0"}, check=lambda r: "=0" in r),
    Case(
        "guild/list",
        lambda c, w: c.guild_list(page=2, page_size=1, sort="-id"),
        {**PAGE, "sort": "-id"},
        check=lambda r: [g["id"] for g in r["items"]] == ["7002"] and r["page_total"] == 3 and r["total"] == 3,
    ),
    Case(
        "guild/view",
        lambda c, w: c.guild_view("7001"),
        {"guild_id": "7001"},
        check=lambda r: r["name"] == "服务器 1" and len(r["channels"]) == 6 and r["roles"][0]["role_id"] == 4001,
    ),
    Case(
        "guild/user-list",
        lambda c, w: c.guild_user_list("7001", channel_id="8001", search="成员 3", role_id=None, page=1, page_size=10),
        {"guild_id": "7001", "channel_id": "8001", "search": "成员 3", "page": "1", "page_size": "10"},
        check=lambda r: [u["nickname"] for u in r["items"]] == ["昵称 3"] and r["user_count"] == 7,
    ),
    Case(
        "guild/user-list",
        lambda c, w: c.guild_user_list("7001", role_id=4001),
        {"guild_id": "7001", "role_id": "4001", "page": "1", "page_size": "50"},
        check=lambda r: [u["id"] for u in r["items"]] == ["30002"] and r["items"][0]["roles"] == [4001],
    ),
    Case(
        "guild/kickout",
        lambda c, w: c.guild_kickout("7001", "30005"),
        body={"guild_id": "7001", "target_id": "30005"},
    ),
    Case(
        "guild/nickname",
        lambda c, w: c.guild_nickname("7001", "新昵称", "30001"),
        body={"guild_id": "7001", "nickname": "新昵称", "user_id": "30001"},
    ),
    Case(
        "guild/nickname",
        lambda c, w: c.guild_nickname("7001"),
        body={"guild_id": "7001", "nickname": ""},
    ),
    Case(
        "guild-role/list",
        lambda c, w: c.guild_role_list("7001", page=1, page_size=5),
        {"guild_id": "7001", "page": "1", "page_size": "5"},
        check=lambda r: r["items"][0]["name"] == "管理员" and r["items"][0]["hoist"] is False,
    ),
    Case(
        "guild-role/create",
        lambda c, w: c.guild_role_create("7001", "值班"),
        body={"guild_id": "7001", "name": "值班"},
        check=lambda r: r["name"] == "值班" and r["role_id"] > 5000,
    ),
    Case(
        "guild-role/update",
        lambda c, w: c.guild_role_update(
            "7001", 4001, name="管理", color=0xFF8800, hoist=True, mentionable=False, permissions=2048
        ),
        body={
            "guild_id": "7001",
            "role_id": 4001,
            "name": "管理",
            "color": 0xFF8800,
            "hoist": 1,
            "mentionable": 0,
            "permissions": 2048,
        },
        check=lambda r: r["color"] == 0xFF8800 and r["hoist"] is True and r["mentionable"] is False,
    ),
    Case(
        "guild-role/delete", lambda c, w: c.guild_role_delete("7001", 4001), body={"guild_id": "7001", "role_id": 4001}
    ),
    Case(
        "guild-role/grant",
        lambda c, w: c.guild_role_grant("7001", "30001", 4001),
        body={"guild_id": "7001", "user_id": "30001", "role_id": 4001},
        check=lambda r: r == {"user_id": "30001", "guild_id": "7001", "roles": [4001]},
    ),
    Case(
        "guild-role/revoke",
        lambda c, w: c.guild_role_revoke("7001", "30002", 4001),
        body={"guild_id": "7001", "user_id": "30002", "role_id": 4001},
        check=lambda r: r["roles"] == [],
    ),
    Case(
        "channel/list",
        lambda c, w: c.channel_list("7001", type=2, page=1, page_size=7),
        {"guild_id": "7001", "type": "2", "page": "1", "page_size": "7"},
        check=lambda r: [(ch["name"], ch["is_category"]) for ch in r["items"]] == [("文字频道", True), ("语音", False)],
    ),
    Case(
        "channel/list",
        lambda c, w: c.channel_list("7001", parent_id="8000"),
        {"guild_id": "7001", "type": "1", "parent_id": "8000", "page": "1", "page_size": "50"},
        check=lambda r: len(r["items"]) == 4,
    ),
    Case(
        "channel/view",
        lambda c, w: c.channel_view("8000", need_children=True),
        {"target_id": "8000", "need_children": "true"},
        check=lambda r: r["children"] == ["8001", "8002", "8003", "8004"] and r["guild_id"] == "7001",
    ),
    Case("channel/view", lambda c, w: c.channel_view("8001"), {"target_id": "8001"}, check=lambda r: r["type"] == 1),
    Case(
        "message/create",
        lambda c, w: c.message_create(
            "8001",
            "**你好** (met)all(met)",
            type=9,
            quote=w["msg_id"],
            nonce="relay-1",
            temp_target_id="30001",
            template_id="77",
            reply_msg_id=w["msg_id"],
        ),
        body={
            "target_id": "8001",
            "content": "**你好** (met)all(met)",
            "type": 9,
            "quote": "{msg_id}",
            "nonce": "relay-1",
            "temp_target_id": "30001",
            "template_id": "77",
            "reply_msg_id": "{msg_id}",
        },
        check=lambda r: len(r["msg_id"]) == 36 and r["msg_timestamp"] == 1_800_000_000_000 and r["nonce"] == "relay-1",
    ),
    Case(
        "message/update",
        lambda c, w: c.message_update(w["msg_id"], "改", quote="", temp_target_id="30001", template_id="77"),
        body={"msg_id": "{msg_id}", "content": "改", "quote": "", "temp_target_id": "30001", "template_id": "77"},
    ),
    Case(
        "message/add-reaction",
        lambda c, w: c.message_add_reaction(w["msg_id"], "👍"),
        body={"msg_id": "{msg_id}", "emoji": "👍"},
    ),
    Case(
        "message/delete-reaction",
        lambda c, w: c.message_delete_reaction(w["msg_id"], "🔥"),
        body={"msg_id": "{msg_id}", "emoji": "🔥"},
    ),
    Case(
        "message/pin",
        lambda c, w: c.message_pin(w["msg_id"], "8001"),
        body={"msg_id": "{msg_id}", "target_id": "8001"},
    ),
    Case(
        "message/unpin",
        lambda c, w: c.message_unpin(w["msg_id"], "8001"),
        body={"msg_id": "{msg_id}", "target_id": "8001"},
    ),
    Case("message/delete", lambda c, w: c.message_delete(w["msg_id"]), body={"msg_id": "{msg_id}"}),
    Case(
        "message/list",
        lambda c, w: c.message_list("8001", msg_id=w["msg_id"], flag="after", page_size=2),
        {"target_id": "8001", "msg_id": "{msg_id}", "flag": "after", "page_size": "2"},
        check=lambda r: [m["content"] for m in r] == ["消息 2", "消息 3"],
    ),
    Case(
        "message/list",
        lambda c, w: c.message_list("8001", pin=1),
        {"target_id": "8001", "pin": "1", "page_size": "50"},
        check=lambda r: len(r) == 10 and r[0]["author"]["username"] == "操作员" and r[0]["attachments"] is None,
    ),
    Case(
        "message/view",
        lambda c, w: c.message_view(w["msg_id"]),
        {"msg_id": "{msg_id}"},
        check=lambda r: r["channel_id"] == "8001" and r["author_id"] == "20001" and r["content"] == "消息 1",
    ),
    Case(
        "direct-message/create",
        lambda c, w: c.direct_message_create("嗨", target_id="30001", nonce="n"),
        body={"target_id": "30001", "content": "嗨", "type": 9, "nonce": "n"},
        check=lambda r: bool(r["msg_id"]),
    ),
    Case(
        "direct-message/create",
        lambda c, w: c.direct_message_create(
            "嗨", chat_code=w["chat_code"], type=1, quote=w["private_id"], template_id="5"
        ),
        body={"chat_code": "{chat_code}", "content": "嗨", "type": 1, "quote": "{private_id}", "template_id": "5"},
        check=lambda r: bool(r["msg_id"]),
    ),
    Case(
        "direct-message/update",
        lambda c, w: c.direct_message_update(w["private_id"], "改", quote="", template_id="5"),
        body={"msg_id": "{private_id}", "content": "改", "quote": "", "template_id": "5"},
    ),
    Case(
        "direct-message/delete", lambda c, w: c.direct_message_delete(w["private_id"]), body={"msg_id": "{private_id}"}
    ),
    Case(
        "direct-message/list",
        lambda c, w: c.direct_message_list(
            chat_code=w["chat_code"], msg_id=w["private_id"], flag="around", page_size=3
        ),
        {"chat_code": "{chat_code}", "msg_id": "{private_id}", "flag": "around", "page_size": "3"},
        check=lambda r: [(m["author"], m["author_id"]) for m in r] == [(None, "30001")],
    ),
    Case(
        "direct-message/list",
        lambda c, w: c.direct_message_list(target_id="30001"),
        {"target_id": "30001", "page_size": "50"},
        check=lambda r: [m["content"] for m in r] == ["私信"],
    ),
    Case(
        "direct-message/view",
        lambda c, w: c.direct_message_view(w["chat_code"], w["private_id"]),
        {"chat_code": "{chat_code}", "msg_id": "{private_id}"},
        check=lambda r: r["content"] == "私信" and r["attachments"] is None and r["mention_info"] == {},
    ),
    Case(
        "user-chat/create",
        lambda c, w: c.user_chat_create("30001"),
        body={"target_id": "30001"},
        check=lambda r: len(r["code"]) == 32 and r["target_info"]["username"] == "成员 1",
    ),
    Case(
        "user-chat/list",
        lambda c, w: c.user_chat_list(page=1, page_size=9),
        {"page": "1", "page_size": "9"},
        check=lambda r: [chat["target_info"]["id"] for chat in r["items"]] == ["30001"],
    ),
    Case("user/me", lambda c, w: c.user_me(), check=lambda r: (r["id"], r["bot"]) == ("10001", True)),
    Case(
        "user/view",
        lambda c, w: c.user_view("30002", "7001"),
        {"user_id": "30002", "guild_id": "7001"},
        check=lambda r: r["nickname"] == "昵称 2" and r["roles"] == [4001],
    ),
    Case("user/online", lambda c, w: c.online(), body={}),
    Case("user/offline", lambda c, w: c.offline(), body={}),
    Case(
        "user/get-online-status",
        lambda c, w: c.online_status(),
        check=lambda r: r == {"online": False, "online_os": []},
    ),
]


@pytest.fixture
def ids(kook: KookStandIn) -> dict[str, Any]:
    """Ids of things that are there: a message, a role somebody has, a private chat with a message."""
    world = kook.world
    guild = world.guilds["7001"]
    guild.roles[4001] = {"role_id": 4001, "name": "管理员", "color": 0, "position": 1, "hoist": 0, "mentionable": 1}
    guild.members["30002"].roles.append(4001)
    first = min(world.messages.values(), key=lambda message: message["create_at"])
    world.reactions[first["id"]] = [("10001", "🔥")]
    chat_code = world.open_chat("30001")
    private = world.add_message(chat_code, "私信", author_id="30001")
    return {"msg_id": first["id"], "chat_code": chat_code, "private_id": private["id"]}


def _named(expected: dict[str, Any], ids: dict[str, Any]) -> dict[str, Any]:
    return {key: value.format(**ids) if isinstance(value, str) else value for key, value in expected.items()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path)
def test_each_call_arrives_as_kook_documents_it_and_its_result_is_read(
    case: Case, client: KookClient, kook: KookStandIn, ids: dict[str, Any]
) -> None:
    result = case.make(client, ids)

    [request] = kook.requests
    assert (request.method, request.path) == (case.method, f"/api/v3/{case.path}")
    assert request.headers["Authorization"] == f"Bot {DEFAULT_BOT_TOKEN}"
    assert request.headers["Accept-Language"] == "zh-CN"
    assert request.query == {name: [value] for name, value in _named(case.query, ids).items()}
    if case.method == "POST":
        assert request.headers["Content-Type"] == "application/json"
        assert request.json() == _named(case.body or {}, ids)
    else:
        assert request.body == b""
    assert case.check(result), result


def test_every_call_the_stand_in_knows_is_in_the_table_above_or_has_a_test_of_its_own() -> None:
    assert {case.path for case in CASES} | {"asset/create"} == set(CALLS)


def test_calls_that_change_something_change_it(client: KookClient, kook: KookStandIn, ids: dict[str, Any]) -> None:
    client.online()
    assert client.online_status() == {"online": True, "online_os": ["Webhook"]}
    client.offline()
    assert client.online_status()["online"] is False

    sent = client.message_create("8003", "一", nonce="n1")
    client.message_update(sent["msg_id"], "二")
    assert client.message_view(sent["msg_id"])["content"] == "二"
    client.message_delete(sent["msg_id"])
    with pytest.raises(KookApiError) as refusal:
        client.message_view(sent["msg_id"])
    assert (refusal.value.code, refusal.value.message) == (40000, "消息不存在")

    client.guild_kickout("7001", "30004")
    assert "30004" not in [user["id"] for user in client.guild_users("7001")]
    client.guild_role_grant("7001", "30003", 4001)
    assert [user["id"] for user in client.guild_users("7001", role_id=4001)] == ["30002", "30003"]


def test_an_upload_is_multipart_and_its_address_may_then_be_sent(client: KookClient, kook: KookStandIn) -> None:
    content = bytes(range(256)) * 40
    url = client.asset_create("../秘密/图 片\r\n.png", content, "image/png")

    [request] = kook.requests
    assert (request.method, request.path) == ("POST", "/api/v3/asset/create")
    assert request.headers["Authorization"] == f"Bot {DEFAULT_BOT_TOKEN}"
    assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b'name="file"' in request.body and b"\xe5\x9b\xbe \xe7\x89\x87.png" in request.body
    assert "秘密".encode() not in request.body
    assert kook.world.assets[url] == content
    assert url.startswith("https://img.kookapp.cn/") and url.endswith(".png")
    client.message_create("8001", url, type=2)
    with pytest.raises(KookApiError, match="找不到资源"):
        client.message_create("8001", "https://img.kookapp.cn/assets/someone-elses.png", type=2)


def test_a_pipe_posts_with_its_own_token_in_the_query_and_nothing_else(
    kook: KookStandIn, http: RequestsHttpClient
) -> None:
    pipe = KookPipe(http, kook.api_base, DEFAULT_PIPE_TOKEN)
    sent = pipe.send("部署完成 & 一切正常")
    pipe.send("别处", type=1, target_id="8003")

    first, second = kook.requests
    assert (first.method, first.path) == ("POST", "/api/v3/message/send-pipemsg")
    assert first.query == {"access_token": [DEFAULT_PIPE_TOKEN]}
    assert first.json() == {"content": "部署完成 & 一切正常"}
    assert "Authorization" not in first.headers
    assert second.query == {"access_token": [DEFAULT_PIPE_TOKEN], "type": ["1"], "target_id": ["8003"]}
    assert kook.world.messages[sent["msg_id"]]["place"] == "8002"


def test_a_pipes_template_takes_the_whole_body_as_its_input(kook: KookStandIn, http: RequestsHttpClient) -> None:
    kook.script(Fault(answer=Answer.of_json({"code": 0, "message": "", "data": {"msg_id": "m", "nonce": ""}})))
    KookPipe(http, kook.api_base, DEFAULT_PIPE_TOKEN).send_template({"roles": ["a"], "note": None})
    assert kook.requests[0].json() == {"roles": ["a"], "note": None}


def test_a_signed_in_user_is_a_bearer(kook: KookStandIn, http: RequestsHttpClient) -> None:
    client = KookClient(http, kook.api_base, DEFAULT_USER_TOKEN, token_type="Bearer", language="en")
    assert client.user_me()["username"] == "操作员"
    assert kook.requests[0].headers["Authorization"] == f"Bearer {DEFAULT_USER_TOKEN}"
    assert kook.requests[0].headers["Accept-Language"] == "en-US"


# --- OAuth2 ---


def _authorize(http: RequestsHttpClient, oauth: KookOAuth, state: str = "st/ate") -> str:
    url = oauth.authorize_url("https://relay.example/callback", ["get_user_info", "get_user_guilds"], state)
    answer = http.request("GET", url)
    assert answer.status == 302
    target = urlsplit(answer.headers["Location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == "https://relay.example/callback"
    returned = parse_qs(target.query)
    assert returned["state"] == [state]
    return returned["code"][0]


def test_oauth_leaves_the_api_path_and_trades_the_code_as_a_form(kook: KookStandIn, http: RequestsHttpClient) -> None:
    oauth = KookOAuth(http, kook.api_base, CLIENT_ID, CLIENT_SECRET)
    code = _authorize(http, oauth)
    token = oauth.exchange_code(code, "https://relay.example/callback")

    authorize, exchange = kook.requests
    assert authorize.path == "/app/oauth2/authorize"
    assert authorize.query["scope"] == ["get_user_info get_user_guilds"]
    assert authorize.query["response_type"] == ["code"]
    assert (exchange.method, exchange.path) == ("POST", "/api/oauth2/token")
    assert exchange.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in exchange.headers
    assert parse_qs(exchange.body.decode()) == {
        "grant_type": ["authorization_code"],
        "client_id": [CLIENT_ID],
        "client_secret": [CLIENT_SECRET],
        "code": [code],
        "redirect_uri": ["https://relay.example/callback"],
    }
    assert token.access_token == DEFAULT_USER_TOKEN
    assert (token.expires_in_seconds, token.token_type) == (2678400, "Bearer")
    assert token.scopes == ("get_user_info", "get_user_guilds")
    assert DEFAULT_USER_TOKEN not in repr(token)


def test_oauth_sends_json_once_the_form_is_refused(http: RequestsHttpClient) -> None:
    with KookStandIn(oauth_encoding="json") as kook:
        oauth = KookOAuth(http, kook.api_base, CLIENT_ID, CLIENT_SECRET)
        token = oauth.exchange_code(_authorize(http, oauth), "https://relay.example/callback")
        assert token.access_token == DEFAULT_USER_TOKEN
        types = [request.headers["Content-Type"] for request in kook.requests[1:]]
        assert types == ["application/x-www-form-urlencoded", "application/json"]


def test_oauth_refusals_carry_kooks_reason_and_no_secret(kook: KookStandIn, http: RequestsHttpClient) -> None:
    secret = "very-secret-canary"
    kook.script(
        Fault(answer=Answer.of_json({"error": "invalid_client", "error_description": f"bad {secret}"}, status=401)),
        times=2,
    )
    oauth = KookOAuth(http, kook.api_base, CLIENT_ID, secret)
    with pytest.raises(KookApiError) as refusal:
        oauth.exchange_code("some-code", "https://relay.example/callback")
    assert refusal.value.token_refused
    assert "invalid_client: bad ***" in str(refusal.value)
    assert secret not in str(refusal.value) + repr(refusal.value) + repr(vars(oauth).keys())


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer.of_json({"error": "slow down"}, status=429, headers={"Retry-After": "7"}), KookRateLimited),
        (Answer(502, b"<html>"), KookUnreachable),
        (Answer(200, b"<html>"), KookAnswerUnreadable),
        (Answer.of_json({"code": 0, "data": {}}), KookAnswerUnreadable),
    ],
)
def test_oauth_does_not_try_the_other_encoding_when_the_first_was_not_refused(
    answer: Answer, expected: type[KookError], kook: KookStandIn, http: RequestsHttpClient
) -> None:
    kook.script(Fault(answer=answer))
    with pytest.raises(expected):
        KookOAuth(http, kook.api_base, CLIENT_ID, CLIENT_SECRET).exchange_code("c", "https://relay.example/cb")
    assert len(kook.requests) == 1


# --- lists ---


def test_lists_are_read_over_three_pages(client: KookClient, kook: KookStandIn) -> None:
    for number in range(4, 121):
        kook.world.add_guild(str(7000 + number), f"服务器 {number}")
    assert [guild["id"] for guild in client.guilds()] == [str(7000 + number) for number in range(1, 121)]
    assert [request.query["page"] for request in kook.requests] == [["1"], ["2"], ["3"]]
    assert {request.query["page_size"][0] for request in kook.requests} == {"50"}


def test_channels_members_roles_and_chats_are_iterated_with_their_parameters(
    client: KookClient, kook: KookStandIn
) -> None:
    world = kook.world
    for number in range(5, 8):
        world.add_channel("7001", str(8000 + number), f"频道 {number}", parent_id="8000")
    assert len(list(client.channels("7001", parent_id="8000", page_size=3))) == 7
    assert len(list(client.guild_users("7001", page_size=3))) == 7
    for _ in range(7):
        client.guild_role_create("7001")
    assert len(list(client.guild_roles("7001", page_size=3))) == 7
    for number in range(1, 6):
        client.user_chat_create(str(30000 + number))
    assert len({chat["code"] for chat in client.user_chats(page_size=2)}) == 5
    paged = [request for request in kook.requests if request.method == "GET"]
    assert [request.query["page"][0] for request in paged] == list("123" * 4)


def test_pages_are_asked_for_only_when_needed(client: KookClient, kook: KookStandIn) -> None:
    guilds = client.guilds(page_size=1)
    assert kook.requests == []
    next(guilds)
    assert len(kook.requests) == 1


@pytest.mark.parametrize("newest_first", [False, True])
def test_messages_are_walked_in_both_directions_whatever_kooks_order_within_a_batch(
    newest_first: bool, client: KookClient, kook: KookStandIn
) -> None:
    kook.world.newest_first = newest_first
    contents = [f"消息 {number}" for number in range(1, 11)]

    assert [message["content"] for message in client.messages("8001", page_size=4)] == contents[::-1]
    first = client.message_list("8001", page_size=50)
    oldest = min(first, key=lambda message: message["create_at"])
    kook.clear()
    after = list(client.messages("8001", start=oldest["id"], direction="after", page_size=4))
    assert [message["content"] for message in after] == contents[1:]
    assert [request.query["msg_id"][0] for request in kook.requests] == [
        oldest["id"],
        after[3]["id"],
        after[7]["id"],
        after[8]["id"],
    ]
    assert {request.query["flag"][0] for request in kook.requests} == {"after"}


def test_private_messages_are_walked_too(client: KookClient, kook: KookStandIn) -> None:
    code = kook.world.open_chat("30001")
    for number in range(5):
        kook.world.add_message(code, str(number), create_at=1000 + number)
    assert [m["content"] for m in client.direct_messages(chat_code=code, page_size=2)] == list("43210")


# --- rate limits ---


def test_an_empty_bucket_holds_the_next_call_back_until_it_is_full_again(
    http: RequestsHttpClient, clock: SettableClock
) -> None:
    with KookStandIn(rate_rules={"user/info": RateRule(2, 14.0)}) as kook:
        kook.world.clock = clock
        client = KookClient(http, kook.api_base, DEFAULT_BOT_TOKEN, clock=clock)
        client.user_me()
        client.user_me()
        with pytest.raises(KookRateLimited) as held_back:
            client.user_me()
        assert held_back.value.retry_after_seconds == 14.0
        assert (held_back.value.bucket, held_back.value.sent) == ("user/info", False)
        assert len(kook.requests) == 2

        client.online()  # another bucket
        clock.seconds += 14.5
        client.user_me()
        assert [call for _, call in kook.calls()] == ["user/me", "user/me", "user/online", "user/me"]


def test_a_429_is_a_typed_wait_and_is_remembered(http: RequestsHttpClient, clock: SettableClock) -> None:
    with KookStandIn(rate_rules={"message/create": RateRule(1, 30.0)}) as kook:
        kook.world.clock = clock
        kook.world.populate()
        KookClient(http, kook.api_base, DEFAULT_BOT_TOKEN, clock=clock).message_create("8001", "用掉")
        client = KookClient(http, kook.api_base, DEFAULT_BOT_TOKEN, clock=clock)
        for sent in (True, False):
            with pytest.raises(KookRateLimited) as refusal:
                client.message_create("8001", "再来")
            assert (refusal.value.retry_after_seconds, refusal.value.sent) == (30.0, sent)
        assert len(kook.requests) == 2


def test_a_429_in_the_envelope_counts_whatever_the_http_status(client: KookClient, kook: KookStandIn) -> None:
    kook.script(Fault(answer=Answer.of_json({"code": 429, "message": "超速"}, headers={"X-Rate-Limit-Reset": "3"})))
    with pytest.raises(KookRateLimited) as refusal:
        client.user_me()
    assert (refusal.value.retry_after_seconds, refusal.value.sent) == (3.0, True)
    with pytest.raises(KookRateLimited):
        client.user_me()
    assert len(kook.requests) == 1


def test_the_limit_over_all_calls_holds_every_call_back(http: RequestsHttpClient, clock: SettableClock) -> None:
    with KookStandIn(rate_rules={"": RateRule(1, 60.0)}) as kook:
        kook.world.clock = clock
        client = KookClient(http, kook.api_base, DEFAULT_BOT_TOKEN, clock=clock)
        client.user_me()
        with pytest.raises(KookRateLimited) as refusal:
            client.guild_list()
        assert (refusal.value.bucket, refusal.value.sent, refusal.value.retry_after_seconds) == ("", True, 60.0)
        with pytest.raises(KookRateLimited) as held_back:
            client.online_status()
        assert held_back.value.sent is False
        assert len(kook.requests) == 2


# --- refusals and broken answers ---


def test_a_code_other_than_zero_is_an_error_at_http_200(client: KookClient, kook: KookStandIn) -> None:
    with pytest.raises(KookApiError) as refusal:
        client.channel_view("404404")
    error = refusal.value
    assert (error.call, error.code, error.message, error.http_status) == ("channel/view", 40000, "频道不存在", 200)
    assert not error.token_refused and not error.permission_missing


def test_a_wrong_token_is_told_apart(kook: KookStandIn, http: RequestsHttpClient) -> None:
    with pytest.raises(KookApiError) as refusal:
        KookClient(http, kook.api_base, "wrong-token").user_me()
    assert refusal.value.token_refused
    assert (refusal.value.code, refusal.value.http_status) == (40101, 401)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(delay_seconds=30.0), "timeout"),
        (Fault(reset="mid_answer", processed=True), "connection_lost"),
        (Fault(reset="before_answer", processed=True), "connection_lost"),
        (Fault(answer=Answer(502, b"<html>bad gateway</html>")), "server_error"),
        (Fault(answer=Answer(503)), "server_error"),
    ],
)
def test_no_usable_answer_may_mean_that_it_was_done(
    fault: Fault, code: str, kook: KookStandIn, http: RequestsHttpClient
) -> None:
    client = KookClient(http, kook.api_base, DEFAULT_BOT_TOKEN, timeout_seconds=0.5)
    kook.script(fault)
    with pytest.raises(KookUnreachable) as failure:
        client.message_create("8001", "有没有到？")
    assert (failure.value.code, failure.value.maybe_done) == (code, True)


def test_nobody_listening_means_that_it_was_not_done(http: RequestsHttpClient) -> None:
    with KookStandIn() as gone:
        api_base = gone.api_base
    with pytest.raises(KookUnreachable) as failure:
        KookClient(http, api_base, DEFAULT_BOT_TOKEN).online()
    assert failure.value.maybe_done is False


def _enveloped(data: Any) -> Answer:
    return Answer.of_json({"code": 0, "message": "操作成功", "data": data})


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b""),
        Answer(200, b'{"code":0,"message":"cut'),
        Answer(200, b"<html>login</html>"),
        Answer(200, b"\xff\xfe\x00"),
        Answer(200, b"[" * 100_000),
        Answer.of_json([]),
        Answer.of_json({"message": "no code"}),
        Answer.of_json({"code": None, "data": {"id": "1"}}),
        Answer.of_json({"code": True, "data": {"id": "1"}}),
        _enveloped(None),
        _enveloped([]),
        _enveloped("text"),
        _enveloped({}),
        _enveloped({"id": ""}),
        _enveloped({"id": ["1"]}),
    ],
)
def test_an_answer_that_is_not_kooks_is_unreadable(answer: Answer, client: KookClient, kook: KookStandIn) -> None:
    kook.script(Fault(answer=answer))
    with pytest.raises(KookAnswerUnreadable) as failure:
        client.user_me()
    assert failure.value.maybe_done


def test_an_answer_beyond_the_size_cap_is_given_up(client: KookClient, kook: KookStandIn) -> None:
    kook.script(Fault(answer=_enveloped({"id": "1", "padding": "x" * 5_000_000})))
    with pytest.raises(KookUnreachable) as failure:
        client.user_me()
    assert failure.value.code == "answer_too_large"


@pytest.mark.parametrize("status", [301, 403, 404])
def test_a_page_in_between_is_a_refusal_with_its_status(status: int, client: KookClient, kook: KookStandIn) -> None:
    kook.script(Fault(answer=Answer(status, b"<html>", {"Location": "https://elsewhere.example/"})))
    with pytest.raises(KookApiError) as refusal:
        client.user_me()
    assert (refusal.value.code, refusal.value.http_status) == (status, status)
    assert len(kook.requests) == 1


def test_unknown_fields_and_numeric_ids_are_tolerated(client: KookClient, kook: KookStandIn) -> None:
    raw = {"id": 2418200000, "username": None, "roles": ["7", 8, {}], "bot": 1, "surprise": {"a": 1}, "status": "10"}
    kook.script(Fault(answer=Answer.of_json({"code": "0", "message": None, "data": raw, "extra": 1})))
    user = client.user_me()
    assert user["id"] == "2418200000"
    assert (user["username"], user["roles"], user["bot"], user["status"]) == ("", [7, 8], True, 10)


def test_no_secret_reaches_an_exception_a_log_or_a_repr(
    kook: KookStandIn, http: RequestsHttpClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "1/canary+secret/token=="
    echo = Answer.of_json({"code": 40101, "message": f"token {secret} 错误\n\x1b[31m{'长' * 900}", "data": []})
    faults = [
        Fault(answer=echo),
        Fault(answer=Answer(502, secret.encode())),
        Fault(answer=Answer(200, secret.encode())),
        Fault(reset="before_answer"),
        Fault(answer=Answer.of_json({"code": 429, "message": secret}, status=429)),
    ]
    callers: list[Callable[[], Any]] = [
        KookClient(http, kook.api_base, secret).user_me,
        lambda: KookPipe(http, kook.api_base, secret).send("内容"),
    ]
    shown = []
    for call in callers:
        kook.script(*faults)
        for _ in faults:
            with pytest.raises(KookError) as failure:
                call()
            error: BaseException | None = failure.value
            while error is not None:
                shown.append(f"{error} {error!r} {vars(error)}")
                error = error.__cause__ or error.__context__
    shown += [repr(callers[0]), repr(vars(KookClient(http, kook.api_base, secret))), caplog.text]
    assert len(kook.requests) == 2 * len(faults)
    assert all("canary" not in text for text in shown)
    assert max(map(len, shown[:-3])) < 2000


def test_a_token_that_no_header_can_carry_is_refused_without_being_shown(http: RequestsHttpClient) -> None:
    for token in ("", "with space", "line\nbreak", "中文", "x" * 5000):
        with pytest.raises(InvalidCall) as refusal:
            KookClient(http, "https://kook.invalid/api/v3", token)
        assert refusal.value.field == "token"
        assert not token or token not in str(refusal.value)


def test_the_stand_in_refuses_what_kook_does_not_document(kook: KookStandIn, http: RequestsHttpClient) -> None:
    headers = {"Authorization": f"Bot {DEFAULT_BOT_TOKEN}"}

    def code(method: str, call: str, **content: Any) -> Any:
        answer = http.request(method, f"{kook.api_base}/{call}", headers=headers, **content)
        return json.loads(answer.body)["code"]

    assert code("GET", "guild/view?guild_id=7001") == 0
    assert code("GET", "guild/view?id=7001") == 40000
    assert code("GET", "guild/view") == 40000
    assert code("POST", "guild/view", json={"guild_id": "7001"}) == 40000
    assert code("POST", "guild-role/delete", json={"guild_id": "7001", "role_id": "4001"}) == 40000
    assert code("POST", "message/delete?msg_id=1", json={"msg_id": "1"}) == 40000
    assert code("POST", "message/delete", data={"msg_id": "1"}) == 40000
    assert code("GET", "nothing/here") == 404
