"""Agents against the embedded stack through its one port: what real agents were recorded to send, replayed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests

from tests.durable_engines import needs_durable_engines
from tests.embedded import EmbeddedStack
from tests.integration.monitored_machines import (
    DISCOVERY_KEY,
    PASSWORD,
    Monitor,
    answer_to,
    eventually_shows,
    exchanges,
    frames,
    next_message,
    page_headers,
    post,
    reports_until_asked,
    run,
)

pytestmark = needs_durable_engines


@pytest.fixture(scope="module")
def monitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitor]:
    folder: Path = tmp_path_factory.mktemp("monitor") / "data"
    environment = {
        "ADMIN_PASSWORD": PASSWORD,
        "MONITOR_PULL_SECONDS": "2",
        "KOOK_API_BASE": "http://127.0.0.1:9/api/v3",
    }
    with EmbeddedStack(folder, environment=environment) as stack:
        yield Monitor(stack)
        assert "Traceback" not in stack.output()


def test_a_machine_registers_by_the_auto_discovery_key(monitor: Monitor) -> None:
    (exchange,) = exchanges("A")
    url = f"{monitor.stack.base_url}{exchange['path']}?name=vm"
    answer = requests.post(url, json=exchange["body"], headers={"Authorization": f"Bearer {DISCOVERY_KEY}"}, timeout=30)
    assert answer.status_code == 200
    assert answer.json() == {**exchange["answer"], "data": answer.json()["data"]}
    assert len(answer.json()["data"]["token"]) == 22
    nodes = {node["uuid"]: node["name"] for node in monitor.admin("GET", "/client/list")}
    assert nodes[answer.json()["data"]["uuid"]] == "Auto-vm"
    for headers in ({}, {"Authorization": "Bearer lab-autodiscovery-key-2"}):
        refused = requests.post(url, json=exchange["body"], headers=headers, timeout=30)
        assert (refused.status_code, refused.json()) == (
            403,
            {"status": "error", "message": "Invalid AutoDiscovery Key"},
        )


@pytest.mark.parametrize("number", range(len(exchanges("B"))))
def test_every_recorded_request_of_protocol_v2_is_answered_as_recorded(monitor: Monitor, number: int) -> None:
    exchange = exchanges("B")[number]
    uuid, token = monitor.new_node(f"v2-{number}")
    answer = post(monitor, exchange, token)
    if exchange["path"].endswith("/task/result"):
        # Remote commands are off here: tests/integration/test_monitor_commands.py has them on.
        assert (answer.status_code, answer.json()) == (404, {"status": "error", "message": "Task not found"})
        return
    assert (answer.status_code, answer.json()) == (exchange["status"], exchange["answer"])
    if "rpc" in exchange["path"]:
        info = exchange["body"]["params"]["info"]
        assert monitor.admin("GET", f"/client/{uuid}").items() >= info.items()


def test_an_agent_of_protocol_v2_reports_is_asked_to_ping_and_tells_the_result(monitor: Monitor) -> None:
    uuid, token = monitor.new_node("v2")
    task_id = monitor.new_ping_task(uuid)
    report, second = (each["message"] for each in frames("B", "up")[:2])
    result = next(each["message"] for each in frames("B", "up") if each["message"]["method"] == "agent.pingResult")
    extensions = {"Sec-WebSocket-Extensions": frames("B", "open")[0]["headers"]["Sec-WebSocket-Extensions"]}

    async def work(session: aiohttp.ClientSession) -> None:
        url = monitor.websocket_url(f"/api/clients/v2/rpc?token={token}")
        async with session.ws_connect(url, headers=extensions) as agent:
            assert "Sec-WebSocket-Extensions" not in agent._response.headers
            order = await reports_until_asked(agent, report)
            recorded = next(each["message"] for each in frames("B", "down"))
            assert order == {**recorded, "params": {**recorded["params"], "ping_task_id": task_id}}
            await agent.send_json({**result, "params": {**result["params"], "task_id": task_id, "value": 7}})
            identified = await answer_to(agent, json.dumps({**second, "id": "report-1"}))
            while identified.get("method") == "agent.ping":  # the next second's round
                identified = await next_message(agent)
            assert identified == {"jsonrpc": "2.0", "id": "report-1", "result": {"status": "success"}}
            unknown = await answer_to(agent, '{"jsonrpc":"2.0","id":5,"method":"agent.dance"}')
            while unknown.get("method") == "agent.ping":
                unknown = await next_message(agent)
            assert (unknown["id"], unknown["error"]["code"]) == (5, -32601)
            async with session.ws_connect(monitor.websocket_url("/api/clients"), headers=page_headers(monitor)) as page:
                shown = await eventually_shows(page, uuid, lambda answer: answer["data"]["online"] == [uuid])
                kept = shown["data"]["data"][uuid]
                assert kept.items() >= second["params"]["report"].items()
                await agent.close()
                await eventually_shows(page, uuid, lambda answer: answer["data"]["online"] == [])

    assert (
        post(monitor, exchanges("B")[0], token).status_code == 200
    )  # so that it counts as a machine, not as a new node
    run(work)
    health = requests.get(
        f"{monitor.stack.base_url}/api/health/check", headers=monitor.stack.headers, timeout=30
    ).json()
    silent = {each["id"]: each for each in health["components"]["machines"]["silent"]}
    assert (silent[uuid]["kind"], silent[uuid]["name"]) == ("agent", "v2")
    assert silent[uuid]["last_seen_at"]
    assert "do not report" in health["components"]["machines"]["hint"]
    pings = requests.get(f"{monitor.stack.base_url}/api/records/ping", params={"uuid": uuid, "hours": 1}, timeout=30)
    assert [each["value"] for each in pings.json()["data"]["records"]] == [7]


def test_an_agent_of_protocol_v1_reports_is_asked_to_ping_and_tells_the_result(monitor: Monitor) -> None:
    uuid, token = monitor.new_node("v1")
    task_id = monitor.new_ping_task(uuid)
    report, result = (each["message"] for each in frames("C", "up")[:2])

    async def work(session: aiohttp.ClientSession) -> None:
        async with session.ws_connect(monitor.websocket_url(f"/api/clients/report?token={token}")) as agent:
            recorded = frames("C", "down")[0]["message"]
            assert await reports_until_asked(agent, report) == {**recorded, "ping_task_id": task_id}
            await agent.send_json({**result, "task_id": task_id, "value": 9})
            refused = await answer_to(agent, "this is no JSON")
            while refused.get("message") == "ping":
                refused = await next_message(agent)
            assert refused == {"status": "error", "error": "the body is not valid JSON"}
            async with session.ws_connect(monitor.websocket_url("/api/clients"), headers=page_headers(monitor)) as page:
                shown = await eventually_shows(page, uuid, lambda answer: answer["data"]["online"] == [uuid])
                assert shown["data"]["data"][uuid]["ram"] == report["ram"]

    run(work)
    recent = requests.get(f"{monitor.stack.base_url}/api/recent/{uuid}", timeout=30).json()["data"]
    assert {each["uptime"] for each in recent} == {report["uptime"]}


@pytest.mark.parametrize(("section", "path"), [("B", "/api/clients/v2/rpc"), ("C", "/api/clients/report")])
def test_every_recorded_frame_of_an_agent_is_taken_without_a_word(monitor: Monitor, section: str, path: str) -> None:
    uuid, token = monitor.new_node(f"frames of {section}")
    recorded = [each["message"] for each in frames(section, "up")]

    async def work(session: aiohttp.ClientSession) -> None:
        async with session.ws_connect(monitor.websocket_url(f"{path}?token={token}")) as agent:
            for message in recorded:
                await agent.send_json(message)
            # Frames are looked at in their order, so a complaint about one of those would stand before this one.
            refused = await answer_to(agent, "this is the end")
            assert "the body is not valid JSON" in json.dumps(refused)

    run(work)
    recent = requests.get(f"{monitor.stack.base_url}/api/recent/{uuid}", timeout=30).json()["data"]
    reports = [each for each in recorded if "cpu" in json.dumps(each) and "pu_name" not in json.dumps(each)]
    assert len(recent) == len(reports) > 0


def test_an_agent_without_a_socket_posts_and_pulls(monitor: Monitor) -> None:
    uuid, token = monitor.new_node("posting")
    reporting, pulling = exchanges("D")
    answer = post(monitor, reporting, token)
    assert (answer.status_code, answer.json()) == (200, reporting["answer"])
    held = post(monitor, pulling, token)
    assert (held.status_code, held.json()) == (200, pulling["answer"])
    task_id = monitor.new_ping_task(uuid)
    deadline_events: list[Any] = []
    for _ in range(10):  # each pull is held for two seconds; a process may take five to see a new task
        deadline_events = post(monitor, pulling, token).json()["result"]["events"]
        if deadline_events:
            break
    (event,) = deadline_events
    assert event["method"] == "agent.ping"
    assert event["params"] == {"ping_task_id": task_id, "ping_type": "icmp", "ping_target": "127.0.0.1"}
    assert event["id"] and event["created_at"] < event["expires_at"]


def test_protocol_v1_by_post(monitor: Monitor) -> None:
    uuid, token = monitor.new_node("v1 by post")
    for exchange in [each for each in exchanges("C") if each["path"].endswith("/uploadBasicInfo")]:
        answer = post(monitor, exchange, token)
        assert (answer.status_code, answer.json()) == (exchange["status"], exchange["answer"])
        assert monitor.admin("GET", f"/client/{uuid}").items() >= exchange["body"].items()
    url = f"{monitor.stack.base_url}/api/clients/report?token={token}"
    report = frames("C", "up")[0]["message"]
    answer = requests.post(url, json=report, timeout=30)
    assert (answer.status_code, answer.json()) == (200, {"status": "success"})
    refused = requests.post(url, data="no json", timeout=30)
    assert (refused.status_code, refused.json()) == (400, {"error": "Invalid request body"})
    task_id = monitor.new_ping_task(uuid, interval_seconds=60)
    tasks = requests.get(f"{monitor.stack.base_url}/api/clients/ping/tasks?token={token}", timeout=30).json()
    assert isinstance(tasks, list)
    assert all(task["target"] == "127.0.0.1" for task in tasks if task["id"] == task_id)


@pytest.mark.parametrize("path", ["/api/clients/report", "/api/clients/v2/rpc", "/api/clients/uploadBasicInfo"])
def test_a_wrong_token_is_unauthorized(monitor: Monitor, path: str) -> None:
    for query in ("", "?token=", "?token=wrong", "?token=" + "x" * 5000):
        answer = requests.post(f"{monitor.stack.base_url}{path}{query}", json={}, timeout=30)
        assert (answer.status_code, answer.json()) == (401, {"status": "error", "message": "Unauthorized."})


def test_handshakes_are_refused_by_status_and_plain_requests_are_told_to_upgrade(monitor: Monitor) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        for path, headers, status in (
            ("/api/clients/report?token=wrong", {}, 401),
            ("/api/clients/v2/rpc", {}, 401),
            ("/api/clients/terminal?token=x&id=y", {}, 404),
            ("/api/clients", {}, 403),
            ("/api/clients", {"Origin": "http://elsewhere.example"}, 403),
        ):
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                await session.ws_connect(monitor.websocket_url(path), headers=headers)
            assert caught.value.status == status, path

    run(work)
    for path in ("/api/clients", "/api/clients/report", "/api/clients/v2/rpc"):
        answer = requests.get(f"{monitor.stack.base_url}{path}", timeout=30)
        assert (answer.status_code, answer.json()) == (400, {"status": "error", "error": "Require WebSocket upgrade"})


def test_a_page_gets_one_answer_for_each_question(monitor: Monitor) -> None:
    uuid, token = monitor.new_node("hidden")
    monitor.admin("POST", f"/client/{uuid}/edit", {"hidden": True})
    requests.post(
        f"{monitor.stack.base_url}/api/clients/report?token={token}", json=frames("C", "up")[0]["message"], timeout=30
    )
    cookie = {"Cookie": f"session_token={monitor.browser.cookies['session_token']}"}

    async def work(session: aiohttp.ClientSession) -> None:
        url, origin = monitor.websocket_url("/api/clients"), page_headers(monitor)
        async with session.ws_connect(url, headers=origin) as guest:
            for text in ("", "GET", "getall", "{}", "x" * 20_000):
                assert await answer_to(guest, text) == {"status": "error", "error": "Invalid message"}
            everything = await answer_to(guest, "get")
            assert everything["status"] == "success"
            assert uuid not in everything["data"]["data"]
            assert await answer_to(guest, "get nobody") == {"data": {"online": [], "data": {}}, "status": "success"}
        async with session.ws_connect(url, headers={**origin, **cookie}) as administrator:
            await eventually_shows(administrator, uuid, lambda answer: uuid in answer["data"]["data"])

    run(work)


def test_the_socket_of_a_removed_node_is_closed(monitor: Monitor) -> None:
    uuid, token = monitor.new_node("removed")
    report = frames("B", "up")[0]["message"]

    async def work(session: aiohttp.ClientSession) -> None:
        url = monitor.websocket_url(f"/api/clients/v2/rpc?token={token}")
        async with session.ws_connect(url) as agent:
            await agent.send_json({**report, "id": 1})
            assert "result" in await next_message(agent)
            monitor.admin("POST", f"/client/{uuid}/remove")
            for _ in range(40):  # a process remembers for ten seconds that the node is there
                await agent.send_json(report)
                try:
                    message = await agent.receive(timeout=0.5)
                except TimeoutError:
                    continue
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                assert "removed" in message.data
            assert agent.closed
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect(url)
        assert caught.value.status == 401

    run(work)


def test_after_a_kill_an_agent_comes_back_and_no_round_is_given_out_twice(monitor: Monitor) -> None:
    """The last of this module: it restarts the stack."""
    uuid, token = monitor.new_node("survivor")
    task_id = monitor.new_ping_task(uuid, interval_seconds=86_400)
    report = frames("C", "up")[0]["message"]
    url = monitor.websocket_url(f"/api/clients/v2/rpc?token={token}")

    def call(number: int) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": number, "method": "agent.report", "params": {"report": report}}

    async def before(session: aiohttp.ClientSession) -> None:
        notification = {"jsonrpc": "2.0", "method": "agent.report", "params": {"report": report}}
        async with session.ws_connect(url) as agent:
            assert (await reports_until_asked(agent, notification))["params"]["ping_task_id"] == task_id
            monitor.stack.kill9()

    async def after(session: aiohttp.ClientSession) -> None:
        async with session.ws_connect(url) as agent:
            # What a report brings is sent before the next one is looked at: a second order would stand between these.
            for number in range(3):
                await agent.send_json(call(number))
            assert [(await next_message(agent))["id"] for _ in range(3)] == [0, 1, 2]
            async with session.ws_connect(monitor.websocket_url("/api/clients"), headers=page_headers(monitor)) as page:
                await eventually_shows(page, uuid, lambda answer: answer["data"]["online"] == [uuid])

    run(before)
    monitor.stack.restart()
    run(after)
