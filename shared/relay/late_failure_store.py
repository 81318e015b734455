"""Late failures in DynamoDB: the delivery's record and its counters in one transaction."""

from __future__ import annotations

from collections.abc import Callable

from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from shared.aws.database import TransactionRefused, database, transact
from shared.relay.counters import CountedDelivery, DeliveryCounters
from shared.relay.delivery_rows import DeliveryRow, log_channel_scope, log_scope
from shared.relay.late_failures import LateFailure, NoLateFailure
from shared.relay.log_reader import log_row
from shared.relay.logs import LogRow

LATER_PARTS_NOTE = "its later parts have arrived: trying it again shows them twice"


class DynamoLateFailures:
    """Implements shared.relay.late_failures.LateFailureStore. The rows' models are bound already."""

    def __init__(self, counters: DeliveryCounters, clock_ms: Callable[[], int]) -> None:
        self._counters = counters
        self._clock_ms = clock_ms

    def fail(self, failure: LateFailure) -> LogRow | NoLateFailure:
        row = self._row(failure)
        # A newer round is another attempt of the operator's, and has its own commands.
        if row is None or int(row.generation) != failure.reference.generation:
            return "nothing_to_change"
        if row.status != "success":
            return "still_pending" if row.status == "pending" else "nothing_to_change"
        actions = self._actions(row, failure)
        unchanged = (DeliveryRow.status == "success") & (DeliveryRow.generation == row.generation)
        counted = CountedDelivery(
            row.kook_channel_id, row.platform, "success", int(row.created_at_ms), int(row.latency_ms or 0)
        )

        def build(transaction: TransactWrite) -> None:
            key = DeliveryRow(row.message_id, row.mapping_id)
            transaction.update(key, actions=actions, condition=unchanged)
            self._counters.move(transaction, counted, "failed")

        try:
            transact(DeliveryRow._get_connection().connection, "fail a delivery late", build)
        except TransactionRefused:  # somebody else changed it in between: a second such task, or an operator
            return "nothing_to_change"
        changed = self._row(failure)
        return "nothing_to_change" if changed is None else log_row(changed)

    def _row(self, failure: LateFailure) -> DeliveryRow | None:
        with database("read a delivery"):
            try:
                return DeliveryRow.get(failure.reference.message_id, failure.reference.mapping_id, consistent_read=True)
            except DeliveryRow.DoesNotExist:
                return None

    def _actions(self, row: DeliveryRow, failure: LateFailure) -> list[Action]:
        """A replay goes on with the first part that is missing."""
        part_number, sent_parts = failure.reference.part_number, int(row.sent_parts)
        missing_from = min(part_number, sent_parts)
        notes = [str(note) for note in row.notes]
        if part_number + 1 < sent_parts and LATER_PARTS_NOTE not in notes:
            notes.append(LATER_PARTS_NOTE)
        return [
            DeliveryRow.status.set("failed"),
            DeliveryRow.error_code.set(failure.error_code),
            DeliveryRow.error_message.set(failure.error_message),
            DeliveryRow.sent_parts.set(missing_from),
            DeliveryRow.platform_message_ids.set([list(ids) for ids in row.platform_message_ids][:missing_from]),
            DeliveryRow.notes.set(notes),
            DeliveryRow.closed_at_ms.set(self._clock_ms()),
            DeliveryRow.log_scope.set(log_scope("failed", row.platform)),
            DeliveryRow.log_channel_scope.set(log_channel_scope(row.kook_channel_id, "failed", row.platform)),
        ]
