"""The agents' sockets: who is let in, what is answered, what is pushed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.monitor.agent_calls import AgentCalls
from shared.monitor.agent_sockets import AgentSocketV1, AgentSocketV2
from shared.push.connections import Connection
from shared.push.handshake import Handshake
from shared.push.sockets import Admission, NoticesEnd, Refusal, Reply
from tests.unit.monitor.agent_doubles import REPORT, TOKEN, World, ping_task
from tests.unit.push.fakes import connection

ORDER = {"ping_task_id": 3, "ping_type": "icmp", "ping_target": "127.0.0.1"}


def agent(**fields: Any) -> Connection:
    return connection(principal="node-a", **fields)


def handshake(path: str, **query: str) -> Handshake:
    return Handshake("c1", path, query, {}, ())


def v1(world: World) -> AgentSocketV1:
    return AgentSocketV1(lambda: world.agents)


def v2(world: World) -> AgentSocketV2:
    return AgentSocketV2(lambda: world.agents, lambda: AgentCalls(world.agents))


def call(method: str, request_id: Any = None, **params: Any) -> str:
    identified = {} if request_id is None else {"id": request_id}
    return json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **identified})


@pytest.mark.parametrize(("make", "path"), [(v1, "/api/clients/report"), (v2, "/api/clients/v2/rpc")])
def test_a_token_in_the_query_lets_an_agent_in_at_its_path_alone(make: Any, path: str) -> None:
    socket = make(World())
    assert socket.serves(handshake(path)) is True
    assert socket.serves(handshake("/api/clients")) is False
    for query in ({"token": TOKEN}, {"Authorization": TOKEN}):
        admission = socket.connect(handshake(path, **query))
        assert isinstance(admission, Admission)
        assert (admission.principal, admission.topic, admission.subprotocol) == ("node-a", "", "")
    for query in ({}, {"token": ""}, {"token": "wrong"}):
        assert socket.connect(handshake(path, **query)) == Refusal(401)


def test_a_v1_report_is_kept_without_an_answer_and_brings_the_due_pings() -> None:
    world = World(ping_task(3, 60))
    reply = v1(world).receive(agent(connection_id="c9"), json.dumps(REPORT))
    assert reply == Reply(following=({"message": "ping", **ORDER},))
    assert world.live.rows["node-a"].connection_id == "c9"
    assert v1(world).receive(agent(), json.dumps({**REPORT, "type": "report"})) == Reply()


def test_a_v1_ping_result_is_kept() -> None:
    world = World()
    text = json.dumps({"type": "ping_result", "task_id": 3, "ping_type": "icmp", "value": 12, "finished_at": "x"})
    assert v1(world).receive(agent(), text) == Reply()
    assert world.pings.records[0].value_ms == 12


@pytest.mark.parametrize("text", ["", "get", "[]", '{"type":"ping_result"}', '{"cpu":5}', "{}"])
def test_a_v1_message_that_does_not_fit_is_answered(text: str) -> None:
    reply = v1(World()).receive(agent(), text)
    assert reply.message is not None and reply.message["status"] == "error" and reply.message["error"]


def test_when_the_store_is_down_a_v1_agent_is_told_and_keeps_its_socket() -> None:
    world = World()
    world.live.down = True
    reply = v1(world).receive(agent(), json.dumps(REPORT))
    assert reply.message is not None and reply.message["status"] == "error"
    assert reply.forget is False


def test_only_what_has_an_id_is_answered_over_a_v2_socket() -> None:
    world = World(ping_task(3, 60))
    reply = v2(world).receive(agent(), call("agent.report", report=REPORT))
    assert reply == Reply(following=({"jsonrpc": "2.0", "method": "agent.ping", "params": ORDER},))
    reply = v2(world).receive(agent(), call("agent.report", "r-1", report=REPORT, ack_event_ids=["x"]))
    assert reply == Reply({"jsonrpc": "2.0", "id": "r-1", "result": {"status": "success"}})
    assert v2(world).receive(agent(), call("agent.basicInfo", info={"os": "OpenWrt", "cpu_cores": 2})) == Reply()
    assert world.nodes.rows["node-a"].os == "OpenWrt"
    assert v2(world).receive(agent(), call("agent.pingResult", task_id=3, value=-1)) == Reply()
    assert world.pings.records[0].value_ms == -1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no json", -32700),
        ("[]", -32700),
        ('{"method":"agent.report","id":1}', -32600),
        ('{"jsonrpc":"2.0","id":1}', -32600),
        ('{"jsonrpc":"2.0","id":{},"method":"agent.report"}', -32600),
        ('{"jsonrpc":"2.0","id":true,"method":"agent.report"}', -32600),
        ('{"jsonrpc":"2.0","id":1,"method":"agent.report","params":[]}', -32602),
        (call("agent.report", 1), -32602),
        (call("agent.report", 1, report={"cpu": {"usage": 900}}), -32602),
        (call("agent.basicInfo", 1, info=[]), -32602),
        (call("agent.exec", 1, command="id"), -32601),
    ],
)
def test_a_v2_fault_is_a_json_rpc_error(text: str, code: int) -> None:
    reply = v2(World()).receive(agent(), text)
    assert reply.message is not None
    assert reply.message["jsonrpc"] == "2.0"
    assert reply.message["error"]["code"] == code


def test_a_v2_agent_is_told_when_the_store_is_down() -> None:
    world = World()
    world.live.down = True
    reply = v2(world).receive(agent(), call("agent.report", 7, report=REPORT))
    assert reply.message is not None
    assert (reply.message["id"], reply.message["error"]["code"]) == (7, -32603)


@pytest.mark.parametrize("make", [v1, v2])
def test_a_removed_nodes_socket_is_closed(make: Any) -> None:
    world = World()
    world.nodes.rows.clear()
    text = json.dumps(REPORT) if make is v1 else call("agent.report", report=REPORT)
    reply = make(world).receive(agent(), text)
    assert reply.message is not None and (reply.forget, reply.ends) == (True, True)


@pytest.mark.parametrize("make", [v1, v2])
def test_the_end_of_a_socket_shows_unless_the_agent_is_back(make: Any) -> None:
    world = World()
    socket = make(world)
    assert isinstance(socket, NoticesEnd)
    world.agents.report("node-a", REPORT, via="websocket", connection_id="new")
    socket.disconnected(agent(connection_id="old"))
    assert world.live.rows["node-a"].connection_id == "new"
    socket.disconnected(agent(connection_id="new"))
    assert world.live.rows["node-a"].connection_id == ""
