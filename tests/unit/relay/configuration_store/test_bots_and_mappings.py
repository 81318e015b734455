"""The configuration store against a real engine: bots, and the mappings that lead to them."""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.relay.configuration_store import ConfigurationStore
from shared.relay.errors import RecordNotFound, TargetTaken
from shared.relay.models import Filters
from tests.unit.relay.configuration_store.records import account, bot, claims, mapping, raw_items

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


def test_a_bot_comes_back_as_it_was_kept(store: ConfigurationStore) -> None:
    config = {
        "webhook_url": "https://discord.com/api/webhooks/1/x",
        "rate_limits": [{"requests": 5, "per_seconds": 2.5}],
    }
    kept = bot(config=config, status="disabled", disabled_reason="gone")
    store.add_bot(kept)
    assert store.bot(1) == kept
    assert store.bots() == [kept]


def test_no_secret_of_a_bot_is_in_the_table_in_clear(
    dynamodb: DynamoEngine, table: str, store: ConfigurationStore
) -> None:
    store.add_bot(bot())
    assert "canary" not in raw_items(dynamodb, table)
    store.update_bot(1, {"config": {"webhook_url": "https://discord.com/api/webhooks/2/canary-2"}})
    assert "canary" not in raw_items(dynamodb, table)
    assert store.bot(1).config == {"webhook_url": "https://discord.com/api/webhooks/2/canary-2"}


def test_a_bot_is_updated_field_by_field(store: ConfigurationStore) -> None:
    store.add_bot(bot())
    assert store.update_bot(1, {"name": "renamed"}) == bot(name="renamed")


def test_unknown_bots_are_reported(store: ConfigurationStore) -> None:
    assert store.bot(1) is None
    for call in (
        lambda: store.update_bot(1, {"name": "x"}),
        lambda: store.update_bot(1, {"config": {}}),
        lambda: store.delete_bot(1),
    ):
        with pytest.raises(RecordNotFound):
            call()
    assert store.bots() == []


def test_a_mapping_comes_back_as_it_was_kept(with_bot: ConfigurationStore) -> None:
    filters = Filters(include_keywords=("公告",), message_kinds=("text",), relay_bots=True)
    kept = mapping(enabled=0, disabled_reason="operator", name_format="[{name}]", filters=filters)
    assert with_bot.add_mappings([kept]) == [None]
    assert with_bot.mapping(1) == kept
    assert with_bot.mappings() == [kept]


def test_mappings_are_found_by_channel(with_bot: ConfigurationStore) -> None:
    elsewhere = mapping(3, kook_channel_id="other")
    with_bot.add_mappings([mapping(1), mapping(2), elsewhere])
    assert with_bot.mappings_for_channel("200") == [mapping(1), mapping(2)]
    assert with_bot.mappings_for_channel("other") == [elsewhere]
    assert with_bot.mappings_for_channel("nowhere") == []


def test_accounts_and_bots_are_not_in_the_channel_index(
    with_bot: ConfigurationStore, dynamodb: DynamoEngine, table: str
) -> None:
    with_bot.add_account(account())
    with_bot.add_mappings([mapping()])
    indexed = dynamodb.client.scan(TableName=table, IndexName="mappings_by_channel")["Items"]
    assert [item["pk"]["S"] for item in indexed] == ["mapping"]


def test_a_second_mapping_to_the_same_target_is_refused(with_bot: ConfigurationStore) -> None:
    with_bot.add_mappings([mapping(1, target_channel_id="x")])
    (failure,) = with_bot.add_mappings([mapping(2, target_channel_id="x")])
    assert isinstance(failure, TargetTaken)
    assert failure.mapping_id == 1
    assert with_bot.mapping(2) is None


def test_a_mapping_to_a_missing_or_other_bot_is_refused(with_bot: ConfigurationStore) -> None:
    failures = with_bot.add_mappings([mapping(1, target_bot_id=9), mapping(2, target_platform="telegram")])
    assert [type(failure) for failure in failures] == [RecordNotFound, RecordNotFound]
    assert with_bot.mappings() == []


def test_many_mappings_are_added_and_bad_ones_do_not_cost_the_others(with_bot: ConfigurationStore) -> None:
    many = [mapping(number) for number in range(1, 101)]
    many[40] = mapping(41, target_bot_id=9)
    failures = with_bot.add_mappings(many)
    assert [number for number, failure in enumerate(failures, 1) if failure is not None] == [41]
    assert len(with_bot.mappings()) == 99


def test_a_mapping_is_updated_field_by_field(with_bot: ConfigurationStore) -> None:
    with_bot.add_mappings([mapping()])
    filters = Filters(exclude_users=("7",))
    assert with_bot.update_mapping(1, {"enabled": 0, "filters": filters}) == mapping(enabled=0, filters=filters)
    assert with_bot.mapping(1) == mapping(enabled=0, filters=filters)


def test_a_mapping_pointed_elsewhere_moves_its_claim(with_bot: ConfigurationStore) -> None:
    with_bot.add_mappings([mapping(1, target_channel_id="x"), mapping(2, target_channel_id="y")])
    with pytest.raises(TargetTaken) as taken:
        with_bot.update_mapping(1, {"target_channel_id": "y"})
    assert taken.value.mapping_id == 2
    assert with_bot.mapping(1).target_channel_id == "x"
    assert with_bot.update_mapping(1, {"target_channel_id": "z"}).target_channel_id == "z"
    assert with_bot.add_mappings([mapping(3, target_channel_id="x")]) == [None]
    assert isinstance(with_bot.add_mappings([mapping(4, target_channel_id="z")])[0], TargetTaken)


def test_a_mapping_moved_to_another_channel_is_found_there(with_bot: ConfigurationStore) -> None:
    with_bot.add_mappings([mapping()])
    with_bot.update_mapping(1, {"kook_channel_id": "201"})
    assert with_bot.mappings_for_channel("200") == []
    assert [one.id for one in with_bot.mappings_for_channel("201")] == [1]


def test_a_mapping_cannot_be_switched_on_without_its_bot(with_bot: ConfigurationStore) -> None:
    with_bot.add_mappings([mapping(enabled=0)])
    with_bot.delete_bot(1)
    with pytest.raises(RecordNotFound) as missing:
        with_bot.update_mapping(1, {"enabled": 1})
    assert missing.value.kind == "bot"
    assert with_bot.mapping(1).enabled == 0


def test_a_deleted_mapping_frees_its_target(with_bot: ConfigurationStore) -> None:
    with_bot.add_mappings([mapping(1, target_channel_id="x")])
    with_bot.delete_mapping(1)
    with pytest.raises(RecordNotFound):
        with_bot.delete_mapping(1)
    with pytest.raises(RecordNotFound):
        with_bot.update_mapping(1, {"enabled": 0})
    assert with_bot.add_mappings([mapping(2, target_channel_id="x")]) == [None]


def test_disabling_a_mapping_keeps_the_reason(with_bot: ConfigurationStore) -> None:
    with_bot.add_mappings([mapping()])
    with_bot.disable_mapping(1, "bot_deleted")
    with_bot.disable_mapping(99, "no such mapping")
    assert (with_bot.mapping(1).enabled, with_bot.mapping(1).disabled_reason) == (0, "bot_deleted")
    assert with_bot.mapping(99) is None


def test_parallel_switching_and_moving_leaves_one_claim_per_mapping(
    dynamodb: DynamoEngine, table: str, with_bot: ConfigurationStore
) -> None:
    with_bot.add_mappings([mapping(number) for number in range(1, 5)])

    def change(number: int) -> None:
        target = f"moved-{number % 6}"
        try:
            with_bot.update_mapping(number % 4 + 1, {"target_channel_id": target, "enabled": number % 2})
        except (TargetTaken, StoreUnavailable):
            return

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(change, range(60)))
    targets = [one.target_channel_id for one in with_bot.mappings()]
    assert len(set(targets)) == 4
    assert len(claims(dynamodb, table, "mapping_target")) == 4


def test_a_moved_chat_takes_its_bot_and_mappings_along(store: ConfigurationStore) -> None:
    store.add_bot(bot(platform="telegram", config={"bot_token": "1:canary", "chat_id": "-5"}))
    telegram = {"target_platform": "telegram"}
    store.add_mappings(
        [
            mapping(1, target_channel_id="-5", **telegram),
            mapping(2, target_channel_id="-6", **telegram),
            mapping(3, target_channel_id="-5", kook_channel_id="201", **telegram),
            mapping(4, target_channel_id="-1005", kook_channel_id="201", **telegram),
        ]
    )
    store.move_target(1, "-5", "-1005")
    store.move_target(9, "-5", "-1005")
    assert store.bot(1).config == {"bot_token": "1:canary", "chat_id": "-1005"}
    assert [(one.target_channel_id, one.enabled) for one in store.mappings()] == [
        ("-1005", 1), ("-6", 1), ("-5", 0), ("-1005", 1),
    ]  # fmt: skip
