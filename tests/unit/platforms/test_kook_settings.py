from __future__ import annotations

from typing import Any

import pytest

from shared.platforms.base import InvalidConfig
from shared.platforms.kook import KookPlatform
from tests.fakes.scripted_media import ScriptedMedia

TOKEN = "1/MTAwMDE=/q8n2Ejhdc7w5oTYgSg1RHA=="


def no_client(_token: str) -> Any:
    raise AssertionError("nothing is to be sent")


def platform() -> KookPlatform:
    return KookPlatform(no_client, ScriptedMedia())


def test_a_token_is_enough_and_may_be_called_token() -> None:
    assert platform().validate_config({"token": f" {TOKEN} ", "unknown": 1}) == {"bot_token": TOKEN}


def test_everything_there_is() -> None:
    limits = [{"requests": 1, "per_seconds": 2}]
    checked = platform().validate_config({"bot_token": TOKEN, "channel_id": 8001, "rate_limits": limits})
    assert checked == {"bot_token": TOKEN, "channel_id": "8001", "rate_limits": limits}


@pytest.mark.parametrize("channel_id", ["general", "-5", "0", "1.5", True, [], {}, "1" * 33])
def test_channels_have_numbers(channel_id: Any) -> None:
    with pytest.raises(InvalidConfig) as caught:
        platform().validate_config({"bot_token": TOKEN, "channel_id": channel_id})
    assert (caught.value.field, caught.value.reason) == ("channel_id", "malformed")


@pytest.mark.parametrize(
    ("token", "reason"),
    [(None, "missing"), ("", "missing"), (5, "malformed"), ("MTAw", "malformed"), (f"Bot {TOKEN}", "malformed")],
)
def test_tokens_that_are_none(token: Any, reason: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        platform().validate_config({"bot_token": token})
    assert (caught.value.field, caught.value.reason) == ("bot_token", reason)


def test_malformed_rate_limits_are_refused() -> None:
    with pytest.raises(InvalidConfig) as caught:
        platform().validate_config({"bot_token": TOKEN, "rate_limits": []})
    assert caught.value.field == "rate_limits"


@pytest.mark.parametrize(
    ("target", "channel_id"), [("8002", "8002"), (" 8002 ", "8002"), ("", "8001"), ("ops", "8001")]
)
def test_a_mapping_names_its_channel_or_uses_the_bots(target: str, channel_id: str) -> None:
    assert platform().destination(1, {"bot_token": TOKEN, "channel_id": "8001"}, target).target_id == channel_id


def test_without_either_there_is_nowhere_to_go() -> None:
    with pytest.raises(InvalidConfig) as caught:
        platform().destination(1, {"bot_token": TOKEN}, "ops")
    assert caught.value.field == "channel_id"
    with pytest.raises(InvalidConfig):
        platform().destination(1, {"channel_id": "8001"}, "8001")


def test_a_bots_channels_share_its_credential_and_its_key_tells_nothing() -> None:
    one, two = (platform().destination(number, {"bot_token": TOKEN}, f"800{number}") for number in (1, 2))
    assert one.key != two.key
    assert one.credential_key == two.credential_key
    assert "q8n2" not in one.key + one.credential_key
    other = platform().destination(1, {"bot_token": TOKEN + "x"}, "8001")
    assert other.key != one.key
