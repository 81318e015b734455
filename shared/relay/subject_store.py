"""Messages that were delivered, as their edits and deletions find them: the id map, in the deliveries' own records."""

from __future__ import annotations

from collections.abc import Sequence

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from shared.aws.tables import is_conditional_failure
from shared.platforms.base import Part, SentPart
from shared.relay.deliveries import DELIVERY_STATUSES, Delivery, DeliveryStatus, KnownDelivery, Subject
from shared.relay.delivery_rows import DeliveryRow, action_of, begun_parts, pack_parts

_STATUSES: dict[str, DeliveryStatus] = {status: status for status in DELIVERY_STATUSES}


class SubjectChanged(Exception):
    """The record is not as it was read: read it again."""


class SubjectStore:
    """The rows' model is bound already."""

    def deliveries_of(self, message_id: str) -> list[KnownDelivery]:
        """Every delivery of a KOOK message, one for each mapping it went through (a strongly consistent query)."""
        return [_known(row) for row in DeliveryRow.query(message_id, consistent_read=True)]

    def subject(self, message_id: str, mapping_id: int) -> Subject | None:
        """A strongly consistent read."""
        try:
            row = DeliveryRow.get(message_id, mapping_id, consistent_read=True)
        except DeliveryRow.DoesNotExist:
            return None
        has_links = any("_as_link" in str(note) for note in row.notes)
        arrived = zip(begun_parts(row), row.platform_message_ids, strict=False)
        return Subject(
            message_id=message_id,
            mapping_id=mapping_id,
            status=_STATUSES[row.status],
            generation=int(row.generation),
            parts=[SentPart(part, tuple(str(one) for one in ids), has_links) for part, ids in arrived],
            changed_by=row.changed_by or "",
            changed_at_ms=int(row.changed_at_ms or 0),
            is_deleted=bool(row.is_deleted),
            in_flight=bool(row.in_flight),
        )

    def write_edit(self, subject: Subject, parts: Sequence[SentPart], change: Delivery) -> None:
        """The message as it is shown from now on. Raises SubjectChanged."""
        ids = [list(one.message_ids) for one in parts]
        self._write_parts(subject, [one.part for one in parts], ids, change)

    def write_unsent_edit(self, subject: Subject, parts: Sequence[Part], change: Delivery) -> None:
        """What a retry of a message that never arrived is to send. Raises SubjectChanged."""
        self._write_parts(subject, parts, [], change)

    def write_deletion(self, subject: Subject, change: Delivery) -> None:
        """The message is gone, and is not to come back by a retry. Raises SubjectChanged."""
        self._write(subject, [DeliveryRow.is_deleted.set(True)], change)

    def _write_parts(self, subject: Subject, parts: Sequence[Part], ids: list[list[str]], change: Delivery) -> None:
        # These parts fitted into the record of the change, where they came from.
        actions: list[Action] = [
            DeliveryRow.parts.set(pack_parts(parts)),
            # Of a reply these are the message with its quoted line, as it read before.
            DeliveryRow.note_parts.remove(),
            DeliveryRow.platform_message_ids.set(ids),
            DeliveryRow.sent_parts.set(len(ids)),
        ]
        self._write(subject, actions, change)

    def _write(self, subject: Subject, actions: Sequence[Action], change: Delivery) -> None:
        row = DeliveryRow(subject.message_id, subject.mapping_id)
        by = [DeliveryRow.changed_by.set(change.message_id), DeliveryRow.changed_at_ms.set(change.created_at_ms)]
        unchanged = (DeliveryRow.generation == subject.generation) & (DeliveryRow.status == subject.status)
        if subject.status == "pending":
            # Whoever claims it reads what it is to send; from then on that stays as it is.
            unchanged &= DeliveryRow.in_flight == False  # noqa: E712
        if subject.changed_by:
            unchanged &= DeliveryRow.changed_by == subject.changed_by
        else:
            unchanged &= DeliveryRow.changed_by.does_not_exist()
        try:
            row.update(actions=[*actions, *by], condition=unchanged)
        except UpdateError as error:
            if is_conditional_failure(error):
                raise SubjectChanged from error
            raise


def _known(row: DeliveryRow) -> KnownDelivery:
    return KnownDelivery(
        message_id=row.message_id,
        mapping_id=int(row.mapping_id),
        action=action_of(row),
        platform=row.platform,
        bot_id=int(row.bot_id),
        destination_key=row.destination_key,
        target_channel_id=row.target_channel,
        kook_channel_name=row.kook_channel_name,
        message_kind=row.message_type,
        sender_id=row.sender_id or "",
        sender_name=row.sender_name,
        content=row.content,
        is_reply=bool(row.subject_id) and action_of(row) == "send",
    )
