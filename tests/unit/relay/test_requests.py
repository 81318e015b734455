from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from shared.relay.models import ACCOUNT_SECRETS, Account, Bot
from shared.relay.requests import AccountChanges, BotChanges, MappingChanges, NewAccount, NewBot, NewMapping

SECRETS = dict.fromkeys(ACCOUNT_SECRETS, "canary")


@pytest.mark.parametrize(
    "record",
    [
        Account(id=1, email="a@example.com", created_at="", **SECRETS),
        Bot(id=1, platform="discord", name="n", config={"webhook_url": "canary"}, created_at=""),
        NewAccount(email="a@example.com", **SECRETS),
        AccountChanges(**SECRETS),
        NewBot(platform="discord", name="n", config={"webhook_url": "canary"}),
        BotChanges(config={"webhook_url": "canary"}),
    ],
)
def test_no_record_shows_a_secret_when_printed(record: BaseModel) -> None:
    assert "canary" not in repr(record) + str(record)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"email": " a@example.com "}, {"email": "a@example.com"}),
        ({"email": "用户@例子.公司"}, {"email": "用户@例子.公司"}),
        ({"email": "a@b", "bot_token": " 1/MTA=/x== \n"}, {"bot_token": "1/MTA=/x=="}),
        ({"email": "a@b", "encrypt_key": " ke y "}, {"encrypt_key": "ke y"}),
        ({"email": "a@b", "password": " p "}, {"password": " p "}),
    ],
)
def test_pasted_values_lose_the_space_around_them(given: dict[str, Any], kept: dict[str, Any]) -> None:
    assert kept.items() <= NewAccount.model_validate(given).model_dump().items()


@pytest.mark.parametrize("email", ["", "a", "@", "a@", "@b", "a b@c", "a@b c", "a@b@c", "a@b\x00", "a\n@b"])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(ValidationError):
        NewAccount(email=email)


def test_null_means_left_out_where_a_field_is_optional_and_is_wrong_where_it_is_not() -> None:
    assert MappingChanges.model_validate({"enabled": None, "filters": None}) == MappingChanges()
    with pytest.raises(ValidationError) as refusal:
        NewBot.model_validate({"platform": None, "name": "n", "config": {}})
    assert refusal.value.errors()[0]["loc"] == ("platform",)


@pytest.mark.parametrize(("given", "kept"), [(0, 0), (1, 1), (True, 1), (False, 0)])
def test_enabled_is_a_number_in_the_end(given: Any, kept: int) -> None:
    enabled = MappingChanges.model_validate({"enabled": given}).enabled
    assert enabled == kept
    assert type(enabled) is int


def test_a_private_chat_has_no_server_and_a_webhook_needs_no_channel() -> None:
    mapping = NewMapping(
        kook_server_id="", kook_channel_id="chat-code", kook_channel_name="", target_platform="discord",
        target_bot_id=1, target_channel_id="",
    )  # fmt: skip
    assert mapping.kook_channel_id == "chat-code"
