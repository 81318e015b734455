"""Accounts that change their status while the listings are read: every status is a listing of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from shared.accounts.account_store import DynamoAccounts
from shared.accounts.count_cells import AccountFilter
from shared.accounts.models import Account, AccountStatus
from shared.accounts.rows import AccountsRow
from shared.aws.tables import bind

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

_EVENT = "before-send.dynamodb.Query"
EVERYTHING = AccountFilter(platform="douyin")


@contextmanager
def before_listing(number: int, happens: Callable[[], None]) -> Iterator[None]:
    """``happens`` before the given listing is read, the first being 1."""
    events: Any = AccountsRow._get_connection().connection.client.meta.events
    seen: list[str] = []

    def look(request: Any, **_more: Any) -> None:
        if b"by_state" in (request.body or b""):
            seen.append("listing")
            if len(seen) == number:
                happens()

    events.register(_EVENT, look)
    try:
        yield
    finally:
        events.unregister(_EVENT, look)
        assert len(seen) >= number, "it happened"


@pytest.fixture
def store(dynamodb: DynamoEngine) -> DynamoAccounts:
    bind(AccountsRow, dynamodb.create_table("AccountsTable"))
    return DynamoAccounts()


def add(store: DynamoAccounts, number: int, status: AccountStatus) -> str:
    account = Account(f"acc_{number}", number, "douyin", "", number, number, status=status)
    store.add(account, "sealed")
    return account.account_id


def move(store: DynamoAccounts, account_id: str, status: AccountStatus) -> None:
    account = store.get(account_id)
    store.change(account, replace(account, status=status))


def test_a_batch_misses_nobody_who_is_checked_at_that_moment(store: DynamoAccounts) -> None:
    pending = [add(store, number, AccountStatus.PENDING) for number in range(3)]
    # Nobody was active when it was looked which listings hold something.
    with before_listing(1, lambda: move(store, pending[1], AccountStatus.ACTIVE)):
        found = store.ids(EVERYTHING)
    assert sorted(found) == pending


def test_who_is_in_two_listings_is_on_a_page_once(store: DynamoAccounts) -> None:
    active, pending = add(store, 1, AccountStatus.ACTIVE), add(store, 2, AccountStatus.PENDING)
    with before_listing(2, lambda: move(store, active, AccountStatus.PENDING)):
        page = store.page(EVERYTHING, limit=50, offset=0)
    assert [account.account_id for account in page] == [pending, active]
