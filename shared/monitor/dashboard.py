"""What dashboards read: machines, their reports, and who may see which. REST and RPC2 answer from the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from shared.monitor.charts import Charts, PingTasks
from shared.monitor.models import LiveReport, Node, is_id
from shared.monitor.shown import shown_report


class Nodes(Protocol):
    def all(self) -> Sequence[Node]: ...

    def get(self, uuid: str) -> Node | None: ...


class Live(Protocol):
    def all(self) -> Mapping[str, LiveReport]: ...

    def recent(self, uuid: str, now_ms: int) -> Sequence[tuple[int, dict[str, Any]]]: ...


class Dashboard:
    """Every method may raise StoreUnavailable. ``clock`` gives epoch seconds."""

    def __init__(
        self, nodes: Nodes, live: Live, charts: Charts, tasks: PingTasks, clock: Callable[[], float] = time.time
    ) -> None:
        self._nodes = nodes
        self._live = live
        self.charts = charts
        self._tasks = tasks
        self._clock = clock

    def now_ms(self) -> int:
        return int(self._clock() * 1000)

    def nodes(self, *, with_hidden: bool) -> Sequence[Node]:
        """In the order in which they were added: front ends sort by weight themselves."""
        return [node for node in self._nodes.all() if with_hidden or not node.hidden]

    def node(self, uuid: str, *, with_hidden: bool) -> Node | None:
        """None also for a node that is hidden from the caller."""
        node = self._nodes.get(uuid) if is_id(uuid) else None
        return None if node is None or (node.hidden and not with_hidden) else node

    def is_hidden(self, uuid: str, *, with_hidden: bool) -> bool:
        """Whether there is such a node that the caller must not see."""
        node = None if with_hidden or not is_id(uuid) else self._nodes.get(uuid)
        return node is not None and node.hidden

    def live(self) -> Mapping[str, LiveReport]:
        return self._live.all()

    def recent_reports(self, uuid: str) -> Sequence[tuple[int, dict[str, Any]]]:
        """(received at, report) of the last minute, oldest first."""
        return self._live.recent(uuid, self.now_ms()) if is_id(uuid) else ()

    def shown_recent(self, uuid: str) -> list[dict[str, Any]]:
        return [shown_report(report, at_ms) for at_ms, report in self.recent_reports(uuid)]

    def shown_ping_tasks(self, *, with_hidden: bool) -> list[dict[str, Any]]:
        """Without their targets, which are nobody's business."""
        hidden = set() if with_hidden else {node.uuid for node in self._nodes.all() if node.hidden}
        return [
            {
                "id": task.task_id,
                "name": task.name,
                "clients": [client for client in task.clients if client not in hidden],
                "type": task.kind,
                "interval": task.interval_seconds,
                "weight": task.weight,
                "default_on": task.default_on,
            }
            for task in sorted(self._tasks.all(), key=lambda task: (task.weight, task.task_id))
        ]
