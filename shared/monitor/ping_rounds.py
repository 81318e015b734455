"""Hands each round of a ping task to one report of a node: a claim in the table, remembered by this process.

There is no timer for seconds: a node is asked in the answer to its own report, or by the minute's chore when it
reports seldom. The claim is what survives a cold start, and what two sandboxes meet at.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from shared.monitor.agent_messages import PingOrder
from shared.monitor.models import PingTask
from shared.monitor.ping_schedule import Round, rounds_of

# An edited task takes this long to be seen by every process.
TASKS_KEPT_MS = 5_000
_MAX_REMEMBERED = 50_000


class PingTasks(Protocol):
    """The part of shared.monitor.store_records.DynamoPingTasks that is used here. May raise StoreUnavailable."""

    def all(self) -> Sequence[PingTask]: ...

    def last_run_ms(self, task_id: int, uuid: str) -> int: ...

    def claim_run(self, task_id: int, uuid: str, before_ms: int, now_ms: int) -> bool: ...


class PingRounds:
    """Safe to call from several threads at once."""

    def __init__(self, tasks: PingTasks, clock_ms: Callable[[], int]) -> None:
        self._tasks = tasks
        self._clock_ms = clock_ms
        self._lock = threading.Lock()
        self._cached: tuple[PingTask, ...] = ()
        self._cached_until_ms = 0
        # (task, node) -> when the round that is known to be taken ends.
        self._taken_until_ms: dict[tuple[int, str], int] = {}

    def claimed(self, node_uuid: str) -> list[PingOrder]:
        """What the node is to ping now; nobody else is told the same round. Raises StoreUnavailable."""
        now_ms = self._clock_ms()
        due = [
            each for each in rounds_of(self._current_tasks(now_ms), node_uuid, now_ms) if self._is_open(each, node_uuid)
        ]
        return [each.order for each in due if self._claim(each, node_uuid, now_ms)]

    def tasks_of(self, node_uuid: str) -> list[PingTask]:
        """Raises StoreUnavailable."""
        return [task for task in self._current_tasks(self._clock_ms()) if node_uuid in task.clients]

    def nodes(self) -> frozenset[str]:
        """Every node that has a task. Raises StoreUnavailable."""
        return frozenset(uuid for task in self._current_tasks(self._clock_ms()) for uuid in task.clients)

    def _current_tasks(self, now_ms: int) -> tuple[PingTask, ...]:
        with self._lock:
            if now_ms < self._cached_until_ms:
                return self._cached
        tasks = tuple(self._tasks.all())
        with self._lock:
            self._cached, self._cached_until_ms = tasks, now_ms + TASKS_KEPT_MS
        return tasks

    def _is_open(self, each: Round, node_uuid: str) -> bool:
        with self._lock:
            return self._taken_until_ms.get((each.order.task_id, node_uuid), 0) < each.ends_at_ms

    def _claim(self, each: Round, node_uuid: str, now_ms: int) -> bool:
        task_id = each.order.task_id
        last_ms = self._tasks.last_run_ms(task_id, node_uuid)
        claimed = last_ms < each.begins_at_ms and self._tasks.claim_run(task_id, node_uuid, last_ms, now_ms)
        with self._lock:
            if len(self._taken_until_ms) >= _MAX_REMEMBERED:
                self._taken_until_ms.clear()  # forgetting costs a read, nothing else
            self._taken_until_ms[(task_id, node_uuid)] = each.ends_at_ms
        return claimed
