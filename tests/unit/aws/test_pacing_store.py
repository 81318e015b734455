"""Pacing state on a real DynamoDB engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.aws.pacing_store import DynamoPacingStore, PacingRow
from shared.aws.tables import bind
from shared.platforms.base import Destination, Limits, RateLimit
from shared.platforms.pacing import Pacer, ScopeState
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


def test_state_is_replaced_only_under_the_version_that_was_read(dynamodb: DynamoEngine) -> None:
    bind(PacingRow, dynamodb.create_table("PacingTable"))
    store = DynamoPacingStore(FakeClock())
    first, second = store.load("discord:1"), store.load("discord:1")
    assert first == ScopeState()
    first.windows = {"5/2": [[1.5, 1]]}
    first.blocked_until = 7.25
    assert store.save("discord:1", first, 60)
    assert not store.save("discord:1", second, 60)
    assert store.load("discord:1") == ScopeState({"5/2": [[1.5, 1]]}, 7.25, 1)
    assert store.load("discord:2") == ScopeState()


def test_limits_hold_over_batches_and_the_row_expires_after_its_window(dynamodb: DynamoEngine) -> None:
    table = dynamodb.create_table("PacingTable")
    bind(PacingRow, table)
    clock = FakeClock()
    pacer = Pacer(DynamoPacingStore(clock), clock)
    destination = Destination("discord", 1, {}, "t", "discord:1", "channel:1")
    limits = Limits(destination=(RateLimit(2, 300),), credential=(RateLimit(30, 60),))
    for expected in (True, True, False):
        with pacer.batch() as batch:
            assert (batch.take(destination, limits) is None) is expected
    item = dynamodb.client.get_item(TableName=table, Key={"pk": {"S": "discord:1"}})["Item"]
    assert int(item["expires_at"]["N"]) >= clock() + 300


def test_circuits_are_kept_and_read_in_one_go(dynamodb: DynamoEngine) -> None:
    bind(PacingRow, dynamodb.create_table("PacingTable"))
    clock = FakeClock()
    store = DynamoPacingStore(clock)
    pacer = Pacer(store, clock)
    failing, well = (Destination("discord", 1, {}, "t", f"discord:{n}", f"discord:{n}") for n in (1, 2))
    for _ in range(5):
        with pacer.batch() as batch:
            assert batch.take(failing, Limits(())) is None
            batch.report(failing, "timeout: no answer")
            batch.report(well, None)
    found = store.load_many(["discord:1", "discord:2", "discord:3"])
    assert {scope: state.circuit.state(clock()) for scope, state in found.items()} == {
        "discord:1": "open",
        "discord:2": "closed",
    }
    with pacer.batch() as batch:
        wait = batch.take(failing, Limits(()))
    assert wait is not None
    assert wait.code == "circuit_open"
    assert store.load_many([]) == {}
