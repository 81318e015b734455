"""What the agents' use cases talk to, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.aws.store_failures import StoreUnavailable
from shared.monitor.agents import Agents, Commands
from shared.monitor.live_board import NodePlace
from shared.monitor.models import LiveReport, Node, PingRecord, PingTask
from shared.monitor.ping_rounds import PingRounds
from tests.fakes.clock import FakeClock

TOKEN = "J7GSh1bCmdIjwsibx3Rhdt"  # a lab token of the recorded traffic
DISCOVERY_KEY = "lab-autodiscovery-key-1"
REPORT = {
    "cpu": {"usage": 12.5},
    "ram": {"total": 1000, "used": 400},
    "swap": {"total": 0, "used": 0},
    "load": {"load1": 1.05, "load5": 1.44, "load15": 1.65},
    "disk": {"total": 5000, "used": 2500},
    "network": {"up": 10, "down": 20, "totalUp": 100, "totalDown": 200},
    "connections": {"tcp": 7, "udp": 3},
    "uptime": 3027,
    "process": 97,
    "message": "",
}


def node(uuid: str = "node-a", token: str = TOKEN, **fields: Any) -> Node:
    return Node(uuid, token, uuid, created_at="2026-11-20T00:00:00Z", updated_at="2026-11-20T00:00:00Z", **fields)


class MemoryNodes:
    """Implements NodeDirectory, NodeRegister and NodePlaces."""

    def __init__(self, *nodes: Node) -> None:
        self.rows = {each.uuid: each for each in nodes}
        self.writes = 0
        self.down = False

    def _check(self) -> None:
        if self.down:
            raise StoreUnavailable("read nodes")

    def uuid_of_token(self, token: str) -> str | None:
        self._check()
        return next((each.uuid for each in self.rows.values() if each.token == token), None)

    def exists(self, uuid: str) -> bool:
        self._check()
        return uuid in self.rows

    def add(self, node: Node) -> None:
        self.rows[node.uuid] = node
        self.writes += 1

    def change(self, uuid: str, changed: Callable[[Node], Node]) -> Node | None:
        before = self.rows.get(uuid)
        if before is None:
            return None
        after = changed(before)
        if after != before:
            self.rows[uuid] = after
            self.writes += 1
        return after

    def places(self) -> Sequence[NodePlace]:
        return [NodePlace(each.uuid, each.weight, each.hidden) for each in self.rows.values()]


class MemoryLive:
    """Implements LiveReports and LatestReports."""

    def __init__(self) -> None:
        self.rows: dict[str, LiveReport] = {}
        self.down = False

    def report(self, live: LiveReport) -> None:
        if self.down:
            raise StoreUnavailable("write live")
        self.rows[live.uuid] = live

    def all(self) -> Mapping[str, LiveReport]:
        if self.down:
            raise StoreUnavailable("list live")
        return dict(self.rows)

    def disconnected(self, uuid: str, connection_id: str) -> None:
        if uuid in self.rows and self.rows[uuid].connection_id == connection_id:
            self.rows[uuid] = replace(self.rows[uuid], connection_id="")


class MemoryPings:
    def __init__(self) -> None:
        self.records: list[PingRecord] = []

    def add(self, record: PingRecord, preserve_hours: int) -> None:
        self.records.append(record)


class MemoryPingTasks:
    """Implements PingTasks; ``reads`` counts what a process asks of the table."""

    def __init__(self, *tasks: PingTask) -> None:
        self.tasks = tasks
        self.runs: dict[tuple[int, str], int] = {}
        self.reads = 0

    def all(self) -> Sequence[PingTask]:
        self.reads += 1
        return self.tasks

    def last_run_ms(self, task_id: int, uuid: str) -> int:
        self.reads += 1
        return self.runs.get((task_id, uuid), 0)

    def claim_run(self, task_id: int, uuid: str, before_ms: int, now_ms: int) -> bool:
        if self.runs.get((task_id, uuid), 0) != before_ms:
            return False
        self.runs[(task_id, uuid)] = now_ms
        return True


class Rules:
    """Implements AgentRules."""

    def __init__(self, key: str = DISCOVERY_KEY, preserve_hours: int = 24) -> None:
        self.key = key
        self.preserve_hours = preserve_hours

    def auto_discovery_key(self) -> str:
        return self.key

    def ping_preserve_hours(self) -> int:
        return self.preserve_hours


class World:
    """The use cases over everything above, with one node."""

    def __init__(self, *tasks: PingTask) -> None:
        self.clock = FakeClock()
        self.nodes = MemoryNodes(node())
        self.live = MemoryLive()
        self.pings = MemoryPings()
        self.tasks = MemoryPingTasks(*tasks)
        self.rules = Rules()
        self.commands: Commands | None = None
        self.agents = self.process()

    def process(self) -> Agents:
        """The use cases as another process has them: it remembers nothing."""
        return Agents(
            nodes=self.nodes,
            register=lambda: self.nodes,
            add_node=self._add_node,
            live=self.live,
            pings=self.pings,
            rounds=PingRounds(self.tasks, self.clock.ms),
            commands=self.commands,
            rules=self.rules,
            clock_ms=self.clock.ms,
        )

    def _add_node(self, name: str) -> Node:
        added = replace(node("new", "n" * 22), name=name)
        self.nodes.add(added)
        return added


def ping_task(task_id: int = 3, interval_seconds: int = 60, *nodes: str) -> PingTask:
    return PingTask(task_id, f"task {task_id}", nodes or ("node-a",), "icmp", "127.0.0.1", interval_seconds)
