"""How an account's events come in, as a use case: webhook or gateway, never both."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from shared.relay.accounts import Accounts
from shared.relay.errors import Refusal, RelayError
from shared.relay.models import Account
from shared.relay.requests import AccountChanges, NewAccount
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration
from tests.fakes.kook_access import FakeKookAccess


class World:
    def __init__(self, *, gateway_available: bool = True) -> None:
        self.store = FakeConfiguration()
        self.kook = FakeKookAccess()
        self.accounts = Accounts(self.store, self.kook, FakeClock().ms, gateway_available=gateway_available)

    def create(self, **fields: Any) -> Account:
        return self.accounts.create(NewAccount(**{"email": "me@example.com", **fields})).account

    def update(self, account: Account, **fields: Any) -> Account:
        return self.accounts.update(account.id, AccountChanges(**fields)).account


def refused(refusal: Refusal) -> Any:
    return pytest.raises(RelayError, match=refusal.value)


def test_the_webhook_is_the_way_in_unless_told_otherwise() -> None:
    world = World()
    assert world.create(bot_token="1/t").ingress == "webhook"
    assert world.update(world.create(email="b@example.com", bot_token="1/t"), ingress=None).ingress == "webhook"


@pytest.mark.parametrize("ingress", ["websocket", "", 1, True, ["gateway"]])
def test_another_way_in_is_refused(ingress: Any) -> None:
    with pytest.raises(ValidationError):
        NewAccount.model_validate({"email": "me@example.com", "ingress": ingress})
    with pytest.raises(ValidationError):
        AccountChanges.model_validate({"ingress": ingress})


def test_a_gateway_account_needs_no_verify_token() -> None:
    world = World()
    result = world.accounts.create(NewAccount(email="me@example.com", bot_token="1/t", ingress="gateway"))
    assert (result.account.ingress, result.account.status, result.notices) == ("gateway", "online", ())


@pytest.mark.parametrize("fields", [{}, {"verify_token": "v"}, {"cookie": "token=abc"}])
def test_a_gateway_account_needs_a_bot_token(fields: dict[str, str]) -> None:
    with refused(Refusal.BOT_TOKEN_REQUIRED):
        World().create(ingress="gateway", **fields)


def test_an_account_changes_its_way_in() -> None:
    world = World()
    account = world.create(bot_token="1/t", verify_token="v")
    assert world.update(account, ingress="gateway").ingress == "gateway"
    assert world.update(account, ingress="webhook").ingress == "webhook"


def test_an_account_without_a_bot_token_does_not_change_to_the_gateway() -> None:
    world = World()
    account = world.create(verify_token="v")
    with refused(Refusal.BOT_TOKEN_REQUIRED):
        world.update(account, ingress="gateway")
    assert world.update(account, ingress="gateway", bot_token="1/t").ingress == "gateway"


def test_a_gateway_account_does_not_lose_its_bot_token() -> None:
    world = World()
    account = world.create(bot_token="1/t", ingress="gateway")
    with refused(Refusal.BOT_TOKEN_REQUIRED):
        world.update(account, bot_token="")
    assert world.update(account, bot_token="", ingress="webhook", verify_token="v").bot_token == ""


def test_a_token_that_is_there_and_cannot_be_read_is_there() -> None:
    world = World()
    account = world.create(bot_token="1/t")
    world.store.kept_accounts[account.id] = account.model_copy(update={"bot_token": "", "unreadable": ("bot_token",)})
    assert world.update(account, ingress="gateway").ingress == "gateway"


def test_a_gateway_account_is_online_by_being_connected_and_not_by_a_call() -> None:
    world = World()
    account = world.create(bot_token="1/t", ingress="gateway")
    world.accounts.stop(account.id)
    started = world.accounts.start(account.id)
    assert (started.account.status, started.notices) == ("online", ())
    assert {call for call, _ in world.kook.calls} == {"user/me"}


def test_where_nothing_keeps_running_there_is_no_gateway() -> None:
    world = World(gateway_available=False)
    with refused(Refusal.GATEWAY_UNAVAILABLE):
        world.create(bot_token="1/t", ingress="gateway")
    account = world.create(bot_token="1/t")
    with refused(Refusal.GATEWAY_UNAVAILABLE):
        world.update(account, ingress="gateway")
    assert world.update(account, ingress="webhook").ingress == "webhook"
