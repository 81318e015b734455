"""Replacing the configuration on a real engine: all or nothing, also when the process dies in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from shared.aws.store_failures import StoreUnavailable
from shared.aws.tables import bind
from shared.relay.backfill_records import AccountHolds
from shared.relay.configuration_generations import (
    MAX_GROUP_BYTES,
    MAX_GROUP_CHANGES,
    Change,
    ConfigurationGenerations,
    GenerationConflict,
    grouped,
)
from shared.relay.configuration_restore import ConfigurationRestore
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_snapshot import Snapshot, take_snapshot
from shared.relay.configuration_store import ConfigurationStore
from shared.relay.errors import EmailTaken, Refusal, RelayError
from shared.relay.models import Account, Bot
from shared.relay.models import Mapping as ChannelMapping
from shared.security.vault import Vault
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

NOW = "2026-01-31T08:00:00.000Z"
RESTORED_AT_MS = 1_769_846_400_000


class Killed(Exception):
    """Stands for the end of the process: nothing catches it."""


class FragileDynamo:
    """The real client; ``die_at`` kills the process just before or just after the n-th call of an operation,
    ``fail`` makes an operation fail as an outage does."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls: dict[str, int] = {}
        self.die_before: tuple[str, int] | None = None
        self.die_after: tuple[str, int] | None = None
        self.fail: str = ""

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            number = self.calls[operation] = self.calls.get(operation, 0) + 1
            if self.die_before == (operation, number):
                raise Killed
            if self.fail == operation:
                raise ClientError({"Error": {"Code": "InternalServerError"}}, operation)
            answer = getattr(self._client, operation)(**arguments)
            if self.die_after == (operation, number):
                raise Killed
            return answer

        return call


class Scene:
    def __init__(self, engine: DynamoEngine) -> None:
        self.table = engine.create_table("ConfigTable")
        bind(ConfigRow, self.table)
        self.client = engine.client
        self.dynamodb = FragileDynamo(engine.client)
        self.store = ConfigurationStore(
            Vault(b"k" * 32), lambda platform: frozenset({"webhook_url"}), pause=lambda seconds: None
        )
        self.generations = ConfigurationGenerations(self.dynamodb, self.table, FakeClock(), pause=lambda seconds: None)
        self.restore = ConfigurationRestore(
            self.generations, self.store, lambda: RESTORED_AT_MS, AccountHolds(self.store)
        )

    def reborn(self) -> ConfigurationGenerations:
        """Another process."""
        return ConfigurationGenerations(self.client, self.table, FakeClock(), pause=lambda seconds: None)

    def shown(self) -> Snapshot:
        return take_snapshot(self.store)

    def items(self, kind: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = self.client.scan(TableName=self.table)["Items"]
        return [item for item in found if item["pk"]["S"].startswith(kind)]

    def fill(self, mappings: int) -> None:
        self.store.add_account(account(1))
        self.store.add_account(account(2))
        self.store.add_bot(bot(1))
        for start in range(0, mappings, 30):
            some = [mapping(number) for number in range(start + 1, min(start + 30, mappings) + 1)]
            assert set(self.store.add_mappings(some)) == {None}


def account(account_id: int, **fields: Any) -> Account:
    values = {"id": account_id, "email": f"user{account_id}@example.com", "bot_token": "1/canary", "created_at": NOW}
    return Account(**{**values, **fields})


def bot(bot_id: int, **fields: Any) -> Bot:
    config = {"webhook_url": "https://discord.com/api/webhooks/1/canary", "thread_id": "7"}
    return Bot(**{"id": bot_id, "platform": "discord", "name": "n", "config": config, "created_at": NOW, **fields})


def mapping(mapping_id: int, **fields: Any) -> ChannelMapping:
    values = {
        "id": mapping_id, "kook_server_id": "1", "kook_channel_id": f"c{mapping_id}", "kook_channel_name": "n",
        "target_platform": "discord", "target_bot_id": 1, "target_channel_id": "", "created_at": NOW,
    }  # fmt: skip
    return ChannelMapping(**{**values, **fields})


def restored(snapshot: Snapshot) -> Snapshot:
    """The same; but mappings begin anew, because what they delivered before may not be on record."""
    begun = tuple(mapping.model_copy(update={"starts_at_ms": RESTORED_AT_MS}) for mapping in snapshot.mappings)
    return replace(snapshot, mappings=begun)


def large(mappings: int = 150) -> Snapshot:
    """Everything different from what ``fill`` makes, in several transactions."""
    return Snapshot(
        accounts=(account(2, email="user1@example.com"), account(7)),
        bots=(bot(1, name="renamed"), bot(9)),
        mappings=tuple(mapping(number + 40, target_bot_id=9) for number in range(mappings)),
    )


@pytest.fixture
def scene(dynamodb: DynamoEngine) -> Scene:
    return Scene(dynamodb)


def test_a_snapshot_takes_the_place_of_everything(scene: Scene) -> None:
    scene.fill(50)
    assert scene.restore.apply(large())
    assert scene.shown() == restored(large())
    # Claims are those of the new records: what is gone is free again, what is taken is taken.
    scene.store.add_account(account(8, email="user2@example.com"))
    with pytest.raises(EmailTaken):
        scene.store.add_account(account(9, email="user1@example.com"))
    assert len(scene.items("mapping_target")) == 150
    assert scene.store.mappings_for_channel("c40")[0].target_bot_id == 9
    assert scene.items("generation#") == []


def test_secrets_are_sealed_on_the_way_in(scene: Scene) -> None:
    scene.restore.apply(large(3))
    assert "canary" not in repr(scene.client.scan(TableName=scene.table))
    assert scene.store.bots()[0].config["webhook_url"].endswith("canary")


def test_ids_of_the_snapshot_are_never_given_out_again(scene: Scene) -> None:
    scene.restore.apply(large(3))
    assert [scene.store.next_id(kind) for kind in ("account", "bot", "mapping")] == [8, 10, 43]
    scene.store.next_id("bot", 90)
    scene.restore.apply(large(3))
    assert scene.store.next_id("bot") == 101


def test_an_empty_snapshot_leaves_an_empty_configuration(scene: Scene) -> None:
    scene.fill(3)
    assert scene.restore.apply(Snapshot((), (), ()))
    assert scene.shown() == Snapshot((), (), ())
    assert scene.reborn().roll_forward() == 0


def test_a_small_configuration_changes_in_one_transaction(scene: Scene) -> None:
    scene.fill(20)
    scene.restore.apply(large(20))
    assert scene.dynamodb.calls["transact_write_items"] == 1


@pytest.mark.parametrize("death", [("batch_write_item", 1), ("batch_write_item", 5), ("update_item", 4)])
def test_killed_before_the_deciding_write_nothing_has_happened(scene: Scene, death: tuple[str, int]) -> None:
    """Three update_items raise the sequences, the fourth decides."""
    scene.fill(50)
    before = scene.shown()
    scene.dynamodb.die_before = death
    with pytest.raises(Killed):
        scene.restore.apply(large())
    assert scene.reborn().roll_forward() == 0
    assert scene.shown() == before
    assert ConfigurationRestore(scene.reborn(), scene.store, lambda: RESTORED_AT_MS, AccountHolds(scene.store)).apply(
        large()
    )
    assert scene.shown() == restored(large())


@pytest.mark.parametrize(
    ("before", "death"),
    [
        (False, ("update_item", 4)),
        (True, ("transact_write_items", 1)),
        (False, ("transact_write_items", 1)),
        (False, ("transact_write_items", 2)),
        (True, ("transact_write_items", 3)),
    ],
)
def test_killed_after_it_maintenance_brings_it_to_its_end(scene: Scene, before: bool, death: tuple[str, int]) -> None:
    scene.fill(50)
    if before:
        scene.dynamodb.die_before = death
    else:
        scene.dynamodb.die_after = death
    with pytest.raises(Killed):
        scene.restore.apply(large())
    assert scene.reborn().roll_forward() > 0
    assert scene.shown() == restored(large())
    assert scene.reborn().roll_forward() == 0


def test_what_is_changed_after_the_end_stays_changed(scene: Scene) -> None:
    scene.fill(5)
    scene.restore.apply(large(5))
    scene.store.update_bot(9, {"name": "changed since"})
    assert scene.reborn().roll_forward() == 0
    assert scene.store.bots()[1].name == "changed since"


def test_an_outage_after_the_decision_is_no_failure(scene: Scene) -> None:
    scene.fill(5)
    scene.dynamodb.fail = "transact_write_items"
    assert scene.restore.apply(large(5)) is False
    with pytest.raises(RelayError) as caught:  # one restore after the other
        scene.restore.apply(large(6))
    assert caught.value.refusal is Refusal.RESTORE_CONFLICT
    scene.reborn().roll_forward()
    assert scene.shown() == restored(large(5))


def test_an_outage_before_it_changes_nothing(scene: Scene) -> None:
    scene.fill(5)
    before = scene.shown()
    scene.dynamodb.fail = "batch_write_item"
    with pytest.raises(StoreUnavailable):
        scene.restore.apply(large(5))
    assert scene.shown() == before


def test_of_two_restores_at_once_one_is_made_current(scene: Scene) -> None:
    change = [Change(("bot", "000000000001"), {"pk": {"S": "bot"}, "sk": {"S": "000000000001"}})]
    first, second = scene.reborn(), scene.reborn()
    before = second._pointer()
    first.replace(change)
    assert not second._make_current(before, "late")
    with pytest.raises(GenerationConflict):
        _late(second, before, change)


def _late(generations: ConfigurationGenerations, seen: Any, changes: list[Change]) -> None:
    """``replace`` as a process does it that read the pointer before another one moved it."""

    class Late(ConfigurationGenerations):
        def _pointer(self) -> Any:
            return seen

    Late(generations._dynamodb, generations._table, generations._clock).replace(changes)


# --- grouping, without a database ---


def test_groups_fit_into_a_transaction_and_keep_what_belongs_together() -> None:
    changes = [Change(("mapping", f"{n:012d}"), {"x": {"S": "y"}}, f"2{n % 100:03d}") for n in range(500)]
    groups = grouped(changes)
    assert all(len(group) <= MAX_GROUP_CHANGES for group in groups)
    assert sorted(change.key for group in groups for change in group) == sorted(change.key for change in changes)
    for number in range(100):
        holders = [group for group in groups if any(change.related == f"2{number:03d}" for change in group)]
        assert len(holders) == 1


def test_large_items_make_small_groups() -> None:
    changes = [Change(("bot", f"{n}"), {"x": {"S": "y" * 1_000_000}}) for n in range(5)]
    assert all(sum(change.size for change in group) <= MAX_GROUP_BYTES for group in grouped(changes))
    assert [len(group) for group in grouped(changes)] == [2, 2, 1]


def held(scene: Scene) -> list[bool]:
    return [account.held_until_ms > RESTORED_AT_MS for account in scene.store.accounts()]


def test_no_event_is_routed_by_a_mix_of_two_configurations(scene: Scene) -> None:
    scene.fill(5)
    # Killed between two transactions: bots and some mappings are new, accounts are not.
    scene.dynamodb.die_after = ("transact_write_items", 1)
    with pytest.raises(Killed):
        scene.restore.apply(large())
    assert held(scene) == [True, True]
    scene.reborn().roll_forward()
    assert held(scene) == [False, False]
    assert scene.shown() == restored(large())


def test_a_restore_that_changes_nothing_lets_events_go(scene: Scene) -> None:
    scene.fill(5)
    scene.dynamodb.fail = "batch_write_item"
    with pytest.raises(StoreUnavailable):
        scene.restore.apply(large())
    assert held(scene) == [False, False]


def test_what_changes_in_one_transaction_holds_nobody(scene: Scene) -> None:
    scene.fill(5)
    scene.dynamodb.die_before = ("transact_write_items", 1)
    with pytest.raises(Killed):
        scene.restore.apply(large(5))
    assert held(scene) == [False, False]
