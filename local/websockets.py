"""The WebSocket API: connections, their events, and the ``@connections`` endpoint functions post to.

Limits are API Gateway's: 128 KB a message, ten idle minutes, two hours in all, and a connection can be posted to only
after its ``$connect`` has returned. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from local.http_events import MAX_BODY_BYTES
from local.invoke import FunctionRunner, InvocationFailed
from local.requests_in import describe_request
from local.template import WebSocketApi
from local.websocket_events import ConnectionFacts, message_route

MAX_MESSAGE_BYTES: Final = 128 * 1024
IDLE_SECONDS: Final = 600.0
LIFE_SECONDS: Final = 7200.0
# Messages of one client that wait for its earlier ones; then the socket is not read any further.
_MAX_WAITING_MESSAGES: Final = 32
_SEND_DEADLINE_SECONDS: Final = 10.0
_CLOSE_DEADLINE_SECONDS: Final = 2.0
_ABNORMAL_CLOSURE: Final = 1006

logger = logging.getLogger(__name__)


class ConnectionGone(Exception):
    """There is no such connection, or not yet, or no more."""


class Connection:
    """One open socket. Messages of a client are handled one after another, in the order they came."""

    def __init__(self, facts: ConnectionFacts, socket: web.WebSocketResponse) -> None:
        self.facts = facts
        self.waiting: asyncio.Queue[str | bytes] = asyncio.Queue(_MAX_WAITING_MESSAGES)
        self._socket = socket

    async def send(self, data: str | bytes) -> None:
        """Raises ConnectionGone when the client is gone or does not read."""
        try:
            async with asyncio.timeout(_SEND_DEADLINE_SECONDS):
                if isinstance(data, str):
                    await self._socket.send_str(data)
                else:
                    await self._socket.send_bytes(data)
        except (ConnectionError, RuntimeError) as error:
            raise ConnectionGone from error
        except TimeoutError:
            await self.close(WSCloseCode.GOING_AWAY, "the client does not read")
            raise ConnectionGone from None
        self.facts.last_active_at = time.time()

    async def receive(self, idle_seconds: float, life_seconds: float) -> WSMessage:
        """The next frame of the client. Raises TimeoutError after so much silence in both directions, or when the
        connection has lived for so long."""
        while True:
            try:
                async with asyncio.timeout(max(0.0, self._ends_at(idle_seconds, life_seconds) - time.time())):
                    message = await self._socket.receive()
            except TimeoutError:
                if self._ends_at(idle_seconds, life_seconds) > time.time():
                    continue  # something was sent meanwhile
                raise
            self.facts.last_active_at = time.time()
            if message.type is WSMsgType.PING:
                await self._socket.pong(message.data)
            elif message.type is not WSMsgType.PONG:
                return message

    def _ends_at(self, idle_seconds: float, life_seconds: float) -> float:
        return min(self.facts.last_active_at + idle_seconds, self.facts.connected_at + life_seconds)

    async def close(self, code: int = WSCloseCode.OK, reason: str = "") -> None:
        with contextlib.suppress(ConnectionError, RuntimeError, TimeoutError):
            async with asyncio.timeout(_CLOSE_DEADLINE_SECONDS):
                await self._socket.close(code=code, message=reason.encode())

    @property
    def close_code(self) -> int:
        return self._socket.close_code or _ABNORMAL_CLOSURE


class WebSocketGateway:
    """All connections of the template's WebSocket API."""

    def __init__(
        self,
        api: WebSocketApi,
        functions: Mapping[str, FunctionRunner],
        idle_seconds: float = IDLE_SECONDS,
        life_seconds: float = LIFE_SECONDS,
    ) -> None:
        self._api = api
        self._functions = functions
        self._idle_seconds = idle_seconds
        self._life_seconds = life_seconds
        self._connections: dict[str, Connection] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one handshake and the connection that follows it."""
        described = describe_request(request)
        facts = ConnectionFacts.of(self._api, described)
        # API Gateway does not compress; a ping counts as activity, so this module answers it.
        socket = web.WebSocketResponse(
            max_msg_size=MAX_MESSAGE_BYTES + 1, compress=False, autoping=False, timeout=_CLOSE_DEADLINE_SECONDS
        )
        if not socket.can_prepare(request).ok:
            return web.json_response({"message": "Bad Request"}, status=400)
        status, protocol = await self._connect(facts, facts.connect_event(described))
        if not 200 <= status <= 299:
            reason = {401: "Unauthorized", 403: "Forbidden"}.get(status, "Connection refused")
            return web.json_response({"message": reason, "connectionId": facts.connection_id}, status=status)
        if protocol:
            socket.headers["Sec-WebSocket-Protocol"] = protocol
        await socket.prepare(request)
        connection = Connection(facts, socket)
        self._connections[facts.connection_id] = connection
        try:
            await self._serve(connection)
        finally:
            self._connections.pop(facts.connection_id, None)
            await connection.close()
            await self._call("$disconnect", facts.disconnect_event(connection.close_code, ""))
        return socket

    async def _connect(self, facts: ConnectionFacts, event: Any) -> tuple[int, str]:
        """The status of the handshake and the subprotocol the function chose."""
        if "$connect" not in self._api.routes:
            return 200, ""
        try:
            result = await self._functions[self._api.routes["$connect"]].invoke(event)
        except InvocationFailed:
            return 500, ""
        if not isinstance(result, Mapping):
            return 500, ""
        try:
            status = int(result.get("statusCode", 500))
        except (TypeError, ValueError):
            return 500, ""
        headers = result.get("headers") or {}
        chosen = [str(value) for name, value in headers.items() if str(name).lower() == "sec-websocket-protocol"]
        return (status if 200 <= status <= 599 else 500), (chosen[0] if chosen else "")

    async def _serve(self, connection: Connection) -> None:
        worker = asyncio.create_task(self._work(connection))
        try:
            while True:
                try:
                    message = await connection.receive(self._idle_seconds, self._life_seconds)
                except TimeoutError:
                    await connection.close(WSCloseCode.GOING_AWAY, "idle, or open for too long")
                    break
                if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                    break
                if _size(message.data) > MAX_MESSAGE_BYTES:
                    await connection.close(WSCloseCode.MESSAGE_TOO_BIG, "")
                    break
                await connection.waiting.put(message.data)
            await connection.waiting.join()
        finally:
            worker.cancel()

    async def _work(self, connection: Connection) -> None:
        while True:
            message = await connection.waiting.get()
            try:
                await self._dispatch(connection, message)
            except ConnectionGone:
                logger.debug("a connection went away before its answer")
            finally:
                connection.waiting.task_done()

    async def _dispatch(self, connection: Connection, message: str | bytes) -> None:
        route = message_route(self._api, message)
        event = connection.facts.message_event(route or "$default", message)
        problem = "Forbidden"
        if route is not None:
            succeeded, result = await self._call(route, event)
            if succeeded:
                if route in self._api.two_way_routes and isinstance(result, Mapping) and result.get("body"):
                    await connection.send(str(result["body"]))
                return
            problem = "Internal server error"
        context = event["requestContext"]
        answer = {"message": problem, "connectionId": context["connectionId"], "requestId": context["requestId"]}
        await connection.send(json.dumps(answer))

    async def _call(self, route: str, event: Any) -> tuple[bool, Any]:
        target = self._api.routes.get(route)
        if target is None:
            return True, None
        try:
            return True, await self._functions[target].invoke(event)
        except InvocationFailed:
            return False, None  # logged where it happened

    async def close_all(self) -> None:
        """Close every connection; the handlers that serve them then send their $disconnect events."""
        open_connections = list(self._connections.values())
        await asyncio.gather(*(c.close(WSCloseCode.GOING_AWAY, "the server is stopping") for c in open_connections))

    # --- the @connections endpoint ---

    def management_application(self) -> web.Application:
        """What ``boto3.client("apigatewaymanagementapi", endpoint_url=…)`` talks to; for loopback only."""
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        path = "/{stage:.*}@connections/{connection_id}"
        application.add_routes(
            [web.post(path, self._post), web.delete(path, self._delete), web.get(path, self._describe)]
        )
        return application

    def _find(self, request: web.Request) -> Connection:
        connection = self._connections.get(request.match_info["connection_id"])
        if connection is None:
            raise ConnectionGone
        return connection

    async def _post(self, request: web.Request) -> web.Response:
        data = await request.read()
        if len(data) > MAX_MESSAGE_BYTES:
            return _refusal(413, "PayloadTooLargeException")
        try:
            await self._find(request).send(_as_text(data))
        except ConnectionGone:
            return _refusal(410, "GoneException")
        return web.Response(status=200)

    async def _delete(self, request: web.Request) -> web.Response:
        try:
            await self._find(request).close(WSCloseCode.OK, "")
        except ConnectionGone:
            return _refusal(410, "GoneException")
        return web.Response(status=204)

    async def _describe(self, request: web.Request) -> web.Response:
        try:
            facts = self._find(request).facts
        except ConnectionGone:
            return _refusal(410, "GoneException")
        return web.json_response(
            {
                "connectedAt": _iso(facts.connected_at),
                "lastActiveAt": _iso(facts.last_active_at),
                "identity": {"sourceIp": facts.source_address, "userAgent": facts.user_agent},
            }
        )


def _as_text(data: bytes) -> str | bytes:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data


def _size(data: str | bytes) -> int:
    return len(data) if isinstance(data, bytes) else len(data.encode("utf-8"))


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _refusal(status: int, error_type: str) -> web.Response:
    return web.json_response({"message": error_type}, status=status, headers={"x-amzn-ErrorType": error_type})
