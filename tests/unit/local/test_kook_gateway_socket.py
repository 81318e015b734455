"""The WebSocket under a gateway connection: guarded, bounded, and silent about addresses."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from local.kook_gateway_socket import AiohttpDialer, ConnectionFailed, MessageTooLarge
from shared.kook.codec import MAX_BODY_BYTES
from shared.security.outbound import OutboundGuard

TLS = Path(__file__).parents[2] / "data" / "tls"
LOOPBACK = ("127.0.0.1/32",)
SECRET = "SECRET-TOKEN"


def resolving_to(*addresses: str) -> Callable[..., list[Any]]:
    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve


async def _served(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> tuple[web.AppRunner, int]:
    application = web.Application()
    application.add_routes([web.get("/gateway", handler)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, runner.addresses[0][1]


def failure_of(url: str, guard: OutboundGuard) -> str:
    async def run() -> str:
        dialer = AiohttpDialer(guard)
        try:
            with pytest.raises(ConnectionFailed) as failure:
                await dialer.connect(url)
            assert SECRET not in repr(failure.value) and failure.value.__cause__ is None
            return failure.value.problem
        finally:
            await dialer.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (f"http://gateway.example/?token={SECRET}", "malformed_url"),
        (f"file:///etc/passwd?{SECRET}", "malformed_url"),
        (SECRET, "malformed_url"),
        ("", "malformed_url"),
        (f"wss://gateway.example/?{'x' * 5000}", "malformed_url"),
        (f"wss://user:{SECRET}@gateway.example/", "userinfo_not_allowed"),
        (f"wss:///{SECRET}", "malformed_url"),
        (f"wss://gateway.example:99999/{SECRET}", "malformed_url"),
        (f"ws://127.0.0.1:1/?token={SECRET}", "address_not_allowed"),
        (f"ws://[::1]:1/?token={SECRET}", "address_not_allowed"),
        (f"ws://0x7f000001:1/?token={SECRET}", "address_not_allowed"),
        (f"wss://169.254.169.254/?token={SECRET}", "address_not_allowed"),
    ],
)
def test_addresses_that_cannot_be_a_gateway_are_refused(url: str, problem: str) -> None:
    assert failure_of(url, OutboundGuard(resolve=resolving_to("93.184.216.34"))) == problem


@pytest.mark.parametrize("addresses", [("10.0.0.1",), ("127.0.0.1",), ("93.184.216.34", "169.254.169.254")])
def test_a_name_that_leads_into_this_network_is_refused(addresses: tuple[str, ...]) -> None:
    guard = OutboundGuard(resolve=resolving_to(*addresses))
    assert failure_of(f"ws://gateway.example/?token={SECRET}", guard) == "address_not_allowed"


def test_a_name_that_does_not_resolve_is_a_failed_connection() -> None:
    def resolve(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, SECRET)

    assert failure_of(f"ws://gateway.example/?token={SECRET}", OutboundGuard(resolve=resolve)) == "connect_failed"


def test_a_port_where_nobody_listens_is_a_failed_connection() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{taken.getsockname()[1]}/?token={SECRET}"
        assert failure_of(url, OutboundGuard(LOOPBACK)) == "connect_failed"


def test_a_redirect_is_not_followed_and_a_plain_page_is_no_gateway() -> None:
    async def run() -> None:
        followed: list[str] = []

        async def handler(request: web.Request) -> web.StreamResponse:
            followed.append(request.path_qs)
            if "page" in request.query:
                return web.Response(text=SECRET)
            raise web.HTTPFound(f"/gateway?token={SECRET}")

        runner, port = await _served(handler)
        dialer = AiohttpDialer(OutboundGuard(LOOPBACK))
        for path, problem in (("/gateway", "handshake_refused_302"), ("/gateway?page", "handshake_refused_200")):
            with pytest.raises(ConnectionFailed) as failure:
                await dialer.connect(f"ws://127.0.0.1:{port}{path}")
            assert failure.value.problem == problem
        assert followed == ["/gateway", "/gateway?page"]
        await dialer.close()
        await runner.cleanup()

    asyncio.run(run())


def test_the_address_goes_out_as_kook_wrote_it_to_the_judged_address() -> None:
    async def run() -> None:
        asked: list[tuple[str, str]] = []

        async def handler(request: web.Request) -> web.StreamResponse:
            asked.append((request.raw_path, request.headers["Host"]))
            ws = web.WebSocketResponse()
            await ws.prepare(request)
            await ws.send_str("hello")
            await ws.receive()
            return ws

        runner, port = await _served(handler)
        dialer = AiohttpDialer(OutboundGuard(LOOPBACK, resolve=resolving_to("127.0.0.1")))
        path = "/gateway?compress=1&token=a%2Bb%2F%3D%3D&x=%7E"
        connection = await dialer.connect(f"ws://gateway.example:{port}{path}")
        assert await connection.receive() == "hello"
        assert asked == [(path, f"gateway.example:{port}")]
        await connection.close()
        await dialer.close()
        await runner.cleanup()

    asyncio.run(run())


def test_messages_ends_and_excesses_are_told_apart() -> None:
    async def run() -> None:
        async def handler(request: web.Request) -> web.StreamResponse:
            ws = web.WebSocketResponse(max_msg_size=0)
            await ws.prepare(request)
            await ws.send_bytes(b"x" * MAX_BODY_BYTES)
            if "large" in request.query:
                await ws.send_bytes(b"x" * (MAX_BODY_BYTES + 1))
            elif "close" in request.query:
                await ws.close(code=4001)
            else:
                assert request.transport is not None
                request.transport.abort()
            await ws.receive()
            return ws

        runner, port = await _served(handler)
        dialer = AiohttpDialer(OutboundGuard(LOOPBACK))
        for query, expected in (("large", "too large"), ("close", "closed_4001"), ("abort", "closed_1006")):
            connection = await dialer.connect(f"ws://127.0.0.1:{port}/gateway?{query}")
            assert len(await connection.receive()) == MAX_BODY_BYTES
            with pytest.raises((MessageTooLarge, ConnectionFailed)) as end:
                await connection.receive()
            assert getattr(end.value, "problem", "too large") == expected
            await connection.close()
            with pytest.raises(ConnectionFailed):
                await connection.send("after the end")
        await dialer.close()
        await runner.cleanup()

    asyncio.run(run())


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    async def run() -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(TLS / "relay.example.cert.pem", TLS / "relay.example.key.pem")
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=tls)
        dialer = AiohttpDialer(OutboundGuard(LOOPBACK, resolve=resolving_to("127.0.0.1")))
        with pytest.raises(ConnectionFailed) as failure:
            await dialer.connect(f"wss://relay.example:{server.sockets[0].getsockname()[1]}/?token={SECRET}")
        assert failure.value.problem == "tls_failed"
        await dialer.close()
        server.close()

    asyncio.run(run())


def test_behind_a_proxy_the_proxy_is_asked_for_the_host_and_learns_no_more() -> None:
    async def run() -> None:
        asked: list[bytes] = []

        async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(refuse, "127.0.0.1", 0)
        # The operator's own proxy may stand in this network; what is asked of it is judged all the same.
        dialer = AiohttpDialer(OutboundGuard(), f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        for url, problem in (
            (f"wss://gateway.example/?token={SECRET}", "connect_failed"),
            (f"wss://127.0.0.1/?token={SECRET}", "address_not_allowed"),
        ):
            with pytest.raises(ConnectionFailed) as failure:
                await dialer.connect(url)
            assert failure.value.problem == problem
        assert len(asked) == 1
        assert asked[0].startswith(b"CONNECT gateway.example:443 ")
        assert SECRET.encode() not in asked[0]
        await dialer.close()
        server.close()

    asyncio.run(run())
