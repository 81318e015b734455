"""Tables brought up to the template, and expired items swept, on a real DynamoDB engine."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from local.messages import EmbeddedStackError
from local.provision import provision_tables
from local.sweeper import Sweeper
from local.template import Table

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

NOW = 1_800_000_000
KEY = ({"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"})
ATTRIBUTES = tuple({"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "kind"))


def index(**projection: Any) -> dict[str, Any]:
    key = [{"AttributeName": "kind", "KeyType": "HASH"}]
    return {"IndexName": "by_kind", "KeySchema": key, "Projection": projection}


def table(*indexes: dict[str, Any], name: str = "", ttl: str | None = "expires_at", key: Any = KEY) -> Table:
    used = {part["AttributeName"] for part in key} | ({"kind"} if indexes else set())
    attributes = tuple(one for one in ATTRIBUTES if one["AttributeName"] in used)
    return Table("T", name or f"t-{uuid.uuid4().hex}", key, attributes, indexes, ttl)


@pytest.fixture
def client(dynamodb_engine: DynamoEngine) -> Any:
    return dynamodb_engine.client


def put(client: Any, table: Table, sk: str, **attributes: Any) -> None:
    client.put_item(TableName=table.name, Item={"pk": {"S": "p"}, "sk": {"S": sk}, **attributes})


def test_a_table_is_made_with_its_indexes_and_time_to_live(client: Any) -> None:
    wanted = table(index(ProjectionType="ALL"))
    provision_tables([wanted], client)
    provision_tables([wanted], client)
    described = client.describe_table(TableName=wanted.name)["Table"]
    assert [one["IndexName"] for one in described["GlobalSecondaryIndexes"]] == ["by_kind"]
    ttl = client.describe_time_to_live(TableName=wanted.name)["TimeToLiveDescription"]
    assert ttl["AttributeName"] == "expires_at"


def test_an_upgrade_adds_a_missing_index_over_what_is_there(client: Any) -> None:
    before = table()
    provision_tables([before], client)
    put(client, before, "1", kind={"S": "k"})
    provision_tables([table(index(ProjectionType="ALL"), name=before.name)], client)
    assert projected(client, before.name) == {"pk", "sk", "kind"}


def test_an_upgrade_makes_a_changed_index_anew(client: Any) -> None:
    before = table(index(ProjectionType="KEYS_ONLY"))
    provision_tables([before], client)
    put(client, before, "1", kind={"S": "k"}, content={"S": "c"}, other={"S": "o"})
    assert projected(client, before.name) == {"pk", "sk", "kind"}
    after = table(index(ProjectionType="INCLUDE", NonKeyAttributes=["content"]), name=before.name)
    provision_tables([after], client)
    assert projected(client, before.name) == {"pk", "sk", "kind", "content"}


def projected(client: Any, name: str) -> set[str]:
    """The attributes of the one item in the index."""
    condition = {"KeyConditionExpression": "kind = :k", "ExpressionAttributeValues": {":k": {"S": "k"}}}
    (item,) = client.query(TableName=name, IndexName="by_kind", **condition)["Items"]
    return set(item)


def test_a_table_with_another_key_is_refused_not_replaced(client: Any) -> None:
    before = table()
    provision_tables([before], client)
    with pytest.raises(EmbeddedStackError, match="has another key"):
        provision_tables([table(name=before.name, key=KEY[:1])], client)


def sweep(client: Any, swept: Table, now: float = NOW) -> int:
    async def no_pause(seconds: float) -> None: ...

    return asyncio.run(Sweeper([swept], client, lambda: now, no_pause).sweep(swept))


def remaining(client: Any, name: str) -> set[str]:
    pages = client.get_paginator("scan").paginate(TableName=name)
    return {item["sk"]["S"] for page in pages for item in page["Items"]}


def test_only_expired_items_are_swept_over_all_pages(client: Any) -> None:
    swept = table()
    provision_tables([swept], client)
    for number in range(450):
        put(client, swept, f"old-{number}", expires_at={"N": str(NOW - number)})
    put(client, swept, "future", expires_at={"N": str(NOW + 1)})
    put(client, swept, "eternal")
    put(client, swept, "mistyped", expires_at={"S": "0"})
    assert sweep(client, swept) == 450
    assert remaining(client, swept.name) == {"future", "eternal", "mistyped"}


def test_an_item_whose_life_was_prolonged_meanwhile_stays(client: Any) -> None:
    swept = table()
    provision_tables([swept], client)
    put(client, swept, "a", expires_at={"N": str(NOW)})

    class Prolonging:
        """The engine, but the item's life is prolonged right after it was found expired."""

        def scan(self, **request: Any) -> Any:
            page = client.scan(**request)
            put(client, swept, "a", expires_at={"N": str(NOW + 100)})
            return page

        def delete_item(self, **request: Any) -> Any:
            return client.delete_item(**request)

    assert sweep(Prolonging(), swept) == 0
    assert remaining(client, swept.name) == {"a"}


def test_a_table_without_time_to_live_is_left_alone(client: Any) -> None:
    ordinary = table(ttl=None)
    swept: list[str] = []

    async def sleep(seconds: float) -> None:
        swept.append("slept")
        if len(swept) == 2:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(Sweeper([ordinary], client, sleep=sleep).run())
    assert swept == ["slept", "slept"]
