"""WebSocket connections to KOOK's gateway: guarded against this machine's own network, bounded, without a repr of
addresses, which hold tokens."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any, Final, Protocol

import aiohttp
from aiohttp import ClientWebSocketResponse, WSMsgType
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from shared.kook.codec import MAX_BODY_BYTES
from shared.kook.gateway.timing import CONNECT_SECONDS
from shared.security.outbound import DestinationRefused, OutboundGuard

_SCHEMES: Final = {"ws": "http", "wss": "https"}
_MAX_URL_CHARACTERS: Final = 4096
_SEND_SECONDS: Final = 5.0
_CLOSE_SECONDS: Final = 2.0


class ConnectionFailed(Exception):
    """There is no connection, or none any more. ``problem`` is a stable word; no part of the address is in it."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class MessageTooLarge(Exception):
    """The server sent more in one message than a frame may be; the connection is at its end."""


class GatewaySocket(Protocol):
    async def receive(self) -> bytes | str:
        """The next message. Raises ConnectionFailed, MessageTooLarge."""

    async def send(self, text: str) -> None:
        """Raises ConnectionFailed."""

    async def close(self) -> None:
        """Within a few seconds, and without raising."""


class GatewayDialer(Protocol):
    async def connect(self, url: str) -> GatewaySocket:
        """Raises ConnectionFailed."""


class AiohttpDialer:
    """Connects over aiohttp. One session for all connections; ``close`` it in the end."""

    def __init__(self, guard: OutboundGuard, proxy: str = "") -> None:
        self._guard = guard
        self._proxy = proxy or None
        # Behind a proxy it is the proxy that resolves names, and it may stand in this network.
        resolver = None if proxy else GuardedResolver(guard)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=resolver, limit=0, use_dns_cache=False),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(_refuse_redirects,),
            trust_env=False,
        )

    async def connect(self, url: str) -> GatewaySocket:
        address = self._judged(url)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                connection = await self._session.ws_connect(
                    address,
                    max_msg_size=MAX_BODY_BYTES + 1,  # what is as large is refused already
                    compress=0,
                    proxy=self._proxy,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_SECONDS),
                )
        except DestinationRefused as refused:
            raise ConnectionFailed(refused.reason) from None
        except aiohttp.WSServerHandshakeError as error:
            raise ConnectionFailed(f"handshake_refused_{error.status}") from None
        except (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError):
            raise ConnectionFailed("tls_failed") from None
        except TimeoutError:
            raise ConnectionFailed("connect_timeout") from None
        except (aiohttp.ClientError, OSError, ValueError):  # from None: their texts hold the address
            raise ConnectionFailed("connect_failed") from None
        return AiohttpSocket(connection)

    async def close(self) -> None:
        await self._session.close()

    def _judged(self, url: str) -> URL:
        scheme, _, rest = url.partition("://")
        if scheme.lower() not in _SCHEMES or len(url) > _MAX_URL_CHARACTERS:
            raise ConnectionFailed("malformed_url")
        try:
            self._guard.check_url(f"{_SCHEMES[scheme.lower()]}://{rest}")
            return URL(url, encoded=True)
        except DestinationRefused as refused:
            raise ConnectionFailed(refused.reason) from None
        except ValueError:
            raise ConnectionFailed("malformed_url") from None


async def _refuse_redirects(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """aiohttp would follow a redirect of the handshake, to an address nobody judged."""
    response = await handler(request)
    if 300 <= response.status < 400:
        response.close()
        raise ConnectionFailed(f"handshake_refused_{response.status}")
    return response


class AiohttpSocket:
    def __init__(self, connection: ClientWebSocketResponse) -> None:
        self._connection = connection

    async def receive(self) -> bytes | str:
        message = await self._connection.receive()
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            data: bytes | str = message.data
            return data
        if self._connection.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
            raise MessageTooLarge
        code = self._connection.close_code
        raise ConnectionFailed("connection_lost" if code is None else f"closed_{int(code)}")

    async def send(self, text: str) -> None:
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await self._connection.send_str(text)
        except (ConnectionError, aiohttp.ClientError, RuntimeError, TimeoutError):
            raise ConnectionFailed("send_failed") from None

    async def close(self) -> None:
        with contextlib.suppress(ConnectionError, aiohttp.ClientError, RuntimeError, TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._connection.close()


class GuardedResolver(AbstractResolver):
    """Resolves once and gives judged addresses only; the connection is made to one of them, so there is no moment
    between check and connection in which DNS could answer anew."""

    def __init__(self, guard: OutboundGuard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises DestinationRefused, OSError."""
        found = await asyncio.get_running_loop().run_in_executor(None, self._guard.resolve, host, port)
        return [_result(host, *info) for info in found]

    async def close(self) -> None:
        """There is nothing to close."""


def _result(host: str, family: Any, _kind: Any, protocol: int, _name: str, address: tuple[Any, ...]) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=str(address[0]),
        port=int(address[1]),
        family=int(family),
        proto=protocol,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
