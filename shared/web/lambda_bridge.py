"""From an API Gateway event to a Flask application: Mangum speaks ASGI, Flask WSGI, and this joins the two inline.

A Lambda sandbox serves one request at a time, so running the application on the event loop's own thread blocks
nobody, and saves the thread hop of the general adapters.
"""

from __future__ import annotations

import asyncio
import io
import re
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from flask import Flask
from mangum import Mangum
from mangum.handlers import HTTPGateway

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
LambdaHandler: TypeAlias = Callable[[dict[str, Any], Any], dict[str, Any]]

_PLAIN_HOST = re.compile(r"[^:\[\]]*(:[0-9]{1,5})?\Z")


def lambda_handler(app: Flask) -> LambdaHandler:
    """A handler of API Gateway HTTP API events (payload 2.0). Safe to call from several threads at once."""
    asgi_app = wsgi_to_asgi(app)
    threads = threading.local()

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        mangum = getattr(threads, "mangum", None)
        if mangum is None:
            # Mangum asks for the thread's event loop, and only main threads of older Pythons get one unasked.
            asyncio.set_event_loop(asyncio.new_event_loop())
            mangum = threads.mangum = Mangum(asgi_app, lifespan="off", custom_handlers=[_Gateway])
        response: dict[str, Any] = mangum(event, context)
        return response

    return handle


class _Gateway(HTTPGateway):  # type: ignore[misc]
    """Mangum's own, tolerant of Host headers it cannot take apart (``[::1]:9527``, garbage)."""

    def __init__(self, event: dict[str, Any], context: Any, config: Any) -> None:
        headers = {name.lower(): value for name, value in event.get("headers", {}).items()}
        self._host = headers.get("host", "")
        if not _PLAIN_HOST.match(self._host):
            headers["host"] = "localhost"
        if not headers.get("x-forwarded-port", "0").isascii() or not headers.get("x-forwarded-port", "0").isdigit():
            del headers["x-forwarded-port"]
        super().__init__({**event, "headers": headers}, context, config)

    @property
    def scope(self) -> Scope:
        scope: Scope = super().scope
        kept = [pair for pair in scope["headers"] if pair[0] != b"host"]
        scope["headers"] = [*kept, [b"host", self._host.encode()]] if self._host else kept
        return scope


def wsgi_to_asgi(app: Flask) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The application as ASGI, run inline. The whole request and the whole response are in memory, as in Lambda."""

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[..., None]:
            started[:] = [int(status.split(" ", 1)[0]), headers]
            return lambda data: None

        chunks = app.wsgi_app(wsgi_environ(scope, body), start_response)
        try:
            content = b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        status, headers = started
        # ASGI wants the bytes of the wire; Mangum takes them for UTF-8 and fails on anything else.
        raw_headers = [[name.lower().encode(), value.encode()] for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": raw_headers})
        await send({"type": "http.response.body", "body": content, "more_body": False})

    return asgi


def wsgi_environ(scope: Scope, body: bytes) -> dict[str, Any]:
    """PEP 3333's environment for an ASGI scope. Header names with underscores are dropped: in the environment they
    could pose as the header with dashes."""
    server_name, server_port = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server_name,
        "SERVER_PORT": str(server_port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": (scope.get("client") or ("", 0))[0] or "",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "https"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "aws.event": scope.get("aws.event"),
        "aws.context": scope.get("aws.context"),
    }
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name == "content-type":
            environ["CONTENT_TYPE"] = value
        elif name != "content-length" and "_" not in name:
            key = "HTTP_" + name.upper().replace("-", "_")
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ
