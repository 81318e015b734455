"""API Gateway HTTP API, payload format 2.0: requests into events, what functions return into responses.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from local.http_routes import RouteMatch
from local.intrinsics import ACCOUNT_ID

API_ID: Final = "embedded"
# Lambda's limit on a synchronous payload, in either direction.
MAX_BODY_BYTES: Final = 6 * 1024 * 1024
_TEXT_TYPES: Final = ("application/json", "application/xml", "application/javascript")
_LOOPBACK: Final = ("127.0.0.1", "::1")
_HOP_BY_HOP: Final = frozenset(
    {"connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
# What the front door on AWS tells the functions about the request it received; a client's own are dropped.
ORIGINAL_HOST_HEADER: Final = "x-relay-original-host"
ORIGINAL_PATH_HEADER: Final = "x-relay-original-path"
CLIENT_ADDRESS_HEADER: Final = "x-relay-client-address"
FRONT_DOOR_HEADERS: Final = frozenset({ORIGINAL_HOST_HEADER, ORIGINAL_PATH_HEADER, CLIENT_ADDRESS_HEADER})


@dataclass(frozen=True)
class HttpRequest:
    """A request as the front door received it. ``raw_path`` and ``raw_query`` are as they were sent."""

    method: str
    raw_path: str
    raw_query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    peer_address: str
    protocol: str = "HTTP/1.1"
    scheme: str = "http"
    port: int = 0
    binary: bool = False  # hand the body over as bytes whatever its content type says

    def header(self, name: str) -> str:
        """The first header of that name, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True)
class HttpResponse:
    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


class MalformedResponse(Exception):
    """A function returned something that is no response."""


def client_address(request: HttpRequest) -> str:
    """Where the request came from. A proxy on this machine is believed; anything else cannot name its own address."""
    if request.peer_address not in _LOOPBACK:
        return request.peer_address
    forwarded = request.header("x-forwarded-for").rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(forwarded))
    except ValueError:
        return request.peer_address


def front_door_headers(request: HttpRequest) -> dict[str, str]:
    """What the front door adds to every request; a client's own headers of these names never get through."""
    return {
        ORIGINAL_HOST_HEADER: request.header("host"),
        ORIGINAL_PATH_HEADER: request.raw_path,
        CLIENT_ADDRESS_HEADER: client_address(request),
    }


def forwarded_headers(request: HttpRequest) -> dict[str, str]:
    """The headers of the function's event: lower case, repeated ones joined, the forwarding ones filled in."""
    joined: dict[str, str] = {}
    for name, value in request.headers:
        name = name.lower()
        if name in _HOP_BY_HOP or name in FRONT_DOOR_HEADERS or name == "cookie":
            continue
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    previous = joined.get("x-forwarded-for", "")
    joined["x-forwarded-for"] = f"{previous}, {request.peer_address}" if previous else request.peer_address
    if not (request.peer_address in _LOOPBACK and joined.get("x-forwarded-proto") in ("http", "https")):
        joined["x-forwarded-proto"] = request.scheme
    joined["x-forwarded-port"] = str(request.port)
    if request.body:
        joined["content-length"] = str(len(request.body))
    return joined | front_door_headers(request)


def http_event(request: HttpRequest, match: RouteMatch, now: datetime | None = None) -> dict[str, Any]:
    """The event of one request. Keys that AWS leaves out when empty are left out here."""
    now = now or datetime.now(UTC)
    headers = forwarded_headers(request)
    host = headers.get("host", "localhost")
    domain = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    if request.binary:
        headers["content-type"] = "application/octet-stream"
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.route_key,
        "rawPath": request.raw_path,
        "rawQueryString": request.raw_query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT_ID,
            "apiId": API_ID,
            "domainName": domain,
            "domainPrefix": domain.split(".", 1)[0],
            "http": {
                "method": request.method,
                "path": request.raw_path,
                "protocol": request.protocol,
                "sourceIp": client_address(request),
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": match.route_key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    cookies = [
        part.strip() for k, v in request.headers if k.lower() == "cookie" for part in v.split(";") if part.strip()
    ]
    if cookies:
        event["cookies"] = cookies
    query = _joined_query(parse_qsl(request.raw_query, keep_blank_values=True))
    if query:
        event["queryStringParameters"] = query
    if match.path_parameters:
        event["pathParameters"] = dict(match.path_parameters)
    if request.body:
        event["body"], event["isBase64Encoded"] = _event_body(request, headers.get("content-type", ""))
    return event


def _joined_query(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _event_body(request: HttpRequest, content_type: str) -> tuple[str, bool]:
    """Text types go over as text, mangled where they are not UTF-8, all else as base64: as AWS does it."""
    media_type = content_type.partition(";")[0].strip().lower()
    if not request.binary and (media_type.startswith("text/") or media_type in _TEXT_TYPES):
        return request.body.decode("utf-8", "replace"), False
    return base64.b64encode(request.body).decode("ascii"), True


def http_response(result: Any) -> HttpResponse:
    """What a function returned, as a response. Raises MalformedResponse.

    Without a statusCode the whole result is the body of a 200 with type application/json.
    """
    if not isinstance(result, Mapping) or "statusCode" not in result:
        try:
            text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
        except (TypeError, ValueError):
            raise MalformedResponse("the result is not JSON") from None
        return HttpResponse(200, [("content-type", "application/json")], text.encode("utf-8", "replace"))
    status = _status(result["statusCode"])
    headers = _response_headers(result)
    body = _response_body(result)
    if len(body) > MAX_BODY_BYTES:
        raise MalformedResponse("the body is larger than Lambda allows")
    if body and not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    return HttpResponse(status, headers, body)


def _status(value: Any) -> int:
    try:
        status = int(value)
    except (TypeError, ValueError):
        raise MalformedResponse("statusCode is not a number") from None
    if not 200 <= status <= 599:
        raise MalformedResponse("statusCode is out of range")
    return status


def _response_headers(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    given, multiple = result.get("headers") or {}, result.get("multiValueHeaders") or {}
    cookies = result.get("cookies") or []
    if not (isinstance(given, Mapping) and isinstance(multiple, Mapping) and isinstance(cookies, list)):
        raise MalformedResponse("headers, multiValueHeaders or cookies are of the wrong type")
    pairs = [(name, value) for name, value in given.items() if name not in multiple]
    pairs += [(name, value) for name, values in multiple.items() for value in values]
    pairs += [("set-cookie", cookie) for cookie in cookies]
    cleaned = [(str(name).lower(), _header_text(value)) for name, value in pairs]
    return [(name, value) for name, value in cleaned if name not in _HOP_BY_HOP]


def _header_text(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if any(character in text for character in "\r\n\0"):
        raise MalformedResponse("a header holds a line break")
    return text


def _response_body(result: Mapping[str, Any]) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedResponse("body is not a string")
    if not result.get("isBase64Encoded"):
        return body.encode("utf-8", "replace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedResponse("body is not base64") from None
