"""What agents do: register, say what machine they run on, report, tell how a ping went. No HTTP and no sockets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from shared.monitor.agent_messages import (
    AgentOrder,
    CommandOrder,
    CommandResult,
    PingOrder,
    read_command_result,
    read_ping_result,
)
from shared.monitor.agent_reports import read_report
from shared.monitor.basic_info import read_basic_info
from shared.monitor.models import LiveReport, Node, PingRecord, PingTask, Via
from shared.monitor.settings import key_matches
from shared.monitor.times import rfc3339

MAX_TOKEN_CHARACTERS = 256
_MAX_HOST_CHARACTERS = 100
# A node that was removed is refused after this long at the latest.
_KNOWN_FOR_MS = 10_000


class RegistrationRefused(Exception):
    """The auto-discovery key is wrong, or auto-discovery is off."""


class UnknownNode(Exception):
    """The node is not (or no longer) there."""


class UnknownCommand(Exception):
    """The node was not told to run that command, or commands are not enabled."""


class NodeDirectory(Protocol):
    """May raise StoreUnavailable."""

    def uuid_of_token(self, token: str) -> str | None: ...

    def exists(self, uuid: str) -> bool: ...


class NodeRegister(Protocol):
    """May raise StoreUnavailable and NodeBusy."""

    def change(self, uuid: str, changed: Callable[[Node], Node]) -> Node | None: ...


class LiveReports(Protocol):
    """May raise StoreUnavailable."""

    def report(self, live: LiveReport) -> None: ...

    def disconnected(self, uuid: str, connection_id: str) -> None: ...


class Pings(Protocol):
    """May raise StoreUnavailable."""

    def add(self, record: PingRecord, preserve_hours: int) -> None: ...


class Rounds(Protocol):
    """May raise StoreUnavailable."""

    def claimed(self, node_uuid: str) -> list[PingOrder]: ...

    def tasks_of(self, node_uuid: str) -> list[PingTask]: ...


class Commands(Protocol):
    """May raise StoreUnavailable."""

    def claimed(self, node_uuid: str) -> list[CommandOrder]: ...

    def finished(self, node_uuid: str, result: CommandResult) -> bool:
        """False when the node was not told to run it."""


class AgentRules(Protocol):
    """The site's settings that concern agents. May raise StoreUnavailable."""

    def auto_discovery_key(self) -> str:
        """ "" when auto-discovery is off."""

    def ping_preserve_hours(self) -> int:
        """0 when nothing is recorded."""


class Agents:
    """Every method may raise StoreUnavailable. ``add_node`` makes a node of that name and keeps it; ``register`` is
    asked for only where a node is written. ``commands`` is None where the operator has not enabled them."""

    def __init__(
        self,
        *,
        nodes: NodeDirectory,
        register: Callable[[], NodeRegister],
        add_node: Callable[[str], Node],
        live: LiveReports,
        pings: Pings,
        rounds: Rounds,
        commands: Commands | None,
        rules: AgentRules,
        clock_ms: Callable[[], int],
    ) -> None:
        self._nodes = nodes
        self._register = register
        self._add_node = add_node
        self._live = live
        self._pings = pings
        self._rounds = rounds
        self._commands = commands
        self._rules = rules
        self._clock_ms = clock_ms
        self._lock = threading.Lock()
        self._known_until_ms: dict[str, int] = {}

    def node_of_token(self, token: str) -> str | None:
        """The uuid of the node whose agent presents the token, None for a token of nobody."""
        if not token or len(token) > MAX_TOKEN_CHARACTERS:
            return None
        return self._nodes.uuid_of_token(token)

    def register(self, presented_key: str, host: str) -> Node:
        """A new node for a machine that knows the auto-discovery key. Raises RegistrationRefused and NodeBusy."""
        if not key_matches(presented_key, self._rules.auto_discovery_key()):
            raise RegistrationRefused
        name = " ".join(host.split())[:_MAX_HOST_CHARACTERS]
        return self._add_node(f"Auto-{name}" if name else "")

    def basic_info(self, uuid: str, fields: Mapping[str, Any], client_address: str = "") -> None:
        """Keep what the machine is made of; nothing is written when nothing changed.

        Raises UnusableMessage, UnknownNode and shared.monitor.store.NodeBusy.
        """
        info = read_basic_info(fields, client_address=client_address)
        now = rfc3339(self._clock_ms() // 1000)

        def told(node: Node) -> Node:
            changed = replace(node, **info)
            return node if changed == node else replace(changed, updated_at=now)

        if self._register().change(uuid, told) is None:
            raise UnknownNode

    def report(self, uuid: str, fields: Mapping[str, Any], *, via: Via, connection_id: str = "") -> None:
        """Keep a report. Raises UnusableMessage and UnknownNode."""
        report = read_report(fields)
        self._require(uuid)
        self._live.report(LiveReport(uuid, self._clock_ms(), report, via, connection_id))

    def due_orders(self, uuid: str) -> list[AgentOrder]:
        """What the node is to do now; nobody is told the same again. Raises UnknownNode."""
        self._require(uuid)
        commands = [] if self._commands is None else self._commands.claimed(uuid)
        return [*self._rounds.claimed(uuid), *commands]

    def command_result(self, uuid: str, fields: Mapping[str, Any]) -> None:
        """Keep what a command came to. Raises UnusableMessage, UnknownNode and UnknownCommand."""
        if self._commands is None:
            raise UnknownCommand
        result = read_command_result(fields)
        self._require(uuid)
        if not self._commands.finished(uuid, result):
            raise UnknownCommand

    def ping_tasks(self, uuid: str) -> list[PingTask]:
        """The node's tasks, for an agent that keeps the schedule itself. Raises UnknownNode."""
        self._require(uuid)
        return self._rounds.tasks_of(uuid)

    def ping_result(self, uuid: str, fields: Mapping[str, Any]) -> None:
        """Keep how a ping went, at the time it was told. Raises UnusableMessage and UnknownNode."""
        result = read_ping_result(fields)
        self._require(uuid)
        preserve_hours = self._rules.ping_preserve_hours()
        if preserve_hours:
            record = PingRecord(uuid, result.task_id, self._clock_ms(), result.value_ms, lost=int(result.value_ms < 0))
            self._pings.add(record, preserve_hours)

    def disconnected(self, uuid: str, connection_id: str) -> None:
        """The agent's socket closed."""
        self._live.disconnected(uuid, connection_id)

    def _require(self, uuid: str) -> None:
        now_ms = self._clock_ms()
        with self._lock:
            if self._known_until_ms.get(uuid, 0) > now_ms:
                return
        if not self._nodes.exists(uuid):
            raise UnknownNode
        with self._lock:
            self._known_until_ms[uuid] = now_ms + _KNOWN_FOR_MS
