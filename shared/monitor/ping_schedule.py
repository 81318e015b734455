"""When a node's pings are due. Pure: rounds are counted from the epoch, so every process counts the same ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.monitor.agent_messages import PingOrder
from shared.monitor.models import PingTask


@dataclass(frozen=True, slots=True)
class Round:
    """One task's current interval: what is to be done, and when (epoch milliseconds) the interval began and ends."""

    order: PingOrder
    begins_at_ms: int
    ends_at_ms: int


def rounds_of(tasks: Iterable[PingTask], node_uuid: str, now_ms: int) -> list[Round]:
    """The current round of each of the node's tasks, done or not."""
    return [_round(task, now_ms) for task in tasks if node_uuid in task.clients]


def _round(task: PingTask, now_ms: int) -> Round:
    length_ms = max(1, task.interval_seconds) * 1000
    number = now_ms // length_ms
    order = PingOrder(task.task_id, task.kind, task.target, number)
    return Round(order, number * length_ms, (number + 1) * length_ms)
