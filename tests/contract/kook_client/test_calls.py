"""The KOOK client over real HTTP: every call's method, path, parameters and credential."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.kook.client.client import KookClient
from shared.kook.client.errors import KookApiError
from shared.kook.client.pipes import KookPipe
from shared.platforms.http import RequestsHttpClient
from tests.contract.kook_client.call_cases import CASES, Case
from tests.standins.kook import KookStandIn
from tests.standins.kook_calls import CALLS
from tests.standins.kook_world import DEFAULT_BOT_TOKEN, DEFAULT_PIPE_TOKEN, DEFAULT_USER_TOKEN
from tests.standins.server import Answer, Fault


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


def test_every_call_the_stand_in_knows_is_in_the_table_or_has_a_test_of_its_own() -> None:
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
