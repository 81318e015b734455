"""Deletes expired items in the background: dynoxide has no time to live of its own.

Reads everything a page at a time and sleeps in between, so that it never competes with the relay for the disk.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from local.template import Table

# DynamoDB deletes expired items "within a few days"; readers must filter in any case.
SWEEP_PERIOD_SECONDS: Final = 600.0
_FIRST_SWEEP_DELAY_SECONDS: Final = 60.0
_PAGE_ITEMS: Final = 200
_PAUSE_BETWEEN_PAGES_SECONDS: Final = 0.25

logger = logging.getLogger(__name__)


class Sweeper:
    """Sweeps the tables that have a TTL attribute."""

    def __init__(
        self,
        tables: Iterable[Table],
        dynamodb: Any,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    ) -> None:
        self._tables = [table for table in tables if table.ttl_attribute is not None]
        self._dynamodb = dynamodb
        self._now = now
        self._sleep = sleep

    async def run(self) -> None:
        """Sweep now and then until cancelled."""
        await self._sleep(_FIRST_SWEEP_DELAY_SECONDS)
        while True:
            for table in self._tables:
                try:
                    deleted = await self.sweep(table)
                except (ClientError, BotoCoreError) as error:
                    logger.warning("sweeping %s stopped, next time again: %s", table.name, error)
                else:
                    if deleted:
                        logger.info("deleted %d expired items of %s", deleted, table.name)
            await self._sleep(SWEEP_PERIOD_SECONDS)

    async def sweep(self, table: Table) -> int:
        """Delete the expired items of one table; returns how many. Raises ClientError or BotoCoreError."""
        deleted = 0
        start: Mapping[str, Any] | None = None
        while True:
            page = await asyncio.to_thread(self._expired_page, table, start)
            for item in page["Items"]:
                deleted += await asyncio.to_thread(self._delete, table, item)
            start = page.get("LastEvaluatedKey")
            if not start:
                return deleted
            await self._sleep(_PAUSE_BETWEEN_PAGES_SECONDS)

    def _expired_page(self, table: Table, start: Mapping[str, Any] | None) -> dict[str, Any]:
        names = {f"#k{index}": part["AttributeName"] for index, part in enumerate(table.key_schema)}
        page: dict[str, Any] = self._dynamodb.scan(
            TableName=table.name,
            Limit=_PAGE_ITEMS,
            FilterExpression="#ttl <= :now AND attribute_type(#ttl, :number)",
            ProjectionExpression=", ".join(names),
            ExpressionAttributeNames={**names, "#ttl": str(table.ttl_attribute)},
            ExpressionAttributeValues=self._now_value() | {":number": {"S": "N"}},
            **({"ExclusiveStartKey": start} if start else {}),
        )
        return page

    def _delete(self, table: Table, key: Mapping[str, Any]) -> int:
        """1 when the item was deleted; 0 when its life was prolonged meanwhile."""
        try:
            self._dynamodb.delete_item(
                TableName=table.name,
                Key=dict(key),
                ConditionExpression="#ttl <= :now",
                ExpressionAttributeNames={"#ttl": str(table.ttl_attribute)},
                ExpressionAttributeValues=self._now_value(),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return 0
            raise
        return 1

    def _now_value(self) -> dict[str, Any]:
        return {":now": {"N": str(int(self._now()))}}
