"""The configuration store against a real engine: ids and accounts, what is unique, what is never in clear."""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.aws.tables import bind
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_store import ConfigurationStore
from shared.relay.errors import ConditionUnmet, EmailTaken, RecordNotFound
from shared.security.vault import Vault
from tests.unit.relay.configuration_store.records import NOW, account, bot, claims, mapping, raw_items, secret_fields

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine


pytest_plugins = ["tests.dynamodb"]


def test_ids_are_consecutive_and_counted_by_kind(store: ConfigurationStore) -> None:
    assert [store.next_id("account"), store.next_id("account"), store.next_id("bot")] == [1, 2, 1]


def test_a_block_of_ids_is_given_to_one_caller_alone(store: ConfigurationStore) -> None:
    assert store.next_id("mapping", 10) == 1
    assert store.next_id("mapping") == 11


def test_parallel_callers_never_get_the_same_id(store: ConfigurationStore) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: store.next_id("account"), range(80)))
    assert sorted(ids) == list(range(1, 81))


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
