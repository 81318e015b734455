"""The tasks queue: a standard SQS queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.tasks.orders import TaskOrder, TaskQueueUnavailable


class SqsTaskQueue:
    """Implements shared.tasks.orders.TaskQueue and shared.tasks.batches.Retries. ``sqs`` makes or gives the client."""

    def __init__(self, sqs: Callable[[], Any], url: str) -> None:
        self._sqs = sqs
        self._url = url

    def order(self, task: TaskOrder, *, delay_seconds: int = 0) -> None:
        """Raises TaskQueueUnavailable."""
        try:
            self._sqs().send_message(QueueUrl=self._url, MessageBody=task.to_body(), DelaySeconds=delay_seconds)
        except ClientError as error:
            raise TaskQueueUnavailable(str(error.response.get("Error", {}).get("Code", "unknown"))) from None
        except BotoCoreError as error:
            raise TaskQueueUnavailable(type(error).__name__) from None

    def set_visibility(self, receipt_handle: str, seconds: int) -> None:
        self._sqs().change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )
