"""A configuration store on a table of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.aws.tables import bind
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_store import ConfigurationStore
from shared.security.vault import Vault
from tests.unit.relay.configuration_store.records import bot, secret_fields

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine


@pytest.fixture
def table(dynamodb: DynamoEngine) -> str:
    name = dynamodb.create_table("ConfigTable")
    bind(ConfigRow, name)
    return name


@pytest.fixture
def store(table: str) -> ConfigurationStore:
    return ConfigurationStore(Vault(b"k" * 32), secret_fields, pause=lambda seconds: None)


@pytest.fixture
def with_bot(store: ConfigurationStore) -> ConfigurationStore:
    store.add_bot(bot())
    return store
