from __future__ import annotations

from typing import Any

import pytest

from shared.platforms.registry import PlatformRegistry
from shared.relay.errors import Refusal, RelayError
from shared.relay.mappings import Mappings
from shared.relay.models import Bot, Filters
from shared.relay.requests import FilterSettings, MappingChanges, NewMapping
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration
from tests.fakes.platforms import FakePlatform


def bot(bot_id: int, platform: str = "discord", name: str | None = None) -> Bot:
    config = {"webhook_url": "https://discord.com/api/webhooks/1/x"}
    return Bot(id=bot_id, platform=platform, name=name or f"bot {bot_id}", config=config, created_at="")


class World:
    def __init__(self) -> None:
        self.store = FakeConfiguration()
        for one in (bot(1), bot(2), bot(3, "telegram")):
            self.store.add_bot(one)
        registry = PlatformRegistry([FakePlatform("discord"), FakePlatform("telegram")])
        self.mappings = Mappings(self.store, registry, FakeClock().ms)


@pytest.fixture
def world() -> World:
    return World()


def row(**fields: Any) -> dict[str, Any]:
    values = {
        "kook_server_id": "100",
        "kook_channel_id": "200",
        "kook_channel_name": "公告频道",
        "target_platform": "discord",
        "target_bot_id": 1,
        "target_channel_id": "t1",
    }
    return {**values, **fields}


def new(**fields: Any) -> NewMapping:
    return NewMapping(**row(**fields))


def refused(refusal: Refusal) -> Any:
    return pytest.raises(RelayError, match=refusal.value)


def test_a_mapping_is_added_with_defaults(world: World) -> None:
    added = world.mappings.add(new())
    assert added.created
    assert world.mappings.all() == [added.mapping]
    assert (added.mapping.id, added.mapping.enabled, added.mapping.name_format) == (1, 1, "{name}")
    assert added.mapping.filters == Filters()


def test_a_mapping_is_added_with_filters_and_name_format(world: World) -> None:
    filters = FilterSettings(include_keywords=("a",), exclude_users=("7",), message_kinds=("text",), relay_bots=True)
    mapping = world.mappings.add(new(filters=filters, name_format="[KOOK] {name}", enabled=0)).mapping
    assert mapping.filters == Filters(
        include_keywords=("a",), exclude_users=("7",), message_kinds=("text",), relay_bots=True
    )
    assert (mapping.name_format, mapping.enabled) == ("[KOOK] {name}", 0)


def test_a_channel_may_have_many_targets(world: World) -> None:
    for target in ("t1", "t2"):
        assert world.mappings.add(new(target_channel_id=target)).created
    assert world.mappings.add(new(target_bot_id=2)).created


def test_adding_the_same_mapping_again_gives_back_the_one_there_is(world: World) -> None:
    first = world.mappings.add(new())
    again = world.mappings.add(new())
    assert (again.mapping, again.created) == (first.mapping, False)
    assert len(world.mappings.all()) == 1


def test_a_second_mapping_to_the_same_target_with_other_settings_is_refused(world: World) -> None:
    world.mappings.add(new())
    with refused(Refusal.MAPPING_EXISTS) as refusal:
        world.mappings.add(new(name_format="{id}"))
    assert refusal.value.params["id"] == 1


@pytest.mark.parametrize(
    ("fields", "refusal", "field"),
    [
        ({"target_platform": "myspace"}, Refusal.UNSUPPORTED_PLATFORM, "target_platform"),
        ({"target_bot_id": 99}, Refusal.BOT_NOT_FOUND, "target_bot_id"),
        ({"target_bot_id": 3}, Refusal.BOT_PLATFORM_MISMATCH, "target_platform"),
        ({"target_channel_id": "bad"}, Refusal.INVALID_TARGET_CHANNEL, "target_channel_id"),
    ],
)
def test_a_mapping_that_leads_nowhere_is_refused(
    world: World, fields: dict[str, Any], refusal: Refusal, field: str
) -> None:
    with refused(refusal) as single:
        world.mappings.add(new(**fields))
    assert single.value.field == field
    with refused(refusal) as batch:
        world.mappings.add_batch([new(), new(**fields)])
    assert batch.value.field == f"mappings.1.{field}"
    assert world.mappings.all() == []


def test_a_bot_with_an_unreadable_secret_can_still_be_mapped(world: World) -> None:
    world.store.add_bot(bot(1).model_copy(update={"config": {}, "unreadable": ("webhook_url",)}))
    assert world.mappings.add(new(target_channel_id="bad")).created


def test_a_batch_adds_everything_once(world: World) -> None:
    world.mappings.add(new())
    batch = world.mappings.add_batch([new(), new(target_channel_id="t2"), new(target_channel_id="t2")])
    assert [(one.mapping.id, one.created) for one in batch] == [(1, False), (2, True), (2, False)]
    assert [mapping.target_channel_id for mapping in world.mappings.all()] == ["t1", "t2"]


def test_a_batch_with_one_conflict_adds_nothing(world: World) -> None:
    world.mappings.add(new())
    with refused(Refusal.MAPPING_EXISTS) as refusal:
        world.mappings.add_batch([new(target_channel_id="t2"), new(enabled=0)])
    assert refusal.value.field.startswith("mappings.1.")
    assert len(world.mappings.all()) == 1


def test_a_batch_whose_entries_contradict_each_other_adds_nothing(world: World) -> None:
    with refused(Refusal.CONTRADICTORY_ENTRIES) as refusal:
        world.mappings.add_batch([new(), new(enabled=0)])
    assert refusal.value.field.startswith("mappings.1.")
    assert world.mappings.all() == []


def test_an_update_changes_what_was_sent_and_no_more(world: World) -> None:
    added = world.mappings.add(new()).mapping
    changed = world.mappings.update(1, MappingChanges(enabled=0))
    assert changed == added.model_copy(update={"enabled": 0})
    assert world.mappings.update(1, MappingChanges()) == changed


def test_switching_on_again_clears_the_reason(world: World) -> None:
    world.mappings.add(new())
    world.store.disable_mapping(1, "bot_deleted")
    changed = world.mappings.update(1, MappingChanges(enabled=1))
    assert (changed.enabled, changed.disabled_reason) == (1, "")


def test_filters_are_replaced_as_a_whole(world: World) -> None:
    world.mappings.add(new(filters=FilterSettings(include_keywords=("a",))))
    changed = world.mappings.update(1, MappingChanges(filters=FilterSettings(exclude_keywords=("b",))))
    assert changed.filters == Filters(exclude_keywords=("b",))


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"target_bot_id": 99}, Refusal.BOT_NOT_FOUND),
        ({"target_bot_id": 3}, Refusal.BOT_PLATFORM_MISMATCH),
        ({"target_channel_id": "bad"}, Refusal.INVALID_TARGET_CHANNEL),
        ({"target_channel_id": "t2"}, Refusal.MAPPING_EXISTS),
    ],
)
def test_a_mapping_cannot_be_pointed_nowhere(world: World, fields: dict[str, Any], refusal: Refusal) -> None:
    before = world.mappings.add(new()).mapping
    world.mappings.add(new(target_channel_id="t2"))
    with refused(refusal):
        world.mappings.update(1, MappingChanges(**fields))
    assert world.mappings.get(1) == before


def test_a_mapping_can_change_platform_with_its_bot(world: World) -> None:
    world.mappings.add(new())
    changed = world.mappings.update(1, MappingChanges(target_platform="telegram", target_bot_id=3))
    assert (changed.target_platform, changed.target_bot_id) == ("telegram", 3)


def test_a_mapping_cannot_be_switched_on_after_its_bot_was_deleted(world: World) -> None:
    world.mappings.add(new(enabled=0))
    world.store.delete_bot(1)
    with refused(Refusal.BOT_NOT_FOUND):
        world.mappings.update(1, MappingChanges(enabled=1))
    assert world.mappings.update(1, MappingChanges(kook_channel_name="x")).kook_channel_name == "x"


def test_unknown_mappings_are_refused(world: World) -> None:
    for call in (
        lambda: world.mappings.get(7),
        lambda: world.mappings.delete(7),
        lambda: world.mappings.update(7, MappingChanges(enabled=0)),
    ):
        with refused(Refusal.MAPPING_NOT_FOUND):
            call()


def test_an_export_can_be_imported_into_an_empty_installation(world: World) -> None:
    filters = FilterSettings(include_keywords=("公告",))
    world.mappings.add(new(filters=filters, enabled=0))
    world.mappings.add(new(target_bot_id=3, target_platform="telegram"))
    exported = world.mappings.export_rows()
    other = World()
    report = other.mappings.import_rows(exported, replace_existing=False)
    assert (report.created, report.skipped, report.errors) == (2, 0, [])
    assert other.mappings.export_rows() == exported


def test_importing_twice_changes_nothing(world: World) -> None:
    rows = [row(), row(target_channel_id="t2"), row()]
    first = world.mappings.import_rows(rows, replace_existing=False)
    second = world.mappings.import_rows(rows, replace_existing=False)
    assert (first.created, first.skipped) == (2, 1)
    assert (second.created, second.replaced, second.skipped) == (0, 0, 3)


def test_bad_rows_cost_only_themselves_and_are_reported_in_order(world: World) -> None:
    rows = [row(), "no mapping", row(target_bot_id="1"), row(target_bot_id=99), row(target_channel_id="t2"), None]
    report = world.mappings.import_rows(rows, replace_existing=False)
    assert report.created == 2
    assert [error.index for error in report.errors] == [1, 2, 3, 5]
    assert isinstance(report.errors[2].error, RelayError)
    assert report.errors[2].error.refusal is Refusal.BOT_NOT_FOUND


def test_existing_mappings_are_left_alone_unless_replacing_was_asked_for(world: World) -> None:
    world.mappings.add(new())
    changed = [row(kook_channel_name="new name", name_format="{id}")]
    assert world.mappings.import_rows(changed, replace_existing=False).skipped == 1
    assert world.mappings.get(1).kook_channel_name == "公告频道"
    report = world.mappings.import_rows(changed, replace_existing=True)
    assert (report.created, report.replaced) == (0, 1)
    assert (world.mappings.get(1).kook_channel_name, world.mappings.get(1).name_format) == ("new name", "{id}")


def test_a_row_from_another_installation_finds_its_bot_by_name(world: World) -> None:
    world.store.add_bot(bot(8, name="announcements"))
    report = world.mappings.import_rows([row(target_bot_name="announcements")], replace_existing=False)
    assert report.errors == []
    assert world.mappings.get(1).target_bot_id == 8


@pytest.mark.parametrize("names", [[], ["twin", "twin"]])
def test_a_row_whose_bot_cannot_be_told_is_refused(world: World, names: list[str]) -> None:
    for number, name in enumerate(names, 10):
        world.store.add_bot(bot(number, name=name))
    report = world.mappings.import_rows([row(target_bot_name="twin")], replace_existing=False)
    assert [error.error.refusal for error in report.errors if isinstance(error.error, RelayError)] == [
        Refusal.BOT_NAME_MISMATCH
    ]
    assert world.mappings.all() == []
