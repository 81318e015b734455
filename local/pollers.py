"""SQS event sources: receive, invoke, delete what succeeded.

What did not succeed is left alone and reappears when its visibility timeout ends, as with Lambda. On a FIFO queue the
queue itself keeps a group back while one of its messages is in flight, so groups run side by side and each in order.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from local.invoke import DEFAULT_CONCURRENCY, InvocationFailed
from local.queue_client import LONG_POLL_SECONDS, QueueClient, QueueUnavailable, ReceivedMessage
from local.template import REGION, Queue, QueueSource

_SHORTEST_PAUSE_SECONDS: Final = 0.05
_LONGEST_PAUSE_SECONDS: Final = 2.0
_DELETE_ATTEMPTS: Final = 8

logger = logging.getLogger(__name__)


class Invoke(Protocol):
    def __call__(self, event: Any) -> Awaitable[Any]: ...


@dataclass
class PollerCounters:
    """What a poller has done so far; for tests and the log."""

    batches: int = 0
    succeeded: int = 0
    failed: int = 0


class QueuePoller:
    """One event source mapping.

    A single receive is outstanding at a time; each batch it brings runs as a task of its own, up to the mapping's
    concurrency, so that a slow batch does not hold up the next receive.
    """

    def __init__(
        self,
        source: QueueSource,
        queue: Queue,
        queue_url: str,
        client: QueueClient,
        invoke: Invoke,
        long_poll_seconds: int = LONG_POLL_SECONDS,
    ) -> None:
        self.counters = PollerCounters()
        self._source = source
        self._queue = queue
        self._queue_url = queue_url
        self._client = client
        self._invoke = invoke
        self._long_poll_seconds = long_poll_seconds
        self._concurrency = source.maximum_concurrency or DEFAULT_CONCURRENCY
        self._running: set[asyncio.Task[None]] = set()
        self._in_hand: set[str] = set()
        self._stopping = False
        self._reading = asyncio.Event()
        self._reading.set()
        self._receiving: asyncio.Task[list[ReceivedMessage]] | None = None
        self._deletions = Deletions(queue.name, queue_url, client)

    @property
    def at_rest(self) -> bool:
        """Paused, and nothing of before is still under way."""
        return not self._reading.is_set() and self._receiving is None and not self._running

    @property
    def receipt_handles_in_hand(self) -> frozenset[str]:
        """Of the messages that were received and whose end has not been told to the queue yet."""
        return frozenset(self._in_hand)

    def pause(self) -> None:
        """Receive no more from now on. A poll under way is not hung up on: what it brings while nobody listens any
        more would be in flight for nobody, and come back only after its visibility timeout."""
        self._reading.clear()

    def resume(self) -> None:
        self._reading.set()

    async def run(self) -> None:
        """Poll until ``drain`` is called."""
        pause_seconds = _SHORTEST_PAUSE_SECONDS
        while not self._stopping:
            await self._wait_for_a_slot()
            await self._reading.wait()
            if self._stopping:
                return
            try:
                messages = await self._receive()
            except QueueUnavailable as error:
                logger.warning("%s: %s", self._queue.name, error)
                await asyncio.sleep(pause_seconds)
                pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
                continue
            pause_seconds = _SHORTEST_PAUSE_SECONDS
            self._in_hand.update(message.receipt_handle for message in messages)
            free = self._concurrency - len(self._running)
            for batch in split_batch(messages, free, fifo=self._queue.fifo):
                task = asyncio.create_task(self._process(batch))
                self._running.add(task)
                task.add_done_callback(self._running.discard)

    async def drain(self, deadline_seconds: float) -> None:
        """Receive no more and wait for what is running; what does not end in time reappears after a restart."""
        self._stopping = True
        self._reading.set()
        if self._receiving is not None:
            # Nothing is lost by hanging up on a long poll: what it would have brought stays on the queue, or
            # reappears when its visibility timeout ends.
            self._receiving.cancel()
        if self._running:
            _, unfinished = await asyncio.wait(self._running, timeout=deadline_seconds)
            for task in unfinished:
                logger.warning("%s: a batch did not end within %.0f s", self._queue.name, deadline_seconds)
                task.cancel()

    async def _wait_for_a_slot(self) -> None:
        while len(self._running) >= self._concurrency:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def _receive(self) -> list[ReceivedMessage]:
        limit = self._source.batch_size
        self._receiving = asyncio.create_task(self._client.receive(self._queue_url, limit, self._long_poll_seconds))
        try:
            return await self._receiving
        except asyncio.CancelledError:
            if self._stopping:
                return []
            raise
        finally:
            self._receiving = None

    async def _process(self, batch: Sequence[ReceivedMessage]) -> None:
        try:
            await self._handle(batch)
        finally:
            self._in_hand.difference_update(message.receipt_handle for message in batch)

    async def _handle(self, batch: Sequence[ReceivedMessage]) -> None:
        self.counters.batches += 1
        try:
            result = await self._invoke(sqs_event(batch, self._queue))
        except InvocationFailed as error:
            self.counters.failed += len(batch)
            logger.warning("%s: a batch of %d failed and reappears: %s", self._queue.name, len(batch), error)
            return
        done = successful(batch, result, reports_item_failures=self._source.reports_item_failures)
        self.counters.succeeded += len(done)
        self.counters.failed += len(batch) - len(done)
        if done:
            await self._deletions.delete([message.receipt_handle for message in done])


class Deletions:
    """Deletes what was handled. What ends while a request is under way goes out together with the next one: a busy
    queue is told of ten messages at once, a quiet one of each without delay."""

    def __init__(self, queue_name: str, queue_url: str, client: QueueClient) -> None:
        self._queue_name = queue_name
        self._queue_url = queue_url
        self._client = client
        self._waiting: list[str] = []
        self._turn = asyncio.Lock()

    async def delete(self, receipt_handles: Sequence[str]) -> None:
        """Returns when they are deleted, or when that was given up and logged: they are then handled again."""
        self._waiting.extend(receipt_handles)
        async with self._turn:
            # Whoever had the turn before may have taken these along.
            taken, self._waiting = self._waiting, []
            if taken:
                await self._delete(taken)

    async def _delete(self, receipt_handles: Sequence[str]) -> None:
        pause_seconds = _SHORTEST_PAUSE_SECONDS
        for attempt in range(1, _DELETE_ATTEMPTS + 1):
            try:
                await self._client.delete(self._queue_url, receipt_handles)
            except QueueUnavailable as error:
                if attempt == _DELETE_ATTEMPTS:
                    logger.error("%s: not deleted, they will be handled again: %s", self._queue_name, error)
                    return
                await asyncio.sleep(pause_seconds)
                pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
            else:
                return


def split_batch(messages: Sequence[ReceivedMessage], free: int, *, fifo: bool) -> list[list[ReceivedMessage]]:
    """Spread a received batch over the free slots of a FIFO queue's function, whole groups at a time.

    A batch size is a maximum: with slots to spare, a slow destination then keeps only its own group waiting.
    """
    if not messages:
        return []
    if not fifo:
        return [list(messages)]
    groups: dict[str, list[ReceivedMessage]] = {}
    for message in messages:
        groups.setdefault(message.group, []).append(message)
    parts: list[list[ReceivedMessage]] = [[] for _ in range(max(1, min(free, len(groups))))]
    for index, group in enumerate(groups.values()):
        parts[index % len(parts)].extend(group)
    return parts


def sqs_event(messages: Sequence[ReceivedMessage], queue: Queue) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    return {
        "Records": [
            {
                "messageId": message.message_id,
                "receiptHandle": message.receipt_handle,
                "body": message.body,
                "attributes": dict(message.attributes),
                "messageAttributes": {
                    name: _event_attribute(attribute) for name, attribute in message.message_attributes.items()
                },
                "md5OfBody": message.body_md5,
                "eventSource": "aws:sqs",
                "eventSourceARN": queue.arn,
                "awsRegion": REGION,
            }
            for message in messages
        ]
    }


def _event_attribute(attribute: dict[str, Any]) -> dict[str, Any]:
    """SQS says ``StringValue``, Lambda's event says ``stringValue``."""
    event = {f"{name[0].lower()}{name[1:]}": value for name, value in attribute.items()}
    return {"stringListValues": [], "binaryListValues": [], **event}


def successful(batch: Sequence[ReceivedMessage], result: Any, *, reports_item_failures: bool) -> list[ReceivedMessage]:
    """The messages to delete: all but the reported failures; none when the report cannot be understood.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    """
    if not reports_item_failures or result is None:
        return list(batch)
    if not isinstance(result, dict):
        return []
    failures = result.get("batchItemFailures")
    if failures is None:
        return list(batch)
    known = {message.message_id for message in batch}
    failed: set[str] = set()
    for failure in failures if isinstance(failures, list) else [None]:
        identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if identifier not in known:
            logger.error("the function reported a failure that is none of its batch: the whole batch counts as failed")
            return []
        failed.add(identifier)
    return [message for message in batch if message.message_id not in failed]
