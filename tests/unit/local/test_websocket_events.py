from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.http_events import HttpRequest
from local.template import WebSocketApi
from local.websocket_events import ConnectionFacts, message_route

EVENTS = Path(__file__).resolve().parents[2] / "data/aws-events"
ROUTES = {"$connect": "F", "$disconnect": "F", "$default": "F", "join": "F"}
API = WebSocketApi("Api", "live", "$request.body.action", ROUTES)
HANDSHAKE = HttpRequest(
    method="GET",
    raw_path="/ws",
    raw_query="robotId=7&tag=a&tag=b",
    headers=[("Host", "a.example"), ("User-Agent", "agent"), ("X-Relay-Client-Address", "forged"), ("X-A", "1")],
    body=b"",
    peer_address="203.0.113.9",
)


def recorded(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"ministack_ws_{name}.json").read_text("utf-8"))
    return event


def facts() -> ConnectionFacts:
    return ConnectionFacts.of(API, HANDSHAKE)


def test_connect_tells_headers_query_and_who_it_is() -> None:
    event = facts().connect_event(HANDSHAKE)
    assert event["headers"]["X-A"] == "1"
    assert event["queryStringParameters"] == {"robotId": "7", "tag": "b"}
    assert event["multiValueQueryStringParameters"]["tag"] == ["a", "b"]
    assert event["headers"]["x-relay-client-address"] == "203.0.113.9"
    assert event["headers"]["x-relay-original-path"] == "/ws"
    assert "X-Relay-Client-Address" not in event["headers"]
    context = event["requestContext"]
    assert (context["routeKey"], context["eventType"], context["stage"]) == ("$connect", "CONNECT", "live")
    assert context["identity"] == {"sourceIp": "203.0.113.9", "userAgent": "agent"}
    assert set(recorded("CONNECT")["requestContext"]) <= set(context)


def test_messages_are_text_or_base64() -> None:
    connection = facts()
    text = connection.message_event("$default", "你")
    assert (text["body"], text["isBase64Encoded"]) == ("你", False)
    assert set(recorded("MESSAGE")["requestContext"]) <= set(text["requestContext"])
    data = connection.message_event("$default", b"\xff")
    assert (data["body"], data["isBase64Encoded"]) == ("/w==", True)


def test_disconnect_tells_how_it_ended() -> None:
    event = facts().disconnect_event(1001, "idle")
    assert event["requestContext"]["disconnectStatusCode"] == 1001
    assert event["requestContext"]["disconnectReason"] == "idle"
    assert set(recorded("DISCONNECT")["requestContext"]) <= set(event["requestContext"])


def test_connection_ids_are_unique_and_need_escaping_like_awss() -> None:
    ids = {facts().connection_id for _ in range(100)}
    assert len(ids) == 100
    assert all(one.endswith("=") and len(one) == 16 for one in ids)


@pytest.mark.parametrize(
    ("message", "route"),
    [
        ('{"action": "join"}', "join"),
        ('{"action": "unknown"}', "$default"),
        ('{"action": "$connect"}', "$default"),
        ('{"action": 5}', "$default"),
        ('["action"]', "$default"),
        ("get", "$default"),
        (b"\xff", "$default"),
        ("[" * 200_000, "$default"),
    ],
)
def test_the_selection_expression_picks_the_route(message: str | bytes, route: str) -> None:
    assert message_route(API, message) == route


def test_without_a_default_route_an_unknown_message_has_none() -> None:
    api = WebSocketApi("Api", "live", "$request.body.a.b", {"join": "F"})
    assert message_route(api, '{"a": {"b": "join"}}') == "join"
    assert message_route(api, '{"a": 1}') is None
