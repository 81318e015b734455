from __future__ import annotations

from typing import Any

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.relay.accounts import Accounts, Caution, LearnedIdentities
from shared.relay.errors import Refusal, RelayError
from shared.relay.kook_access import KookCallFailed, KookTokenRefused
from shared.relay.models import Account
from shared.relay.requests import AccountChanges, NewAccount
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration
from tests.fakes.kook_access import FakeKookAccess


class World:
    def __init__(self) -> None:
        self.store = FakeConfiguration()
        self.kook = FakeKookAccess()
        self.clock = FakeClock()
        self.accounts = Accounts(self.store, self.kook, self.clock.ms)

    def create(self, **fields: Any) -> Account:
        return self.accounts.create(NewAccount(**{"email": "me@example.com", **fields})).account


@pytest.fixture
def world() -> World:
    return World()


def refused(refusal: Refusal) -> Any:
    return pytest.raises(RelayError, match=refusal.value)


def test_a_bot_account_relays_from_its_creation_and_knows_who_it_is(world: World) -> None:
    result = world.accounts.create(NewAccount(email="me@example.com", bot_token="1/tok", verify_token="ver"))
    assert result.notices == ()
    account = world.accounts.get(1)
    assert (account.status, account.kook_user_id, account.kook_user_name) == ("online", "4242", "RelayBot")
    assert account.relays_event_received_at(world.clock.ms())
    # A receiver whose clock is behind ours must not lose the first events.
    assert account.relays_event_received_at(world.clock.ms() - 5_000)


def test_a_cookie_only_account_is_kept_offline_and_says_so(world: World) -> None:
    result = world.accounts.create(NewAccount(email="me@example.com", cookie="token=abc"))
    assert result.account.status == "offline"
    assert [notice.kind for notice in result.notices] == [Caution.COOKIE_ONLY]
    assert not result.account.relays_event_received_at(world.clock.ms())
    assert world.kook.calls == []


def test_a_missing_verify_token_is_pointed_out(world: World) -> None:
    result = world.accounts.create(NewAccount(email="me@example.com", bot_token="1/tok"))
    assert [notice.kind for notice in result.notices] == [Caution.VERIFY_TOKEN_MISSING]


@pytest.mark.parametrize(
    ("failure", "caution"),
    [
        (KookCallFailed("timeout"), Caution.KOOK_UNREACHABLE),
        (KookTokenRefused(40101, "bad token"), Caution.KOOK_TOKEN_REFUSED),
    ],
)
def test_kook_failing_refuses_no_creation(world: World, failure: Exception, caution: Caution) -> None:
    world.kook.failure = failure
    result = world.accounts.create(NewAccount(email="me@example.com", bot_token="1/tok", verify_token="ver"))
    assert [notice.kind for notice in result.notices] == [caution]
    assert world.accounts.get(1).kook_user_id == ""


def test_an_unreadable_cookie_is_refused_and_nothing_kept(world: World) -> None:
    with refused(Refusal.INVALID_COOKIE):
        world.create(cookie="no cookie at all")
    assert world.store.kept_accounts == {}


def test_an_address_can_be_used_once(world: World) -> None:
    world.create()
    with refused(Refusal.EMAIL_TAKEN):
        world.create()


def test_unknown_accounts_are_refused(world: World) -> None:
    for call in (
        lambda: world.accounts.get(7),
        lambda: world.accounts.delete(7),
        lambda: world.accounts.start(7),
        lambda: world.accounts.stop(7),
        lambda: world.accounts.update(7, AccountChanges(email="x@example.com")),
    ):
        with refused(Refusal.ACCOUNT_NOT_FOUND):
            call()


def test_accounts_are_listed_by_id_and_deleted(world: World) -> None:
    for number in (1, 2, 3):
        world.create(email=f"{number}@example.com")
    world.accounts.delete(2)
    assert [account.id for account in world.accounts.all()] == [1, 3]


def test_stopping_drops_what_arrives_until_the_start_and_nothing_else(world: World) -> None:
    world.create(bot_token="1/tok", verify_token="ver")
    before = world.clock.ms()
    world.clock.advance(10)
    stopped = world.accounts.stop(1).account
    during = world.clock.ms() + 1
    assert [stopped.relays_event_received_at(moment) for moment in (before, during)] == [True, False]
    world.clock.advance(10)
    started = world.accounts.start(1).account
    after = world.clock.ms()
    assert [started.relays_event_received_at(moment) for moment in (before, during, after)] == [True, False, True]
    assert world.kook.calls[-2:] == [("user/me", "1/tok"), ("user/online", "1/tok")]
    assert ("user/offline", "1/tok") in world.kook.calls


def test_starting_a_running_account_forgets_no_event_still_queued(world: World) -> None:
    world.create(bot_token="1/tok", verify_token="ver")
    queued = world.clock.ms()
    world.clock.advance(10)
    assert world.accounts.start(1).account.relays_event_received_at(queued)


def test_stopping_twice_does_not_let_earlier_events_through(world: World) -> None:
    world.create(bot_token="1/tok", verify_token="ver")
    world.accounts.stop(1)
    world.clock.advance(5)
    dropped = world.clock.ms()
    world.clock.advance(5)
    assert not world.accounts.stop(1).account.relays_event_received_at(dropped)


@pytest.mark.parametrize("fields", [{"cookie": "token=abc"}, {}])
def test_an_account_without_bot_credentials_cannot_start(world: World, fields: dict[str, str]) -> None:
    world.create(**fields)
    with refused(Refusal.BOT_TOKEN_REQUIRED):
        world.accounts.start(1)
    assert world.accounts.get(1).status == "offline"


def test_a_token_kook_refuses_cannot_start(world: World) -> None:
    world.create(bot_token="1/tok", verify_token="ver")
    world.accounts.stop(1)
    world.kook.failure = KookTokenRefused(40101, "无效的token")
    with refused(Refusal.KOOK_TOKEN_REFUSED) as refusal:
        world.accounts.start(1)
    assert refusal.value.params["reason"] == "无效的token (40101)"
    assert world.accounts.get(1).status == "offline"


def test_an_unreachable_kook_keeps_nobody_from_starting(world: World) -> None:
    world.create(bot_token="1/tok", verify_token="ver")
    world.accounts.stop(1)
    world.kook.failure = KookCallFailed("dns")
    result = world.accounts.start(1)
    assert result.account.status == "online"
    assert [(notice.kind, notice.detail) for notice in result.notices] == [(Caution.KOOK_UNREACHABLE, "dns")]


def test_failing_to_show_the_bot_online_or_offline_is_a_warning(world: World) -> None:
    world.create(bot_token="1/tok", verify_token="ver")
    world.kook.online_failure = KookCallFailed("too often")
    stopped, started = world.accounts.stop(1), world.accounts.start(1)
    assert (stopped.account.status, started.account.status) == ("offline", "online")
    assert [notice.kind for notice in stopped.notices] == [Caution.NOT_OFFLINE_AT_KOOK]
    assert [notice.kind for notice in started.notices] == [Caution.NOT_ONLINE_AT_KOOK]


def test_starting_learns_who_a_running_account_is(world: World) -> None:
    world.kook.failure = KookCallFailed("dns")
    world.create(bot_token="1/tok", verify_token="ver")
    world.kook.failure = None
    assert world.accounts.start(1).account.kook_user_id == "4242"


def test_an_account_with_a_verify_token_alone_starts_without_asking_kook(world: World) -> None:
    world.create(verify_token="ver")
    world.accounts.stop(1)
    assert world.accounts.start(1).account.status == "online"
    assert world.kook.calls == []


def test_an_update_changes_what_was_sent_and_no_more(world: World) -> None:
    world.create(bot_token="1/tok", verify_token="ver", cookie="a=b")
    result = world.accounts.update(1, AccountChanges(verify_token="other", cookie=""))
    account = result.account
    assert (account.verify_token, account.cookie, account.bot_token) == ("other", "", "1/tok")
    assert account.email == "me@example.com"


def test_a_new_bot_token_is_another_bot_even_when_kook_cannot_say_which(world: World) -> None:
    world.create(bot_token="1/tok", verify_token="ver")
    world.kook.failure = KookCallFailed("dns")
    result = world.accounts.update(1, AccountChanges(bot_token="1/new"))
    assert (result.account.bot_token, result.account.kook_user_id) == ("1/new", "")
    assert [notice.kind for notice in result.notices] == [Caution.KOOK_UNREACHABLE]


def test_an_update_cannot_take_anothers_address_or_a_broken_cookie(world: World) -> None:
    world.create()
    world.create(email="second@example.com")
    with refused(Refusal.EMAIL_TAKEN):
        world.accounts.update(2, AccountChanges(email="me@example.com"))
    with refused(Refusal.INVALID_COOKIE):
        world.accounts.update(2, AccountChanges(cookie="{"))


def test_there_is_at_most_one_default_account(world: World) -> None:
    world.create(is_default=True)
    world.create(email="second@example.com", is_default=True)
    assert [account.is_default for account in world.accounts.all()] == [False, True]
    world.accounts.update(1, AccountChanges(is_default=True))
    assert [account.is_default for account in world.accounts.all()] == [True, False]
    world.accounts.update(1, AccountChanges(is_default=False))
    assert [account.is_default for account in world.accounts.all()] == [False, False]


def test_an_unknown_identity_is_learnt_later(world: World) -> None:
    world.kook.failure = KookCallFailed("dns")
    account = world.create(bot_token="1/tok")
    assert world.accounts.learn_identity(account).kook_user_id == ""
    world.kook.failure = None
    assert world.accounts.learn_identity(account).kook_user_id == "4242"
    assert world.accounts.get(1).kook_user_id == "4242"


def test_an_identity_learnt_by_somebody_else_meanwhile_stays(world: World) -> None:
    world.kook.failure = KookCallFailed("dns")
    account = world.create(bot_token="1/tok")
    world.store.update_account(1, {"kook_user_id": "77"})
    world.kook.failure = None
    assert world.accounts.learn_identity(account).kook_user_id == "77"


def test_routing_asks_kook_at_most_once_a_minute_while_it_fails(world: World) -> None:
    world.kook.failure = KookCallFailed("dns")
    account = world.create(bot_token="1/tok")
    world.kook.calls.clear()
    identities = LearnedIdentities(world.accounts, world.clock)
    assert [identities.kook_user_id(account) for _ in range(5)] == [""] * 5
    assert len(world.kook.calls) == 1
    world.clock.advance(61)
    world.kook.failure = None
    assert [identities.kook_user_id(account) for _ in range(5)] == ["4242"] * 5
    assert len(world.kook.calls) == 2


def test_routing_goes_on_when_an_identity_cannot_be_written_down(world: World) -> None:
    world.kook.failure = KookCallFailed("dns")
    account = world.create(bot_token="1/tok")
    world.kook.failure = None
    world.store.broken = True
    assert LearnedIdentities(world.accounts, world.clock).kook_user_id(account) == ""


def test_a_broken_store_is_not_hidden(world: World) -> None:
    world.store.broken = True
    with pytest.raises(StoreUnavailable):
        world.accounts.all()
