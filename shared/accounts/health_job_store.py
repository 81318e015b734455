"""Batch checks that go on after their request, and when the next scheduled one is due, in DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shared.accounts.errors import JobUnknown
from shared.accounts.health_batches import HealthTally
from shared.accounts.rows import RECORD, AccountsRow
from shared.aws.database import conditional, database

_IDS_A_PART = 1000
_KEPT_SECONDS = 86_400
_TALLY_FIELDS = ("total", "success_count", "fail_count", "unknown_count")


class _Refused(Exception):
    pass


class DynamoHealthJobs:
    """Implements shared.accounts.health_batches.HealthJobs."""

    def __init__(self, clock_ms: Callable[[], int]) -> None:
        self._clock_ms = clock_ms

    def add(self, job_id: str, tally: HealthTally, remaining: Sequence[str]) -> None:
        expires_at = self._clock_ms() // 1000 + _KEPT_SECONDS
        for start in range(0, len(remaining), _IDS_A_PART):
            part = AccountsRow(
                _pk(job_id),
                f"part#{start // _IDS_A_PART:06d}",
                body={"account_ids": list(remaining[start : start + _IDS_A_PART])},
                expires_at=expires_at,
            )
            with database("write batch check"):
                part.save()
        body = {**_body(tally), "done_before": tally.total - len(remaining)}
        with database("write batch check"):
            AccountsRow(_pk(job_id), RECORD, body=body, counter=0, expires_at=expires_at).save()

    def get(self, job_id: str) -> HealthTally:
        return _tally(job_id, self._row(job_id))

    def remaining(self, job_id: str, limit: int) -> list[str]:
        position = int(self._row(job_id).counter or 0)
        with database("read batch check"):
            try:
                part = AccountsRow.get(_pk(job_id), f"part#{position // _IDS_A_PART:06d}", consistent_read=True)
            except AccountsRow.DoesNotExist:
                return []
        start = position % _IDS_A_PART
        return list((part.body or {})["account_ids"][start : start + limit])

    def advance(self, job_id: str, before: HealthTally, after: HealthTally) -> bool:
        row = self._row(job_id)
        done_before = int((row.body or {})["done_before"])
        position = before.total - before.pending - done_before
        further = before.pending - after.pending
        try:
            with conditional("note batch check", _Refused()):
                row.update(
                    actions=[
                        AccountsRow.body.set({**_body(after), "done_before": done_before}),
                        AccountsRow.counter.set(position + further),
                    ],
                    condition=AccountsRow.counter == position,
                )
        except _Refused:
            return False
        return True

    def _row(self, job_id: str) -> AccountsRow:
        with database("read batch check"):
            try:
                row = AccountsRow.get(_pk(job_id), RECORD, consistent_read=True)
            except AccountsRow.DoesNotExist:
                raise JobUnknown from None
        if int(row.expires_at or 0) <= self._clock_ms() // 1000:
            raise JobUnknown  # DynamoDB takes it away some time after
        return row


class HealthSchedule:
    """When all accounts are checked without being asked."""

    # How long after a run that was cut short another one tries.
    _LEASE_MS = 5 * 60_000

    def __init__(self, every_hours: int, order_all: Callable[[], None], clock_ms: Callable[[], int]) -> None:
        """``every_hours`` 0: never."""
        self._every_ms = every_hours * 3_600_000
        self._order_all = order_all
        self._clock_ms = clock_ms

    def run(self) -> int:
        """Order the checks when they are due: 1, else 0. Raises TaskQueueUnavailable and StoreUnavailable."""
        now_ms = self._clock_ms()
        if not self._every_ms or not self._claimed(now_ms):
            return 0
        self._order_all()
        self._set_next(now_ms + self._every_ms)
        return 1

    def _claimed(self, now_ms: int) -> bool:
        """Of several that come at once one is let through. The very first only sets the clock going."""
        row = AccountsRow("schedule", "health")
        due_ms = self._due_ms()
        if due_ms is None:
            self._set_next(now_ms + self._every_ms)
            return False
        if now_ms < due_ms:
            return False
        try:
            with conditional("claim scheduled check", _Refused()):
                row.update(
                    actions=[AccountsRow.counter.set(now_ms + self._LEASE_MS)],
                    condition=AccountsRow.counter == due_ms,
                )
        except _Refused:
            return False
        return True

    def _due_ms(self) -> int | None:
        with database("read schedule"):
            try:
                return int(AccountsRow.get("schedule", "health", consistent_read=True).counter)
            except AccountsRow.DoesNotExist:
                return None

    def _set_next(self, due_ms: int) -> None:
        with database("set schedule"):
            AccountsRow("schedule", "health").update(actions=[AccountsRow.counter.set(due_ms)])


def _pk(job_id: str) -> str:
    return f"job#{job_id}"


def _body(tally: HealthTally) -> dict[str, Any]:
    return {name: getattr(tally, name) for name in _TALLY_FIELDS}


def _tally(job_id: str, row: AccountsRow) -> HealthTally:
    body = row.body or {}
    return HealthTally(**{name: int(body[name]) for name in _TALLY_FIELDS}, job_id=job_id)
