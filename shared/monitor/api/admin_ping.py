"""/api/admin/ping: ping tasks."""

from __future__ import annotations

from flask import Blueprint, Response

from shared.monitor.api.answers import caller, success, weights
from shared.monitor.audit import AuditLog
from shared.monitor.ping_administration import (
    MAX_TASKS,
    NewPingTask,
    PingAdministration,
    PingTaskEdits,
    PingTaskIds,
    shown_task,
)
from shared.monitor.shown import integer
from shared.web.errors import invalid_parameter
from shared.web.request_json import json_object
from shared.web.validation import validated


class PingViews:
    def __init__(self, tasks: PingAdministration, audit: AuditLog) -> None:
        self._tasks = tasks
        self._audit = audit

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("admin_ping", __name__, url_prefix="/api/admin/ping")
        blueprint.get("/")(self.all)
        blueprint.post("/add")(self.add)
        blueprint.post("/edit")(self.edit)
        blueprint.post("/delete")(self.delete)
        blueprint.post("/order")(self.order)
        return blueprint

    def all(self) -> Response:
        return success([shown_task(task) for task in self._tasks.all()])

    def add(self) -> Response:
        task_id = self._tasks.add(validated(NewPingTask, json_object()))
        self._audit.note("info", f"add ping task: {task_id}", caller())
        return success({"task_id": task_id})

    def edit(self) -> Response:
        self._tasks.edit(validated(PingTaskEdits, json_object()))
        self._audit.note("info", "edit ping tasks", caller())
        return success()

    def delete(self) -> Response:
        ids = validated(PingTaskIds, json_object()).id
        self._tasks.delete(ids)
        self._audit.note("warn", f"delete ping tasks: {', '.join(map(str, ids))}", caller())
        return success()

    def order(self) -> Response:
        wanted: dict[int, int] = {}
        for text, weight in weights(json_object(), MAX_TASKS).items():
            task_id = integer(text)
            if task_id is None:
                raise invalid_parameter(text[:64], "int_type")
            wanted[task_id] = weight
        self._tasks.order(wanted)
        self._audit.note("info", "order ping tasks", caller())
        return success()
