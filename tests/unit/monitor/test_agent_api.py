"""The agents' HTTP routes, without a network."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from shared.monitor.agent_api import AgentViews
from shared.monitor.agent_bodies import MAX_BODY_BYTES, MAX_INFLATED_BYTES
from shared.monitor.agent_calls import AgentCalls
from shared.monitor.agent_messages import AgentOrder, PingOrder
from shared.monitor.api.answers import MonitorEnvelope
from shared.monitor.api.application import CATALOGUE
from shared.monitor.held_pulls import MAX_HELD_PULLS, HeldPulls
from shared.web.application import create_app
from shared.web.authentication import Authenticator
from tests.unit.monitor.agent_doubles import DISCOVERY_KEY, REPORT, TOKEN, World, ping_task


class Waiting:
    """A clock that moves by being waited for."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds


class Api:
    def __init__(self, world: World) -> None:
        self.waiting = Waiting()
        self.pulls = HeldPulls(25, clock=self.waiting, pause=self.waiting.pause)
        views = AgentViews(world.agents, AgentCalls(world.agents), self.pulls, world.clock)
        app = create_app(
            "monitor_api",
            [views.blueprint()],
            envelope=MonitorEnvelope(CATALOGUE),
            authenticator=Authenticator(()),
            shown_time=str,
        )
        self.client: FlaskClient = app.test_client()

    def post(self, path: str, body: Any, token: str = TOKEN, *, gzipped: bool = False) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Encoding": "gzip"} if gzipped else {}
        data = gzip.compress(data) if gzipped else data
        return self.client.post(f"/api/clients{path}?token={token}", data=data, headers=headers)

    def rpc(self, method: str, request_id: Any = None, **params: Any) -> Any:
        call = {"jsonrpc": "2.0", "method": method, "params": params}
        if request_id is not None:
            call["id"] = request_id
        return self.post("/v2/rpc", call, gzipped=True)


def test_v2_posts_are_always_answered_with_and_without_an_id() -> None:
    api = Api(World())
    answer = api.rpc("agent.basicInfo", info={"os": "Debian"})
    assert (answer.status_code, answer.json) == (200, {"jsonrpc": "2.0", "result": {"status": "success"}})
    answer = api.rpc("agent.report", "r-1", report=REPORT)
    assert answer.json == {"jsonrpc": "2.0", "id": "r-1", "result": {"status": "success", "events": []}}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_reports_answer_carries_the_due_pings_as_events() -> None:
    api = Api(World(ping_task(3, 60)))
    (event,) = api.rpc("agent.report", 1, report=REPORT).json["result"]["events"]
    assert event["method"] == "agent.ping"
    assert event["params"] == {"ping_task_id": 3, "ping_type": "icmp", "ping_target": "127.0.0.1"}
    assert event["id"].startswith("ping-3-")
    assert event["created_at"] < event["expires_at"]
    assert api.rpc("agent.report", 2, report=REPORT).json["result"]["events"] == []


def test_a_pull_is_held_until_there_is_an_event_or_the_time_is_up() -> None:
    world = World(ping_task(3, 60))
    world.clock.seconds = 1_800_000_000
    world.agents.due_orders("node-a")
    api = Api(world)
    answer = api.rpc("agent.pull", "p", capabilities=["ping"], ack_event_ids=[])
    assert answer.json == {"jsonrpc": "2.0", "id": "p", "result": {"events": []}}
    assert sum(api.waiting.pauses) == 25
    pause = api.waiting.pause

    def a_minute_passes(seconds: float) -> None:
        world.clock.advance(60)
        pause(seconds)

    api.pulls._pause = a_minute_passes
    (event,) = api.rpc("agent.pull", "p").json["result"]["events"]
    assert event["params"]["ping_task_id"] == 3


def test_pulls_beyond_a_number_are_held_for_a_moment_only() -> None:
    waiting = Waiting()
    pulls = HeldPulls(25, clock=waiting, pause=waiting.pause)

    def held_inside(pulls_held: int) -> None:
        """Hold one pull after another, each inside the one before, and one more once all places are taken."""

        def look() -> list[AgentOrder]:
            held_inside(pulls_held + 1)
            return [PingOrder(1, "icmp", "x", 1)]  # so that the outer pulls end at once

        if pulls_held < MAX_HELD_PULLS:
            pulls.until_due(look)
        else:
            assert pulls.until_due(list) == ()

    held_inside(0)
    assert waiting.seconds == 0.5
    pulls.until_due(list)
    assert waiting.seconds == 25.5


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"no json", 400, -32700),
        (b"", 400, -32700),
        (b"[]", 400, -32700),
        ({"jsonrpc": "1.0", "method": "agent.report"}, 400, -32600),
        ({"jsonrpc": "2.0", "method": "agent.dance", "id": 4}, 400, -32601),
        ({"jsonrpc": "2.0", "method": "agent.report", "params": {"report": 5}, "id": 4}, 400, -32602),
        (b"x" * (MAX_BODY_BYTES + 1), 413, -32700),
    ],
)
def test_v2_faults_are_json_rpc_errors(body: Any, status: int, code: int) -> None:
    answer = Api(World()).post("/v2/rpc", body)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)


def test_a_gzip_bomb_is_refused() -> None:
    answer = Api(World()).post("/v2/rpc", b" " * (MAX_INFLATED_BYTES * 20), gzipped=True)
    assert (answer.status_code, answer.json["error"]["code"]) == (413, -32700)


def test_v1_posts() -> None:
    world = World(ping_task(3, 60))
    api = Api(world)
    assert api.post("/report", REPORT).json == {"status": "success"}
    assert (api.post("/report", b"{").status_code, api.post("/report", b"{").json) == (
        400,
        {"error": "Invalid request body"},
    )
    wrong = api.post("/report", {"cpu": {"usage": 101}})
    assert (wrong.status_code, wrong.json) == (400, {"error": "cpu.usage must be between 0 and 100"})
    assert api.post("/uploadBasicInfo", {"os": "Debian"}).json == {"status": "success"}
    assert api.post("/uploadBasicInfo", b"{").status_code == 400
    assert api.post("/ping/result", {"task_id": 3, "value": 5, "finished_at": 1795178192}).json == {"status": "success"}
    assert api.post("/ping/result", {"task_id": 3}).json == {"status": "error", "error": "value must be a number"}
    tasks = api.client.get(f"/api/clients/ping/tasks?token={TOKEN}").json
    assert tasks == [
        {
            "id": 3,
            "weight": 0,
            "name": "task 3",
            "clients": ["node-a"],
            "type": "icmp",
            "target": "127.0.0.1",
            "interval": 60,
        }
    ]
    assert world.agents.due_orders("node-a"), "an agent that keeps the schedule itself took no round away"


@pytest.mark.parametrize("path", ["/report", "/uploadBasicInfo", "/ping/result", "/v2/rpc"])
def test_a_wrong_token_is_unauthorized(path: str) -> None:
    for token in ("", "wrong"):
        answer = Api(World()).post(path, {}, token)
        assert (answer.status_code, answer.json) == (401, {"status": "error", "message": "Unauthorized."})


def test_a_machine_registers_and_is_told_its_token() -> None:
    api = Api(World())
    headers = {"Authorization": f"Bearer {DISCOVERY_KEY}"}
    answer = api.client.post("/api/clients/register?name=vm", data=b'{"key":"ignored"}', headers=headers)
    assert answer.json == {"status": "success", "message": "", "data": {"uuid": "new", "token": "n" * 22}}
    for refused in ({}, {"Authorization": f"Basic {DISCOVERY_KEY}"}, {"Authorization": "Bearer x"}):
        answer = api.client.post("/api/clients/register?name=vm", headers=refused)
        assert (answer.status_code, answer.json["message"]) == (403, "Invalid AutoDiscovery Key")


def test_when_the_store_is_down_an_agent_is_told_to_come_again() -> None:
    world = World()
    api = Api(world)
    world.live.down = True
    answer = api.post("/report", REPORT)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")
    answer = api.rpc("agent.report", 1, report=REPORT)
    assert (answer.status_code, answer.json["error"]["code"]) == (503, -32603)
    world.nodes.down = True
    assert api.post("/v2/rpc", {}).status_code == 503


def test_without_an_upgrade_a_socket_path_says_so() -> None:
    for path in ("", "/report", "/v2/rpc"):
        answer = Api(World()).client.get(f"/api/clients{path}")
        assert (answer.status_code, answer.json) == (400, {"status": "error", "error": "Require WebSocket upgrade"})
