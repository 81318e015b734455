"""What a third party is told by is sealed where it is kept, addresses too: they have tokens in them."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shared.aws.tables import bind
from shared.robots.rows import RobotsRow
from shared.robots.table import Item, RobotsTable
from shared.robots.third_party import ThirdParty
from shared.robots.third_party_store import DynamoThirdParties
from shared.security.vault import Vault

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

URL = "https://third.example/callback?key=token-of-an-address"
TOLD = ThirdParty("robot_1", URL, "", enable_signature=True, secret_key="their-secret-key")


@pytest.fixture
def table(dynamodb: DynamoEngine) -> RobotsTable:
    bind(RobotsRow, dynamodb.create_table("RobotsTable"))
    return RobotsTable()


@pytest.fixture
def store(table: RobotsTable) -> DynamoThirdParties:
    return DynamoThirdParties(table, Vault(secrets.token_bytes(32)))


def test_it_is_kept_sealed_and_read_as_it_was(store: DynamoThirdParties, table: RobotsTable) -> None:
    assert store.replace_third_party(TOLD)
    item = table.get("robot#robot_1", "third_party")
    assert item is not None
    for secret in ("token-of-an-address", "third.example", "their-secret-key"):
        assert secret not in str(item.body)
    read = store.third_party("robot_1")
    assert read is not None
    assert replace(read, version=0) == TOLD


def test_an_address_from_before_is_read_and_sealed_with_the_next_change(
    store: DynamoThirdParties, table: RobotsTable
) -> None:
    assert store.replace_third_party(replace(TOLD, message_callback_url=""))
    item = table.get("robot#robot_1", "third_party")
    assert item is not None
    assert table.write(Item(item.pk, item.sk, {**item.body, "message_callback_url": URL}, version=item.version))
    read = store.third_party("robot_1")
    assert read is not None
    assert read.message_callback_url == URL
    assert store.replace_third_party(read)
    after = table.get("robot#robot_1", "third_party")
    assert after is not None
    assert "third.example" not in str(after.body)
