"""SQS as the relay uses it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.relay.queue_messages import Outgoing, deduplication_id

_MAX_BATCH = 10


class EnqueueFailed(Exception):
    """SQS did not take a message."""


class SqsQueue:
    """One FIFO queue, and its dead-letter queue where one is given."""

    def __init__(self, sqs: Any, url: str, dead_letters_url: str = "") -> None:
        self._sqs = sqs
        self._url = url
        self._dead_letters_url = dead_letters_url

    def send(self, messages: Sequence[Outgoing]) -> None:
        """Send in order. Raises EnqueueFailed when not every one was taken; sending all of them again is safe."""
        for start in range(0, len(messages), _MAX_BATCH):
            entries = [
                {
                    "Id": str(index),
                    "MessageBody": message.body,
                    "MessageGroupId": message.group,
                    "MessageDeduplicationId": message.deduplication_id,
                }
                for index, message in enumerate(messages[start : start + _MAX_BATCH])
            ]
            answer = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)
            failed = answer.get("Failed", [])
            if failed:
                raise EnqueueFailed(f"{len(failed)} messages refused: {failed[0].get('Code')}")

    def set_visibility(self, receipt_handle: str, seconds: int) -> None:
        self._sqs.change_message_visibility(QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds)

    def put_aside(self, body: str, group: str, message_id: str) -> None:
        self._sqs.send_message(
            QueueUrl=self._dead_letters_url,
            MessageBody=body,
            MessageGroupId=group or "quarantine",
            MessageDeduplicationId=deduplication_id("quarantine", message_id),
        )
