from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from local.http_events import HttpRequest, http_event
from local.http_routes import RouteMatch
from local.requests_in import read_request

MATCH = RouteMatch("api", "ANY /{proxy+}", {})
UNREADABLE = "\N{REPLACEMENT CHARACTER}"


def received(head: bytes) -> HttpRequest:
    """What the front door reads when these bytes come over a socket."""
    requests: list[HttpRequest] = []

    async def keep(request: web.Request) -> web.Response:
        requests.append(await read_request(request))
        return web.Response()

    async def main() -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", keep)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
            writer.write(head + b"Connection: close\r\n\r\n")
            async with asyncio.timeout(10):
                await reader.read()
            writer.close()
        finally:
            await runner.cleanup()

    asyncio.run(main())
    return requests[0]


def event_of(head: bytes) -> dict[str, Any]:
    """The event, after the check that it can be JSON in UTF-8, as every event of Lambda's is."""
    event = http_event(received(head), MATCH)
    json.dumps(event, ensure_ascii=False).encode("utf-8")
    return event


@pytest.mark.parametrize("header", ["X-API-Token", "Content-Type", "X-Forwarded-For", "User-Agent"])
def test_a_header_that_is_no_utf8_still_makes_an_event(header: str) -> None:
    event = event_of(b"GET /api/bots HTTP/1.1\r\nHost: localhost\r\n" + header.encode() + b": a\xff\r\n")
    assert event["headers"][header.lower()].startswith(f"a{UNREADABLE}")


def test_a_cookie_that_is_no_utf8_still_makes_an_event() -> None:
    event = event_of(b"GET /api/bots HTTP/1.1\r\nHost: localhost\r\nCookie: a=\xff; b=1\r\n")
    assert event["cookies"] == [f"a={UNREADABLE}", "b=1"]


def test_utf8_in_a_header_stays_as_it_was_sent() -> None:
    request = received("GET /api/bots?name=%E5%90%8D HTTP/1.1\r\nHost: localhost\r\nX-Note: 密码\r\n".encode())
    assert request.header("x-note") == "密码"
    assert (request.raw_path, request.raw_query) == ("/api/bots", "name=%E5%90%8D")
