"""Accounts over HTTP: statuses, shapes and words of the "relay" contract."""

from __future__ import annotations

from typing import Any

import pytest

from shared.relay.kook_access import KookCallFailed, KookTokenRefused
from tests.relay_answers import NOW, error_of
from tests.unit.relay.relay_api.relay_world import ACCOUNT, BOT_ACCOUNT, World


def test_accounts_are_added_and_listed_as_the_contract_has_it(world: World) -> None:
    response = world.call("POST", "/api/accounts", ACCOUNT)
    body = response.get_json()
    assert response.status_code == 201
    assert (body["success"], body["message"], body["account_id"]) == (True, "账号添加成功", 1)
    assert body["webhook_url"] == "http://localhost/webhook/1"
    assert [warning["code"] for warning in body["warnings"]] == ["cookie_only"]
    (listed,) = world.call("GET", "/api/accounts/").get_json()["data"]
    assert {name: listed[name] for name in ("id", "email", "status", "last_active", "created_at")} == {
        "id": 1,
        "email": "user@example.com",
        "status": "offline",
        "last_active": NOW,
        "created_at": NOW,
    }


def test_no_answer_holds_a_secret_of_an_account(world: World) -> None:
    answers = [
        world.call("POST", "/api/accounts", BOT_ACCOUNT),
        world.call("POST", "/api/accounts", ACCOUNT),
        world.call("PUT", "/api/accounts/1", {"verify_token": "canary-2"}),
        world.call("POST", "/api/accounts/1/stop"),
        world.call("POST", "/api/accounts/1/start"),
        world.call("GET", "/api/accounts"),
        world.call("GET", "/api/accounts/1"),
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 200, 200, 200, 200, 200]
    assert not any("canary" in answer.get_data(as_text=True) for answer in answers)
    assert "canary" not in repr(world.lines.lines)
    shown = answers[-1].get_json()["data"]
    assert shown["credentials"] == ["bot_token", "verify_token", "encrypt_key", "password"]
    assert (shown["kook_user_id"], shown["kook_user_name"]) == ("4242", "RelayBot")


@pytest.mark.parametrize(
    ("options", "headers", "url"),
    [
        ({}, {"Host": "127.0.0.1:9527"}, "http://127.0.0.1:9527/webhook/1"),
        ({}, {"X-Relay-Original-Host": "relay.example.com"}, "http://relay.example.com/webhook/1"),
        ({}, {"X-Relay-Original-Host": "evil.example.com/x?"}, "http://localhost/webhook/1"),
        ({"public_url": "https://relay.example.com"}, {}, "https://relay.example.com/webhook/1"),
        (
            {"public_url": "https://relay.example.com", "compressed_webhooks": False},
            {},
            "https://relay.example.com/webhook/1?compress=0",
        ),
    ],
)
def test_the_webhook_url_is_the_one_to_paste(options: dict[str, Any], headers: dict[str, str], url: str) -> None:
    response = World(**options).call("POST", "/api/accounts", BOT_ACCOUNT, **headers)
    assert response.get_json()["webhook_url"] == url


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({}, 400, "MISSING_PARAMETER", "email"),
        ({"email": None}, 400, "INVALID_PARAMETER", "email"),
        ({"email": 5}, 400, "INVALID_PARAMETER", "email"),
        ({"email": ""}, 400, "INVALID_PARAMETER", "email"),
        ({"email": "nobody"}, 400, "INVALID_PARAMETER", "email"),
        ({"email": "a@" + "b" * 300}, 400, "INVALID_PARAMETER", "email"),
        ({"email": "a@b.c", "cookie": 5}, 400, "INVALID_PARAMETER", "cookie"),
        ({"email": "a@b.c", "cookie": "no cookie canary"}, 422, "INVALID_COOKIE", "cookie"),
        ({"email": "a@b.c", "cookie": "x" * 20_000}, 400, "INVALID_PARAMETER", "cookie"),
        ({"email": "a@b.c", "bot_token": "can ary"}, 400, "INVALID_PARAMETER", "bot_token"),
        ({"email": "a@b.c", "bot_token": "令牌canary"}, 400, "INVALID_PARAMETER", "bot_token"),
        ({"email": "a@b.c", "verify_token": ["canary"]}, 400, "INVALID_PARAMETER", "verify_token"),
    ],
)
def test_a_bad_account_is_refused_by_field(
    world: World, body: dict[str, Any], status: int, code: str, field: str
) -> None:
    response = world.call("POST", "/api/accounts", body)
    assert error_of(response, status, code)["field"] == field
    assert "canary" not in response.get_data(as_text=True)
    assert world.store.kept_accounts == {}


def test_null_and_unknown_fields_are_tolerated(world: World) -> None:
    body = {"email": "a@b.c", "cookie": None, "password": None, "future_field": {"x": 1}}
    assert world.call("POST", "/api/accounts", body).status_code == 201


def test_an_address_in_use_is_409(world: World) -> None:
    world.call("POST", "/api/accounts", ACCOUNT)
    error_of(world.call("POST", "/api/accounts", ACCOUNT), 409, "EMAIL_TAKEN")


def test_accounts_are_started_and_stopped(world: World) -> None:
    world.call("POST", "/api/accounts", BOT_ACCOUNT)
    stopped = world.call("POST", "/api/accounts/1/stop").get_json()
    assert (stopped["success"], stopped["data"]["status"]) == (True, "offline")
    started = world.call("POST", "/api/accounts/1/start/").get_json()
    assert (started["success"], started["message"], started["data"]["status"]) == (True, "抓取器启动成功", "online")


def test_a_cookie_account_cannot_be_started_and_says_what_to_do(world: World) -> None:
    world.call("POST", "/api/accounts", ACCOUNT)
    body = error_of(world.call("POST", "/api/accounts/1/start"), 400, "BOT_TOKEN_REQUIRED")
    assert "bot_token" in body["solution"]


def test_a_refused_token_gives_kooks_reason(world: World) -> None:
    world.call("POST", "/api/accounts", BOT_ACCOUNT)
    world.kook.failure = KookTokenRefused(40101, "无效的token")
    body = error_of(world.call("POST", "/api/accounts/1/start"), 400, "KOOK_TOKEN_REFUSED")
    assert (body["field"], body["reason"]) == ("bot_token", "无效的token (40101)")


def test_an_unreachable_kook_is_a_warning(world: World) -> None:
    world.kook.failure = KookCallFailed("timeout")
    response = world.call("POST", "/api/accounts", BOT_ACCOUNT)
    assert response.status_code == 201
    assert response.get_json()["warnings"] == [
        {"code": "kook_unreachable", "message": "暂时无法向 KOOK 核对 bot_token：timeout"}
    ]


def test_an_account_is_deleted_without_a_body(world: World) -> None:
    world.call("POST", "/api/accounts", ACCOUNT)
    response = world.call("DELETE", "/api/accounts/1")
    assert (response.status_code, response.data) == (204, b"")
    assert world.call("GET", "/api/accounts").get_json()["data"] == []


def test_an_account_whose_seal_is_broken_is_listed_with_what_is_lost(world: World) -> None:
    world.call("POST", "/api/accounts", BOT_ACCOUNT)
    world.store.update_account(1, {"bot_token": "", "unreadable": ("bot_token",)})
    (shown,) = world.call("GET", "/api/accounts").get_json()["data"]
    assert shown["unreadable_credentials"] == ["bot_token"]
    assert "bot_token" in shown["credentials"]
