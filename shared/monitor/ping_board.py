"""How the pings of each machine went lately, as common:getNodesLatestStatus shows it: read once for however many pages
ask."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from shared.monitor.charts import PingFigures
from shared.monitor.models import PingRecord, PingTask

# Pages ask every two seconds, and a ping goes out every minute or so.
KEPT_SECONDS = 2.0

ShownPings: TypeAlias = Mapping[str, Mapping[str, Any]]


class LatestPings(Protocol):
    """May raise StoreUnavailable."""

    def latest(self) -> Mapping[str, Mapping[int, Sequence[PingRecord]]]: ...

    def latest_of(self, uuid: str) -> Mapping[int, Sequence[PingRecord]]: ...


class PingTasks(Protocol):
    """May raise StoreUnavailable."""

    def all(self) -> Sequence[PingTask]: ...


class PingBoard:
    """Both methods may raise StoreUnavailable. Safe to call from several threads. ``clock``: monotonic, in seconds."""

    def __init__(self, pings: LatestPings, tasks: PingTasks, clock: Callable[[], float] = time.monotonic) -> None:
        self._pings = pings
        self._tasks = tasks
        self._clock = clock
        self._read = _Read()

    def all(self) -> Mapping[str, ShownPings]:
        """By uuid; a machine that was not asked lately is absent. At most KEPT_SECONDS old."""
        now = self._clock()
        read = self._read
        if now >= read.good_until:
            latest = self._pings.latest()
            tasks = self._tasks.all() if latest else ()
            shown = {uuid: _shown(uuid, by_task, tasks) for uuid, by_task in latest.items()}
            read = self._read = _Read(now + KEPT_SECONDS, shown)
        return read.shown

    def of(self, uuid: str) -> ShownPings:
        """``{task id: {name, latest, avg, tail, loss, min, max}}`` in milliseconds and percent; ``tail`` is the 99th
        percentile, ``latest`` -1 when the last one was lost."""
        by_task = self._pings.latest_of(uuid)
        return _shown(uuid, by_task, self._tasks.all() if by_task else ())


@dataclass(frozen=True, slots=True)
class _Read:
    good_until: float = float("-inf")
    shown: Mapping[str, ShownPings] = field(default_factory=dict)


def _shown(uuid: str, by_task: Mapping[int, Sequence[PingRecord]], tasks: Sequence[PingTask]) -> ShownPings:
    shown = {}
    for task in tasks:
        records = by_task.get(task.task_id)
        if not records or uuid not in task.clients:
            continue
        figures = PingFigures.of(records)
        shown[str(task.task_id)] = {
            "name": task.name,
            "latest": records[0].value_ms,
            "avg": figures.average_ms,
            "tail": figures.percentile_ms(99),
            "loss": figures.loss_percent,
            "min": figures.min_ms,
            "max": figures.max_ms,
        }
    return shown
