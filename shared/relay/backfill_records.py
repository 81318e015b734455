"""How far each channel's history is dealt with, and which accounts' live events wait: in the configuration table."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pynamodb.expressions.update import Action

from shared.aws.database import conditional, database
from shared.relay.configuration_rows import BACKFILL, BackfillRow, record_key
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.delivery_rows import DeliveryRow
from shared.relay.errors import ConditionUnmet, RecordNotFound
from shared.relay.times import iso_utc

logger = logging.getLogger("kook_relay.backfill")

_SCHEDULE = "schedule"
_MAX_PROBLEM_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class ChannelProgress:
    """One channel as one account's bot sees it. Times are UTC ISO 8601, "" for never; ``problem`` is "" where the last
    look went well; ``filled_in_all`` counts the messages that came from the history since the beginning."""

    channel_id: str
    verified_until: str
    finished_at: str
    reason: str
    filled: int
    filled_in_all: int
    problem: str
    problem_at: str


class BackfillRecords:
    """Implements shared.relay.backfill.Progress. Every method raises StoreUnavailable when DynamoDB fails."""

    def __init__(self, table: ConfigurationTable, clock_ms: Callable[[], int]) -> None:
        self._table = table
        self._clock_ms = clock_ms

    def verified_ms(self, account_id: int, channel_id: str) -> int | None:
        row = self._table.get(BackfillRow, BACKFILL, _key(account_id, channel_id))
        return None if row is None or row.verified_ms is None else int(row.verified_ms)

    def finished(self, account_id: int, channel_id: str, verified_ms: int, filled: int, reason: str) -> None:
        """Never takes the moment back: two runs may end in either order."""
        now = iso_utc(self._clock_ms())
        told = [
            BackfillRow.finished_at.set(now),
            BackfillRow.reason.set(reason),
            BackfillRow.filled.set(filled),
            BackfillRow.filled_in_all.add(filled),
            BackfillRow.problem.remove(),
            BackfillRow.problem_at.remove(),
        ]
        self._update(account_id, channel_id, told)
        row = BackfillRow(BACKFILL, _key(account_id, channel_id))
        further = BackfillRow.verified_ms.does_not_exist() | (BackfillRow.verified_ms < verified_ms)
        try:
            with conditional("save backfill", ConditionUnmet()):
                row.update(actions=[BackfillRow.verified_ms.set(verified_ms)], condition=further)
        except ConditionUnmet:
            pass  # another run has seen later messages than this one

    def failed(self, account_id: int, channel_id: str, problem: str) -> None:
        now = iso_utc(self._clock_ms())
        self._update(
            account_id,
            channel_id,
            [BackfillRow.problem.set(problem[:_MAX_PROBLEM_CHARACTERS]), BackfillRow.problem_at.set(now)],
        )

    def of_account(self, account_id: int) -> list[ChannelProgress]:
        """All channels ever looked at for an account, by id."""
        prefix = _key(account_id, "")
        with database("list backfill"):
            rows = BackfillRow.query(BACKFILL, BackfillRow.sk.startswith(prefix), consistent_read=True)
            return [_progress(row, prefix) for row in rows]

    def claim_schedule(self, interval_ms: int) -> bool:
        """Whether it is time for a scheduled look; true for one caller only in each interval."""
        now_ms = self._clock_ms()
        row = BackfillRow(BACKFILL, _SCHEDULE)
        due = BackfillRow.verified_ms.does_not_exist() | (BackfillRow.verified_ms <= now_ms - interval_ms)
        try:
            with conditional("schedule backfill", ConditionUnmet()):
                row.update(actions=[BackfillRow.verified_ms.set(now_ms)], condition=due)
        except ConditionUnmet:
            return False
        return True

    def _update(self, account_id: int, channel_id: str, actions: Sequence[Action]) -> None:
        with database("save backfill"):
            BackfillRow(BACKFILL, _key(account_id, channel_id)).update(actions=list(actions))


class AccountWriter(Protocol):
    def update_account(
        self, account_id: int, changes: Mapping[str, Any], *, only_if: Mapping[str, Any] | None = None
    ) -> object:
        """Raises RecordNotFound, ConditionUnmet, StoreUnavailable."""


class AccountHolds:
    """Implements shared.relay.backfill.Holds: on the account's own record, which routing reads for each event."""

    def __init__(self, accounts: AccountWriter) -> None:
        self._accounts = accounts

    def hold(self, account_id: int, run_id: str, until_ms: int) -> None:
        try:
            self._accounts.update_account(account_id, {"held_until_ms": until_ms, "held_by": run_id})
        except RecordNotFound:
            logger.info("the account to hold is gone", extra={"account_id": account_id})

    def release(self, account_id: int, run_id: str) -> None:
        released = {"held_until_ms": 0, "held_by": ""}
        try:
            self._accounts.update_account(account_id, released, only_if={"held_by": run_id})
        except (RecordNotFound, ConditionUnmet):
            logger.info("not this run's to release", extra={"account_id": account_id})


class DeliveryRecordKeys:
    """Implements shared.relay.backfill.KnownDeliveries. The rows' model is bound already."""

    def closed(self, keys: Collection[tuple[str, int]]) -> set[tuple[str, int]]:
        with database("known deliveries"):
            rows = DeliveryRow.batch_get(
                list(keys), consistent_read=True, attributes_to_get=["message_id", "mapping_id", "status"]
            )
            return {(row.message_id, int(row.mapping_id)) for row in rows if row.status != "pending"}


def _key(account_id: int, channel_id: str) -> str:
    return f"{record_key(account_id)}#{channel_id}"


def _progress(row: BackfillRow, prefix: str) -> ChannelProgress:
    return ChannelProgress(
        channel_id=str(row.sk).removeprefix(prefix),
        verified_until=iso_utc(int(row.verified_ms)) if row.verified_ms is not None else "",
        finished_at=row.finished_at or "",
        reason=row.reason or "",
        filled=int(row.filled or 0),
        filled_in_all=int(row.filled_in_all or 0),
        problem=row.problem or "",
        problem_at=row.problem_at or "",
    )
