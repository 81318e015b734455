"""The DynamoDB rows of deliveries, and of the counters that are moved when one is closed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection
from pynamodb.models import Model

from shared.platforms.base import Part
from shared.relay.deliveries import DELIVERY_ACTIONS, QUOTED_NOTE, DeliveryAction, PartsTooLarge

# DynamoDB refuses items over 400 KB; what is left is for the other attributes and the index keys.
MAX_PARTS_BYTES = 350_000

LOG_ATTRIBUTES = [
    "kook_channel_id",
    "kook_channel_name",
    "content",
    "message_type",
    "sender_name",
    "platform",
    "target_channel",
    "status",
    "error_code",
    "error_message",
    "latency_ms",
    "created_at",
    "bot_id",
    "notes",
]


# What most parts have in common, the most common last, so that the parts of an ordinary message take half the room.
# Never to be changed: what was written with it cannot be read without it.
_COMMON_TEXT = (
    b'[[{"tag":"text","text":"{"tag":"a","text":"","href":"https://"plain_text":"","media":[{"kind":"file","url":"'
    b'{"kind":"image","url":"https://img.kookapp.cn/attachments/202","name":"image.png"","options":{"shapes":["text"]}'
    b'https://img.kookapp.cn/avatars/202.jpg?x-oss-process=style/icon","author":"[{"kind":"post","text":"'
    b'[{"kind":"message","text":"","options":{"username":"","avatar_url":"https://cdn.discordapp.com/embed/avatars/0.png"'
    b',"author":""}}]'
)


def pack_parts(parts: Sequence[Part]) -> bytes:
    """Compressed JSON: a write costs by the kilobyte. Raises PartsTooLarge."""
    stored = json.dumps([part.to_dict() for part in parts], ensure_ascii=False, separators=(",", ":"))
    compressor = zlib.compressobj(6, zdict=_COMMON_TEXT)
    packed = compressor.compress(stored.encode()) + compressor.flush()
    if len(packed) > MAX_PARTS_BYTES:
        raise PartsTooLarge(f"{len(packed)} bytes of rendered parts")
    return packed


def unpack_parts(packed: bytes) -> list[Part]:
    """Also of records from before there was a common text."""
    return [Part.from_dict(stored) for stored in json.loads(zlib.decompressobj(zdict=_COMMON_TEXT).decompress(packed))]


def begun_parts(row: DeliveryRow) -> list[Part]:
    """The parts that ``platform_message_ids`` and ``sent_parts`` speak of: those of the form it was begun with."""
    if row.note_parts and action_of(row) == "send" and QUOTED_NOTE in row.notes:
        return unpack_parts(row.note_parts)
    return unpack_parts(row.parts)


class LogByStatus(GlobalSecondaryIndex["DeliveryRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "log_by_status"
        projection = IncludeProjection(LOG_ATTRIBUTES)

    log_scope = UnicodeAttribute(hash_key=True)
    log_id = NumberAttribute(range_key=True)


class LogByChannel(GlobalSecondaryIndex["DeliveryRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "log_by_channel"
        projection = IncludeProjection(LOG_ATTRIBUTES)

    log_channel_scope = UnicodeAttribute(hash_key=True)
    log_id = NumberAttribute(range_key=True)


class DeliveryRow(Model):
    """One delivery. ``in_flight`` is true from a claim until its outcome is written: found true after the lease has
    run out, the claim's holder died while it may have been sending. ``action`` is absent for a message; of a change,
    ``subject_id`` names the message it is about. ``changed_by`` and ``is_deleted`` say on a message what changed it."""

    class Meta:
        table_name = "unbound"

    message_id = UnicodeAttribute(hash_key=True)
    mapping_id = NumberAttribute(range_key=True)
    generation = NumberAttribute()
    status = UnicodeAttribute()
    platform = UnicodeAttribute()
    bot_id = NumberAttribute()
    account_id = NumberAttribute()
    destination_key = UnicodeAttribute()
    target_channel = UnicodeAttribute()
    parts = BinaryAttribute(legacy_encoding=False)
    sent_parts = NumberAttribute()
    platform_message_ids: ListAttribute[Any] = ListAttribute()
    kook_channel_id = UnicodeAttribute()
    kook_channel_name = UnicodeAttribute()
    content = UnicodeAttribute()
    message_type = UnicodeAttribute()
    sender_name = UnicodeAttribute()
    sender_id = UnicodeAttribute(null=True)
    action = UnicodeAttribute(null=True)
    subject_id = UnicodeAttribute(null=True)
    note_parts = BinaryAttribute(legacy_encoding=False, null=True)
    changed_by = UnicodeAttribute(null=True)
    changed_at_ms = NumberAttribute(null=True)
    is_deleted = BooleanAttribute(null=True)
    received_at_ms = NumberAttribute()
    created_at_ms = NumberAttribute()
    created_at = UnicodeAttribute()
    first_attempt_ms = NumberAttribute(null=True)
    next_attempt_ms = NumberAttribute(null=True)
    ordered_again_ms = NumberAttribute(null=True)
    closed_at_ms = NumberAttribute(null=True)
    # Absent until there is something to say: an ordinary delivery fits into the kilobyte that a write is priced by.
    attempts = NumberAttribute(null=True)
    unknown_attempts = NumberAttribute(null=True)
    possible_duplicate = BooleanAttribute(null=True)
    in_flight = BooleanAttribute()
    claim_id = UnicodeAttribute(null=True)
    lease_until_ms = NumberAttribute(null=True)
    error_code = UnicodeAttribute(null=True)
    error_message = UnicodeAttribute(null=True)
    latency_ms = NumberAttribute(null=True)
    notes: ListAttribute[Any] = ListAttribute()
    log_id = NumberAttribute()
    log_scope = UnicodeAttribute()
    # Of what is closed; a record that was open under an earlier version has one all the same.
    log_channel_scope = UnicodeAttribute(null=True)
    expires_at = NumberAttribute()

    log_by_status = LogByStatus()
    log_by_channel = LogByChannel()


def log_scope(status: str, platform: str) -> str:
    return f"{status}|{platform}"


def log_channel_scope(channel_id: str, status: str, platform: str) -> str:
    return f"{channel_id}|{status}|{platform}"


def action_of(row: DeliveryRow) -> DeliveryAction:
    """What the delivery does; a message's record does not name it."""
    return _ACTIONS[row.action or "send"]


_ACTIONS: dict[str, DeliveryAction] = {action: action for action in DELIVERY_ACTIONS}
