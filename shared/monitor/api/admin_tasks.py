"""/api/admin/task: commands for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response

from shared.monitor.api.answers import caller, success
from shared.monitor.audit import AuditLog
from shared.monitor.errors import MonitorError
from shared.monitor.remote_commands import Command, NewCommand, Outcome, RemoteCommands
from shared.monitor.times import rfc3339
from shared.web.request_json import json_object
from shared.web.validation import validated

MAX_LISTED = 20
# A list shows the beginning of each result; the task itself shows all of it.
LISTED_OUTPUT_CHARACTERS = 200


class TaskViews:
    def __init__(self, commands: RemoteCommands, audit: AuditLog) -> None:
        self._commands = commands
        self._audit = audit

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("admin_task", __name__, url_prefix="/api/admin/task")
        blueprint.post("/exec")(self.execute)
        blueprint.get("/all")(self.all)
        blueprint.get("/client/<uuid>")(self.of_client)
        blueprint.get("/<task_id>")(self.get)
        blueprint.get("/<task_id>/result")(self.results)
        blueprint.get("/<task_id>/result/<uuid>")(self.result)
        return blueprint

    def execute(self) -> Response:
        given = self._commands.give(validated(NewCommand, json_object()))
        # The command itself is kept as long as this entry is, under its id: it may hold what no log should.
        self._audit.note("warn", f"REC, task id: {given.task_id}, clients: {', '.join(given.clients)}", caller())
        return success({"task_id": given.task_id, "clients": list(given.clients)})

    def all(self) -> Response:
        return success([_shown_listed(*found) for found in self._commands.newest(MAX_LISTED)])

    def of_client(self, uuid: str) -> Response:
        found = self._commands.newest(MAX_LISTED, uuid)
        if not found:
            raise MonitorError("NO_COMMANDS_OF_CLIENT")
        return success([_shown_command(command) for command, _ in found])

    def get(self, task_id: str) -> Response:
        command, outcomes = self._commands.find(task_id)
        return success({**_shown_command(command), "results": _shown_outcomes(command, outcomes)})

    def results(self, task_id: str) -> Response:
        command, outcomes = self._commands.find(task_id)
        return success([{"task_id": task_id, **shown} for shown in _shown_outcomes(command, outcomes)])

    def result(self, task_id: str, uuid: str) -> Response:
        command, outcomes = self._commands.find(task_id)
        shown = _shown_outcomes(command, [outcome for outcome in outcomes if outcome.client == uuid])
        if not shown:
            raise MonitorError("NO_COMMAND_RESULT")
        return success({"task_id": task_id, **shown[0]})


def _shown_command(command: Command) -> dict[str, Any]:
    return {"task_id": command.task_id, "clients": list(command.clients), "command": command.command}


def _shown_listed(command: Command, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    results = _shown_outcomes(command, outcomes)
    short = [{**each, "result": each["result"][:LISTED_OUTPUT_CHARACTERS]} for each in results]
    return {**_shown_command(command), "results": short}


def _shown_outcomes(command: Command, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """``finished_at`` is null as long as nothing was heard of the machine."""
    return [
        {
            "client": outcome.client,
            "result": outcome.output,
            "exit_code": outcome.exit_code,
            "finished_at": None if outcome.finished_at_ms is None else rfc3339(outcome.finished_at_ms // 1000),
            "created_at": rfc3339(command.created_at_ms // 1000),
        }
        for outcome in outcomes
    ]
