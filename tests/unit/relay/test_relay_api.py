"""The control API over HTTP with fakes behind it: statuses, shapes and words of the "relay" contract."""

from __future__ import annotations

import json
import re
import zoneinfo
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from shared.platforms.outcomes import Permanent, RetryAfter
from shared.platforms.registry import PlatformRegistry
from shared.relay.accounts import Accounts
from shared.relay.api.application import build_relay_api
from shared.relay.api.texts import REASONS
from shared.relay.bots import Bots
from shared.relay.kook_access import KookCallFailed, KookTokenRefused
from shared.relay.logs import InvalidCursor, LogPage, LogRow, PageTooFar
from shared.relay.mappings import Mappings
from shared.security.tokens import token_digest
from shared.web.authentication import ApiTokenVerifier, Authenticator
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration
from tests.fakes.kook_access import FakeKookAccess
from tests.fakes.platforms import FakePlatform
from tests.fakes.request_log import FakeRequestLog

REPOSITORY = Path(__file__).resolve().parents[3]
TOKEN = "operators-token"
NOW = "2025-10-19T15:30:00"  # in Shanghai
NOW_EPOCH = 1_760_859_000

ACCOUNT = {"email": "user@example.com", "cookie": '[{"name":"token","value":"canary","domain":".kookapp.cn"}]'}
BOT_ACCOUNT = {
    "email": "bot@example.com",
    "bot_token": "1/canary-bot-token",
    "verify_token": "canary-verify",
    "encrypt_key": "canary-encrypt",
    "password": "canary-password",
}
BOT = {
    "platform": "discord",
    "name": "测试Discord Bot",
    "config": {"webhook_url": "https://discord.com/api/webhooks/123456/canary"},
}
MAPPING = {
    "kook_server_id": "1234567890",
    "kook_channel_id": "9876543210",
    "kook_channel_name": "公告频道",
    "target_platform": "discord",
    "target_bot_id": 1,
    "target_channel_id": "discord_channel_123",
}


class FakeLog:
    """Answers one row, or fails as told; ``asked`` is the last query."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.failure: Exception | None = None

    def page(self, **query: Any) -> LogPage:
        self.asked = query
        if self.failure is not None:
            raise self.failure
        row = LogRow(
            id=1, kook_message_id="msg_123", mapping_id=7, kook_channel_id="channel_456", kook_channel_name="c",
            content="测试消息", message_type="text", sender_name="用户A", platform="discord", bot_id=1,
            target_channel="discord_ch_789", status="success", error_code=None, error_message=None, latency_ms=1234,
            created_at="2025-10-19T07:30:00.123Z",
        )  # fmt: skip
        return LogPage([row], total=1234, page=query["page"] or 1, next_cursor="next")


class World:
    def __init__(self, **options: Any) -> None:
        self.store = FakeConfiguration()
        self.kook = FakeKookAccess()
        self.platform = FakePlatform("discord")
        self.log = FakeLog()
        self.lines = FakeRequestLog()
        self.clock = FakeClock(NOW_EPOCH)
        registry = PlatformRegistry([self.platform, FakePlatform("telegram")])
        app = build_relay_api(
            accounts=Accounts(self.store, self.kook, self.clock.ms),
            bots=Bots(self.store, registry, self.clock.ms),
            mappings=Mappings(self.store, registry, self.clock.ms),
            log=self.log,
            authenticator=Authenticator([ApiTokenVerifier("", lambda: [token_digest(TOKEN)])]),
            zone=zoneinfo.ZoneInfo("Asia/Shanghai"),
            request_log=self.lines,
            clock=self.clock,
            **options,
        )
        self.client: FlaskClient = app.test_client()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.open(path, method=method, json=body, headers={"X-API-Token": TOKEN, **headers})


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def mapped(world: World) -> World:
    assert world.call("POST", "/api/bots", BOT).status_code == 201
    assert world.call("POST", "/api/mappings", MAPPING).status_code == 201
    return world


def error_of(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.get_data(as_text=True)
    body: dict[str, Any] = response.get_json()
    assert {"success", "error_code", "error_message", "solution", "timestamp"} <= set(body)
    assert (body["success"], body["error_code"], body["timestamp"]) == (False, code, NOW)
    return body


# --- health and authentication ---


def test_health_is_open(world: World) -> None:
    assert world.client.get("/health").get_json() == {"status": "healthy"}


ROUTES = [
    ("GET", "/api/accounts"),
    ("POST", "/api/accounts"),
    ("GET", "/api/accounts/1"),
    ("PUT", "/api/accounts/1"),
    ("DELETE", "/api/accounts/1"),
    ("POST", "/api/accounts/1/start"),
    ("POST", "/api/accounts/1/stop"),
    ("GET", "/api/bots"),
    ("POST", "/api/bots"),
    ("GET", "/api/bots/1"),
    ("PUT", "/api/bots/1"),
    ("DELETE", "/api/bots/1"),
    ("POST", "/api/bots/1/test"),
    ("GET", "/api/mappings"),
    ("POST", "/api/mappings"),
    ("POST", "/api/mappings/batch"),
    ("GET", "/api/mappings/export"),
    ("POST", "/api/mappings/import"),
    ("GET", "/api/mappings/1"),
    ("PUT", "/api/mappings/1"),
    ("DELETE", "/api/mappings/1"),
    ("GET", "/api/logs"),
]


def test_the_list_of_routes_is_complete(world: World) -> None:
    rules = {
        (method, rule.rule.replace("<account_id>", "1").replace("<bot_id>", "1").replace("<mapping_id>", "1"))
        for rule in world.client.application.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS", "PATCH")
    }
    assert rules == {*ROUTES, ("GET", "/health")}


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_everything_else_asks_for_the_token(world: World, method: str, path: str) -> None:
    for suffix in ("", "/"):
        missing = world.client.open(path + suffix, method=method)
        wrong = world.client.open(path + suffix, method=method, headers={"X-API-Token": "wrong"})
        error_of(missing, 401, "UNAUTHORIZED")
        error_of(wrong, 401, "INVALID_TOKEN")


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "/1" in route[1]])
def test_unknown_and_malformed_ids(world: World, method: str, path: str) -> None:
    unknown = world.call(method, path.replace("/1", "/77"), {} if method in ("PUT", "POST") else None)
    body = error_of(unknown, 404, unknown.get_json()["error_code"])
    assert body["error_code"] in ("ACCOUNT_NOT_FOUND", "BOT_NOT_FOUND", "MAPPING_NOT_FOUND")
    assert "77" in body["error_message"]
    malformed = world.call(method, path.replace("/1", "/abc"), {} if method in ("PUT", "POST") else None)
    error_of(malformed, 400, "INVALID_PARAMETER")


@pytest.mark.parametrize(
    "path", ["/api/accounts", "/api/bots", "/api/mappings", "/api/mappings/batch", "/api/mappings/import"]
)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'"x"'])
def test_unreadable_bodies_are_400(world: World, path: str, body: bytes) -> None:
    response = world.client.post(path, data=body, headers={"X-API-Token": TOKEN})
    assert response.status_code == 400
    assert response.get_json()["error_code"].startswith("BODY_")


# --- accounts ---


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


# --- bots ---


def test_bots_are_added_and_listed_with_masked_secrets(world: World) -> None:
    response = world.call("POST", "/api/bots", BOT)
    body = response.get_json()
    assert (response.status_code, body["success"], body["id"]) == (201, True, 1)
    (listed,) = world.call("GET", "/api/bots").get_json()["data"]
    assert listed == {
        "id": 1,
        "platform": "discord",
        "name": "测试Discord Bot",
        "config": {"webhook_url": "https://discord.com/api/webhooks/123456/***"},
        "status": "active",
        "disabled_reason": None,
        "solution": None,
        "created_at": NOW,
        "circuit": "closed",
        "destinations": [],
    }
    assert "canary" not in response.get_data(as_text=True)


def test_bots_are_filtered_by_platform(world: World) -> None:
    world.call("POST", "/api/bots", BOT)
    world.call("POST", "/api/bots", {**BOT, "platform": "telegram"})
    assert [bot["id"] for bot in world.call("GET", "/api/bots?platform=telegram").get_json()["data"]] == [2]
    body = error_of(world.call("GET", "/api/bots?platform=myspace"), 400, "INVALID_PARAMETER")
    assert "discord, telegram" in body["error_message"]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"platform": "myspace"}, "UNSUPPORTED_PLATFORM", "platform"),
        ({"platform": 5}, "INVALID_PARAMETER", "platform"),
        ({"name": ""}, "INVALID_PARAMETER", "name"),
        ({"name": "two\nlines"}, "INVALID_PARAMETER", "name"),
        ({"config": "canary"}, "INVALID_PARAMETER", "config"),
        ({"config": {}}, "INVALID_BOT_CONFIG", "config.webhook_url"),
        ({"config": {"webhook_url": "http://canary"}}, "INVALID_BOT_CONFIG", "config.webhook_url"),
        ({"config": {"webhook_url": ["canary"]}}, "INVALID_BOT_CONFIG", "config.webhook_url"),
    ],
)
def test_a_bad_bot_is_refused_by_field(world: World, change: dict[str, Any], code: str, field: str) -> None:
    response = world.call("POST", "/api/bots", {**BOT, **change})
    assert error_of(response, 400, code)["field"] == field
    assert "canary" not in response.get_data(as_text=True)
    assert world.store.kept_bots == {}


def test_missing_bot_fields_are_all_named(world: World) -> None:
    body = error_of(world.call("POST", "/api/bots", {}), 400, "MISSING_PARAMETER")
    assert [error["field"] for error in body["errors"]] == ["platform", "name", "config"]


def test_bots_are_changed(world: World) -> None:
    world.call("POST", "/api/bots", BOT)
    body = world.call("PUT", "/api/bots/1", {"name": "renamed", "config": {"thread": "7"}}).get_json()
    assert body["data"]["name"] == "renamed"
    assert body["data"]["config"] == {"webhook_url": "https://discord.com/api/webhooks/123456/***", "thread": "7"}
    error_of(world.call("PATCH", "/api/bots/1", {"status": "broken"}), 400, "INVALID_PARAMETER")
    error_of(world.call("PUT", "/api/bots/1", {"platform": "telegram"}), 400, "PLATFORM_FIXED")


def test_a_bot_test_reports_the_latency(world: World) -> None:
    world.call("POST", "/api/bots", BOT)
    world.platform.while_testing = lambda: world.clock.advance(0.234)
    body = world.call("POST", "/api/bots/1/test").get_json()
    assert (body["success"], body["message"], body["latency_ms"]) == (True, "测试消息发送成功", 234)
    assert world.call("POST", "/api/bots/1/test", {"target_channel_id": "42"}).status_code == 200
    assert [sent.target_id for sent in world.platform.tested] == ["", "42"]


def test_a_failed_bot_test_gives_the_platforms_reason(world: World) -> None:
    world.call("POST", "/api/bots", BOT)
    world.platform.outcome = Permanent("unknown_webhook", "Unknown Webhook (10015)")
    body = error_of(world.call("POST", "/api/bots/1/test"), 422, "BOT_TEST_REFUSED")
    assert (body["reason_code"], body["reason"]) == ("unknown_webhook", "Unknown Webhook (10015)")
    world.platform.outcome = RetryAfter("rate_limited", "slow down", 2.6, rate_limited=True)
    response = world.call("POST", "/api/bots/1/test")
    error_of(response, 503, "BOT_TEST_INCONCLUSIVE")
    assert response.headers["Retry-After"] == "3"


def test_deleting_a_bot_names_the_mappings_it_switches_off(mapped: World) -> None:
    body = mapped.call("DELETE", "/api/bots/1").get_json()
    assert body["success"]
    assert body["disabled_mappings"] == [{"id": 1, "kook_channel_id": "9876543210", "kook_channel_name": "公告频道"}]
    (mapping,) = mapped.call("GET", "/api/mappings").get_json()["data"]
    assert (mapping["enabled"], mapping["disabled_reason"]) == (0, "bot_deleted")


# --- mappings ---


def test_mappings_are_added_and_listed_as_the_contract_has_it(mapped: World) -> None:
    (listed,) = mapped.call("GET", "/api/mappings").get_json()["data"]
    assert {**MAPPING, "id": 1, "enabled": 1}.items() <= listed.items()
    again = mapped.call("POST", "/api/mappings", MAPPING)
    assert (again.status_code, again.get_json()["id"]) == (200, 1)
    error_of(mapped.call("POST", "/api/mappings", {**MAPPING, "enabled": 0}), 409, "MAPPING_EXISTS")


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"kook_server_id": 1234567890}, 400, "INVALID_PARAMETER", "kook_server_id"),
        ({"kook_channel_id": ""}, 400, "INVALID_PARAMETER", "kook_channel_id"),
        ({"kook_channel_id": "a b"}, 400, "INVALID_PARAMETER", "kook_channel_id"),
        ({"kook_channel_name": None}, 400, "INVALID_PARAMETER", "kook_channel_name"),
        ({"target_bot_id": "1"}, 400, "INVALID_PARAMETER", "target_bot_id"),
        ({"target_bot_id": True}, 400, "INVALID_PARAMETER", "target_bot_id"),
        ({"target_bot_id": 1.5}, 400, "INVALID_PARAMETER", "target_bot_id"),
        ({"target_bot_id": 0}, 400, "INVALID_PARAMETER", "target_bot_id"),
        ({"target_bot_id": 2**60}, 400, "INVALID_PARAMETER", "target_bot_id"),
        ({"enabled": 2}, 400, "INVALID_PARAMETER", "enabled"),
        ({"enabled": "1"}, 400, "INVALID_PARAMETER", "enabled"),
        ({"name_format": ""}, 400, "INVALID_PARAMETER", "name_format"),
        ({"media_policy": "burn"}, 400, "INVALID_PARAMETER", "media_policy"),
        ({"edit_policy": "burn"}, 400, "INVALID_PARAMETER", "edit_policy"),
        ({"outcome_policy": "never"}, 400, "INVALID_PARAMETER", "outcome_policy"),
        ({"delete_policy": 1}, 400, "INVALID_PARAMETER", "delete_policy"),
        ({"filters": []}, 400, "INVALID_PARAMETER", "filters"),
        ({"filters": {"include_keywords": "x"}}, 400, "INVALID_PARAMETER", "filters.include_keywords"),
        ({"filters": {"include_users": [7]}}, 400, "INVALID_PARAMETER", "filters.include_users.0"),
        ({"filters": {"message_kinds": ["song"]}}, 400, "INVALID_PARAMETER", "filters.message_kinds.0"),
        ({"filters": {"exclude_users": ["x"] * 101}}, 400, "INVALID_PARAMETER", "filters.exclude_users"),
        ({"target_platform": "myspace"}, 400, "UNSUPPORTED_PLATFORM", "target_platform"),
        ({"target_platform": "telegram"}, 422, "BOT_PLATFORM_MISMATCH", "target_platform"),
        ({"target_bot_id": 99}, 404, "BOT_NOT_FOUND", "target_bot_id"),
        ({"target_channel_id": "bad"}, 422, "INVALID_TARGET_CHANNEL", "target_channel_id"),
    ],
)
def test_a_bad_mapping_is_refused_by_field(
    world: World, change: dict[str, Any], status: int, code: str, field: str
) -> None:
    world.call("POST", "/api/bots", BOT)
    assert error_of(world.call("POST", "/api/mappings", {**MAPPING, **change}), status, code)["field"] == field
    batch = world.call("POST", "/api/mappings/batch", {"mappings": [MAPPING, {**MAPPING, **change}]})
    assert error_of(batch, status, code)["field"] == f"mappings.1.{field}"
    assert world.store.kept_mappings == {}


def test_a_mapping_takes_filters_and_a_name_format(mapped: World) -> None:
    filters = {"include_keywords": ["公告"], "message_kinds": ["text", "card"], "relay_bots": True}
    body = mapped.call("PUT", "/api/mappings/1", {"filters": filters, "name_format": "[KOOK] {name}"}).get_json()
    assert filters.items() <= body["data"]["filters"].items()
    assert body["data"]["name_format"] == "[KOOK] {name}"


@pytest.mark.parametrize("enabled", [0, False])
def test_a_mapping_is_switched_off_by_a_partial_update(mapped: World, enabled: object) -> None:
    body = mapped.call("PUT", "/api/mappings/1", {"enabled": enabled}).get_json()
    assert body["data"] == {**body["data"], **MAPPING, "id": 1, "enabled": 0}


def test_a_mapping_is_deleted(mapped: World) -> None:
    assert mapped.call("DELETE", "/api/mappings/1").get_json()["success"]
    error_of(mapped.call("DELETE", "/api/mappings/1"), 404, "MAPPING_NOT_FOUND")


def test_a_batch_is_added(mapped: World) -> None:
    second = {**MAPPING, "target_channel_id": "other"}
    response = mapped.call("POST", "/api/mappings/batch", {"mappings": [MAPPING, second]})
    body = response.get_json()
    assert (response.status_code, body["success_count"], body["skipped_count"], body["ids"]) == (201, 1, 1, [1, 2])
    for broken in ({}, {"mappings": {}}, {"mappings": []}, {"mappings": [5]}, {"mappings": [MAPPING] * 501}):
        assert mapped.call("POST", "/api/mappings/batch", broken).status_code == 400


def test_an_export_has_the_contracts_shape_and_can_be_imported_again(mapped: World) -> None:
    response = mapped.call("GET", "/api/mappings/export")
    exported = response.get_json()
    assert list(exported) == ["version", "export_time", "mappings"]
    assert (exported["version"], exported["export_time"]) == ("1.0", NOW)
    assert response.headers["Content-Disposition"] == 'attachment; filename="channel_mappings_export.json"'
    assert {**MAPPING, "target_bot_name": "测试Discord Bot"}.items() <= exported["mappings"][0].items()
    mapped.call("DELETE", "/api/mappings/1")
    body = mapped.call("POST", "/api/mappings/import", exported).get_json()
    assert (body["success_count"], body["skipped_count"], body["failed_count"], body["errors"]) == (1, 0, 0, [])


def test_an_import_reports_each_row(mapped: World) -> None:
    rows = [MAPPING, {**MAPPING, "target_channel_id": "new"}, {**MAPPING, "target_bot_id": 99}, {"kook_channel_id": 5}]
    body = mapped.call("POST", "/api/mappings/import", {"mappings": rows}).get_json()
    assert body["message"] == "导入完成：成功 1 个，跳过 1 个，失败 2 个"
    assert (body["success_count"], body["skipped_count"], body["failed_count"]) == (1, 1, 2)
    assert [(error["index"], error["error_code"], error["field"]) for error in body["errors"]] == [
        (2, "BOT_NOT_FOUND", "target_bot_id"),
        (3, "INVALID_PARAMETER", "kook_server_id"),
    ]
    error_of(mapped.call("POST", "/api/mappings/import", {"mappings": "x"}), 400, "INVALID_PARAMETER")


def test_an_import_replaces_only_when_asked(mapped: World) -> None:
    rows = {"mappings": [{**MAPPING, "kook_channel_name": "renamed"}]}
    assert mapped.call("POST", "/api/mappings/import", rows).get_json()["skipped_count"] == 1
    replaced = mapped.call("POST", "/api/mappings/import", {**rows, "replace_existing": True}).get_json()
    assert (replaced["success_count"], replaced["replaced_count"]) == (1, 1)
    assert mapped.call("GET", "/api/mappings/1").get_json()["data"]["kook_channel_name"] == "renamed"


# --- logs ---


def test_logs_have_the_contracts_shape(world: World) -> None:
    body = world.call("GET", "/api/logs").get_json()
    assert (body["success"], body["total"], body["page"], body["next_cursor"]) == (True, 1234, 1, "next")
    expected = {
        "id": 1,
        "kook_message_id": "msg_123",
        "kook_channel_id": "channel_456",
        "content": "测试消息",
        "message_type": "text",
        "sender_name": "用户A",
        "target_platform": "discord",
        "target_channel": "discord_ch_789",
        "status": "success",
        "error_message": None,
        "latency_ms": 1234,
        "created_at": NOW,
    }
    assert expected.items() <= body["data"][0].items()
    assert world.log.asked["limit"] == 100


def test_log_filters_are_passed_on(world: World) -> None:
    world.call("GET", "/api/logs?limit=5&status=failed&platform=telegram&channel_id=42&page=3")
    assert world.log.asked == {
        "status": "failed", "platform": "telegram", "channel_id": "42", "limit": 5, "page": 3, "cursor": None,
    }  # fmt: skip
    world.call("GET", "/api/logs?cursor=abc")
    assert (world.log.asked["cursor"], world.log.asked["page"]) == ("abc", None)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=ten", "limit"),
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=x", "page"),
        ("status=lost", "status"),
        ("platform=myspace", "platform"),
        ("page=2&cursor=abc", "page"),
        ("cursor=" + "x" * 2000, "cursor"),
        ("channel_id=" + "x" * 2000, "channel_id"),
    ],
)
def test_bad_log_filters_are_refused_by_name(world: World, query: str, field: str) -> None:
    assert error_of(world.call("GET", f"/api/logs?{query}"), 400, "INVALID_PARAMETER")["field"] == field


def test_a_page_too_far_or_a_foreign_cursor_says_what_to_do(world: World) -> None:
    world.log.failure = PageTooFar("far")
    assert "next_cursor" in error_of(world.call("GET", "/api/logs?page=999"), 400, "PAGE_TOO_FAR")["solution"]
    world.log.failure = InvalidCursor("foreign")
    assert error_of(world.call("GET", "/api/logs?cursor=x"), 400, "INVALID_CURSOR")["field"] == "cursor"


# --- failures and languages ---


@pytest.mark.parametrize("path", ["/api/accounts", "/api/bots", "/api/mappings", "/api/mappings/export"])
def test_a_failing_database_is_503(world: World, path: str) -> None:
    world.store.broken = True
    response = world.call("GET", path)
    error_of(response, 503, "STORE_UNAVAILABLE")
    assert response.headers["Retry-After"] == "1"


def test_answers_are_english_for_an_english_reader(mapped: World) -> None:
    english = {"Accept-Language": "en-GB,en;q=0.9"}
    body = error_of(mapped.call("POST", "/api/mappings", {**MAPPING, "enabled": 0}, **english), 409, "MAPPING_EXISTS")
    assert body["error_message"] == "Mapping 1 already leads from this channel to this target, with other settings"
    assert body["solution"] == "Change it by PUT /api/mappings/1"
    added = mapped.call("POST", "/api/accounts", ACCOUNT, **english).get_json()
    assert added["message"] == "The account was added"
    assert "bot_token" in added["warnings"][0]["message"]
    config = mapped.call("POST", "/api/bots", {**BOT, "config": {}}, **english)
    assert config.get_json()["error_message"] == (
        "The bot's setting config.webhook_url cannot be used: the webhook URL is required"
    )


def test_chinese_reasons_are_chinese(world: World) -> None:
    body = error_of(world.call("POST", "/api/bots", {**BOT, "config": {}}), 400, "INVALID_BOT_CONFIG")
    assert body["error_message"] == "Bot 配置 config.webhook_url 无法使用：缺失（必填）"


def test_every_reason_a_configuration_is_refused_for_has_words() -> None:
    sources = [
        *(REPOSITORY / "shared/platforms").glob("*.py"),
        *(REPOSITORY / "shared/security").glob("outbound*.py"),
    ]
    found = {
        reason
        for source in sources
        for reason in re.findall(
            r'(?:InvalidConfig\(\s*"[a-z_]+",\s*|DestinationRefused\(\s*)"([a-z_]+)"', source.read_text("utf-8")
        )
    }
    assert {"missing", "scheme_not_allowed", "address_not_allowed"} <= found, "the pattern finds them no more"
    assert found <= REASONS.keys()


def test_chinese_is_not_escaped(mapped: World) -> None:
    raw = mapped.call("GET", "/api/mappings").get_data(as_text=True)
    assert "公告频道" in raw
    assert json.loads(raw)["success"] is True
