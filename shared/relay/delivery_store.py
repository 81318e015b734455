"""Deliveries in DynamoDB: written once, claimed before sending, closed once.

Every change of a record is one conditional write, so whichever process dies at whatever moment, the record says what
was certainly sent, what certainly was not, and what nobody can know.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence

from pynamodb.exceptions import PutError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shared.aws.tables import is_conditional_failure
from shared.relay.counted_writes import CountedWrites, RecordWrite
from shared.relay.counters import CountedDelivery, DeliveryCounters
from shared.relay.deliveries import (
    AlreadyClosed,
    Claimed,
    ClaimLost,
    ClaimResult,
    Closing,
    Delivery,
    HeldElsewhere,
    NewDelivery,
    NoSuchDelivery,
    PartsTooLarge,
)
from shared.relay.delivery_rows import (
    MAX_PARTS_BYTES,
    DeliveryRow,
    action_of,
    log_channel_scope,
    log_scope,
    pack_parts,
    unpack_parts,
)
from shared.relay.overdue import OpenDelivery, OpenPage
from shared.relay.queue_messages import DeliveryOrder
from shared.relay.times import iso_utc

# How long a claim whose holder went silent is left alone. What keeps others away from a living invocation is the
# queue's visibility, not this: it only spaces the first look after a crash.
LEASE_SECONDS = 30
_OVERDUE_ATTRIBUTES = [
    "message_id",
    "mapping_id",
    "generation",
    "destination_key",
    "created_at_ms",
    "next_attempt_ms",
    "ordered_again_ms",
    "log_id",
    "status",
    "lease_until_ms",
]
# Longer than a queue keeps an order (14 days): an order without its record would be dropped undelivered.
_OPEN_KEPT_DAYS = 16
# It only has to differ from the other claims of its record.
_CLAIM_ID_BYTES = 8


class DeliveryStore:
    def __init__(
        self,
        *,
        counters: DeliveryCounters,
        clock_ms: Callable[[], int],
        retention_days: int,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """``pause`` waits, in seconds, between two tries of a transaction that met another writer."""
        self._clock_ms = clock_ms
        self._retention_days = retention_days
        # The model's own connection: one of its own would make a botocore client, at some 200 ms, for each transaction.
        connection = DeliveryRow._get_connection().connection
        self._closings = CountedWrites(connection, counters, pause)
        # Apart: on one machine functions share a process, and each transaction is to need one function's role alone.
        self._new_failures = CountedWrites(connection, counters, pause)

    @property
    def closings_waiting(self) -> int:
        """How many of this process wait for those before them to be written."""
        return self._closings.waiting

    def create(self, new: NewDelivery) -> bool:
        """Write a new pending record. False when the delivery exists already. Raises PartsTooLarge."""
        row = self._row(new, "pending")
        try:
            row.save(condition=DeliveryRow.message_id.does_not_exist())
        except PutError as error:
            if is_conditional_failure(error):
                return False
            raise
        return True

    def create_failed(self, new: NewDelivery, closing: Closing) -> bool:
        """Write a delivery that cannot even be tried, closed and counted. False when it exists already."""
        row = self._row(new, "failed")
        row.error_code, row.error_message, row.closed_at_ms = (
            closing.error_code,
            closing.error_message,
            self._clock_ms(),
        )
        counted = CountedDelivery(
            new.kook_channel_id, new.platform, closing.status, new.created_at_ms, closing.latency_ms
        )
        try:
            self._new_failures.commit(RecordWrite(row, DeliveryRow.message_id.does_not_exist(), counted))
        except ClaimLost:
            return False
        return True

    def is_pending(self, message_id: str, mapping_id: int) -> bool:
        """Whether the record exists and is still to be delivered (a strongly consistent read)."""
        row = self._get(message_id, mapping_id)
        return row is not None and row.status == "pending"

    def claim(self, order: DeliveryOrder) -> ClaimResult:
        """Take the record for sending."""
        claim_id = secrets.token_hex(_CLAIM_ID_BYTES)
        free = (
            (DeliveryRow.status == "pending")
            & (DeliveryRow.generation == order.generation)
            & (DeliveryRow.in_flight == False)  # noqa: E712
        )
        row = self._try_claim(order, claim_id, free, after_crash=False)
        if row is not None:
            return Claimed(_delivery(row))
        return self._claim_held(order, claim_id)

    def part_sent(self, delivery: Delivery, part_ids: Sequence[str]) -> None:
        """One more part is certainly there. Raises ClaimLost."""
        self._update(
            delivery,
            [
                DeliveryRow.sent_parts.set(delivery.sent_parts + 1),
                DeliveryRow.target_channel.set(delivery.target_channel_id),
                # Not appended: a write whose answer was lost is sent again, and must then change nothing.
                DeliveryRow.platform_message_ids.set([*delivery.platform_message_ids, list(part_ids)]),
                DeliveryRow.notes.set(list(delivery.notes)),
                DeliveryRow.lease_until_ms.set(self._lease_end()),
            ],
        )
        delivery.sent_parts += 1
        delivery.platform_message_ids.append(list(part_ids))

    def release(self, delivery: Delivery, *, next_attempt_ms: int, error_code: str, error_message: str) -> None:
        """Give the record back for a later attempt, with the reason for the log. Raises ClaimLost."""
        actions: list[Action] = [
            DeliveryRow.in_flight.set(False),
            *_trials(delivery),
            DeliveryRow.notes.set(list(delivery.notes)),
            DeliveryRow.next_attempt_ms.set(next_attempt_ms),
        ]
        if error_code:
            actions += [DeliveryRow.error_code.set(error_code), DeliveryRow.error_message.set(error_message)]
        try:
            self._update(delivery, actions)
        except ClaimLost:
            if not self._was_released(delivery):
                raise

    def close(self, delivery: Delivery, closing: Closing) -> None:
        """End the delivery and count it, both or neither. Raises ClaimLost."""
        actions: list[Action] = [
            DeliveryRow.status.set(closing.status),
            DeliveryRow.in_flight.set(False),
            *_trials(delivery),
            DeliveryRow.sent_parts.set(delivery.sent_parts),
            DeliveryRow.platform_message_ids.set(delivery.platform_message_ids),
            DeliveryRow.notes.set(list(delivery.notes)),
            DeliveryRow.closed_at_ms.set(self._clock_ms()),
            DeliveryRow.expires_at.set(self._expires_at(delivery.created_at_ms, is_open=False)),
            DeliveryRow.latency_ms.set(closing.latency_ms),
            DeliveryRow.log_scope.set(log_scope(closing.status, delivery.platform)),
            DeliveryRow.log_channel_scope.set(
                log_channel_scope(delivery.kook_channel_id, closing.status, delivery.platform)
            ),
        ]
        if closing.error_code:
            actions += [
                DeliveryRow.error_code.set(closing.error_code),
                DeliveryRow.error_message.set(closing.error_message),
            ]
        else:
            actions += [DeliveryRow.error_code.remove(), DeliveryRow.error_message.remove()]
        counted = CountedDelivery(
            delivery.kook_channel_id, delivery.platform, closing.status, delivery.created_at_ms, closing.latency_ms
        )
        key = DeliveryRow(delivery.message_id, delivery.mapping_id)
        self._closings.commit(RecordWrite(key, _held_under(delivery.claim_id), counted, actions))

    def oldest_open(self, platform: str, limit: int, *, after_log_id: int) -> OpenPage:
        """Open deliveries of a platform that nobody holds, oldest first, by a bounded look into its log partition."""
        found = list(
            DeliveryRow.log_by_status.query(
                log_scope("pending", platform),
                DeliveryRow.log_id > after_log_id,
                scan_index_forward=True,
                limit=limit,
                page_size=limit,
            )
        )
        keys = [(row.message_id, int(row.mapping_id)) for row in found]
        # A batch comes back in any order, and without the parts, which are all but a little of a record.
        rows = DeliveryRow.batch_get(keys, consistent_read=True, attributes_to_get=_OVERDUE_ATTRIBUTES)
        open_ones = [
            OpenDelivery(
                DeliveryOrder(row.message_id, int(row.mapping_id), int(row.generation)),
                row.destination_key,
                int(max(row.created_at_ms, row.next_attempt_ms or 0, row.ordered_again_ms or 0)),
            )
            for row in sorted(rows, key=lambda row: int(row.log_id))
            if row.status == "pending" and int(row.lease_until_ms or 0) < self._clock_ms()
        ]
        return OpenPage(open_ones, int(found[-1].log_id) if len(found) == limit else None)

    def mark_ordered_again(self, order: DeliveryOrder, now_ms: int) -> bool:
        row = DeliveryRow(order.message_id, order.mapping_id)
        still_open = (DeliveryRow.status == "pending") & (DeliveryRow.generation == order.generation)
        try:
            row.update(actions=[DeliveryRow.ordered_again_ms.set(now_ms)], condition=still_open)
        except UpdateError as error:
            if is_conditional_failure(error):
                return False
            raise
        return True

    # --- inside ---

    def _lease_end(self) -> int:
        return self._clock_ms() + LEASE_SECONDS * 1000

    def _expires_at(self, created_at_ms: int, *, is_open: bool) -> int:
        # The log shows whole days, so the oldest one lives up to a day longer than the retention.
        days = self._retention_days + 2
        return created_at_ms // 1000 + (max(days, _OPEN_KEPT_DAYS) if is_open else days) * 86_400

    def _get(self, message_id: str, mapping_id: int) -> DeliveryRow | None:
        try:
            return DeliveryRow.get(message_id, mapping_id, consistent_read=True)
        except DeliveryRow.DoesNotExist:
            return None

    def _was_released(self, delivery: Delivery) -> bool:
        """Whether the release that was just refused is there already: its first answer was lost and botocore tried
        again. Taken for a lost claim, it would end the order of a delivery that is still open."""
        row = self._get(delivery.message_id, delivery.mapping_id)
        return row is not None and row.claim_id == delivery.claim_id and not row.in_flight and row.status == "pending"

    def _try_claim(
        self, order: DeliveryOrder, claim_id: str, condition: Condition, *, after_crash: bool
    ) -> DeliveryRow | None:
        row = DeliveryRow(order.message_id, order.mapping_id)
        actions: list[Action] = [
            DeliveryRow.claim_id.set(claim_id),
            DeliveryRow.in_flight.set(True),
            DeliveryRow.lease_until_ms.set(self._lease_end()),
            DeliveryRow.first_attempt_ms.set(DeliveryRow.first_attempt_ms | self._clock_ms()),
        ]
        if after_crash:
            # It counts as an attempt: a message that kills its function each time must not hold up its group for ever.
            actions += [DeliveryRow.possible_duplicate.set(True), DeliveryRow.unknown_attempts.add(1)]
        try:
            row.update(actions=actions, condition=condition)
        except UpdateError as error:
            if is_conditional_failure(error):
                return None
            raise
        return row

    def _claim_held(self, order: DeliveryOrder, claim_id: str) -> ClaimResult:
        row = self._get(order.message_id, order.mapping_id)
        if row is None:
            return NoSuchDelivery()
        if row.status != "pending" or row.generation != order.generation:
            return AlreadyClosed()
        if row.claim_id == claim_id and row.in_flight:
            return Claimed(_delivery(row))  # this very claim: its answer was lost and botocore tried again
        if not row.in_flight:
            return HeldElsewhere(1.0)  # released a moment ago: free for the next try
        left_ms = int(row.lease_until_ms or 0) - self._clock_ms()
        if left_ms > 0:
            return HeldElsewhere(left_ms / 1000)
        # The holder died between its claim and its outcome: the part it was at may or may not have arrived.
        still_held = (DeliveryRow.status == "pending") & _held_under(row.claim_id)
        taken = self._try_claim(order, claim_id, still_held, after_crash=True)
        return Claimed(_delivery(taken)) if taken is not None else HeldElsewhere(1.0)

    def _update(self, delivery: Delivery, actions: list[Action]) -> None:
        row = DeliveryRow(delivery.message_id, delivery.mapping_id)
        try:
            row.update(actions=actions, condition=_held_under(delivery.claim_id))
        except UpdateError as error:
            if is_conditional_failure(error):
                raise ClaimLost from error
            raise

    def _row(self, new: NewDelivery, status: str) -> DeliveryRow:
        parts, note_parts = pack_parts(new.parts), pack_parts(new.note_parts) if new.note_parts else None
        if len(parts) + len(note_parts or b"") > MAX_PARTS_BYTES:
            raise PartsTooLarge("the parts and what is sent instead of them")
        return DeliveryRow(
            new.message_id,
            new.mapping_id,
            generation=1,
            status=status,
            platform=new.platform,
            bot_id=new.bot_id,
            account_id=new.account_id,
            destination_key=new.destination_key,
            target_channel=new.target_channel_id,
            parts=parts,
            sent_parts=0,
            platform_message_ids=[],
            kook_channel_id=new.kook_channel_id,
            kook_channel_name=new.kook_channel_name,
            content=new.content,
            message_type=new.message_kind,
            sender_name=new.sender_name,
            sender_id=new.sender_id or None,
            action=None if new.action == "send" else new.action,
            subject_id=new.subject_id or None,
            note_parts=note_parts,
            received_at_ms=new.received_at_ms,
            created_at_ms=new.created_at_ms,
            created_at=iso_utc(new.created_at_ms),
            in_flight=False,
            notes=list(new.notes),
            log_id=new.log_id,
            log_scope=log_scope(status, new.platform),
            log_channel_scope=(
                None if status == "pending" else log_channel_scope(new.kook_channel_id, status, new.platform)
            ),
            expires_at=self._expires_at(new.created_at_ms, is_open=status == "pending"),
        )


def _trials(delivery: Delivery) -> list[Action]:
    """What was tried so far, as far as there is anything: none of the three ever goes back."""
    actions: list[Action] = []
    if delivery.attempts:
        actions.append(DeliveryRow.attempts.set(delivery.attempts))
    if delivery.unknown_attempts:
        actions.append(DeliveryRow.unknown_attempts.set(delivery.unknown_attempts))
    if delivery.possible_duplicate:
        actions.append(DeliveryRow.possible_duplicate.set(True))
    return actions


def _held_under(claim_id: str | None) -> Condition:
    # in_flight as well: a claim ends with its release or closing, so that neither can be written twice.
    held: Condition = (DeliveryRow.claim_id == claim_id) & (DeliveryRow.in_flight == True)  # noqa: E712
    return held


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        message_id=row.message_id,
        mapping_id=int(row.mapping_id),
        generation=int(row.generation),
        platform=row.platform,
        bot_id=int(row.bot_id),
        target_channel_id=row.target_channel,
        parts=unpack_parts(row.parts),
        sent_parts=int(row.sent_parts),
        platform_message_ids=[list(ids) for ids in row.platform_message_ids],
        kook_channel_id=row.kook_channel_id,
        received_at_ms=int(row.received_at_ms),
        created_at_ms=int(row.created_at_ms),
        first_attempt_ms=int(row.first_attempt_ms or 0),
        attempts=int(row.attempts or 0),
        unknown_attempts=int(row.unknown_attempts or 0),
        possible_duplicate=bool(row.possible_duplicate),
        claim_id=row.claim_id or "",
        notes=[str(note) for note in row.notes],
        action=action_of(row),
        subject_id=row.subject_id or "",
        note_parts=unpack_parts(row.note_parts) if row.note_parts else (),
        is_deleted=bool(row.is_deleted),
    )
