"""A reverse proxy to an engine that notes every AWS call, so that they can be compared with the functions' roles.

The engines check no permissions; on AWS a call that a role does not allow fails only when it is first made.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from local.aws_calls import AwsCall, permissions_of

# The target's prefix in X-Amz-Target: the service's name in IAM.
_SERVICES = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs", "TrentService": "kms"}
_NOT_PASSED_ON = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


def calls_of(target: str, arguments: dict[str, Any]) -> Iterator[AwsCall]:
    """What permissions a request needs. Raises KeyError for a service that is not known here."""
    prefix, _, operation = target.partition(".")
    return permissions_of(_SERVICES[prefix], operation, arguments)


class RecordingProxy:
    """Listens on a free port of ``listen_address`` and passes each POST on to ``127.0.0.1:port``. A context manager."""

    def __init__(self, listen_address: str, port: int, note: Callable[[AwsCall], None]) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                for call in calls_of(self.headers.get("X-Amz-Target", ""), json.loads(body)):
                    note(call)
                _pass_on(self, port, body)

            def log_message(self, format: str, *arguments: Any) -> None:
                """Say nothing: the calls are noted, and their bodies hold secrets."""

        self._server = ThreadingHTTPServer((listen_address, 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://{listen_address}:{self._server.server_address[1]}"

    def __enter__(self) -> RecordingProxy:
        threading.Thread(target=self._server.serve_forever, daemon=True, name=f"proxy {self.url}").start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _pass_on(request: BaseHTTPRequestHandler, port: int, body: bytes) -> None:
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_PASSED_ON}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", request.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    request.send_response(answer.status)
    for name, value in answer.getheaders():
        if name.lower() not in _NOT_PASSED_ON:
            request.send_header(name, value)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)
