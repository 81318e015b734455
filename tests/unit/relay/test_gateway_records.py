"""Gateway sessions and states in the configuration table, against a real engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.aws.tables import bind
from shared.kook.gateway.session import GatewaySession
from shared.kook.gateway.states import GatewayState, GatewayStatus, RecordsUnavailable
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.gateway_records import STALE_AFTER_MS, DynamoGatewayRecords
from shared.security.vault import Vault
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

SESSION = GatewaySession("wss://gateway.example/gateway?token=SECRET-TOKEN", "SECRET-SESSION", 41)
CONNECTED = GatewayStatus(GatewayState.CONNECTED, "", "2026-01-01T00:00:00.000Z")


@pytest.fixture
def table(dynamodb: DynamoEngine) -> str:
    name = dynamodb.create_table("ConfigTable")
    bind(ConfigRow, name)
    return name


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def records(table: str, clock: FakeClock) -> DynamoGatewayRecords:
    return DynamoGatewayRecords(ConfigurationTable(), Vault(bytes(range(32))), clock.ms)


def test_a_session_is_kept_for_its_holder_alone(records: DynamoGatewayRecords) -> None:
    assert records.session(1, "holder") is None
    records.save_session(1, "holder", SESSION)
    assert records.session(1, "holder") == SESSION
    assert records.session(1, "another") is None
    assert records.session(2, "holder") is None


def test_a_session_can_be_replaced_and_forgotten(records: DynamoGatewayRecords) -> None:
    records.save_session(1, "holder", SESSION)
    later = GatewaySession("wss://other.example", "s2", 3)
    records.save_session(1, "holder", later)
    assert records.session(1, "holder") == later
    records.save_session(1, "holder", None)
    assert records.session(1, "holder") is None


def test_a_session_without_a_name_is_not_kept(records: DynamoGatewayRecords) -> None:
    records.save_session(1, "holder", GatewaySession("wss://other.example", "", 3))
    assert records.session(1, "holder") is None


def test_neither_address_nor_session_lie_open(
    dynamodb: DynamoEngine, table: str, records: DynamoGatewayRecords
) -> None:
    records.save_session(1, "holder", SESSION)
    assert "SECRET" not in repr(dynamodb.client.scan(TableName=table)["Items"])


def test_a_session_sealed_under_another_key_is_none(table: str, clock: FakeClock) -> None:
    DynamoGatewayRecords(ConfigurationTable(), Vault(bytes(32)), clock.ms).save_session(1, "holder", SESSION)
    other = DynamoGatewayRecords(ConfigurationTable(), Vault(bytes(range(32))), clock.ms)
    assert other.session(1, "holder") is None


def test_a_state_is_kept_until_nobody_writes_it_any_more(records: DynamoGatewayRecords, clock: FakeClock) -> None:
    assert records.status(1) is None
    records.save_status(1, CONNECTED)
    assert records.status(1) == CONNECTED
    clock.advance(STALE_AFTER_MS / 1000)
    assert records.status(1) == CONNECTED
    clock.advance(0.001)
    assert records.status(1) is None


def test_a_state_keeps_the_times_of_the_run_before(records: DynamoGatewayRecords) -> None:
    last_event_at, missed_at = "2026-01-01T00:00:01.000Z", "2026-01-01T00:00:02.000Z"
    records.save_status(1, GatewayStatus(GatewayState.CONNECTED, "", "s", last_event_at, missed_at))
    records.save_status(1, GatewayStatus(GatewayState.CONNECTING, "pong_timeout", "s2"))
    expected = GatewayStatus(GatewayState.CONNECTING, "pong_timeout", "s2", last_event_at, missed_at)
    assert records.status(1) == expected


def test_session_and_state_do_not_overwrite_each_other(records: DynamoGatewayRecords) -> None:
    records.save_session(1, "holder", SESSION)
    records.save_status(1, CONNECTED)
    records.save_session(1, "holder", SESSION)
    assert (records.session(1, "holder"), records.status(1)) == (SESSION, CONNECTED)


def test_accounts_with_records_are_known_and_forgotten(records: DynamoGatewayRecords) -> None:
    records.save_session(1, "holder", SESSION)
    records.save_status(12, CONNECTED)
    assert records.account_ids() == [1, 12]
    records.forget(1)
    records.forget(12)
    records.forget(99)
    assert records.account_ids() == []
    assert records.session(1, "holder") is None


def test_a_table_that_is_not_there_is_a_typed_failure(
    dynamodb: DynamoEngine, table: str, records: DynamoGatewayRecords
) -> None:
    dynamodb.client.delete_table(TableName=table)
    for call in (
        lambda: records.session(1, "holder"),
        lambda: records.save_session(1, "holder", SESSION),
        lambda: records.status(1),
        lambda: records.save_status(1, CONNECTED),
        records.account_ids,
        lambda: records.forget(1),
    ):
        with pytest.raises(RecordsUnavailable) as failure:
            call()
        assert "SECRET" not in str(failure.value)
