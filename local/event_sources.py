"""Stopping and starting queue pollers while the stack runs, as disabling an event source mapping does on AWS.

The relay writes what it wants into an item of its configuration table, and reads there what the pollers do.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

# pk and sk of the item; shared/relay/service_records.py writes ``wanted`` and reads ``actual``.
SWITCH_ITEM: Final = {"pk": {"S": "system"}, "sk": {"S": "event_sources"}}
LOOK_EVERY_SECONDS: Final = 1.0
# A poll that is under way when the service is stopped still brings what arrives before its end.
STOPPABLE_LONG_POLL_SECONDS: Final = 2

logger = logging.getLogger(__name__)


class Stoppable(Protocol):
    """Implemented by local.pollers.QueuePoller."""

    @property
    def at_rest(self) -> bool: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


class EventSourceSwitch:
    """``dynamodb`` is a low-level client, called from threads of its own."""

    def __init__(self, dynamodb: Any, table: str, pollers: Sequence[Stoppable]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._pollers = tuple(pollers)
        self._reported: bool | None = None

    async def run(self) -> None:
        """Follow the item for ever. A table that does not answer changes nothing."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def look(self) -> None:
        """Do what is wanted now, and report once it is done."""
        try:
            wanted = await asyncio.to_thread(self.wanted)
            self.follow(wanted)
            done = wanted or all(poller.at_rest for poller in self._pollers)
            if done and self._reported != wanted:
                await asyncio.to_thread(self._report, wanted)
                self._reported = wanted
        except (ClientError, BotoCoreError) as error:
            logger.warning("the service's switch cannot be read: %s", type(error).__name__)

    def wanted(self) -> bool:
        """Whether the pollers shall read; they do until told otherwise. Raises ClientError, BotoCoreError."""
        item = self._dynamodb.get_item(TableName=self._table, Key=SWITCH_ITEM, ConsistentRead=True).get("Item", {})
        return bool(item.get("wanted", {"BOOL": True})["BOOL"])

    def follow(self, wanted: bool) -> None:
        for poller in self._pollers:
            if wanted:
                poller.resume()
            else:
                poller.pause()

    def _report(self, actual: bool) -> None:
        self._dynamodb.update_item(
            TableName=self._table,
            Key=SWITCH_ITEM,
            UpdateExpression="SET actual = :actual",
            ExpressionAttributeValues={":actual": {"BOOL": actual}},
        )
