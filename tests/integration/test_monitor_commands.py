"""Commands for machines on the embedded stack, where the operator enabled them: the recorded agents are told and tell
what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
import requests

from tests.durable_engines import needs_durable_engines
from tests.embedded import EmbeddedStack
from tests.integration.monitored_machines import (
    PASSWORD,
    Monitor,
    exchanges,
    frames,
    post,
    reports_until_asked,
    run,
)

pytestmark = needs_durable_engines

COMMAND = "echo hi from $0; exit 2"


@pytest.fixture(scope="module")
def monitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitor]:
    environment = {
        "ADMIN_PASSWORD": PASSWORD,
        "MONITOR_REMOTE_COMMANDS": "on",
        "MONITOR_PULL_SECONDS": "5",
        "KOOK_API_BASE": "http://127.0.0.1:9/api/v3",
    }
    with EmbeddedStack(tmp_path_factory.mktemp("commands") / "data", environment=environment) as stack:
        yield Monitor(stack)
        assert "Traceback" not in stack.output()
        assert COMMAND not in stack.output()


def give(monitor: Monitor, *nodes: str) -> str:
    given = monitor.admin("POST", "/task/exec", {"command": COMMAND, "clients": list(nodes)})["data"]
    assert given["clients"]
    return str(given["task_id"])


def recorded_order(section: str) -> Any:
    return next(each["message"] for each in frames(section, "down") if "exec" in json.dumps(each["message"]))


def told_back(monitor: Monitor, section: str, uuid: str, token: str, task_id: str) -> None:
    """The recorded result of the command, and what the administrator then sees."""
    exchange = next(each for each in exchanges(section) if each["path"].endswith("/task/result"))
    mine = {**exchange, "body": {**exchange["body"], "task_id": task_id}}
    answer = post(monitor, mine, token)
    assert (answer.status_code, answer.json()) == (exchange["status"], exchange["answer"])
    shown = monitor.admin("GET", f"/task/{task_id}/result/{uuid}")["data"]
    assert (shown["result"], shown["exit_code"]) == (exchange["body"]["result"], 2)
    assert shown["finished_at"] >= shown["created_at"]


@pytest.mark.parametrize(("section", "path"), [("B", "/api/clients/v2/rpc"), ("C", "/api/clients/report")])
def test_a_recorded_agent_is_told_over_its_socket_and_tells_the_result(
    monitor: Monitor, section: str, path: str
) -> None:
    uuid, token = monitor.new_node(f"told {section}")
    report = frames(section, "up")[0]["message"]
    online = post(monitor, {**exchanges("D")[0], "gzip": True}, token)  # it reported, so it can be told
    assert online.status_code == 200
    orders = []

    async def work(session: aiohttp.ClientSession) -> None:
        async with session.ws_connect(monitor.websocket_url(f"{path}?token={token}")) as agent:
            task_id = give(monitor, uuid)
            order = await reports_until_asked(agent, report)
            recorded = recorded_order(section)
            if section == "B":
                assert order == {**recorded, "params": {"task_id": task_id, "command": COMMAND}}
            else:
                assert order == {**recorded, "task_id": task_id, "command": COMMAND}
            orders.append(task_id)
            await agent.send_json(report)
            with pytest.raises(TimeoutError):
                await agent.receive(timeout=1)  # it is told once

    run(work)
    told_back(monitor, section, uuid, token, orders[0])


def test_an_agent_without_a_socket_is_told_by_an_event(monitor: Monitor) -> None:
    uuid, token = monitor.new_node("pulling")
    reporting, pulling = exchanges("D")
    assert post(monitor, reporting, token).json()["result"]["events"] == []
    task_id = give(monitor, uuid)
    (event,) = post(monitor, pulling, token).json()["result"]["events"]
    assert (event["id"], event["method"]) == (f"exec-{task_id}", "agent.exec")
    assert event["params"] == {"task_id": task_id, "command": COMMAND}
    told_back(monitor, "B", uuid, token, task_id)


def test_commands_are_listed_and_audited(monitor: Monitor) -> None:
    uuid, token = monitor.new_node("audited")
    away, _ = monitor.new_node("away")
    assert post(monitor, exchanges("D")[0], token).status_code == 200
    task_id = give(monitor, away, uuid)
    log = monitor.admin("GET", "/logs?limit=1")["data"]["logs"][0]
    assert (log["message"], log["msg_type"]) == (f"REC, task id: {task_id}, clients: {uuid}", "warn")
    assert log["ip"] == "127.0.0.1"
    task = monitor.admin("GET", f"/task/{task_id}")["data"]
    assert (task["command"], task["clients"]) == (COMMAND, [away, uuid])
    offline, waiting = task["results"]
    assert (offline["client"], offline["result"], offline["exit_code"]) == (away, "Client offline!", -1)
    assert (waiting["client"], waiting["exit_code"], waiting["finished_at"]) == (uuid, None, None)
    assert monitor.admin("GET", "/task/all")["data"][0] == task
    assert [each["task_id"] for each in monitor.admin("GET", f"/task/client/{away}")["data"]] == [task_id]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"command": COMMAND, "clients": ["unknown"]}, 404, "Client not found"),
        ({"command": COMMAND, "clients": []}, 400, "clients"),
        ({"command": COMMAND, "clients": "all"}, 400, "clients"),
        ({"command": "", "clients": ["x"]}, 400, "command"),
        ({"command": "x" * 8_001, "clients": ["x"]}, 400, "command"),
    ],
)
def test_what_cannot_be_given(monitor: Monitor, body: Any, status: int, says: str) -> None:
    answer = monitor.browser.post(f"{monitor.stack.base_url}/api/admin/task/exec", json=body, timeout=30)
    assert answer.status_code == status and says in answer.json()["message"]
    guest = requests.post(f"{monitor.stack.base_url}/api/admin/task/exec", json=body, timeout=30)
    assert guest.status_code == 401


def test_results_of_nothing_are_refused(monitor: Monitor) -> None:
    uuid, token = monitor.new_node("liar")
    url = f"{monitor.stack.base_url}/api/clients/task/result?token={token}"
    unknown = requests.post(url, json={"task_id": "unknown", "result": "x", "exit_code": 0}, timeout=30)
    assert (unknown.status_code, unknown.json()) == (404, {"status": "error", "message": "Task not found"})
    for body in (b"", b"[]", b'{"task_id":5,"result":"x"}'):
        assert requests.post(url, data=body, timeout=30).status_code == 400
    assert requests.post(url, data=b"{" * 1_100_000, timeout=30).status_code == 413
    for path in ("unknown", "unknown/result", f"unknown/result/{uuid}", f"client/{uuid}"):
        answer = monitor.browser.get(f"{monitor.stack.base_url}/api/admin/task/{path}", timeout=30)
        assert answer.status_code == 404, path
