"""Commands for machines, as the administrator gives them and looks at what came of them."""

from __future__ import annotations

from shared.monitor.api.openapi import shapes
from shared.monitor.api.openapi.operations import body, operation
from shared.monitor.remote_commands import NewCommand

_TASKS = "/api/admin/task"
_ONE = {"task_id": str}

OPERATIONS = (
    operation(
        "task.exec",
        "POST",
        f"{_TASKS}/exec",
        "执行命令",
        "Have nodes run a command",
        shapes.CommandGivenAnswer,
        body=body(NewCommand),
        errors=("COMMANDS_DISABLED", "NODE_NOT_FOUND", "NO_CLIENTS_CONNECTED"),
    ),
    operation(
        "task.all",
        "GET",
        f"{_TASKS}/all",
        "最近的命令",
        "The last commands, with the beginning of each result",
        shapes.CommandTasksWithResultsAnswer,
    ),
    operation(
        "task.of_client",
        "GET",
        f"{_TASKS}/client/{{uuid}}",
        "一台机器的命令",
        "The last commands of a node",
        shapes.CommandTasksAnswer,
        path_kinds={"uuid": str},
        errors=("NO_COMMANDS_OF_CLIENT",),
    ),
    operation(
        "task.get",
        "GET",
        f"{_TASKS}/{{task_id}}",
        "命令",
        "A command",
        shapes.CommandTaskAnswer,
        path_kinds=_ONE,
        errors=("COMMAND_NOT_FOUND",),
    ),
    operation(
        "task.results",
        "GET",
        f"{_TASKS}/{{task_id}}/result",
        "命令的结果",
        "What a command came to",
        shapes.CommandResultsAnswer,
        path_kinds=_ONE,
        errors=("COMMAND_NOT_FOUND",),
    ),
    operation(
        "task.result",
        "GET",
        f"{_TASKS}/{{task_id}}/result/{{uuid}}",
        "一台机器的结果",
        "What it came to on a node",
        shapes.CommandResultAnswer,
        path_kinds={**_ONE, "uuid": str},
        errors=("COMMAND_NOT_FOUND", "NO_COMMAND_RESULT"),
    ),
)
