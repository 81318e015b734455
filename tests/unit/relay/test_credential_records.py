"""The API token's digest in the configuration table, against a real engine."""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING

import pytest

from shared.aws.tables import bind
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.credential_records import CredentialRecords
from shared.security.tokens import token_matches
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


@pytest.fixture
def table(dynamodb: DynamoEngine) -> str:
    name = dynamodb.create_table("ConfigTable")
    bind(ConfigRow, name)
    return name


@pytest.fixture
def credentials(table: str) -> CredentialRecords:
    return CredentialRecords(ConfigurationTable(), FakeClock().ms)


def test_there_is_no_token_before_the_first_start(credentials: CredentialRecords) -> None:
    assert credentials.api_token_digests() == ()


def test_the_first_start_makes_a_token_and_shows_it_once(
    dynamodb: DynamoEngine, table: str, credentials: CredentialRecords
) -> None:
    token = credentials.make_first_api_token()
    assert token is not None
    assert credentials.make_first_api_token() is None
    assert token_matches(token, credentials.api_token_digests())
    assert token not in repr(dynamodb.client.scan(TableName=table)["Items"])


def test_of_several_first_starts_one_gets_the_token(credentials: CredentialRecords) -> None:
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        tokens = [token for token in pool.map(lambda _: credentials.make_first_api_token(), range(8)) if token]
    assert len(tokens) == 1
    assert token_matches(tokens[0], credentials.api_token_digests())


def test_a_replaced_token_is_void(credentials: CredentialRecords) -> None:
    first = credentials.make_first_api_token()
    second = credentials.replace_api_token()
    assert first is not None
    assert not token_matches(first, credentials.api_token_digests())
    assert token_matches(second, credentials.api_token_digests())
