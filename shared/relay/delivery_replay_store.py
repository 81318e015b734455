"""Replaying deliveries in DynamoDB: records and counters in their own tables, jobs in the configuration table.

pk "delivery_retry"  sk the job's id
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from shared.aws.database import TransactionRefused, database
from shared.relay.configuration_rows import BOT, MAPPING, BotRow, ConfigRow, MappingRow, record_key
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.counters import CountedDelivery, DeliveryCounters
from shared.relay.delivery_replay import DeliveryDetails, NotFailed, ReplayFilter, ReplayJob, ReplayStatus
from shared.relay.delivery_rows import DeliveryRow, action_of, begun_parts, log_channel_scope, log_scope
from shared.relay.log_reader import log_row
from shared.relay.logs import LogRow
from shared.relay.queue_messages import DeliveryOrder

JOB = "delivery_retry"
KEEP_JOB_SECONDS = 30 * 86_400
_PAGE_ROWS = 100
# Longer than a queue keeps an order (14 days): an order without its record would be dropped undelivered.
_OPEN_KEPT_SECONDS = 16 * 86_400


class ReplayJobRow(ConfigRow):
    """``filter`` is JSON."""

    filter = UnicodeAttribute(null=True)
    status = UnicodeAttribute(null=True)
    retried = NumberAttribute(null=True)
    skipped = NumberAttribute(null=True)
    created_at_ms = NumberAttribute(null=True)
    finished_at_ms = NumberAttribute(null=True)
    expires_at = NumberAttribute(null=True)


class DynamoReplayStore:
    """Implements shared.relay.delivery_replay.ReplayStore. The rows' models are bound already."""

    def __init__(self, table: ConfigurationTable, counters: DeliveryCounters) -> None:
        self._table = table
        self._counters = counters

    def details(self, message_id: str, mapping_id: int) -> DeliveryDetails | None:
        with database("read a delivery"):
            try:
                row = DeliveryRow.get(message_id, mapping_id, consistent_read=True)
            except DeliveryRow.DoesNotExist:
                return None
        return DeliveryDetails(
            row=log_row(row),
            generation=int(row.generation),
            destination_key=row.destination_key,
            parts_total=len(begun_parts(row)),
            parts_sent=int(row.sent_parts),
            platform_message_ids=[[str(one) for one in ids] for ids in row.platform_message_ids],
            attempts=int(row.attempts or 0),
            unknown_attempts=int(row.unknown_attempts or 0),
            possible_duplicate=bool(row.possible_duplicate),
            in_flight=bool(row.in_flight),
            received_at_ms=int(row.received_at_ms),
            first_attempt_ms=_optional(row.first_attempt_ms),
            next_attempt_ms=_optional(row.next_attempt_ms),
            closed_at_ms=_optional(row.closed_at_ms),
            action=action_of(row),
            is_deleted=bool(row.is_deleted),
        )

    def switched_off(self, bot_id: int, mapping_id: int) -> str:
        # Read as they are stored: whether a bot is switched off is no secret, and its secrets need the data key.
        bot = self._table.get(BotRow, BOT, record_key(bot_id))
        if bot is None:
            return f"bot {bot_id} no longer exists"
        if bot.status == "disabled":
            return bot.disabled_reason or f"bot {bot_id} is switched off"
        mapping = self._table.get(MappingRow, MAPPING, record_key(mapping_id))
        return (mapping.disabled_reason or "") if mapping is not None and not mapping.enabled else ""

    def reopen(self, details: DeliveryDetails, note: str) -> DeliveryOrder:
        row, generation = details.row, details.generation + 1
        created_at_ms = row.id >> 11
        kept_until = (details.closed_at_ms or created_at_ms) // 1000 + _OPEN_KEPT_SECONDS
        actions: list[Action] = [
            DeliveryRow.status.set("pending"),
            DeliveryRow.generation.set(generation),
            DeliveryRow.attempts.set(0),
            DeliveryRow.unknown_attempts.set(0),
            DeliveryRow.in_flight.set(False),
            DeliveryRow.notes.set(list(dict.fromkeys([*row.notes, note]))),
            DeliveryRow.log_scope.set(log_scope("pending", row.platform)),
            DeliveryRow.log_channel_scope.remove(),
            DeliveryRow.expires_at.set(kept_until),
            # Nobody has ordered this round yet: until somebody has, it counts as overdue since it was made.
            DeliveryRow.next_attempt_ms.remove(),
            DeliveryRow.ordered_again_ms.remove(),
            DeliveryRow.first_attempt_ms.remove(),
            DeliveryRow.closed_at_ms.remove(),
            DeliveryRow.latency_ms.remove(),
        ]
        failed = (DeliveryRow.status == "failed") & (DeliveryRow.generation == details.generation)
        counted = CountedDelivery(row.kook_channel_id, row.platform, "failed", created_at_ms, row.latency_ms or 0)

        def build(transaction: TransactWrite) -> None:
            key = DeliveryRow(row.kook_message_id, row.mapping_id)
            transaction.update(key, actions=actions, condition=failed)
            self._counters.take_from(transaction, [counted])

        try:
            self._table.transact("open a delivery again", build)
        except TransactionRefused:
            raise NotFailed from None
        return DeliveryOrder(row.kook_message_id, row.mapping_id, generation)

    def failed_rows(
        self, platform: str, channel_id: str | None, *, after_log_id: int, before_log_id: int
    ) -> Iterator[LogRow]:
        first, last = after_log_id + 1, before_log_id - 1
        if last < first:
            return
        index = DeliveryRow.log_by_status if channel_id is None else DeliveryRow.log_by_channel
        partition = log_scope("failed", platform)
        if channel_id is not None:
            partition = log_channel_scope(channel_id, "failed", platform)
        with database("failed deliveries"):
            found = index.query(
                partition, DeliveryRow.log_id.between(first, last), scan_index_forward=True, page_size=_PAGE_ROWS
            )
            for row in found:
                yield log_row(row)

    def add_job(self, job: ReplayJob) -> None:
        row = ReplayJobRow(
            JOB,
            job.job_id,
            filter=json.dumps(job.filter.to_payload()),
            status=job.status,
            retried=0,
            skipped=0,
            created_at_ms=job.created_at_ms,
            expires_at=job.created_at_ms // 1000 + KEEP_JOB_SECONDS,
        )
        with database("order a replay"):
            row.save()

    def job(self, job_id: str) -> ReplayJob | None:
        row = self._table.get(ReplayJobRow, JOB, job_id)
        if row is None:
            return None
        known = {field.name for field in dataclasses.fields(ReplayFilter)}
        stored = {name: value for name, value in json.loads(row.filter or "{}").items() if name in known}
        return ReplayJob(
            job_id=job_id,
            filter=ReplayFilter(**stored),
            status=_STATUSES[str(row.status)],
            retried=int(row.retried or 0),
            skipped=int(row.skipped or 0),
            created_at_ms=int(row.created_at_ms or 0),
            finished_at_ms=_optional(row.finished_at_ms),
        )

    def delete_job(self, job_id: str) -> None:
        with database("delete a replay"):
            ReplayJobRow(JOB, job_id).delete()

    def advance_job(self, job_id: str, *, retried: int, skipped: int, done_at_ms: int | None) -> None:
        actions: list[Action] = [ReplayJobRow.retried.add(retried), ReplayJobRow.skipped.add(skipped)]
        actions.append(ReplayJobRow.status.set("running" if done_at_ms is None else "done"))
        if done_at_ms is not None:
            actions.append(ReplayJobRow.finished_at_ms.set(done_at_ms))
        with database("note a replay"):
            ReplayJobRow(JOB, job_id).update(actions=actions)


_STATUSES: dict[str, ReplayStatus] = {"queued": "queued", "running": "running", "done": "done"}


def _optional(value: float | None) -> int | None:
    return None if value is None else int(value)
