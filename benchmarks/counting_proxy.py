"""In front of an AWS engine, in a process of its own: passes every request on, and counts what AWS charges for.

    python -m benchmarks.counting_proxy http://127.0.0.1:8000

The first line on stdout is its base URL. ``/_counted`` says what was counted since the last time it was asked.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from local.engines.process import LOOPBACK, free_port

COUNTED_PATH = "/_counted"
_MAX_BODY_BYTES = 4 * 1024 * 1024
_HOP_BY_HOP = frozenset({"host", "content-length", "connection", "transfer-encoding"})
_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"})


@dataclass
class Traffic:
    """``requests`` by action; capacity units by table, its indexes included."""

    requests: Counter[str] = field(default_factory=Counter)
    write_units: Counter[str] = field(default_factory=Counter)
    read_units: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, dict[str, float]]:
        return {name: dict(getattr(self, name)) for name in ("requests", "write_units", "read_units")}

    @classmethod
    def from_json(cls, stored: Any) -> Traffic:
        return cls(*(Counter(stored[name]) for name in ("requests", "write_units", "read_units")))


class CountingProxy:
    """Asks DynamoDB for the capacity that each request consumed."""

    def __init__(self, engine_url: str, session: aiohttp.ClientSession) -> None:
        self._engine_url = engine_url
        self._session = session
        self._traffic = Traffic()

    def application(self) -> web.Application:
        application = web.Application(client_max_size=_MAX_BODY_BYTES)
        application.router.add_get(COUNTED_PATH, self._counted)
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        return application

    async def _counted(self, _request: web.Request) -> web.Response:
        taken, self._traffic = self._traffic, Traffic()
        return web.json_response(taken.to_json())

    async def _pass_on(self, request: web.Request) -> web.Response:
        service, _, action = request.headers.get("X-Amz-Target", "").rpartition(".")
        body = await request.read()
        is_dynamodb = service.startswith("DynamoDB")
        if is_dynamodb:
            body = json.dumps({**json.loads(body), "ReturnConsumedCapacity": "TOTAL"}).encode()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        async with self._session.request(
            request.method, self._engine_url + request.path_qs, data=body, headers=headers
        ) as answer:
            content = await answer.read()
        self._traffic.requests[action] += 1
        if is_dynamodb and answer.status == 200:
            self._count_units(action, json.loads(content))
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
        return web.Response(status=answer.status, body=content, headers=kept)

    def _count_units(self, action: str, answer: Any) -> None:
        consumed = answer.get("ConsumedCapacity", [])
        units = self._traffic.write_units if action in _WRITES else self._traffic.read_units
        for one in consumed if isinstance(consumed, list) else [consumed]:
            units[one["TableName"]] += one["CapacityUnits"]


async def serve(engine_url: str) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, trust_env=False, auto_decompress=False) as session:
        runner = web.AppRunner(CountingProxy(engine_url, session).application(), access_log=None)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, LOOPBACK, port).start()
        print(f"http://{LOOPBACK}:{port}", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("engine_url")
    asyncio.run(serve(parser.parse_args().engine_url))


if __name__ == "__main__":
    main()
