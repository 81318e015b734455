"""The list of KOOK calls, what each takes, and who may make them."""

from __future__ import annotations

import base64
import inspect
from typing import Any

import pytest

from shared.kook.client.client import KookClient
from shared.relay.audit import MAX_VALUE_CHARACTERS, summarised
from shared.relay.kook_call_requests import MAX_UPLOAD_BYTES, AssetCreate
from shared.relay.kook_calls import KOOK_CALLS, KookCall, find_kook_call, shown_result
from tests.fakes.kook_api import ROBOT_TOKEN, KookApiWorld
from tests.relay_answers import error_of
from tests.standins.kook_calls import CALLS

BY_BOT = [call for call in KOOK_CALLS.values() if hasattr(call.run, "__wrapped__")]
# Iterators over whole lists, and the calls whose requests differ from the client's parameters.
NOT_CALLS = {"guilds", "guild_users", "guild_roles", "channels", "messages", "direct_messages", "user_chats"}
SHAPED_HERE = {"asset_create", "gateway_index"}


@pytest.fixture
def world() -> KookApiWorld:
    made = KookApiWorld()
    made.add_account()
    return made


def test_every_call_of_the_client_is_in_the_list() -> None:
    methods = {name for name, _ in inspect.getmembers(KookClient, inspect.isfunction) if not name.startswith("_")}
    wrapped = {call.run.__wrapped__.__name__ for call in BY_BOT}  # type: ignore[attr-defined]
    assert wrapped == methods - NOT_CALLS - SHAPED_HERE


def test_every_call_kook_has_is_in_the_list_under_its_name() -> None:
    assert set(CALLS) <= set(KOOK_CALLS)
    assert set(KOOK_CALLS) - set(CALLS) == {"message/send-pipemsg", "oauth2/authorize", "oauth2/token"}


@pytest.mark.parametrize("call", BY_BOT, ids=lambda call: call.name)
def test_a_request_has_the_parameters_of_the_clients_method(call: KookCall) -> None:
    parameters = dict(inspect.signature(call.run.__wrapped__).parameters)  # type: ignore[attr-defined]
    del parameters["self"]
    assert set(call.request.model_fields) == set(parameters)
    for name, parameter in parameters.items():
        field = call.request.model_fields[name]
        if parameter.default is inspect.Parameter.empty:
            assert field.is_required(), name
        elif not field.is_required():
            assert field.default == parameter.default, name


@pytest.mark.parametrize("call", KOOK_CALLS.values(), ids=lambda call: call.name)
def test_only_gets_are_told_to_change_nothing(call: KookCall) -> None:
    if call.name in CALLS:
        assert call.changes == (CALLS[call.name].method == "POST")
    assert call.secret_fields <= set(call.request.model_fields)


def test_a_call_may_be_written_with_a_dash() -> None:
    assert find_kook_call("message-create") is find_kook_call("message/create") is not None
    assert find_kook_call("user-get-online-status") is KOOK_CALLS["user/get-online-status"]
    assert find_kook_call("guild/delete") is None


def test_results_are_objects_whatever_the_client_gives_back() -> None:
    assert shown_result(None) == {}
    assert shown_result("https://img") == {"url": "https://img"}
    assert shown_result([1]) == {"items": [1]}
    assert shown_result({"a": 1}) == {"a": 1}


# --- over HTTP ---


def test_the_calls_are_listed_with_the_schema_of_their_body(world: KookApiWorld) -> None:
    calls = {call["call"]: call for call in world.call("GET", "/api/accounts/1/kook").get_json()["calls"]}
    assert set(calls) == set(KOOK_CALLS)
    assert calls["message/create"]["changes"] is True
    assert calls["message/create"]["body"]["required"] == ["target_id", "content"]
    error_of(world.call("GET", "/api/accounts/9/kook"), 404, "ACCOUNT_NOT_FOUND")


def test_an_unknown_call_is_answered_with_those_there_are(world: KookApiWorld) -> None:
    body = error_of(world.call("POST", "/api/accounts/1/kook/guild/delete", {}), 404, "UNKNOWN_KOOK_CALL")
    assert body["allowed"] == sorted(KOOK_CALLS)
    assert "message/create" in body["solution"]
    error_of(world.call("POST", "/api/accounts/9/kook/guild/list", {}), 404, "ACCOUNT_NOT_FOUND")
    assert world.audit.entries == []


@pytest.mark.parametrize(
    ("call", "body", "code", "field"),
    [
        ("message/create", {"content": "x"}, "MISSING_PARAMETER", "target_id"),
        ("message/create", {"target_id": 5, "content": "x"}, "INVALID_PARAMETER", "target_id"),
        ("message/create", {"target_id": "5", "content": "x", "type": 7}, "INVALID_PARAMETER", "type"),
        ("message/create", {"target_id": "5", "content": "x" * 20_001}, "INVALID_PARAMETER", "content"),
        ("guild/list", {"page_size": 51}, "INVALID_PARAMETER", "page_size"),
        ("guild-role/update", {"guild_id": "1", "role_id": "2"}, "INVALID_PARAMETER", "role_id"),
        ("asset/create", {"file_name": "a", "content_base64": "@@@@"}, "INVALID_PARAMETER", "content_base64"),
        ("oauth2/authorize", {"client_id": "a", "redirect_uri": "b", "scopes": ["all"]}, "INVALID_PARAMETER",
         "scopes.0"),
        ("message/send-pipemsg", {"access_token": "t"}, "INVALID_PARAMETER", ""),
    ],
)  # fmt: skip
def test_a_malformed_body_names_its_field(
    world: KookApiWorld, call: str, body: dict[str, Any], code: str, field: str
) -> None:
    answer = error_of(world.call("POST", f"/api/accounts/1/kook/{call}", body), 400, code)
    assert answer.get("field", "") == field
    assert world.audit.entries == []


@pytest.mark.parametrize(
    ("call", "body", "field"),
    [
        ("guild/view", {"guild_id": "not an id"}, "guild_id"),
        ("message/list", {"target_id": "1", "flag": "before"}, "flag"),
        ("direct-message/create", {"content": "x"}, "chat_code"),
        ("message/create", {"target_id": "1", "content": "  "}, "content"),
    ],
)
def test_what_the_client_cannot_send_is_refused_before_it_is_sent(
    world: KookApiWorld, call: str, body: dict[str, Any], field: str
) -> None:
    answer = error_of(world.call("POST", f"/api/accounts/1/kook/{call}", body), 400, "INVALID_KOOK_ARGUMENT")
    assert answer["field"] == field
    assert world.audit.entries[-1].outcome == "INVALID_KOOK_ARGUMENT"
    assert world.http.requests == []


def test_only_the_administrator_may_call_and_read_the_record(world: KookApiWorld) -> None:
    for method, path in (
        ("GET", "/api/accounts/1/kook"),
        ("POST", "/api/accounts/1/kook/user/me"),
        ("GET", "/api/audit"),
    ):
        error_of(world.call(method, path, token=ROBOT_TOKEN), 403, "ADMINISTRATOR_REQUIRED")
        error_of(world.call(method, path, token="wrong"), 401, "INVALID_TOKEN")
    assert world.audit.entries == []


def test_an_account_without_a_token_is_on_the_record_too(world: KookApiWorld) -> None:
    number = world.add_account(bot_token="")
    error_of(world.call("POST", f"/api/accounts/{number}/kook/user/me"), 400, "BOT_TOKEN_MISSING")
    assert world.audit.entries[-1].outcome == "BOT_TOKEN_MISSING"
    number = world.add_account(bot_token="", unreadable=("bot_token",))
    error_of(world.call("POST", f"/api/accounts/{number}/kook/user/me"), 500, "SECRETS_UNREADABLE")
    assert world.audit.entries[-1].outcome == "SECRETS_UNREADABLE"


def test_without_a_record_no_call_is_made(world: KookApiWorld) -> None:
    world.audit.broken = "begin"
    error_of(world.call("POST", "/api/accounts/1/kook/user/me"), 503, "STORE_UNAVAILABLE")
    assert world.http.requests == []


def test_a_file_may_have_four_megabytes() -> None:
    content = bytes(MAX_UPLOAD_BYTES)
    request = AssetCreate(file_name="a.bin", content_base64=base64.b64encode(content).decode())
    assert request.content == content
    assert "AAAA" not in repr(request)


def test_a_body_beyond_the_cap_is_refused(world: KookApiWorld) -> None:
    too_large = {"file_name": "a", "content_base64": "A" * (MAX_UPLOAD_BYTES * 4 // 3 + 200_000)}
    answer = error_of(world.call("POST", "/api/accounts/1/kook/asset/create", too_large), 413, "BODY_TOO_LARGE")
    assert str(MAX_UPLOAD_BYTES // 1_000_000) in answer["error_message"]
    just_over = {"file_name": "a", "content_base64": base64.b64encode(bytes(MAX_UPLOAD_BYTES + 3)).decode()}
    answer = error_of(world.call("POST", "/api/accounts/1/kook/asset/create", just_over), 400, "INVALID_PARAMETER")
    assert answer["field"] == "content_base64"


# --- the record ---


def test_the_record_is_paged_newest_first(world: KookApiWorld) -> None:
    for _ in range(5):
        world.call("POST", "/api/accounts/1/kook/guild/view", {"guild_id": "not an id"})
    first = world.call("GET", "/api/audit?limit=3").get_json()
    assert [len(first["data"]), first["next_cursor"]] == [3, first["data"][2]["id"]]
    rest = world.call("GET", f"/api/audit?limit=3&cursor={first['next_cursor']}").get_json()
    ids = [entry["id"] for entry in (*first["data"], *rest["data"])]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 5
    assert rest["next_cursor"] is None
    assert first["data"][0] == {
        "id": ids[0],
        "actor": "administrator",
        "credential": "api_token",
        "client_address": "127.0.0.1",
        "action": "kook:guild/view",
        "account_id": 1,
        "arguments": {"guild_id": "not an id"},
        "outcome": "INVALID_KOOK_ARGUMENT",
        "reason": "is not an id KOOK gives out",
        "started_at": "2025-10-19T15:30:00",
        "finished_at": "2025-10-19T15:30:01",
    }


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "cursor=x", "cursor=1'%20OR%201"])
def test_malformed_questions_about_the_record_are_refused(world: KookApiWorld, query: str) -> None:
    response = world.call("GET", f"/api/audit?{query}")
    assert response.status_code == 400
    assert response.get_json()["error_code"] in ("INVALID_PARAMETER", "INVALID_CURSOR")


def test_the_record_keeps_no_secret_and_no_long_value() -> None:
    kept = summarised(
        {
            "access_token": "canary",
            "content": "x" * 500,
            "content_base64": "A" * 400,
            "template_input": {"name": "value"},
            "scopes": ["a"],
            "page": 1,
            "hoist": True,
            "quote": None,
        },
        {"access_token"},
    )
    assert kept == {
        "access_token": "***",
        "content": "x" * MAX_VALUE_CHARACTERS + "… (500 characters)",
        "content_base64": "300 bytes",
        "template_input": '{"name": "value"}',
        "scopes": '["a"]',
        "page": 1,
        "hoist": True,
        "quote": None,
    }
