"""Clearing the log in DynamoDB: jobs in the configuration table, rows and counters in their own.

pk "log_clearing"  sk the job's id
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from shared.aws.database import conditional, database
from shared.aws.store_failures import StoreUnavailable
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.counters import CountedDelivery, DeliveryCounters
from shared.relay.delivery_rows import DeliveryRow, log_scope
from shared.relay.log_clearing import Clearing, ClearingStatus, ClosedRow

CLEARING = "log_clearing"
KEEP_SECONDS = 30 * 86_400
_PAGE_ROWS = 100
_TRIES = 8
_BACKOFF_SECONDS = 0.03


class ClearingRow(ConfigRow):
    days = NumberAttribute(null=True)
    before_day = UnicodeAttribute(null=True)
    status = UnicodeAttribute(null=True)
    removed = NumberAttribute(null=True)
    created_at_ms = NumberAttribute(null=True)
    finished_at_ms = NumberAttribute(null=True)
    expires_at = NumberAttribute(null=True)


class DynamoClearingStore:
    """Implements shared.relay.log_clearing.ClearingStore. The rows' models are bound already."""

    def __init__(
        self,
        table: ConfigurationTable,
        counters: DeliveryCounters,
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._table = table
        self._counters = counters
        self._pause = pause
        self._connection = DeliveryRow._get_connection().connection

    def add_clearing(self, clearing: Clearing) -> None:
        row = ClearingRow(
            CLEARING,
            clearing.job_id,
            days=clearing.days,
            before_day=clearing.before_day,
            status=clearing.status,
            removed=clearing.removed,
            created_at_ms=clearing.created_at_ms,
            expires_at=clearing.created_at_ms // 1000 + KEEP_SECONDS,
        )
        with database("order clearing"):
            row.save()

    def clearing(self, job_id: str) -> Clearing | None:
        row = self._table.get(ClearingRow, CLEARING, job_id)
        if row is None:
            return None
        return Clearing(
            job_id=job_id,
            days=int(row.days or 0),
            before_day=str(row.before_day),
            status=_STATUSES[str(row.status)],
            removed=int(row.removed or 0),
            created_at_ms=int(row.created_at_ms or 0),
            finished_at_ms=None if row.finished_at_ms is None else int(row.finished_at_ms),
        )

    def delete_clearing(self, job_id: str) -> None:
        with database("delete clearing"):
            ClearingRow(CLEARING, job_id).delete()

    def mark_clearing(self, job_id: str, status: ClearingStatus, now_ms: int) -> None:
        actions: list[Action] = [ClearingRow.status.set(status)]
        if status == "done":
            actions.append(ClearingRow.finished_at_ms.set(now_ms))
        try:
            # Done stays done: the task may be running twice.
            with conditional("mark clearing", _Unmet()):
                ClearingRow(CLEARING, job_id).update(
                    actions=actions, condition=ClearingRow.pk.exists() & (ClearingRow.status != "done")
                )
        except _Unmet:
            return

    def rows_before(self, status: str, platform: str, before_ms: int) -> Iterator[ClosedRow]:
        with database("old rows of the log"):
            found = DeliveryRow.log_by_status.query(
                log_scope(status, platform),
                # A log id is the time in milliseconds and 11 random bits.
                DeliveryRow.log_id < before_ms << 11,
                scan_index_forward=True,
                page_size=_PAGE_ROWS,
            )
            for row in found:
                yield _closed_row(row)

    def remove(self, job_id: str, rows: Sequence[ClosedRow]) -> int:
        left = list(rows)
        for attempt in range(_TRIES):
            if not left:
                return 0
            codes = self._try_to_remove(job_id, left)
            if not codes:
                return len(left)
            # The deletions come first in the transaction, in the order of the rows.
            gone = {index for index, code in enumerate(codes) if code == "ConditionalCheckFailed"}
            there = [row for index, row in enumerate(left) if index not in gone]
            if len(there) == len(left):
                if "TransactionConflict" not in codes:
                    return self._remove_halves(job_id, left)
                self._pause(random.uniform(0, _BACKOFF_SECONDS * 2**attempt))  # noqa: S311 - spreads writers out
            left = there
        raise StoreUnavailable("clear log")

    def _remove_halves(self, job_id: str, rows: Sequence[ClosedRow]) -> int:
        """For a transaction that was refused as a whole: records can be so large that fewer of them fit."""
        if len(rows) < 2:
            raise StoreUnavailable("clear log")
        middle = len(rows) // 2
        return self.remove(job_id, rows[:middle]) + self.remove(job_id, rows[middle:])

    def _try_to_remove(self, job_id: str, rows: Sequence[ClosedRow]) -> list[str]:
        """Nothing when it was done, else why not: a code for each item of the transaction, ["refused"] for none."""
        try:
            with TransactWrite(connection=self._connection) as transaction:
                for row in rows:
                    # Ordered again by an operator, it is no longer what it was counted as.
                    transaction.delete(
                        DeliveryRow(row.message_id, row.mapping_id), condition=DeliveryRow.status == row.counted.status
                    )
                self._counters.take_from(transaction, [row.counted for row in rows])
                transaction.update(ClearingRow(CLEARING, job_id), actions=[ClearingRow.removed.add(len(rows))])
        except TransactWriteError as error:
            codes = [str(reason.code) if reason is not None else "None" for reason in error.cancellation_reasons]
            if codes or error.cause_response_code == "ValidationException":
                return codes or ["refused"]
            raise StoreUnavailable("clear log") from None
        except (PynamoDBException, BotoCoreError, ClientError):
            raise StoreUnavailable("clear log") from None
        return []


_STATUSES: dict[str, ClearingStatus] = {"queued": "queued", "running": "running", "done": "done"}


def _closed_row(row: DeliveryRow) -> ClosedRow:
    return ClosedRow(
        message_id=row.message_id,
        mapping_id=int(row.mapping_id),
        counted=CountedDelivery(
            channel_id=row.kook_channel_id,
            platform=row.platform,
            status=row.status,
            created_at_ms=int(row.log_id) >> 11,
            latency_ms=int(row.latency_ms or 0),
        ),
    )


class _Unmet(Exception):
    pass
