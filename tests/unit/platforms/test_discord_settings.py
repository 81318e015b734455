"""Discord: configuration, keys and limits."""

from __future__ import annotations

from typing import Any

import pytest

from shared.platforms.base import InvalidConfig, RateLimit
from tests.unit.platforms.discord_doubles import (
    TOKEN,
    URL,
    destination,
    platform,
)


@pytest.mark.parametrize(
    "url",
    [
        URL,
        URL.replace("discord.com", "discordapp.com"),
        URL.replace("discord.com", "ptb.discord.com"),
        URL.replace("discord.com", "canary.discordapp.com"),
        URL.replace("/api/", "/api/v10/"),
        URL.replace("/api/", "/api/v9/"),
        URL.replace("discord.com", "DISCORD.com:443"),
        URL + "/",
        URL + "?wait=true",
        f"  {URL}\n",
    ],
)
def test_every_form_of_a_webhook_url_is_the_same_webhook(url: str) -> None:
    assert platform()[0].validate_config({"webhook_url": url}) == {"webhook_url": URL}


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (None, "missing"),
        ("", "missing"),
        (17, "malformed"),
        ("discord.com/api/webhooks/1/abc", "malformed"),
        (URL.replace("https", "http"), "malformed"),
        (URL.replace("discord.com", "discord.com.example.org"), "host_not_allowed"),
        (URL.replace("discord.com", "evildiscord.com"), "host_not_allowed"),
        (URL.replace("discord.com", "127.0.0.1"), "host_not_allowed"),
        (URL.replace("discord.com", "user@discord.com"), "host_not_allowed"),
        (URL.replace("discord.com", "discord.com@example.org"), "host_not_allowed"),
        (URL.replace("discord.com", "discord.com:8443"), "host_not_allowed"),
        (URL + "/slack", "malformed"),
        (URL + "/messages/1", "malformed"),
        ("https://discord.com/api/webhooks/...", "malformed"),
        ("https://discord.com/api/webhooks/123/..", "malformed"),
        ("https://discord.com/api/webhooks/123/a%2Fb", "malformed"),
        ("https://discord.com/api/webhooks/abc/def", "malformed"),
        ("https://[discord.com/api/webhooks/1/a", "malformed"),
    ],
)
def test_other_urls_are_refused_without_repeating_them(url: Any, reason: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        platform()[0].validate_config({"webhook_url": url})
    assert (caught.value.field, caught.value.reason) == ("webhook_url", reason)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    "config",
    [
        {"thread_id": "abc"},
        {"thread_id": True},
        {"thread_id": "1", "thread_name": "both"},
        {"thread_name": "x" * 101},
        {"thread_name": "  "},
        {"channel_id": "general"},
        {"username": "x" * 81},
        {"avatar_url": "javascript:alert(1)"},
        {"avatar_url": "https://example.com/" + "x" * 2048},
        {"max_file_bytes": 0},
        {"max_file_bytes": "10"},
        {"silent": "yes"},
        {"suppress_embeds": 1},
        {"rate_limits": []},
        {"rate_limits": [{"requests": 0, "per_seconds": 1}]},
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(config: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfig) as caught:
        platform()[0].validate_config({"webhook_url": URL, **config})
    assert caught.value.field in config


def test_all_settings_are_kept_and_ids_become_strings() -> None:
    config = {
        "webhook_url": URL,
        "thread_id": 1234,
        "channel_id": "99",
        "username": "Announcements",
        "avatar_url": "https://example.com/a.png",
        "max_file_bytes": 50_000_000,
        "silent": True,
        "suppress_embeds": False,
        "rate_limits": [{"requests": 5, "per_seconds": 2}],
    }
    assert platform()[0].validate_config({**config, "unknown": 1}) == {**config, "thread_id": "1234"}


def test_a_thread_in_the_url_is_the_thread() -> None:
    assert platform()[0].validate_config({"webhook_url": URL + "?thread_id=77"})["thread_id"] == "77"


def test_keys_tell_webhooks_threads_and_channels_apart() -> None:
    plain, own = destination("discord_channel_123"), destination(thread_id="7")
    assert plain.key == plain.credential_key == "discord:123456789012345678"
    assert plain.target_id == "123456789012345678"
    assert own.key == "discord:123456789012345678:7"
    assert destination("thread:8", thread_id="7").key == "discord:123456789012345678:8"
    assert destination("888888888888888888").key == plain.key
    assert destination(channel_id="55").credential_key == "discord-channel:55"
    assert TOKEN not in f"{own.key}{own.credential_key}{own.target_id}"


def test_the_limits_are_those_of_a_webhook_and_of_its_channel() -> None:
    limits = platform()[0].limits(destination())
    assert limits.destination == (RateLimit(5, 2.0),)
    assert limits.credential == (RateLimit(30, 60.0),)
