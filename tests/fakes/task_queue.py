"""The tasks queue, which keeps what is ordered, or is down."""

from __future__ import annotations

from shared.tasks.orders import TaskOrder, TaskQueueUnavailable


class FakeTaskQueue:
    def __init__(self) -> None:
        self.orders: list[TaskOrder] = []
        self.broken = False

    def order(self, task: TaskOrder, *, delay_seconds: int = 0) -> None:
        if self.broken:
            raise TaskQueueUnavailable("fake")
        self.orders.append(task)
