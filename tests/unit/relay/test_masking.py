from __future__ import annotations

from typing import Any

import pytest

from shared.relay.masking import keep_masked_secrets, mask_secret, masked_config


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("https://discord.com/api/webhooks/123456/canary", "https://discord.com/api/webhooks/123456/***"),
        ("https://discord.com/api/webhooks/1/canary/", "https://discord.com/api/webhooks/1/***"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/canary", "https://open.feishu.cn/open-apis/bot/v2/hook/***"),
        ("https://user:canary@example.com:8443/hook/canary?key=canary#canary", "https://example.com:8443/hook/***"),
        ("https://example.com/canary", "https://example.com/***"),
        ("https://example.com?key=canary", "https://example.com/***"),
        ("http://[canary/x", "***"),
        ("http://example.com:canary/x", "***"),
        ("123456:canary", "123456:***"),
        ("canary", "***"),
        ("canary:1", "***"),
        (12345, "***"),
        ({"key": "canary"}, "***"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_secret_shows_only_what_identifies_it(secret: Any, shown: str) -> None:
    assert mask_secret(secret) == shown


def test_only_the_secret_fields_of_a_configuration_are_masked() -> None:
    config = {"bot_token": "1:canary", "chat_id": "-5", "rate_limits": [{"requests": 1, "per_seconds": 1}]}
    shown = masked_config(config, {"bot_token", "not_there"})
    assert shown == {**config, "bot_token": "1:***"}


def test_masked_secrets_in_changes_are_dropped_and_new_ones_kept() -> None:
    present = {"bot_token": "1:canary", "secret": "s", "chat_id": "***"}
    secret = {"bot_token", "secret"}
    assert keep_masked_secrets({"bot_token": "1:***", "chat_id": "***"}, present, secret) == {"chat_id": "***"}
    assert keep_masked_secrets({"bot_token": "2:***"}, present, secret) == {"bot_token": "2:***"}
    assert keep_masked_secrets({"secret": None}, present, secret) == {"secret": None}
