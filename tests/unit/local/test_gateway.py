"""The front door over real sockets, with functions written here."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from local.gateway import FrontDoor
from local.http_events import MAX_BODY_BYTES
from local.http_routes import RouteTable
from local.invoke import FunctionRunner
from local.template import Function, HttpRoute

Handler = Callable[[Any, Any], Any]


def runner(handler: Handler, timeout_seconds: Any = 5) -> FunctionRunner:
    function = Function("Echo", Path(), "a.b", timeout_seconds, 128, None, {})
    return FunctionRunner.in_threads(function, handler)


@asynccontextmanager
async def serving(handler: Handler, **options: Any) -> AsyncIterator[str]:
    function = runner(handler, options.pop("timeout_seconds", 5))
    routes = RouteTable([(HttpRoute("ANY", "/echo/{proxy+}"), "Echo"), (HttpRoute("POST", "/webhook"), "Echo")])
    own_routes = options.pop("own_routes", ())
    application = FrontDoor(routes, {"Echo": function}, binary_paths=("/webhook",)).application(own_routes)
    app_runner = web.AppRunner(application, access_log=None, auto_decompress=False)
    await app_runner.setup()
    site = web.TCPSite(app_runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{app_runner.addresses[0][1]}"
    finally:
        await app_runner.cleanup()
        function.close()


def ask(handler: Handler, use: Callable[[aiohttp.ClientSession, str], Awaitable[Any]], **options: Any) -> Any:
    async def main() -> Any:
        async with serving(handler, **options) as base, aiohttp.ClientSession() as session:
            return await use(session, base)

    return asyncio.run(main())


def echo(event: Any, context: Any) -> Any:
    return event


async def fetch(session: aiohttp.ClientSession, method: str, url: str, **options: Any) -> tuple[int, Any]:
    async with session.request(method, url, **options) as response:
        return response.status, json.loads(await response.read() or b"null")


def test_a_request_reaches_its_function_as_it_was_sent() -> None:
    async def use(session: aiohttp.ClientSession, base: str) -> Any:
        from yarl import URL

        return await fetch(session, "PUT", URL(f"{base}/echo/a%20b/../c/?q=%E4%BD%A0", encoded=True), data=b"\x00")

    status, event = ask(echo, use)
    assert status == 200
    assert event["rawPath"] == "/echo/a%20b/../c/"
    assert event["rawQueryString"] == "q=%E4%BD%A0"
    assert event["routeKey"] == "ANY /echo/{proxy+}"
    assert event["requestContext"]["http"]["method"] == "PUT"
    assert base64.b64decode(event["body"]) == b"\x00"


def test_webhook_bodies_arrive_as_the_bytes_they_were() -> None:
    body = b"x\x9c\xff\x00 compressed"
    headers = {"Content-Type": "application/json", "Content-Encoding": "deflate"}

    async def use(session: aiohttp.ClientSession, base: str) -> Any:
        return await fetch(session, "POST", f"{base}/webhook", data=body, headers=headers)

    status, event = ask(echo, use)
    assert status == 200
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == body


def test_what_no_route_covers_is_not_found() -> None:
    async def use(session: aiohttp.ClientSession, base: str) -> Any:
        return await fetch(session, "GET", f"{base}/webhook"), await fetch(session, "GET", f"{base}/elsewhere")

    assert ask(echo, use) == ((404, {"message": "Not Found"}), (404, {"message": "Not Found"}))


def test_a_body_as_large_as_allowed_passes_and_one_byte_more_is_refused() -> None:
    def size(event: Any, context: Any) -> Any:
        return {"size": len(base64.b64decode(event["body"]))}

    async def chunked(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * 65_536

    async def use(session: aiohttp.ClientSession, base: str) -> Any:
        answers = []
        for data in (b"x" * MAX_BODY_BYTES, b"x" * (MAX_BODY_BYTES + 1), chunked(97)):
            answers.append(await fetch(session, "POST", f"{base}/webhook", data=data))
        return answers

    refused = (413, {"message": "Request Entity Too Large"})
    assert ask(size, use) == [(200, {"size": MAX_BODY_BYTES}), refused, refused]


@pytest.mark.parametrize("result", [{"statusCode": "teapot"}, {"statusCode": 200, "body": b"bytes"}, {1, 2}])
def test_a_malformed_result_is_an_internal_error_and_logged(result: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def use(session: aiohttp.ClientSession, base: str) -> Any:
        return await fetch(session, "GET", f"{base}/echo/x")

    assert ask(lambda event, context: result, use) == (500, {"message": "Internal Server Error"})
    assert "malformed response" in caplog.text


def test_an_exception_shows_the_client_nothing_of_itself() -> None:
    def explode(event: Any, context: Any) -> Any:
        raise RuntimeError("secret detail")

    async def use(session: aiohttp.ClientSession, base: str) -> Any:
        return await fetch(session, "GET", f"{base}/echo/x")

    assert ask(explode, use) == (500, {"message": "Internal Server Error"})


def test_a_function_over_its_timeout_is_an_internal_error() -> None:
    release = threading.Event()

    async def use(session: aiohttp.ClientSession, base: str) -> Any:
        try:
            return await fetch(session, "GET", f"{base}/echo/x")
        finally:
            release.set()

    hang = lambda event, context: release.wait(10)  # noqa: E731
    assert ask(hang, use, timeout_seconds=0.05) == (500, {"message": "Internal Server Error"})


def test_status_headers_cookies_and_bytes_reach_the_client() -> None:
    answer = {
        "statusCode": 418,
        "headers": {"Content-Type": "image/png", "X-A": "1"},
        "cookies": ["a=1", "b=2"],
        "body": base64.b64encode(b"\x89PNG").decode(),
        "isBase64Encoded": True,
    }

    async def use(session: aiohttp.ClientSession, base: str) -> Any:
        async with session.get(f"{base}/echo/x") as response:
            return response.status, response.headers, await response.read()

    status, headers, body = ask(lambda event, context: answer, use)
    assert (status, body) == (418, b"\x89PNG")
    assert (headers["Content-Type"], headers["X-A"]) == ("image/png", "1")
    assert headers.getall("Set-Cookie") == ["a=1", "b=2"]


def test_a_head_request_and_an_empty_answer_have_no_body() -> None:
    async def use(session: aiohttp.ClientSession, base: str) -> Any:
        async with session.head(f"{base}/echo/x") as head, session.get(f"{base}/echo/x") as get:
            return head.status, await head.read(), get.status, await get.read()

    assert ask(lambda event, context: {"statusCode": 204}, use) == (204, b"", 204, b"")


def test_own_routes_come_before_the_templates() -> None:
    async def console(request: web.Request) -> web.Response:
        return web.json_response("console")

    async def use(session: aiohttp.ClientSession, base: str) -> Any:
        return await fetch(session, "GET", f"{base}/echo/console"), (await fetch(session, "GET", f"{base}/echo/x"))[0]

    assert ask(echo, use, own_routes=[web.get("/echo/console", console)]) == ((200, "console"), 200)


def test_the_access_log_holds_no_query_string(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="local.access")

    async def use(session: aiohttp.ClientSession, base: str) -> Any:
        return await fetch(session, "GET", f"{base}/echo/path?token=secret")

    ask(echo, use)
    assert "GET /echo/path 200" in caplog.text
    assert "secret" not in caplog.text


def test_a_request_target_in_absolute_form_is_understood() -> None:
    async def use(session: aiohttp.ClientSession, base: str) -> Any:
        def raw() -> bytes:
            with socket.create_connection(("127.0.0.1", int(base.rpartition(":")[2])), timeout=10) as connection:
                connection.sendall(b"GET http://h/echo/x?a=1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                return b"".join(iter(lambda: connection.recv(65_536), b""))

        return await asyncio.to_thread(raw)

    answer = ask(echo, use)
    assert b" 200 " in answer.split(b"\r\n", 1)[0]
    assert b'"rawPath": "/echo/x"' in answer


def test_a_path_with_a_line_break_reaches_its_function_and_not_a_404_of_plain_text() -> None:
    async def use(session: aiohttp.ClientSession, base: str) -> tuple[int, Any]:
        async with session.get(URL(f"{base}/echo/a%0Ab", encoded=True)) as response:
            return response.status, await response.json()

    status, event = ask(echo, use)
    assert (status, event["rawPath"]) == (200, "/echo/a%0Ab")
