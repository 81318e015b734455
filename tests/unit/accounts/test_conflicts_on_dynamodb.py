"""Single writes of rows that transactions write at the same moment: DynamoDB refuses them, and they are tried again.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html, "Transaction conflict handling".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse

from shared.accounts.account_store import DynamoAccounts
from shared.accounts.errors import AccountUnknown
from shared.accounts.models import Account, AccountStatus, Pool, UsageLog
from shared.accounts.pool_store import DynamoPools
from shared.accounts.rows import AccountsRow
from shared.aws.database import TRANSACTION_ATTEMPTS, write_in_turn
from shared.aws.store_failures import StoreUnavailable
from shared.aws.tables import bind

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

ACCOUNT = Account("acc_1", 1, "douyin", "a", 1, 1, status=AccountStatus.ACTIVE)
POOL = Pool("pool_1", 1, "p", "douyin", 1, 1)
_EVENT = "before-send.dynamodb.UpdateItem"


class _Body:
    """The raw stream of an answer, as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_options: Any) -> Iterator[bytes]:
        yield self._content


@contextmanager
def updates_refused(times: int) -> Iterator[None]:
    events: Any = AccountsRow._get_connection().connection.client.meta.events
    left = iter(range(times))
    content = json.dumps(
        {
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
            "message": "Transaction is ongoing for the item",
        }
    ).encode()

    def refuse(request: Any, **_more: Any) -> AWSResponse | None:
        if next(left, None) is None:
            return None
        return AWSResponse(request.url, 400, {"content-type": "application/x-amz-json-1.0"}, _Body(content))

    events.register(_EVENT, refuse)
    try:
        yield
    finally:
        events.unregister(_EVENT, refuse)
        assert next(left, None) is None, "every refusal was heard"


@pytest.fixture
def store(dynamodb: DynamoEngine) -> DynamoAccounts:
    bind(AccountsRow, dynamodb.create_table("AccountsTable"))
    made = DynamoAccounts()
    made.add(ACCOUNT, "sealed")
    return made


def test_a_use_is_counted_once_although_a_check_writes_the_account(store: DynamoAccounts) -> None:
    with updates_refused(2):
        assert store.take(ACCOUNT, 5, unless_used_since=True)
    assert store.get("acc_1").use_count == 1


def test_a_reported_use_is_counted_once(store: DynamoAccounts) -> None:
    with updates_refused(2):
        store.report("acc_1", UsageLog("publish", False, 1, 1_790_000_000_000))
    assert store.get("acc_1").fail_count == 1


def test_a_cookie_is_sealed_anew_in_its_turn(store: DynamoAccounts) -> None:
    with updates_refused(1):
        store.replace_sealed_cookie("acc_1", "sealed", "sealed anew")
    assert store.sealed_cookie("acc_1") == "sealed anew"


def test_a_pool_is_changed_although_somebody_joins_another(store: DynamoAccounts) -> None:
    pools = DynamoPools()
    pools.add(POOL)
    with updates_refused(1):
        pools.change(pools.get("pool_1"), replace(POOL, name="q"))
    assert pools.get("pool_1").name == "q"


def test_a_condition_that_does_not_hold_is_not_tried_again(store: DynamoAccounts) -> None:
    with pytest.raises(AccountUnknown):
        store.report("acc_none", UsageLog("publish", True, 1, 1_790_000_000_000))


def test_conflicts_without_end_are_an_error_after_a_bounded_time(store: DynamoAccounts) -> None:
    pauses: list[float] = []
    write: Callable[[], object] = lambda: AccountsRow("sequence", "x").update(actions=[AccountsRow.counter.add(1)])  # noqa: E731
    with updates_refused(TRANSACTION_ATTEMPTS), pytest.raises(StoreUnavailable):
        write_in_turn("a write", AccountUnknown(), write, pauses.append)
    assert len(pauses) == TRANSACTION_ATTEMPTS
    assert sum(pauses) < 3
