"""Depths of queues, with a fake of SQS's one call."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.aws.queue_depths import QueueDepth, QueuesUnavailable, QueueUrls, SqsQueueDepths


class FakeSqs:
    """Counts by URL: visible, in flight, delayed."""

    def __init__(self, counts: dict[str, tuple[int, int, int]]) -> None:
        self.counts = counts

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        if QueueUrl not in self.counts:
            raise ClientError({"Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue"}}, "GetQueueAttributes")
        answer = zip(AttributeNames, self.counts[QueueUrl], strict=True)
        return {"Attributes": {name: str(count) for name, count in answer}}


def test_depths_come_in_order_with_dead_letters_of_every_state() -> None:
    sqs = FakeSqs({"q/a": (1, 2, 3), "q/a-dead": (4, 1, 0), "q/b": (0, 0, 0), "q/b-dead": (0, 0, 0)})
    urls = [QueueUrls("a", "q/a", "q/a-dead"), QueueUrls("b", "q/b", "q/b-dead")]
    found = SqsQueueDepths(lambda: sqs, urls).depths()
    assert found == [QueueDepth("a", 1, 2, 3, dead_letters=5), QueueDepth("b", 0, 0, 0, 0)]
    assert found[0].size == 6


def test_a_queue_that_does_not_answer_is_no_empty_queue() -> None:
    with pytest.raises(QueuesUnavailable) as caught:
        SqsQueueDepths(lambda: FakeSqs({}), [QueueUrls("a", "q/a", "q/a-dead")]).depths()
    assert "NonExistentQueue" in caught.value.detail
