"""Writes how an account's gateway connection stands, when it changes and at least every half minute."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final

from shared.kook.gateway.states import (
    STATUS_INTERVAL_SECONDS,
    GatewayRecords,
    GatewayState,
    GatewayStatus,
    RecordsUnavailable,
)
from shared.relay.times import iso_utc

_CALLING_FOR_THE_OPERATOR: Final = (GatewayState.REFUSED, GatewayState.WAITING_FOR_STORAGE)
_CLOSE_SECONDS: Final = 5.0
_LOOK_AGAIN_SECONDS: Final = 0.25

logger = logging.getLogger(__name__)


class StatusWriter:
    """Never holds its caller up: it writes in the background, one write at a time, the newest status."""

    def __init__(
        self,
        account_id: int,
        records: GatewayRecords,
        clock_ms: Callable[[], int],
        monotonic: Callable[[], float],
    ) -> None:
        self._account_id = account_id
        self._records = records
        self._clock_ms = clock_ms
        self._monotonic = monotonic
        self._status: GatewayStatus | None = None
        self._written: tuple[GatewayState, str] | None = None
        self._background: set[asyncio.Task[Any]] = set()
        self._writing: asyncio.Task[None] | None = None
        self.due_at = 0.0

    def follow(self, state: GatewayState, problem: str) -> None:
        """Take note of the present state, and write it if it is another one or if it is time to."""
        if self._status is None or (state, problem) != (self._status.state, self._status.problem):
            known = self._status or GatewayStatus(state)
            changed = known.state is not state or not known.since
            since = iso_utc(self._clock_ms()) if changed else known.since
            self._status = replace(known, state=state, problem=problem, since=since)
            level = logging.WARNING if state in _CALLING_FOR_THE_OPERATOR else logging.INFO
            shown = f"{state} ({problem})" if problem else str(state)
            logger.log(level, "account %d: gateway %s", self._account_id, shown)
        now = self._monotonic()
        if self._written == (state, problem) and now < self.due_at:
            return
        if self._is_writing():
            self.due_at = now + _LOOK_AGAIN_SECONDS
            return
        self._written = (state, problem)
        self.due_at = now + STATUS_INTERVAL_SECONDS
        self._writing = asyncio.create_task(self._write(self._status))

    def event_received(self, received_at_ms: int) -> None:
        if self._status is not None:
            self._status = replace(self._status, last_event_at=iso_utc(received_at_ms))

    def missed(self) -> None:
        if self._status is not None:
            self._status = replace(self._status, missed_at=iso_utc(self._clock_ms()))
            self._written = None

    def keep(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run something in the background until it ends."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._ended)

    async def close(self, state: GatewayState) -> None:
        """Write the last state and wait, within a bound, for what runs."""
        if self._writing is not None:
            await asyncio.wait({self._writing}, timeout=_CLOSE_SECONDS)
        if self._status is not None:
            self.follow(state, self._status.problem)
        pending = self._background | ({self._writing} if self._writing is not None else set())
        if pending:
            await asyncio.wait(pending, timeout=_CLOSE_SECONDS)

    def _is_writing(self) -> bool:
        return self._writing is not None and not self._writing.done()

    async def _write(self, status: GatewayStatus) -> None:
        try:
            await asyncio.to_thread(self._records.save_status, self._account_id, status)
        except RecordsUnavailable as error:
            self._written = None
            self.due_at = self._monotonic() + 1.0
            logger.debug("account %d: gateway status not written: %s", self._account_id, error)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("account %d: %s", self._account_id, type(task.exception()).__name__)
