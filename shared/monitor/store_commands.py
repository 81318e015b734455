"""Commands, what they came to, and which machine is still to be told, in the monitor table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.monitor.agent_messages import CommandOrder
from shared.monitor.audit import KEPT_SECONDS
from shared.monitor.remote_commands import Command, Outcome
from shared.monitor.rows import COMMANDS, RECORD, WAITING_COMMANDS, ordered
from shared.monitor.table import Item, MonitorTable

_RESULT = "result#"


class DynamoCommands:
    """Implements shared.monitor.remote_commands.CommandStore."""

    def __init__(self, table: MonitorTable) -> None:
        self._table = table

    def add(self, command: Command, waiting: Sequence[str], outcomes: Sequence[Outcome]) -> None:
        """Keep the command before any machine can be told."""
        kept_until = command.created_at_ms // 1000 + KEPT_SECONDS
        pk, place = _key(command.task_id), f"{ordered(command.created_at_ms)}#{command.task_id}"
        body = {"command": command.command, "clients": list(command.clients), "at_ms": command.created_at_ms}
        named = {"task_id": command.task_id}
        self._table.put_all(
            [
                Item(pk, RECORD, body, expires_at_seconds=kept_until),
                Item(COMMANDS, place, named, expires_at_seconds=kept_until),
                *(Item(_of(uuid), place, named, expires_at_seconds=kept_until) for uuid in command.clients),
                *(_outcome_item(command.task_id, outcome, kept_until) for outcome in outcomes),
            ]
        )
        until = command.created_at_ms // 1000 + int(CommandOrder.lifetime_seconds)
        waits = {"command": command.command}
        self._table.put_all(
            [
                Item(WAITING_COMMANDS, _waiting_key(uuid, command.task_id), waits, expires_at_seconds=until)
                for uuid in waiting
            ]
        )

    def get(self, task_id: str) -> tuple[Command, Mapping[str, Outcome]] | None:
        """The command and what is known of its machines: one query."""
        items = {item.sk: item for item in self._table.listed(_key(task_id), consistent=True)}
        record = items.pop(RECORD, None)
        if record is None:
            return None
        body = record.body
        command = Command(task_id, str(body["command"]), tuple(body["clients"]), int(body["at_ms"]))
        return command, {item.sk.removeprefix(_RESULT): _outcome(item) for item in items.values()}

    def newest(self, limit: int, uuid: str = "") -> Sequence[str]:
        """Ids, the newest first, of one machine or of all."""
        items = self._table.listed(_of(uuid) if uuid else COMMANDS, limit=limit, newest_first=True)
        return [str(item.body["task_id"]) for item in items]

    def waiting(self) -> Mapping[str, Sequence[CommandOrder]]:
        """By machine: one query."""
        found: dict[str, list[CommandOrder]] = {}
        for item in self._table.listed(WAITING_COMMANDS):
            uuid, _, task_id = item.sk.rpartition("#")
            found.setdefault(uuid, []).append(CommandOrder(task_id, str(item.body["command"])))
        return found

    def take(self, uuid: str, task_id: str) -> bool:
        """Of all who try, one gets it."""
        item = Item(WAITING_COMMANDS, _waiting_key(uuid, task_id), {}, revision=1)
        return self._table.write(deletes=(item,))

    def finish(self, task_id: str, outcome: Outcome) -> bool:
        """False when it was finished before."""
        kept_until = (outcome.finished_at_ms or 0) // 1000 + KEPT_SECONDS
        return self._table.write(_outcome_item(task_id, outcome, kept_until))


def _key(task_id: str) -> str:
    return f"command#{task_id}"


def _of(uuid: str) -> str:
    return f"commands_of#{uuid}"


def _waiting_key(uuid: str, task_id: str) -> str:
    return f"{uuid}#{task_id}"


def _outcome_item(task_id: str, outcome: Outcome, kept_until: int) -> Item:
    body = {"output": outcome.output, "exit_code": outcome.exit_code, "at_ms": outcome.finished_at_ms}
    return Item(_key(task_id), f"{_RESULT}{outcome.client}", body, expires_at_seconds=kept_until)


def _outcome(item: Item) -> Outcome:
    body = item.body
    return Outcome(item.sk.removeprefix(_RESULT), str(body["output"]), int(body["exit_code"]), int(body["at_ms"]))
