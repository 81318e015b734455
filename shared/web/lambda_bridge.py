"""From an API Gateway event to a Flask application and back, with Mangum's reading of events and making of answers.

Mangum runs ASGI applications on an event loop. Flask is WSGI and a Lambda sandbox serves one request at a time, so the
application is called directly: the loop, and the thread hop of the general adapters, would buy nothing
(docs/decisions/0040-benchmarks.md).
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any, TypeAlias

from flask import Flask
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES
from mangum.handlers import HTTPGateway
from mangum.types import LambdaConfig

Scope: TypeAlias = MutableMapping[str, Any]
LambdaHandler: TypeAlias = Callable[[dict[str, Any], Any], dict[str, Any]]

_PLAIN_HOST = re.compile(r"[^:\[\]]*(:[0-9]{1,5})?\Z")
# Answers of Mangum's text types go out as text, all others in base64.
_CONFIG = LambdaConfig(api_gateway_base_path="/", text_mime_types=DEFAULT_TEXT_MIME_TYPES, exclude_headers=[])


def lambda_handler(app: Flask) -> LambdaHandler:
    """A handler of API Gateway HTTP API events (payload 2.0). Safe to call from several threads at once."""

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        gateway = _Gateway(event, context, _CONFIG)
        status, headers, body = call_wsgi(app, wsgi_environ(gateway.scope, gateway.body))
        # Mangum takes the bytes of headers for UTF-8 and fails on anything else.
        raw_headers = [[name.lower().encode(), value.encode()] for name, value in headers]
        answer: dict[str, Any] = gateway({"status": status, "headers": raw_headers, "body": body})
        return answer

    return handle


class _Gateway(HTTPGateway):  # type: ignore[misc]
    """Mangum's own, tolerant of Host headers it cannot take apart (``[::1]:9527``, garbage)."""

    def __init__(self, event: dict[str, Any], context: Any, config: LambdaConfig) -> None:
        headers = {name.lower(): value for name, value in event.get("headers", {}).items()}
        host = headers.get("host", "")
        if not _PLAIN_HOST.match(host):
            headers["host"] = "localhost"
        if not headers.get("x-forwarded-port", "0").isascii() or not headers.get("x-forwarded-port", "0").isdigit():
            del headers["x-forwarded-port"]
        super().__init__({**event, "headers": headers}, context, config)
        self._scope: Scope = super().scope
        kept = [pair for pair in self._scope["headers"] if pair[0] != b"host"]
        self._scope["headers"] = [*kept, [b"host", host.encode()]] if host else kept

    @property
    def scope(self) -> Scope:
        """Made once: Mangum asks for it again when it makes the answer."""
        return self._scope


def call_wsgi(app: Flask, environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body of the application's answer. It is in memory as a whole, as in Lambda."""
    started: list[tuple[int, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[..., None]:
        started[:] = [(int(status.split(" ", 1)[0]), headers)]
        return lambda data: None

    chunks: Iterable[bytes] = app.wsgi_app(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    status, headers = started[0]
    return status, headers, body


def wsgi_environ(scope: Scope, body: bytes) -> dict[str, Any]:
    """PEP 3333's environment for the scope Mangum makes of an event. Header names with underscores are dropped: in the
    environment they could pose as the header with dashes."""
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
