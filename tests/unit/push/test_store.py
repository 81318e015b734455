"""Connections and tickets against a real engine."""

from __future__ import annotations

import concurrent.futures
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from shared.aws.tables import bind, shared_connection
from shared.push.connections import ConnectionsUnavailable
from shared.push.store import ConnectionRow, DynamoConnections, DynamoTickets
from shared.push.tickets import StoredTicket, Tickets
from tests.fakes.clock import FakeClock
from tests.unit.push.fakes import connection

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


@pytest.fixture
def table(dynamodb: DynamoEngine) -> str:
    name = dynamodb.create_table("ConnectionsTable")
    bind(ConnectionRow, name, shared_connection())
    return name


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(table: str, clock: FakeClock) -> DynamoConnections:
    return DynamoConnections(clock)


def raw(dynamodb: DynamoEngine, table: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = dynamodb.client.scan(TableName=table)["Items"]
    return items


def test_a_connection_is_kept_as_it_is(store: DynamoConnections, clock: FakeClock) -> None:
    kept = connection("a=", connected_at=int(clock()), expires_at=int(clock()) + 60)
    store.add(kept)
    assert store.get("a=") == kept
    assert store.get("other") is None


def test_what_has_expired_is_absent_although_the_row_is_there(
    store: DynamoConnections, clock: FakeClock, dynamodb: DynamoEngine, table: str
) -> None:
    store.add(connection("a", expires_at=int(clock()) + 60))
    clock.advance(61)
    assert len(raw(dynamodb, table)) == 1
    assert store.get("a") is None
    assert list(store.of_topic("relay")) == []
    assert not store.any_of_topic("relay")
    assert not store.admit("a", topic="relay", principal="x", expires_at=int(clock()) + 60)
    assert store.get("a") is None


def test_topics_are_told_apart(store: DynamoConnections) -> None:
    for number in range(3):
        store.add(connection(f"r{number}"))
    store.add(connection("robot", topic="robot:R1"))
    store.add(connection("nobody", topic="", principal=""))
    assert {one.connection_id for one in store.of_topic("relay")} == {"r0", "r1", "r2"}
    assert [one.connection_id for one in store.of_topic("robot:R1")] == ["robot"]
    assert store.any_of_topic("relay")
    assert not store.any_of_topic("elsewhere")


def test_somebody_is_found_behind_rows_that_have_expired(store: DynamoConnections, clock: FakeClock) -> None:
    for number in range(30):
        store.add(connection(f"dead{number:02d}", expires_at=int(clock()) - 1))
    store.add(connection("living"))
    assert store.any_of_topic("relay")
    assert [one.connection_id for one in store.of_topic("relay")] == ["living"]


def test_many_listeners_come_over_several_pages(store: DynamoConnections) -> None:
    # A page of an index query ends at 1 MB.
    for number in range(40):
        store.add(connection(f"c{number}", principal="x" * 60_000))
    assert len(list(store.of_topic("relay"))) == 40


def test_admission_lets_a_waiting_connection_listen(store: DynamoConnections, clock: FakeClock) -> None:
    waiting = connection("a", topic="", principal="", expires_at=int(clock()) + 10)
    store.add(waiting)
    assert not store.any_of_topic("relay")
    expires_at = int(clock()) + 7200
    assert store.admit("a", topic="relay", principal="administrator", expires_at=expires_at)
    admitted = replace(waiting, topic="relay", principal="administrator", expires_at=expires_at)
    assert list(store.of_topic("relay")) == [admitted]
    assert store.get("a") == admitted


def test_admission_does_not_bring_back_what_has_left(
    store: DynamoConnections, clock: FakeClock, dynamodb: DynamoEngine, table: str
) -> None:
    assert not store.admit("left", topic="relay", principal="x", expires_at=int(clock()) + 60)
    store.note_strikes("left", strikes=1, resting_until=5)
    assert raw(dynamodb, table) == []


def test_strikes_are_noted_and_forgiven(store: DynamoConnections) -> None:
    store.add(connection("a"))
    store.note_strikes("a", strikes=2, resting_until=99)
    (found,) = store.of_topic("relay")
    assert (found.strikes, found.resting_until) == (2, 99)
    store.note_strikes("a", strikes=0, resting_until=0)
    assert store.get("a") == connection("a")


def test_removing_is_final_and_may_be_repeated(store: DynamoConnections) -> None:
    store.add(connection("a"))
    store.remove("a")
    store.remove("a")
    assert store.get("a") is None
    assert not store.any_of_topic("relay")


def test_a_ticket_is_kept_as_its_digest_and_listens_to_nothing(
    store: DynamoConnections, clock: FakeClock, dynamodb: DynamoEngine, table: str
) -> None:
    issued = Tickets(DynamoTickets(), "relay", clock).issue("administrator")
    (item,) = raw(dynamodb, table)
    assert issued.ticket not in str(item)
    assert int(item["expires_at"]["N"]) == int(clock()) + 60
    assert not store.any_of_topic("relay")


def test_of_many_who_present_a_ticket_one_gets_in(table: str, clock: FakeClock) -> None:
    tickets = Tickets(DynamoTickets(), "relay", clock)
    for _ in range(5):
        ticket = tickets.issue("administrator").ticket
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            redeemed = list(threads.map(tickets.redeem, [ticket] * 8))
        assert sorted(redeemed, key=str) == [None] * 7 + ["administrator"]


def test_what_is_taken_is_gone(table: str) -> None:
    store = DynamoTickets()
    stored = StoredTicket("digest", "relay", "administrator", 2_000_000_000)
    store.add(stored)
    assert store.take("digest") == stored
    assert store.take("digest") is None


def test_a_table_that_is_not_there_is_said_without_quoting_anything(dynamodb: DynamoEngine, clock: FakeClock) -> None:
    bind(ConnectionRow, "no-such-table", shared_connection())
    store = DynamoConnections(clock)
    for operation in (
        lambda: store.add(connection("canary")),
        lambda: store.get("canary"),
        lambda: store.remove("canary"),
        lambda: store.any_of_topic("canary"),
        lambda: list(store.of_topic("canary")),
        lambda: store.note_strikes("canary", strikes=1, resting_until=1),
        lambda: DynamoTickets().take("canary"),
    ):
        with pytest.raises(ConnectionsUnavailable) as failure:
            operation()
        assert "canary" not in str(failure.value)
        assert failure.value.__cause__ is None
