"""A reverse proxy to an engine that notes every AWS call, so that they can be compared with the functions' roles.

The engines check no permissions; on AWS a call that a role does not allow fails only when it is first made.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

# The target's prefix in X-Amz-Target: the service's name in IAM.
_SERVICES = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs", "TrentService": "kms"}
# Calls whose permission has another name.
_PERMISSIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
_TRANSACTION_PERMISSIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_NOT_PASSED_ON = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


@dataclass(frozen=True, slots=True)
class AwsCall:
    """One permission that was needed. ``resource`` is a table's name, a queue's URL or a key's id; ``index`` a table's
    index where one was read."""

    action: str
    resource: str
    index: str = ""


def calls_of(target: str, arguments: dict[str, Any]) -> Iterator[AwsCall]:
    """What permissions a request needs. Raises KeyError for a service that is not known here."""
    prefix, _, operation = target.partition(".")
    service = _SERVICES[prefix]
    if operation in ("TransactWriteItems", "TransactGetItems"):
        for item in arguments["TransactItems"]:
            ((kind, details),) = item.items()
            yield AwsCall(f"dynamodb:{_TRANSACTION_PERMISSIONS[kind]}", details["TableName"])
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        for table in arguments["RequestItems"]:
            yield AwsCall(f"dynamodb:{operation}", table)
    else:
        action = f"{service}:{operation}"
        resource = arguments.get("TableName") or arguments.get("QueueUrl") or arguments.get("KeyId") or ""
        yield AwsCall(_PERMISSIONS.get(action, action), resource, arguments.get("IndexName", ""))


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
