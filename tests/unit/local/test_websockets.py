"""The WebSocket API over real sockets, with functions written here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from local.gateway import FrontDoor
from local.http_routes import RouteTable
from local.invoke import FunctionRunner
from local.template import Function, WebSocketApi
from local.websockets import MAX_MESSAGE_BYTES, WebSocketGateway

ROUTES = {"$connect": "Socket", "$disconnect": "Socket", "$default": "Socket"}


@dataclass
class Application:
    """A function that notes its events and answers as told."""

    connect_answer: Any = field(default_factory=lambda: {"statusCode": 200})
    events: list[dict[str, Any]] = field(default_factory=list)
    on_message: Callable[[dict[str, Any]], Any] = lambda event: None

    def handle(self, event: dict[str, Any], context: Any) -> Any:
        self.events.append(event)
        kind = event["requestContext"]["eventType"]
        if kind == "CONNECT":
            return self.connect_answer() if callable(self.connect_answer) else self.connect_answer
        return self.on_message(event) if kind == "MESSAGE" else None

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["requestContext"]["eventType"] == kind]


@dataclass
class Running:
    url: str
    management_url: str
    gateway: WebSocketGateway
    session: aiohttp.ClientSession
    loop: asyncio.AbstractEventLoop

    async def manage(self, method: str, connection_id: str, data: bytes | None = None) -> tuple[int, bytes]:
        url = f"{self.management_url}/@connections/{quote(connection_id, safe='')}"
        async with self.session.request(method, url, data=data) as response:
            return response.status, await response.read()


@asynccontextmanager
async def serving(
    application: Application, api: WebSocketApi, idle_seconds: float, life_seconds: float
) -> AsyncIterator[Running]:
    function = Function("Socket", Path(), "a.b", 5, 128, None, {})
    runner = FunctionRunner.in_threads(function, application.handle)
    gateway = WebSocketGateway(api, {"Socket": runner}, idle_seconds, life_seconds)
    urls = []
    app_runners = []
    for served in (FrontDoor(RouteTable([]), {}, gateway).application(), gateway.management_application()):
        app_runner = web.AppRunner(served, access_log=None, shutdown_timeout=5)
        await app_runner.setup()
        await web.TCPSite(app_runner, "127.0.0.1", 0).start()
        app_runners.append(app_runner)
        urls.append(f"http://127.0.0.1:{app_runner.addresses[0][1]}")
    try:
        async with aiohttp.ClientSession() as session:
            yield Running(f"{urls[0]}/ws", urls[1], gateway, session, asyncio.get_running_loop())
    finally:
        await gateway.close_all()
        for app_runner in app_runners:
            await app_runner.cleanup()
        runner.close()


def run(
    application: Application,
    use: Callable[[Running], Awaitable[Any]],
    *,
    idle_seconds: float = 60,
    life_seconds: float = 7200,
    two_way: frozenset[str] = frozenset(),
) -> Any:
    async def main() -> Any:
        api = WebSocketApi("Api", "live", "$request.body.action", ROUTES, two_way)
        async with serving(application, api, idle_seconds, life_seconds) as running, asyncio.timeout(20):
            return await use(running)

    return asyncio.run(main())


async def until(condition: Callable[[], Any]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


def test_a_connection_has_a_beginning_messages_in_order_and_an_end() -> None:
    application = Application()

    async def use(running: Running) -> None:
        async with running.session.ws_connect(f"{running.url}?robotId=7") as socket:
            for number in range(20):
                await socket.send_str(str(number))
            await socket.send_bytes(b"\xff")
            await until(lambda: len(application.of_kind("MESSAGE")) == 21)
            await socket.close(code=4001)
        await until(lambda: application.of_kind("DISCONNECT"))

    run(application, use)
    connect, *messages, disconnect = application.events
    assert connect["queryStringParameters"] == {"robotId": "7"}
    assert connect["headers"]["x-relay-original-path"] == "/ws"
    assert [message["body"] for message in messages] == [*map(str, range(20)), "/w=="]
    assert disconnect["requestContext"]["disconnectStatusCode"] == 4001
    assert len({event["requestContext"]["connectionId"] for event in application.events}) == 1


@pytest.mark.parametrize(
    ("answer", "status"),
    [({"statusCode": 401}, 401), ({"statusCode": 403}, 403), ({}, 500), (None, 500), ({"statusCode": "x"}, 500)],
)
def test_a_refused_connect_refuses_the_handshake(answer: Any, status: int) -> None:
    application = Application(connect_answer=answer)

    async def use(running: Running) -> int:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await running.session.ws_connect(running.url)
        return refused.value.status

    assert run(application, use) == status
    assert not application.of_kind("DISCONNECT")


def test_a_failing_connect_refuses_the_handshake() -> None:
    def explode() -> Any:
        raise RuntimeError("on request")

    async def use(running: Running) -> int:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await running.session.ws_connect(running.url)
        return refused.value.status

    assert run(Application(connect_answer=explode), use) == 500


def test_the_function_chooses_the_subprotocol() -> None:
    application = Application(connect_answer={"statusCode": 200, "headers": {"sec-websocket-protocol": "chat"}})

    async def use(running: Running) -> str | None:
        async with running.session.ws_connect(running.url, protocols=("chat", "other")) as socket:
            return socket.protocol

    assert run(application, use) == "chat"


def test_compression_is_never_agreed_on() -> None:
    async def use(running: Running) -> int:
        async with running.session.ws_connect(running.url, compress=15) as socket:
            return socket.compress

    assert run(Application(), use) == 0


def test_a_connection_can_be_posted_to_described_and_closed() -> None:
    application = Application()

    async def use(running: Running) -> None:
        async with running.session.ws_connect(running.url, headers={"User-Agent": "agent"}) as socket:
            connection_id = application.events[0]["requestContext"]["connectionId"]
            assert await running.manage("POST", connection_id, "héllo".encode()) == (200, b"")
            assert await socket.receive_str() == "héllo"
            assert (await running.manage("POST", connection_id, b"\xff"))[0] == 200
            assert await socket.receive_bytes() == b"\xff"
            status, body = await running.manage("GET", connection_id)
            described = json.loads(body)
            assert status == 200
            assert described["identity"] == {"sourceIp": "127.0.0.1", "userAgent": "agent"}
            assert described["connectedAt"].endswith("Z")
            too_large = b"x" * (MAX_MESSAGE_BYTES + 1)
            assert (await running.manage("POST", connection_id, too_large))[0] == 413
            assert (await running.manage("POST", connection_id, too_large[1:]))[0] == 200
            assert len(await socket.receive_str()) == MAX_MESSAGE_BYTES
            assert (await running.manage("DELETE", connection_id))[0] == 204
            assert (await socket.receive()).type is WSMsgType.CLOSE
        await until(lambda: application.of_kind("DISCONNECT"))
        for method in ("POST", "DELETE", "GET"):
            assert (await running.manage(method, connection_id, b"x"))[0] == 410

    run(application, use)


def test_a_post_before_connect_returned_is_gone() -> None:
    statuses: list[int] = []

    async def use(running: Running) -> None:
        def connect() -> Any:
            connection_id = application.events[0]["requestContext"]["connectionId"]
            posting = asyncio.run_coroutine_threadsafe(running.manage("POST", connection_id, b"x"), running.loop)
            statuses.append(posting.result(10)[0])
            return {"statusCode": 200}

        application.connect_answer = connect
        async with running.session.ws_connect(running.url):
            pass

    application = Application()
    run(application, use)
    assert statuses == [410]


def test_a_message_as_large_as_allowed_passes_and_a_larger_one_ends_the_connection() -> None:
    application = Application()

    async def use(running: Running) -> int | None:
        async with running.session.ws_connect(running.url) as socket:
            await socket.send_str("x" * MAX_MESSAGE_BYTES)
            await until(lambda: application.of_kind("MESSAGE"))
            await socket.send_str("x" * (MAX_MESSAGE_BYTES + 1))
            assert (await socket.receive()).type is WSMsgType.CLOSE
            return socket.close_code

    assert run(application, use) == 1009
    assert [len(event["body"]) for event in application.of_kind("MESSAGE")] == [MAX_MESSAGE_BYTES]


def test_silence_ends_a_connection_and_a_ping_does_not_count_as_silence() -> None:
    application = Application()

    async def use(running: Running) -> int | None:
        async with running.session.ws_connect(running.url, autoping=False) as socket:
            for _ in range(4):
                await asyncio.sleep(0.5)
                await socket.ping(b"alive")
                pong = await socket.receive()
                assert (pong.type, pong.data) == (WSMsgType.PONG, b"alive")
            assert (await socket.receive()).type is WSMsgType.CLOSE
            return socket.close_code

    assert run(application, use, idle_seconds=1.5) == 1001


def test_a_connection_does_not_live_for_ever_however_busy_it_is() -> None:
    application = Application()

    async def use(running: Running) -> int | None:
        async with running.session.ws_connect(running.url, autoping=False) as socket:
            while True:
                await socket.ping(b"alive")
                if (await socket.receive()).type is WSMsgType.CLOSE:
                    return socket.close_code

    assert run(application, use, life_seconds=1.0) == 1001


def test_a_failing_message_is_answered_as_api_gateway_does() -> None:
    def explode(event: Any) -> Any:
        raise RuntimeError("secret detail")

    async def use(running: Running) -> Any:
        async with running.session.ws_connect(running.url) as socket:
            await socket.send_str("x")
            return json.loads(await socket.receive_str())

    answer = run(Application(on_message=explode), use)
    assert answer["message"] == "Internal server error"
    assert set(answer) == {"message", "connectionId", "requestId"}


def test_a_two_way_route_sends_back_what_the_function_returns() -> None:
    application = Application(on_message=lambda event: {"statusCode": 200, "body": event["body"].upper()})

    async def use(running: Running) -> str:
        async with running.session.ws_connect(running.url) as socket:
            await socket.send_str("hello")
            return await socket.receive_str()

    assert run(application, use, two_way=frozenset({"$default"})) == "HELLO"


def test_a_request_that_is_no_handshake_is_refused() -> None:
    async def use(running: Running) -> int:
        async with running.session.get(running.url, headers={"Upgrade": "websocket", "Connection": "x"}) as response:
            return response.status

    assert run(Application(), use) == 400


def test_stopping_closes_connections_and_tells_the_function() -> None:
    application = Application()

    async def use(running: Running) -> int | None:
        async with running.session.ws_connect(running.url) as socket:
            closing = asyncio.create_task(running.gateway.close_all())
            assert (await socket.receive()).type is WSMsgType.CLOSE
            await closing
            await until(lambda: application.of_kind("DISCONNECT"))
            return socket.close_code

    assert run(application, use) == 1001
