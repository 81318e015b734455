from __future__ import annotations

from typing import Any

import pytest

from shared.platforms.base import InvalidConfig, RateLimit
from shared.platforms.pacing import effective_limits
from shared.platforms.webhook import WebhookPlatform
from shared.platforms.webhook_settings import secrets_to_hide
from tests.fakes.scripted_http import ScriptedHttp

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
URL = "https://hooks.example.com/relay/5f1c0c4e-path-token?key=query-token-123"


def platform(*allowed: str) -> WebhookPlatform:
    return WebhookPlatform(ScriptedHttp([]), allowed)


def test_the_address_is_enough() -> None:
    config = platform().validate_config({"url": f" {URL}#top ", "unknown": 1})
    assert config.keys() == {"url", "secret"}
    assert config["url"] == URL
    assert config["secret"].startswith("whsec_")


def test_a_secret_that_is_there_is_kept() -> None:
    config = {"url": URL, "secret": SECRET, "previous_secret": OTHER_SECRET}
    assert platform().validate_config(config) == config


def test_a_previous_secret_equal_to_the_present_one_is_dropped() -> None:
    checked = platform().validate_config({"url": URL, "secret": SECRET, "previous_secret": SECRET + "=="})
    assert checked == {"url": URL, "secret": SECRET}


def test_rate_limits_replace_the_defaults() -> None:
    config = platform().validate_config({"url": URL, "rate_limits": [{"requests": 1, "per_seconds": 60}]})
    destination = platform().destination(1, config, "")
    limits = effective_limits(platform().limits(destination), destination.config)
    assert limits.destination == (RateLimit(1, 60.0),)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (None, "missing"),
        ("", "missing"),
        (7, "malformed"),
        ("nonsense", "scheme_not_allowed"),
        ("ftp://hooks.example.com/", "scheme_not_allowed"),
        ("http://hooks.example.com/relay", "scheme_not_allowed"),
        ("http://8.8.8.8/relay", "scheme_not_allowed"),
        ("http://localhost/relay", "scheme_not_allowed"),
        ("https://user:password@hooks.example.com/", "userinfo_not_allowed"),
        ("https://token@hooks.example.com/", "userinfo_not_allowed"),
        ("https://127.0.0.1/relay", "address_not_allowed"),
        ("https://127.1/relay", "address_not_allowed"),
        ("https://2130706433/relay", "address_not_allowed"),
        ("https://169.254.169.254/latest/meta-data", "address_not_allowed"),
        ("https://10.1.2.3/", "address_not_allowed"),
        ("https://[::1]/", "address_not_allowed"),
        ("https://[::ffff:127.0.0.1]/", "address_not_allowed"),
        ("https://[fd00:ec2::254]/", "address_not_allowed"),
        ("https://hooks.example.com:0/", "malformed_url"),
        ("https://hooks.example.com:99999/", "malformed"),
        ("https://hooks.example.com:port/", "malformed"),
        ("https://", "malformed_url"),
        ("https://hooks.example.com/a b", "malformed_url"),
        ("https://hooks.example.com/a\\b", "malformed_url"),
        ("https://例子.测试/", "malformed"),
        ("https://hooks.example.com/" + "x" * 2048, "too_long"),
    ],
)
def test_addresses_that_cannot_be_used(url: Any, reason: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        platform().validate_config({"url": url, "secret": SECRET})
    assert (caught.value.field, caught.value.reason) == ("url", reason)
    assert not isinstance(url, str) or not url or url not in str(caught.value)


@pytest.mark.parametrize("url", ["http://10.1.2.3:8080/hook", "https://10.1.2.3/hook", "http://[fd12::7]/hook"])
def test_networks_that_the_operator_opened_are_reached_by_address_also_over_http(url: str) -> None:
    assert platform("10.0.0.0/8", "fd12::/16").validate_config({"url": url})["url"] == url


@pytest.mark.parametrize("url", ["http://10.1.2.3/hook", "http://relay.internal/hook", "http://192.168.0.1/hook"])
def test_other_networks_stay_closed_then(url: str) -> None:
    with pytest.raises(InvalidConfig):
        platform("172.16.0.0/12").validate_config({"url": url})


@pytest.mark.parametrize("field", ["secret", "previous_secret"])
@pytest.mark.parametrize("value", [5, [], {}, True, "nonsense", "whsec_short", "whsec_" + "A" * 400])
def test_malformed_secrets_are_refused(field: str, value: Any) -> None:
    with pytest.raises(InvalidConfig) as caught:
        platform().validate_config({"url": URL, "secret": SECRET, field: value})
    assert (caught.value.field, caught.value.reason) == (field, "malformed")


def test_malformed_rate_limits_are_refused() -> None:
    with pytest.raises(InvalidConfig) as caught:
        platform().validate_config({"url": URL, "rate_limits": "many"})
    assert caught.value.field == "rate_limits"


def test_one_address_is_one_destination_and_its_key_tells_nothing() -> None:
    config = platform().validate_config({"url": URL})
    one, two = (platform().destination(number, config, label) for number, label in ((1, "a"), (2, "b")))
    assert one.key == two.key == one.credential_key
    assert "example" not in one.key
    assert "token" not in one.key
    elsewhere = platform().destination(3, config | {"url": URL + "4"}, "a")
    assert elsewhere.key != one.key


def test_a_configuration_without_secret_leads_nowhere() -> None:
    with pytest.raises(InvalidConfig):
        platform().destination(1, {"url": URL}, "")


def test_what_has_to_be_hidden() -> None:
    hidden = secrets_to_hide({"url": URL, "secret": SECRET, "previous_secret": OTHER_SECRET})
    assert {URL, "5f1c0c4e-path-token", "query-token-123", SECRET, SECRET[6:], OTHER_SECRET} <= set(hidden)
    assert "relay" not in hidden
    assert list(hidden) == sorted(hidden, key=len, reverse=True)
