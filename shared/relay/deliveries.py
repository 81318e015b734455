"""A delivery: one KOOK message on its way through one mapping to one destination. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from shared.platforms.base import Part, SentPart
from shared.relay.part_references import PartReference


class PartsTooLarge(ValueError):
    """The rendered parts do not fit one record even compressed."""


class ClaimLost(Exception):
    """Somebody else wrote the record since it was claimed: whatever happens next is theirs to say."""


# What a delivery does at its destination: show a message, or change or mark one that an earlier delivery has shown.
DeliveryAction: TypeAlias = Literal["send", "edit", "delete", "pin", "unpin", "react", "unreact"]
DELIVERY_ACTIONS: tuple[DeliveryAction, ...] = ("send", "edit", "delete", "pin", "unpin", "react", "unreact")

DeliveryStatus: TypeAlias = Literal["pending", "success", "failed"]
DELIVERY_STATUSES: tuple[DeliveryStatus, ...] = ("pending", "success", "failed")

LOG_CONTENT_CHARACTERS = 500

# Among the notes of a message that replies: it was begun with its quoted line, that is with its ``note_parts``.
QUOTED_NOTE = "reply as a quoted line"


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """What routing writes. ``parts`` is everything that will be sent, already rendered for the destination.

    A change names the KOOK message it is about (``subject_id``); its ``parts`` are what that is to become, and
    ``note_parts`` what is sent instead where it cannot be changed. A message that replies natively names the one it
    replies to; its ``note_parts`` are the same message with a quoted line, for when that one is not there.
    """

    message_id: str
    mapping_id: int
    platform: str
    bot_id: int
    destination_key: str
    target_channel_id: str
    parts: Sequence[Part]
    kook_channel_id: str
    kook_channel_name: str
    content: str
    message_kind: str
    sender_name: str
    account_id: int
    received_at_ms: int
    created_at_ms: int
    log_id: int
    notes: tuple[str, ...] = ()
    sender_id: str = ""
    action: DeliveryAction = "send"
    subject_id: str = ""
    note_parts: Sequence[Part] = ()


@dataclass(frozen=True, slots=True)
class KnownDelivery:
    """A delivery as a later change of its message needs to know it."""

    message_id: str
    mapping_id: int
    action: DeliveryAction
    platform: str
    bot_id: int
    destination_key: str
    target_channel_id: str
    kook_channel_name: str
    message_kind: str
    sender_id: str
    sender_name: str
    content: str
    is_reply: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """The delivery that a change is about, as it is now. ``parts`` are those that arrived, with the platform's ids;
    ``changed_by`` is the event of the last change carried out on it, ``changed_at_ms`` when that came in."""

    message_id: str
    mapping_id: int
    status: DeliveryStatus
    generation: int
    parts: Sequence[SentPart]
    changed_by: str
    changed_at_ms: int
    is_deleted: bool
    in_flight: bool = False


@dataclass(slots=True)
class Delivery:
    """A claimed record: what is left to send. Only the holder of ``claim_id`` may write it back."""

    message_id: str
    mapping_id: int
    generation: int
    platform: str
    bot_id: int
    target_channel_id: str
    parts: Sequence[Part]
    sent_parts: int
    platform_message_ids: list[list[str]]
    kook_channel_id: str
    received_at_ms: int
    created_at_ms: int
    first_attempt_ms: int
    attempts: int
    unknown_attempts: int
    possible_duplicate: bool
    claim_id: str
    notes: list[str] = field(default_factory=list)
    action: DeliveryAction = "send"
    subject_id: str = ""
    note_parts: Sequence[Part] = ()
    is_deleted: bool = False

    def idempotency_key(self, part_number: int) -> str:
        """The same for every attempt at the same part of the same round (at most 50 characters for Feishu)."""
        text = f"{self.message_id}\0{self.mapping_id}\0{self.generation}\0{part_number}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]

    def reference(self, part_number: int) -> str:
        """Names a part of this round to whoever learns later what became of it. "" for a change: nothing can be
        changed where that is not known at once."""
        if self.action != "send":
            return ""
        return PartReference(self.message_id, self.mapping_id, self.generation, part_number).to_text()


# --- what claiming a record can say ---


@dataclass(frozen=True, slots=True)
class Claimed:
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class AlreadyClosed:
    """Delivered or failed for good, or a newer round of it exists: nothing to do."""


@dataclass(frozen=True, slots=True)
class HeldElsewhere:
    """Another invocation holds it for at most ``seconds`` more."""

    seconds: float


@dataclass(frozen=True, slots=True)
class NoSuchDelivery:
    """The record is gone (its retention ended while the order waited)."""


ClaimResult: TypeAlias = Claimed | AlreadyClosed | HeldElsewhere | NoSuchDelivery


@dataclass(frozen=True, slots=True)
class Closing:
    """How a delivery ends. ``disabled`` tells the log apart from a failure of this message alone."""

    status: Literal["success", "failed"]
    error_code: str = ""
    error_message: str = ""
    latency_ms: int = 0


def new_log_id(now_ms: int, random_bits: int) -> int:
    """A time-ordered id under 2^53: milliseconds since the epoch in the high bits, 11 random bits below.

    JSON numbers stay exact until the year 2109.
    """
    return (now_ms << 11) | (random_bits & 0x7FF)


def excerpt_for_log(text: str) -> str:
    return text if len(text) <= LOG_CONTENT_CHARACTERS else text[: LOG_CONTENT_CHARACTERS - 1] + "…"
