from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.http_events import HttpRequest, MalformedResponse, client_address, http_event, http_response
from local.http_routes import RouteMatch

EVENTS = Path(__file__).resolve().parents[2] / "data/aws-events"
NOW = datetime(2026, 11, 20, 12, 46, 22, tzinfo=UTC)


def recorded(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
    return event


def request(**changes: Any) -> HttpRequest:
    given: dict[str, Any] = {
        "method": "GET",
        "raw_path": "/items/42",
        "raw_query": "",
        "headers": [("Host", "localhost:3000"), ("User-Agent", "agent/1")],
        "body": b"",
        "peer_address": "127.0.0.1",
        "port": 3000,
    }
    return HttpRequest(**{**given, **changes})


MATCH = RouteMatch("items", "GET /items/{id}", {"id": "42"})


def shape(value: Any, leave_out: Iterable[str] = ()) -> Any:
    """The keys and types of an event, without its values."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items() if key not in leave_out}
    return type(value).__name__


# Given by a configured authorizer, a stage variable or a client certificate; or, with `headers`, by the request.
OPTIONAL = ("stageVariables", "headers", "queryStringParameters", "pathParameters")


@pytest.mark.parametrize("name", ["samcli_constructed_http_v2_GET", "samcli_constructed_http_v2_POST"])
def test_an_event_has_the_shape_of_a_recorded_one(name: str) -> None:
    theirs = recorded(name)
    made = request(
        method=theirs["requestContext"]["http"]["method"],
        raw_query="a=1",
        headers=[("Host", "localhost"), ("Cookie", "a=1"), ("Content-Type", "application/json")],
        body=b"{}",
    )
    ours = http_event(made, MATCH, NOW)
    assert shape(ours, OPTIONAL) == shape(theirs, OPTIONAL)
    assert ours["requestContext"]["time"] == theirs["requestContext"]["time"]


def test_an_event_of_the_generated_kind_has_no_keys_but_the_documented() -> None:
    theirs = recorded("apigateway_http_api_proxy")
    ours = http_event(request(raw_query="a=1", headers=[("Cookie", "a=1")], body=b"x"), MATCH, NOW)
    assert set(ours) <= set(theirs)
    assert set(ours["requestContext"]) == set(theirs["requestContext"]) - {"authentication", "authorizer"}
    assert set(ours["requestContext"]["http"]) == set(theirs["requestContext"]["http"])


def test_repeated_headers_and_parameters_are_joined_and_cookies_set_apart() -> None:
    event = http_event(
        request(
            raw_query="a=1&a=2&b=&c=%E4%BD%A0",
            headers=[("Host", "h"), ("X-A", "1"), ("x-a", "2"), ("Cookie", "s=1; t=2"), ("Cookie", "u=3")],
        ),
        MATCH,
    )
    assert event["queryStringParameters"] == {"a": "1,2", "b": "", "c": "你"}
    assert event["rawQueryString"] == "a=1&a=2&b=&c=%E4%BD%A0"
    assert event["headers"]["x-a"] == "1,2"
    assert event["cookies"] == ["s=1", "t=2", "u=3"]
    assert "cookie" not in event["headers"]
    assert event["pathParameters"] == {"id": "42"}
    assert "body" not in event


@pytest.mark.parametrize(
    ("content_type", "is_text"),
    [
        ("application/json; charset=utf-8", True),
        ("text/plain", True),
        ("application/xml", True),
        ("application/javascript", True),
        ("application/x-www-form-urlencoded", False),
        ("application/octet-stream", False),
        ("", False),
    ],
)
def test_a_body_is_text_or_base64_by_its_content_type(content_type: str, is_text: bool) -> None:
    event = http_event(request(headers=[("Content-Type", content_type)] if content_type else [], body=b"hi"), MATCH)
    assert event["isBase64Encoded"] is not is_text
    assert event["body"] == ("hi" if is_text else base64.b64encode(b"hi").decode())
    assert event["headers"]["content-length"] == "2"


def test_bytes_that_call_themselves_json_are_mangled_unless_marked_binary() -> None:
    body = b"x\x9c\xff\x00"
    headers = [("Content-Type", "application/json")]
    mangled = http_event(request(headers=headers, body=body), MATCH)
    assert mangled["body"].encode() != body
    whole = http_event(request(headers=headers, body=body, binary=True), MATCH)
    assert base64.b64decode(whole["body"]) == body
    assert whole["headers"]["content-type"] == "application/octet-stream"


def test_forwarding_headers_tell_where_a_request_came_from() -> None:
    direct = http_event(request(peer_address="203.0.113.9", headers=[("Host", "a.example:8080")]), MATCH)["headers"]
    assert direct["x-forwarded-for"] == "203.0.113.9"
    assert (direct["x-forwarded-proto"], direct["x-forwarded-port"]) == ("http", "3000")
    assert direct["x-relay-client-address"] == "203.0.113.9"
    proxied = http_event(
        request(headers=[("X-Forwarded-For", "198.51.100.1, 203.0.113.9"), ("X-Forwarded-Proto", "https")]), MATCH
    )
    assert proxied["headers"]["x-forwarded-for"] == "198.51.100.1, 203.0.113.9, 127.0.0.1"
    assert proxied["headers"]["x-forwarded-proto"] == "https"
    assert proxied["requestContext"]["http"]["sourceIp"] == "203.0.113.9"


def test_only_a_proxy_on_this_machine_can_name_the_client() -> None:
    claim = [("X-Forwarded-For", "198.51.100.1")]
    assert client_address(request(peer_address="203.0.113.9", headers=claim)) == "203.0.113.9"
    assert client_address(request(peer_address="127.0.0.1", headers=claim)) == "198.51.100.1"
    assert client_address(request(headers=[("X-Forwarded-For", "<script>")])) == "127.0.0.1"


def test_a_client_cannot_set_the_front_doors_headers() -> None:
    headers = [("Host", "real"), ("X-Relay-Original-Host", "forged"), ("X-Relay-Client-Address", "forged")]
    event = http_event(request(headers=headers, raw_path="/a%20b"), MATCH)
    assert event["headers"]["x-relay-original-host"] == "real"
    assert event["headers"]["x-relay-client-address"] == "127.0.0.1"
    assert event["headers"]["x-relay-original-path"] == "/a%20b"


@pytest.mark.parametrize(
    ("result", "status", "content_type", "body"),
    [
        ({"a": "你"}, 200, "application/json", '{"a": "你"}'.encode()),
        ("plain", 200, "application/json", b"plain"),
        (None, 200, "application/json", b"null"),
        ({"statusCode": 201, "body": "hi"}, 201, "text/plain;charset=UTF-8", b"hi"),
        ({"statusCode": "204"}, 204, None, b""),
        ({"statusCode": 200, "headers": {"Content-Type": "text/html"}, "body": "x"}, 200, "text/html", b"x"),
        ({"statusCode": 200, "body": "/w==", "isBase64Encoded": True}, 200, "text/plain;charset=UTF-8", b"\xff"),
    ],
)
def test_results_become_responses(result: Any, status: int, content_type: str | None, body: bytes) -> None:
    response = http_response(result)
    assert (response.status, response.body) == (status, body)
    assert dict(response.headers).get("content-type") == content_type


def test_a_response_keeps_cookies_and_repeated_headers_apart() -> None:
    response = http_response(
        {
            "statusCode": 200,
            "headers": {"X-A": 1, "X-B": "old", "Connection": "close", "Content-Length": "9"},
            "multiValueHeaders": {"X-B": ["1", "2"]},
            "cookies": ["a=1; HttpOnly", "b=2"],
        }
    )
    assert response.headers == [
        ("x-a", "1"),
        ("x-b", "1"),
        ("x-b", "2"),
        ("set-cookie", "a=1; HttpOnly"),
        ("set-cookie", "b=2"),
    ]


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": "teapot"},
        {"statusCode": 99},
        {"statusCode": 200, "body": 5},
        {"statusCode": 200, "body": "not base64!", "isBase64Encoded": True},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a": "b\r\nc: d"}},
        {"statusCode": 200, "body": "x" * (6 * 1024 * 1024 + 1)},
        {"not": {1, 2}},
    ],
)
def test_what_is_no_response_is_refused(result: Any) -> None:
    with pytest.raises(MalformedResponse):
        http_response(result)
