"""Platforms' keys of uploaded files, on a real DynamoDB engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.aws.media_keys import DynamoMediaKeys, MediaKeyRow
from shared.aws.tables import bind
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

URLS = [f"https://img.kookapp.cn/{name}?token=canary" for name in "abc"]


def test_keys_are_found_by_their_owner_for_a_day_and_hold_no_address(dynamodb: DynamoEngine) -> None:
    table = dynamodb.create_table("PacingTable")
    bind(MediaKeyRow, table)
    clock = FakeClock()
    keys = DynamoMediaKeys(clock)
    keys.keep("telegram:1", {URLS[0]: "photo:A", URLS[1]: "document:B"})
    keys.keep("telegram:1", {URLS[1]: ""})
    assert keys.find("telegram:1", URLS) == {URLS[0]: "photo:A"}
    assert keys.find("telegram:2", URLS) == {}
    assert "canary" not in str(dynamodb.client.scan(TableName=table)["Items"])
    clock.advance(86_401)
    assert keys.find("telegram:1", URLS) == {}


def test_without_the_table_there_are_no_keys_and_no_failure() -> None:
    bind(MediaKeyRow, "no-such-table")
    keys = DynamoMediaKeys(FakeClock())
    keys.keep("telegram:1", {URLS[0]: "photo:A"})
    assert keys.find("telegram:1", URLS) == {}
