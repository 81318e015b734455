"""Deliveries as an operator sees them one by one, and trying failed ones again.

A replay opens the record for another round (its generation grows) and orders it. Parts that arrived stay where they
are: a round begins at the first part that is not certainly there.
"""

from __future__ import annotations

import base64
import binascii
import logging
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from shared.relay.counters import COUNTED_PLATFORMS
from shared.relay.deliveries import DeliveryAction
from shared.relay.delivery_listing import row_matches
from shared.relay.errors import Refusal, RelayError
from shared.relay.logs import LogRow
from shared.relay.queue_messages import DeliveryOrder, Outgoing, group_id
from shared.stack_traces import failure_fields
from shared.tasks.handlers import Continued, SecondsLeft
from shared.tasks.orders import TaskOrder, TaskQueue, TaskQueueUnavailable

logger = logging.getLogger("kook_relay.replay")

TASK_KIND = "deliveries.retry"
REPLAY_NOTE = "tried again by an operator"
# How many failed deliveries a dry run looks at, and how many of those that match it shows.
MAX_LOOKED_AT = 10_000
MAX_SAMPLES = 10
_JOB_ID = re.compile(r"retry_[0-9a-f]{16}\Z")
_DELIVERY_ID = re.compile(r"([1-9][0-9]{0,15})-([A-Za-z0-9_-]{1,200})\Z")

ReplayStatus: TypeAlias = Literal["queued", "running", "done"]


def delivery_id(message_id: str, mapping_id: int) -> str:
    """A delivery's id in the API: the mapping's id and the KOOK message's, safe in a URL."""
    encoded = base64.urlsafe_b64encode(message_id.encode("utf-8", "surrogatepass")).decode().rstrip("=")
    return f"{mapping_id}-{encoded}"


def parse_delivery_id(text: str) -> tuple[str, int] | None:
    """(message id, mapping id), None for what ``delivery_id`` did not make."""
    found = _DELIVERY_ID.match(text)
    if found is None:
        return None
    encoded = found[2]
    try:
        message_id = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    # What is not written as delivery_id writes it is another text for the same bytes.
    return (message_id, int(found[1])) if delivery_id(message_id, int(found[1])) == text else None


@dataclass(frozen=True, slots=True)
class DeliveryDetails:
    """All an operator can see of one delivery. Times are milliseconds since the epoch, None for "not yet"."""

    row: LogRow
    generation: int
    destination_key: str
    parts_total: int
    parts_sent: int
    platform_message_ids: Sequence[Sequence[str]]
    attempts: int
    unknown_attempts: int
    possible_duplicate: bool
    in_flight: bool
    received_at_ms: int
    first_attempt_ms: int | None
    next_attempt_ms: int | None
    closed_at_ms: int | None
    action: DeliveryAction = "send"
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class ReplayFilter:
    """Which failed deliveries are meant; what is not given does not narrow. ``since_ms`` and ``until_ms`` bound the
    time the delivery was made, inclusive and exclusive."""

    platform: str | None = None
    channel_id: str | None = None
    bot_id: int | None = None
    mapping_id: int | None = None
    error_code: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None

    @property
    def platforms(self) -> Sequence[str]:
        return (self.platform,) if self.platform else COUNTED_PLATFORMS

    def matches(self, row: LogRow) -> bool:
        return row_matches(row, bot_id=self.bot_id, mapping_id=self.mapping_id, error_code=self.error_code)

    def to_payload(self) -> dict[str, Any]:
        named = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class ReplayJob:
    """A replay of many. ``retried`` were ordered again; ``skipped`` could not be, because their destination is switched
    off or nothing of them was kept."""

    job_id: str
    filter: ReplayFilter
    status: ReplayStatus
    retried: int
    skipped: int
    created_at_ms: int
    finished_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class DryRun:
    """``matched`` is a lower bound where ``complete`` is False: there are more than a dry run looks at."""

    matched: int
    complete: bool
    samples: list[LogRow] = field(default_factory=list)


class NotFailed(Exception):
    """The delivery is not failed (any more): there is nothing to try again."""


class ReplayStore(Protocol):
    """Every method may raise StoreUnavailable."""

    def details(self, message_id: str, mapping_id: int) -> DeliveryDetails | None:
        """A strongly consistent read."""

    def switched_off(self, bot_id: int, mapping_id: int) -> str:
        """Why the destination takes nothing now; "" when it does. What an operator switched off a mapping for does not
        count: what was accepted before still goes out."""

    def reopen(self, details: DeliveryDetails, note: str) -> DeliveryOrder:
        """Open a failed delivery for its next round and take it out of the counters, in one transaction.

        Raises:
            NotFailed: somebody else was faster
        """

    def failed_rows(
        self, platform: str, channel_id: str | None, *, after_log_id: int, before_log_id: int
    ) -> Iterator[LogRow]:
        """Failed deliveries with a log id strictly between, oldest first, read lazily."""

    def add_job(self, job: ReplayJob) -> None: ...

    def job(self, job_id: str) -> ReplayJob | None: ...

    def delete_job(self, job_id: str) -> None: ...

    def advance_job(self, job_id: str, *, retried: int, skipped: int, done_at_ms: int | None) -> None: ...


class OrderQueues(Protocol):
    def send(self, platform: str, messages: Sequence[Outgoing]) -> None: ...


class ReplayDelivery:
    """Trying one delivery again."""

    def __init__(self, store: ReplayStore, queues: OrderQueues) -> None:
        self._store = store
        self._queues = queues

    def retry(self, message_id: str, mapping_id: int) -> DeliveryDetails:
        """Order a failed delivery again; how it is afterwards.

        Raises:
            RelayError: DELIVERY_NOT_FOUND, DELIVERY_NOT_FAILED, DELIVERY_WITHOUT_CONTENT, MESSAGE_DELETED,
                DESTINATION_SWITCHED_OFF
        """
        details = self._store.details(message_id, mapping_id)
        if details is None:
            raise RelayError(Refusal.DELIVERY_NOT_FOUND)
        if details.row.status != "failed":
            raise RelayError(Refusal.DELIVERY_NOT_FAILED, status=details.row.status)
        if details.is_deleted:
            raise RelayError(Refusal.MESSAGE_DELETED)
        if details.action == "send" and details.parts_sent >= details.parts_total:
            raise RelayError(Refusal.DELIVERY_WITHOUT_CONTENT)
        reason = self._store.switched_off(details.row.bot_id, details.row.mapping_id)
        if reason:
            raise RelayError(Refusal.DESTINATION_SWITCHED_OFF, reason=reason)
        try:
            order = self._store.reopen(details, REPLAY_NOTE)
        except NotFailed:
            raise RelayError(Refusal.DELIVERY_NOT_FAILED, status="pending") from None
        self._queue(details, order)
        return self._store.details(message_id, mapping_id) or details

    def _queue(self, details: DeliveryDetails, order: DeliveryOrder) -> None:
        """An order that cannot be queued now is made up for: an open delivery without one is overdue, and maintenance
        orders it again."""
        outgoing = Outgoing(order.to_body(), group_id(details.destination_key), order.deduplication_id)
        try:
            self._queues.send(details.row.platform, [outgoing])
        except Exception as error:  # noqa: BLE001 - see above
            logger.error("a replay was not queued, maintenance will", extra=failure_fields(error))


class Replays:
    """What the API offers."""

    def __init__(self, store: ReplayStore, one: ReplayDelivery, tasks: TaskQueue, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._one = one
        self._tasks = tasks
        self._clock_ms = clock_ms

    def details(self, shown_id: str) -> DeliveryDetails:
        """Raises RelayError (DELIVERY_NOT_FOUND)."""
        key = parse_delivery_id(shown_id)
        details = self._store.details(*key) if key is not None else None
        if details is None:
            raise RelayError(Refusal.DELIVERY_NOT_FOUND)
        return details

    def retry(self, shown_id: str) -> DeliveryDetails:
        """Raises RelayError as ReplayDelivery.retry."""
        key = parse_delivery_id(shown_id)
        if key is None:
            raise RelayError(Refusal.DELIVERY_NOT_FOUND)
        return self._one.retry(*key)

    def dry_run(self, wanted: ReplayFilter) -> DryRun:
        """What a replay would try again. Looks at MAX_LOOKED_AT failed deliveries at most."""
        matched = 0
        samples: list[LogRow] = []
        for looked_at, (_, row) in enumerate(_failed(self._store, wanted, {}, self._clock_ms())):
            if looked_at >= MAX_LOOKED_AT:
                return DryRun(matched, complete=False, samples=samples)
            if wanted.matches(row):
                matched += 1
                if len(samples) < MAX_SAMPLES:
                    samples.append(row)
        return DryRun(matched, complete=True, samples=samples)

    def start(self, wanted: ReplayFilter) -> ReplayJob:
        """Order the replay of all that match. Raises RelayError (QUEUE_UNAVAILABLE): nothing will happen then."""
        job = ReplayJob(f"retry_{secrets.token_hex(8)}", wanted, "queued", 0, 0, self._clock_ms())
        self._store.add_job(job)
        try:
            self._tasks.order(TaskOrder(TASK_KIND, {"job_id": job.job_id}))
        except TaskQueueUnavailable:
            self._store.delete_job(job.job_id)
            raise RelayError(Refusal.QUEUE_UNAVAILABLE) from None
        return job

    def job(self, job_id: str) -> ReplayJob:
        """Raises RelayError (REPLAY_NOT_FOUND)."""
        job = self._store.job(job_id) if _JOB_ID.match(job_id) else None
        if job is None:
            raise RelayError(Refusal.REPLAY_NOT_FOUND)
        return job


class ReplayMany:
    """The task itself (shared.tasks.handlers.TaskHandler). Done twice it changes nothing: what it has reopened is not
    failed any more, and what failed again since is newer than where it has come to."""

    def __init__(self, store: ReplayStore, one: ReplayDelivery, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._one = one
        self._clock_ms = clock_ms

    def __call__(self, payload: Mapping[str, Any], seconds_left: SecondsLeft) -> Continued | None:
        job_id = str(payload["job_id"])
        job = self._store.job(job_id)
        if job is None or job.status == "done":
            return None
        reached = {str(name): int(log_id) for name, log_id in dict(payload.get("reached", {})).items()}
        for platform, row in _failed(self._store, job.filter, reached, job.created_at_ms):
            if seconds_left() <= 0:
                return Continued(TaskOrder(TASK_KIND, {"job_id": job_id, "reached": reached}))
            if job.filter.matches(row):
                self._retry(job_id, row)
            # Rows of one millisecond may share an id: the one reached is looked at again, which does no harm.
            reached[platform] = row.id - 1
        self._store.advance_job(job_id, retried=0, skipped=0, done_at_ms=self._clock_ms())
        return None

    def _retry(self, job_id: str, row: LogRow) -> None:
        try:
            self._one.retry(row.kook_message_id, row.mapping_id)
        except RelayError as refused:
            if refused.refusal not in (Refusal.DELIVERY_NOT_FOUND, Refusal.DELIVERY_NOT_FAILED):
                self._store.advance_job(job_id, retried=0, skipped=1, done_at_ms=None)
            return
        self._store.advance_job(job_id, retried=1, skipped=0, done_at_ms=None)


def _failed(
    store: ReplayStore, wanted: ReplayFilter, reached: Mapping[str, int], created_before_ms: int
) -> Iterator[tuple[str, LogRow]]:
    """Each platform's failed deliveries, oldest first, from where the last call came to."""
    until_ms = created_before_ms + 1 if wanted.until_ms is None else min(wanted.until_ms, created_before_ms + 1)
    for platform in wanted.platforms:
        # A log id is the time in milliseconds and 11 random bits.
        after = max(reached.get(platform, -1), ((wanted.since_ms or 0) << 11) - 1)
        rows = store.failed_rows(platform, wanted.channel_id, after_log_id=after, before_log_id=until_ms << 11)
        for row in rows:
            yield platform, row
