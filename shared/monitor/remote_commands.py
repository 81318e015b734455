"""Commands that an administrator has machines run. There are none until the operator enables them; each is kept for as
long as the audit log is, with who it went to and what came of it, and nothing of the API takes one back out."""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field

from shared.monitor.agent_messages import CommandOrder, CommandResult
from shared.monitor.errors import MonitorError
from shared.monitor.models import LiveReport, is_id, is_online

MAX_CLIENTS = 200
TASK_ID_CHARACTERS = 16
# Waiting commands are read by a process at most this often, however many agents report to it.
WAITING_KEPT_MS = 2_000
OFFLINE = "Client offline!"
OFFLINE_EXIT_CODE = -1
_ALPHABET = string.ascii_letters + string.digits

Uuid = Annotated[str, Field(min_length=1, max_length=64)]


class NewCommand(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    command: Annotated[str, Field(min_length=1, max_length=8_000, repr=False)]
    clients: Annotated[list[Uuid], Field(min_length=1, max_length=MAX_CLIENTS)]


@dataclass(frozen=True, slots=True)
class Command:
    """``clients`` are the machines it was meant for, those that were offline too."""

    task_id: str
    command: str = field(repr=False)
    clients: tuple[str, ...]
    created_at_ms: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command came to on one machine. ``finished_at_ms`` is None as long as nothing was heard of it."""

    client: str
    output: str = field(default="", repr=False)
    exit_code: int | None = None
    finished_at_ms: int | None = None


class CommandStore(Protocol):
    """Every method may raise StoreUnavailable."""

    def add(self, command: Command, waiting: Sequence[str], outcomes: Sequence[Outcome]) -> None: ...

    def get(self, task_id: str) -> tuple[Command, Mapping[str, Outcome]] | None: ...

    def newest(self, limit: int, uuid: str = "") -> Sequence[str]: ...

    def waiting(self) -> Mapping[str, Sequence[CommandOrder]]: ...

    def take(self, uuid: str, task_id: str) -> bool: ...

    def finish(self, task_id: str, outcome: Outcome) -> bool: ...


class Machines(Protocol):
    """May raise StoreUnavailable."""

    def exists(self, uuid: str) -> bool: ...


class LastReports(Protocol):
    """May raise StoreUnavailable."""

    def all(self) -> Mapping[str, LiveReport]: ...


@dataclass(frozen=True, slots=True)
class Given:
    """A command that waits for its machines' next report."""

    task_id: str
    clients: tuple[str, ...]


class RemoteCommands:
    """The administrator's side. ``clock_ms`` gives epoch milliseconds."""

    def __init__(
        self, store: CommandStore, machines: Machines, live: LastReports, clock_ms: Callable[[], int], *, enabled: bool
    ) -> None:
        self._store = store
        self._machines = machines
        self._live = live
        self._clock_ms = clock_ms
        self._enabled = enabled

    def give(self, wanted: NewCommand) -> Given:
        """Raises MonitorError: COMMANDS_DISABLED, NODE_NOT_FOUND, NO_CLIENTS_CONNECTED."""
        if not self._enabled:
            raise MonitorError("COMMANDS_DISABLED")
        clients = tuple(dict.fromkeys(wanted.clients))
        if not all(is_id(uuid) and self._machines.exists(uuid) for uuid in clients):
            raise MonitorError("NODE_NOT_FOUND")
        now_ms = self._clock_ms()
        live = self._live.all()
        online = tuple(uuid for uuid in clients if uuid in live and is_online(live[uuid], now_ms))
        if not online:
            raise MonitorError("NO_CLIENTS_CONNECTED")
        task_id = "".join(secrets.choice(_ALPHABET) for _ in range(TASK_ID_CHARACTERS))
        offline = [Outcome(uuid, OFFLINE, OFFLINE_EXIT_CODE, now_ms) for uuid in clients if uuid not in online]
        self._store.add(Command(task_id, wanted.command, clients, now_ms), online, offline)
        return Given(task_id, online)

    def find(self, task_id: str) -> tuple[Command, Sequence[Outcome]]:
        """With an outcome for each of its machines. Raises MonitorError COMMAND_NOT_FOUND."""
        found = self._store.get(task_id) if is_id(task_id) else None
        if found is None:
            raise MonitorError("COMMAND_NOT_FOUND")
        command, outcomes = found
        return command, [outcomes.get(uuid, Outcome(uuid)) for uuid in command.clients]

    def newest(self, limit: int, uuid: str = "") -> Sequence[tuple[Command, Sequence[Outcome]]]:
        """The last ones, of one machine or of all, the newest first."""
        if uuid and not is_id(uuid):
            return ()
        return [self.find(task_id) for task_id in self._store.newest(limit, uuid)]


class WaitingCommands:
    """The agents' side: hands each command to one report of its machine. Safe to call from several threads."""

    def __init__(self, store: CommandStore, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._clock_ms = clock_ms
        self._lock = threading.Lock()
        self._waiting: Mapping[str, Sequence[CommandOrder]] = {}
        self._read_at_ms = -WAITING_KEPT_MS

    def claimed(self, node_uuid: str) -> list[CommandOrder]:
        """What the machine is to run now; nobody is told the same again. Raises StoreUnavailable."""
        waiting = self._current().get(node_uuid, ())
        return [order for order in waiting if self._store.take(node_uuid, order.task_id)]

    def finished(self, node_uuid: str, result: CommandResult) -> bool:
        """Keep what it came to. What is heard first counts: an agent that had no answer tells it again. False when the
        machine was not told to run it. Raises StoreUnavailable."""
        found = self._store.get(result.task_id) if is_id(result.task_id) else None
        if found is None or node_uuid not in found[0].clients:
            return False
        outcome = Outcome(node_uuid, result.output, result.exit_code, self._clock_ms())
        self._store.finish(result.task_id, outcome)
        return True

    def _current(self) -> Mapping[str, Sequence[CommandOrder]]:
        now_ms = self._clock_ms()
        with self._lock:
            if now_ms - self._read_at_ms < WAITING_KEPT_MS:
                return self._waiting
        waiting = self._store.waiting()
        with self._lock:
            self._waiting, self._read_at_ms = waiting, now_ms
        return waiting
