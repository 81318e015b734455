"""Agents that report seldom are asked by the minute's chore, silent ones are dropped."""

from __future__ import annotations

import json
from typing import Any

from shared.monitor.agent_sockets import V1_KIND, V2_KIND
from shared.monitor.ping_rounds import PingRounds
from shared.monitor.quiet_agents import QuietAgents
from shared.push.posting import PostResult
from tests.unit.monitor.agent_doubles import REPORT, World, ping_task
from tests.unit.push.fakes import MemoryConnections, connection


class Line:
    """Implements Poster."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, Any]] = []
        self.closed: list[str] = []

    def post(self, connection_id: str, frame: bytes) -> PostResult:
        self.posted.append((connection_id, json.loads(frame)))
        return PostResult.POSTED

    def close(self, connection_id: str) -> None:
        self.closed.append(connection_id)


class Stage:
    def __init__(self, kind: str) -> None:
        self.world = World(ping_task(3, 60))
        self.world.agents.report("node-a", REPORT, via="websocket", connection_id="c1")
        self.connections = MemoryConnections(self.world.clock, connection(kind=kind, principal="node-a"))
        self.line = Line()
        rounds = PingRounds(self.world.tasks, self.world.clock.ms)
        self.quiet = QuietAgents(
            self.world.live, self.connections, lambda: self.line, rounds.claimed, self.world.clock.ms
        )


def test_an_agent_that_reports_seldom_is_asked_in_its_own_protocol() -> None:
    order = {"ping_task_id": 3, "ping_type": "icmp", "ping_target": "127.0.0.1"}
    for kind, message in (
        (V1_KIND, {"message": "ping", **order}),
        (V2_KIND, {"jsonrpc": "2.0", "method": "agent.ping", "params": order}),
    ):
        stage = Stage(kind)
        assert stage.quiet.ask() == 0, "it has just reported: it was asked with that"
        stage.world.clock.advance(8)
        assert stage.quiet.ask() == 1
        assert stage.line.posted == [("c1", message)]
        assert stage.quiet.ask() == 0, "the round is taken"
        assert stage.world.agents.due_orders("node-a") == []


def test_a_socket_that_is_gone_is_noted() -> None:
    stage = Stage(V2_KIND)
    stage.connections.rows.clear()
    stage.world.clock.advance(8)
    assert stage.quiet.ask() == 0
    assert stage.world.live.rows["node-a"].connection_id == ""


def test_a_silent_socket_is_closed_once() -> None:
    stage = Stage(V2_KIND)
    stage.world.clock.advance(59)
    assert stage.quiet.drop() == 0
    stage.world.clock.advance(1)
    assert stage.quiet.drop() == 1
    assert stage.line.closed == ["c1"]
    assert stage.connections.rows == {}
    assert stage.quiet.drop() == 0
