"""The front door: one port for the HTTP API and the WebSocket API, as CloudFront is on AWS."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from local.front_pages import FrontPages
from local.http_events import HttpResponse, MalformedResponse, http_event, http_response
from local.http_routes import RouteTable
from local.invoke import FunctionRunner, InvocationFailed
from local.requests_in import BodyTooLarge, describe_request, read_request
from local.websockets import WebSocketGateway

# API Gateway gives an integration this long.
INTEGRATION_TIMEOUT_SECONDS: Final = 30.0

logger = logging.getLogger(__name__)
access_log = logging.getLogger("local.access")


class FrontDoor:
    """Hands each request to the function its route names.

    ``binary_paths`` are the paths, with all below them, whose bodies go over as bytes whatever their content type
    says: an HTTP API would mangle a compressed body that calls itself JSON. ``pages`` answer what no route takes.
    """

    def __init__(
        self,
        routes: RouteTable,
        functions: Mapping[str, FunctionRunner],
        websockets: WebSocketGateway | None = None,
        binary_paths: Sequence[str] = (),
        pages: FrontPages | None = None,
    ) -> None:
        self._routes = routes
        self._functions = functions
        self._websockets = websockets
        self._binary_paths = tuple(binary_paths)
        self._pages = pages

    def application(self, own_routes: Sequence[web.AbstractRouteDef] = ()) -> web.Application:
        """The aiohttp application. ``own_routes`` (static files, say) come before the template's."""
        application = web.Application(middlewares=[log_access])
        application.add_routes(own_routes)
        # Not ".*": a path may hold an encoded line break, and has to be answered by the API like any other.
        application.router.add_route("*", r"/{path:[\s\S]*}", self.handle)
        return application

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, WebSocket handshakes included."""
        if self._websockets is not None and request.headers.get("upgrade", "").lower() == "websocket":
            return await self._websockets.handle(request)
        match = self._routes.match(request.method, describe_request(request).raw_path)
        if match is None:
            page = None if self._pages is None else self._pages.answer(request)
            return _message(404, "Not Found") if page is None else page
        try:
            received = await read_request(request, binary=self._is_binary(request))
        except BodyTooLarge:
            return _message(413, "Request Entity Too Large")
        except TimeoutError:
            return _message(408, "Request Timeout")
        return await self._invoke(self._functions[match.target], http_event(received, match))

    def _is_binary(self, request: web.Request) -> bool:
        return any(request.path == path or request.path.startswith(f"{path}/") for path in self._binary_paths)

    async def _invoke(self, function: FunctionRunner, event: Any) -> web.Response:
        call = asyncio.ensure_future(function.invoke(event))
        # Not wait_for: the function is not cancelled when the gateway loses patience.
        done, _ = await asyncio.wait({call}, timeout=INTEGRATION_TIMEOUT_SECONDS)
        if not done:
            call.add_done_callback(_note_late_failure)
            return _message(503, "Service Unavailable")
        try:
            response = http_response(call.result())
        except InvocationFailed as error:
            too_many = error.error_type == "TooManyRequestsException"
            return _message(503, "Service Unavailable") if too_many else _message(500, "Internal Server Error")
        except MalformedResponse as error:
            logger.error("%s returned a malformed response: %s", function.function.logical_id, error)
            return _message(500, "Internal Server Error")
        return _to_aiohttp(response)


def _to_aiohttp(response: HttpResponse) -> web.Response:
    answer = web.Response(status=response.status, body=response.body)
    # aiohttp fills in a type of its own where the function named none.
    answer.headers.popall("content-type", None)
    for name, value in response.headers:
        answer.headers.add(name, value)
    return answer


def _message(status: int, text: str) -> web.Response:
    """A refusal in API Gateway's own words."""
    return web.Response(status=status, body=json.dumps({"message": text}).encode(), content_type="application/json")


def _note_late_failure(call: asyncio.Future[Any]) -> None:
    if not call.cancelled() and call.exception() is not None:
        logger.error("a call that the gateway gave up on failed: %s", call.exception())


@web.middleware
async def log_access(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """One line a request: no query string and no headers, which is where secrets travel."""
    started = time.perf_counter()
    status = 500
    try:
        response = await handler(request)
        status = response.status
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        milliseconds = (time.perf_counter() - started) * 1000
        access_log.info("%s %s %d %.1fms", request.method, _one_line(request.path), status, milliseconds)
    return response


def _one_line(path: str) -> str:
    return path[:200].encode("unicode_escape").decode("ascii") if not path.isprintable() else path[:200]
