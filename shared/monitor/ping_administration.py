"""Adding, editing, ordering and removing ping tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from shared.monitor.errors import MonitorError
from shared.monitor.models import PingKind, PingTask

MAX_TASKS = 100
MAX_CLIENTS = 1_000
_MAX_WEIGHT = 2**31 - 1
_ATTEMPTS = 5

Uuid = Annotated[str, Field(min_length=1, max_length=64)]
# A host, host:port or URL; it is the agent that goes there, and what an agent pings is the operator's decision.
Target = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[!-~]+$")]


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class NewPingTask(_Request):
    clients: Annotated[list[Uuid], Field(max_length=MAX_CLIENTS)]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    target: Target
    type: PingKind
    interval: Annotated[int, Field(ge=1, le=86_400)]
    default_on: bool = False


class PingTaskEdit(_Request):
    """Only what is sent changes, so the defaults stand for nothing."""

    id: Annotated[int, Field(ge=1)]
    clients: Annotated[list[Uuid], Field(max_length=MAX_CLIENTS)] = Field(default_factory=list)
    name: Annotated[str, Field(min_length=1, max_length=100)] = "task"
    target: Target = "-"
    type: PingKind = "icmp"
    interval: Annotated[int, Field(ge=1, le=86_400)] = 60
    weight: Annotated[int, Field(ge=-_MAX_WEIGHT, le=_MAX_WEIGHT)] = 0
    default_on: bool = False


class PingTaskEdits(_Request):
    tasks: Annotated[list[PingTaskEdit], Field(min_length=1, max_length=MAX_TASKS)]


class PingTaskIds(_Request):
    id: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1, max_length=MAX_TASKS)]


class Tasks(Protocol):
    """Every method may raise StoreUnavailable."""

    def next_id(self) -> int: ...

    def all(self) -> Sequence[PingTask]: ...

    def get(self, task_id: int) -> PingTask | None: ...

    def write(self, task: PingTask) -> bool: ...

    def delete(self, task_id: int) -> None: ...


class PingAdministration:
    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    def all(self) -> Sequence[PingTask]:
        return sorted(self._tasks.all(), key=lambda task: (task.weight, task.task_id))

    def add(self, wanted: NewPingTask) -> int:
        """The new task's id. Raises MonitorError TOO_MANY_TASKS, BUSY."""
        if len(self._tasks.all()) >= MAX_TASKS:
            raise MonitorError("TOO_MANY_TASKS", maximum=MAX_TASKS)
        task = PingTask(
            task_id=self._tasks.next_id(),
            name=wanted.name,
            clients=tuple(dict.fromkeys(wanted.clients)),
            kind=wanted.type,
            target=wanted.target,
            interval_seconds=wanted.interval,
            default_on=wanted.default_on,
        )
        if not self._tasks.write(task):
            raise MonitorError("BUSY")
        return task.task_id

    def edit(self, edits: PingTaskEdits) -> None:
        """Raises MonitorError TASK_NOT_FOUND before anything is changed, and BUSY."""
        self._require([edit.id for edit in edits.tasks])
        for edit in edits.tasks:
            fields = edit.model_dump(exclude_unset=True)
            task_id = fields.pop("id")
            named = {"type": "kind", "interval": "interval_seconds"}
            changed = {named.get(name, name): value for name, value in fields.items()}
            if "clients" in changed:
                changed["clients"] = tuple(dict.fromkeys(changed["clients"]))
            self._change(task_id, changed)

    def order(self, weights: Mapping[int, int]) -> None:
        """Raises MonitorError TASK_NOT_FOUND before anything is changed, and BUSY."""
        self._require(list(weights))
        for task_id, weight in weights.items():
            self._change(task_id, {"weight": weight})

    def delete(self, task_ids: Sequence[int]) -> None:
        """One that is gone already needs nothing."""
        for task_id in task_ids:
            self._tasks.delete(task_id)

    def _require(self, task_ids: Sequence[int]) -> None:
        if not {task.task_id for task in self._tasks.all()}.issuperset(task_ids):
            raise MonitorError("TASK_NOT_FOUND")

    def _change(self, task_id: int, fields: Mapping[str, Any]) -> None:
        for _ in range(_ATTEMPTS):
            task = self._tasks.get(task_id)
            if task is None:
                raise MonitorError("TASK_NOT_FOUND")
            if self._tasks.write(replace(task, **fields)):
                return
        raise MonitorError("BUSY")


def shown_task(task: PingTask) -> dict[str, Any]:
    """With its target, for the administrator."""
    return {
        "id": task.task_id,
        "name": task.name,
        "clients": list(task.clients),
        "type": task.kind,
        "target": task.target,
        "interval": task.interval_seconds,
        "weight": task.weight,
        "default_on": task.default_on,
    }
