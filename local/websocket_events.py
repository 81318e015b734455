"""The events of an API Gateway WebSocket API.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html
"""

from __future__ import annotations

import base64
import json
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from local.http_events import FRONT_DOOR_HEADERS, HttpRequest, client_address, front_door_headers
from local.template import WebSocketApi


def new_connection_id() -> str:
    """Shaped like AWS's, with the ``=`` at the end that has to be escaped in a URL."""
    return base64.urlsafe_b64encode(secrets.token_bytes(11)).decode("ascii")


@dataclass
class ConnectionFacts:
    """What every event of one connection says. Times are epoch seconds."""

    api: WebSocketApi
    source_address: str
    user_agent: str
    domain_name: str
    connection_id: str = field(default_factory=new_connection_id)
    connected_at: float = field(default_factory=time.time)
    last_active_at: float = field(default_factory=time.time)

    @classmethod
    def of(cls, api: WebSocketApi, request: HttpRequest) -> ConnectionFacts:
        return cls(api, client_address(request), request.header("user-agent"), request.header("host") or "localhost")

    def _context(self, route_key: str, event_type: str) -> dict[str, Any]:
        now = datetime.now(UTC)
        request_id = str(uuid.uuid4())
        return {
            "routeKey": route_key,
            "eventType": event_type,
            "extendedRequestId": request_id,
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "messageDirection": "IN",
            "stage": self.api.stage,
            "connectedAt": int(self.connected_at * 1000),
            "requestTimeEpoch": int(now.timestamp() * 1000),
            "identity": {"sourceIp": self.source_address, "userAgent": self.user_agent},
            "requestId": request_id,
            "domainName": self.domain_name,
            "connectionId": self.connection_id,
            "apiId": self.api.logical_id,
        }

    def connect_event(self, request: HttpRequest) -> dict[str, Any]:
        many_headers: dict[str, list[str]] = {}
        for name, value in request.headers:
            if name.lower() not in FRONT_DOOR_HEADERS:
                many_headers.setdefault(name, []).append(value)
        for name, value in front_door_headers(request).items():
            many_headers[name] = [value]
        many_query: dict[str, list[str]] = {}
        for name, value in parse_qsl(request.raw_query, keep_blank_values=True):
            many_query.setdefault(name, []).append(value)
        event: dict[str, Any] = {
            "headers": _last_of_each(many_headers),
            "multiValueHeaders": many_headers,
            "requestContext": self._context("$connect", "CONNECT"),
            "isBase64Encoded": False,
        }
        if many_query:
            event["queryStringParameters"] = _last_of_each(many_query)
            event["multiValueQueryStringParameters"] = many_query
        return event

    def message_event(self, route_key: str, message: str | bytes) -> dict[str, Any]:
        context = self._context(route_key, "MESSAGE")
        context["messageId"] = context["requestId"]
        if isinstance(message, bytes):
            return {
                "requestContext": context,
                "body": base64.b64encode(message).decode("ascii"),
                "isBase64Encoded": True,
            }
        return {"requestContext": context, "body": message, "isBase64Encoded": False}

    def disconnect_event(self, status_code: int, reason: str) -> dict[str, Any]:
        context = self._context("$disconnect", "DISCONNECT")
        context["disconnectStatusCode"] = status_code
        context["disconnectReason"] = reason
        headers = {"Host": self.domain_name, "x-api-key": "", "X-Forwarded-For": ""}
        return {
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "requestContext": context,
            "isBase64Encoded": False,
        }


def _last_of_each(values: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: several[-1] for name, several in values.items()}


def message_route(api: WebSocketApi, message: str | bytes) -> str | None:
    """The route of a message: what the selection expression finds in its JSON, else $default, else none."""
    prefix = "$request.body."
    if isinstance(message, str) and api.route_selection_expression.startswith(prefix):
        value = _member(message, api.route_selection_expression.removeprefix(prefix).split("."))
        if isinstance(value, str) and not value.startswith("$") and value in api.routes:
            return value
    return "$default" if "$default" in api.routes else None


def _member(message: str, path: list[str]) -> Any:
    try:
        value = json.loads(message)
    except (ValueError, RecursionError):
        return None
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
