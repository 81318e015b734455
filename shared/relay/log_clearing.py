"""Removing old rows of the message log, in the background and by whole days.

Rows and the counters they are counted in go in one transaction, so that the total a page shows is the number of rows
there are at every moment, also while rows are being removed and whatever is killed. What is still being delivered
stays, however old it is.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from shared.relay.counters import COUNTED_PLATFORMS, COUNTED_STATUSES, CountedDelivery
from shared.relay.errors import Refusal, RelayError
from shared.tasks.handlers import Continued, SecondsLeft
from shared.tasks.orders import TaskOrder, TaskQueue, TaskQueueUnavailable

TASK_KIND = "logs.clear"
# A delivery's record also keeps KOOK's repetitions from being sent twice: the last day of it must stay.
MIN_DAYS = 1
MAX_DAYS = 3650
_JOB_ID = re.compile(r"clear_[0-9a-f]{16}\Z")

ClearingStatus: TypeAlias = Literal["queued", "running", "done"]


@dataclass(frozen=True, slots=True)
class Clearing:
    """One job. ``before_day`` (YYYY-MM-DD, the operator's) is the first day that stays. Times: ms since the epoch."""

    job_id: str
    days: int
    before_day: str
    status: ClearingStatus
    removed: int
    created_at_ms: int
    finished_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ClosedRow:
    """A closed delivery of the log: its key, and what it is counted as."""

    message_id: str
    mapping_id: int
    counted: CountedDelivery


class Days(Protocol):
    """The part of shared.relay.counters.DeliveryCounters that is used here."""

    def day_of(self, moment_ms: int) -> str: ...

    def start_of_day_ms(self, day: str) -> int: ...

    def keys_of(self, delivery: CountedDelivery) -> tuple[tuple[str, str], tuple[str, str]]: ...


class ClearingStore(Protocol):
    """Every method may raise StoreUnavailable."""

    def add_clearing(self, clearing: Clearing) -> None: ...

    def clearing(self, job_id: str) -> Clearing | None: ...

    def delete_clearing(self, job_id: str) -> None: ...

    def mark_clearing(self, job_id: str, status: ClearingStatus, now_ms: int) -> None: ...

    def rows_before(self, status: str, platform: str, before_ms: int) -> Iterator[ClosedRow]:
        """Closed rows created before that time, oldest first, read lazily."""

    def remove(self, job_id: str, rows: Sequence[ClosedRow]) -> int:
        """Remove rows, uncount them and add them to the job's ``removed``, in one transaction; how many of them were
        still there. At most 100 items take part: the rows, the counters' keys and the job."""


class LogClearings:
    """What the API starts and shows."""

    def __init__(self, store: ClearingStore, queue: TaskQueue, days: Days, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._queue = queue
        self._days = days
        self._clock_ms = clock_ms

    def start(self, days: int) -> Clearing:
        """Order the removal of rows older than the last ``days`` days and today.

        Raises:
            RelayError: QUEUE_UNAVAILABLE; nothing will happen then
        """
        now_ms = self._clock_ms()
        today = dt.date.fromisoformat(self._days.day_of(now_ms))
        clearing = Clearing(
            job_id=f"clear_{secrets.token_hex(8)}",
            days=days,
            before_day=(today - dt.timedelta(days=days)).isoformat(),
            status="queued",
            removed=0,
            created_at_ms=now_ms,
        )
        self._store.add_clearing(clearing)
        try:
            self._queue.order(TaskOrder(TASK_KIND, {"job_id": clearing.job_id}))
        except TaskQueueUnavailable:
            self._store.delete_clearing(clearing.job_id)
            raise RelayError(Refusal.QUEUE_UNAVAILABLE) from None
        return clearing

    def get(self, job_id: str) -> Clearing:
        """Raises RelayError (CLEARING_NOT_FOUND)."""
        clearing = self._store.clearing(job_id) if _JOB_ID.match(job_id) else None
        if clearing is None:
            raise RelayError(Refusal.CLEARING_NOT_FOUND)
        return clearing


class ClearLog:
    """The task itself (shared.tasks.handlers.TaskHandler)."""

    # DynamoDB takes 100 items in a transaction; one is the job.
    MAX_ITEMS = 99

    def __init__(self, store: ClearingStore, days: Days, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._days = days
        self._clock_ms = clock_ms

    def __call__(self, payload: Mapping[str, Any], seconds_left: SecondsLeft) -> Continued | None:
        job_id = str(payload["job_id"])
        clearing = self._store.clearing(job_id)
        if clearing is None or clearing.status == "done":
            return None
        self._store.mark_clearing(job_id, "running", self._clock_ms())
        before_ms = self._days.start_of_day_ms(clearing.before_day)
        for status in COUNTED_STATUSES:
            for platform in COUNTED_PLATFORMS:
                for rows in self._chunks(self._store.rows_before(status, platform, before_ms)):
                    self._store.remove(job_id, rows)
                    if seconds_left() <= 0:
                        return Continued(TaskOrder(TASK_KIND, {"job_id": job_id}))
        self._store.mark_clearing(job_id, "done", self._clock_ms())
        return None

    def _chunks(self, rows: Iterator[ClosedRow]) -> Iterator[list[ClosedRow]]:
        """As many rows as fit into one transaction together with the counters they are in."""
        chunk: list[ClosedRow] = []
        keys: set[tuple[str, str]] = set()
        for row in rows:
            more = keys.union(self._days.keys_of(row.counted))
            if len(chunk) + 1 + len(more) > self.MAX_ITEMS:
                yield chunk
                chunk, more = [], set(self._days.keys_of(row.counted))
            chunk.append(row)
            keys = more
        if chunk:
            yield chunk
