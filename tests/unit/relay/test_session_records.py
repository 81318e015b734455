"""Password, sessions and attempts on a real engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from shared.aws.tables import bind
from shared.relay.administrator import StoredPassword, StoredSession
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.session_records import SessionRecords
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


@pytest.fixture
def records(dynamodb: DynamoEngine) -> SessionRecords:
    bind(ConfigRow, dynamodb.create_table("ConfigTable"))
    return SessionRecords(ConfigurationTable(), FakeClock().ms)


def test_the_first_password_is_set_once(records: SessionRecords) -> None:
    assert records.password() is None
    assert records.add_password(StoredPassword("hash-one", 1))
    assert not records.add_password(StoredPassword("hash-two", 2))
    assert records.password() == StoredPassword("hash-one", 1)


def test_a_password_is_replaced_only_as_it_was_seen(records: SessionRecords) -> None:
    first, second = StoredPassword("hash-one", 1), StoredPassword("hash-two", 2)
    records.add_password(first)
    assert records.replace_password(first, second)
    assert not records.replace_password(first, StoredPassword("hash-three", 3))
    assert records.password() == second


def test_sessions_come_and_go(records: SessionRecords) -> None:
    records.add_session("digest", StoredSession(3, 1_790_000_000))
    assert records.session("digest") == StoredSession(3, 1_790_000_000)
    records.delete_session("digest")
    records.delete_session("digest")
    assert records.session("digest") is None


def test_attempts_side_by_side_are_all_counted(records: SessionRecords) -> None:
    with ThreadPoolExecutor(8) as threads:
        seen = sorted(threads.map(lambda _: records.count_attempt("address#1", 1_790_000_000), range(40)))
    assert seen == list(range(1, 41))
    assert records.count_attempt("address#1", 1_790_000_000, -1) == 39
    assert records.count_attempt("address#2", 1_790_000_000) == 1
