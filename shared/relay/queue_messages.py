"""The bodies that travel through the queues, and their FIFO group and deduplication ids.

The queue is transport, DynamoDB is truth: a platform queue carries only the key of a delivery record.
Standard library only: the webhook function imports this.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

SQS_MAX_MESSAGE_BYTES = 1_048_576
# U+FFFE and U+FFFF are outside SQS's character set; characters above them (emoji) the embedded engine refuses.
_NOT_FOR_SQS = re.compile("[\ufffe\uffff\U00010000-\U0010ffff]")
_GROUP_ID = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}\Z")


def group_id(name: str) -> str:
    """A legal FIFO group id for any name: the name itself where SQS takes it, else its SHA-256."""
    return name if _GROUP_ID.match(name) else hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def deduplication_id(*parts: object) -> str:
    """SHA-256 over the parts, unambiguous whatever they contain."""
    return hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class IncomingEvent:
    """One verified KOOK event on events.fifo. ``event`` is the frame's ``d`` without its verify token.

    ``backfilled`` ones were read from KOOK's history; they never travel through the queue.
    """

    account_id: int
    event_id: str
    received_at_ms: int
    event: dict[str, Any]
    backfilled: bool = False

    def to_body(self) -> str:
        """JSON that every SQS takes: no lone surrogates, and escaped what is outside its character set."""
        body = json.dumps(
            {
                "v": 1,
                "account_id": self.account_id,
                "event_id": self.event_id,
                "received_at_ms": self.received_at_ms,
                "event": self.event,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        try:
            body.encode("utf-8")
        except UnicodeEncodeError:
            body = body.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return _NOT_FOR_SQS.sub(lambda found: json.dumps(found[0])[1:-1], body)

    @classmethod
    def from_body(cls, body: str) -> IncomingEvent:
        """Raises ValueError, KeyError or TypeError for a body this version did not write."""
        stored = json.loads(body)
        if not isinstance(stored["event"], dict):
            raise TypeError("the event is no object")
        return cls(int(stored["account_id"]), str(stored["event_id"]), int(stored["received_at_ms"]), stored["event"])


@dataclass(frozen=True, slots=True)
class DeliveryOrder:
    """One delivery to make, on a platform's queue: the key of its record and which round of it this is."""

    message_id: str
    mapping_id: int
    generation: int

    def to_body(self) -> str:
        return json.dumps(
            {"v": 1, "message_id": self.message_id, "mapping_id": self.mapping_id, "generation": self.generation},
            separators=(",", ":"),
        )

    @classmethod
    def from_body(cls, body: str) -> DeliveryOrder:
        """Raises ValueError, KeyError or TypeError for a body this version did not write."""
        stored = json.loads(body)
        return cls(str(stored["message_id"]), int(stored["mapping_id"]), int(stored["generation"]))

    @property
    def deduplication_id(self) -> str:
        return deduplication_id(self.message_id, self.mapping_id, self.generation)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message for a FIFO queue."""

    body: str
    group: str
    deduplication_id: str
