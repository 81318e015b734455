"""How the embedded stack carries agents and pages: 200 agents with a report every 3 seconds, pages asking for all.

    python -m benchmarks.monitor_agents [--agents 200] [--interval 3] [--seconds 60] [--pages 5]

Starts a stack of its own with a data folder of its own, registers the agents by auto-discovery, and lets them report
over WebSocket as agents of protocol v2 do: a report is a notification, answered only when something is wrong with it.
At the end each node is asked for the reports of its last minute, so that what was lost shows. Prints a table; nothing
is asserted, because the figures are those of the machine it runs on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.embedded import EmbeddedStack

ADMIN_PASSWORD = "benchmark-password-1"
DISCOVERY_KEY = "benchmark-discovery-key"
PAGE_ASKS_EVERY_SECONDS = 2.0
ANSWER_WITHIN_SECONDS = 30.0
TARGET_P95_MS = 100.0
MEBIBYTE = 1024 * 1024


@dataclass
class Figures:
    """Times in milliseconds, sizes in bytes."""

    sent: int = 0
    kept_last_minute: int = 0
    lost: int = 0
    get_ms: list[float] = field(default_factory=list)
    get_bytes: int = 0
    nodes_shown: int = 0
    refused: int = 0
    lost_sockets: int = 0
    memory: list[int] = field(default_factory=list)


def report(number: int) -> dict[str, Any]:
    """Its uptime numbers it, so that a lost one leaves a gap."""
    gib = 2**30
    return {
        "cpu": {"usage": random.uniform(0, 100)},
        "ram": {"total": 16 * gib, "used": random.randrange(16 * gib)},
        "swap": {"total": gib, "used": random.randrange(gib)},
        "load": {"load1": random.uniform(0, 8), "load5": 1.25, "load15": 1.5},
        "disk": {"total": 512 * gib, "used": random.randrange(512 * gib)},
        "network": {"up": 12_345, "down": 67_890, "totalUp": 123_456_789_012, "totalDown": 987_654_321_098},
        "connections": {"tcp": random.randrange(500), "udp": 12},
        "uptime": number,
        "process": 210,
        "message": "",
    }


class Bench:
    def __init__(self, stack: EmbeddedStack, session: aiohttp.ClientSession, options: argparse.Namespace) -> None:
        self.stack = stack
        self.session = session
        self.options = options
        self.figures = Figures()
        self.ends_at = 0.0
        self.sent: dict[str, int] = {}

    async def run(self) -> Figures:
        nodes = await self.register()
        agents = [asyncio.create_task(self.agent(*node)) for node in nodes]
        pages = [asyncio.create_task(self.page()) for _ in range(self.options.pages)]
        self.ends_at = time.monotonic() + self.options.interval + self.options.seconds
        watching = asyncio.create_task(self.watch_memory())
        await asyncio.gather(*agents, *pages, watching)
        for uuid, _ in nodes:
            await self.count_kept(uuid)
        return self.figures

    async def register(self) -> list[tuple[str, str]]:
        """Uuid and token of each."""
        credentials = {"username": "admin", "password": ADMIN_PASSWORD}
        await self.post("/api/login", credentials)
        await self.post("/api/admin/settings/", {"auto_discovery_key": DISCOVERY_KEY})
        headers = {"Authorization": f"Bearer {DISCOVERY_KEY}"}
        answers = [
            await self.post(f"/api/clients/register?name=bench-{number}", {}, headers)
            for number in range(self.options.agents)
        ]
        return [(answer["data"]["uuid"], answer["data"]["token"]) for answer in answers]

    async def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        async with self.session.post(self.stack.base_url + path, json=body, headers=headers) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def agent(self, uuid: str, token: str) -> None:
        await asyncio.sleep(random.uniform(0, self.options.interval))
        url = f"ws://127.0.0.1:{self.stack.port}/api/clients/v2/rpc?token={token}"
        try:
            async with self.session.ws_connect(url) as socket:
                listening = asyncio.create_task(self.listen(socket))
                while time.monotonic() < self.ends_at:
                    number = self.sent[uuid] = self.sent.get(uuid, 0) + 1
                    params = {"report": report(number)}
                    await socket.send_json({"jsonrpc": "2.0", "method": "agent.report", "params": params})
                    self.figures.sent += 1
                    await asyncio.sleep(self.options.interval)
                listening.cancel()
        except aiohttp.ClientError:
            self.figures.lost_sockets += 1

    async def listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Whatever an agent is sent here is a refusal: there are no ping tasks."""
        async for _ in socket:
            self.figures.refused += 1

    async def count_kept(self, uuid: str) -> None:
        async with self.session.get(f"{self.stack.base_url}/api/recent/{uuid}") as answer:
            kept = {each["uptime"] for each in (await answer.json())["data"]}
        expected = set(range(min(kept, default=1), self.sent[uuid] + 1))
        self.figures.kept_last_minute += len(kept)
        self.figures.lost += len(expected - kept)

    async def page(self) -> None:
        url = f"ws://127.0.0.1:{self.stack.port}/api/clients"
        await asyncio.sleep(self.options.interval + random.uniform(0, PAGE_ASKS_EVERY_SECONDS))
        async with self.session.ws_connect(url, headers={"Origin": self.stack.base_url}) as socket:
            while time.monotonic() < self.ends_at:
                started_at = time.perf_counter()
                await socket.send_str("get")
                text = await socket.receive_str(timeout=ANSWER_WITHIN_SECONDS)
                self.figures.get_ms.append((time.perf_counter() - started_at) * 1000)
                self.figures.get_bytes = len(text.encode())
                self.figures.nodes_shown = len(json.loads(text)["data"]["online"])
                await asyncio.sleep(PAGE_ASKS_EVERY_SECONDS)

    async def watch_memory(self) -> None:
        while time.monotonic() < self.ends_at:
            self.figures.memory.append(self.stack.resident_bytes())
            await asyncio.sleep(5)


def table(figures: Figures, options: argparse.Namespace) -> str:
    first, last = figures.memory[len(figures.memory) // 3], figures.memory[-1]
    p95 = percentile(figures.get_ms, 95)
    rows = [
        ("agents, a report every", f"{options.agents}, {options.interval:g} s for {options.seconds:g} s"),
        ("reports sent / refused / sockets lost", f"{figures.sent} / {figures.refused} / {figures.lost_sockets}"),
        ("last minute: reports kept / lost", f"{figures.kept_last_minute} / {figures.lost}"),
        ("pages, questions", f"{options.pages}, {len(figures.get_ms)}"),
        ("get p50 / p95 / max", milliseconds(figures.get_ms)),
        (f"get p95 under {TARGET_P95_MS:g} ms", "yes" if p95 < TARGET_P95_MS else "no"),
        ("get: size, nodes online", f"{figures.get_bytes} bytes, {figures.nodes_shown}"),
        ("memory: a third in / at the end", f"{first / MEBIBYTE:.0f} / {last / MEBIBYTE:.0f} MiB"),
    ]
    return "\n".join(f"| {name:<40} | {value:<36} |" for name, value in rows)


def percentile(values: list[float], share: int) -> float:
    return statistics.quantiles(values, n=100)[share - 1]


def milliseconds(values: list[float]) -> str:
    return f"{statistics.median(values):.0f} / {percentile(values, 95):.0f} / {max(values):.0f} ms"


async def measure(options: argparse.Namespace) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        stack = EmbeddedStack(Path(folder) / "data", environment={"ADMIN_PASSWORD": ADMIN_PASSWORD})
        await asyncio.to_thread(stack.start)
        try:
            connector = aiohttp.TCPConnector(limit=0)
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as session:
                return await Bench(stack, session, options).run()
        finally:
            await asyncio.to_thread(stack.stop)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--interval", type=float, default=3.0, help="seconds between an agent's reports")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--pages", type=int, default=5)
    options = parser.parse_args()
    print(table(asyncio.run(measure(options)), options))


if __name__ == "__main__":
    main()
