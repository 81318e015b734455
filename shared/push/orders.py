"""Push orders: messages on their way through push.fifo to the listeners of a topic.

The queue's FIFO group is the topic, so listeners see a topic's messages in the order in which they were ordered.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.aws.batches import Quarantine, Queue, process_fifo_batch
from shared.push.broadcast import Publication

logger = logging.getLogger("kook_relay.push")

# Far under what SQS takes (1 MiB), so that one order is handled well within the push function's time.
MAX_ORDER_CHARACTERS = 200_000
# After a standstill nobody wants a flood of what was live an hour ago: that is history, and in the log.
STALE_AFTER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class PushOrder:
    """Messages for one topic. ``ordered_at_ms`` is milliseconds since the epoch."""

    topic: str
    messages: tuple[Mapping[str, Any], ...]
    ordered_at_ms: int

    def to_body(self) -> str:
        """JSON in ASCII, which SQS takes whatever the messages hold. Raises ValueError for NaN and Infinity."""
        return json.dumps(
            {"v": 1, "topic": self.topic, "ordered_at_ms": self.ordered_at_ms, "messages": list(self.messages)},
            separators=(",", ":"),
            allow_nan=False,
        )

    @classmethod
    def from_body(cls, body: str) -> PushOrder:
        """Raises ValueError, KeyError or TypeError for a body this version did not write."""
        stored = json.loads(body)
        messages = tuple(stored["messages"])
        if not all(isinstance(message, dict) for message in messages):
            raise TypeError("a message is no object")
        return cls(str(stored["topic"]), messages, int(stored["ordered_at_ms"]))


class PushQueue:
    """Where orders are sent to. ``sqs`` gives the low-level client: making one takes long, and most processes never
    have anybody to push to."""

    def __init__(self, sqs: Callable[[], Any], url: str, clock_ms: Callable[[], int]) -> None:
        self._sqs = sqs
        self._url = url
        self._clock_ms = clock_ms

    def publish(self, topic: str, messages: Sequence[Mapping[str, Any]]) -> None:
        """Order the messages to be sent, in one order where they fit. Raises what the client raises."""
        for some in _split(messages):
            self._sqs().send_message(
                QueueUrl=self._url,
                MessageBody=PushOrder(topic, some, self._clock_ms()).to_body(),
                MessageGroupId=topic,
                MessageDeduplicationId=uuid.uuid4().hex,
            )


def _split(messages: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], ...]]:
    some: list[Mapping[str, Any]] = []
    characters = 0
    for message in messages:
        length = len(json.dumps(message))
        if some and characters + length > MAX_ORDER_CHARACTERS:
            yield tuple(some)
            some, characters = [], 0
        some.append(message)
        characters += length
    if some:
        yield tuple(some)


class Publisher(Protocol):
    """The part of shared.push.broadcast.Broadcaster that orders need."""

    def publish_all(self, topic: str, messages: Sequence[Mapping[str, Any]]) -> Publication: ...


class PushOrders:
    """Carries out a batch of orders from push.fifo."""

    def __init__(self, broadcaster: Publisher, queue: Queue, clock_ms: Callable[[], int]) -> None:
        self._broadcaster = broadcaster
        self._queue = queue
        self._clock_ms = clock_ms

    def process(self, event: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
        """Carry out an SQS event's orders; SQS's partial batch response."""
        return process_fifo_batch(event, self._carry_out, self._queue)

    def _carry_out(self, body: str) -> None:
        try:
            order = PushOrder.from_body(body)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Quarantine("not a push order") from error
        age_seconds = (self._clock_ms() - order.ordered_at_ms) / 1000
        if age_seconds > STALE_AFTER_SECONDS:
            extra = {"topic": order.topic, "messages": len(order.messages), "age_seconds": round(age_seconds)}
            logger.warning("a push order came too late", extra=extra)
            return
        try:
            self._broadcaster.publish_all(order.topic, order.messages)
        except (ValueError, TypeError) as error:
            raise Quarantine("a message of the order is no JSON") from error
