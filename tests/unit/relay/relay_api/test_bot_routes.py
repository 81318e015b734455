"""Bots over HTTP: statuses, shapes and words of the "relay" contract."""

from __future__ import annotations

from typing import Any

import pytest

from shared.platforms.outcomes import Permanent, RetryAfter
from tests.relay_answers import NOW, error_of
from tests.unit.relay.relay_api.relay_world import BOT, World


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
