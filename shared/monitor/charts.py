"""Charts: load records and pings of a stretch of time, with a bounded number of reads and of points."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.monitor.models import LoadRecord, PingRecord, PingTask, is_id
from shared.monitor.resolutions import resolution_for
from shared.monitor.thinning import DEFAULT_MAX_COUNT, thinned
from shared.monitor.times import rfc3339, rfc3339_ms

HOUR_MS = 3_600_000


class Records(Protocol):
    def between(self, uuid: str, resolution: int, from_seconds: int, to_seconds: int) -> Sequence[LoadRecord]: ...


class Pings(Protocol):
    def between(self, uuid: str, task_id: int, from_ms: int, to_ms: int, now_ms: int) -> Sequence[PingRecord]: ...


class PingTasks(Protocol):
    def all(self) -> Sequence[PingTask]: ...


@dataclass(frozen=True, slots=True)
class TaskChart:
    """The answers to one task, newest first, of each of its nodes."""

    task: PingTask
    records: tuple[PingRecord, ...]


class Charts:
    """Every method may raise StoreUnavailable. ``clock`` gives epoch seconds."""

    def __init__(
        self, records: Records, pings: Pings, tasks: PingTasks, clock: Callable[[], float] = time.time
    ) -> None:
        self._records = records
        self._pings = pings
        self._tasks = tasks
        self._clock = clock

    def load(self, uuid: str, from_seconds: float, to_seconds: float) -> Sequence[LoadRecord]:
        """Oldest first: one query of at most a few hundred rows, however long the stretch."""
        if to_seconds <= from_seconds or not is_id(uuid):
            return ()
        resolution = resolution_for(self._clock() - from_seconds)
        first = int(from_seconds) - int(from_seconds) % resolution
        # The slot in which the stretch begins is part of it, but not when it began before a short stretch did.
        first += resolution if first < from_seconds else 0
        return self._records.between(uuid, resolution, first, int(to_seconds))

    def load_of_last_hours(self, uuid: str, hours: float) -> Sequence[LoadRecord]:
        now = self._clock()
        return self.load(uuid, now - hours * 3600, now)

    def pings(
        self, from_ms: int, to_ms: int, *, uuid: str = "", task_id: int | None = None, hidden: Collection[str] = ()
    ) -> Sequence[TaskChart]:
        """Of one node, one task, or both: one query for each node of each task that is asked for."""
        if to_ms <= from_ms:
            return ()
        now_ms = int(self._clock() * 1000)
        charts = []
        for task in self._tasks.all():
            if task_id is not None and task.task_id != task_id:
                continue
            clients = [client for client in task.clients if client not in hidden and uuid in ("", client)]
            if not clients:
                continue
            found = [
                record
                for client in clients
                for record in self._pings.between(client, task.task_id, from_ms, to_ms, now_ms)
            ]
            found.sort(key=lambda record: record.at_ms, reverse=True)
            charts.append(TaskChart(task, tuple(found)))
        return charts

    def pings_of_last_hours(self, hours: float, **wanted: Any) -> Sequence[TaskChart]:
        now_ms = int(self._clock() * 1000)
        return self.pings(now_ms - int(hours * HOUR_MS), now_ms, **wanted)


@dataclass(frozen=True, slots=True)
class PingFigures:
    """What a set of answers comes to. Milliseconds; ``loss_percent`` of all pings, hours counted by what is in them."""

    total: int
    loss_percent: float
    answered: tuple[int, ...] = field(repr=False)

    @classmethod
    def of(cls, records: Sequence[PingRecord]) -> PingFigures:
        total = sum(record.count for record in records)
        lost = sum(record.lost for record in records)
        answered = tuple(sorted(record.value_ms for record in records if record.value_ms >= 0))
        return cls(total, round(lost / total * 100, 2) if total else 0.0, answered)

    @property
    def min_ms(self) -> int:
        return self.answered[0] if self.answered else 0

    @property
    def max_ms(self) -> int:
        return self.answered[-1] if self.answered else 0

    @property
    def average_ms(self) -> float:
        return round(sum(self.answered) / len(self.answered), 2) if self.answered else 0.0

    def percentile_ms(self, percent: int) -> int:
        if not self.answered:
            return 0
        return self.answered[min(len(self.answered) - 1, len(self.answered) * percent // 100)]


def shown_ping(record: PingRecord) -> dict[str, Any]:
    return {
        "task_id": record.task_id,
        "time": rfc3339(record.at_ms // 1000),
        "value": record.value_ms,
        "client": record.client,
    }


def shown_task_figures(chart: TaskChart, *, with_clients: bool = False) -> dict[str, Any]:
    figures = PingFigures.of(chart.records)
    task = chart.task
    shown: dict[str, Any] = {
        "id": task.task_id,
        "name": task.name,
        "type": task.kind,
        "interval": task.interval_seconds,
        "default_on": task.default_on,
        "loss": figures.loss_percent,
        "min": figures.min_ms,
        "max": figures.max_ms,
        "avg": figures.average_ms,
        "total": figures.total,
    }
    return {**shown, "clients": list(task.clients)} if with_clients else shown


def shown_basic_info(charts: Sequence[TaskChart]) -> list[dict[str, Any]]:
    """Loss and bounds of each node over all its tasks."""
    by_client: dict[str, list[PingRecord]] = {}
    for chart in charts:
        for record in chart.records:
            by_client.setdefault(record.client, []).append(record)
    shown = []
    for client, records in by_client.items():
        figures = PingFigures.of(records)
        shown.append({"client": client, "loss": figures.loss_percent, "min": figures.min_ms, "max": figures.max_ms})
    return shown


def shown_pings(charts: Sequence[TaskChart], *, with_clients: bool = False) -> dict[str, Any]:
    """``{count, records, basic_info, tasks}``, newest first; the last two are left out when empty. ``records`` are
    thinned to what a chart can show; the figures are those of all."""
    kept = thinned({chart.task.task_id: chart.records for chart in charts}, DEFAULT_MAX_COUNT)
    records = sorted((record for found in kept.values() for record in found), key=lambda each: -each.at_ms)
    shown: dict[str, Any] = {"count": len(records), "records": [shown_ping(record) for record in records]}
    if records:
        shown["basic_info"] = shown_basic_info(charts)
    if charts:
        shown["tasks"] = [shown_task_figures(chart, with_clients=with_clients) for chart in charts]
    return shown


def span(from_ms: int, to_ms: int) -> dict[str, str]:
    return {"from": rfc3339_ms(from_ms), "to": rfc3339_ms(to_ms)}
