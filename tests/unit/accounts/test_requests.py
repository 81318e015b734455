"""What callers may send, and what is never repeated of it."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from pydantic import ValidationError

from shared.accounts.models import AccountType
from shared.accounts.requests import (
    MAX_METADATA_BYTES,
    MAX_TAGS_BYTES,
    AccountChanges,
    LoginCallback,
    NewAccount,
    NewMember,
    NewPool,
)
from shared.web.cookies import parse_cookies

CANARY = "canary-61c2"


def test_null_counts_as_left_out() -> None:
    empty = dict.fromkeys(
        ("account_name", "account_type", "priority", "user_id", "project_id", "tags", "metadata"), None
    )
    sent = {"platform": "douyin", "cookie_data": "a=1"}
    new = NewAccount.model_validate({**sent, **empty})
    assert new == NewAccount.model_validate(sent)
    assert (new.account_type, new.priority, new.tags) == (AccountType.PERSONAL, 5, {})
    assert (
        NewPool.model_validate({"name": "a", "platform": "douyin", "max_size": None, "strategy": None}).max_size == 10
    )
    assert NewMember.model_validate({"account_id": "acc_1", "priority": None}).priority == 5


@pytest.mark.parametrize("name", ["platform", "cookie_data"])
def test_null_is_nothing_where_something_is_needed(name: str) -> None:
    with pytest.raises(ValidationError) as caught:
        NewAccount.model_validate({"platform": "douyin", "cookie_data": "a=1", name: None})
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [((name,), "missing")]


def test_a_callback_without_a_session_may_say_so_by_an_empty_one() -> None:
    callback = LoginCallback.model_validate({"platform": "douyin", "cookie_data": "a=1", "session_id": ""})
    assert not callback.session_id


@pytest.mark.parametrize(("name", "limit"), [("tags", MAX_TAGS_BYTES), ("metadata", MAX_METADATA_BYTES)])
def test_labels_have_a_size(name: str, limit: int) -> None:
    def sent(size: int) -> dict[str, Any]:
        filling = "中" + "x" * (size - len('{"k": "中"}'.encode()))
        return {"platform": "douyin", "cookie_data": "a=1", name: {"k": filling}}

    NewAccount.model_validate(sent(limit))
    with pytest.raises(ValidationError) as caught:
        NewAccount.model_validate(sent(limit + 1))
    assert caught.value.errors()[0]["type"] == "json_size"


def test_no_cookie_shows_in_what_is_printed() -> None:
    sent = f"sessionid={CANARY}"
    for request in (
        NewAccount(platform="douyin", cookie_data=sent),
        AccountChanges(cookie_data=sent),
        LoginCallback(platform="douyin", cookie_data=sent),
        parse_cookies(sent),
    ):
        assert CANARY not in repr(request) + str(request)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValidationError) as caught:
            NewAccount.model_validate({"platform": "douyin", "cookie_data": sent, "priority": sent})
    assert CANARY not in str(caught.value)
