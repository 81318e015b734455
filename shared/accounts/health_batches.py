"""Checks of many accounts: as many as fit into a request at once, the rest as a task, in slices."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Protocol

from shared.accounts.count_cells import AccountFilter
from shared.accounts.errors import AccountUnknown, JobUnknown, QueueFailed, RecordBusy
from shared.accounts.health import HealthChecks
from shared.accounts.probing import PROBE_TIMEOUT_SECONDS, ProbeOutcome
from shared.accounts.task_kinds import BATCH_TASK_KIND, CHECK_TASK_KIND
from shared.tasks.handlers import Continued, SecondsLeft
from shared.tasks.orders import TaskOrder, TaskQueue, TaskQueueUnavailable

logger = logging.getLogger("kook_relay.accounts")

# A request may take 29 seconds, and is to be answered within 25.
REQUEST_SECONDS = 23.0
PARALLEL_CHECKS = 16
# What a slice may take: the platform's answer, and the rows before and after it.
SLICE_SECONDS = PROBE_TIMEOUT_SECONDS + 3.0
AFTER_CALLBACK_SECONDS = 2


@dataclass(frozen=True, slots=True)
class HealthTally:
    """``fail_count`` are all that are not known to be logged in; ``unknown_count`` those of them of which the
    platform could not tell. ``pending`` are not checked yet."""

    total: int
    success_count: int = 0
    fail_count: int = 0
    unknown_count: int = 0
    job_id: str | None = None

    @property
    def pending(self) -> int:
        return self.total - self.success_count - self.fail_count

    def plus(self, outcomes: Sequence[ProbeOutcome]) -> HealthTally:
        good = sum(outcome is ProbeOutcome.LOGGED_IN for outcome in outcomes)
        unknown = sum(outcome is ProbeOutcome.UNKNOWN for outcome in outcomes)
        return replace(
            self,
            success_count=self.success_count + good,
            fail_count=self.fail_count + len(outcomes) - good,
            unknown_count=self.unknown_count + unknown,
        )


class AccountIds(Protocol):
    def ids(self, wanted: AccountFilter) -> Sequence[str]:
        """All accounts a filter wants."""


class HealthJobs(Protocol):
    """Batches that go on after their request was answered. Every method may raise StoreUnavailable."""

    def add(self, job_id: str, tally: HealthTally, remaining: Sequence[str]) -> None: ...

    def get(self, job_id: str) -> HealthTally:
        """Raises JobUnknown."""

    def remaining(self, job_id: str, limit: int) -> list[str]:
        """The next accounts, none when all are done. Raises JobUnknown."""

    def advance(self, job_id: str, before: HealthTally, after: HealthTally) -> bool:
        """Note a slice's results. False when another run was first."""


class HealthBatches:
    def __init__(
        self,
        checks: HealthChecks,
        accounts: AccountIds,
        jobs: HealthJobs,
        tasks: TaskQueue,
        monotonic: Callable[[], float],
    ) -> None:
        self._checks = checks
        self._accounts = accounts
        self._jobs = jobs
        self._tasks = tasks
        self._monotonic = monotonic

    def run(self, platform: str | None, seconds: float = REQUEST_SECONDS) -> HealthTally:
        """Check every account, of a platform or of all, for so long; the rest is a job. Raises QueueFailed."""
        started = self._monotonic()
        ids = self._accounts.ids(AccountFilter(platform=platform))
        tally = HealthTally(len(ids))
        done = 0
        with ThreadPoolExecutor(PARALLEL_CHECKS) as pool:
            while done < len(ids) and self._monotonic() - started + SLICE_SECONDS <= seconds:
                outcomes = list(pool.map(self._outcome, ids[done : done + PARALLEL_CHECKS]))
                tally = tally.plus(outcomes)
                done += len(outcomes)
        return tally if done == len(ids) else self._put_off(tally, ids[done:])

    def progress(self, job_id: str) -> HealthTally:
        """Raises JobUnknown."""
        return self._jobs.get(job_id)

    def check_later(self, account_id: str) -> None:
        """Raises QueueFailed."""
        self._order(TaskOrder(CHECK_TASK_KIND, {"account_id": account_id}), AFTER_CALLBACK_SECONDS)

    def continue_batch(self, payload: Mapping[str, Any], seconds_left: SecondsLeft) -> Continued | None:
        """The task: a job's next slices, or, without a job, a batch of all accounts made into one."""
        job_id = payload.get("job_id")
        if job_id is None:
            ids = self._accounts.ids(AccountFilter())
            job_id = self._new_job(HealthTally(len(ids)), ids)
        try:
            return self._work_on(str(job_id), seconds_left)
        except JobUnknown:
            # Its order lay in the queue for more than a day: the next scheduled batch checks everything.
            logger.warning("a batch of health checks is gone", extra={"job_id": str(job_id)})
            return None

    def check_one(self, payload: Mapping[str, Any], seconds_left: SecondsLeft) -> Continued | None:
        """The task after a login."""
        self._outcome(str(payload["account_id"]))
        return None

    def _work_on(self, job_id: str, seconds_left: SecondsLeft) -> Continued | None:
        with ThreadPoolExecutor(PARALLEL_CHECKS) as pool:
            while seconds_left() > SLICE_SECONDS:
                before = self._jobs.get(job_id)
                ids = self._jobs.remaining(job_id, PARALLEL_CHECKS)
                if not ids:
                    return None
                after = before.plus(list(pool.map(self._outcome, ids)))
                if not self._jobs.advance(job_id, before, after):
                    return None  # this task was delivered twice, and the other run is ahead
        return Continued(TaskOrder(BATCH_TASK_KIND, {"job_id": job_id}))

    def _outcome(self, account_id: str) -> ProbeOutcome:
        try:
            return self._checks.check(account_id).outcome
        except (AccountUnknown, RecordBusy):
            return ProbeOutcome.UNKNOWN  # deleted meanwhile, or in so much demand that nothing could be noted

    def _put_off(self, tally: HealthTally, remaining: Sequence[str]) -> HealthTally:
        job_id = self._new_job(tally, remaining)
        self._order(TaskOrder(BATCH_TASK_KIND, {"job_id": job_id}), 0)
        return replace(tally, job_id=job_id)

    def _new_job(self, tally: HealthTally, remaining: Sequence[str]) -> str:
        job_id = f"job_{secrets.token_hex(10)}"
        self._jobs.add(job_id, replace(tally, job_id=job_id), remaining)
        return job_id

    def _order(self, task: TaskOrder, delay_seconds: int) -> None:
        try:
            self._tasks.order(task, delay_seconds=delay_seconds)
        except TaskQueueUnavailable:
            raise QueueFailed from None
