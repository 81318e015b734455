"""RPC2 over POST and over its WebSocket."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from tests.contract.monitor_api.conftest import Site

FRAME_WITHIN_SECONDS = 60


def call(site: Site, method: str, params: Any = None, *, admin: bool = False) -> Any:
    body = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
    answer = site.send("POST", "/api/rpc2", body, site.admin if admin else None)
    assert answer.status_code == 200, answer.text
    assert answer.json()["id"] == 7
    return answer.json()


def test_the_protocols_own_methods(site: Site) -> None:
    assert call(site, "rpc.ping")["result"] == "pong"
    assert call(site, "rpc.version")["result"] == "2.0"
    methods = call(site, "rpc.methods")["result"]
    assert {"rpc.help", "common:getNodes", "common:getRecords"} <= set(methods)
    described = call(site, "rpc.help", ["common:getRecords"])["result"]
    assert [each["name"] for each in described["params"]][:2] == ["type", "uuid"]
    assert call(site, "rpc.help", {"method": "nothing"})["error"]["code"] == -32044


def test_public_methods_answer_as_rest_does(site: Site) -> None:
    site.report_now(site.token)
    site.put_records(site.uuid)
    for method, params, path in (
        ("public:getMe", None, "/api/me"),
        ("public:getVersion", None, "/api/version"),
        ("public:getPublicSettings", None, "/api/public"),
        ("public:getNodesInformation", None, "/api/nodes"),
        ("public:getClientRecentRecords", {"uuid": site.uuid}, f"/api/recent/{site.uuid}"),
        ("public:getRecordsByUUID", {"uuid": site.uuid, "hours": "1"}, f"/api/records/load?uuid={site.uuid}&hours=1"),
        ("public:getRecordsByUUID", [site.uuid, "cpu", 1], f"/api/records/load?uuid={site.uuid}&load_type=cpu&hours=1"),
        ("public:getPingRecords", {"uuid": site.uuid, "hours": 2}, f"/api/records/ping?uuid={site.uuid}&hours=2"),
        ("public:getPublicPingTasks", None, "/api/task/ping"),
    ):
        rest = site.send("GET", path).json()
        # An empty list is a result too.
        assert call(site, method, params)["result"] == (rest if method == "public:getMe" else rest["data"]), method
    seen = {node["uuid"] for node in call(site, "public:getNodesInformation", admin=True)["result"]}
    assert site.hidden in seen
    for method, params, message in (
        ("public:getClientRecentRecords", {"uuid": site.hidden}, "UUID is required"),
        ("public:getRecordsByUUID", {}, "UUID is required"),
        ("public:getRecordsByUUID", {"uuid": site.uuid, "hours": 1.5}, "Invalid hours parameter"),
        ("public:getRecordsByUUID", {"uuid": site.uuid, "load_type": "gpu"}, "Invalid load_type parameter"),
        ("public:getPingRecords", {}, "UUID or task_id is required"),
        ("public:getPingRecords", {"task_id": "x"}, "Invalid task_id parameter"),
    ):
        assert call(site, method, params)["error"] == {"code": -32602, "message": message}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, -32600),
        (b"{", 400, -32700),
        (b"[]", 400, -32600),
        (b'{"jsonrpc":"1.0","id":1,"method":"rpc.ping"}', 400, -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"nothing"}', 200, -32601),
        (b'{"jsonrpc":"2.0","id":1,"method":"common:getNodes","params":[1]}', 200, -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"common:getNodes","params":"x"}', 200, -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"common:getRecords","params":{"start":"x"}}', 200, -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"rpc.help","params":{"method":"\\ud800"}}', 400, -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"common:getNodes","params":{"uuid":"%s"}}' % (b"x" * 5_000), 200, -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"common:getNodes","params":{"uuid":"\\u0000"}}', 200, -32602),
    ],
)
def test_errors_have_the_protocols_codes(site: Site, body: bytes, status: int, code: int) -> None:
    answer = site.send("POST", "/api/rpc2", data=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_batch_is_answered_in_its_order(site: Site) -> None:
    batch = [{"jsonrpc": "2.0", "id": "a", "method": "rpc.ping"}, {"jsonrpc": "2.0", "method": "nothing"}, 5]
    answers = site.send("POST", "/api/rpc2", batch).json()
    assert answers[0] == {"jsonrpc": "2.0", "result": "pong", "id": "a"}
    assert [each["error"]["code"] for each in answers[1:]] == [-32601, -32600]


def test_a_guest_sees_less_than_the_administrator(site: Site) -> None:
    assert call(site, "common:getMe")["result"] == {
        "username": "", "logged_in": False, "uuid": "", "sso_type": "", "sso_id": "", "2fa_enabled": False,
    }  # fmt: skip
    assert call(site, "common:getMe", admin=True)["result"]["username"] == "admin"
    shown = call(site, "common:getNodes")["result"]
    assert site.hidden not in shown and "token" not in shown[site.uuid]
    whole = call(site, "common:getNodes", admin=True)["result"]
    assert whole[site.hidden]["token"] == site.hidden_token
    refused = call(site, "common:getNodes", {"uuid": site.hidden})["error"]
    assert refused == {"code": -32602, "message": "Node not found", "data": site.hidden}
    assert call(site, "common:getRecords", {"uuid": site.hidden})["error"]["message"] == "UUID not found"
    for method in ("common:getVersion", "common:getPublicInfo"):
        path = {"common:getVersion": "/api/version", "common:getPublicInfo": "/api/public"}[method]
        assert call(site, method)["result"] == site.send("GET", path).json()["data"]


def test_the_latest_status_is_flat_and_counts_udp_connections_too(site: Site) -> None:
    site.report_now(site.token)
    everything = call(site, "common:getNodesLatestStatus")["result"]
    assert set(everything) == {site.uuid}
    status = call(site, "common:getNodesLatestStatus", {"uuid": site.uuid})["result"]
    report = site.report
    assert status["online"] is True and status["client"] == site.uuid and status["ping"] == {}
    assert status["connections"] == report["connections"]["tcp"] + report["connections"]["udp"]
    assert (status["net_in"], status["net_out"]) == (report["network"]["down"], report["network"]["up"])
    recent = call(site, "common:getNodeRecentStatus", {"uuid": site.uuid})["result"]
    assert recent["count"] == len(recent["records"]) > 0
    assert recent["records"][-1]["ram"] == report["ram"]["used"]


def test_records_are_a_map_and_thinned_to_what_is_asked(site: Site) -> None:
    site.put_records(site.uuid, 20)
    found = call(site, "common:getRecords", {"uuid": site.uuid, "hours": 1})["result"]
    assert len(found["records"][site.uuid]) == found["count"] >= 19
    few = call(site, "common:getRecords", {"uuid": site.uuid, "hours": 1, "maxCount": 5})["result"]
    assert few["count"] == 5
    times = [each["time"] for each in few["records"][site.uuid]]
    everything = [each["time"] for each in found["records"][site.uuid]]
    assert (times[0], times[-1]) == (everything[0], everything[-1])
    between = {"uuid": site.uuid, "start": everything[3], "end": everything[6], "load_type": "cpu"}
    part = call(site, "common:getRecords", between)["result"]
    assert [each["time"] for each in part["records"][site.uuid]] == everything[3:7]
    assert part["load_type"] == "cpu" and set(part["records"][site.uuid][0]) == {"client", "time", "cpu"}


@pytest.mark.parametrize("kind", ["load", "ping"])
@pytest.mark.parametrize(
    "stretch",
    [
        {"end": "9999-12-31T23:59:59-14:00"},
        {"start": "9999-12-31T00:00:00-14:00", "end": "9999-12-31T23:59:59-14:00"},
        {"start": "0001-01-01T00:00:00+14:00"},
        {"end": "0001-01-01T00:00:00+14:00"},
        {"hours": 1e308},
        {"hours": -1},
    ],
)
def test_any_stretch_of_time_is_answered(site: Site, kind: str, stretch: dict[str, Any]) -> None:
    found = call(site, "common:getRecords", {"type": kind, "uuid": site.uuid, **stretch})["result"]
    assert found["from"] <= found["to"]
    shown = found["records"] if kind == "ping" else found["records"][site.uuid]
    assert found["count"] == len(shown)


def test_ping_records_have_percentiles(site: Site) -> None:
    wanted = {"clients": [site.uuid, site.hidden], "name": "p", "target": "192.0.2.1", "type": "icmp", "interval": 30}
    task_id = site.done("/api/admin/ping/add", wanted)["data"]["task_id"]
    site.put_pings(site.uuid, task_id, [10, 20, 30])
    site.put_pings(site.hidden, task_id, [99])
    found = call(site, "common:getRecords", {"type": "ping", "hours": 1})["result"]
    assert [each["value"] for each in found["records"]] == [10, 20, 30]
    task = found["tasks"][0]
    assert (task["latest"], task["p50"], task["p99"], task["p99_p50_ratio"]) == (10, 20, 30, 1.5)
    assert call(site, "common:getRecords", {"type": "ping"}, admin=True)["result"]["count"] == 4
    site.done("/api/admin/ping/delete", {"id": [task_id]})


def test_the_socket_answers_each_request_and_refuses_batches(site: Site) -> None:
    async def scene() -> list[Any]:
        url = site.stack.base_url + "/api/rpc2"
        cookies = {"session_token": site.admin.cookies["session_token"]}
        async with (
            asyncio.timeout(FRAME_WITHIN_SECONDS),
            aiohttp.ClientSession(cookies=cookies, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
            session.ws_connect(url, origin=site.stack.base_url) as socket,
        ):
            answers = []
            for text in (
                '{"jsonrpc":"2.0","id":1,"method":"common:getMe"}',
                "garbage",
                '[{"jsonrpc":"2.0","id":1,"method":"rpc.ping"}]',
                '{"jsonrpc":"2.0","method":"rpc.ping"}',
            ):
                await socket.send_str(text)
                answers.append(json.loads(await socket.receive_str()))
            return answers

    me, garbage, batch, notification = asyncio.run(scene())
    assert me["result"]["logged_in"] is True
    assert garbage["error"]["code"] == batch["error"]["code"] == -32600
    assert notification == {"jsonrpc": "2.0", "result": "pong"}


def test_what_no_frame_carries_is_asked_for_by_post(site: Site) -> None:
    """As komari-web does: a call that fails over the socket is made again by POST."""
    added = [site.new_node(f"{number}")[0] for number in range(30)]
    for uuid in added:
        site.done(f"/api/admin/client/{uuid}/edit", {"public_remark": "r" * 5_000})
    request = {"jsonrpc": "2.0", "id": 1, "method": "common:getNodes"}

    async def over_socket() -> Any:
        async with (
            asyncio.timeout(FRAME_WITHIN_SECONDS),
            aiohttp.ClientSession() as session,
            session.ws_connect(site.stack.base_url + "/api/rpc2", origin=site.stack.base_url) as socket,
        ):
            await socket.send_json(request)
            return json.loads(await socket.receive_str())

    try:
        refused = asyncio.run(over_socket())
        assert (refused["id"], refused["error"]["code"]) == (1, -32603)
        whole = call(site, "common:getNodes")["result"]
        assert {whole[uuid]["public_remark"] for uuid in added} == {"r" * 5_000}
    finally:
        for uuid in added:
            site.done(f"/api/admin/client/{uuid}/remove")


@pytest.mark.parametrize("origin", [None, "https://elsewhere.example"])
def test_a_page_from_elsewhere_gets_no_socket(site: Site, origin: str | None) -> None:
    async def connect() -> int:
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(site.stack.base_url + "/api/rpc2", origin=origin)
        return refused.value.status

    assert asyncio.run(connect()) == 403
