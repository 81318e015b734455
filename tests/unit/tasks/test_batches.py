"""Tasks from the queue: done, continued, put off; a broken one harms no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from shared.tasks.batches import LAST_RETRY_SECONDS, TaskBatches
from shared.tasks.handlers import Continued, SecondsLeft
from shared.tasks.orders import TaskOrder, TaskQueueUnavailable


class FakeTaskQueue:
    def __init__(self) -> None:
        self.ordered: list[tuple[TaskOrder, int]] = []
        self.visibilities: list[tuple[str, int]] = []
        self.broken = False

    def order(self, task: TaskOrder, *, delay_seconds: int = 0) -> None:
        if self.broken:
            raise TaskQueueUnavailable("fake")
        self.ordered.append((task, delay_seconds))

    def set_visibility(self, receipt_handle: str, seconds: int) -> None:
        if self.broken:
            raise OSError("fake")
        self.visibilities.append((receipt_handle, seconds))


class Worker:
    """Does what it is told and keeps what it was given."""

    def __init__(self) -> None:
        self.seen: list[Mapping[str, Any]] = []
        self.seconds: list[float] = []
        self.result: Continued | Exception | None = None

    def __call__(self, payload: Mapping[str, Any], seconds_left: SecondsLeft) -> Continued | None:
        self.seen.append(payload)
        self.seconds.append(seconds_left())
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class Scene:
    def __init__(self) -> None:
        self.queue = FakeTaskQueue()
        self.worker = Worker()
        self.batches = TaskBatches({"work": self.worker}, self.queue, self.queue)

    def process(self, *bodies: str, receives: int = 1) -> list[str]:
        records = [
            {
                "messageId": f"m{index}",
                "receiptHandle": f"r{index}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(receives)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:tasks",
                "awsRegion": "us-east-1",
            }
            for index, body in enumerate(bodies)
        ]
        answer = self.batches.process({"Records": records}, lambda: 60_000)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_task_is_done_with_time_to_spare_for_handing_over(scene: Scene) -> None:
    assert scene.process(TaskOrder("work", {"a": 1}).to_body()) == []
    assert scene.worker.seen == [{"a": 1}]
    assert scene.worker.seconds == [55.0]
    assert scene.queue.ordered == []


def test_what_is_left_is_ordered_again(scene: Scene) -> None:
    rest = TaskOrder("work", {"a": 2})
    scene.worker.result = Continued(rest, delay_seconds=7)
    assert scene.process(TaskOrder("work", {"a": 1}).to_body()) == []
    assert scene.queue.ordered == [(rest, 7)]


def test_a_rest_that_cannot_be_ordered_leaves_the_task_on_the_queue(scene: Scene) -> None:
    scene.worker.result = Continued(TaskOrder("work"))
    scene.queue.broken = True
    assert scene.process(TaskOrder("work").to_body()) == ["m0"]


@pytest.mark.parametrize(("receives", "seconds"), [(1, 5), (2, 10), (5, 80), (50, LAST_RETRY_SECONDS)])
def test_a_failed_task_comes_back_later_and_later(scene: Scene, receives: int, seconds: int) -> None:
    scene.worker.result = OSError("no")
    assert scene.process(TaskOrder("work").to_body(), receives=receives) == ["m0"]
    assert scene.queue.visibilities == [("r0", seconds)]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "nonsense",
        "[]",
        "null",
        '{"kind": "work"}',
        '{"kind": "work", "payload": []}',
        '{"kind": "x", "payload": {}}',
    ],
)
def test_a_broken_or_unknown_task_fails_alone(scene: Scene, body: str) -> None:
    assert scene.process(body, TaskOrder("work").to_body()) == ["m0"]
    assert len(scene.worker.seen) == 1


def test_an_order_survives_the_queue() -> None:
    order = TaskOrder("logs.clear", {"job_id": "清理", "n": 3})
    assert TaskOrder.from_body(order.to_body()) == order
