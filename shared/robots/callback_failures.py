"""The last callback of a robot that could not be delivered, for its owner; all of them are in the activity log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Protocol

from shared.aws.store_failures import StoreUnavailable
from shared.robots.activity_log import ActivityLog
from shared.robots.callbacks import CallbackFailure
from shared.robots.table import Item, RobotsTable
from shared.stack_traces import failure_fields

logger = logging.getLogger("kook_relay.robots")

KEPT_SECONDS = 30 * 24 * 60 * 60
_SORT_KEY = "callback_failure"


class LastFailures(Protocol):
    """May raise StoreUnavailable."""

    def keep(self, failure: CallbackFailure) -> None: ...

    def of(self, robot_id: str) -> CallbackFailure | None: ...


class DynamoLastFailures:
    """Implements LastFailures in the robots table."""

    def __init__(self, table: RobotsTable, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def keep(self, failure: CallbackFailure) -> None:
        pk = f"robot#{failure.robot_id}"
        before = self._table.get(pk, _SORT_KEY)
        version = 0 if before is None else before.version
        expires_at_seconds = failure.failed_at_ms // 1000 + KEPT_SECONDS
        # Whoever writes in between has a failure that is just as late.
        self._table.write(Item(pk, _SORT_KEY, asdict(failure), version, expires_at_seconds=expires_at_seconds))

    def of(self, robot_id: str) -> CallbackFailure | None:
        item = self._table.get(f"robot#{robot_id}", _SORT_KEY)
        # DynamoDB drops what has expired when it gets to it.
        if item is None or (item.expires_at_seconds or 0) <= self._clock():
            return None
        return CallbackFailure(**item.body)


class NotedFailures:
    """Implements shared.robots.callbacks.CallbackFailures: an entry of the activity log, and the robot's last one."""

    def __init__(self, log: Callable[[], ActivityLog], last: LastFailures) -> None:
        self._log = log
        self._last = last

    def note(self, failure: CallbackFailure) -> None:
        try:
            self._last.keep(failure)
        except StoreUnavailable as error:  # the log has it as well
            logger.error("a failed callback is not shown to its owner", extra=failure_fields(error))
        details = {
            "robotId": failure.robot_id,
            "callback": failure.kind,
            "recordId": failure.record_id,
            "reason": failure.reason,
        }
        self._log().note("error", "error", "a third-party callback failed for good", details)
