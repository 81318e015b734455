"""The configuration store against a real engine: what is kept, what is unique, what is never in clear."""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING, Any

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.aws.tables import bind
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_store import ConfigurationStore
from shared.relay.errors import ConditionUnmet, EmailTaken, RecordNotFound, TargetTaken
from shared.relay.models import Account, Bot, Filters, Mapping
from shared.security.vault import Vault

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

SECRETS = {"discord": frozenset({"webhook_url"}), "telegram": frozenset({"bot_token"})}
NOW = "2026-01-31T08:00:00.000Z"


def secret_fields(platform: str) -> frozenset[str]:
    return SECRETS.get(platform, frozenset())


@pytest.fixture
def table(dynamodb: DynamoEngine) -> str:
    name = dynamodb.create_table("ConfigTable")
    bind(ConfigRow, name)
    return name


@pytest.fixture
def store(table: str) -> ConfigurationStore:
    return ConfigurationStore(Vault(b"k" * 32), secret_fields, pause=lambda seconds: None)


def account(account_id: int = 1, **fields: Any) -> Account:
    return Account(**{"id": account_id, "email": f"user{account_id}@example.com", "created_at": NOW, **fields})


def bot(bot_id: int = 1, **fields: Any) -> Bot:
    config = {"webhook_url": "https://discord.com/api/webhooks/1/canary-token", "thread_id": "7"}
    return Bot(**{"id": bot_id, "platform": "discord", "name": "news", "config": config, "created_at": NOW, **fields})


def mapping(mapping_id: int = 1, **fields: Any) -> Mapping:
    values = {
        "id": mapping_id,
        "kook_server_id": "100",
        "kook_channel_id": "200",
        "kook_channel_name": "公告频道",
        "target_platform": "discord",
        "target_bot_id": 1,
        "target_channel_id": f"target-{mapping_id}",
        "created_at": NOW,
    }
    return Mapping(**{**values, **fields})


def raw_items(dynamodb: DynamoEngine, table: str) -> str:
    return repr(dynamodb.client.scan(TableName=table)["Items"])


def claims(dynamodb: DynamoEngine, table: str, kind: str) -> list[str]:
    items = dynamodb.client.scan(TableName=table)["Items"]
    return sorted(item["sk"]["S"] for item in items if item["pk"]["S"] == kind)


# --- ids ---


def test_ids_are_consecutive_and_counted_by_kind(store: ConfigurationStore) -> None:
    assert [store.next_id("account"), store.next_id("account"), store.next_id("bot")] == [1, 2, 1]


def test_a_block_of_ids_is_given_to_one_caller_alone(store: ConfigurationStore) -> None:
    assert store.next_id("mapping", 10) == 1
    assert store.next_id("mapping") == 11


def test_parallel_callers_never_get_the_same_id(store: ConfigurationStore) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: store.next_id("account"), range(80)))
    assert sorted(ids) == list(range(1, 81))


# --- accounts ---


def test_an_account_comes_back_as_it_was_kept(store: ConfigurationStore) -> None:
    kept = account(
        bot_token="1/tok", verify_token="ver", encrypt_key="key", cookie="a=b", password="pw", status="offline",
        kook_user_id="42", kook_user_name="Bot", started_at_ms=5, stopped_at_ms=6, last_active=NOW, is_default=True,
    )  # fmt: skip
    store.add_account(kept)
    assert store.account(1) == kept
    assert store.accounts() == [kept]


def test_accounts_are_listed_by_id(store: ConfigurationStore) -> None:
    for account_id in (10, 2, 33):
        store.add_account(account(account_id))
    assert [one.id for one in store.accounts()] == [2, 10, 33]


def test_no_secret_of_an_account_is_in_the_table_in_clear(
    dynamodb: DynamoEngine, table: str, store: ConfigurationStore
) -> None:
    secrets = {name: f"canary-{name}" for name in ("bot_token", "verify_token", "encrypt_key", "cookie", "password")}
    store.add_account(account(**secrets))
    store.update_account(1, {"bot_token": "canary-new-token"})
    assert "canary" not in raw_items(dynamodb, table)
    assert store.account(1).bot_token == "canary-new-token"


def test_the_webhook_function_finds_the_attributes_it_reads(
    dynamodb: DynamoEngine, table: str, store: ConfigurationStore
) -> None:
    store.add_account(account(verify_token="ver", encrypt_key="key"))
    item = dynamodb.client.get_item(TableName=table, Key={"pk": {"S": "account"}, "sk": {"S": "000000000001"}})["Item"]
    vault = Vault(b"k" * 32)
    assert item["id"] == {"N": "1"}
    assert item["is_default"] == {"BOOL": False}
    assert vault.unseal(item["verify_token"]["S"], record="account/1", field="verify_token") == "ver"
    assert vault.unseal(item["encrypt_key"]["S"], record="account/1", field="encrypt_key") == "key"


def test_a_second_account_with_the_same_address_is_refused(store: ConfigurationStore) -> None:
    store.add_account(account(1, email="User@Example.com"))
    with pytest.raises(EmailTaken):
        store.add_account(account(2, email="user@example.COM"))
    assert store.account(2) is None


def test_of_parallel_accounts_with_one_address_exactly_one_is_kept(store: ConfigurationStore) -> None:
    def add(account_id: int) -> bool:
        try:
            store.add_account(account(account_id, email="same@example.com"))
        except EmailTaken:
            return False
        return True

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        added = list(pool.map(add, range(1, 17)))
    assert added.count(True) == 1
    assert len(store.accounts()) == 1


def test_an_update_touches_only_what_it_names(store: ConfigurationStore) -> None:
    store.add_account(account(bot_token="tok", verify_token="ver"))
    store.update_account(1, {"verify_token": ""})
    updated = store.update_account(1, {"status": "offline", "stopped_at_ms": 9})
    assert updated == store.account(1) == account(bot_token="tok", status="offline", stopped_at_ms=9)


def test_an_update_with_an_unmet_condition_changes_nothing(store: ConfigurationStore) -> None:
    store.add_account(account(status="online"))
    with pytest.raises(ConditionUnmet):
        store.update_account(1, {"status": "online", "started_at_ms": 5}, only_if={"status": "offline"})
    assert store.account(1).started_at_ms == 0


@pytest.mark.parametrize("only_if", [None, {"status": "online"}])
def test_an_update_does_not_bring_back_a_deleted_account(
    store: ConfigurationStore, only_if: dict[str, str] | None
) -> None:
    with pytest.raises(RecordNotFound):
        store.update_account(7, {"status": "online"}, only_if=only_if)
    assert store.accounts() == []


def test_a_changed_address_frees_the_old_one_and_claims_the_new(store: ConfigurationStore) -> None:
    store.add_account(account(1, email="old@example.com"))
    store.add_account(account(2, email="other@example.com"))
    assert store.update_account(1, {"email": "new@example.com"}).email == "new@example.com"
    with pytest.raises(EmailTaken):
        store.update_account(2, {"email": "NEW@example.com"})
    store.add_account(account(3, email="old@example.com"))


def test_the_case_of_the_own_address_can_be_changed(store: ConfigurationStore) -> None:
    store.add_account(account(1, email="me@example.com"))
    assert store.update_account(1, {"email": "Me@example.com"}).email == "Me@example.com"


def test_a_deleted_account_is_gone_with_its_claim(
    dynamodb: DynamoEngine, table: str, store: ConfigurationStore
) -> None:
    store.add_account(account(1))
    store.delete_account(1)
    assert store.account(1) is None
    assert claims(dynamodb, table, "account_email") == []
    with pytest.raises(RecordNotFound):
        store.delete_account(1)


def test_a_broken_seal_hides_only_its_own_field(dynamodb: DynamoEngine, table: str, store: ConfigurationStore) -> None:
    store.add_account(account(1, bot_token="tok", verify_token="ver"))
    store.add_account(account(2, bot_token="tok"))
    dynamodb.client.update_item(
        TableName=table,
        Key={"pk": {"S": "account"}, "sk": {"S": "000000000001"}},
        UpdateExpression="SET bot_token = :broken",
        ExpressionAttributeValues={":broken": {"S": "v1.AAAA"}},
    )
    first, second = store.accounts()
    assert (first.bot_token, first.verify_token, first.unreadable) == ("", "ver", ("bot_token",))
    assert (second.bot_token, second.unreadable) == ("tok", ())


# --- bots ---


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


# --- mappings ---


@pytest.fixture
def with_bot(store: ConfigurationStore) -> ConfigurationStore:
    store.add_bot(bot())
    return store


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


# --- failures ---


def test_a_failing_database_is_reported_without_what_was_written(table: str) -> None:
    bind(ConfigRow, "no-such-table")
    broken = ConfigurationStore(Vault(b"k" * 32), secret_fields, pause=lambda seconds: None)
    calls = [
        lambda: broken.next_id("account"),
        lambda: broken.add_account(account(cookie="canary")),
        lambda: broken.account(1),
        lambda: broken.accounts(),
        lambda: broken.update_account(1, {"cookie": "canary"}),
        lambda: broken.add_bot(bot()),
        lambda: broken.delete_bot(1),
        lambda: broken.add_mappings([mapping()]),
        lambda: broken.mappings_for_channel("canary"),
    ]
    for call in calls:
        with pytest.raises(StoreUnavailable) as failure:
            call()
        assert "canary" not in str(failure.value)
        assert failure.value.__cause__ is None
