"""The API token's digest in the configuration table, against a real engine."""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING

import pytest

from local.configuration import TokenOrigin, ensure_api_token
from shared.aws.tables import bind
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.credential_records import CredentialRecords
from shared.security.tokens import token_matches

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
    return CredentialRecords(ConfigurationTable())


def test_there_is_no_token_before_the_first_start(credentials: CredentialRecords) -> None:
    assert credentials.api_token_digests() == ()


def test_the_token_made_at_the_first_start_is_shown_once_and_recognised(
    dynamodb: DynamoEngine, table: str, credentials: CredentialRecords
) -> None:
    made = ensure_api_token(dynamodb.client, table, "")
    again = ensure_api_token(dynamodb.client, table, "")
    assert (made.origin, again.origin, again.token) == (TokenOrigin.NEW, TokenOrigin.KNOWN, "")
    assert token_matches(made.token, credentials.api_token_digests())
    assert made.token not in repr(dynamodb.client.scan(TableName=table)["Items"])


def test_of_several_first_starts_one_makes_the_token(
    dynamodb: DynamoEngine, table: str, credentials: CredentialRecords
) -> None:
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: ensure_api_token(dynamodb.client, table, ""), range(8)))
    (token,) = [one.token for one in made if one.origin is TokenOrigin.NEW]
    assert token_matches(token, credentials.api_token_digests())


def test_a_configured_token_makes_the_stored_one_void(
    dynamodb: DynamoEngine, table: str, credentials: CredentialRecords
) -> None:
    first = ensure_api_token(dynamodb.client, table, "")
    ensure_api_token(dynamodb.client, table, "a-token-of-the-operators-own")
    assert not token_matches(first.token, credentials.api_token_digests())
    assert token_matches("a-token-of-the-operators-own", credentials.api_token_digests())
