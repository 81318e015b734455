"""The tasks queue, with a fake of SQS's calls."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from shared.aws.task_queue import SqsTaskQueue
from shared.tasks.orders import TaskOrder, TaskQueueUnavailable


class FakeSqs:
    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.calls: list[dict[str, Any]] = []

    def send_message(self, **arguments: Any) -> None:
        if self.failure is not None:
            raise self.failure
        self.calls.append(arguments)

    def change_message_visibility(self, **arguments: Any) -> None:
        self.calls.append(arguments)


def test_tasks_are_sent_with_their_delay_and_put_off() -> None:
    sqs = FakeSqs()
    queue = SqsTaskQueue(lambda: sqs, "http://queue")
    order = TaskOrder("work", {"a": 1})
    queue.order(order, delay_seconds=30)
    queue.set_visibility("handle", 5)
    assert sqs.calls == [
        {"QueueUrl": "http://queue", "MessageBody": order.to_body(), "DelaySeconds": 30},
        {"QueueUrl": "http://queue", "ReceiptHandle": "handle", "VisibilityTimeout": 5},
    ]


@pytest.mark.parametrize(
    ("failure", "detail"),
    [
        (ClientError({"Error": {"Code": "AccessDenied"}}, "SendMessage"), "AccessDenied"),
        (EndpointConnectionError(endpoint_url="http://queue"), "EndpointConnectionError"),
    ],
)
def test_a_queue_that_does_not_take_a_task_is_reported(failure: Exception, detail: str) -> None:
    with pytest.raises(TaskQueueUnavailable) as caught:
        SqsTaskQueue(lambda: FakeSqs(failure), "http://queue").order(TaskOrder("work"))
    assert caught.value.detail == detail
