"""Three front ends of Komari and its mobile app, as scripts: what each asks for on load, while it is open, and on a
node's page, through the one port."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from typing import Any

import aiohttp
import pytest

from tests.durable_engines import needs_durable_engines
from tests.embedded import EmbeddedStack
from tests.integration.monitored_machines import (
    PASSWORD,
    TRAFFIC,
    Monitor,
    answer_to,
    eventually_shows,
    next_message,
    page_headers,
    run,
)

pytestmark = needs_durable_engines

REPORT = next(each["message"] for each in TRAFFIC["sockets"] if each["section"] == "C" and each["direction"] == "up")


INDEX = '<!doctype html><title>Komari Monitor</title><script src="/assets/app.js"></script>'


class Scene(Monitor):
    """A site with one node, a ping task, and an agent that reports while a page is open."""

    def __init__(self, stack: EmbeddedStack) -> None:
        super().__init__(stack)
        self.uuid, self.token = self.new_node("front")
        self.task_id = self.new_ping_task(self.uuid)

    def websocket(self, session: aiohttp.ClientSession, path: str) -> Any:
        return session.ws_connect(self.websocket_url(path), headers=page_headers(self))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("fronts") / "data"
    theme = folder.with_name("theme")
    (theme / "dist" / "assets").mkdir(parents=True)
    (theme / "dist" / "index.html").write_text(INDEX, "utf-8")
    (theme / "dist" / "assets" / "app.js").write_text("start()", "utf-8")
    environment = {
        "ADMIN_PASSWORD": PASSWORD,
        "KOOK_API_BASE": "http://127.0.0.1:9/api/v3",
        "MONITOR_THEME_DIR": str(theme),
    }
    with EmbeddedStack(folder, environment=environment) as stack:
        yield Scene(stack)


def while_reporting(scene: Scene, work: Callable[[aiohttp.ClientSession], Awaitable[None]]) -> None:
    """``work`` while the node's agent reports every half second and answers each ping with 5 ms."""

    async def agent(session: aiohttp.ClientSession, ready: asyncio.Event) -> None:
        async with session.ws_connect(scene.websocket_url(f"/api/clients/report?token={scene.token}")) as socket:
            while True:
                await socket.send_json(REPORT)
                try:
                    order = await socket.receive_json(timeout=0.5)
                except TimeoutError:
                    continue
                assert order["message"] == "ping"
                await socket.send_json({"type": "ping_result", "task_id": order["ping_task_id"], "value": 5})
                ready.set()

    async def both(session: aiohttp.ClientSession) -> None:
        ready = asyncio.Event()
        reporting = asyncio.create_task(agent(session, ready))
        waiting = asyncio.create_task(ready.wait())
        try:
            await asyncio.wait({reporting, waiting}, return_when=asyncio.FIRST_COMPLETED)
            assert ready.is_set(), reporting.exception()
            await work(session)
        finally:
            waiting.cancel()
            reporting.cancel()

    run(both)


async def opens(scene: Scene, session: aiohttp.ClientSession, *paths: str) -> None:
    """What a browser does first: the page and its script, on the address that has the API."""
    for path in ("/", *paths):
        async with session.get(scene.stack.base_url + path, headers={"Accept": "text/html"}) as answer:
            assert (answer.status, await answer.text()) == (200, INDEX), path
    async with session.get(f"{scene.stack.base_url}/assets/app.js") as answer:
        assert (answer.status, await answer.text()) == (200, "start()")
    for unknown in ("/api/unknown", "/api/clients/terminal"):
        async with session.get(scene.stack.base_url + unknown, headers={"Accept": "text/html"}) as answer:
            assert (answer.status, answer.content_type) == (404, "application/json"), unknown


async def get(scene: Scene, session: aiohttp.ClientSession, path: str, **query: Any) -> Any:
    """A GET as a page sends it: 200, JSON, never cached."""
    params = {name: str(value) for name, value in query.items()}
    async with session.get(scene.stack.base_url + path, params=params) as answer:
        assert answer.status == 200, path
        assert answer.content_type == "application/json", path
        assert answer.headers["Cache-Control"] == "no-store"
        return await answer.json()


async def loads(scene: Scene, session: aiohttp.ClientSession, *names: str) -> None:
    """What every front end loads before it renders anything."""
    for name in names:
        body = await get(scene, session, f"/api/{name}")
        if name == "me":
            assert body == {"username": "Guest", "logged_in": False}
        elif name == "nodes":
            assert [each["name"] for each in body["data"] if each["uuid"] == scene.uuid] == ["front"]
            assert all("token" not in each or not each["token"] for each in body["data"])
        else:
            assert body["status"] == "success" and isinstance(body["data"], dict)


async def rpc_over(socket: aiohttp.ClientWebSocketResponse, request_id: int, method: str, **params: Any) -> Any:
    await socket.send_json({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
    answer = await next_message(socket)
    assert (answer["jsonrpc"], answer["id"]) == ("2.0", request_id)
    assert "error" not in answer, answer
    return answer["result"]


def test_komari_web_2025(scene: Scene) -> None:
    async def page(session: aiohttp.ClientSession) -> None:
        await opens(scene, session, f"/instance/{scene.uuid}")
        await loads(scene, session, "me", "version", "nodes")
        async with scene.websocket(session, "/api/clients") as socket:
            shown = await eventually_shows(socket, "", lambda answer: scene.uuid in answer["data"]["online"])
            live = shown["data"]["data"][scene.uuid]
            assert live["ram"] == REPORT["ram"] and live["updated_at"]
            assert (await answer_to(socket, "get"))["status"] == "success", "it asks again every two seconds"
        recent = (await get(scene, session, f"/api/recent/{scene.uuid}"))["data"]
        assert recent and recent[0]["cpu"]["usage"] == REPORT["cpu"]["usage"]

    while_reporting(scene, page)


def test_mochi_2025(scene: Scene) -> None:
    async def page(session: aiohttp.ClientSession) -> None:
        await opens(scene, session, f"/node/{scene.uuid}")
        await loads(scene, session, "me", "nodes", "public")
        async with scene.websocket(session, "/api/clients") as socket:
            await eventually_shows(socket, "", lambda answer: scene.uuid in answer["data"]["online"])
        async with scene.websocket(session, "/api/clients") as reconnected:
            assert scene.uuid in (await answer_to(reconnected, "get"))["data"]["online"]
        assert (await get(scene, session, f"/api/recent/{scene.uuid}"))["data"]
        load = (await get(scene, session, "/api/records/load", uuid=scene.uuid, hours=4))["data"]
        assert load["count"] == len(load["records"])
        pings = (await get(scene, session, "/api/records/ping", uuid=scene.uuid, hours=1))["data"]
        assert pings["records"][0]["value"] == 5 and pings["tasks"][0]["id"] == scene.task_id
        (task,) = (await get(scene, session, "/api/task/ping"))["data"]
        assert (task["id"], task["interval"]) == (scene.task_id, 1) and "target" not in task
        by_task = (await get(scene, session, "/api/records/ping", task_id=scene.task_id, hours=1))["data"]
        assert {each["client"] for each in by_task["records"]} == {scene.uuid}

    while_reporting(scene, page)


def test_komari_web_2026(scene: Scene) -> None:
    async def page(session: aiohttp.ClientSession) -> None:
        await opens(scene, session, "/admin/dashboard")
        await loads(scene, session, "public", "me")
        ids = count(1)
        async with scene.websocket(session, "/api/rpc2") as socket:
            nodes = await rpc_over(socket, next(ids), "common:getNodes")
            assert nodes[scene.uuid]["name"] == "front"
            for _ in range(2):  # every two seconds while it is visible
                status = await rpc_over(socket, next(ids), "common:getNodesLatestStatus")
            assert (status[scene.uuid]["online"], status[scene.uuid]["ram"]) == (True, REPORT["ram"]["used"])
            ping = status[scene.uuid]["ping"][str(scene.task_id)]
            assert (ping["name"], ping["latest"], ping["loss"]) == ("loopback", 5, 0.0)
            await socket.send_json({"jsonrpc": "2.0", "method": "rpc.ping"})
            assert await next_message(socket) == {"jsonrpc": "2.0", "result": "pong"}
            recent = await rpc_over(socket, next(ids), "common:getNodeRecentStatus", uuid=scene.uuid)
            assert recent["count"] == len(recent["records"]) > 0
            records = await rpc_over(socket, next(ids), "common:getRecords", uuid=scene.uuid, hours=1)
            assert "records" in records
        # While its socket is down it asks by POST.
        body = {"jsonrpc": "2.0", "id": 9, "method": "common:getNodesLatestStatus", "params": {"uuid": scene.uuid}}
        async with session.post(f"{scene.stack.base_url}/api/rpc2", json=body) as answer:
            assert answer.status == 200
            assert (await answer.json())["result"]["online"] is True

    while_reporting(scene, page)


def test_emerald_2026(scene: Scene) -> None:
    async def page(session: aiohttp.ClientSession) -> None:
        await opens(scene, session, f"/instance/{scene.uuid}")
        methods = ("rpc.ping", "common:getNodes", "common:getNodesLatestStatus")
        batch = [{"jsonrpc": "2.0", "id": number, "method": method} for number, method in enumerate(methods)]
        async with session.post(f"{scene.stack.base_url}/api/rpc2", json=batch) as answer:
            assert answer.status == 200
            results = {each["id"]: each["result"] for each in await answer.json()}
        assert results[0] == "pong" and scene.uuid in results[1] and scene.uuid in results[2]
        await loads(scene, session, "public", "me", "version")
        async with scene.websocket(session, "/api/rpc2") as socket:
            pings = await rpc_over(socket, 1, "common:getRecords", type="ping", hours=1)
            assert {each["task_id"] for each in pings["records"]} == {scene.task_id}
            await rpc_over(socket, 2, "common:getNodesLatestStatus")
            # What it asks of newer servers only is refused as an unknown method: it then draws getRecords instead.
            await socket.send_json({"jsonrpc": "2.0", "id": 3, "method": "public:queryMetrics", "params": {}})
            assert (await next_message(socket))["error"]["code"] == -32601
            load = await rpc_over(socket, 4, "common:getRecords", type="load", uuid=scene.uuid, hours=4, max_count=None)
            assert load["count"] == len(load["records"][scene.uuid])
            recent = await rpc_over(socket, 5, "common:getNodeRecentStatus", uuid=scene.uuid, limit=150)
            assert recent["records"][-1]["ram"] == REPORT["ram"]["used"]

    while_reporting(scene, page)


def test_komari_mobile(scene: Scene) -> None:
    async def app(session: aiohttp.ClientSession) -> None:
        credentials = {"username": "admin", "password": PASSWORD}
        async with session.post(f"{scene.stack.base_url}/api/login", json=credentials) as answer:
            assert answer.status == 200
            token = (await answer.json())["data"]["set-cookie"]["session_token"]
        cookies = {"session_token": token}
        body = {"jsonrpc": "2.0", "id": 1, "method": "common:getNodes"}
        async with session.post(f"{scene.stack.base_url}/api/rpc2", json=body, cookies=cookies) as answer:
            assert answer.status == 200
            assert (await answer.json())["result"][scene.uuid]["token"] == scene.token
        for path in ("/api/me", "/api/admin/client/list", "/api/admin/ping", "/api/admin/settings"):
            async with session.get(scene.stack.base_url + path, cookies=cookies, allow_redirects=False) as answer:
                assert answer.status == 200, path
        await get(scene, session, "/api/records/load", uuid=scene.uuid, hours=4)

    while_reporting(scene, app)


async def status_of_handshake(scene: Scene, session: aiohttp.ClientSession, *, until: int) -> int:
    """How a guest's handshake is answered, asked again for up to 20 seconds until it is ``until``."""
    status = 0
    for _ in range(40):
        try:
            async with scene.websocket(session, "/api/clients"):
                status = 101
        except aiohttp.WSServerHandshakeError as refused:
            status = refused.status
        if status == until:
            break
        await asyncio.sleep(0.5)
    return status


def test_a_private_site_lets_no_guest_watch_and_agents_go_on(scene: Scene) -> None:
    scene.settings(private_site=True)
    try:

        async def page(session: aiohttp.ClientSession) -> None:
            # The websocket's process sees the setting within seconds.
            assert await status_of_handshake(scene, session, until=401) == 401
            cookie = {"Cookie": f"session_token={scene.browser.cookies['session_token']}"}
            url = scene.websocket_url("/api/clients")
            async with session.ws_connect(url, headers={**page_headers(scene), **cookie}) as administrator:
                await eventually_shows(administrator, "", lambda answer: scene.uuid in answer["data"]["online"])

        while_reporting(scene, page)
    finally:
        scene.settings(private_site=False)
