"""Failures of the database, and the words of refusals in both languages."""

from __future__ import annotations

import json
import re

import pytest

from shared.relay.api.texts import REASONS
from tests.embedded import REPOSITORY_ROOT
from tests.relay_answers import error_of
from tests.unit.relay.relay_api.relay_world import ACCOUNT, BOT, MAPPING, World


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
        *(REPOSITORY_ROOT / "shared/platforms").glob("*.py"),
        *(REPOSITORY_ROOT / "shared/security").glob("outbound*.py"),
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
