"""How far channels are dealt with, who is held, which deliveries are known: on a real engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.aws.tables import bind
from shared.relay.backfill_records import AccountHolds, BackfillRecords, DeliveryRecordKeys
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_store import ConfigurationStore
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.delivery_rows import DeliveryRow
from shared.relay.models import Account
from shared.security.vault import Vault
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


class Scene:
    def __init__(self, engine: DynamoEngine) -> None:
        bind(ConfigRow, engine.create_table("ConfigTable"))
        self.clock = FakeClock()
        self.records = BackfillRecords(ConfigurationTable(), self.clock.ms)
        self.store = ConfigurationStore(Vault(b"k" * 32), lambda platform: frozenset())
        self.holds = AccountHolds(self.store)


@pytest.fixture
def scene(dynamodb: DynamoEngine) -> Scene:
    return Scene(dynamodb)


def test_progress_is_kept_for_each_account_and_channel(scene: Scene) -> None:
    assert scene.records.verified_ms(1, "8001") is None
    scene.records.finished(1, "8001", 5_000, 3, "schedule")
    scene.records.finished(1, "8001", 9_000, 2, "manual")
    scene.records.failed(1, "8002", "KOOK refused message/list")
    scene.records.finished(11, "8001", 7_000, 1, "start")
    assert scene.records.verified_ms(1, "8001") == 9_000
    first, second = scene.records.of_account(1)
    assert (first.channel_id, first.filled, first.filled_in_all, first.reason) == ("8001", 2, 5, "manual")
    assert first.verified_until == "1970-01-01T00:00:09.000Z"
    assert (second.channel_id, second.problem, second.verified_until) == ("8002", "KOOK refused message/list", "")
    assert [one.channel_id for one in scene.records.of_account(11)] == ["8001"]


def test_the_moment_never_goes_back_and_a_success_clears_the_problem(scene: Scene) -> None:
    scene.records.finished(1, "8001", 9_000, 0, "start")
    scene.records.failed(1, "8001", "no answer")
    scene.records.finished(1, "8001", 8_000, 0, "schedule")
    assert scene.records.verified_ms(1, "8001") == 9_000
    assert scene.records.of_account(1)[0].problem == ""


def test_one_caller_in_each_interval_gets_the_schedule(scene: Scene) -> None:
    assert scene.records.claim_schedule(600_000)
    assert not scene.records.claim_schedule(600_000)
    scene.clock.advance(600)
    assert scene.records.claim_schedule(600_000)
    assert scene.records.of_account(1) == []


def test_a_hold_is_on_the_account_and_only_its_run_releases_it(scene: Scene) -> None:
    scene.store.add_account(Account(id=1, email="a@example.com", created_at=""))
    scene.holds.hold(1, "first", 5_000)
    scene.holds.hold(1, "second", 6_000)
    scene.holds.release(1, "first")
    held = scene.store.account(1)
    assert held is not None
    assert (held.held_until_ms, held.held_by) == (6_000, "second")
    scene.holds.release(1, "second")
    released = scene.store.account(1)
    assert released is not None
    assert released.held_until_ms == 0


def test_an_account_that_is_gone_is_neither_held_nor_made(scene: Scene) -> None:
    scene.holds.hold(7, "run", 5_000)
    scene.holds.release(7, "run")
    assert scene.store.account(7) is None


def test_known_deliveries_are_found_in_any_number(scene: Scene, dynamodb: DynamoEngine) -> None:
    table = dynamodb.create_table("DeliveriesTable")
    bind(DeliveryRow, table)
    keys = [(f"m{number}", number % 3) for number in range(240)]
    for number, (message_id, mapping_id) in enumerate(keys[::2]):
        item = {
            "message_id": {"S": message_id},
            "mapping_id": {"N": str(mapping_id)},
            "status": {"S": ("success", "failed", "pending")[number % 3]},
        }
        dynamodb.client.put_item(TableName=table, Item=item)
    # Of one that is open nobody can tell whether it was ever queued.
    closed = {key for number, key in enumerate(keys[::2]) if number % 3 != 2}
    assert DeliveryRecordKeys().closed(keys) == closed
