"""The embedded stack as a monitor, and the traffic of real agents, recorded, to play to it."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import requests

from tests.embedded import REPOSITORY_ROOT, EmbeddedStack

TRAFFIC = json.loads((REPOSITORY_ROOT / "tests/data/komari/agent_traffic.json").read_text("utf-8"))
DISCOVERY_KEY = "lab-autodiscovery-key-1"
ANSWER_WITHIN_SECONDS = 60


class Monitor:
    """The embedded stack with its administrator signed in."""

    def __init__(self, stack: EmbeddedStack) -> None:
        self.stack = stack
        self.browser = requests.Session()
        answer = self.browser.post(
            f"{stack.base_url}/api/login", json={"username": "admin", "password": PASSWORD}, timeout=30
        )
        assert answer.status_code == 200, answer.text
        self.settings(auto_discovery_key=DISCOVERY_KEY)

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.browser.request(method, f"{self.stack.base_url}/api/admin{path}", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def settings(self, **wanted: Any) -> None:
        self.admin("POST", "/settings/", wanted)

    def new_node(self, name: str) -> tuple[str, str]:
        """(uuid, token)."""
        added = self.admin("POST", "/client/add", {"name": name})
        return added["uuid"], added["token"]

    def new_ping_task(self, *nodes: str, interval_seconds: int = 1) -> int:
        body = {"clients": list(nodes), "name": "loopback", "target": "127.0.0.1", "type": "icmp"}
        return int(self.admin("POST", "/ping/add", {**body, "interval": interval_seconds})["data"]["task_id"])

    def websocket_url(self, path: str) -> str:
        return f"ws://127.0.0.1:{self.stack.port}{path}"


PASSWORD = "monitor-password-5b1c7e"


def run(work: Callable[[aiohttp.ClientSession], Awaitable[None]]) -> None:
    async def with_session() -> None:
        async with aiohttp.ClientSession() as session, asyncio.timeout(60):
            await work(session)

    asyncio.run(with_session())


async def answer_to(socket: aiohttp.ClientWebSocketResponse, text: str) -> Any:
    await socket.send_str(text)
    return await next_message(socket)


async def next_message(socket: aiohttp.ClientWebSocketResponse) -> Any:
    return json.loads(await socket.receive_str(timeout=ANSWER_WITHIN_SECONDS))


async def reports_until_asked(socket: aiohttp.ClientWebSocketResponse, report: Any) -> Any:
    """Report as an agent does, until the server asks for a ping: a process may take seconds to see a new task."""
    deadline = asyncio.get_running_loop().time() + ANSWER_WITHIN_SECONDS
    while True:
        await socket.send_json(report)
        try:
            return json.loads(await socket.receive_str(timeout=0.5))
        except TimeoutError:
            assert asyncio.get_running_loop().time() < deadline, "it was never asked"


async def eventually_shows(
    page: aiohttp.ClientWebSocketResponse, uuid: str, wanted: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    deadline = asyncio.get_running_loop().time() + ANSWER_WITHIN_SECONDS
    while True:
        answer = await answer_to(page, f"get {uuid}".strip())
        if wanted(answer):
            return dict(answer)
        assert asyncio.get_running_loop().time() < deadline, f"the last answer was {answer}"
        await asyncio.sleep(0.1)


def exchanges(section: str) -> list[dict[str, Any]]:
    return [each for each in TRAFFIC["http"] if each["section"] == section]


def frames(section: str, direction: str) -> list[dict[str, Any]]:
    return [each for each in TRAFFIC["sockets"] if each["section"] == section and each["direction"] == direction]


def post(monitor: Monitor, exchange: dict[str, Any], token: str) -> requests.Response:
    body = json.dumps(exchange["body"]).encode()
    return requests.post(
        f"{monitor.stack.base_url}{exchange['path']}",
        params={"token": token},
        data=gzip.compress(body) if exchange["gzip"] else body,
        headers=exchange["headers"],
        timeout=30,
    )


def page_headers(monitor: Monitor) -> dict[str, str]:
    return {"Origin": monitor.stack.base_url}
