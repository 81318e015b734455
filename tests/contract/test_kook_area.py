"""KOOK's lists and calls through the control API, against a stand-in KOOK over real HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.platforms.http import RequestsHttpClient
from shared.relay.kook_calls import KOOK_CALLS
from shared.security.outbound import OutboundGuard, guarded_session
from tests.fakes.kook_api import KookApiWorld
from tests.relay_answers import error_of
from tests.standins.kook import KookStandIn, RateRule
from tests.standins.kook_world import CLIENT_ID, CLIENT_SECRET, DEFAULT_BOT_TOKEN, DEFAULT_PIPE_TOKEN
from tests.standins.server import Answer, Fault

CHANNELS = "/api/accounts/1/channels?server_id=7001"
REDIRECT = "https://relay.example.com/back"


@pytest.fixture
def kook() -> Iterator[KookStandIn]:
    with KookStandIn() as stand_in:
        stand_in.world.populate(guilds=120, channels=130)
        stand_in.world.channel_of_pipe[DEFAULT_PIPE_TOKEN] = "8002"
        yield stand_in


@pytest.fixture
def world(kook: KookStandIn) -> KookApiWorld:
    return world_of(kook)


def world_of(kook: KookStandIn) -> KookApiWorld:
    http = RequestsHttpClient(guarded_session(OutboundGuard(allow=("127.0.0.0/8",))))
    made = KookApiWorld(http=http, api_base=kook.api_base)
    made.add_account(DEFAULT_BOT_TOKEN)
    return made


def call(world: KookApiWorld, name: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    response = world.call("POST", f"/api/accounts/1/kook/{name}", body)
    assert response.status_code == 200, response.get_data(as_text=True)
    answer: dict[str, Any] = response.get_json()
    assert (answer["success"], answer["call"]) == (True, name)
    data: dict[str, Any] = answer["data"]
    return data


# --- lists ---


@pytest.mark.parametrize("path", ["/api/accounts/1/servers", "/api/smart-mapping/kook-servers?account_id=1"])
def test_all_pages_of_servers_are_listed(world: KookApiWorld, kook: KookStandIn, path: str) -> None:
    body = world.call("GET", path).get_json()
    assert body["success"] is True
    assert [server["id"] for server in body["servers"]] == [str(7000 + number) for number in range(1, 121)]
    assert body["servers"][0] == {
        "id": "7001",
        "name": "服务器 1",
        "icon": "https://img.kookapp.cn/icons/7001.png",
    }
    assert kook.calls() == [("GET", "guild/list")] * 3
    assert world.call("GET", path.replace("?", "/?") if "?" in path else f"{path}/").status_code == 200


def test_all_pages_of_text_and_voice_channels_are_listed(world: KookApiWorld, kook: KookStandIn) -> None:
    kook.world.add_channel("7001", "8999", "大厅")
    body = world.call("GET", CHANNELS).get_json()
    channels = {channel["id"]: channel for channel in body["channels"]}
    assert len(channels) == len(body["channels"]) == 132
    assert channels["8001"] == {
        "id": "8001",
        "name": "频道 1",
        "type": "text",
        "server_id": "7001",
        "category_id": "8000",
        "category_name": "文字频道",
    }
    assert channels["8900"]["type"] == "voice"
    assert (channels["8999"]["category_id"], channels["8999"]["category_name"]) == (None, None)
    assert body["categories"] == [{"id": "8000", "name": "文字频道"}]
    assert len(kook.calls()) == 4  # 3 pages of text channels, 1 of voice channels


def test_smart_mapping_lists_text_channels_only(world: KookApiWorld) -> None:
    body = world.call("GET", "/api/smart-mapping/kook-channels?account_id=1&server_id=7001").get_json()
    assert {channel["type"] for channel in body["channels"]} == {"text"}
    assert len(body["channels"]) == 130


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/accounts/1/channels", "server_id"),
        ("/api/smart-mapping/kook-servers", "account_id"),
        ("/api/smart-mapping/kook-channels?account_id=1", "server_id"),
        ("/api/smart-mapping/kook-channels?server_id=1", "account_id"),
    ],
)
def test_missing_parameters_are_named(world: KookApiWorld, path: str, field: str) -> None:
    assert error_of(world.call("GET", path), 400, "MISSING_PARAMETER")["field"] == field


def test_unknown_accounts_are_not_found(world: KookApiWorld) -> None:
    for path in ("/api/accounts/9/servers", CHANNELS.replace("/1/", "/9/"),
                 "/api/smart-mapping/kook-servers?account_id=9"):  # fmt: skip
        error_of(world.call("GET", path), 404, "ACCOUNT_NOT_FOUND")
    error_of(world.call("GET", "/api/accounts/x/servers"), 400, "INVALID_PARAMETER")


# --- what KOOK may answer ---


def test_a_rate_limit_is_passed_on_with_its_wait() -> None:
    with KookStandIn(rate_rules={"guild/list": RateRule(1, 30.0)}) as kook:
        kook.world.populate(guilds=120)
        world = world_of(kook)
        response = world.call("GET", "/api/accounts/1/servers")
        body = error_of(response, 503, "KOOK_RATE_LIMITED")
        assert 1 <= int(response.headers["Retry-After"]) <= 30
        assert body["call"] == "guild/list"
        held_back = world.call("GET", "/api/accounts/1/servers")
        error_of(held_back, 503, "KOOK_RATE_LIMITED")
        assert len(kook.calls()) <= 2, "a call known to be over the limit is not made"


def test_a_refused_token_is_the_callers_to_correct(kook: KookStandIn, world: KookApiWorld) -> None:
    world.add_account("1/wrong/canary-token")
    for path in ("/api/accounts/2/servers", "/api/accounts/2/channels?server_id=7001"):
        body = error_of(world.call("GET", path), 400, "KOOK_TOKEN_REFUSED")
        assert body["field"] == "bot_token"
        assert body["kook_code"] == 40101
        assert "canary" not in json.dumps(body)


def test_a_refused_pipe_token_is_not_blamed_on_the_bot_token(world: KookApiWorld) -> None:
    arguments = {"access_token": "canary-pipe", "content": "x"}
    response = world.call("POST", "/api/accounts/1/kook/message/send-pipemsg", arguments)
    body = error_of(response, 422, "KOOK_REFUSED")
    assert (body["field"], body["kook_code"]) == ("access_token", 40101)
    assert "canary" not in json.dumps(body)


@pytest.mark.parametrize(
    "path", ["/api/accounts/1/channels?server_id=a%20b", "/api/smart-mapping/kook-channels?account_id=1&server_id=a%00"]
)
def test_an_impossible_server_id_is_refused_under_the_callers_name(
    world: KookApiWorld, kook: KookStandIn, path: str
) -> None:
    assert error_of(world.call("GET", path), 400, "INVALID_KOOK_ARGUMENT")["field"] == "server_id"
    assert kook.calls() == []


def test_kooks_own_reason_is_passed_on(world: KookApiWorld, kook: KookStandIn) -> None:
    body = error_of(world.call("GET", "/api/accounts/1/channels?server_id=404"), 422, "KOOK_REFUSED")
    assert (body["reason"], body["kook_code"], body["call"]) == ("服务器不存在", 40000, "channel/list")
    kook.script(Fault(answer=Answer.of_json({"code": 40300, "message": "你没有权限", "data": {}}, status=200)))
    body = error_of(world.call("POST", "/api/accounts/1/kook/guild/kickout", {"guild_id": "7001", "target_id": "1"}),
                    422, "KOOK_PERMISSION_MISSING")  # fmt: skip
    assert body["reason"] == "你没有权限"


def test_silence_says_whether_the_call_may_have_been_made(world: KookApiWorld, kook: KookStandIn) -> None:
    kook.script(Fault(reset="before_answer", processed=True))
    response = world.call("POST", "/api/accounts/1/kook/message/create", {"target_id": "8001", "content": "hi"})
    body = error_of(response, 503, "KOOK_UNREACHABLE")
    assert body["maybe_done"] is True
    assert int(response.headers["Retry-After"]) >= 1
    assert world.audit.entries[-1].outcome == "KOOK_UNREACHABLE"
    kook.script(Fault(answer=Answer(200, b"<html>captive portal</html>")))
    error_of(world.call("GET", "/api/accounts/1/servers"), 503, "KOOK_UNREACHABLE")


# --- calls ---


def test_every_call_goes_through(world: KookApiWorld, kook: KookStandIn) -> None:
    """Each call once, with what the ones before it gave."""
    member = {"guild_id": "7001", "user_id": "30001"}
    assert len(call(world, "guild/list", {"page": 3})["items"]) == 20
    assert call(world, "guild/view", {"guild_id": "7001"})["name"] == "服务器 1"
    assert call(world, "guild/user-list", {"guild_id": "7001", "search": "昵称 2"})["items"][0]["id"] == "30002"
    assert call(world, "guild/nickname", {**member, "nickname": "小明"}) == {}
    assert call(world, "user/view", member)["nickname"] == "小明"
    role = call(world, "guild-role/create", {"guild_id": "7001", "name": "值班"})
    one_role = {"guild_id": "7001", "role_id": role["role_id"]}
    assert call(world, "guild-role/update", {**one_role, "hoist": True, "color": 255})["color"] == 255
    assert [one["name"] for one in call(world, "guild-role/list", {"guild_id": "7001"})["items"]] == ["值班"]
    assert call(world, "guild-role/grant", {**one_role, "user_id": "30001"})["roles"] == [role["role_id"]]
    assert call(world, "guild-role/revoke", {**one_role, "user_id": "30001"})["roles"] == []
    assert call(world, "guild-role/delete", one_role) == {}
    assert call(world, "guild/kickout", {"guild_id": "7001", "target_id": "30003"}) == {}
    assert "30003" not in kook.world.guilds["7001"].members
    assert call(world, "channel/list", {"guild_id": "7001", "type": 2})["items"][-1]["id"] == "8900"
    assert call(world, "channel/view", {"target_id": "8000", "need_children": True})["children"]
    sent = call(world, "message/create", {"target_id": "8001", "content": "**hi**", "nonce": "n-1"})
    assert sent["nonce"] == "n-1"
    message = {"msg_id": sent["msg_id"]}
    assert call(world, "message/update", {**message, "content": "changed", "quote": ""}) == {}
    assert call(world, "message/view", message)["content"] == "changed"
    listed = call(world, "message/list", {"target_id": "8001", "page_size": 5})["items"]
    assert [one["id"] for one in listed][-1] == sent["msg_id"]
    reaction = {**message, "emoji": "👍"}
    assert call(world, "message/add-reaction", reaction) == {}
    assert kook.world.reactions[sent["msg_id"]] == [("10001", "👍")]
    assert call(world, "message/delete-reaction", reaction) == {}
    assert kook.world.reactions[sent["msg_id"]] == []
    assert call(world, "message/pin", {**message, "target_id": "8001"}) == {}
    assert kook.world.pinned == {sent["msg_id"]}
    assert call(world, "message/unpin", {**message, "target_id": "8001"}) == {}
    assert kook.world.pinned == set()
    assert call(world, "message/delete", message) == {}
    assert sent["msg_id"] not in kook.world.messages
    piped = {"access_token": DEFAULT_PIPE_TOKEN, "content": "by pipe"}
    assert call(world, "message/send-pipemsg", piped)["msg_id"] in kook.world.messages
    chat = call(world, "user-chat/create", {"target_id": "30001"})
    assert [one["code"] for one in call(world, "user-chat/list")["items"]] == [chat["code"]]
    said = call(world, "direct-message/create", {"chat_code": chat["code"], "content": "psst"})
    private = {"msg_id": said["msg_id"]}
    assert call(world, "direct-message/update", {**private, "content": "louder"}) == {}
    assert call(world, "direct-message/view", {**private, "chat_code": chat["code"]})["content"] == "louder"
    assert len(call(world, "direct-message/list", {"chat_code": chat["code"]})["items"]) == 1
    assert call(world, "direct-message/delete", private) == {}
    file = {"file_name": "a.png", "content_base64": base64.b64encode(b"a picture").decode(), "mime_type": "image/png"}
    url = call(world, "asset/create", file)["url"]
    assert kook.world.assets[url] == b"a picture"
    assert call(world, "message/create", {"target_id": "8001", "content": url, "type": 2})["msg_id"]
    assert call(world, "user/me")["id"] == "10001"
    assert call(world, "user/online") == {}
    assert call(world, "user/get-online-status") == {"online": True, "online_os": ["Webhook"]}
    assert call(world, "user/offline") == {}
    address = call(world, "oauth2/authorize", {"client_id": CLIENT_ID, "redirect_uri": REDIRECT,
                                               "scopes": ["get_user_info"]})["url"]  # fmt: skip
    assert address.startswith(f"{kook.base_url}/app/oauth2/authorize?")
    kook.world.authorization_codes["code-1"] = REDIRECT
    token = call(world, "oauth2/token", {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "code": "code-1",
                                         "redirect_uri": REDIRECT})  # fmt: skip
    assert (token["token_type"], token["scopes"]) == ("Bearer", ["get_user_info", "get_user_guilds"])
    assert call(world, "gateway/index")["url"] == "wss://gateway.invalid/gateway?compress=1&token=***"
    made = {entry.action.removeprefix("kook:") for entry in world.audit.entries}
    assert made == set(KOOK_CALLS)
    assert {entry.outcome for entry in world.audit.entries} == {"ok"}


def test_the_record_and_the_log_hold_no_secret(world: KookApiWorld, kook: KookStandIn) -> None:
    kook.world.authorization_codes["code-canary"] = REDIRECT
    call(world, "oauth2/token", {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "code": "code-canary",
                                 "redirect_uri": REDIRECT})  # fmt: skip
    call(world, "message/send-pipemsg", {"access_token": DEFAULT_PIPE_TOKEN, "content": "x"})
    call(world, "gateway/index")
    kept = repr(world.audit.entries) + repr(world.lines.lines)
    for secret in (CLIENT_SECRET, "code-canary", DEFAULT_PIPE_TOKEN, DEFAULT_BOT_TOKEN, "gateway-token"):
        assert secret not in kept


def test_a_call_whose_outcome_cannot_be_recorded_is_still_answered(world: KookApiWorld) -> None:
    world.audit.broken = "finish"
    assert call(world, "user/me")["id"] == "10001"
    assert world.audit.entries[-1].outcome == "started"


def test_the_dash_and_the_slash_at_the_end_are_taken(world: KookApiWorld) -> None:
    for path in ("user-me", "user/me/", "user-me/"):
        response = world.call("POST", f"/api/accounts/1/kook/{path}")
        assert response.status_code == 200
        assert response.get_json()["call"] == "user/me"
